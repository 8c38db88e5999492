// primer claims: the study notes as experiments.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "primer/claims/claim.hpp"
#include "primer/cli/commands.hpp"
#include "primer/formats/number.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

// Three digits, from 100,000 on with a power of ten.
std::string shown(double value) {
  if (!(std::abs(value) >= 1e5) || std::isinf(value)) return short_number(value);
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.begin(), text.end(), value, std::chars_format::scientific, 2).ptr};
}

std::string range(double low, double high) { return shown(low) + " … " + shown(high); }

std::string band_of(const Finding& f) {
  if (f.low == f.high) return "exactly " + shown(f.low);
  if (f.low == -HUGE_VAL) return "at most " + shown(f.high);
  return f.high == HUGE_VAL ? "at least " + shown(f.low) : range(f.low, f.high);
}

std::string interval_of(const Finding& f, const Result& r) {
  if (!r.exact) return range(r.estimate.low, r.estimate.high);
  return f.question.measure == "cost" ? "timed" : "exact";
}

std::string remark(const Finding& f, const Result& r) {
  if (std::isnan(r.estimate.value)) return "MISSED: a run diverged";
  if (!r.holds) return "MISSED";
  return (f.over || f.minus) && !r.distinguishable ? "ok, not distinguishable" : "ok";
}

// Text broken at spaces to lines of at most `width` columns.
std::string wrapped(const std::string& text, std::size_t width) {
  std::string out;
  std::string line;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      out += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return out + line + "\n";
}

// Returns whether all bands held.
bool print_claim(const Claim& claim, std::size_t seeds) {
  const std::vector<Result> results = examine(claim, 1, seeds);
  std::vector<std::vector<std::string>> rows{{"  measured", "value", "99 % interval", "band", ""}};
  bool held = true;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Finding& f = claim.findings[i];
    held = held && results[i].holds;
    rows.push_back({"  " + text_of(f, claim), short_number(results[i].estimate.value), interval_of(f, results[i]),
                    band_of(f), remark(f, results[i])});
  }
  const std::string sample = claim.arms.empty() ? "no seeds" : std::to_string(seeds) + " seeds";
  std::printf("%s: %s\n", claim.name.c_str(), held ? claim.verdict.c_str() : "A BAND IS MISSED");
  std::printf("%s%s; %s\n%s\n", wrapped(claim.claim, 116).c_str(), claim.notes.c_str(), sample.c_str(),
              table(rows).c_str());
  std::fflush(stdout);
  return held;
}

// The run to look at: the first arm that `primer train` can repeat.
void show_run(const Claim& claim) {
  for (const Arm& arm : claim.arms) {
    if (!arm.start.empty() || !arm.bias.empty()) continue;
    Arguments arguments{{arm.config}, {{"--out", "runs/claims/" + claim.name}, {"--quiet", ""}}};
    std::string command = "primer train " + arm.config;
    for (const auto& [key, value] : arm.set) {
      arguments.options.emplace_back(set_option.name, key + "=" + value);
      command += " --set '" + key + "=" + value + "'";
    }
    arguments.options.emplace_back(set_option.name, "diagnostics.every=10");
    std::printf("One run of \"%s\" to look at: %s --set diagnostics.every=10\n", arm.name.c_str(), command.c_str());
    try {
      train_command.run(arguments);
    } catch (const RuntimeError& e) {
      std::printf("%s\n", e.what());
    }
    std::printf("\n");
    return;
  }
}

std::size_t asked_seeds(const Arguments& arguments) {
  const auto text = arguments.value("--seeds");
  if (!text) return 0;
  const auto n = parse_number(*text);
  if (!n || !(*n >= 2 && *n <= 1e6) || *n != std::floor(*n)) {
    throw UserError("--seeds: must be an integer of at least 2, since one seed gives no verdict; not '" +
                    printable(*text) + "'");
  }
  return static_cast<std::size_t>(*n);
}

std::string path_of(const std::string& folder, const std::string& name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::string_view best = nearest(name, names);
    throw UserError("there is no claim '" + printable(name) + "' in " + printable(folder) +
                    (best.empty() ? "" : "; did you mean '" + std::string(best) + "'?"));
  }
  return folder + "/" + name + ".toml";
}

int run(const Arguments& arguments) {
  if (sizeof(real) != sizeof(double)) throw UserError("the claims' bands are those of the double build: run `make`");
  const std::string folder = arguments.value("--dir").value_or("configs/claims");
  const std::vector<std::string> known = claim_names(folder);
  const std::size_t seeds = asked_seeds(arguments);
  const bool full = !arguments.operands.empty();
  std::vector<Claim> claims;
  for (const std::string& name : full ? arguments.operands : known) {
    claims.push_back(read_claim(path_of(folder, name, known)));
    if (!full && !claims.back().arms.empty() && claims.back().quick_seeds == 0) claims.pop_back();
  }
  std::size_t missed = 0;
  for (const Claim& claim : claims) {
    const std::size_t n = seeds > 0 ? seeds : full ? claim.seeds : claim.quick_seeds;
    missed += print_claim(claim, n) ? 0 : 1;
    if (!full) continue;
    std::printf("%s\n", wrapped(claim.explanation, 116).c_str());
    show_run(claim);
  }
  std::printf("%zu of %zu claims in their bands; intervals at 99 %%\n", claims.size() - missed, claims.size());
  return missed == 0 ? 0 : 1;
}

constexpr std::array<Option, 2> options{
    {{"--seeds", "N", "train every arm with seeds 1 … N (default: what the claim says)"},
     {"--dir", "DIR", "the folder of the claims (configs/claims)"}}};

}  // namespace

const Command claims_command{
    "claims",
    "[NAME...]",
    0,
    1000,
    "Puts the study notes to the test: what they claim, what is measured, and the verdict.",
    "Without a name all claims run with few seeds. With names they run with all their seeds, explain\n"
    "themselves and leave one run to look at in runs/claims/NAME. Exit code 1: a number left its band.\n\n"
    "  primer claims\n"
    "  primer claims flow_sigmoid_vanishes --seeds 50\n",
    options,
    run};

}  // namespace primer
