// Counts the numbers, the dates and the missing cells in each column of a file. Derives a config from these counts.
#include "primer/runs/suggest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "primer/formats/csv.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"
#include "primer/formats/utf8.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/training/metrics.hpp"

namespace primer {
namespace {

constexpr std::size_t most_categories = 30;
constexpr std::size_t most_counted = 1000;  // above this number, primer stops counting a column's different texts

struct Column {
  std::string name;
  std::size_t missing = 0, numbers = 0, integers = 0, dates = 0, long_integers = 0;
  std::vector<bool> is_missing{};  // true for each row with a missing cell; ends at the last such row
  double low = std::numeric_limits<double>::infinity(), high = -low;
  // Texts of the cells that are not missing. A column with more than 1000 different texts is not used, so after 1001
  // texts this vector only counts cells: each later cell is stored as the first text.
  TextColumn texts{};
  bool many_texts = false;          // whether the column has more than most_counted (1000) different texts
  bool counts = true;               // whether every number is 1 more than the previous number
  std::optional<double> last = {};  // the last number read from this column so far
  std::string example = {};         // the first text in this column that is not a number
  std::string left_out = {};        // why the column is not used; empty if it is used
  bool is_target = false, is_category = false;

  std::size_t filled() const { return texts.size(); }
  bool is_number() const { return numbers == filled() && filled() > 0; }
};

// Whether the text is a date: three numbers joined by two equal separators, such as 2024-01-31, 31.1.2024 or 1/31/24.
bool is_date(std::string_view text) {
  text = text.substr(0, text.find_first_of(" T"));
  const std::size_t first = text.find_first_not_of("0123456789");
  if (first == text.npos || first == 0 || std::string_view("-./").find(text[first]) == text.npos) return false;
  const std::size_t second = text.find(text[first], first + 1);
  if (second == text.npos || second == first + 1 || second + 2 > text.size()) return false;
  const auto is_digits = [](std::string_view part) { return part.find_first_not_of("0123456789") == part.npos; };
  return is_digits(text.substr(first + 1, second - first - 1)) && is_digits(text.substr(second + 1));
}

// Guesses the separator of the cells. Candidates that occur equally often in lines 1 and 2 come first. Among several
// candidates, the most frequent candidate in line 1 wins.
char separator_of(const std::string& path) {
  std::ifstream file = open_input(path);
  std::string first, second;
  while (std::getline(file, first) && first.find_first_not_of('\r') == first.npos) {
  }
  std::getline(file, second);
  const auto count = [](const std::string& line, char separator) {
    std::size_t found = 0;
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      if (c == separator && !quoted) ++found;
    }
    return found;
  };
  constexpr std::string_view separators = ",;\t|";
  return *std::ranges::max_element(separators, {}, [&](char c) {
    const std::size_t found = count(first, c);
    return std::pair(found > 0 && found == count(second, c), found);
  });
}

void add_cell(const CsvReader& csv, std::size_t row, std::size_t c, Column& column) {
  if (csv.is_missing(c)) {
    ++column.missing;
    column.is_missing.resize(row + 1);
    column.is_missing[row] = true;
    return;
  }
  const std::string text = csv.text(c);
  const std::vector<std::string>& known = column.texts.distinct();
  column.many_texts = column.many_texts || known.size() > most_counted;
  column.texts.add(column.many_texts ? known.front() : text);
  column.dates += is_date(text) ? 1 : 0;
  if (!csv.is_number(c)) {
    if (column.example.empty()) column.example = text;
    return;
  }
  column.long_integers += text.size() > 15 && text.find_first_not_of("0123456789") == text.npos ? 1 : 0;
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
  std::size_t kept = 0;  // number of rows without a missing value in the columns that are used
};

Table read_table(const std::string& path, CsvFormat format) {
  std::ifstream file = open_input(path);
  CsvReader csv(file, path, format);
  Table table{format};
  for (const std::string& name : csv.columns()) table.columns.push_back({name});
  for (; csv.next(); ++table.rows) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) add_cell(csv, table.rows, c, table.columns[c]);
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
  constexpr std::array<std::string_view, 12> names{"y",       "target",   "label", "class", "outcome",   "output",
                                                   "species", "survived", "churn", "kind",  "diagnosis", "response"};
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

// Returns ", such as \"abc\"", where abc is the first text of the column that is not a number; "" without such a text.
std::string example_of(const Column& column) {
  std::size_t size = std::min<std::size_t>(column.example.size(), 20);
  while (size > 0 && size < column.example.size() && !is_utf8(column.example.substr(0, size))) --size;
  if (size == 0) return "";
  return concat(", such as ", in_quotes(column.example.substr(0, size)), size < column.example.size() ? "…" : "");
}

// Why a column cannot be an input; empty if it can.
std::string reason_to_leave_out(const Column& column, std::size_t rows, bool may_count_rows) {
  const std::size_t different = column.texts.distinct().size(), filled = column.filled();
  const bool all_different = column.many_texts || different == filled;
  if (column.missing * 3 > rows) return concat(column.missing, " of ", rows, " cells are missing");
  if (different == 1) return "the same value in every row";
  if (column.dates == filled) return "dates";
  if (column.is_number() && column.counts && rows > 2 && may_count_rows) return "numbers the rows";
  if (all_different && has_name_of_id(column.name)) return "an id, different in every row";
  if (column.long_integers * 2 > filled) return "integers of more than 15 digits, which look like ids";
  if (column.is_number()) return "";
  if (column.numbers * 10 > filled * 9 && different > 10) {
    return concat("numbers, except in ", counted(filled - column.numbers, "cell"), example_of(column));
  }
  if (different > most_categories || different * 2 > filled) {
    return concat("text with ", column.many_texts ? "more than " : "", different, " different values",
                  example_of(column));
  }
  if (column.name.find('=') != column.name.npos)
    return "the column contains text; one_hot needs a column name without '='";
  return "";
}

// Leaves out the columns with the most missing cells, until at least half of the rows have no missing value.
void leave_out_missing(Table& table) {
  std::vector<int> missing_in_row(table.rows);
  table.kept = table.rows;
  const auto add = [&](const Column& column, int sign) {
    for (std::size_t i = 0; i < column.is_missing.size(); ++i) missing_in_row[i] += column.is_missing[i] ? sign : 0;
    table.kept = static_cast<std::size_t>(std::ranges::count(missing_in_row, 0));
  };
  std::vector<Column*> inputs;
  for (Column& column : table.columns) {
    if (!column.left_out.empty() || column.missing == 0) continue;
    add(column, 1);
    if (!column.is_target) inputs.push_back(&column);
  }
  std::ranges::stable_sort(inputs, {}, &Column::missing);
  for (; table.kept * 2 < table.rows && !inputs.empty(); inputs.pop_back()) {
    Column& column = *inputs.back();
    column.left_out = concat(column.missing, " of ", table.rows, " cells are missing");
    column.is_category = false;
    add(column, -1);
  }
}

// Marks the target columns, and then the columns that cannot be inputs.
void decide(Table& table, const std::vector<std::string>& targets, const std::string& path) {
  std::vector<std::string_view> names;
  for (Column& column : table.columns) {
    names.push_back(column.name);
    column.is_target =
        targets.empty() ? has_name_of_target(column.name) : std::ranges::find(targets, column.name) != targets.end();
  }
  for (const std::string& target : targets) {
    if (std::ranges::find(names, target) != names.end()) continue;
    throw UserError({path, 1, 0}, "there is no target column ", in_quotes(target), did_you_mean(target, names));
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
    const bool may_count_rows = has_name_of_id(column.name) || (&column == table.columns.data() && inputs > 2);
    if (!column.is_target) column.left_out = reason_to_leave_out(column, table.rows, may_count_rows);
    column.is_category = !column.is_target && column.left_out.empty() && !column.is_number();
  }
  leave_out_missing(table);
}

std::string quoted_list(const std::vector<std::string>& names) {
  toml::Array list;
  for (const std::string& name : names) list.push_back({name, {}});
  return toml::to_text({list, {}});
}

std::string range_text(const Column& column) {
  return concat(short_number(column.low), " … ", short_number(column.high));
}

std::string description(const Column& column) {
  if (!column.left_out.empty()) return "left out: " + column.left_out;
  const std::string missing = column.missing > 0 ? concat(", ", column.missing, " missing") : "";
  const std::string role = column.is_target ? "target, " : "";
  const std::size_t different = column.texts.distinct().size();
  if (column.is_number()) return role + "numbers " + range_text(column) + missing;
  return concat(role, column.is_category ? counted(different, "category", "categories") : counted(different, "text"),
                missing);
}

std::string line(const std::string& text, const std::string& comment = "") {
  if (comment.empty()) return text + "\n";
  const std::size_t width = count_characters(text);
  return text + std::string(width < 30 ? 30 - width : 1, ' ') + " # " + printable(comment) + "\n";
}

// The settings of the new config, derived from the columns of the file.
struct Plan {
  std::vector<std::string> targets, ignored, categories;
  std::size_t inputs = 0, missing = 0, outputs = 1;
  bool classes = false;  // whether the targets are classes, not numbers
  bool two = false;      // whether each target column has two classes; such a target needs only one output
  bool validates = false;
  std::vector<std::string> class_names{};  // names of the classes of the target; empty for several targets
  std::size_t most = 0, least = 0;         // numbers of training rows of the most and the least frequent class

  bool many() const { return targets.size() > 1; }
};

[[noreturn]] void refuse_inputs(const Table& table, const std::string& path) {
  std::string reasons;
  for (const Column& column : table.columns) {
    if (column.left_out.empty() || reasons.size() > 200) continue;
    reasons += concat(reasons.empty() ? ": " : ", ", in_quotes(column.name), " (", printable(column.left_out), ")");
  }
  throw UserError({path}, "no column is left for the inputs",
                  table.columns.size() == 1 ? concat("; the only column, ", in_quotes(table.columns[0].name),
                                                     ", is the target. Are the cells separated by , ; | or tabs?")
                                            : reasons);
}

Plan plan_of(const Table& table, const std::string& path) {
  Plan plan;
  const Column* last = nullptr;
  for (const Column& column : table.columns) {
    if (column.is_target) plan.targets.push_back((last = &column)->name);
    if (!column.left_out.empty()) plan.ignored.push_back(column.name);
    if (column.is_category) plan.categories.push_back(column.name);
    if (column.left_out.empty()) plan.missing += column.missing;
    if (column.is_target || !column.left_out.empty()) continue;
    plan.inputs += column.is_category ? column.texts.distinct().size() : 1;
  }
  if (plan.inputs == 0) refuse_inputs(table, path);
  const Column& target = *last;
  const std::size_t different = target.texts.distinct().size();
  if (plan.many()) {
    plan.classes = std::ranges::all_of(table.columns, [](const Column& c) {  // whether all targets are 0 or 1
      return !c.is_target || (c.is_number() && c.texts.distinct().size() == 2 && c.low == 0 && c.high == 1);
    });
  } else {
    const bool is_code = target.integers == target.numbers && different <= 20 && different * 5 <= table.rows;
    plan.classes = !target.is_number() || is_code;
    if (plan.classes) plan.class_names = target.texts.distinct();
  }
  if (plan.classes && !plan.many() && different > most_categories && different * 2 > target.filled()) {
    throw UserError({path, 1, 0}, "the target ", in_quotes(target.name), " has ", different, " different texts",
                    example_of(target), "; write plain numbers, or name another target with --target");
  }
  plan.two = plan.classes && (plan.many() || different == 2);
  plan.outputs = plan.many() ? plan.targets.size() : plan.classes && !plan.two ? different : 1;
  plan.validates = table.kept >= 500;
  return plan;
}

// Counts the inputs, outputs and classes again, in the final `data`: without the rows that were dropped.
void complete(Plan& plan, const Data& data) {
  plan.inputs = data.columns.size();
  plan.class_names = data.classes;
  if (!plan.two) plan.outputs = data.train.y.cols();
  std::vector<std::size_t> rows(data.classes.size());
  for (std::size_t i = 0; i < data.train.size() && !rows.empty(); ++i) ++rows[class_of(data.train.y.row(i))];
  if (!rows.empty()) std::tie(plan.least, plan.most) = std::pair(std::ranges::min(rows), std::ranges::max(rows));
}

// The beginning of the config: comment lines that describe the columns of the CSV file, then the section [data].
std::string text_of_data(const Table& table, const Plan& plan, const std::string& path) {
  std::size_t width = 0;
  for (const Column& column : table.columns) {
    width = std::max(width, std::min<std::size_t>(count_characters(column.name), 30));
  }
  std::string out = concat("# A config for ", printable(path), ", which has ", counted(table.rows, "row"),
                           ". Correct the guesses where you know better:\n");
  for (const Column& column : table.columns) {
    const std::string name = printable(column.name);
    const std::size_t used = count_characters(name);
    out += concat("#   ", name, std::string(used < width ? width - used : 0, ' '), "  ", printable(description(column)),
                  "\n");
  }
  out += "seed = 1\n\n[data]\n";
  out += line(concat("file = ", toml::to_text({path, {}})), "relative to the folder of this config");
  if (table.format.separator != ',') {
    out += line(concat("separator = ", toml::to_text({std::string(1, table.format.separator), {}})));
  }
  if (table.format.decimal != '.') out += line("decimal = \",\"");
  out += line("target = " + (plan.many() ? quoted_list(plan.targets) : toml::to_text({plan.targets[0], {}})),
              !plan.classes ? "numbers"
              : plan.many() ? "yes or no"
                            : counted(plan.class_names.size(), "class", "classes"));
  if (!plan.ignored.empty()) {
    out += line("ignore = " + quoted_list(plan.ignored), "the comment at the top says why each column is ignored");
  }
  if (!plan.categories.empty()) {
    out += line("one_hot = " + quoted_list(plan.categories), "an input of 0 or 1 for each category");
  }
  if (plan.missing > 0) {
    out += line("missing = \"drop\"",
                concat("leaves out ", counted(table.rows - table.kept, "row"), " with a missing value"));
  }
  out += line("standardize = true", "inputs with mean 0 and standard deviation 1");
  if (!plan.classes) out += line("standardize_targets = true", "predictions keep the units of the data file");
  if (table.kept >= 5) out += line("test_fraction = 0.2", "fraction of the rows that only test the trained network");
  if (plan.validates) out += line("validation_fraction = 0.15", "the loss of this part decides when training stops");
  return out;
}

std::string text_of_training(const Table& table, const Plan& plan) {
  const double wanted = 4 * std::sqrt(static_cast<double>(plan.inputs * (plan.outputs + 1)));
  const double most = table.kept < 500 ? 16 : 64;
  const auto units = static_cast<std::size_t>(std::exp2(std::round(std::log2(std::clamp(wanted, 8.0, most)))));
  std::string out = concat(
      "\n[[layer]]\n",
      line(concat("units = ", units), concat(counted(plan.inputs, "input"), " and ", counted(plan.outputs, "output"))),
      line("activation = \"relu\""));
  out += concat("\n[[layer]]\n", line(concat("activation = \"",
                                             !plan.classes ? "identity"
                                             : plan.two    ? "sigmoid"
                                                           : "softmax",
                                             "\""),
                                      !plan.classes ? "any number"
                                      : !plan.two   ? "a probability for each class"
                                      : plan.many() ? "the probability of yes"
                                                    : "the probability of " + in_quotes(plan.class_names.back())));
  out += concat("\n[train]\n", line(concat("loss = \"",
                                           !plan.classes ? "mse"
                                           : plan.two    ? "binary_cross_entropy"
                                                         : "cross_entropy",
                                           "\"")));
  if (plan.least > 0 && plan.most >= 10 * plan.least) {
    out += line("class_weights = \"balanced\"", concat("rare classes get larger weights; the classes have ", plan.least,
                                                       " to ", plan.most, " training rows"));
  }
  const std::size_t epochs = std::clamp<std::size_t>(100'000 / std::max<std::size_t>(table.kept, 1), 30, 200);
  out += line("optimizer = \"adam\"") + line("learning_rate = 0.005") + line(concat("epochs = ", epochs)) +
         line("batch_size = 32");
  if (plan.validates) out += line("early_stopping = 15", "stop after 15 epochs without a new lowest validation loss");
  return out;
}

std::string text_of(const Table& table, const Plan& plan, const std::string& path) {
  return text_of_data(table, plan, path) + text_of_training(table, plan);
}

// Leaves out each input column that has the same value in all training rows. Returns whether it left out a column.
bool leave_out_constant(Table& table, const Data& data) {
  bool found = false;
  const Tensor& x = data.train.x;
  for (std::size_t j = 0; j < data.columns.size(); ++j) {
    bool constant = true;
    for (std::size_t i = 1; i < x.rows() && constant; ++i) constant = x(i, j) == x(0, j);
    const auto column = std::ranges::find(table.columns, data.columns[j], &Column::name);
    if (!constant || x.rows() < 2 || column == table.columns.end()) continue;
    column->left_out = "the same value in every training row";
    found = true;
  }
  if (found) leave_out_missing(table);
  return found;
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
  for (;;) {
    Plan plan = plan_of(table, path);
    const Config config = parse_config(text_of(table, plan, path), "the config for " + path, {});
    const Task task = task_of(config.train.loss);
    const Experiment experiment = experiment_of(config, read_samples(path, config.data, task), {});
    if (leave_out_constant(table, experiment.data)) continue;
    complete(plan, experiment.data);
    return text_of(table, plan, path);
  }
}

}  // namespace primer
