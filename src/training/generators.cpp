// The generators. The class of a sample goes round and round, so each class has its share whatever the number of
// points.
#include "primer/training/generators.hpp"

#include <array>
#include <numbers>
#include <stdexcept>

#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"

namespace primer {
namespace {

using std::numbers::pi;
using Point = std::array<double, 2>;

std::size_t or_else(std::size_t asked, std::size_t own) { return asked == 0 ? own : asked; }

Samples blank(std::size_t n, std::size_t inputs, const char* target) {
  Samples samples{{}, Tensor(n, inputs), {{target, std::vector<double>(n), {}}}};
  for (std::size_t j = 1; j <= inputs; ++j) samples.columns.push_back(inputs == 1 ? "x" : "x" + std::to_string(j));
  return samples;
}

// n points in the plane, point(i) of class label(i).
template <typename PointOf, typename LabelOf>
Samples in_the_plane(std::size_t n, PointOf point, LabelOf label) {
  Samples samples = blank(n, 2, "class");
  for (std::size_t i = 0; i < n; ++i) {
    const Point p = point(i);
    samples.x(i, 0) = static_cast<real>(p[0]);
    samples.x(i, 1) = static_cast<real>(p[1]);
    samples.targets.front().numbers[i] = static_cast<double>(label(i));
  }
  return samples;
}

Point disturbed(double x1, double x2, double noise, Random& random) {
  const double d1 = noise * random.normal();
  const double d2 = noise * random.normal();
  return {x1 + d1, x2 + d2};
}

Samples make_xor(const GeneratorOptions& o, Random random) {
  const auto first = [](std::size_t i) { return i / 2 % 2; };
  const auto second = [](std::size_t i) { return i % 2; };
  return in_the_plane(
      or_else(o.points, 4),
      [&](std::size_t i) {
        return disturbed(static_cast<double>(first(i)), static_cast<double>(second(i)), o.noise, random);
      },
      [&](std::size_t i) { return first(i) ^ second(i); });
}

Samples make_spirals(const GeneratorOptions& o, Random random) {
  const std::size_t n = or_else(o.points, 300);
  const std::size_t K = or_else(o.classes, 3);
  const std::size_t last = (n - 1) / K;  // position of the outermost point of an arm
  return in_the_plane(
      n,
      [&](std::size_t i) {
        const std::size_t position = i / K;
        const double r = last == 0 ? 1.0 : static_cast<double>(position) / static_cast<double>(last);
        const double arm = static_cast<double>(i % K) / static_cast<double>(K);
        const double t = 2 * pi * (arm + o.turns * r) + o.noise * random.normal();
        return Point{r * sin(t), r * cos(t)};
      },
      [K](std::size_t i) { return i % K; });
}

Samples make_circles(const GeneratorOptions& o, Random random) {
  return in_the_plane(
      or_else(o.points, 200),
      [&](std::size_t i) {
        const double t = random.uniform(0, 2 * pi);
        const double r = i % 2 == 0 ? 0.5 : 1.0;
        return disturbed(r * cos(t), r * sin(t), o.noise, random);
      },
      [](std::size_t i) { return i % 2; });
}

Samples make_moons(const GeneratorOptions& o, Random random) {
  return in_the_plane(
      or_else(o.points, 200),
      [&](std::size_t i) {
        const double t = random.uniform(0, pi);
        return i % 2 == 0 ? disturbed(cos(t), sin(t), o.noise, random)
                          : disturbed(1 - cos(t), 0.5 - sin(t), o.noise, random);
      },
      [](std::size_t i) { return i % 2; });
}

Samples make_gaussians(const GeneratorOptions& o, Random random) {
  const std::size_t K = or_else(o.classes, 2);
  Samples samples = blank(or_else(o.points, 200), o.inputs, "class");
  for (std::size_t i = 0; i < samples.x.rows(); ++i) {
    const double t = 2 * pi * static_cast<double>(i % K) / static_cast<double>(K);
    for (std::size_t j = 0; j < o.inputs; ++j) {
      const double centre = j == 0 ? 3 * cos(t) : j == 1 ? 3 * sin(t) : 0;
      samples.x(i, j) = static_cast<real>(centre + (1 + o.noise) * random.normal());
    }
    samples.targets.front().numbers[i] = static_cast<double>(i % K);
  }
  return samples;
}

Samples make_sine(const GeneratorOptions& o, Random random) {
  Samples samples = blank(or_else(o.points, 200), 1, "y");
  for (std::size_t i = 0; i < samples.x.rows(); ++i) {
    const double x = random.uniform(-3, 3);
    samples.x(i, 0) = static_cast<real>(x);
    samples.targets.front().numbers[i] = sin(2 * x) + o.noise * random.normal();
  }
  return samples;
}

Samples make_plane(const GeneratorOptions& o, Random random) {
  Samples samples = blank(or_else(o.points, 200), o.inputs, "y");
  for (std::size_t i = 0; i < samples.x.rows(); ++i) {
    double y = 1;
    double slope = 1;
    for (std::size_t j = 0; j < o.inputs; ++j, slope *= -0.5) {
      const double x = random.uniform(-1, 1);
      samples.x(i, j) = static_cast<real>(x);
      y += slope * x;
    }
    samples.targets.front().numbers[i] = y + o.noise * random.normal();
  }
  return samples;
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
