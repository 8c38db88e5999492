// libFuzzer target: for any bytes, a CSV file gives samples of finite numbers or a UserError, a network that has these
// inputs reads the same rows, and the config that primer suggests for the file reads it.
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "primer/formats/csv.hpp"
#include "primer/formats/error.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/suggest.hpp"

using namespace primer;

namespace {

// The first byte chooses the keys of [data].
DataOptions options_of(std::uint8_t bits, const std::string& text) {
  DataOptions data;
  if ((bits & 1) != 0) data.separator = ";";
  if ((bits & 3) == 3) data.decimal = ",";
  if ((bits & 4) != 0) data.missing = "drop";
  std::istringstream stream(text);
  const CsvReader csv(stream, "f", format_of(data));
  if ((bits & 8) != 0) data.one_hot.push_back(csv.columns().front());
  if ((bits & 16) != 0 && csv.columns().size() > 2) data.one_hot.push_back(csv.columns()[1]);
  if ((bits & 32) != 0) data.ignore = {csv.columns().back()};
  return data;
}

void read(std::uint8_t bits, const std::string& text) {
  const DataOptions data = options_of(bits, text);
  const Task task = (bits & 64) != 0 ? Task::multiclass : Task::regression;
  std::istringstream stream(text), again(text);
  const FileSamples samples = read_samples(stream, "f", data, task);
  for (const real v : samples.x.values()) {
    if (!std::isfinite(v)) std::abort();
  }
  if (samples.columns.size() != samples.x.cols() || samples.targets[0].size() != samples.x.rows()) std::abort();
  DataOptions named = data;
  for (const Target& target : samples.targets) named.target.push_back(target.name);
  const FileSamples as_network = read_samples(again, "f", named, task, samples.columns);
  if (!(as_network.x == samples.x) || as_network.dropped != samples.dropped) std::abort();
}

void suggest(const std::string& text) {
  static const int file = memfd_create("f", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (ftruncate(file, 0) != 0 || pwrite(file, text.data(), text.size(), 0) < 0) std::abort();
  std::string config_text;
  try {
    config_text = suggested_config(path, {});
  } catch (const UserError& error) {
    if (!std::string_view(error.what()).starts_with(path)) std::abort();
    return;
  }
  const Config config = parse_config(config_text, "c", {});
  experiment_of(config, read_samples(path, config.data, task_of(config.train.loss)), {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    read(data[0], text);
  } catch (const UserError& error) {
    if (!std::string_view(error.what()).starts_with("f:")) std::abort();
  }
  suggest(text);
  return 0;
}
