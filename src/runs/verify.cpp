// Each known slip is a formula for the wrong array, computed from primer's own arrays, and a sentence. An array that
// differs is compared with all of them, and with multiples of the right array.
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

// Everything about the pass that the slips of one layer need.
struct Pass {
  const Dense& layer;
  const Tensor& dL_da;
  const Tensor& y;
  const Dense* next;  // nullptr for the last layer
  bool canonical;     // the last layer of a canonical pair
  real N, K;          // samples, outputs of the network
};

struct Slip {
  std::string_view text;
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
// A with `add(i, j)` added to every entry.
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
              {"the bias is added once for every input: add it once",
               plus(xW, [&](std::size_t, std::size_t j) { return static_cast<real>(x.cols()) * b(0, j); })},
              {"x Wᵀ is missing: this is the bias", plus(Tensor(xW.rows(), xW.cols()), bias)},
              {"the buffer still contains the pass before: start every sum at bⱼ", plus(scaled(xW, 2), bias)},
              {"the bias is multiplied by x Wᵀ; it is added", times(xW, plus(Tensor(xW.rows(), xW.cols()), bias))},
              {"the sum leaves out the first input", without(0)},
              {"the sum leaves out the last input", without(x.cols() - 1)},
              {"σ is applied here already: this is the sigmoid of z", value_of(*make_activation("sigmoid"), p.layer.z)},
              {"σ is applied here already, but z is the input of σ", value_of(*p.layer.activation, p.layer.z)},
              {"this is divided by the number of inputs: it is a sum, not a mean",
               plus(scaled(xW, 1 / static_cast<real>(x.cols())), bias)},
              {"all units get the first bias", plus(xW, [&](std::size_t, std::size_t) { return b(0, 0); })}};
  if (Wt.rows() == Wt.cols())
    slips.push_back({"W is not transposed: z = x Wᵀ + b", plus(product(x, turned(Wt)), bias)});
  if (x.rows() == b.cols()) {
    slips.push_back({"the bias is added over the wrong axis: it has one entry for each unit, not for each sample",
                     plus(xW, [&](std::size_t i, std::size_t) { return b(0, i); })});
  }
  return slips;
}

Slips slips_of_a(const Pass& p) {
  const Tensor& z = p.layer.z;
  const Activation& sigma = *p.layer.activation;
  Slips slips{
      {"σ is missing: this is z", z},
      {"σ is applied twice", value_of(sigma, value_of(sigma, z))},
      {"this is σ′(z), the derivative", p.layer.derivative},
      {"the sign of z is lost", value_of(sigma, each([](real v) { return std::abs(v); }, z))},
      {"softmax runs over the samples; it must run over the units of each row", turned(value_of(sigma, turned(z)))},
      {"this is σ(2z): is a factor 2 too much in the exponent?", value_of(sigma, scaled(z, 2))},
      {"this is σ(z/2): is the factor 2 in the exponent?", value_of(sigma, scaled(z, real(0.5)))}};
  for (const std::string_view name : activations().names()) {
    slips.push_back({name == "sigmoid" ? "this is the sigmoid"
                     : name == "tanh"  ? "this is tanh"
                                       : "this is another activation function",
                     value_of(*make_activation(name), z)});
  }
  return slips;
}

// σ′ computed wrongly; the ⊙ line uses the same list.
Slips slips_of_slope(const Pass& p) {
  const Tensor &z = p.layer.z, &a = p.layer.sigma_of_z(), &slope = p.layer.derivative;
  const Activation& sigma = *p.layer.activation;
  Slips slips{{"σ′ is taken at a instead of z", derivative_of(sigma, a)},
              {"this is 1 − z²: z stands where a belongs", each([](real v) { return 1 - v * v; }, z)},
              {"this is z (1 − z): z stands where a belongs", each([](real v) { return v * (1 - v); }, z)},
              {"this is a (1 − a), the derivative of the sigmoid", each([](real v) { return v * (1 - v); }, a)},
              {"this is 1 − a², the derivative of tanh", each([](real v) { return 1 - v * v; }, a)},
              {"this is 1 − a: the square is missing", each([](real v) { return 1 - v; }, a)},
              {"this is 1 + a²: there is a plus where the minus belongs", each([](real v) { return 1 + v * v; }, a)},
              {"this is −2a, the derivative of 1 − a²", scaled(a, -2)},
              {"this is the value a, not its derivative", a},
              {"the derivative is squared", times(slope, slope)},
              {"e must be exp(−2|z|): is the factor 2 in it?", derivative_of(sigma, scaled(z, real(0.5)))},
              {"the outer factor of the chain rule is missing: this is a quarter of the derivative",
               scaled(slope, real(0.25))}};
  for (const std::string_view name : activations().names()) {
    slips.push_back({name == "sigmoid" ? "this is the derivative of the sigmoid"
                                       : "this is the derivative of another activation function",
                     derivative_of(*make_activation(name), z)});
  }
  return slips;
}

Slips slips_of_dL_da(const Pass& p) {
  if (!p.next)
    return {
        {"this is y − a: the sign is wrong", each([N = p.N](real a, real y) { return (y - a) / N; }, p.layer.a, p.y)},
        {"this is (a − y)/N, the gradient ∂L/∂z of a canonical pair",
         each([N = p.N](real a, real y) { return (a - y) / N; }, p.layer.a, p.y)},
        {"the targets are missing: this is a/N", scaled(p.layer.a, 1 / p.N)}};
  const Tensor &delta = p.next->dL_du(), &Wt = p.next->Wt;
  Slips slips;
  if (Wt.rows() == Wt.cols()) slips.push_back({"W is transposed: ∂L/∂x = δ W", product(delta, Wt)});
  return slips;
}

Slips slips_of_dL_dz(const Pass& p) {
  const Tensor &g = p.dL_da, &a = p.layer.sigma_of_z(), &slope = p.layer.derivative;
  Slips slips;
  if (p.canonical) {
    const Tensor& right = p.layer.dL_dz;
    const Tensor difference = each([](real v, real y) { return v - y; }, p.layer.a, p.y);
    slips = {{"(a − y)/N has gone through σ already: do not multiply by σ′ again", times(right, slope)},
             {"the factor 1/N is missing: this is a − y", difference},
             {"1/N is in it twice", scaled(right, 1 / p.N)},
             {"divide by the number of samples N alone, not by N·K", scaled(difference, 1 / (p.N * p.K))},
             {"divide by the number of all entries N·K", scaled(difference, 1 / p.N)},
             {"the sign is wrong: a − y, not y − a", scaled(difference, -1 / p.N)},
             {"the targets are missing: this is a/N", scaled(p.layer.a, 1 / p.N)},
             {"the factor 2 belongs to the squared error, not to this pair", scaled(right, 2)},
             {"only the correct class has a gradient here, but every class has one", times(right, p.y)},
             {"this is ∂L/∂a = −y/(a N); ∂L/∂z is (a − y)/N",
              each([N = p.N](real v, real y) { return -y / v / N; }, p.layer.a, p.y)}};
    return slips;
  }
  slips = {{"the ⊙ is missing: this is ∂L/∂a", g},
           {"∂L/∂a is missing: this is σ′(z)", slope},
           {"⊙ is a product: you add", each(std::plus<>(), g, slope)},
           {"⊙ is a product: you divide", each(std::divides<>(), g, slope)},
           {"σ′(z) is applied twice", times(times(g, slope), slope)},
           {"∂L/∂a is squared", times(times(g, g), slope)}};
  if (!p.layer.activation->traits.elementwise) {
    const auto row_wise = [&](auto f) {  // f(a, g, Σ g a, Σ g)
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
        {{"this is only the diagonal of softmax's Jacobian: each output depends on every z of the row",
          times(g, slope)},
         {"the sum over the row is missing: aⱼ (gⱼ − Σₖ gₖ aₖ)", times(a, g)},
         {"the sum must weigh each gₖ with aₖ", row_wise([](real v, real h, real, real sum) { return v * (h - sum); })},
         {"the sum must weigh each gₖ with aₖ: this is the mean of g",
          row_wise([K = static_cast<real>(g.cols())](real v, real h, real, real sum) { return v * (h - sum / K); })},
         {"the factor aⱼ is missing", row_wise([](real, real h, real dot, real) { return h - dot; })},
         {"aⱼ must also multiply the sum: check the parentheses",
          row_wise([](real v, real h, real dot, real) { return v * h - dot; })},
         {"there is a plus where the minus belongs",
          row_wise([](real v, real h, real dot, real) { return v * (h + dot); })},
         {"a − g is the gradient of softmax with cross-entropy together", each(std::minus<>(), a, g)},
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
    slips.push_back(
        {"`slope` is σ′(z) already: this takes it for a", times(g, each([](real v) { return 1 - v * v; }, slope))});
    slips.push_back({"`slope` is σ′(z) already: this multiplies by slope (1 − slope)",
                     times(g, each([](real v) { return v * (1 - v); }, slope))});
    for (Slip& slip : slips_of_slope(p)) slips.push_back({slip.text, times(g, slip.wrong)});
  }
  return slips;
}

// Of cross-entropy with softmax: the mean over the samples of f(m, ln Σ exp(z − m), Σ y (z − m)), m the largest logit.
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
  return {{"the maximum was subtracted and never put back",
           mean([](double m, double l, double dot) { return l - dot - m; })},
          {"the maximum is put back, but it was not subtracted from the exponents",
           mean([](double m, double l, double dot) { return 2 * m + l - dot - m; })},
          {"the logit of the correct class is missing: this is ln Σ exp z",
           mean([](double m, double l, double) { return m + l; })},
          {"the sum of exponentials lacks its logarithm",
           mean([](double, double l, double dot) { return std::exp(l) - dot; })},
          {"the natural logarithm belongs here, not log10",
           mean([](double, double l, double dot) { return l / std::log(10.0) - dot; })},
          {"the natural logarithm belongs here, not log2",
           mean([](double, double l, double dot) { return l / std::log(2.0) - dot; })},
          {"this is the squared error", Tensor{{squares / p.N}}},
          {"this is the mean of the squared error", Tensor{{squares / (p.N * p.K)}}}};
}

// ∂L/∂W, ∂L/∂b and ∂L/∂x as functions of δ, x, W.
Tensor gradient(char which, const Tensor& delta, const Tensor& x, const Tensor& Wt) {
  return which == 'W' ? product(transposed(x), delta) : which == 'b' ? sums(delta) : product(delta, transposed(Wt));
}

Slips slips_of_gradient(const Pass& p, char which) {
  const Tensor &delta = p.layer.dL_du(), &x = *p.layer.x, &Wt = p.layer.Wt;
  const auto with = [&](const Tensor& d) { return gradient(which, d, x, Wt); };
  Slips slips;
  if (!p.canonical) slips.push_back({"∂L/∂a stands where ∂L/∂z belongs: the ⊙ is missing", with(p.dL_da)});
  if (p.layer.activation->traits.elementwise)
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
    slips.push_back(
        {"the output a stands where the input x of the layer belongs", product(transposed(p.layer.a), delta)});
  if (which == 'b' && delta.rows() == delta.cols())
    slips.push_back({"this adds up the units of a sample; add up the samples of a unit", sums(turned(delta))});
  if (which == 'x' && Wt.rows() == Wt.cols()) slips.push_back({"W is transposed: ∂L/∂x = δ W", product(delta, Wt)});
  return slips;
}

// The slips of quantity `name`, as a trace lays it out (∂L/∂W as inputs × units), and those of the quantity before it
// if that was not given.
Slips slips_of(std::string_view name, const Pass& p, const std::function<bool(std::string_view)>& given) {
  const Activation& sigma = *p.layer.activation;
  const bool plain = !p.layer.batch_norm && !p.layer.residual && !p.layer.dropout;
  if (name == "z" || name == "u") return p.layer.batch_norm && name == "z" ? Slips{} : slips_of_z(p);
  if (name == "slope") return slips_of_slope(p);
  if (name == "dL_da") return slips_of_dL_da(p);
  Slips slips;
  if (name == "a" || name == "s") {
    slips = slips_of_a(p);
    if (plain && !given("z")) {
      for (const Slip& slip : slips_of_z(p)) slips.push_back({slip.text, value_of(sigma, slip.wrong)});
    }
  } else if (name == "dL_dz") {
    slips = slips_of_dL_dz(p);
    if (plain && sigma.traits.elementwise && !p.canonical && !given("dL_da")) {
      for (const Slip& slip : slips_of_dL_da(p)) slips.push_back({slip.text, times(slip.wrong, p.layer.derivative)});
    }
  } else if (name == "dL_dW" || name == "dL_db" || name == "dL_dx") {
    slips = slips_of_gradient(p, name.back());
    if (plain && !given("dL_dz")) {
      for (const Slip& slip : slips_of("dL_dz", p, given)) {
        slips.push_back({slip.text, gradient(name.back(), slip.wrong, *p.layer.x, p.layer.Wt)});
      }
    }
  }
  return slips;
}

std::string formula_of(std::string_view name, const Pass& p) {
  const bool elementwise = p.layer.activation->traits.elementwise;
  if (name == "x") return "x";
  if (name == "u" || (name == "z" && !p.layer.batch_norm)) return "x Wᵀ + b";
  if (name == "z") return "γ (u − mean)/√(var + ε) + β";
  if (name == "slope") return elementwise ? "σ′(z)" : "a (1 − a)";
  if (name == "s" || (name == "a" && !p.layer.residual && !p.layer.dropout)) return "σ(z)";
  if (name == "a") return p.layer.residual ? "mask ⊙ σ(z) + x" : "mask ⊙ σ(z)";
  if (name == "dL_da") return p.next ? "δ W of the next layer" : "the derivative of the loss";
  if (name == "dL_dz" && p.canonical) return elementwise ? "(a − y)/(N·K)" : "(a − y)/N";
  if (name == "dL_dz") return elementwise ? "∂L/∂a ⊙ σ′(z)" : "aⱼ (gⱼ − Σₖ gₖ aₖ), g = ∂L/∂a,";
  if (name == "dL_dW") return "δᵀ x";
  if (name == "dL_db") return "Σᵢ δᵢ";
  return name == "dL_dx" ? "δ W" : "primer";
}

double largest(std::span<const double> values) {
  double result = 0;
  for (const double v : values) result = std::isfinite(v) ? std::max(result, std::abs(v)) : result;
  return result;
}

constexpr double for_double = 1e-9, for_float = 1e-4;  // fractions of the largest number of an array

// Compares arrays as flat lists of numbers.
struct Comparison {
  double tolerance;  // a fraction of the largest number

  std::optional<std::size_t> first_difference(std::span<const double> got, std::span<const double> want,
                                              double least) const {
    const double allowed = tolerance * std::max(largest(want), least) + 1e-300;
    for (std::size_t i = 0; i < want.size(); ++i) {
      // An infinite ∂L/∂a of a canonical pair is never computed by others; NaN stands for it, too.
      if (!std::isfinite(want[i]) || std::abs(got[i] - want[i]) <= allowed) continue;
      return i;
    }
    return {};
  }
  bool same(std::span<const double> got, std::span<const double> want) const {
    return got.size() == want.size() && largest(want) > 0 && !first_difference(got, want, 0);
  }
};

// The sentence for an array that is a multiple of the right one.
std::string_view multiple(std::span<const double> got, std::span<const double> want, std::string_view name,
                          const Pass& p, bool squared_error, const Comparison& close) {
  const auto N = static_cast<double>(p.N), K = static_cast<double>(p.K);
  const bool of_loss = name == "loss" || name == "dL_da" || name == "dL_dz";
  struct Factor {
    bool applies;
    double value;
    std::string_view text;
  };
  const Factor factors[]{
      {true, -1, "the sign is wrong"},
      {true, 0, "this was never computed: it is 0"},
      {squared_error && of_loss, 0.5, "it is half as large: the derivative of (a − y)² has a factor 2"},
      {squared_error && name == "loss", 0.5, "it is half as large: L is the mean of (a − y)², without ½"},
      {!of_loss, 2, "it is twice as large: the buffer still contains the pass before; assign, do not add"},
      {N > 1, N, "1/N is missing: this is the sum over the samples, not the mean"},
      {N > 1, 1 / N, "1/N is in it twice: the loss already contains the mean over the batch"},
      {K > 1 && of_loss, K, "divide by the number of all entries N·K, not by N alone"},
      {K > 1 && of_loss, 1 / K, "divide by the number of samples N alone, not by N·K"},
      {N * K > 1, N * K, "the mean is missing: this is the sum over all entries"},
      {name == "loss", 1 / std::log(2.0), "the natural logarithm belongs here, not log2"},
      {name == "loss", 1 / std::log(10.0), "the natural logarithm belongs here, not log10"},
      {true, 2, "it is twice as large: a factor 2 too much, or a buffer that still contains the pass before"},
      {true, 0.5, "it is half as large"},
      {name == "dL_dW" || name == "dL_dx" || name == "dL_db", N * N, "it is multiplied by N² samples"}};
  std::vector<double> scaled_(want.size());
  for (const Factor& factor : factors) {
    if (!factor.applies) continue;
    std::ranges::transform(want, scaled_.begin(), [&](double v) { return factor.value * v; });
    const bool zero = factor.value == 0 && largest(got) == 0 && largest(want) > 0;
    if (zero || (factor.value != 0 && close.same(got, scaled_))) return factor.text;
  }
  return {};
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

// Where in the computation an array stands: smaller is earlier.
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

// Whether some array was computed in 32 bits: all its numbers are floats, and half of them have more than 12 binary
// digits.
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

// "[2][0]", the indices of number i from 0.
std::string place(std::size_t i, const std::vector<std::size_t>& shape) {
  std::string text;
  for (std::size_t d = shape.size(); d-- > 0; i /= shape[d]) text.insert(0, concat("[", i % shape[d], "]"));
  return text;
}

// Two numbers with as many digits as are needed to tell them apart.
std::pair<std::string, std::string> spoken(double x, double y) {
  for (const int digits : {4, 7, 10, 17}) {
    const auto a = short_number(x, digits), b = short_number(y, digits);
    if (a != b || digits == 17) return {a, b};
  }
  return {};
}

// One array of the trace and the one that was given for it.
struct Pair {
  const NamedTensor &got, &want;
  std::size_t layer;  // from 1; 0 for loss and y
  std::string quantity;
  Pass pass;
  std::string formula;

  bool exchanged() const {  // rows and columns
    const auto &g = got.shape, &w = want.shape;
    return g.size() == 2 && w.size() == 2 && g[0] == w[1] && g[1] == w[0] && g[0] > 1 && g[1] > 1;
  }
  // Gradients cancel in sums: their rounding is measured by the numbers that are added.
  double least() const {
    return quantity.starts_with("dL_d") ? 1e-3 * largest(named("", pass.layer.dL_dz, Layout::vector).values) : 0;
  }
};

Pair pair_of(const NamedTensor& got, const NamedTensor& want, Network& network, const Loss& loss, const Tensor& y) {
  const std::size_t dot = want.name.find('.'), L = network.layers.size();
  const auto number = static_cast<std::size_t>(parse_number(want.name.substr(0, dot)).value_or(0));
  const std::size_t l = number > 0 ? number - 1 : L - 1;
  const bool last = l + 1 == L;
  Pair pair{got,
            want,
            number,
            number > 0 ? want.name.substr(dot + 1) : want.name,
            {network.layers[l], network.dL_da(l, loss, y), y, last ? nullptr : &network.layers[l + 1],
             last && network.canonical(loss), static_cast<real>(y.rows()), static_cast<real>(y.cols())},
            "primer"};
  if (number > 0) pair.formula = formula_of(pair.quantity, pair.pass);
  if (pair.quantity == "loss") pair.formula = loss.name();
  return pair;
}

std::string slip_of_shape(const Pair& pair) {
  if (pair.exchanged()) return "it is transposed";
  const bool summands = pair.quantity == "dL_db" && pair.got.values.size() == pair.pass.layer.dL_dz.size();
  return summands ? "the sum over the samples is missing" : "";
}

std::string slip_of_numbers(const Pair& pair, std::size_t at, const Loss& loss, const Safetensors& given,
                            const Comparison& close) {
  const std::span<const double> got = pair.got.values, want = pair.want.values;
  const Layout layout = pair.quantity == "dL_dW" ? Layout::transpose : Layout::matrix;
  const auto was_given = [&](std::string_view name) { return given.tensor(concat(pair.layer, ".", name)) != nullptr; };
  Slips slips;
  if (pair.layer > 0) slips = slips_of(pair.quantity, pair.pass, was_given);
  if (pair.quantity == "loss" && loss.name() == "cross_entropy") slips = slips_of_cross_entropy(pair.pass);
  for (const Slip& slip : slips) {
    if (close.same(got, named("", slip.wrong, layout).values)) return std::string(slip.text);
  }
  if (pair.exchanged() && layout == Layout::transpose &&
      close.same(got, named("", pair.pass.layer.dL_dWt, Layout::matrix).values))
    return "it is transposed";
  if (const auto text = multiple(got, want, pair.quantity, pair.pass, loss.name() == "mse", close); !text.empty()) {
    return std::string(text);
  }
  if (!std::isfinite(got[at])) {
    return "a number overflowed: subtract the largest logit before exp, and compute losses from the logits";
  }
  if (close.tolerance < for_float && !Comparison{for_float}.first_difference(got, want, pair.least())) {
    return "the difference is the rounding of 32-bit numbers: compute in float64, from float64 inputs and weights";
  }
  const bool input = pair.want.name == "1.x" || pair.want.name == "y";
  return input ? "this is another batch: give the rows that you used with --data FILE or --row N" : "";
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
  for (const NamedTensor& want : ours.tensors) {
    const NamedTensor* const got = given.tensor(want.name);
    if (!got) {
      result.missing.push_back(want.name);
      continue;
    }
    const Pair pair = pair_of(*got, want, network, loss, y);
    if (squeezed(got->shape) != squeezed(want.shape)) {
      result.wrong = want.name;
      result.what = "it is " + text_of(got->shape) + ", and " + pair.formula + " is " + text_of(want.shape);
      result.slip = slip_of_shape(pair);
      return result;
    }
    if (const auto at = close.first_difference(got->values, want.values, pair.least())) {
      const auto [is, gives] = spoken(got->values[*at], want.values[*at]);
      result.wrong = want.name;
      result.what = "at " + place(*at, want.shape) + " it is " + is + "; " + pair.formula + " gives " + gives;
      result.slip = slip_of_numbers(pair, *at, loss, given, close);
      return result;
    }
    result.right.push_back(want.name);
  }
  result.missing.clear();
  return result;
}

}  // namespace primer
