// Reads a claim and refuses what no run could measure.
#include "primer/claims/claim.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>

#include "primer/formats/number.hpp"
#include "primer/formats/table_reader.hpp"

namespace primer {
namespace {

using toml::TableReader;

// The index of the name that `key` gives; nothing if the key is absent.
template <typename Named>
std::optional<std::size_t> index_of(TableReader& table, std::string_view key, const std::vector<Named>& known) {
  std::vector<std::string_view> names;
  for (const Named& entry : known) names.push_back(entry.name);
  const std::optional<std::string> name = table.choice(key, names);
  if (!name) return {};
  return static_cast<std::size_t>(std::ranges::find(names, *name) - names.begin());
}

template <typename Named>
std::size_t required_index_of(TableReader& table, std::string_view key, const std::vector<Named>& known) {
  table.required_text(key);
  return index_of(table, key, known).value();
}

Arm read_arm(TableReader& table, const Claim& claim, const std::string& config, const std::string& folder) {
  Arm arm;
  arm.location = table.location();
  arm.name = table.required_text("name");
  const std::string file = table.text("config").value_or(config);
  if (file.empty()) throw UserError(arm.location, "neither the arm nor the claim names a config");
  arm.config = (std::filesystem::path(folder) / file).lexically_normal().string();
  for (const std::string& text : table.texts("set")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) table.refuse("set", "write \"KEY=VALUE\", as after --set");
    arm.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  arm.from = index_of(table, "start", claim.arms);
  arm.bias = table.numbers("bias");
  table.finish();
  return arm;
}

Quantity read_quantity(TableReader& table, bool formula) {
  const Measure& measure = measures()[required_index_of(table, "measure", measures())];
  if (measure.is_formula() != formula) {
    table.refuse("measure", concat(measure.name, formula ? " is measured on a run; write it in a [[finding]]"
                                                         : " is a formula; write it in a [[check]]"));
  }
  constexpr std::size_t most = 1'000'000'000;
  constexpr toml::Range finite{-HUGE_VAL, HUGE_VAL, true, true, "finite"};
  Quantity q{&measure,
             table.count("layer", 1, most).value_or(0),
             table.count("over_layer", 1, most).value_or(0),
             table.count("epoch", 0, most),
             table.number("at", finite).value_or(0),
             table.text("activation").value_or(""),
             table.text("other").value_or(""),
             table.text("loss").value_or("")};
  for (std::size_t k = 0; k < key_names.size(); ++k) {
    const auto lists = [&](const std::vector<Key>& keys) { return std::ranges::count(keys, static_cast<Key>(k)) > 0; };
    const std::string_view key = key_names[k];
    if (lists(measure.needs) && !table.has(key)) {
      throw UserError(table.location(), measure.name, " needs the key '", key, "'");
    }
    if (table.has(key) && !lists(measure.needs) && !lists(measure.allows)) {
      table.refuse(key, measure.name + " does not use this key");
    }
  }
  if (q.over_layer > 0 && q.layer == 0) table.refuse("over_layer", "needs the key 'layer', too");
  if (!q.loss.empty()) table.choice("loss", losses().names());
  for (const std::string_view key : {"activation", "other"}) {
    const std::string& name = key == "other" ? q.other : q.activation;
    try {
      if (!name.empty()) make_activation(name);
    } catch (const std::invalid_argument& e) {
      const std::string_view word = std::string_view(name).substr(0, name.find('('));
      const std::vector<std::string_view> names = activations().names();
      const bool known = std::ranges::find(names, word) != names.end();
      table.refuse(key, e.what() + (known ? "" : did_you_mean(word, names)));
    }
  }
  return q;
}

Band read_band(TableReader& table) {
  const std::vector<double> band = table.numbers("band");
  if (band.size() != 2 || !(band[0] <= band[1])) table.refuse("band", "must be [low, high]; either may be inf");
  return {band[0], band[1]};
}

Check read_check(TableReader& table) {
  Check check{read_quantity(table, true), read_band(table), table.location()};
  table.finish();
  return check;
}

Finding read_finding(TableReader& table, const Claim& claim) {
  constexpr std::array<std::string_view, 3> averages{"mean", "geometric", "fraction"};
  Finding f{};
  f.location = table.location();
  f.quantity = read_quantity(table, false);
  f.arm = required_index_of(table, "arm", claim.arms);
  f.over = index_of(table, "over", claim.arms);
  f.minus = index_of(table, "minus", claim.arms);
  if (f.over && f.minus) throw UserError(f.location, "over and minus: keep one of the two");
  const std::string average = table.choice("average", averages).value_or("mean");
  f.average = static_cast<Average>(std::ranges::find(averages, average) - averages.begin());
  f.band = read_band(table);
  table.finish();
  return f;
}

}  // namespace

Claim read_claim(const std::string& path) {
  constexpr std::array<std::string_view, 3> verdicts{"holds", "holds with conditions", "false as stated"};
  const toml::Table contents = toml::read(path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  TableReader table(contents, Location{path});
  Claim claim;
  claim.name = std::filesystem::path(path).stem().string();
  claim.claim = table.required_text("claim");
  claim.notes = table.required_text("notes");
  claim.verdict = table.required_text("verdict");
  table.choice("verdict", verdicts);
  claim.explanation = table.required_text("explanation");
  const std::string config = table.text("config").value_or("");
  claim.seeds = table.count("seeds", 2, 1'000'000).value_or(0);
  claim.quick_seeds = table.count("quick_seeds", 2, 1'000'000).value_or(0);
  for (TableReader& arm : table.tables("arm")) claim.arms.push_back(read_arm(arm, claim, config, folder));
  for (TableReader& check : table.tables("check")) claim.checks.push_back(read_check(check));
  for (TableReader& finding : table.tables("finding")) claim.findings.push_back(read_finding(finding, claim));
  table.finish();
  if (claim.findings.empty() && claim.checks.empty()) {
    throw UserError(table.location(), "the claim measures nothing; add a [[finding]] or a [[check]]");
  }
  if (!claim.arms.empty() && claim.seeds == 0) throw UserError(table.location(), "the arms need `seeds`, at least 2");
  return claim;
}

std::vector<std::string> claim_names(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  if (error || names.empty())
    throw UserError(Location{folder}, "there are no claims here; name their folder with --dir");
  std::ranges::sort(names);
  return names;
}

std::string text_of(const Quantity& q) {
  std::vector<std::string> parts;
  if (!q.activation.empty()) parts.push_back(q.activation + (q.other.empty() ? "" : " against " + q.other));
  if (!q.loss.empty()) parts.push_back(q.loss);
  if (std::ranges::count(q.measure->needs, Key::at) > 0) parts.push_back(number(q.at));
  if (q.layer > 0) parts.push_back(concat("layer ", q.layer, q.over_layer > 0 ? concat(" / ", q.over_layer) : ""));
  if (q.epoch) parts.push_back(concat("epoch ", *q.epoch));
  std::string text = q.measure->name;
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "(" : ", ") + parts[i];
  return text + (parts.empty() ? "" : ")");
}

std::string text_of(const Finding& f, const Claim& claim) {
  std::string text = text_of(f.quantity) + " of " + claim.arms[f.arm].name;
  if (f.other_arm()) text += (f.over ? " over " : " minus ") + claim.arms[*f.other_arm()].name;
  return text;
}

}  // namespace primer
