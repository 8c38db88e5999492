// primer play: writes an HTML page that trains the network of a config in the browser.
#include <array>
#include <cstdio>
#include <filesystem>

#include "primer/claims/claim.hpp"
#include "primer/cli/commands.hpp"
#include "primer/formats/atomic_file.hpp"
#include "primer/formats/input.hpp"
#include "primer/playground/page.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_data = std::size_t{1} << 26;  // limit of a data file, in bytes; the page contains a copy

// Returns the path of a config file. `operand` is this path, or NAME for configs/NAME.toml, or the folder of a run.
fs::path config_of(const std::string& operand) {
  std::error_code ignored;
  if (fs::is_directory(operand, ignored)) return fs::path(operand) / "config.toml";
  for (const std::string& name : {operand, operand + ".toml", "configs/" + operand + ".toml"}) {
    if (fs::is_regular_file(name, ignored)) return name;
  }
  return operand;
}

// Loads the experiment of a config file. For a claim file, loads the first experiment that `primer train` can run.
Experiment experiment_of_file(const fs::path& path, std::vector<Override> overrides) {
  if (path.parent_path().filename() != "claims") return load_experiment(path.string(), overrides);
  const Claim claim = read_claim(path.string());
  const Arm* const arm = claim.repeatable_arm();
  if (arm == nullptr) throw UserError(claim.name + " has no network that a page can train; name another claim");
  overrides.insert(overrides.begin(), arm->set.begin(), arm->set.end());
  return load_experiment(arm->config, overrides);
}

// The folder of the running program. Files that were installed with the program are found from there.
std::string program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? "build" : program.parent_path().string();
}

int run(const Arguments& arguments) {
  const fs::path path = config_of(arguments.operands.front());
  Experiment experiment = experiment_of_file(path, arguments.overrides());
  const PlaygroundModules modules = read_playground_modules(program_folder());
  DataOptions& data = experiment.config.data;
  std::vector<std::pair<std::string, std::string>> files;
  for (std::string* const file : {&data.file, &data.validation_file}) {
    if (file->empty()) continue;
    const std::string name = fs::path(*file).filename().string();
    files.emplace_back(name, read_input(*file, largest_data));
    *file = name;
  }
  const bool is_run = path.filename() == "config.toml" && path.has_parent_path();
  const std::string title = (is_run ? path.parent_path() : path.stem()).filename().string();
  const std::string out = arguments.value("--out").value_or(title + ".html");
  refuse_foreign_file(out, "primer playground</title>", "--out file");
  write_file_atomically(out, playground_page(title, to_toml(experiment.config, "."), files, modules));
  std::printf("%s\n", printable(out).c_str());
  return 0;
}

constexpr std::array<Option, 2> options{
    {set_option, {"--out", "FILE.html", "the page to write (default: NAME.html in this folder)"}}};

}  // namespace

const Command play_command{"play",
                           "CONFIG",
                           "Writes a page that trains a network in the browser.",
                           "CONFIG may also be the folder of a run, or claims/NAME for the first network of\n"
                           "a claim. The page is one file, which loads nothing from the internet. It\n"
                           "contains primer's engine, so a run ends with the same signature as `primer\n"
                           "train`. On the page you change the config, pick units and samples, and watch the\n"
                           "gradient. `make playground` builds the engine.\n\n"
                           "  primer play configs/spirals.toml\n"
                           "  primer play runs/spirals --out spirals.html\n",
                           options,
                           run};

}  // namespace primer
