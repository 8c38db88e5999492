// primer claims: the study notes as experiments.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "primer/claims/verdict.hpp"
#include "primer/cli/commands.hpp"
#include "primer/cli/interrupt.hpp"
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

std::string text_of(const Band& band) {
  if (band.low == band.high) return "exactly " + shown(band.low);
  if (band.low == -HUGE_VAL) return "at most " + shown(band.high);
  return band.high == HUGE_VAL ? "at least " + shown(band.low) : range(band.low, band.high);
}

std::string remark(const Verdict& verdict, bool two_arms) {
  if (verdict.diverged) return "MISSED: a run diverged";
  if (!verdict.holds) return "MISSED";
  return two_arms && !verdict.distinguishable ? "ok, not distinguishable" : "ok";
}

// Returns whether every number is in its band.
bool print_claim(const Claim& claim, std::size_t seeds) {
  const ClaimVerdict judged = judge(claim, run_trials(claim, seeds, interrupt_requested));
  std::vector<std::vector<std::string>> rows{{"  measured", "value", "99 % interval", "band", ""}};
  for (std::size_t i = 0; i < claim.checks.size(); ++i) {
    const Check& check = claim.checks[i];
    const Verdict& verdict = judged.checks[i];
    rows.push_back({"  " + text_of(check.quantity), short_number(verdict.estimate.value), "exact", text_of(check.band),
                    remark(verdict, false)});
  }
  for (std::size_t i = 0; i < claim.findings.size(); ++i) {
    const Finding& f = claim.findings[i];
    const Verdict& verdict = judged.findings[i];
    rows.push_back({"  " + text_of(f, claim), verdict.diverged ? "–" : short_number(verdict.estimate.value),
                    verdict.diverged ? "–" : range(verdict.estimate.low, verdict.estimate.high), text_of(f.band),
                    remark(verdict, f.other_arm().has_value())});
  }
  const std::string sample = claim.arms.empty() ? "no seeds" : std::to_string(seeds) + " seeds";
  std::printf("%s: %s\n", claim.name.c_str(), judged.holds ? claim.verdict.c_str() : "A BAND IS MISSED");
  std::printf("%s%s; %s\n%s\n", wrapped(claim.claim, 116).c_str(), claim.notes.c_str(), sample.c_str(),
              table(rows).c_str());
  std::fflush(stdout);
  return judged.holds;
}

// Trains one run to look at: the first arm that `primer train` can repeat.
void show_run(const Claim& claim) {
  for (const Arm& arm : claim.arms) {
    if (arm.from || !arm.bias.empty()) continue;
    Arguments arguments{{arm.config}, {{"--out", "runs/claims/" + claim.name}, {"--quiet", ""}}};
    std::string command = "primer train " + arm.config;
    for (const auto& [key, value] : arm.set) {
      arguments.options.emplace_back(set_option.name, key + "=" + value);
      command += " --set '" + key + "=" + value + "'";
    }
    arguments.options.emplace_back(set_option.name, "diagnostics.every=10");
    std::printf("One run of \"%s\" to look at: %s --set diagnostics.every=10\n", arm.name.c_str(), command.c_str());
    try {
      if (train_command.run(arguments) == 130) throw Interrupted();
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
    throw UserError(concat("--seeds: must be an integer from 2 to 1000000, not '", printable(*text), "'"));
  }
  return static_cast<std::size_t>(*n);
}

int print_measures() {
  std::vector<std::vector<std::string>> rows{{"measure", "needs", "what it is"}};
  for (const Measure& m : measures()) {
    std::string needs = m.is_formula() ? "" : "arm";
    for (const Key key : m.needs) needs += (needs.empty() ? "" : ", ") + std::string(key_names[std::size_t(key)]);
    rows.push_back({m.name, needs, m.says});
  }
  std::fputs(table(rows, 3).c_str(), stdout);
  return 0;
}

int run(const Arguments& arguments) {
  if (arguments.has("--measures")) return print_measures();
  if (sizeof(real) != sizeof(double)) throw UserError("the bands of the claims suit the double build; run `make`");
  const std::string folder = arguments.value("--dir").value_or("configs/claims");
  const std::vector<std::string> known = claim_names(folder);
  const std::size_t seeds = asked_seeds(arguments);
  const bool full = !arguments.operands.empty();
  std::vector<Claim> claims;
  for (const std::string& name : full ? arguments.operands : known) {
    if (std::ranges::find(known, name) == known.end()) {
      throw UserError(concat("there is no claim '", printable(name), "' in ", printable(folder),
                             did_you_mean(name, std::vector<std::string_view>(known.begin(), known.end()))));
    }
    Claim claim = read_claim(folder + "/" + name + ".toml");
    if (full || claim.arms.empty() || claim.quick_seeds > 0) claims.push_back(std::move(claim));
  }
  std::size_t judged = 0;
  std::size_t held = 0;
  const InterruptHandler handler;
  try {
    for (const Claim& claim : claims) {
      if (interrupt_requested()) throw Interrupted();
      held += print_claim(claim, seeds > 0 ? seeds : full ? claim.seeds : claim.quick_seeds) ? 1 : 0;
      ++judged;
      if (!full) continue;
      std::printf("%s\n", wrapped(claim.explanation, 116).c_str());
      show_run(claim);
    }
  } catch (const Interrupted&) {
    std::fprintf(stderr, "primer: interrupted; %zu of %zu claims were judged\n", judged, claims.size());
    return 130;
  }
  std::printf("%zu of %zu claims in their bands; intervals at 99 %%\n", held, claims.size());
  return held == claims.size() ? 0 : 1;
}

constexpr std::array<Option, 3> options{
    {{"--seeds", "N", "train every arm with seeds 1 … N (default: as the claim says)"},
     {"--dir", "DIR", "the folder of the claims (default: configs/claims)"},
     {"--measures", "", "print what a claim can measure"}}};

}  // namespace

const Command claims_command{"claims",
                             "[NAME...]",
                             "Tests what study notes claim, and prints verdicts.",
                             "Without NAME, all claims run with few seeds. With NAME, the claim runs with all\n"
                             "its seeds, prints its explanation and leaves one run in runs/claims/NAME. The\n"
                             "exit code is 1 if a number is outside its band.\n\n"
                             "  primer claims\n"
                             "  primer claims flow_sigmoid_vanishes --seeds 50\n",
                             options,
                             run};

}  // namespace primer
