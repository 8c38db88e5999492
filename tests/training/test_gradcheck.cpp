#include "primer/training/gradcheck.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "primer/core/elementary.hpp"
#include "primer/core/random.hpp"
#include "primer/training/training.hpp"

using namespace primer;

namespace {

constexpr bool is_double = sizeof(real) == sizeof(double);

struct Problem {
  Network network;
  std::unique_ptr<Loss> loss;
  Tensor x, y;

  GradientCheck check() { return check_gradients(network, *loss, x, y); }
};

Tensor noise(std::size_t rows, std::size_t cols, Random& random) {
  Tensor t(rows, cols);
  for (real& v : t.values()) v = static_cast<real>(random.normal());
  return t;
}

// Targets that fit: rows that sum to 1, probabilities, or any number.
Tensor targets(const Loss& loss, std::size_t rows, std::size_t cols, Random& random) {
  Tensor y = noise(rows, cols, random);
  if (loss.name() == "binary_cross_entropy") {
    for (real& v : y.values()) v = static_cast<real>(random.uniform());
  }
  if (loss.name() == "cross_entropy") {
    y.fill(0);
    for (std::size_t i = 0; i < rows; ++i) y(i, random.below(cols)) = 1;
  }
  return y;
}

Problem problem(const std::vector<LayerOptions>& layers, const LossOptions& loss, std::uint64_t seed,
                std::size_t rows = 5, std::size_t inputs = 3) {
  Random random(seed, Stream::data);
  Problem p{Network(inputs, layers, seed), make_loss(loss), noise(rows, inputs, random), {}};
  p.y = targets(*p.loss, rows, layers.back().units, random);
  leave_special_values(p.network, seed);
  return p;
}

std::string report(const GradientCheck& check) {
  std::string text;
  for (const TensorCheck& t : check.tensors) {
    if (t.verdict() == "pass") continue;
    text += t.tensor + " " + std::string(t.verdict()) + ": " + std::to_string(t.excluded) + " of " +
            std::to_string(t.entries) + " excluded, rel " + std::to_string(t.max_rel * 1e6) + "e-6 at " +
            std::to_string(t.worst_row) + ":" + std::to_string(t.worst_col) + "\n";
  }
  return text;
}

std::string output_for(std::string_view loss) {
  if (loss == "cross_entropy") return "softmax";
  return loss == "binary_cross_entropy" ? "sigmoid" : "identity";
}

// The built-in activations, whatever other tests have registered.
std::vector<std::string_view> built_in() {
  const std::vector<std::string_view> names = activations().names();
  return {names.begin(), std::find(names.begin(), names.end(), "softmax") + 1};
}

Problem random_problem(std::uint64_t seed) {
  Random random(seed, Stream::split);
  const std::vector<std::string_view> sigmas = built_in();
  const std::vector<std::string_view> all_losses = losses().names();
  const std::string loss(all_losses[random.below(all_losses.size())]);
  std::size_t inputs = 1 + random.below(5);
  const std::size_t first_inputs = inputs;
  std::vector<LayerOptions> layers(1 + random.below(4));
  for (LayerOptions& layer : layers) {
    layer.units = random.below(2) == 0 ? inputs : 1 + random.below(6);
    layer.activation = sigmas[random.below(sigmas.size())];
    layer.batch_norm = random.below(3) == 0;
    layer.residual = layer.units == inputs && random.below(2) == 0;
    layer.dropout = random.below(5) == 0 ? real(0.3) : real(0);
    inputs = layer.units;
  }
  LayerOptions& output = layers.back();
  if (loss.ends_with("cross_entropy")) {
    output.activation = output_for(loss);
    output.residual = false;
    output.dropout = 0;
    if (loss == "cross_entropy" && output.units == 1) output.units = 2;
  }
  return problem(layers, {loss, 1, random.below(2) == 0 ? real(0) : real(0.1)}, seed, 2 + random.below(6),
                 first_inputs);
}

// Activations with wrong derivatives that published code contains.
template <int k>
struct Wrong;
template <>
struct Wrong<0> {
  static constexpr std::string_view name = "test_sigmoid_without_one_minus_a";
  real value(real z) const { return sigmoid(z); }
  real derivative(real z) const { return sigmoid(z); }
};
template <>
struct Wrong<1> {
  static constexpr std::string_view name = "test_tanh_with_the_slope_of_sigmoid";
  real value(real z) const { return tanh(z); }
  real derivative(real z) const { return sigmoid_derivative(z); }
};
template <>
struct Wrong<2> {
  static constexpr std::string_view name = "test_gelu_without_its_second_term";
  real value(real z) const { return z * normal_cdf(z); }
  real derivative(real z) const { return normal_cdf(z); }
};
template <>
struct Wrong<3> {
  static constexpr std::string_view name = "test_gelu_tanh_with_the_slope_of_gelu";
  real value(real z) const { return z * sigmoid(real(1.5957691216057307) * (z + real(0.044715) * z * z * z)); }
  real derivative(real z) const { return normal_cdf(z) + z * normal_pdf(z); }
};
template <>
struct Wrong<4> {
  static constexpr std::string_view name = "test_softplus_with_a_flipped_sign";
  real value(real z) const { return softplus(z); }
  real derivative(real z) const { return -sigmoid(z); }
};
template <>
struct Wrong<5> {
  static constexpr std::string_view name = "test_silu_off_by_a_hundred_thousandth";
  real value(real z) const { return z * sigmoid(z); }
  real derivative(real z) const { return (sigmoid(z) + z * sigmoid_derivative(z)) * real(1.00001); }
};

template <int k>
bool caught_slope() {
  bool known = false;
  for (const std::string_view name : activations().names()) known = known || name == Wrong<k>::name;
  if (!known) register_activation<Wrong<k>>();
  return !problem({{4, std::string(Wrong<k>::name)}, {2, "identity"}}, {"mse"}, 3).check().passed();
}

using Gradients = std::vector<Tensor>;

}  // namespace

TEST_CASE("every activation passes the gradient check with every loss that fits, hidden and at the output" *
          doctest::skip(!is_double)) {
  std::size_t checked = 0;
  for (const std::string_view sigma : activations().names()) {
    if (sigma.starts_with("test_")) continue;  // wrong on purpose
    for (const std::string_view loss : losses().names()) {
      std::vector<std::string> outputs{output_for(loss)};
      if (loss == "mse" || loss == "mae" || loss == "huber") outputs.emplace_back(sigma);
      if (loss == "binary_cross_entropy") outputs.emplace_back("softmax");  // the general path
      for (const std::string& output : outputs) {
        Problem p = problem({{4, std::string(sigma)}, {3, std::string(sigma)}, {3, output}}, {loss}, 5);
        const GradientCheck check = p.check();
        INFO(sigma, " with ", loss, " and ", output, " at the output\n", report(check));
        CHECK(check.passed());
        ++checked;
      }
    }
  }
  CHECK(checked >= 14u * 9u);
}

TEST_CASE("a thousand random networks raise no false alarm" * doctest::skip(!is_double)) {
  std::size_t compared = 0;
  std::size_t excluded = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    Problem p = random_problem(seed);
    const GradientCheck check = p.check();
    INFO("network ", seed, "\n", report(check));
    CHECK(check.passed());
    for (const TensorCheck& t : check.tensors) {
      compared += t.entries - t.excluded;
      excluded += t.excluded;
    }
  }
  MESSAGE(compared << " entries compared, " << excluded << " excluded at kinks");
  CHECK(compared > 50'000);
  CHECK(excluded < compared / 100);
}

TEST_CASE("the gradient check catches every injected fault" * doctest::skip(!is_double)) {
  CHECK(caught_slope<0>());
  CHECK(caught_slope<1>());
  CHECK(caught_slope<2>());
  CHECK(caught_slope<3>());
  CHECK(caught_slope<4>());
  CHECK(caught_slope<5>());

  std::size_t faults = 6;
  Problem p =
      problem({{4, "tanh", "auto", true}, {4, "prelu", "auto", false, true}, {3, "softmax"}}, {"cross_entropy"}, 9);
  const Gradients right = analytic_gradients(p.network, *p.loss, p.x, p.y);
  REQUIRE(check_gradients(p.network, *p.loss, p.x, p.y, right).passed());
  const auto caught = [&](const std::function<void(Tensor&)>& spoil, std::size_t t) {
    Gradients wrong = right;
    spoil(wrong[t]);
    const GradientCheck check = check_gradients(p.network, *p.loss, p.x, p.y, wrong);
    ++faults;
    INFO("tensor ", check.tensors[t].tensor);
    CHECK(check.tensors[t].verdict() == "mismatch");
    CHECK(!check.passed());
  };
  for (std::size_t t = 0; t < right.size(); ++t) {
    if (t == 1) continue;  // the bias before batch_norm: its gradient is 0
    caught(
        [](Tensor& g) {
          for (real& v : g.values()) v = -v;
        },
        t);  // a sign
    caught(
        [](Tensor& g) {
          for (real& v : g.values()) v *= real(5) / 4;
        },
        t);                                                              // a mean over N − 1
    caught([](Tensor& g) { g.data()[g.size() - 1] += real(1e-5); }, t);  // one entry
    caught([](Tensor& g) { g.data()[0] = std::numeric_limits<real>::quiet_NaN(); }, t);
  }
  caught([](Tensor& g) { std::swap(g(0, 1), g(1, 0)); }, 0);  // a transposed W
  caught([](Tensor& g) { g.fill(real(1e-4)); }, 1);           // a gradient where there is none
  caught([](Tensor& g) { std::rotate(g.data(), g.data() + 1, g.data() + g.size()); }, 2);
  CHECK(faults >= 30);
}

TEST_CASE("the worst entry is named by its position in W, outputs × inputs" * doctest::skip(!is_double)) {
  Problem p = problem({{4, "tanh"}, {2, "identity"}}, {"mse"}, 2);
  Gradients wrong = analytic_gradients(p.network, *p.loss, p.x, p.y);
  wrong[0](2, 3) += real(0.5);  // the tensor is Wᵀ: input 2, unit 3
  const GradientCheck check = check_gradients(p.network, *p.loss, p.x, p.y, wrong);
  CHECK(check.tensors[0].tensor == "layers.1.weight");
  CHECK(check.tensors[0].worst_row == 3);
  CHECK(check.tensors[0].worst_col == 2);
  CHECK(check.tensors[0].max_abs == doctest::Approx(0.5));
  CHECK(check.tensors.back().tensor == "input");
  CHECK(check.tensors.back().entries == p.x.size());
  CHECK(check.noise_floor > 0);
  CHECK(check.noise_floor < 1e-9);
}

TEST_CASE(
    "an entry whose difference would span a kink is excluded, and a check without a compared entry does not pass" *
    doctest::skip(!is_double)) {
  Problem p{Network(2, std::vector<LayerOptions>{{3, "relu"}, {1, "identity"}}, 1), make_loss(LossOptions{"mse"}),
            Tensor(4, 2), Tensor(4, 1, 1)};
  const GradientCheck at_the_kink = p.check();  // x = 0 and b = 0: every z of layer 1 is 0
  CHECK(at_the_kink.tensors[1].tensor == "layers.1.bias");
  CHECK(at_the_kink.tensors[1].excluded == 3);
  CHECK(at_the_kink.tensors[1].verdict() == "nothing compared");
  CHECK(at_the_kink.tensors[0].excluded == 0);  // the weights change no z
  CHECK(!at_the_kink.passed());
  CHECK(!GradientCheck{}.passed());
  leave_special_values(p.network, 1);
  CHECK(p.check().passed());

  Problem mae{Network(1, std::vector<LayerOptions>{{1, "identity", "zeros"}}, 1), make_loss(LossOptions{"mae"}),
              Tensor{{2}}, Tensor{{0}}};
  CHECK(mae.check().tensors[0].excluded == 1);  // a − y = 0
  mae.network.layers[0].b[0] = mae.y[0] = 3;
  CHECK(mae.check().tensors[1].excluded == 1);  // a − y = 3 − 3
}

TEST_CASE("a check leaves the network as it was, running statistics included" * doctest::skip(!is_double)) {
  Problem p = problem({{4, "tanh", "auto", true, false, real(0.2)}, {2, "identity"}}, {"mse"}, 4);
  std::vector<Tensor> before;
  for (Dense& layer : p.network.layers) {
    for (const Parameter& t : layer.tensors()) before.push_back(*t.value);
  }
  CHECK(p.check().passed());
  std::size_t i = 0;
  for (Dense& layer : p.network.layers) {
    for (const Parameter& t : layer.tensors()) CHECK(*t.value == before[i++]);
  }
}

namespace {

// The identity, which records every z.
struct Witness {
  static constexpr std::string_view name = "test_witness";
  static std::vector<double>& seen() {
    static std::vector<double> z;
    return z;
  }
  real value(real z) const {
    seen().push_back(static_cast<double>(z));
    return z;
  }
  real derivative(real) const { return 1; }
};

}  // namespace

TEST_CASE("a wrong entry is compared at ±h and ±2h with h, 16 h, h/16 and h/256, times |p| if that is above 1" *
          doctest::skip(!is_double)) {
  for (const real weight : {real(0.5), real(4)}) {
    std::vector<Dense> layers;
    layers.emplace_back(1, 1, std::make_unique<Elementwise<Witness>>(Witness{}));
    layers.back().Wt(0, 0) = weight;
    Network network(std::move(layers));
    const auto loss = make_loss(LossOptions{"mse"});
    const std::vector<Tensor> wrong{Tensor{{1000}}, Tensor{{2 * weight}}, Tensor{{2 * weight * weight}}};
    Witness::seen().clear();
    const GradientCheck check = check_gradients(network, *loss, Tensor{{1}}, Tensor{{0}}, wrong);
    CHECK(check.tensors[0].verdict() == "mismatch");
    CHECK(check.tensors[0].max_abs == doctest::Approx(1000 - 2 * static_cast<double>(weight)));
    CHECK(check.tensors[0].max_rel ==
          doctest::Approx((1000 - 2 * static_cast<double>(weight)) / 1000.001).epsilon(1e-9));
    CHECK(check.tensors[1].verdict() == "pass");
    CHECK(check.tensors[2].verdict() == "pass");
    CHECK(GradientCheck::h == std::pow(2.0, -15));
    // S = L + |∂L/∂z| |w x| + |∂L/∂z z| + |∂L/∂a| |a| = w² + 3 · 2w²
    CHECK(check.noise_floor == 4 * 0x1p-52 * 7 * static_cast<double>(weight * weight) * 0x1p15);
    for (const double factor : {1.0, 16.0, 1.0 / 16, 1.0 / 256}) {
      for (const double times : {1.0, -1.0, 2.0, -2.0}) {
        const double z = static_cast<double>(weight) +
                         times * factor * GradientCheck::h * std::max(1.0, static_cast<double>(weight));
        CAPTURE(factor);
        CHECK(std::count(Witness::seen().begin(), Witness::seen().end(), z) >= 1);
      }
    }
  }
}

TEST_CASE("an entry is right up to |a − n| = 1e-9 + 1e-6 · max(|a|, |n|)" * doctest::skip(!is_double)) {
  // L = a², a = w x + b with w = 3, x = 1: ∂L/∂w = 6
  for (const auto& [error, right] : {std::pair{5.9e-6, true}, {-5.9e-6, true}, {6.1e-6, false}, {-6.1e-6, false}}) {
    Problem p{Network(1, std::vector<LayerOptions>{{1, "identity", "constant(3)"}}, 1), make_loss(LossOptions{"mse"}),
              Tensor{{1}}, Tensor{{0}}};
    Gradients gradients = analytic_gradients(p.network, *p.loss, p.x, p.y);
    CHECK(gradients[0](0, 0) == 6);
    gradients[0](0, 0) += static_cast<real>(error);
    const GradientCheck check = check_gradients(p.network, *p.loss, p.x, p.y, gradients);
    CHECK((check.tensors[0].verdict() == "pass") == right);
    CHECK(check.tensors[0].max_abs / std::abs(error) == doctest::Approx(1).epsilon(1e-3));
  }
}

TEST_CASE("special values move everything but the weights, by up to a quarter") {
  Network network(20, std::vector<LayerOptions>{{50, "prelu", "auto", true}, {50, "identity"}}, 1);
  Network untouched = Network(20, std::vector<LayerOptions>{{50, "prelu", "auto", true}, {50, "identity"}}, 1);
  leave_special_values(network, 1);
  double lowest = 0;
  double highest = 0;
  for (std::size_t l = 0; l < 2; ++l) {
    const std::vector<Parameter> after = network.layers[l].tensors();
    const std::vector<Parameter> before = untouched.layers[l].tensors();
    for (std::size_t t = 0; t < after.size(); ++t) {
      if (after[t].name == "weight" || after[t].name.starts_with("running_")) {
        CHECK(*after[t].value == *before[t].value);
        continue;
      }
      for (std::size_t i = 0; i < after[t].value->size(); ++i) {
        const auto moved = static_cast<double>(after[t].value->data()[i] - before[t].value->data()[i]);
        CHECK(moved != 0);
        lowest = std::min(lowest, moved);
        highest = std::max(highest, moved);
      }
    }
  }
  CHECK(lowest >= -0.25);
  CHECK(lowest < -0.23);
  CHECK(highest <= 0.25);
  CHECK(highest > 0.23);
  Random random(1, Stream::initialization, 0);  // no layer draws its weights from this stream
  CHECK(network.layers[0].b(0, 0) == static_cast<real>(random.uniform(-0.25, 0.25)));
}

namespace {

// One layer without hidden units: z = x W + b.
Problem one_layer(const std::string& activation, const LossOptions& loss, Tensor x, Tensor Wt, Tensor y) {
  Dense layer(Wt.rows(), Wt.cols(), make_activation(activation));
  layer.Wt = std::move(Wt);
  std::vector<Dense> layers;
  layers.push_back(std::move(layer));
  return {Network(std::move(layers)), make_loss(loss), std::move(x), std::move(y)};
}

}  // namespace

TEST_CASE("a verdict is a pass if no entry is wrong or undecided, and anything was compared") {
  const TensorCheck fresh;
  CHECK(fresh.entries == 0);
  CHECK(fresh.excluded == 0);
  CHECK(fresh.max_abs == 0);
  CHECK(fresh.max_rel == 0);
  CHECK(fresh.worst_row == 0);
  CHECK(fresh.worst_col == 0);
  CHECK(!fresh.matrix);
  CHECK(GradientCheck{}.noise_floor == 0);
  TensorCheck check{"t", 2, 1};
  CHECK(check.verdict() == "pass");
  check.any_undecided = true;
  CHECK(check.verdict() == "undecided");
  check.any_wrong = true;
  CHECK(check.verdict() == "mismatch");
  check.any_wrong = check.any_undecided = false;
  check.excluded = 2;
  CHECK(check.verdict() == "nothing compared");
}

TEST_CASE("the worst entry is the one with the largest relative distance" * doctest::skip(!is_double)) {
  // z = 1 in each of three columns, ∂L/∂b = 2 (1 − 4) / 3 = −2
  Problem p = one_layer("identity", {"mse"}, Tensor{{1}}, Tensor{{1, 1, 1}}, Tensor{{4, 4, 4}});
  const GradientCheck check = check_gradients(p.network, *p.loss, p.x, p.y,
                                              {Tensor{{-2, -2, -2}}, Tensor{{-1.75, -1.5, -1.875}}, Tensor{{-6}}});
  CHECK(check.tensors[0].verdict() == "pass");
  CHECK(check.tensors[1].worst_row == 0);
  CHECK(check.tensors[1].worst_col == 1);
  CHECK(check.tensors[1].max_abs == doctest::Approx(0.5));
  CHECK(check.tensors[1].max_rel == doctest::Approx(0.5 / 2.001));
}

TEST_CASE("the step grows with the number that it moves" * doctest::skip(!is_double)) {
  // At 1e9 a step of 3e-5, or of 5e-4, would leave a difference of W only one to four of its digits.
  Problem p = one_layer("tanh", {"mse"}, Tensor{{real(1e-9)}}, Tensor{{1e9}}, Tensor{{0}});
  CHECK(p.check().tensors[0].verdict() == "pass");
}

TEST_CASE("a large loss needs the large step, because it rounds away the digits of the others" *
          doctest::skip(!is_double)) {
  // L = (Σ zⱼ² + (zₖ − 4000)²) / 21 with zⱼ about 10: rounding moves a difference of bⱼ by about ε L / h = 5e-6, where
  // ∂L/∂bⱼ = 2 zⱼ / 21 is about 1.
  Tensor y(1, 21);
  y(0, 20) = 4000;
  Tensor Wt(1, 21);
  for (std::size_t j = 0; j < 21; ++j) Wt(0, j) = 1 + real(0.01) * static_cast<real>(j);
  Problem p = one_layer("identity", {"mse"}, Tensor{{10}}, Wt, y);
  const GradientCheck check = p.check();
  INFO(report(check));
  CHECK(check.noise_floor > 4e-6);
  CHECK(check.tensors[1].verdict() == "pass");
}

TEST_CASE("a sharp bend needs a smaller step, and a sharper one the smallest" * doctest::skip(!is_double)) {
  // As a function of W, tanh(x W) bends within 1/x. The five-point formula's error is of the order (x h)⁴.
  for (const double x : {1e4, 1e5}) {
    Problem p = one_layer("tanh", {"mse"}, Tensor(1, 1, static_cast<real>(x)), Tensor(1, 1, static_cast<real>(0.5 / x)),
                          Tensor(1, 1));
    INFO(x);
    CHECK(p.check().tensors[0].verdict() == "pass");
  }
  Problem p = one_layer("tanh", {"mse"}, Tensor{{1e7}}, Tensor{{real(0.5e-7)}}, Tensor{{0}});
  const TensorCheck sharpest = p.check().tensors[0];
  CHECK(sharpest.verdict() == "mismatch");
  double smallest = 1;  // of the relative distances with the four steps
  const double right = 2e7 * std::tanh(0.5) * (1 - std::tanh(0.5) * std::tanh(0.5));  // ∂L/∂W of L = tanh²(10⁷ W)
  const auto L = [](double W) { return std::tanh(1e7 * W) * std::tanh(1e7 * W); };
  for (const double factor : {1.0, 16.0, 1.0 / 16, 1.0 / 256}) {
    const double W = 0.5e-7, h = factor * 0x1p-15;
    const double numeric = (8 * (L(W + h) - L(W - h)) - (L(W + 2 * h) - L(W - 2 * h))) / (12 * h);
    smallest = std::min(smallest, std::abs(right - numeric) / (1e-3 + std::max(right, std::abs(numeric))));
  }
  CHECK(sharpest.max_rel == doctest::Approx(smallest).epsilon(1e-6));
}

TEST_CASE("a kink nearby needs a small step, and one that is nearer excludes the entry" * doctest::skip(!is_double)) {
  // b moves z = 1 · b; the points at ±2h lie 6e-5 away, with h/16 4e-6, with h/256 2.4e-7
  for (const auto& [distance, excluded] : {std::pair{1e-4, 0}, {1e-5, 0}, {1e-6, 0}, {1e-7, 1}}) {
    Problem p = one_layer("relu", {"mse"}, Tensor{{0}}, Tensor{{1}}, Tensor{{3}});
    p.network.layers[0].b(0, 0) = static_cast<real>(distance);
    CHECK(p.check().tensors[1].excluded == static_cast<std::size_t>(excluded));
  }
}

TEST_CASE("analytic gradients come in model order, then ∂L/∂x, and leave the network as it was") {
  Problem p = problem({{4, "tanh", "auto", true, false, real(0.2)}, {2, "identity"}}, {"mse"}, 4);
  const std::vector<Tensor> before = copy_of(p.network);
  const Gradients gradients = analytic_gradients(p.network, *p.loss, p.x, p.y);
  CHECK(copy_of(p.network) == before);
  REQUIRE(gradients.size() == p.network.parameters().size() + 1);
  CHECK(gradients.back().rows() == p.x.rows());
  CHECK(gradients.back().cols() == p.x.cols());
  p.network.forward_training(p.x, 1);
  p.network.backward(*p.loss, p.y, true);
  CHECK(gradients.front() == p.network.layers[0].dL_dWt);
  CHECK(gradients.back() == p.network.layers[0].dL_dx);
}

TEST_CASE("the scale of inputs and targets never turns a right network into a mismatch" *
          doctest::skip(!(sizeof(real) == sizeof(double)))) {
  std::size_t undecided = 0, passed = 0;
  for (const char* const activation : {"tanh", "relu", "sigmoid", "gelu", "softplus"}) {
    for (const char* const loss_name : {"mse", "mae", "huber"}) {
      for (const double of_inputs : {1.0, 1e2, 1e4, 1e6}) {
        for (const double of_targets : {1.0, 1e2, 1e4, 1e6}) {
          const std::vector<LayerOptions> layers{
              {.units = 6, .activation = activation}, {.units = 5, .activation = activation}, {.units = 1}};
          Network network(2, layers, 3);
          leave_special_values(network, 3);
          Random random(5, Stream::data);
          Tensor x(16, 2), y(16, 1);
          for (real& v : x.values()) v = static_cast<real>(random.uniform(-1, 1) * of_inputs);
          for (real& v : y.values()) v = static_cast<real>(random.uniform(-1, 1) * of_targets);
          const auto loss = make_loss(LossOptions{loss_name});
          for (const TensorCheck& t : check_gradients(network, *loss, x, y).tensors) {
            INFO(activation, " ", loss_name, " ", of_inputs, " ", of_targets, " ", t.tensor, " ", t.max_abs);
            CHECK(t.verdict() != "mismatch");
            undecided += t.verdict() == "undecided" ? 1 : 0;
            passed += t.verdict() == "pass" ? 1 : 0;
          }
        }
      }
    }
  }
  CHECK(passed > 5 * undecided);
}

TEST_CASE("a gradient that is wrong by one per cent never passes, whatever the scale" *
          doctest::skip(!(sizeof(real) == sizeof(double)))) {
  std::size_t caught = 0;
  for (const double of_targets : {1.0, 1e2, 1e4, 1e6, 1e10}) {
    const std::vector<LayerOptions> layers{{.units = 6, .activation = "tanh"}, {.units = 1}};
    Network network(2, layers, 3);
    Random random(5, Stream::data);
    Tensor x(16, 2), y(16, 1);
    for (real& v : x.values()) v = static_cast<real>(random.uniform(-1, 1));
    for (real& v : y.values()) v = static_cast<real>(random.uniform(-1, 1) * of_targets);
    const auto loss = make_loss(LossOptions{"mse"});
    std::vector<Tensor> analytic = analytic_gradients(network, *loss, x, y);
    for (real& g : analytic[0].values()) g *= real(1.01);
    const TensorCheck check = check_gradients(network, *loss, x, y, analytic).tensors[0];
    CAPTURE(of_targets);
    CHECK(check.verdict() != "pass");
    caught += check.verdict() == "mismatch" ? 1 : 0;
  }
  CHECK(caught == 4);  // at 1e10 the rounding of the loss, 1e20, is larger than the error: undecided
}

TEST_CASE("the check says at which row and column of the input a gradient is wrong" * doctest::skip(!is_double)) {
  Network network(2, std::vector<LayerOptions>{{.units = 3, .activation = "tanh"}, {.units = 1}}, 1);
  const auto loss = make_loss(LossOptions{"mse"});
  const Tensor x{{0.5, -1}, {0.25, 2}, {-0.75, 1}}, y(3, 1, real(0.5));
  std::vector<Tensor> analytic = analytic_gradients(network, *loss, x, y);
  analytic.back()(2, 0) += 1;
  const std::vector<TensorCheck> tensors = check_gradients(network, *loss, x, y, analytic).tensors;
  const TensorCheck& input = tensors.back();
  CHECK(input.tensor == "input");
  CHECK(input.worst_row == 2);
  CHECK(input.worst_col == 0);
  CHECK(input.matrix);
  CHECK(tensors[0].matrix);   // layers.1.weight
  CHECK(!tensors[1].matrix);  // layers.1.bias
}

TEST_CASE("the noise floor counts each unit with its inputs, its bias and its z, and each output with its target" *
          doctest::skip(!is_double)) {
  // S worked out in NumPy from the formula above rounding_of(); all numbers are multiples of 1/8, so it is exact.
  std::vector<Dense> list;
  list.emplace_back(2, 3, make_activation("identity"));
  list[0].Wt = Tensor{{1, -1, 2}, {0, 2, -1}};
  list[0].b = Tensor{{1, 0, -2}};
  list.emplace_back(3, 2, make_activation("identity"));
  list[1].Wt = Tensor{{1, -1}, {2, 0}, {-1, 1}};
  list[1].b = Tensor{{0.5, -1}};
  Network network(std::move(list));
  const Tensor x{{1, -2}, {3, 1}, {0, 2}, {-1, -1}}, y{{1, 2}, {-1, 0}, {4, -4}, {0, 3}};
  CHECK(check_gradients(network, *make_loss(LossOptions{"mse"}), x, y).noise_floor == 464.5 * 4 * 0x1p-52 * 0x1p15);

  // A canonical pair has no ∂L/∂a: S = ln(1 + e⁻²) + 2 · (1 − σ(2)) · 2
  Problem p = one_layer("sigmoid", {"binary_cross_entropy"}, Tensor{{2}}, Tensor{{1}}, Tensor{{1}});
  const double S = std::log1p(std::exp(-2.0)) + 4 / (1 + std::exp(2.0));
  CHECK(std::abs(p.check().noise_floor / (S * 4 * 0x1p-52 * 0x1p15) - 1) < 1e-12);
}

TEST_CASE(
    "a difference that rounding explains is right if it is at most 1 % of the largest gradient, otherwise undecided" *
    doctest::skip(!is_double)) {
  // Unit 3 of relu is off and has the target 1024, so that L is large, whatever the biases. With S ≈ 3 · 1024² / 4,
  // rounding moves a difference by n; by n / 16 with the step 16 h, and by a |b|-th of that if |b| > 1.
  const double n = 3 * 0x1p20 / 4 * 4 * 0x1p-52 * 0x1p15;
  struct Bias {
    double b, gradient, other_gradient, error;  // the last three in multiples of n
    const char* verdict;
  };
  for (const Bias& bias : {Bias{1, 150, 0, 0.4, "pass"},  // n is less than 1 % of 150 n
                           {1, -150, 0, 0.4, "pass"},
                           {1, 75, 0, 0.4, "undecided"},
                           {1, 75, 150, 0.4, "pass"},
                           {0.25, 150, 0, 0.4, "pass"},
                           {1, 9, 0, 0.03, "pass"},     // n / 16 is less than 1 % of 9 n
                           {4, 2, 0, 0.01, "pass"}}) {  // n / 64 is less than 1 % of 2 n
    CAPTURE(bias.b);
    CAPTURE(bias.gradient);
    Tensor y{{static_cast<real>(bias.b), 1, 1, 1024}};
    y[0] -= static_cast<real>(2 * bias.gradient * n);
    y[1] -= static_cast<real>(2 * bias.other_gradient * n);
    Problem p = one_layer("relu", {"mse"}, Tensor{{0}}, Tensor(1, 4), y);
    p.network.layers[0].b = Tensor{{static_cast<real>(bias.b), 1, 1, -1}};
    Gradients gradients = analytic_gradients(p.network, *p.loss, p.x, p.y);
    CHECK(std::abs(gradients[1](0, 0) / (bias.gradient * n) - 1) < 1e-6);
    gradients[1](0, 0) += static_cast<real>(bias.error * n);
    const TensorCheck check = check_gradients(p.network, *p.loss, p.x, p.y, gradients).tensors[1];
    CHECK(check.verdict() == std::string(bias.verdict));
  }
}

TEST_CASE("of entries that are equally wrong the first one is named" * doctest::skip(!is_double)) {
  Problem p = one_layer("identity", {"mse"}, Tensor{{1}}, Tensor{{1, 1, 1}}, Tensor{{4, 4, 4}});
  const GradientCheck check =
      check_gradients(p.network, *p.loss, p.x, p.y, {Tensor{{-2, -2, -2}}, Tensor{{-2, -1.5, -1.5}}, Tensor{{-6}}});
  CHECK(check.tensors[1].verdict() == "mismatch");
  CHECK(check.tensors[1].worst_col == 1);
}

namespace {

struct Parabola {
  static constexpr std::string_view name = "test_parabola";
  real value(real z) const { return z * z; }
  real derivative(real z) const { return 2 * z; }
};

}  // namespace

TEST_CASE("an entry that moves a z away from a kink to one side only is excluded too" * doctest::skip(!is_double)) {
  for (const real w : {real(1), real(-1)}) {  // the second z is w b², where b is the first bias
    std::vector<Dense> list;
    list.emplace_back(1, 1, std::make_unique<Elementwise<Parabola>>(Parabola{}));
    list.emplace_back(1, 1, make_activation("relu"));
    list[1].Wt = Tensor{{w}};
    Network network(std::move(list));
    const GradientCheck check = check_gradients(network, *make_loss(LossOptions{"mse"}), Tensor{{0}}, Tensor{{1}});
    CAPTURE(w);
    CHECK(check.tensors[1].tensor == "layers.1.bias");
    CHECK(check.tensors[1].excluded == 1);
  }
}
