// Turns the cells of CSV rows into inputs and targets.
#include "primer/runs/samples.hpp"

#include <algorithm>
#include <istream>
#include <iterator>
#include <optional>
#include <sstream>

#include "primer/formats/input.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/named_tensor.hpp"

namespace primer {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

constexpr std::size_t most_categories = 10'000;

// Whether the name `input` has the form COLUMN=CATEGORY, where COLUMN is `column`.
bool is_input_of(const std::string& column, const std::string& input) { return input.starts_with(column + "="); }

// The number in a cell of the current row. Throws UserError if it is too large for the type `real` (float or double).
double number_at(const CsvReader& csv, std::size_t column) {
  const double number = csv.number(column);
  if (!fits_real(number)) throw UserError(csv.location(column), "is beyond the largest float; scale the column");
  return number;
}

std::string text_at(const CsvReader& csv, std::size_t column) {
  if (csv.is_missing(column))
    csv.refuse_missing(column, "; if the cell contains the name of a class or category, rename this class or category");
  return csv.text(column);
}

// The first five names as text: "a, b, c, d, e, … 9 more".
std::string first_names(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t k = 0; k < std::min(names.size(), most); ++k) text += (k == 0 ? "" : ", ") + names[k];
  return printable(text) + (names.size() > most ? concat(", … ", names.size() - most, " more") : "");
}

// Throws a UserError that says: the loss needs numbers, but the first value of the target column is a text.
[[noreturn]] void refuse_text(const CsvReader& csv, std::size_t column, Task task) {
  throw UserError(csv.location(column), "the loss needs numbers in the target column ",
                  in_quotes(csv.columns()[column]), ", but the column begins with ", in_quotes(csv.text(column)),
                  task == Task::regression
                      ? "; for classes, set train.loss to cross_entropy, or to "
                        "binary_cross_entropy for two classes"
                      : "; several target columns must contain probabilities, and classes must be in one column");
}

// The columns in data.target. Without data.target: the last column that is not in data.inputs or data.ignore.
std::vector<std::size_t> target_columns(const CsvReader& csv, const DataOptions& data) {
  if (!data.target.empty()) return find_columns(csv, data.target, "which is needed as a target");
  for (std::size_t c = csv.columns().size(); c-- > 0;) {
    if (!contains(data.ignore, csv.columns()[c]) && !contains(data.input_names, csv.columns()[c])) return {c};
  }
  throw UserError({csv.file(), 1, 0},
                  "every column is in data.inputs or data.ignore, so no column is left for the target; leave the "
                  "target column out of both lists");
}

void (*reading_watcher)(const std::string& text) = nullptr;

// Reports the progress of reading a large file to the callback reading_watcher. The destructor reports the end.
class Reading {
 public:
  Reading(const std::string& file, std::size_t lines, std::size_t columns)
      : file_(file), lines_(lines), rows_per_report_(cells_per_report / columns + 1) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    if (reported_) reading_watcher("");
  }
  void row(std::size_t rows) {
    if (reading_watcher == nullptr || rows % rows_per_report_ != 0) return;
    reported_ = true;
    reading_watcher(printable(concat(file_, ": row ", rows, lines_ > 0 ? concat(" of ", lines_) : "")));
  }

 private:
  static constexpr std::size_t cells_per_report = 1 << 20;
  const std::string& file_;
  const std::size_t lines_, rows_per_report_;
  bool reported_ = false;
};

// Counts the lines in the stream, up to the end of the stream. Returns 0 for a pipe, which cannot be read twice.
std::size_t most_rows(std::istream& stream) {
  if (stream.tellg() < 0) return 0;
  std::string chunk(1 << 16, '\0');
  std::size_t lines = 1;
  while (stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || stream.gcount() > 0) {
    lines += static_cast<std::size_t>(std::count(chunk.begin(), chunk.begin() + stream.gcount(), '\n'));
  }
  return lines;
}

}  // namespace

CsvFormat format_of(const DataOptions& data) { return {data.separator[0], data.decimal[0]}; }

std::vector<std::size_t> find_columns(const CsvReader& csv, const std::vector<std::string>& names, const char* whose) {
  const std::vector<std::string_view> known(csv.columns().begin(), csv.columns().end());
  std::vector<std::size_t> found;
  for (const std::string& name : names) {
    const auto column = csv.column(name);
    if (column) {
      found.push_back(*column);
      continue;
    }
    const std::string columns = "; the columns are " + first_names(csv.columns());
    throw UserError({csv.file(), 1, 0}, "there is no column ", in_quotes(name), ", ", whose,
                    name.size() > 1 ? did_you_mean(name, known, columns) : columns);
  }
  return found;
}

InputColumns::InputColumns(const CsvReader& csv, const DataOptions& data, const std::vector<std::size_t>& targets) {
  const std::vector<std::string>& names = csv.columns();
  find_columns(csv, data.ignore, "which data.ignore lists");
  for (const std::size_t c : find_columns(csv, data.input_names, "which data.inputs lists"))
    columns_.push_back({c, names[c]});
  for (std::size_t c = 0; c < names.size() && data.input_names.empty(); ++c) {
    if (std::ranges::find(targets, c) != targets.end() || contains(data.ignore, names[c])) continue;
    columns_.push_back({c, names[c]});
  }
  if (names.size() == 1 && columns_.empty()) {
    throw UserError({csv.file(), 1, 0}, "there is only one column, ", in_quotes(names[0]),
                    "; a file needs an input and a target, and its cells must be separated by data.separator");
  }
  if (columns_.empty())
    throw UserError({csv.file(), 1, 0}, "every column is a target or ignored; there must be an input column");
  for (const std::string& name : data.one_hot) {
    for (const Column& other : columns_) {
      if (!is_input_of(name, other.name)) continue;
      throw UserError({csv.file(), 1, 0}, "rename the column ", in_quotes(other.name), ": names of the form ", name,
                      "=CATEGORY are reserved for the inputs that data.one_hot makes from ", in_quotes(name));
    }
    const auto found = std::ranges::find(columns_, name, &Column::name);
    if (found != columns_.end()) {
      found->is_text = true;
      continue;
    }
    find_columns(csv, {name}, "which data.one_hot lists");
    throw UserError({csv.file(), 1, 0}, "data.one_hot names the column ", in_quotes(name), ", which is not an input");
  }
}

InputColumns::InputColumns(const CsvReader& csv, const std::vector<std::string>& inputs,
                           const std::vector<std::string>& one_hot, const char* whose)
    : of_network_(true) {
  for (const std::string& input : inputs) {
    const auto text = std::ranges::find_if(one_hot, [&](const std::string& o) { return is_input_of(o, input); });
    const std::string& name = text == one_hot.end() ? input : *text;
    if (text == one_hot.end() || columns_.empty() || columns_.back().name != name) {
      columns_.push_back({find_columns(csv, {name}, whose)[0], name, text != one_hot.end()});
    }
    auto& categories = columns_.back().categories;
    if (text != one_hot.end()) categories.emplace(input.substr(name.size() + 1), categories.size());
  }
}

bool InputColumns::any_missing(const CsvReader& csv) const {
  return std::ranges::any_of(columns_, [&](const Column& column) { return csv.is_missing(column.cell); });
}

void InputColumns::learn(const CsvReader& csv) {
  for (Column& column : columns_) {
    if (of_network_ || !column.is_text || csv.is_missing(column.cell)) continue;
    column.categories.try_emplace(csv.text(column.cell));
    if (column.categories.size() <= most_categories) continue;
    throw UserError(csv.location(column.cell), "column ", in_quotes(column.name), " has more than ", most_categories,
                    " categories, and each would be an input; list the column in data.ignore");
  }
}

std::size_t InputColumns::size() const {
  std::size_t size = 0;
  for (const Column& column : columns_) size += column.is_text ? column.categories.size() : 1;
  return size;
}

std::vector<std::string> InputColumns::names() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) {
    if (!column.is_text) names.push_back(column.name);
    for (const auto& [category, position] : column.categories) names.push_back(column.name + "=" + category);
  }
  return names;
}

void InputColumns::number_categories() {
  for (Column& column : columns_) {
    std::size_t k = 0;
    for (auto& [category, position] : column.categories) position = k++;
  }
}

void InputColumns::read(const CsvReader& csv, std::span<real> row) {
  if (is_first_row_ && !of_network_) number_categories();
  for (const Column& column : columns_) {
    if (!column.is_text) {
      if (is_first_row_ && !of_network_ && !csv.is_number(column.cell) && !csv.is_missing(column.cell)) {
        const std::string text = csv.text(column.cell);
        const bool has_digit = text.find_first_of("0123456789") != text.npos;
        throw UserError(csv.location(column.cell), "column ", in_quotes(column.name),
                        " needs numbers, but begins with ", in_quotes(text), "; ",
                        has_digit ? "write numbers such as 1234.5 (for a decimal comma, set data.decimal), or " : "",
                        "list the column in data.ignore, or, if the column contains categories, in data.one_hot");
      }
      row[0] = static_cast<real>(number_at(csv, column.cell));
      row = row.subspan(1);
      continue;
    }
    const std::string text = text_at(csv, column.cell);
    const auto category = column.categories.find(text);
    if (category == column.categories.end()) {
      std::vector<std::string_view> known;
      for (const auto& [name, position] : column.categories) known.push_back(name);
      throw UserError(csv.location(column.cell), "column ", in_quotes(column.name), " has the category ",
                      in_quotes(text), ", but the network knows only ", printable(listed(known)));
    }
    std::ranges::fill(row.first(column.categories.size()), 0);
    row[category->second] = 1;
    row = row.subspan(column.categories.size());
  }
  is_first_row_ = false;
}

namespace {

// The target columns and the input columns of a file.
struct Roles {
  std::vector<std::size_t> targets;
  InputColumns inputs;
  bool drops;  // whether rows with a missing value are left out

  Roles(const CsvReader& csv, const DataOptions& data, const std::vector<std::string>& names)
      : targets(target_columns(csv, data)),
        inputs(names.empty() ? InputColumns(csv, data, targets)
                             : InputColumns(csv, names, data.one_hot, "but the network needs this input")),
        drops(data.missing == "drop") {}

  bool drop_row(const CsvReader& csv) const {
    return drops &&
           (inputs.any_missing(csv) || std::ranges::any_of(targets, [&](std::size_t c) { return csv.is_missing(c); }));
  }
};

// Learns the categories from the rows that are not dropped. Returns the number of these rows.
std::size_t learn_rows(std::istream& stream, const std::string& file, const DataOptions& data,
                       const std::vector<std::string>& inputs, std::optional<Roles>& roles) {
  CsvReader csv(stream, file, format_of(data));
  roles.emplace(csv, data, inputs);
  std::size_t rows = 0;
  while (csv.next()) {
    if (roles->drop_row(csv)) continue;
    roles->inputs.learn(csv);
    ++rows;
  }
  return rows;
}

}  // namespace

FileSamples read_samples(const std::string& path, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs) {
  std::ifstream stream = open_input(path);
  return read_samples(stream, path, data, task, inputs);
}

FileSamples read_samples(std::istream& stream, const std::string& file, const DataOptions& data, Task task,
                         const std::vector<std::string>& inputs) {
  const bool reads_twice = data.missing == "drop" || (inputs.empty() && !data.one_hot.empty());
  const auto begin = stream.tellg();
  if (reads_twice && begin < 0) {  // a pipe cannot be read twice
    std::istringstream copy(std::string(std::istreambuf_iterator<char>(stream), {}));
    return read_samples(copy, file, data, task, inputs);
  }
  std::optional<Roles> roles;
  const std::size_t room = reads_twice ? learn_rows(stream, file, data, inputs, roles) : most_rows(stream);
  stream.clear();
  if (begin >= 0) stream.seekg(begin);
  CsvReader csv(stream, file, format_of(data));
  if (!roles) roles.emplace(csv, data, inputs);
  const std::vector<std::size_t>& targets = roles->targets;
  const bool one_label = targets.size() == 1 && task != Task::regression;

  FileSamples samples;
  samples.file = file;
  for (const std::size_t c : targets) samples.targets.push_back({csv.columns()[c], {}, {}});
  for (Target& target : samples.targets) target.numbers.reserve(one_label ? 0 : room);
  const bool any_fits = task == Task::regression;  // in a regression, every number is a valid target
  samples.positions.reserve(any_fits ? 0 : room * targets.size());
  samples.columns = roles->inputs.names();
  const std::size_t width = roles->inputs.size();
  Tensor& x = samples.x;
  x.resize(room, width);
  std::size_t rows = 0;
  Reading reading(file, roles->drops ? 0 : room, csv.columns().size());
  while (csv.next()) {
    reading.row(rows + samples.dropped + 1);
    if (roles->drop_row(csv)) {
      ++samples.dropped;
      continue;
    }
    x.resize(std::max(room, rows + 1), width);
    roles->inputs.read(csv, x.row(rows++));
    for (std::size_t t = 0; t < targets.size(); ++t) {
      if (!any_fits) {
        const Location at = csv.location(targets[t]);
        samples.positions.push_back({static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)});
      }
      if (one_label) {
        std::string label = text_at(csv, targets[t]);
        if (task == Task::binary && csv.is_number(targets[t])) std::ranges::replace(label, data.decimal[0], '.');
        samples.targets[t].labels.add(label);
      } else {
        if (rows == 1 && inputs.empty() && !csv.is_number(targets[t]) && !csv.is_missing(targets[t]))
          refuse_text(csv, targets[t], task);
        samples.targets[t].numbers.push_back(number_at(csv, targets[t]));
      }
    }
  }
  if (rows == 0) {
    throw UserError({file}, samples.dropped > 0 ? "every row has a missing value" : "has a header but no rows");
  }
  x.resize(rows, width);
  return samples;
}

void watch_reading(void (*watcher)(const std::string& text)) { reading_watcher = watcher; }

UserError located(const std::logic_error& error, const FileSamples& samples) {
  const auto* const of_target = dynamic_cast<const TargetError*>(&error);
  if (of_target == nullptr) return {{samples.file}, printable(error.what())};
  const std::size_t k = of_target->row * samples.targets.size() + of_target->target;
  const auto [line, column] = samples.positions.empty() ? FileSamples::Position{0, 0} : samples.positions[k];
  return {Location{samples.file, line, column},
          printable(concat("column '", samples.targets[of_target->target].name, "': ", error.what()))};
}

Tensor encode(const FileSamples& samples, Task task, const std::vector<std::string>& classes) {
  Tensor y;
  locate_errors([&] { y = encode_targets(samples.targets, task, classes); },
                [&](const std::logic_error& e) { return located(e, samples); });
  return y;
}

}  // namespace primer
