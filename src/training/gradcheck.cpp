// Moves each parameter and each input by ±h and ±2h, and compares the differences of the loss with the gradients.
#include "primer/training/gradcheck.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "primer/core/random.hpp"
#include "primer/training/training.hpp"

namespace primer {
namespace {

constexpr double tolerance = 1e-6;  // the largest relative error of a gradient entry that counts as right

// The loss of a batch as a function of the parameters and the inputs. A kink is a value of z where σ has no derivative,
// or a value of a − y where the loss has no derivative. value() stores on which side of each kink every z and a − y is.
// If a change of a parameter changes none of these sides, the gradient check assumes that no kink was crossed.
class LossSurface {
 public:
  LossSurface(Network& network, const Loss& loss, const Tensor& x, const Tensor& y)
      : x_(x), network_(network), loss_(loss), y_(y) {
    value();
    sides_here_ = sides_;
  }

  Tensor& x() { return x_; }

  double value() {
    network_.forward_training(x_, 1);
    sides_.clear();
    for (const Dense& layer : network_.layers) {
      for (const real kink : layer.activation->traits.kinks) {
        for (const real z : layer.z.values()) note_side(z, kink);
      }
    }
    const Tensor& a = network_.layers.back().a;
    for (const real kink : loss_.kinks()) {
      for (std::size_t i = 0; i < a.size(); ++i) note_side(a.data()[i] - y_.data()[i], kink);
    }
    return network_.loss(loss_, y_);
  }

  // Returns ∂L/∂p from the values of L at p ± h and p ± 2h, or std::nullopt if a kink of L is between these points.
  std::optional<double> derivative(real& p, double h) {
    const real here = p;
    h *= std::max(1.0, std::abs(double{here}));
    // task 6.1 (10 points): the numeric gradient
    bool smooth = true;
    const auto at = [&](double offset) {
      p = static_cast<real>(here + offset);
      const double L = value();
      smooth = smooth && sides_ == sides_here_;
      return L;
    };
    const double near = at(h) - at(-h);
    const double far = at(2 * h) - at(-2 * h);
    p = here;
    if (!smooth) return {};
    return (8 * near - far) / (12 * h);
    // end of task 6.1
  }

 private:
  void note_side(real v, real kink) { sides_.push_back(static_cast<signed char>(v < kink ? -1 : v > kink ? 1 : 0)); }

  Tensor x_;
  Network& network_;
  const Loss& loss_;
  const Tensor& y_;
  std::vector<signed char> sides_, sides_here_;
};

// `absolute` and `relative` compare `numeric` with the analytic derivative. `noise` is the rounding error of `numeric`.
struct Comparison {
  double numeric, absolute, relative, noise;
};

// Estimates the rounding error of the loss L: it is at most about ε S (ε: machine epsilon). Returns S = |L| + A + B.
// A: each unit adds |∂L/∂u| (Σⱼ |wⱼ xⱼ| + |b|) + |∂L/∂z · z| for each row of the batch, where u = Σⱼ wⱼ xⱼ + b.
// B: each output a with its target y adds |∂L/∂a| (|a| + |y|). If backward() does not compute ∂L/∂a, B is 0.
// Call rounding_of() after a forward and a backward pass.
double rounding_of(Network& network, const Loss& loss, const Tensor& y) {
  double S = std::abs(double{network.loss(loss, y)});
  for (const Dense& layer : network.layers) {
    const Tensor& dL_du = layer.dL_du();
    for (std::size_t i = 0; i < dL_du.rows(); ++i) {
      for (std::size_t k = 0; k < dL_du.cols(); ++k) {
        double size = std::abs(double{layer.b[k]});
        for (std::size_t j = 0; j < layer.Wt.rows(); ++j) size += std::abs(double{(*layer.x)(i, j)} * layer.Wt(j, k));
        S += std::abs(double{dL_du(i, k)}) * size + std::abs(double{layer.dL_dz(i, k)} * layer.z(i, k));
      }
    }
  }
  if (network.canonical(loss)) return S;
  const Tensor& a = network.layers.back().a;
  const Tensor& dL_da = network.dL_da(network.layers.size() - 1, loss, y);
  for (std::size_t i = 0; i < a.size(); ++i) S += std::abs(double{dL_da[i]}) * (std::abs(a[i]) + std::abs(y[i]));
  return S;
}

enum class Outcome { right, wrong, undecided, excluded };

// Compares a gradient entry with the numeric derivatives of four step sizes. Returns `right` if a derivative confirms
// the entry; `excluded` if every step crosses a kink (a point where L has no derivative); `wrong` if all derivatives
// contradict the entry or two of them agree on another value; else `undecided`. `largest` is the largest |entry| of the
// tensor, and `noise` is the rounding error with step h. Writes the comparison with the smallest error to `best`.
Outcome compare(double analytic, real& entry, LossSurface& surface, double largest, double noise, Comparison& best) {
  std::vector<Comparison> tried;
  for (const double factor : {1.0, 16.0, 1.0 / 16, 1.0 / 256}) {
    const std::optional<double> numeric = surface.derivative(entry, factor * GradientCheck::h);
    if (!numeric) continue;
    const double size = std::max(std::abs(analytic), std::abs(*numeric));
    const double absolute = std::abs(analytic - *numeric);
    const Comparison c{*numeric, absolute, absolute / (1e-3 + size),
                       noise / factor / std::max(1.0, std::abs(double{entry}))};
    if (tried.empty() || std::isnan(best.relative) || c.relative < best.relative) best = c;
    if (c.relative <= tolerance) return Outcome::right;
    if (absolute <= c.noise && c.noise <= 0.01 * std::max(size, largest)) return Outcome::right;
    tried.push_back(c);
  }
  if (tried.empty()) return Outcome::excluded;
  const auto is_off = [](const Comparison& c) { return !(c.absolute <= c.noise); };
  if (std::ranges::all_of(tried, is_off)) return Outcome::wrong;
  for (const Comparison& c : tried) {
    for (const Comparison& d : tried) {
      const bool agree = std::abs(c.numeric - d.numeric) <= c.noise + d.noise + tolerance * std::abs(c.numeric);
      if (&c != &d && is_off(c) && is_off(d) && agree) return Outcome::wrong;
    }
  }
  return Outcome::undecided;
}

TensorCheck check_tensor(const std::string& name, Tensor& values, const Tensor& analytic, bool transposed,
                         LossSurface& surface, double noise) {
  double largest = 0;
  for (const real g : analytic.values()) largest = std::max(largest, std::abs(double{g}));
  TensorCheck check;
  check.tensor = name;
  check.matrix = transposed;
  check.entries = values.size();
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t j = 0; j < values.cols(); ++j) {
      Comparison d{};
      const Outcome outcome = compare(analytic(i, j), values(i, j), surface, largest, noise, d);
      if (outcome == Outcome::excluded) {
        ++check.excluded;
        continue;
      }
      check.any_wrong = check.any_wrong || outcome == Outcome::wrong;
      check.any_undecided = check.any_undecided || outcome == Outcome::undecided;
      check.max_abs = std::max(d.absolute, check.max_abs);
      if (d.relative <= check.max_rel) continue;
      check.max_abs = std::isnan(d.absolute) ? d.absolute : check.max_abs;
      check.max_rel = d.relative;
      check.worst_row = transposed ? j : i;
      check.worst_col = transposed ? i : j;
      if (std::isnan(d.relative)) return check;  // NaN counts as the largest relative error
    }
  }
  return check;
}

}  // namespace

std::string_view TensorCheck::verdict() const {
  if (any_wrong) return "mismatch";
  if (any_undecided) return "undecided";
  return excluded < entries ? "pass" : "nothing compared";
}

bool GradientCheck::passed() const {
  return !tensors.empty() && std::ranges::all_of(tensors, [](const TensorCheck& t) { return t.verdict() == "pass"; });
}

std::vector<Tensor> analytic_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y) {
  const std::vector<Tensor> before = copy_of(network);
  network.forward_training(x, 1);
  network.backward(loss, y, true);
  std::vector<Tensor> gradients;
  for (const Parameter& p : network.parameters()) gradients.push_back(*p.gradient);
  gradients.push_back(network.layers.front().dL_dx);
  restore(before, network);
  return gradients;
}

GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y,
                              const std::vector<Tensor>& analytic) {
  const std::vector<Tensor> before = copy_of(network);
  LossSurface surface(network, loss, x, y);  // runs forward
  GradientCheck check;
  network.backward(loss, y);
  check.noise_floor = 4 * std::numeric_limits<real>::epsilon() * rounding_of(network, loss, y) / GradientCheck::h;
  auto gradient = analytic.begin();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (const Parameter& p : network.layers[l].parameters()) {
      const std::string name = "layers." + std::to_string(l + 1) + "." + std::string(p.name);
      check.tensors.push_back(check_tensor(name, *p.value, *gradient++, p.transposed, surface, check.noise_floor));
    }
  }
  check.tensors.push_back(check_tensor("input", surface.x(), *gradient, false, surface, check.noise_floor));
  check.tensors.back().matrix = true;
  restore(before, network);
  return check;
}

GradientCheck check_gradients(Network& network, const Loss& loss, const Tensor& x, const Tensor& y) {
  return check_gradients(network, loss, x, y, analytic_gradients(network, loss, x, y));
}

void leave_special_values(Network& network, std::uint64_t seed) {
  Random random(seed, Stream::initialization, 0);  // other random numbers than for the weights of layer l (index l ≥ 1)
  for (const Parameter& p : network.parameters()) {
    if (p.transposed) continue;  // a weight
    for (real& v : p.value->values()) v += static_cast<real>(random.uniform(-0.25, 0.25));
  }
}

}  // namespace primer
