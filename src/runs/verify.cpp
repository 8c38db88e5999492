// Compares a wrong array of the user with the arrays that common mistakes give, and with multiples of the correct
// array. A Slip is one common mistake: `text` describes the mistake, and `wrong` is the array that the mistake gives.
#include "primer/runs/verify.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "primer/core/product.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/named_tensor.hpp"
#include "primer/runs/trace.hpp"

namespace primer {
namespace {

// A layer, the layers beside it, the targets and the loss: the data to compute the results of common mistakes (slips).
struct Pass {
  std::size_t number;  // number of the layer, from 1
  const Dense& layer;
  const Tensor& dL_da;
  const Tensor& y;
  const Loss& loss;
  const Pass *previous, *next;  // the layers before and after this one, or nullptr
  bool canonical;  // whether ∂L/∂z is computed from a − y, not from ∂L/∂a (for example, softmax with cross_entropy)
  real N, K;                     // number of samples, number of outputs of the network
  double forward_rounding = 1;   // cancellation may make the rounding errors of z, a and σ′ this many times larger
  double backward_rounding = 1;  // cancellation in a − y may make rounding errors of gradients this many times larger

  const Pass& last() const { return next ? next->last() : *this; }
};

struct Slip {
  std::string text;
  Tensor wrong;
};
using Slips = std::vector<Slip>;

template <typename F>
Tensor each(F f, const Tensor& A) {
  Tensor result(A.rows(), A.cols());
  for (std::size_t i = 0; i < A.size(); ++i) result[i] = f(A[i]);
  return result;
}
template <typename F>
Tensor each(F f, const Tensor& A, const Tensor& B) {
  Tensor result(A.rows(), A.cols());
  for (std::size_t i = 0; i < A.size(); ++i) result[i] = f(A[i], B[i]);
  return result;
}
Tensor times(const Tensor& A, const Tensor& B) { return each(std::multiplies<>(), A, B); }
Tensor scaled(const Tensor& A, real factor) {
  return each([factor](real v) { return factor * v; }, A);
}
Tensor product(const MatrixView& A, const MatrixView& B) {
  Tensor C;
  multiply(A, B, C);
  return C;
}
Tensor sums(const Tensor& A) {
  Tensor result;
  column_sums(A, result);
  return result;
}
// Returns the matrix A + B, where B(i, j) = add(i, j).
template <typename F>
Tensor plus(Tensor A, F add) {
  for (std::size_t i = 0; i < A.rows(); ++i) {
    for (std::size_t j = 0; j < A.cols(); ++j) A(i, j) += add(i, j);
  }
  return A;
}
Tensor value_of(const Activation& sigma, const Tensor& z) {
  Tensor a;
  sigma.value(z, a);
  return a;
}
Tensor derivative_of(const Activation& sigma, const Tensor& z) {
  Tensor a, derivative;
  sigma.forward(z, a, derivative);
  return derivative;
}
Tensor turned(const Tensor& A) {
  Tensor result(A.cols(), A.rows());
  for (std::size_t i = 0; i < A.rows(); ++i) {
    for (std::size_t j = 0; j < A.cols(); ++j) result(j, i) = A(i, j);
  }
  return result;
}

Slips slips_of_z(const Pass& p) {
  const Tensor &x = *p.layer.x, &Wt = p.layer.Wt, &b = p.layer.b, xW = product(x, Wt);
  const auto bias = [&](std::size_t, std::size_t j) { return b(0, j); };
  const auto without = [&](std::size_t k) {
    return plus(xW, [&](std::size_t i, std::size_t j) { return b(0, j) - x(i, k) * Wt(k, j); });
  };
  Slips slips{{"the bias is missing", xW},
              {"the bias is subtracted", plus(xW, [&](std::size_t, std::size_t j) { return -b(0, j); })},
              {"the bias is added twice", plus(plus(xW, bias), bias)},
              {"the bias is added once for every input, but the whole sum needs it only once",
               plus(xW, [&](std::size_t, std::size_t j) { return static_cast<real>(x.cols()) * b(0, j); })},
              {"only the bias is computed: x Wᵀ is missing", plus(Tensor(xW.rows(), xW.cols()), bias)},
              {"the buffer still contains the previous sums: start every sum at bⱼ", plus(scaled(xW, 2), bias)},
              {"you multiply x Wᵀ by the bias; add the bias", times(xW, plus(Tensor(xW.rows(), xW.cols()), bias))},
              {"the sum leaves out the first input", without(0)},
              {"the sum leaves out the last input", without(x.cols() - 1)},
              {"σ is applied too soon: your z is sigmoid(x Wᵀ + b), not x Wᵀ + b",
               value_of(*make_activation("sigmoid"), p.layer.z)},
              {"σ is applied too soon: your z is σ(x Wᵀ + b), not x Wᵀ + b", value_of(*p.layer.activation, p.layer.z)},
              {"x Wᵀ is divided by the number of inputs: compute a sum, not a mean",
               plus(scaled(xW, 1 / static_cast<real>(x.cols())), bias)},
              {"all units get the first bias", plus(xW, [&](std::size_t, std::size_t) { return b(0, 0); })}};
  if (Wt.rows() == Wt.cols())
    slips.push_back({"W is not transposed: z = x Wᵀ + b", plus(product(x, turned(Wt)), bias)});
  if (x.rows() == b.cols()) {
    slips.push_back({"the bias is added over the wrong axis: a bias has one entry for each unit, not for each sample",
                     plus(xW, [&](std::size_t i, std::size_t) { return b(0, i); })});
  }
  return slips;
}

// Computes a = mask ⊙ σ(z) + x of a layer from s = σ(z). Only dropout has a mask, and only a residual layer adds x.
Tensor after_sigma(const Dense& layer, Tensor s) {
  if (layer.dropout) s = times(layer.dropout->mask, s);
  return layer.residual ? each(std::plus<>(), s, *layer.x) : s;
}

// The common mistakes in the array σ(z). The mask of dropout and the skip connection come later, in slips_of_a().
Slips slips_of_sigma(const Pass& p) {
  const Tensor& z = p.layer.z;
  const Activation& sigma = *p.layer.activation;
  const std::string own = sigma.name();
  Slips slips{
      {"σ is missing: your σ(z) is z", z},
      {"σ is applied twice", value_of(sigma, value_of(sigma, z))},
      {"your σ(z) is σ′(z), the derivative", p.layer.derivative},
      {"the sign of z is lost", value_of(sigma, each([](real v) { return std::abs(v); }, z))},
      {"your softmax sums over the samples; sum over the units of each sample", turned(value_of(sigma, turned(z)))}};
  if (own == "tanh" || own == "sigmoid" || own == "softmax") {
    slips.push_back({"your activation gets 2z: the exponent has an extra factor 2", value_of(sigma, scaled(z, 2))});
    slips.push_back({"your activation gets z/2: the exponent lacks a factor 2", value_of(sigma, scaled(z, real(0.5)))});
  }
  for (const std::string_view name : activations().names()) {
    if (name == "identity") continue;  // σ(z) = z is already in the list of mistakes: "σ is missing"
    const auto other = make_activation(name);
    slips.push_back({"your σ is another activation function: " + other->name(), value_of(*other, z)});
  }
  return slips;
}

Slips slips_of_a(const Pass& p) {
  Slips slips = slips_of_sigma(p);
  for (Slip& slip : slips) slip.wrong = after_sigma(p.layer, slip.wrong);
  const Tensor& s = p.layer.sigma_of_z();
  if (p.layer.residual)
    slips.push_back({"the skip connection of the residual layer is missing: add x",
                     p.layer.dropout ? times(p.layer.dropout->mask, s) : s});
  if (p.layer.dropout)
    slips.push_back({"the mask of dropout is missing", p.layer.residual ? each(std::plus<>(), s, *p.layer.x) : s});
  return slips;
}

// The common mistakes in σ′(z). slips_of_dL_dz() multiplies each wrong σ′(z) by ∂L/∂a. The product is a wrong ∂L/∂z.
Slips slips_of_slope(const Pass& p) {
  const Tensor &z = p.layer.z, &a = p.layer.sigma_of_z(), &slope = p.layer.derivative;
  const Activation& sigma = *p.layer.activation;
  Slips slips{{"σ′ is taken at `a` instead of z", derivative_of(sigma, a)},
              {"your σ′(z) is the value a, not its derivative", a},
              {"σ′(z) is applied twice", times(slope, slope)},
              {"your σ′(z) is a (1 − a), the derivative of the sigmoid", each([](real v) { return v * (1 - v); }, a)},
              {"your σ′(z) is 1 − a², the derivative of tanh", each([](real v) { return 1 - v * v; }, a)}};
  if (sigma.name() == "tanh") {
    const Slips of_tanh{{"your σ′(z) is 1 − z²: use `a` instead of z", each([](real v) { return 1 - v * v; }, z)},
                        {"your σ′(z) is 1 − a: the square is missing", each([](real v) { return 1 - v; }, a)},
                        {"your σ′(z) is 1 + a²: write minus, not plus", each([](real v) { return 1 + v * v; }, a)},
                        {"your σ′(z) is −2a, the derivative of 1 − a²", scaled(a, -2)},
                        {"σ′(z) contains exp(−2|z|): is the factor 2 missing in your exponent?",
                         derivative_of(sigma, scaled(z, real(0.5)))},
                        {"your σ′(z) is a quarter of the correct σ′(z): multiply by 4", scaled(slope, real(0.25))}};
    slips.insert(slips.end(), of_tanh.begin(), of_tanh.end());
  } else {
    slips.push_back({"your σ′(z) is z (1 − z); for sigmoid: a (1 − a)", each([](real v) { return v * (1 - v); }, z)});
  }
  for (const std::string_view name : activations().names()) {
    if (name == "identity") continue;  // slips_of_dL_dz() already has the mistake σ′ = 1: "the factor σ′(z) is missing"
    const auto other = make_activation(name);
    slips.push_back(
        {"your σ′(z) is the derivative of another activation function: " + other->name(), derivative_of(*other, z)});
  }
  return slips;
}

Slips slips_of_gradient(const Pass& p, char which);

// For the last layer, ∂L/∂a is the derivative of the loss; for another layer, it is ∂L/∂x of the next layer.
Slips slips_of_dL_da(const Pass& p) {
  if (p.next) return slips_of_gradient(*p.next, 'x');
  const auto difference = [&](real sign) {
    return each([&](real a, real y) { return sign * (a - y) / p.N; }, p.layer.a, p.y);
  };
  Slips slips{{"the targets y are not subtracted: your ∂L/∂a is a/N", scaled(p.layer.a, 1 / p.N)}};
  if (p.loss.name() != "mse") {
    slips.push_back({"your ∂L/∂a is (y − a)/N: the sign is wrong", difference(-1)});
    slips.push_back({"your ∂L/∂a is (a − y)/N: this is ∂L/∂z of softmax with cross_entropy, not ∂L/∂a", difference(1)});
  }
  return slips;
}

Slips slips_of_dL_dz(const Pass& p) {
  const Dense& layer = p.layer;
  const Tensor &a = layer.sigma_of_z(), &slope = layer.derivative;
  const Tensor g = layer.dropout ? times(layer.dropout->mask, p.dL_da) : p.dL_da;  // ∂L/∂σ(z)
  Tensor first_row = layer.dL_dz;
  std::fill(first_row.data() + first_row.cols(), first_row.data() + first_row.size(), real(0));
  Slips slips;
  if (p.canonical) {
    const Tensor& right = layer.dL_dz;
    const real entries = layer.activation->traits.elementwise ? p.N * p.K : p.N;
    slips = {{"a − y already contains σ′: do not multiply by σ′ again", times(right, slope)},
             {"label smoothing or class weights are missing: your ∂L/∂z contains only a − y",
              each([entries](real v, real y) { return (v - y) / entries; }, layer.a, p.y)},
             {"the targets y are not subtracted: your ∂L/∂z contains a, not a − y", scaled(layer.a, 1 / entries)},
             {"the factor 2 belongs to the squared error, not to cross-entropy", scaled(right, 2)},
             {"only the correct class has a gradient in your ∂L/∂z; every class needs a gradient", times(right, p.y)},
             {"only the first row of your ∂L/∂z is computed: compute every row of the batch", first_row},
             {"your ∂L/∂z contains −y/a, as ∂L/∂a of cross_entropy does; it must contain a − y",
              each([entries](real v, real y) { return -y / v / entries; }, layer.a, p.y)}};
    return slips;
  }
  slips = {{layer.activation->traits.elementwise ? "the factor σ′(z) is missing: your ∂L/∂z is ∂L/∂a"
                                                 : "the Jacobian of softmax is missing: your ∂L/∂z is ∂L/∂a",
            p.dL_da},
           {"the factor σ′(z) is missing: your ∂L/∂z is mask ⊙ ∂L/∂a", g},
           {"only the first row of your ∂L/∂z is computed: compute every row of the batch", first_row},
           {"the factor ∂L/∂a is missing: your ∂L/∂z is σ′(z)", slope},
           {"⊙ is a product: you add", each(std::plus<>(), g, slope)},
           {"⊙ is a product: you divide", each(std::divides<>(), g, slope)},
           {"∂L/∂a is squared", times(times(g, g), slope)}};
  if (!layer.dropout) slips.erase(slips.begin() + 1);
  if (!layer.activation->traits.elementwise) {
    const auto row_wise = [&](auto f) {  // entry j is f(aⱼ, gⱼ, Σₖ gₖ aₖ, Σₖ gₖ)
      Tensor result(g.rows(), g.cols());
      for (std::size_t i = 0; i < g.rows(); ++i) {
        real dot = 0, sum = 0;
        for (std::size_t k = 0; k < g.cols(); ++k) dot += g(i, k) * a(i, k), sum += g(i, k);
        for (std::size_t j = 0; j < g.cols(); ++j) result(i, j) = f(a(i, j), g(i, j), dot, sum);
      }
      return result;
    };
    slips.insert(
        slips.begin(),
        {{"your ∂L/∂z uses only the diagonal of softmax's Jacobian: each output depends on every z of the row",
          times(g, slope)},
         {"the sum over the row is missing: aⱼ (gⱼ − Σₖ gₖ aₖ)", times(a, g)},
         {"your ∂L/∂z subtracts the sum of g = ∂L/∂a from gⱼ: subtract Σₖ gₖ aₖ, not Σₖ gₖ",
          row_wise([](real v, real h, real, real sum) { return v * (h - sum); })},
         {"your ∂L/∂z subtracts the mean of g = ∂L/∂a from gⱼ: subtract Σₖ gₖ aₖ, not the mean",
          row_wise([K = static_cast<real>(g.cols())](real v, real h, real, real sum) { return v * (h - sum / K); })},
         {"the factor aⱼ is missing", row_wise([](real, real h, real dot, real) { return h - dot; })},
         {"aⱼ must multiply the whole difference gⱼ − Σₖ gₖ aₖ: check the parentheses",
          row_wise([](real v, real h, real dot, real) { return v * h - dot; })},
         {"your ∂L/∂z adds Σₖ gₖ aₖ to gⱼ (g = ∂L/∂a): subtract Σₖ gₖ aₖ from gⱼ",
          row_wise([](real v, real h, real dot, real) { return v * (h + dot); })},
         {"your ∂L/∂z is a − ∂L/∂a; only softmax and cross-entropy together give a − y", each(std::minus<>(), a, g)},
         {"the sum leaves out k = j", row_wise([](real v, real h, real dot, real) { return v * (h - dot + v * h); })}});
    real running = 0;
    Tensor never_reset(g.rows(), g.cols()), over_batch(g.rows(), g.cols());
    const Tensor batch_dots = sums(times(g, a));
    for (std::size_t i = 0; i < g.rows(); ++i) {
      for (std::size_t k = 0; k < g.cols(); ++k) running += g(i, k) * a(i, k);
      for (std::size_t j = 0; j < g.cols(); ++j) {
        never_reset(i, j) = a(i, j) * (g(i, j) - running);
        over_batch(i, j) = a(i, j) * (g(i, j) - batch_dots(0, j));
      }
    }
    slips.push_back({"the sum continues from row to row: start it at 0 in each row", never_reset});
    slips.push_back({"the sum runs over the batch; it must run over the units of one row", over_batch});
  } else {
    slips.push_back({"`slope` already is σ′(z): multiply by slope, not by 1 − slope²",
                     times(g, each([](real v) { return 1 - v * v; }, slope))});
    slips.push_back({"`slope` already is σ′(z): multiply by slope, not by slope (1 − slope)",
                     times(g, each([](real v) { return v * (1 - v); }, slope))});
    for (Slip& slip : slips_of_slope(p)) slips.push_back({slip.text, times(g, slip.wrong)});
    if (layer.dropout) slips.push_back({"the mask of dropout is missing", times(p.dL_da, slope)});
  }
  return slips;
}

// The losses that mistakes give for softmax with cross_entropy. Symbols for one row: logits z, targets y, m = max z,
// l = ln Σₖ exp(zₖ − m), dot = Σₖ yₖ (zₖ − m). The correct loss without label smoothing and class weights is l − dot.
Slips slips_of_cross_entropy(const Pass& p) {
  const Tensor& z = p.layer.z;
  const auto mean = [&](auto f) {
    double total = 0;
    for (std::size_t i = 0; i < z.rows(); ++i) {
      const double m = static_cast<double>(*std::ranges::max_element(z.row(i)));
      double sum = 0, dot = 0;
      for (std::size_t k = 0; k < z.cols(); ++k) {
        sum += std::exp(static_cast<double>(z(i, k)) - m);
        dot += static_cast<double>(p.y(i, k)) * (static_cast<double>(z(i, k)) - m);
      }
      total += f(m, std::log(sum), dot);
    }
    return Tensor{{static_cast<real>(total / static_cast<double>(z.rows()))}};
  };
  real squares = 0;
  for (std::size_t i = 0; i < z.size(); ++i) squares += (p.layer.a[i] - p.y[i]) * (p.layer.a[i] - p.y[i]);
  return {{"label smoothing or class weights are missing", mean([](double, double l, double dot) { return l - dot; })},
          {"the maximum was subtracted and never added back",
           mean([](double m, double l, double dot) { return l - dot - m; })},
          {"the maximum is added back, but it was not subtracted from the exponents",
           mean([](double m, double l, double dot) { return 2 * m + l - dot - m; })},
          {"the logit of the correct class is not subtracted: your loss is the mean of ln Σ exp z",
           mean([](double m, double l, double) { return m + l; })},
          {"the logarithm of the sum of exponentials is missing",
           mean([](double, double l, double dot) { return std::exp(l) - dot; })},
          {"use the natural logarithm, not log10",
           mean([](double, double l, double dot) { return l / std::log(10.0) - dot; })},
          {"use the natural logarithm, not log2",
           mean([](double, double l, double dot) { return l / std::log(2.0) - dot; })},
          {"your loss is the squared error", Tensor{{squares / p.N}}},
          {"your loss is the mean of the squared error", Tensor{{squares / (p.N * p.K)}}}};
}

// Computes ∂L/∂W, ∂L/∂b or ∂L/∂x from δ; `which` is 'W', 'b' or 'x'.
Tensor gradient(char which, const Tensor& delta, const Pass& p) {
  if (which != 'x') return which == 'W' ? product(transposed(*p.layer.x), delta) : sums(delta);
  Tensor dL_dx = product(delta, transposed(p.layer.Wt));
  return p.layer.residual ? each(std::plus<>(), dL_dx, p.dL_da) : dL_dx;
}

Slips slips_of_gradient(const Pass& p, char which) {
  const Tensor &delta = p.layer.dL_du(), &x = *p.layer.x, &Wt = p.layer.Wt;
  const auto with = [&](const Tensor& d) { return gradient(which, d, p); };
  Slips slips;
  if (p.layer.batch_norm)
    slips.push_back({"go back through batch_norm first: use ∂L/∂u (u = x Wᵀ + b), not ∂L/∂z", with(p.layer.dL_dz)});
  if (which == 'x' && p.layer.residual)
    slips.push_back(
        {"the skip connection of the residual layer is missing: add ∂L/∂a", product(delta, transposed(Wt))});
  if (!p.canonical) slips.push_back({"use ∂L/∂z instead of ∂L/∂a: the derivative of σ is missing", with(p.dL_da)});
  slips.push_back(
      {"∂L/∂z already contains σ′(z): the derivative is applied twice", with(times(delta, p.layer.derivative))});
  const auto only = [&](std::size_t row) {
    Tensor one = delta;
    for (std::size_t i = 0; i < one.rows(); ++i) {
      if (i != row) std::ranges::fill(one.row(i), real(0));
    }
    return with(one);
  };
  if (which != 'x') {
    slips.push_back({"only the first sample is in the sum: add up all samples", only(0)});
    slips.push_back({"only the last sample is in the sum: add up all samples", only(delta.rows() - 1)});
  }
  if (which == 'W' && p.layer.a.cols() == x.cols())
    slips.push_back({"use the input x of the layer instead of its output `a`", product(transposed(p.layer.a), delta)});
  if (which == 'b' && delta.rows() == delta.cols())
    slips.push_back({"for each unit, sum over the samples; your array sums over the units", sums(turned(delta))});
  if (which == 'x' && Wt.rows() == Wt.cols()) {
    slips.push_back({"W is transposed: ∂L/∂x = δ W", product(delta, Wt)});
    if (p.layer.residual) slips.back().wrong = each(std::plus<>(), slips.back().wrong, p.dL_da);
  }
  return slips;
}

// The wrong arrays that common mistakes in the array `name` give. Shapes: as in trace.hpp, but ∂L/∂W is inputs × units.
Slips slips_of(std::string_view name, const Pass& p) {
  if (name == "x") return p.previous ? slips_of_a(*p.previous) : Slips{};
  if (name == "u" || (name == "z" && !p.layer.batch_norm)) return slips_of_z(p);
  if (name == "s") return slips_of_sigma(p);
  if (name == "a") return slips_of_a(p);
  if (name == "slope") return slips_of_slope(p);
  if (name == "dL_da") return slips_of_dL_da(p);
  if (name == "dL_dz") return slips_of_dL_dz(p);
  const bool of_dense = name == "dL_dW" || name == "dL_db" || name == "dL_dx";
  return of_dense ? slips_of_gradient(p, name.back()) : Slips{};
}

// The common mistakes in the array from which `name` is computed: in z, if `name` is "a". Slip::wrong is the array
// `name` that results from the mistake. If the user's file contains the earlier array (here z), the list is empty,
// because verify() has already checked the earlier array.
Slips slips_before(std::string_view name, const Pass& p, const Safetensors& given) {
  const Dense& layer = p.layer;
  const auto was_given = [&](std::string_view other) { return given.tensor(concat(p.number, ".", other)) != nullptr; };
  Slips slips;
  if (name == "x" && p.previous) return slips_before("a", *p.previous, given);
  if (name == "a" && !layer.batch_norm && !was_given("z")) {
    slips = slips_of_z(p);
    for (Slip& slip : slips) slip.wrong = after_sigma(layer, value_of(*layer.activation, slip.wrong));
  } else if (name == "dL_dz" && layer.activation->traits.elementwise && !p.canonical && !layer.dropout &&
             !was_given("dL_da")) {
    slips = slips_of_dL_da(p);
    for (Slip& slip : slips) slip.wrong = times(slip.wrong, layer.derivative);
  } else if ((name == "dL_dW" || name == "dL_db" || name == "dL_dx") && !layer.batch_norm && !was_given("dL_dz")) {
    slips = slips_of_dL_dz(p);
    for (const Slip& slip : slips_before("dL_dz", p, given)) slips.push_back(slip);
    for (Slip& slip : slips) slip.wrong = gradient(name.back(), slip.wrong, p);
  }
  return slips;
}

std::string formula_of(std::string_view name, const Pass& p) {
  const bool elementwise = p.layer.activation->traits.elementwise, residual = p.layer.residual;
  if (name == "x") return p.previous ? "`a` of the previous layer" : "x";
  if (name == "u" || (name == "z" && !p.layer.batch_norm)) return "x Wᵀ + b";
  if (name == "z") return "γ (u − mean)/√(var + ε) + β";
  if (name == "slope") return elementwise ? "σ′(z)" : "a (1 − a)";
  if (name == "s") return "σ(z)";
  if (name == "a") return concat(p.layer.dropout ? "mask ⊙ " : "", "σ(z)", residual ? " + x" : "");
  if (name == "dL_da")
    return p.next ? formula_of("dL_dx", *p.next) + " of the next layer" : "the derivative of the loss";
  if (name == "dL_dz" && p.canonical) return elementwise ? "(a − y)/(N·K)" : "(a − y)/N";
  if (name == "dL_dz" && !elementwise) return "aⱼ (gⱼ − Σₖ gₖ aₖ), g = ∂L/∂a,";
  if (name == "dL_dz") return concat(p.layer.dropout ? "mask ⊙ " : "", "∂L/∂a ⊙ σ′(z)");
  if (name == "dL_dW") return "δᵀ x";
  if (name == "dL_db") return "Σᵢ δᵢ";
  return name == "dL_dx" ? residual ? "δ W + ∂L/∂a" : "δ W" : "primer";
}

double largest(std::span<const double> values) {
  double result = 0;
  for (const double v : values) result = std::isfinite(v) ? std::max(result, std::abs(v)) : result;
  return result;
}

double largest_of(const Tensor& A) { return largest(named("", A, Layout::vector).values); }
Tensor absolute(const Tensor& A) {
  return each([](real v) { return std::abs(v); }, A);
}

constexpr double for_double = 1e-9, for_float = 1e-4;  // tolerances, relative to the largest |number| of an array
constexpr double counts = 0.01;  // allowed error of a sum whose terms cancel: tolerance · 0.01 · Σ |term|

struct Comparison {
  double tolerance;  // allowed difference = tolerance · (largest |correct number|, or Pair::least() if larger)

  std::optional<std::size_t> first_difference(std::span<const double> got, std::span<const double> want,
                                              double least) const {
    const double allowed = tolerance * std::max(largest(want), least) + 1e-300;
    for (std::size_t i = 0; i < want.size(); ++i) {
      // Skips the places where primer's number is ∞ or NaN, as can happen in ∂L/∂a of softmax with cross_entropy.
      if (!std::isfinite(want[i]) || std::abs(got[i] - want[i]) <= allowed) continue;
      return i;
    }
    return {};
  }
  // Whether the arrays `got` and `guess` are equal, except for rounding. A finite number is not equal to ∞ or NaN.
  bool same(std::span<const double> got, std::span<const double> guess) const {
    if (got.size() != guess.size() || largest(guess) == 0) return false;
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (!std::isfinite(guess[i]) && std::isfinite(got[i])) return false;
    }
    return !first_difference(got, guess, 0);
  }
};

// Sentences for an array that is a multiple of the correct array. `backward`: the array is the loss or a gradient.
// `of_loss`: the array is the loss, the first gradient of the backward pass or the first gradient in the user's file.
std::vector<std::string> multiples(std::span<const double> got, std::span<const double> want, const Pass& p,
                                   bool is_loss, bool backward, bool of_loss, const Comparison& close) {
  const auto N = static_cast<double>(p.N), K = static_cast<double>(p.K);
  const bool squares = p.loss.name() == "mse" && of_loss;
  struct Factor {
    bool applies;
    double value;
    const char* text;
  };
  const Factor factors[]{
      {true, -1, "the sign is wrong"},
      {squares && !is_loss, 0.5, "your numbers are halved: the derivative of (a − y)² has a factor 2"},
      {squares && is_loss, 0.5, "your loss is halved: L is the mean of (a − y)², without ½"},
      {!of_loss, 2, "your numbers are doubled: the buffer still contains the previous results; assign, do not add"},
      {of_loss, 2,
       "your numbers are doubled: there is an extra factor 2, or a buffer still contains the previous results"},
      {backward && N > 1, N, "1/N is missing: your array is the sum over the samples, not the mean"},
      {backward && N > 1, 1 / N, "the factor 1/N occurs twice: the loss already contains the mean over the batch"},
      {of_loss && K > 1, K, "divide by N·K, the number of all entries, not by N, the number of samples"},
      {of_loss && K > 1, 1 / K, "divide by N, the number of samples, not by N·K, the number of all entries"},
      {of_loss && K > 1 && N > 1, N * K, "the mean is missing: your loss is the sum over all entries"},
      {is_loss, 1 / std::log(2.0), "use the natural logarithm, not log2"},
      {is_loss, 1 / std::log(10.0), "use the natural logarithm, not log10"}};
  if (largest(got) == 0 && largest(want) > 0) return {"your array was never computed: all its numbers are 0"};
  std::vector<std::string> texts;
  const auto is_multiple = [&](double factor) {
    std::vector<double> multiple(want.begin(), want.end());
    for (double& v : multiple) v *= factor;
    return close.same(got, multiple);
  };
  for (const Factor& factor : factors) {
    if (factor.applies && is_multiple(factor.value)) texts.emplace_back(factor.text);
  }
  if (texts.empty() && is_multiple(0.5)) texts.emplace_back("your numbers are halved");
  return texts;
}

std::vector<std::size_t> squeezed(const std::vector<std::size_t>& shape) {
  std::vector<std::size_t> result;
  std::ranges::copy_if(shape, std::back_inserter(result), [](std::size_t n) { return n != 1; });
  return result;
}
std::string text_of(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t n : shape) text += (text.empty() ? "" : " × ") + std::to_string(n);
  return text.empty() ? "one number" : text;
}

// The position of an array in the order of computation.
std::size_t stage(std::string_view name, std::size_t layers) {
  static constexpr std::string_view forward[]{"x", "u", "z", "s", "mask", "a", "slope"};
  static constexpr std::string_view backward[]{"dL_da",    "dL_dz", "dL_dalpha", "dL_du", "dL_dgamma",
                                               "dL_dbeta", "dL_dW", "dL_db",     "dL_dx"};
  const std::size_t l = static_cast<std::size_t>(parse_number(name.substr(0, name.find('.'))).value_or(0));
  if (l == 0) return name == "loss" ? 32 * (layers + 1) : name == "y" ? 1 : 0;
  const std::string_view quantity = name.substr(name.find('.') + 1);
  const auto* const f = std::ranges::find(forward, quantity);
  if (f != std::end(forward)) return 32 * l + static_cast<std::size_t>(f - forward);
  return 32 * (2 * layers + 2 - l) + static_cast<std::size_t>(std::ranges::find(backward, quantity) - backward) + 1;
}

// Whether an array seems to be computed in float: each of its numbers fits a float exactly, and more than half of them
// need more than 12 significant bits. (Short numbers such as 0.5 fit a float even if they were computed in double.)
bool has_floats(const Safetensors& given) {
  return std::ranges::any_of(given.tensors, [](const NamedTensor& t) {
    std::size_t floats = 0, lengthy = 0;
    for (const double v : t.values) {
      const auto rounded = static_cast<double>(static_cast<float>(v));
      floats += std::isnan(v) || rounded == v ? 1 : 0;
      int exponent = 0;
      const double digits = std::isfinite(v) ? std::ldexp(std::frexp(v, &exponent), 12) : 0;
      lengthy += digits != std::trunc(digits) ? 1 : 0;
    }
    return floats == t.values.size() && 2 * lengthy > floats;
  });
}

// The indices of an entry as text, such as "[2][0]". The number i of the entry counts row by row, from 0.
std::string place(std::size_t i, const std::vector<std::size_t>& shape) {
  std::string text;
  for (std::size_t d = shape.size(); d-- > 0; i /= shape[d]) text.insert(0, concat("[", i % shape[d], "]"));
  return text;
}

// The two numbers as texts, with as many digits as are needed to tell them apart.
std::pair<std::string, std::string> spoken(double x, double y) {
  for (const int digits : {4, 7, 10, 17}) {
    const auto a = short_number(x, digits), b = short_number(y, digits);
    if (a != b || digits == 17) return {a, b};
  }
  return {};
}

// A pair of arrays with the same name: `got` is the user's array, `want` is primer's array.
struct Pair {
  const NamedTensor &got, &want;
  const Pass& pass;      // the layer to which the arrays belong; the last layer for `loss` and `y`
  std::string quantity;  // the name without the number of the layer: "dL_dW", "loss", "y"

  std::string formula() const {
    if (quantity == "loss") return std::string(pass.loss.name());
    return quantity == "y" ? "primer" : formula_of(quantity, pass);
  }

  bool transposed(const Comparison& close) const {
    const auto &g = got.shape, &w = want.shape;
    if (g.size() != 2 || w.size() != 2 || g[0] != w[1] || g[1] != w[0]) return false;
    std::vector<double> turned_(want.values.size());
    for (std::size_t i = 0; i < turned_.size(); ++i) turned_[i % w[1] * w[0] + i / w[1]] = want.values[i];
    return close.same(got.values, turned_);
  }

  // The allowed difference is tolerance · least(). Usually, least() is the largest |number| of primer's array. least()
  // is larger if the terms of a sum may cancel, because the rounding errors are larger then.
  double least() const {
    const double own = largest(want.values);
    if (quantity == "loss") {
      const Dense& last = pass.layer;
      return pass.forward_rounding * std::max({own, counts, counts * largest_of(last.z), counts * largest_of(last.a)});
    }
    if (!quantity.starts_with("dL_d")) return pass.forward_rounding * own;
    const Dense& layer = pass.layer;
    double floor = counts * largest_of(layer.dL_dz);
    if (layer.batch_norm)  // ∂L/∂u = (∂L/∂z − terms with batch means) · γ/√(variance + ε), and γ/√(variance + ε) ≤ γ/√ε
      floor *= std::max(1.0, largest_of(layer.batch_norm->gamma) / std::sqrt(double{BatchNorm::eps}));
    const Tensor delta =
        each([floor](real v) { return std::max(std::abs(v), static_cast<real>(floor)); }, layer.dL_du());
    if (quantity == "dL_dW") floor = counts * largest_of(product(primer::transposed(absolute(*layer.x)), delta));
    if (quantity == "dL_db") floor = counts * largest_of(sums(delta));
    if (quantity == "dL_dx") floor = counts * largest_of(product(delta, primer::transposed(absolute(layer.Wt))));
    return std::max(floor, pass.backward_rounding * own);
  }
};

std::string slip_of_shape(const Pair& pair, const Comparison& close) {
  const std::span<const double> got = pair.got.values;
  const Tensor& delta = pair.pass.layer.dL_du();
  if (pair.transposed(close)) return "your array is transposed";
  if (pair.quantity == "loss") {
    double sum = 0;
    for (const double v : got) sum += v;
    const double mean[]{sum / static_cast<double>(got.size())};
    return close.same(mean, pair.want.values) ? "the mean is missing: your array has one loss for each sample" : "";
  }
  if (pair.quantity != "dL_db") return "";
  double sum = 0;
  for (const double v : pair.want.values) sum += v;
  if (close.same(got, named("", delta, Layout::vector).values)) return "the sum over the samples is missing";
  if (close.same(got, named("", sums(turned(delta)), Layout::vector).values))
    return "for each unit, sum over the samples; your array sums over the units";
  return got.size() == 1 && std::abs(got[0] - sum) <= close.tolerance * std::max(pair.least(), std::abs(sum))
             ? "for each unit, sum over the samples; your array is one number, the sum over all samples and units"
             : "";
}

std::string slip_of_numbers(const Pair& pair, std::size_t at, const Safetensors& ours, const Safetensors& given,
                            const Comparison& close) {
  const std::span<const double> got = pair.got.values, want = pair.want.values;
  const Pass& p = pair.pass;
  const bool is_loss = pair.quantity == "loss", backward = is_loss || pair.quantity.starts_with("dL_d");
  const Layout layout = pair.quantity == "dL_dW" ? Layout::transpose : Layout::matrix;
  std::vector<std::string> texts;
  const auto look_in = [&](const Slips& slips) {
    for (const Slip& slip : slips) {
      if (close.same(got, named("", slip.wrong, layout).values)) texts.push_back(slip.text);
    }
  };
  if (pair.transposed(close)) texts.emplace_back("your array is transposed");
  look_in(is_loss && p.loss.name() == "cross_entropy" ? slips_of_cross_entropy(p) : slips_of(pair.quantity, p));
  if (texts.empty()) look_in(slips_before(pair.quantity, p, given));
  const std::string first = p.canonical ? "dL_dz" : "dL_da";  // the gradient with which the backward pass begins
  const bool nothing_before = std::ranges::none_of(given.tensors, [&](const NamedTensor& t) {
    return t.name != pair.got.name && t.name.find(".dL_d") != std::string::npos &&
           stage(t.name, p.last().number) < stage(pair.want.name, p.last().number);
  });
  const bool of_loss = is_loss || (backward && ((!p.next && pair.quantity == first) || nothing_before));
  for (std::string& text : multiples(got, want, p, is_loss, backward, of_loss, close)) texts.push_back(std::move(text));
  if (!texts.empty()) {
    std::string all;
    for (const std::string& text : texts) {
      // If texts differ only after the last ": ", keeps the first: of "function: silu" and "function: gelu", only silu.
      if (all.find(text.substr(0, text.rfind(": "))) == std::string::npos) all += (all.empty() ? "" : "; or: ") + text;
    }
    return all;
  }
  if (!std::isfinite(got[at])) {
    return "a number overflowed: subtract the largest logit before exp, and compute losses from the logits";
  }
  if (close.tolerance < for_float && !Comparison{for_float}.first_difference(got, want, pair.least())) {
    return "the difference is the rounding of 32-bit numbers: compute in float64, from float64 inputs and weights";
  }
  for (const NamedTensor& other : ours.tensors) {
    if (other.name != pair.want.name && other.shape == pair.got.shape && close.same(got, other.values))
      return concat("your array has the numbers of ", other.name,
                    ": a later step has changed the array in place, or the array has the wrong name");
  }
  const bool input = pair.want.name == "1.x" || pair.want.name == "y";
  return input ? "your array is from another batch, or it is not standardized like primer's rows: use --data FILE or "
                 "--row N, so that primer uses your rows"
               : "";
}

std::vector<Pass> passes(Network& network, const Loss& loss, const Tensor& y) {
  const std::size_t L = network.layers.size();
  std::vector<Pass> result;
  result.reserve(L);  // the elements must not move in memory: `previous` and `next` will point to them
  for (std::size_t l = 0; l < L; ++l) {
    const bool last = l + 1 == L;
    result.push_back({l + 1, network.layers[l], network.dL_da(l, loss, y), y, loss, nullptr, nullptr,
                      last && network.canonical(loss), static_cast<real>(y.rows()), static_cast<real>(y.cols())});
  }
  constexpr double most = 1000;
  double rounding = 1;
  for (std::size_t l = 0; l < L; ++l) {
    const Dense& layer = result[l].layer;
    const Tensor& u = layer.batch_norm ? layer.batch_norm->u : layer.z;
    const double terms = largest_of(product(absolute(*layer.x), absolute(layer.Wt))) + largest_of(layer.b);
    rounding = std::clamp(counts * terms / (largest_of(u) + 1e-300), rounding, most);
    result[l].forward_rounding = rounding;
    if (l > 0) {
      result[l].previous = &result[l - 1];
      result[l - 1].next = &result[l];
    }
  }
  const Tensor& a = network.layers.back().a;  // if a is close to y, the relative rounding error of a − y is large
  const double error = largest_of(each(std::minus<>(), a, y));
  rounding = std::clamp(counts * std::max(largest_of(a), largest_of(y)) / (error + 1e-300), rounding, most);
  for (Pass& pass : result) pass.backward_rounding = rounding;
  return result;
}

}  // namespace

Verification verify(Network& network, const Loss& loss, const Tensor& y, const Safetensors& given) {
  Safetensors ours = trace_contents(network, loss, y);
  const std::size_t L = network.layers.size();
  std::ranges::stable_sort(ours.tensors, {}, [L](const NamedTensor& t) { return stage(t.name, L); });
  Verification result;
  for (const NamedTensor& tensor : given.tensors) {
    const bool is_parameter = tensor.name.starts_with("layers.") || tensor.name.starts_with("input.");
    if (!is_parameter && !ours.tensor(tensor.name)) result.unknown.push_back(tensor.name);
  }
  const Comparison close{has_floats(given) || sizeof(real) == sizeof(float) ? for_float : for_double};
  const std::vector<Pass> layers = passes(network, loss, y);
  for (const NamedTensor& want : ours.tensors) {
    const NamedTensor* const got = given.tensor(want.name);
    if (!got) {
      result.missing.push_back(want.name);
      continue;
    }
    const std::size_t dot = want.name.find('.');
    const auto number = static_cast<std::size_t>(parse_number(want.name.substr(0, dot)).value_or(double(L)));
    const Pair pair{*got, want, layers[number - 1], want.name.substr(dot == std::string::npos ? 0 : dot + 1)};
    if (squeezed(got->shape) != squeezed(want.shape)) {
      result.wrong = want.name;
      result.what = "it is " + text_of(got->shape) + ", and " + pair.formula() + " is " + text_of(want.shape);
      result.slip = slip_of_shape(pair, close);
      return result;
    }
    if (const auto at = close.first_difference(got->values, want.values, pair.least())) {
      const auto [is, gives] = spoken(got->values[*at], want.values[*at]);
      result.wrong = want.name;
      result.what = "at " + place(*at, want.shape) + " it is " + is + "; " + pair.formula() + " gives " + gives;
      result.slip = slip_of_numbers(pair, *at, ours, given, close);
      return result;
    }
    result.right.push_back(want.name);
  }
  result.missing.clear();
  return result;
}

}  // namespace primer
