// Reading a claim, and running it.
#include "primer/claims/claim.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "primer/formats/number.hpp"
#include "primer/formats/toml.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {
namespace {

// The members of one table, each asked for by name; what nobody asked for is a mistake.
class Members {
 public:
  explicit Members(const toml::Value& value) : place_(value.location) {
    table_ = std::get_if<toml::Table>(&value.data);
    if (table_ == nullptr) throw UserError(place_, "must be a table");
  }
  Members(const toml::Table& table, Location location) : table_(&table), place_(std::move(location)) {}

  const toml::Value* find(std::string_view key) {
    known_.push_back(key);
    const toml::Entry* const entry = table_->find(key);
    return entry == nullptr ? nullptr : &entry->value;
  }
  bool has(std::string_view key) { return find(key) != nullptr; }
  const Location& location() const { return place_; }
  Location location(std::string_view key) const {
    const toml::Entry* const entry = table_->find(key);
    return entry == nullptr ? place_ : entry->value.location;
  }

  std::string text(std::string_view key, bool needed = true) {
    const toml::Value* const value = find(key);
    if (value == nullptr && needed) throw UserError(place_, "there is no key '" + std::string(key) + "'");
    return value == nullptr ? std::string() : std::get<std::string>(as<std::string>(*value, key, "a string").data);
  }
  std::size_t count(std::string_view key, std::size_t least) {
    const toml::Value* const value = find(key);
    if (value == nullptr) return 0;
    const std::int64_t n = std::get<std::int64_t>(as<std::int64_t>(*value, key, "an integer").data);
    if (n < static_cast<std::int64_t>(least)) {
      throw UserError(value->location, std::string(key) + " must be at least " + std::to_string(least));
    }
    return static_cast<std::size_t>(n);
  }
  std::optional<double> number(std::string_view key) {
    const toml::Value* const value = find(key);
    if (value == nullptr) return {};
    return number_of(*value, key);
  }
  std::vector<double> numbers(std::string_view key) {
    std::vector<double> list;
    for (const toml::Value& value : array(key)) list.push_back(number_of(value, key));
    return list;
  }
  const toml::Array& array(std::string_view key) {
    static const toml::Array none;
    const toml::Value* const value = find(key);
    return value == nullptr ? none : std::get<toml::Array>(as<toml::Array>(*value, key, "a list").data);
  }
  void finish() const {
    for (const toml::Entry& entry : table_->entries()) {
      if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
      const std::string_view best = nearest(entry.key, known_);
      throw UserError(entry.location, "unknown key '" + printable(entry.key) + "'" +
                                          (best.empty() ? "" : "; did you mean '" + std::string(best) + "'?"));
    }
  }

  template <typename T>
  static const toml::Value& as(const toml::Value& value, std::string_view key, const char* what) {
    if (!std::holds_alternative<T>(value.data)) {
      throw UserError(value.location, std::string(key) + " must be " + what + ", not " + std::string(kind(value)));
    }
    return value;
  }

 private:
  static double number_of(const toml::Value& value, std::string_view key) {
    if (const auto* const integer = std::get_if<std::int64_t>(&value.data)) return static_cast<double>(*integer);
    return std::get<double>(as<double>(value, key, "a number").data);
  }
  const toml::Table* table_;
  Location place_;
  std::vector<std::string_view> known_;
};

[[noreturn]] void refuse_word(const Location& location, std::string_view key, const std::string& word,
                              const std::vector<std::string_view>& known) {
  const std::string_view best = nearest(word, known);
  throw UserError(location, std::string(key) + ": '" + printable(word) + "' is not known" +
                                (best.empty() ? "" : "; did you mean '" + std::string(best) + "'?"));
}

bool uses(const Measurement& measurement, std::string_view key) {
  return (" " + std::string(measurement.uses) + " ").find(" " + std::string(key) + " ") != std::string::npos;
}

std::size_t arm_named(const Claim& claim, const Location& location, std::string_view key, const std::string& name) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < claim.arms.size(); ++i) {
    if (claim.arms[i].name == name) return i;
    names.push_back(claim.arms[i].name);
  }
  refuse_word(location, key, name, names);
}

Arm read_arm(const toml::Value& value, const Claim& claim, const std::string& config, const std::string& folder) {
  Members m(value);
  Arm arm;
  arm.location = m.location();
  arm.name = m.text("name");
  arm.config = m.text("config", false);
  if (arm.config.empty()) arm.config = config;
  if (arm.config.empty()) throw UserError(arm.location, "neither the arm nor the claim names a config");
  arm.config = (std::filesystem::path(folder) / arm.config).lexically_normal().string();
  for (const toml::Value& set : m.array("set")) {
    const auto& text = std::get<std::string>(Members::as<std::string>(set, "set", "a list of strings").data);
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) throw UserError(set.location, "write \"KEY=VALUE\", as after --set");
    arm.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  arm.start = m.text("start", false);
  if (!arm.start.empty()) arm_named(claim, m.location("start"), "start", arm.start);
  arm.bias = m.numbers("bias");
  m.finish();
  return arm;
}

Average read_average(Members& m) {
  const std::string word = m.text("average", false);
  if (word.empty() || word == "mean") return Average::mean;
  if (word == "geometric") return Average::geometric;
  if (word == "share") return Average::share;
  refuse_word(m.location("average"), "average", word, {"mean", "geometric", "share"});
}

void read_question(Members& m, Finding& f) {
  const std::string name = m.text("measure");
  f.measurement = find_measurement(name);
  if (f.measurement == nullptr) {
    std::vector<std::string_view> names;
    for (const Measurement& known : measurements()) names.push_back(known.name);
    refuse_word(m.location("measure"), "measure", name, names);
  }
  f.question.measure = name;
  f.question.layer = m.count("layer", 1);
  f.question.at = m.number("at").value_or(0);
  f.question.activation = m.text("activation", false);
  f.question.other = m.text("other", false);
  f.question.loss = m.text("loss", false);
  for (const std::string_view key : {"layer", "at", "activation", "other", "loss"}) {
    const bool used = uses(*f.measurement, key);
    if (used && !m.has(key)) throw UserError(m.location(), name + " needs the key '" + std::string(key) + "'");
    const bool flow = key == "layer" && f.measurement->of_run != nullptr;  // of one layer in place of the mean
    if (!used && !flow && m.has(key))
      throw UserError(m.location(key), name + " does not use '" + std::string(key) + "'");
  }
  try {
    if (!f.question.activation.empty()) make_activation(f.question.activation);
    if (!f.question.other.empty()) make_activation(f.question.other);
    if (!f.question.loss.empty()) make_loss(LossOptions{f.question.loss});
  } catch (const std::invalid_argument& e) {
    throw UserError(m.location(), printable(e.what()));
  }
}

Finding read_finding(const toml::Value& value, const Claim& claim) {
  Members m(value);
  Finding f{};
  f.location = m.location();
  read_question(m, f);
  const std::string arm = m.text("arm", f.measurement->of_run != nullptr);
  const std::string over = m.text("over", false);
  const std::string minus = m.text("minus", false);
  if (f.measurement->of_formula != nullptr && !(arm + over + minus).empty()) {
    throw UserError(f.location, f.question.measure + " is a formula: it has no arm");
  }
  if (!over.empty() && !minus.empty()) throw UserError(f.location, "over and minus: keep one of the two");
  if (!arm.empty()) f.arm = arm_named(claim, m.location("arm"), "arm", arm);
  if (!over.empty()) f.over = arm_named(claim, m.location("over"), "over", over);
  if (!minus.empty()) f.minus = arm_named(claim, m.location("minus"), "minus", minus);
  f.average = read_average(m);
  const std::vector<double> band = m.numbers("band");
  if (band.size() != 2 || !(band[0] <= band[1])) {
    throw UserError(m.location("band"), "band must be [low, high]; either may be inf");
  }
  f.low = band[0];
  f.high = band[1];
  m.finish();
  return f;
}

// What an arm left behind with one seed; the outcome points into the experiment.
struct ArmRun {
  std::unique_ptr<Experiment> experiment;
  Outcome outcome;
};

void start_from(const Arm& arm, Network& from, Network& network) {
  const std::vector<Tensor> trained = copy_of(from);
  const std::vector<Tensor> own = copy_of(network);
  const auto same_shape = [](const Tensor& a, const Tensor& b) { return a.rows() == b.rows() && a.cols() == b.cols(); };
  if (!std::equal(own.begin(), own.end(), trained.begin(), trained.end(), same_shape)) {
    throw UserError(arm.location, "the network of arm '" + printable(arm.start) + "' does not fit this arm's layers");
  }
  restore(trained, network);
}

ArmRun run_arm(const Arm& arm, const Claim& claim, std::vector<ArmRun>& before, std::uint64_t seed) {
  std::vector<Override> set = arm.set;
  set.emplace_back("seed", std::to_string(seed));
  std::unique_ptr<Experiment> experiment;
  try {
    experiment = std::make_unique<Experiment>(load_experiment(arm.config, set));
  } catch (const UserError& e) {
    throw UserError(arm.location, std::string("this arm: ") + e.what());
  }
  Network network = experiment->network();
  if (!arm.start.empty())
    start_from(arm, before[arm_named(claim, arm.location, "start", arm.start)].outcome.network, network);
  for (std::size_t l = 0; l < arm.bias.size() && l < network.layers.size(); ++l) {
    network.layers[l].b.fill(static_cast<real>(arm.bias[l]));
  }
  const Config& config = experiment->config;
  Outcome outcome = run_to_the_end(std::move(network), experiment->data, experiment->task, config.train, config.seed,
                                   config.diagnostics.every);
  return {std::move(experiment), std::move(outcome)};
}

double measured_on(const Finding& f, ArmRun& run) {
  try {
    return measure(*f.measurement, run.outcome, f.question);
  } catch (const std::invalid_argument& e) {
    throw UserError(f.location, f.question.measure + ": " + e.what());
  }
}

Result judge(const Finding& f, const std::vector<double>& values, const std::vector<double>& others) {
  const bool two = f.over || f.minus;
  Result r{};
  r.estimate = f.over    ? paired_ratio(values, others)
               : f.minus ? paired_difference(values, others)
                         : estimate(values, f.average);
  const double equality = f.over ? 1 : 0;
  r.distinguishable = two && !r.estimate.covers(equality);
  r.holds = r.estimate.value >= f.low && r.estimate.value <= f.high;
  if (two && (equality < f.low || equality > f.high)) r.holds = r.holds && r.distinguishable;
  return r;
}

}  // namespace

const std::vector<std::string_view>& verdicts() {
  static const std::vector<std::string_view> words{"holds", "holds with conditions", "false as stated"};
  return words;
}

Claim read_claim(const std::string& path) {
  const toml::Table table = toml::read(path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  Members m(table, Location{path, 0, 0});
  Claim claim;
  claim.name = std::filesystem::path(path).stem().string();
  claim.claim = m.text("claim");
  claim.notes = m.text("notes");
  claim.verdict = m.text("verdict");
  if (std::find(verdicts().begin(), verdicts().end(), claim.verdict) == verdicts().end()) {
    refuse_word(m.location("verdict"), "verdict", claim.verdict, verdicts());
  }
  claim.explanation = m.text("explanation");
  const std::string config = m.text("config", false);
  claim.seeds = m.count("seeds", 2);
  claim.quick_seeds = m.count("quick_seeds", 2);
  for (const toml::Value& value : m.array("arm")) claim.arms.push_back(read_arm(value, claim, config, folder));
  for (const toml::Value& value : m.array("finding")) claim.findings.push_back(read_finding(value, claim));
  m.finish();
  if (claim.findings.empty()) throw UserError(m.location(), "there is no [[finding]]: nothing is measured");
  if (!claim.arms.empty() && claim.seeds == 0) throw UserError(m.location(), "its arms need seeds, two at least");
  return claim;
}

std::vector<std::string> claim_names(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  if (error || names.empty()) {
    throw UserError(Location{folder, 0, 0}, "there are no claims here; name their folder with --dir");
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Result> examine(const Claim& claim, std::uint64_t first_seed, std::size_t n) {
  const std::size_t findings = claim.findings.size();
  std::vector<std::vector<double>> values(findings);
  std::vector<std::vector<double>> others(findings);
  for (std::uint64_t seed = first_seed; seed < first_seed + n && !claim.arms.empty(); ++seed) {
    std::vector<ArmRun> runs;
    for (const Arm& arm : claim.arms) runs.push_back(run_arm(arm, claim, runs, seed));
    for (std::size_t i = 0; i < findings; ++i) {
      const Finding& f = claim.findings[i];
      if (f.measurement->of_run == nullptr) continue;
      values[i].push_back(measured_on(f, runs[f.arm]));
      if (f.over || f.minus) others[i].push_back(measured_on(f, runs[f.over ? *f.over : *f.minus]));
    }
  }
  std::vector<Result> results;
  for (std::size_t i = 0; i < findings; ++i) {
    const Finding& f = claim.findings[i];
    if (f.measurement->of_run != nullptr) {
      results.push_back(judge(f, values[i], others[i]));
    } else {
      const double v = f.measurement->of_formula(f.question);
      results.push_back({{v, v, v}, true, false, v >= f.low && v <= f.high});
    }
  }
  return results;
}

std::string text_of(const Finding& f, const Claim& claim) {
  std::string text = f.question.measure;
  std::string in_brackets = f.question.activation + f.question.loss;
  if (!f.question.other.empty()) in_brackets += " against " + f.question.other;
  if (uses(*f.measurement, "at")) in_brackets += (in_brackets.empty() ? "" : ", ") + number(f.question.at);
  if (f.question.layer > 0)
    in_brackets += (in_brackets.empty() ? "" : ", ") + std::string("layer ") + std::to_string(f.question.layer);
  if (!in_brackets.empty()) text += "(" + in_brackets + ")";
  if (f.measurement->of_run == nullptr) return text;
  text += " of " + claim.arms[f.arm].name;
  if (f.over) text += " over " + claim.arms[*f.over].name;
  if (f.minus) text += " minus " + claim.arms[*f.minus].name;
  return text;
}

}  // namespace primer
