// primer claims: tests each claim of the study notes as an experiment and prints a verdict.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "primer/claims/verdict.hpp"
#include "primer/cli/commands.hpp"
#include "primer/cli/interrupt.hpp"
#include "primer/formats/number.hpp"
#include "primer/views/table.hpp"

namespace primer {
namespace {

// The names of the claims in a folder, sorted. Throws UserError if the folder has no claims.
std::vector<std::string> claim_names(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  if (error || names.empty())
    throw UserError(Location{folder}, "there are no claims in this folder; give another folder with --dir");
  std::ranges::sort(names);
  return names;
}

constexpr std::uint64_t first_calibration_seed = 1001, first_judged_seed = 10001;

// The number with three digits, as in 0.251; from 1000 on, without decimals; from 100,000 on, as in 1.23e+05.
std::string shown(double value) {
  if (std::isnan(value)) return "nan";
  if (!(std::abs(value) >= 1e5) || !std::isfinite(value)) return short_number(value);
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.begin(), text.end(), value, std::chars_format::scientific, 2).ptr};
}

std::string range(double low, double high) { return shown(low) + " … " + shown(high); }

std::string text_of(const Band& band) {
  if (band.low == band.high) return "exactly " + shown(band.low);
  if (std::isnan(band.low)) return "not a number";
  if (band.low == -HUGE_VAL) return "at most " + shown(band.high);
  return band.high == HUGE_VAL ? "at least " + shown(band.low) : range(band.low, band.high);
}

std::string text_of(const Estimate& e) { return e.low == -HUGE_VAL ? "–" : range(e.low, e.high); }

// The name of a finding (a number that the claim measures), such as "flow.off(layer 1) of relu minus gelu".
std::string text_of(const Finding& f, const Claim& claim) {
  const Quantity& q = f.quantity;
  std::vector<std::string> parts;
  if (f.is_check()) return f.formula;
  if (q.measure->needs == "at") parts.push_back(number(q.at));
  if (!q.layer.text.empty()) parts.push_back("layer " + q.layer.text);
  if (!q.over_layer.text.empty()) parts.back() += " / " + q.over_layer.text;
  if (!q.epoch.text.empty()) parts.push_back("epoch " + q.epoch.text);
  std::string text = q.measure->name;
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "(" : ", ") + parts[i];
  text += parts.empty() ? "" : ")";
  text += " of " + claim.arms[f.arm].name;
  if (f.other_arm()) text += (f.over ? " over " : " minus ") + claim.arms[*f.other_arm()].name;
  return f.at_least ? concat("share of seeds with ", text, " at least ", number(*f.at_least)) : text;
}

std::string remark(const Verdict& verdict, const Finding& f) {
  const bool equal = f.other_arm() && !f.at_least && verdict.estimate.covers(f.over ? 1 : 0);
  const std::string runs = verdict.unknown == 0 ? "" : concat(", ", verdict.unknown, " without a number");
  if (verdict.outcome != Outcome::holds) return (verdict.outcome == Outcome::missed ? "MISSED" : "UNDECIDED") + runs;
  return (equal ? "ok, no difference" : "ok") + runs;
}

// For each measured number: its name, then a line of table cells. No line is wider than 80 columns.
std::string two_lines_each(const std::vector<std::string>& names, std::vector<std::vector<std::string>> rows) {
  for (std::vector<std::string>& row : rows) row.insert(row.begin(), "  ");
  std::istringstream lines(table(rows, 1));
  std::string out, line;
  for (std::size_t i = 0; std::getline(lines, line); ++i) {
    if (i > 0) out += "  " + wrapped(names[i - 1], 76, 2);
    out += line + "\n";
  }
  return out;
}

// `primer claims` trains the networks of a claim with these seeds: first, first + 1, first + 2, …
struct Sample {
  std::uint64_t first;
  std::size_t seeds, usual;  // seeds: number of seeds in this run; usual: number of seeds in the claim file
};

// Says how wide the confidence interval of all seeds (`now`) is, relative to that of only the first `seeds` (`usual`).
std::string shrinkage(const Estimate& now, const Estimate& usual, std::size_t seeds) {
  const double width = usual.high - usual.low;
  if (!std::isfinite(width) || width == 0) return "";
  return concat(" (the confidence interval is ", short_number((now.high - now.low) / width, 2),
                " times as wide as with only the first ", seeds, " seeds)");
}

Outcome print_claim(const Claim& claim, const std::string& path, const Sample& sample, std::size_t jobs) {
  const std::vector<Trial> trials = run_trials(claim, sample.first, sample.seeds, jobs, interrupt_requested);
  const std::vector<Verdict> verdicts = judge(claim, trials);
  const bool more = sample.usual < sample.seeds && !trials.empty();
  const std::vector<Verdict> usual =
      more ? judge(claim, {trials.begin(), trials.begin() + std::ptrdiff_t(sample.usual)}) : verdicts;
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows{{"value", "99 % interval", "band", ""}};
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Finding& f = claim.findings[i];
    const Verdict& verdict = verdicts[i];
    names.push_back(text_of(f, claim));
    if (more && !f.is_check()) {
      names.back() += shrinkage(verdict.estimate, usual[i].estimate, sample.usual);
    }
    rows.push_back({shown(verdict.estimate.value), f.is_check() ? "exact" : text_of(verdict.estimate), text_of(f.band),
                    remark(verdict, f)});
  }
  const Outcome outcome = std::ranges::max(verdicts, {}, &Verdict::outcome).outcome;
  const char* const words[] = {claim.verdict.c_str(), "UNDECIDED, give more --seeds", "OUTSIDE THE EXPECTED INTERVAL"};
  std::string seeds = claim.arms.empty() ? "no seeds" : concat(sample.seeds, " seeds");
  if (!claim.arms.empty() && sample.seeds < fewest_seeds) {
    seeds += concat("; the confidence interval of a median needs at least ", fewest_seeds, " seeds");
  }
  show_progress("");
  std::printf("%s: %s\n%s%s%s\n", claim.name.c_str(), words[static_cast<std::size_t>(outcome)],
              wrapped(claim.claim, 80).c_str(), wrapped(claim.notes + "; " + seeds + "; " + path, 80).c_str(),
              two_lines_each(names, rows).c_str());
  std::fflush(stdout);
  return outcome;
}

// Rounds to two significant digits: upwards if `up` is true, otherwise downwards.
double rounded(double value, bool up) {
  if (value == 0 || std::isinf(value)) return value;
  const int digits = static_cast<int>(std::floor(std::log10(std::abs(value)))) - 1;
  const double scaled = digits < 0 ? value * std::pow(10, -digits) : value / std::pow(10, digits);
  const double whole = up ? std::ceil(scaled - 1e-9) : std::floor(scaled + 1e-9);
  return digits < 0 ? whole / std::pow(10, -digits) : whole * std::pow(10, digits);
}

// Trains with the seeds 1001, 1002, … and prints a band for each result: the interval expected with other seeds.
void print_calibration(const Claim& claim, const Sample& sample, std::size_t jobs) {
  const std::vector<Trial> trials = run_trials(claim, sample.first, sample.seeds, jobs, interrupt_requested);
  const std::vector<Verdict> verdicts = judge(claim, trials);
  show_progress("");
  std::printf("%s: seeds %zu … %zu\n", claim.name.c_str(), std::size_t(sample.first),
              std::size_t(sample.first) + sample.seeds - 1);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Finding& f = claim.findings[i];
    if (f.is_check()) continue;
    const auto [value, low, high] = verdicts[i].estimate;
    std::vector<double> numbers;
    for (const Trial& trial : trials) {
      if (trial[i]) numbers.push_back(*trial[i]);
    }
    Band band{value, value};
    if (!numbers.empty()) band = {std::ranges::min(numbers), std::ranges::max(numbers)};
    if (f.at_least) {
      // In a test, k of n = sample.usual values are ≥ at_least. `band` covers the interval of k / n in [low, high].
      const auto count = [&](double p) { return static_cast<std::size_t>(p * static_cast<double>(sample.usual)); };
      band = {fraction(count(low), sample.usual).low,
              fraction(std::min(count(high) + 1, sample.usual), sample.usual).high};
    }
    std::printf("  %s\n    value %s, 99 %% interval %s, %zu seeds without a value; expected: band = [%s, %s]\n",
                text_of(f, claim).c_str(), shown(value).c_str(), text_of(verdicts[i].estimate).c_str(),
                verdicts[i].unknown, number(rounded(band.low, false)).c_str(),
                number(rounded(band.high, true)).c_str());
  }
  std::printf("\n");
  std::fflush(stdout);
}

// Trains one run of the claim and writes its report. Prints the command of this run without --out, --replace, --quiet.
void show_run(const Claim& claim, const std::string& program) {
  const Arm* const arm = claim.repeatable_arm();
  if (arm == nullptr) return;
  Arguments arguments{{arm->config}, {}, program};
  for (const auto& [key, value] : arm->set) arguments.options.emplace_back(set_option.name, key + "=" + value);
  const auto observes = [](const Override& o) { return o.first == "diagnostics.every" && o.second != "0"; };
  if (std::ranges::none_of(arm->set, observes)) {
    arguments.options.emplace_back(set_option.name, "diagnostics.every=10");
  }
  std::printf("Example run \"%s\", command: %s\n", arm->name.c_str(), shell_line(train_command, arguments).c_str());
  const std::string folder = "runs/claims/" + claim.name;
  arguments.options.insert(arguments.options.end(), {{"--out", folder}, {"--replace", ""}, {"--quiet", ""}});
  try {
    if (train_command.run(arguments) == 130) throw Interrupted();
    std::printf("Report: %s/report.html\n", folder.c_str());
  } catch (const RuntimeError& e) {
    std::printf("%s\n", e.what());
  }
  std::printf("To try this run in an interactive page: %s play claims/%s\n\n", program.c_str(), claim.name.c_str());
}

int print_measures() {
  std::vector<std::vector<std::string>> rows{{"measure", "required key", "meaning"}};
  for (const Measure& m : measures()) rows.push_back({m.name, m.needs, m.says});
  std::fputs(table(rows, 3, output_width()).c_str(), stdout);
  return 0;
}

int run(const Arguments& arguments) {
  if (arguments.has("--measures")) return print_measures();
  if (sizeof(real) != sizeof(double)) throw UserError("the claims need the build with double numbers; run `make`");
  const std::string folder = arguments.value("--dir").value_or("configs/claims");
  const std::vector<std::string> known = claim_names(folder);
  const std::size_t jobs = arguments.count("--jobs", 1, 1, 1'000'000);
  const bool calibrate = arguments.has("--calibrate");
  const bool full = !arguments.operands.empty();
  std::vector<Claim> claims;
  for (const std::string& name : full ? arguments.operands : known) {
    if (std::ranges::find(known, name) == known.end()) {
      throw UserError(concat("there is no claim '", printable(name), "' in folder ", printable(folder),
                             did_you_mean(name, std::vector<std::string_view>(known.begin(), known.end()))));
    }
    claims.push_back(read_claim(folder + "/" + name + ".toml"));
  }
  std::size_t done = 0;
  std::array<std::size_t, 3> outcomes{};
  const auto start = std::chrono::steady_clock::now();
  const InterruptHandler handler;
  try {
    for (const Claim& claim : claims) {
      if (interrupt_requested()) throw Interrupted();
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
      show_progress(concat("claim ", done + 1, " of ", claims.size(), ": ", claim.name, ", ",
                           static_cast<std::size_t>(elapsed.count()), " s so far"));
      const std::size_t seeds = arguments.count("--seeds", calibrate ? 3 * claim.seeds : claim.seeds, 1, 1'000'000);
      const Sample sample{calibrate ? first_calibration_seed : first_judged_seed, seeds, claim.seeds};
      if (calibrate) {
        print_calibration(claim, sample, jobs);
      } else {
        ++outcomes[static_cast<std::size_t>(print_claim(claim, folder + "/" + claim.name + ".toml", sample, jobs))];
      }
      ++done;
      if (!full || calibrate) continue;
      std::printf("%s\n", wrapped(claim.explanation, 80).c_str());
      show_run(claim, arguments.program);
    }
  } catch (const Interrupted&) {
    show_progress("");
    std::fprintf(stderr, "primer: interrupted; %zu of %zu claims were judged\n", done, claims.size());
    return 130;
  }
  show_progress("");
  if (calibrate) return 0;
  const auto [held, undecided, missed] = outcomes;
  if (claims.size() > 1) {
    const auto count = [&](std::string_view verdict) { return std::ranges::count(claims, verdict, &Claim::verdict); };
    std::printf("Claims of the notes: %td hold, %td hold with conditions, %td are false as stated\n", count("holds"),
                count("holds with conditions"), count("false as stated"));
  }
  std::printf("%zu of %zu claims as expected, %zu undecided, %zu outside the expected interval\n", held, claims.size(),
              undecided, missed);
  return held == claims.size() ? 0 : 1;
}

constexpr std::array<Option, 5> options{
    {{"--seeds", "N", "train with N seeds from 10001 on (default: as in the claim)"},
     {"--jobs", "N", "train in N threads (default: 1); N does not change results"},
     {"--dir", "DIR", "the folder of the claims (default: configs/claims)"},
     {"--calibrate", "", "print new expected intervals (bands), from seeds 1001, 1002 …"},
     {"--measures", "", "list the quantities that a claim can measure"}}};

}  // namespace

const Command claims_command{"claims",
                             "[NAME...]",
                             "Tests what study notes claim, and prints verdicts.",
                             "Without NAME, primer tests all claims. With NAME, it also explains the claim and\n"
                             "writes one run with a report to runs/claims/NAME. The exit code is 1 if, for any\n"
                             "result, the confidence interval is not within the expected interval (the band).\n\n"
                             "  primer claims\n"
                             "  primer claims flow_sigmoid_vanishes --seeds 100 --jobs 4\n",
                             options,
                             run};

}  // namespace primer
