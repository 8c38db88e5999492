// Reads a claim file. Throws UserError for an unknown key, a missing key or a wrong value.
#include "primer/claims/claim.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "primer/formats/number.hpp"
#include "primer/formats/table_reader.hpp"

namespace primer {
namespace {

using toml::TableReader;

// The value of `key` names an entry of `known`. Returns the index of this entry, or nothing if the key is absent.
template <typename Named>
std::optional<std::size_t> index_of(TableReader& table, std::string_view key, const std::vector<Named>& known) {
  std::vector<std::string_view> names;
  for (const Named& entry : known) names.push_back(entry.name);
  const std::optional<std::string> name = table.choice(key, names);
  if (!name) return {};
  return static_cast<std::size_t>(std::ranges::find(names, *name) - names.begin());
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
    if (equals == std::string::npos) table.refuse("set", "write \"KEY=VALUE\", as in the option --set");
    arm.set.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  arm.from = index_of(table, "start", claim.arms);
  arm.bias = table.numbers("bias");
  table.finish();
  return arm;
}

// Reads a choice of layers or epochs, such as `layer = 3`, or `layer = "mean"` with `layers = [2, 9]` (layers 2 to 9).
Pick read_pick(TableReader& table, std::string_view key, std::string_view range_key) {
  constexpr std::size_t most = 1'000'000'000;
  const std::vector<double> range = table.numbers(range_key);
  if (!range.empty() && !table.has(key)) table.refuse(range_key, concat("needs the key '", key, "', too"));
  const toml::Entry* const entry = table.contents().find(key);
  if (entry != nullptr && std::holds_alternative<std::int64_t>(entry->value.data)) {
    const std::size_t number = table.count(key, 0, most).value();
    return {std::to_string(number), "last", number, number};
  }
  Pick pick;
  pick.text = table.choice(key, Pick::ways).value_or("");
  if (!pick.text.empty()) pick.way = *std::ranges::find(Pick::ways, pick.text);
  if (range.empty()) return pick;
  if (range.size() != 2 || !(0 <= range[0] && range[0] <= range[1] && range[1] <= most)) {
    table.refuse(range_key, "must be [first, last]");
  }
  pick.from = static_cast<std::size_t>(range[0]);
  pick.to = static_cast<std::size_t>(range[1]);
  pick.text += concat(" of ", pick.from, "–", pick.to);
  return pick;
}

Quantity read_quantity(TableReader& table) {
  table.required_text("measure");
  const Measure& measure = measures()[*index_of(table, "measure", measures())];
  constexpr toml::Range finite{-HUGE_VAL, HUGE_VAL, true, true, "finite"};
  Quantity q{&measure, read_pick(table, "layer", "layers"), read_pick(table, "over_layer", "over_layers"),
             read_pick(table, "epoch", "epochs"), table.number("at", finite).value_or(0)};
  for (const std::string_view key : {"layer", "over_layer", "epoch", "at"}) {
    if (measure.needs == key && !table.has(key)) {
      throw UserError(table.location(), measure.name, " needs the key '", key, "'");
    }
    if (table.has(key) && measure.needs != key && std::ranges::count(measure.allows, key) == 0) {
      table.refuse(key, measure.name + " does not use this key");
    }
  }
  if (table.has("over_layer") && !table.has("layer")) table.refuse("over_layer", "set the key 'layer', too");
  return q;
}

Finding read_finding(TableReader& table, const Claim& claim, bool check) {
  Finding f{};
  f.location = table.location();
  if (check) {
    f.formula = table.required_text("formula");
  } else {
    f.quantity = read_quantity(table);
    table.required_text("arm");
    f.arm = *index_of(table, "arm", claim.arms);
    f.over = index_of(table, "over", claim.arms);
    f.minus = index_of(table, "minus", claim.arms);
    if (f.over && f.minus) throw UserError(f.location, "a finding has either 'over' or 'minus'; remove one of the two");
    f.at_least = table.number("at_least", {-HUGE_VAL, HUGE_VAL, true, true, "finite"});
  }
  const std::vector<double> band = table.numbers("band");
  const bool nan = band.size() == 2 && std::isnan(band[0]) && std::isnan(band[1]);
  if (band.size() != 2 || !(band[0] <= band[1] || nan)) table.refuse("band", "must be [low, high], such as [0, inf]");
  f.band = {band[0], band[1]};
  table.finish();
  return f;
}

}  // namespace

const Arm* Claim::repeatable_arm() const {
  const auto found = std::ranges::find_if(arms, [](const Arm& arm) { return !arm.from && arm.bias.empty(); });
  return found == arms.end() ? nullptr : &*found;
}

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
  claim.seeds = table.count("seeds", 1, 1'000'000).value_or(0);
  for (TableReader& arm : table.tables("arm")) claim.arms.push_back(read_arm(arm, claim, config, folder));
  for (const char* kind : {"check", "finding"}) {
    for (TableReader& finding : table.tables(kind)) {
      claim.findings.push_back(read_finding(finding, claim, kind == std::string_view("check")));
    }
  }
  table.finish();
  if (claim.findings.empty()) {
    throw UserError(table.location(), "the claim measures nothing; add a [[finding]] or a [[check]]");
  }
  if (!claim.arms.empty() && claim.seeds == 0)
    throw UserError(table.location(), "the claim needs the key 'seeds': the number of training runs of each [[arm]]");
  return claim;
}

}  // namespace primer
