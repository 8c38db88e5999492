// Makes the data sets. Point i of a data set with K classes has class i mod K. The data set "xor" is an exception: the
// class of the corner (x₁, x₂) of the unit square is x₁ xor x₂. In a data set, class sizes differ by at most one.
#include "primer/training/generators.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"

namespace primer {
namespace {

using std::numbers::pi;
using Row = std::vector<double>;

std::size_t or_else(std::size_t asked, std::size_t otherwise) { return asked == 0 ? otherwise : asked; }

// Makes a data set of n rows. For each row i, calls row(i, x), which writes the inputs to x and returns the target.
template <typename RowOf>
Samples rows_of(std::size_t n, std::size_t inputs, const char* target, RowOf row) {
  Samples samples{{}, Tensor(n, inputs), {{target, std::vector<double>(n), {}}}};
  for (std::size_t j = 1; j <= inputs; ++j) samples.columns.push_back(inputs == 1 ? "x" : "x" + std::to_string(j));
  Row x(inputs);
  for (std::size_t i = 0; i < n; ++i) {
    samples.targets.front().numbers[i] = static_cast<double>(row(i, x));
    for (std::size_t j = 0; j < inputs; ++j) samples.x(i, j) = static_cast<real>(x[j]);
  }
  return samples;
}

void disturb(Row& x, double noise, Random& random) {
  for (double& x_j : x) x_j += noise * random.normal();
}

Samples make_xor(const GeneratorOptions& o, Random random) {
  return rows_of(or_else(o.points, 4), 2, "class", [&](std::size_t i, Row& x) {
    const std::size_t first = i / 2 % 2;
    const std::size_t second = i % 2;
    x = {static_cast<double>(first), static_cast<double>(second)};
    disturb(x, o.noise, random);
    return first ^ second;
  });
}

Samples make_spirals(const GeneratorOptions& o, Random random) {
  const std::size_t n = or_else(o.points, 300);
  const std::size_t K = or_else(o.classes, 3);
  const std::size_t last = (n - 1) / K;  // the points of a spiral arm: 0 (at the centre) to `last` (at radius 1)
  return rows_of(n, 2, "class", [&](std::size_t i, Row& x) {
    const std::size_t position = i / K;
    const double r = last == 0 ? 1.0 : static_cast<double>(position) / static_cast<double>(last);
    const double arm = static_cast<double>(i % K) / static_cast<double>(K);
    const double t = 2 * pi * (arm + o.turns * r) + o.noise * random.normal();
    x = {r * sin(t), r * cos(t)};
    return i % K;
  });
}

Samples make_circles(const GeneratorOptions& o, Random random) {
  return rows_of(or_else(o.points, 200), 2, "class", [&](std::size_t i, Row& x) {
    const double t = random.uniform(0, 2 * pi);
    const double r = i % 2 == 0 ? 0.5 : 1.0;
    x = {r * cos(t), r * sin(t)};
    disturb(x, o.noise, random);
    return i % 2;
  });
}

Samples make_moons(const GeneratorOptions& o, Random random) {
  return rows_of(or_else(o.points, 200), 2, "class", [&](std::size_t i, Row& x) {
    const double t = random.uniform(0, pi);
    x = i % 2 == 0 ? Row{cos(t), sin(t)} : Row{1 - cos(t), 0.5 - sin(t)};
    disturb(x, o.noise, random);
    return i % 2;
  });
}

Samples make_gaussians(const GeneratorOptions& o, Random random) {
  const std::size_t K = or_else(o.classes, 2);
  return rows_of(or_else(o.points, 200), o.inputs, "class", [&](std::size_t i, Row& x) {
    const double t = 2 * pi * static_cast<double>(i % K) / static_cast<double>(K);
    for (std::size_t j = 0; j < x.size(); ++j) x[j] = j == 0 ? 3 * cos(t) : j == 1 ? 3 * sin(t) : 0;
    disturb(x, 1 + o.noise, random);
    return i % K;
  });
}

Samples make_sine(const GeneratorOptions& o, Random random) {
  return rows_of(or_else(o.points, 200), 1, "y", [&](std::size_t, Row& x) {
    x[0] = random.uniform(-3, 3);
    return sin(2 * x[0]) + o.noise * random.normal();
  });
}

Samples make_plane(const GeneratorOptions& o, Random random) {
  return rows_of(or_else(o.points, 200), o.inputs, "y", [&](std::size_t, Row& x) {
    double y = 1;
    double factor = 1;  // (−½)ʲ⁻¹
    for (double& x_j : x) {
      x_j = random.uniform(-1, 1);
      y += factor * x_j;
      factor *= -0.5;
    }
    return y + o.noise * random.normal();
  });
}

struct Entry {
  std::string_view name;
  Samples (*make)(const GeneratorOptions&, Random);
};
constexpr std::array<Entry, 7> generators{{{"xor", make_xor},
                                           {"spirals", make_spirals},
                                           {"circles", make_circles},
                                           {"moons", make_moons},
                                           {"gaussians", make_gaussians},
                                           {"sine", make_sine},
                                           {"plane", make_plane}}};

}  // namespace

Samples generate(const GeneratorOptions& options, std::uint64_t seed) {
  if (!(std::abs(options.turns) <= most_turns)) throw std::invalid_argument("turns must be from −100000 to 100000");
  if (!(options.noise >= 0 && options.noise <= most_noise))
    throw std::invalid_argument("noise must be from 0 to 1000000");
  for (const Entry& entry : generators) {
    if (entry.name == options.generator) return entry.make(options, Random(seed, Stream::data));
  }
  throw std::invalid_argument("unknown generator '" + options.generator + "'");
}

std::vector<std::string_view> generator_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : generators) names.push_back(entry.name);
  return names;
}

}  // namespace primer
