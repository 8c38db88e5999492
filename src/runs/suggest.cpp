// Reads the whole file once and counts, for each column, what its cells are; each decision follows from these counts.
#include "primer/runs/suggest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "primer/formats/csv.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"
#include "primer/formats/utf8.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {
namespace {

constexpr std::size_t most_categories = 30;
constexpr std::size_t most_counted = 1000;  // different texts of a column

// What the cells of a column are.
struct Column {
  std::string name;
  std::size_t missing = 0, numbers = 0, integers = 0, dates = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  TextColumn texts{};               // the first most_counted different ones, and every row with one of them
  bool many_texts = false;          // more than these
  bool counts = true;               // every number is one more than that of the row before
  std::optional<double> last = {};  // the number of the row before
  std::string left_out = {};        // why the column is not used
  bool is_target = false, is_category = false;

  std::size_t filled() const { return texts.size(); }
  bool is_number() const { return numbers == filled() && filled() > 0; }
};

// 2024-01-31, 31.1.2024, 1/31/24: three groups of digits with the same separator.
bool is_date(std::string_view text) {
  text = text.substr(0, text.find_first_of(" T"));
  const std::size_t first = text.find_first_not_of("0123456789");
  if (first == text.npos || first == 0 || std::string_view("-./").find(text[first]) == text.npos) return false;
  const std::size_t second = text.find(text[first], first + 1);
  if (second == text.npos || second == first + 1 || second + 2 > text.size()) return false;
  const auto is_digits = [](std::string_view part) { return part.find_first_not_of("0123456789") == part.npos; };
  return is_digits(text.substr(first + 1, second - first - 1)) && is_digits(text.substr(second + 1));
}

// The separator that occurs most often in the first line.
char separator_of(const std::string& path) {
  std::ifstream file = open_input(path);
  std::string line;
  std::getline(file, line);
  constexpr std::string_view separators = ",;\t|";
  return *std::ranges::max_element(separators, {}, [&](char c) { return std::ranges::count(line, c); });
}

void add_cell(const CsvReader& csv, std::size_t c, Column& column) {
  if (csv.is_missing(c)) {
    ++column.missing;
    return;
  }
  const std::string text = csv.text(c);
  const std::vector<std::string>& known = column.texts.distinct();
  column.many_texts = column.many_texts || known.size() > most_counted;
  column.texts.add(column.many_texts ? known.front() : text);
  column.dates += is_date(text) ? 1 : 0;
  if (!csv.is_number(c)) return;
  const double number = csv.number(c);
  ++column.numbers;
  column.integers += number == std::floor(number) ? 1 : 0;
  column.low = std::min(column.low, number);
  column.high = std::max(column.high, number);
  column.counts = column.counts && (!column.last || number == *column.last + 1);
  column.last = number;
}

struct Table {
  CsvFormat format;
  std::size_t rows = 0;
  std::vector<Column> columns{};
};

Table read_table(const std::string& path, CsvFormat format) {
  std::ifstream file = open_input(path);
  CsvReader csv(file, path, format);
  Table table{format};
  for (const std::string& name : csv.columns()) table.columns.push_back({name});
  for (; csv.next(); ++table.rows) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) add_cell(csv, c, table.columns[c]);
  }
  if (table.rows == 0) throw UserError({path}, "has a header but no rows");
  return table;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool has_name_of_target(const std::string& name) {
  const std::string text = lower(name);
  constexpr std::array<std::string_view, 8> names{"y",       "target", "label", "class",
                                                  "outcome", "output", "kind",  "species"};
  return std::ranges::any_of(names, [&](std::string_view n) {
    return text == n || (text.starts_with(n) && std::string_view("_0123456789").find(text[n.size()]) != text.npos);
  });
}

bool has_name_of_id(const std::string& name) {
  const std::string text = lower(name);
  constexpr std::array<std::string_view, 6> names{"id", "index", "nr", "no", "row", "key"};
  return std::ranges::find(names, text) != names.end() || text.ends_with("_id") || text.ends_with(" id") ||
         text.starts_with("unnamed");
}

// Marks the target columns, then those that cannot be inputs.
void decide(Table& table, const std::vector<std::string>& targets, const std::string& path) {
  std::vector<std::string_view> names;
  for (Column& column : table.columns) {
    names.push_back(column.name);
    column.is_target =
        targets.empty() ? has_name_of_target(column.name) : std::ranges::find(targets, column.name) != targets.end();
  }
  for (const std::string& target : targets) {
    if (std::ranges::find(names, target) != names.end()) continue;
    throw UserError({path, 1, 0}, "there is no column ", in_quotes(target), ", a target", did_you_mean(target, names));
  }
  const auto is_target = [](const Column& c) { return c.is_target; };
  const auto found = std::ranges::count_if(table.columns, is_target);
  const bool all_numbers =
      std::ranges::all_of(table.columns, [](const Column& c) { return !c.is_target || c.is_number(); });
  if (targets.empty() && (found == 0 || found == std::ssize(table.columns) || (found > 1 && !all_numbers))) {
    for (Column& column : table.columns) column.is_target = &column == &table.columns.back();
  }
  std::size_t inputs = 0;
  for (const Column& column : table.columns) inputs += column.is_target ? 0 : 1;
  for (Column& column : table.columns) {
    const std::size_t different = column.texts.distinct().size();
    const bool counts_rows = column.counts && column.is_number() && table.rows > 2 &&
                             (has_name_of_id(column.name) || (&column == table.columns.data() && inputs > 2));
    const bool all_different = column.many_texts || different == column.filled();
    if (column.is_target) continue;
    if (column.missing * 3 > table.rows) {
      column.left_out = concat(column.missing, " of ", table.rows, " cells are missing");
    } else if (different == 1) {
      column.left_out = "the same value in every row";
    } else if (column.dates == column.filled()) {
      column.left_out = "dates";
    } else if (counts_rows || (all_different && has_name_of_id(column.name))) {
      column.left_out = "numbers the rows";
    } else if (!column.is_number() && (different > most_categories || different * 2 > column.filled())) {
      column.left_out = concat("text with ", column.many_texts ? "more than " : "", different, " different values");
    } else {
      column.is_category = !column.is_number();
    }
  }
}

std::string quoted_list(const std::vector<std::string>& names) {
  toml::Array list;
  for (const std::string& name : names) list.push_back({name, {}});
  return toml::to_text({list, {}});
}

std::string range_text(const Column& column) {
  return concat(short_number(column.low), " … ", short_number(column.high));
}

// What a column holds, and what becomes of it.
std::string description(const Column& column) {
  if (!column.left_out.empty()) return "left out: " + column.left_out;
  const std::string missing = column.missing > 0 ? concat(", ", column.missing, " missing") : "";
  const std::string role = column.is_target ? "target, " : "";
  if (column.is_number()) return role + "numbers " + range_text(column) + missing;
  return concat(role, column.texts.distinct().size(), column.is_category ? " categories" : " texts", missing);
}

// A line of the config with its comment.
std::string line(const std::string& text, const std::string& comment = "") {
  if (comment.empty()) return text + "\n";
  return text + std::string(text.size() < 30 ? 30 - text.size() : 1, ' ') + " # " + printable(comment) + "\n";
}

// How many rows the most and the least frequent text of a column have.
std::pair<std::size_t, std::size_t> extremes(const Column& column) {
  std::vector<std::size_t> counts(column.texts.distinct().size());
  for (std::size_t i = 0; i < column.texts.size(); ++i) ++counts[column.texts.index(i)];
  const auto [least, most] = std::ranges::minmax(counts);
  return {most, least};
}

// What the config will say, decided from the columns.
struct Plan {
  std::vector<std::string> targets, ignored, categories;
  std::size_t inputs = 0, missing = 0, outputs = 1;
  const Column* target = nullptr;  // the last one
  std::size_t different = 0;       // texts of that target
  bool many = false;               // targets
  bool classes = false;            // in place of numbers
  bool two = false;                // classes, in one output each
  bool validates = false;
};

Plan plan_of(const Table& table, const std::string& path) {
  Plan plan;
  for (const Column& column : table.columns) {
    if (column.is_target) plan.targets.push_back((plan.target = &column)->name);
    if (!column.left_out.empty()) plan.ignored.push_back(column.name);
    if (column.is_category) plan.categories.push_back(column.name);
    if (column.left_out.empty()) plan.missing += column.missing;
    if (column.is_target || !column.left_out.empty()) continue;
    plan.inputs += column.is_category ? column.texts.distinct().size() : 1;
  }
  if (plan.inputs == 0) {
    throw UserError({path}, "no column can be an input; name inputs and targets in a config of your own");
  }
  const Column& target = *plan.target;
  plan.different = target.texts.distinct().size();
  plan.many = plan.targets.size() > 1;
  if (plan.many) {
    plan.classes = std::ranges::all_of(table.columns, [](const Column& c) {  // yes or no
      return !c.is_target || (c.is_number() && c.texts.distinct().size() == 2 && c.low == 0 && c.high == 1);
    });
  } else {
    const bool is_code = target.integers == target.numbers && plan.different <= 20 && plan.different * 5 <= table.rows;
    plan.classes = !target.many_texts && (!target.is_number() || is_code);
  }
  if (plan.classes && !plan.many && plan.different > most_categories) {
    throw UserError({path, 1, 0}, "the target ", in_quotes(target.name), " has ", plan.different,
                    " different texts; name another target with --target");
  }
  plan.two = plan.classes && (plan.many || plan.different == 2);
  plan.outputs = plan.many ? plan.targets.size() : plan.classes && !plan.two ? plan.different : 1;
  plan.validates = table.rows >= 500;
  return plan;
}

// The comment at the top describes each column.
std::string text_of_data(const Table& table, const Plan& plan, const std::string& path) {
  std::size_t width = 0;
  for (const Column& column : table.columns) {
    width = std::max(width, std::min<std::size_t>(count_characters(column.name), 30));
  }
  std::string out =
      concat("# A config for ", printable(path), ", which has ", table.rows, " rows. Change what you know better:\n");
  for (const Column& column : table.columns) {
    const std::string name = printable(column.name);
    const std::size_t used = count_characters(name);
    out += concat("#   ", name, std::string(used < width ? width - used : 0, ' '), "  ", printable(description(column)),
                  "\n");
  }
  out += "seed = 1\n\n[data]\n";
  out += line(concat("file = ", toml::to_text({path, {}})));
  if (table.format.separator != ',') {
    out += line(concat("separator = ", toml::to_text({std::string(1, table.format.separator), {}})));
  }
  if (table.format.decimal != '.') out += line("decimal = \",\"");
  out += line("target = " + (plan.many ? quoted_list(plan.targets) : toml::to_text({plan.targets[0], {}})),
              plan.classes ? (plan.many ? "yes or no" : concat(plan.different, " classes")) : "numbers");
  if (!plan.ignored.empty()) {
    out += line("ignore = " + quoted_list(plan.ignored), "ids, dates and columns that say nothing");
  }
  if (!plan.categories.empty()) {
    out += line("one_hot = " + quoted_list(plan.categories), "an input of 0 or 1 for each category");
  }
  if (plan.missing > 0) {
    out += line("missing = \"drop\"", concat(plan.missing, " cells are missing; their rows are left out"));
  }
  out += line("standardize = true", "inputs with mean 0 and standard deviation 1");
  if (!plan.classes) out += line("standardize_targets = true", "predictions still have the unit of the file");
  out += line("test_fraction = 0.2", "rows that measure the result; they are not trained on");
  if (plan.validates) out += line("validation_fraction = 0.15", "rows that decide when to stop");
  return out;
}

std::string text_of_training(const Table& table, const Plan& plan) {
  const double wanted = 4 * std::sqrt(static_cast<double>(plan.inputs * (plan.outputs + 1)));
  const double most = table.rows < 500 ? 16 : 64;
  const auto units = static_cast<std::size_t>(std::exp2(std::round(std::log2(std::clamp(wanted, 8.0, most)))));
  std::string out = concat(
      "\n[[layer]]\n", line(concat("units = ", units), concat(plan.inputs, " inputs and ", plan.outputs, " outputs")),
      line("activation = \"relu\""));
  out += concat("\n[[layer]]\n", line(concat("activation = \"",
                                             !plan.classes ? "identity"
                                             : plan.two    ? "sigmoid"
                                                           : "softmax",
                                             "\""),
                                      !plan.classes ? "any number"
                                      : plan.two    ? "the probability of yes"
                                                    : "a probability for each class"));
  out += concat("\n[train]\n", line(concat("loss = \"",
                                           !plan.classes ? "mse"
                                           : plan.two    ? "binary_cross_entropy"
                                                         : "cross_entropy",
                                           "\"")));
  if (plan.classes && !plan.many) {
    const auto [most_rows, least_rows] = extremes(*plan.target);
    if (most_rows >= 10 * least_rows) {
      out += line("class_weights = \"balanced\"", concat("the classes have ", least_rows, " to ", most_rows, " rows"));
    }
  }
  const std::size_t epochs = std::clamp<std::size_t>(100'000 / table.rows, 30, 200);
  out += line("optimizer = \"adam\"") + line("learning_rate = 0.005") + line(concat("epochs = ", epochs)) +
         line("batch_size = 32");
  if (plan.validates) out += line("early_stopping = 15", "epochs without a better validation loss");
  return out;
}

std::string text_of(const Table& table, const std::string& path) {
  const Plan plan = plan_of(table, path);
  return text_of_data(table, plan, path) + text_of_training(table, plan);
}

}  // namespace

std::string suggested_config(const std::string& path, const std::vector<std::string>& targets) {
  const char separator = separator_of(path);
  Table table = read_table(path, {separator, '.'});
  if (separator != ',') {
    Table other = read_table(path, {separator, ','});
    const auto numbers = [](const Table& t) {
      std::size_t sum = 0;
      for (const Column& column : t.columns) sum += column.numbers;
      return sum;
    };
    if (numbers(other) > numbers(table)) table = std::move(other);
  }
  decide(table, targets, path);
  const std::string text = text_of(table, path);
  // A column may vary in the file, but not among the training rows.
  const Config config = parse_config(text, "", {});
  const Experiment experiment = experiment_of(config, read_samples(path, config.data, task_of(config.train.loss)), {});
  bool changed = false;
  for (std::size_t j = 0; j < experiment.data.columns.size(); ++j) {
    const Tensor& x = experiment.data.train.x;
    bool constant = true;
    for (std::size_t i = 1; i < x.rows() && constant; ++i) constant = x(i, j) == x(0, j);
    const auto column = std::ranges::find(table.columns, experiment.data.columns[j], &Column::name);
    if (!constant || column == table.columns.end()) continue;
    column->left_out = "the same value in nearly every row";
    changed = true;
  }
  return changed ? text_of(table, path) : text;
}

}  // namespace primer
