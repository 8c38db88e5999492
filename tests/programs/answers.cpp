// What the checks of the course ask a solution: reads cases from standard input, hands each to one function of the
// library and prints what comes back, nothing else. It knows no expected value.
// A case is a kind, a number of matrices, and each as rows, columns and entries; an answer is a line `ok` with matrices
// in the same form, or `threw` with the text of the exception.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "primer/core/activation.hpp"
#include "primer/core/dense.hpp"
#include "primer/core/initializer.hpp"
#include "primer/core/loss.hpp"
#include "primer/core/network.hpp"
#include "primer/core/optimizer.hpp"
#include "primer/training/gradcheck.hpp"

namespace {

using namespace primer;
using Tensors = std::vector<Tensor>;

Tensor transpose(const Tensor& t) {
  Tensor result(t.cols(), t.rows());
  for (std::size_t i = 0; i < t.rows(); ++i) {
    for (std::size_t j = 0; j < t.cols(); ++j) result(j, i) = t(i, j);
  }
  return result;
}

// derivative (or a of a softmax), dL_da → dL_dz. Twice, into the same buffer: what an earlier pass left must not
// matter.
Tensors backward(const char* name, const Tensor& a, const Tensor& derivative, const Tensor& dL_da) {
  const auto sigma = make_activation(name);
  Tensor dL_dz;
  sigma->backward(a, a, derivative, dL_da, dL_dz);
  sigma->backward(a, a, derivative, dL_da, dL_dz);
  return {dL_dz};
}

Dense layer(const Tensor& W, const Tensor& b) {
  Dense dense(W.cols(), W.rows(), make_activation("sigmoid"));
  dense.Wt = transpose(W);
  dense.b = b;
  return dense;
}

Tensors dense_forward(const Tensors& in) {  // x, W, b → z
  Dense dense = layer(in[1], in[2]);
  dense.forward(in[0]);
  dense.forward(in[0]);
  return {dense.z};
}

Tensors dense_backward(const Tensors& in) {  // x, W, b, dL_dz → dL_dW, dL_db, dL_dx
  Dense dense = layer(in[1], in[2]);
  dense.forward(in[0]);
  dense.dL_dz = in[3];
  dense.backward_from_dL_dz();
  dense.backward_from_dL_dz();
  return {transpose(dense.dL_dWt), dense.dL_db, dense.dL_dx};
}

Tensors cross_entropy(const Tensors& in) {  // z, a, y, smoothing → value, dL_dz
  const auto loss = make_loss({.loss = "cross_entropy", .label_smoothing = in[3](0, 0)});
  Tensor dL_dz;
  Tensor scratch;
  loss->gradient_from_logits(in[1], in[2], dL_dz);
  return {Tensor{{loss->value_from_logits(in[0], in[2], scratch)}}, dL_dz};
}

// The parameters after every step. They are two tensors of half the entries each, as in a network.
Tensors optimize(const OptimizerOptions& options, const Tensor& rates, const Tensor& p0, const Tensor& gradients) {
  const std::size_t n = p0.cols() / 2;
  Tensor p[2] = {Tensor(1, n), Tensor(1, p0.cols() - n)};
  Tensor g[2] = {p[0], p[1]};
  for (std::size_t i = 0; i < p0.cols(); ++i) (i < n ? p[0](0, i) : p[1](0, i - n)) = p0(0, i);
  const std::vector<Parameter> parameters{{"weight", &p[0], &g[0]}, {"bias", &p[1], &g[1]}};
  Optimizer optimizer(options);
  Tensor path(gradients.rows(), gradients.cols());
  for (std::size_t t = 0; t < gradients.rows(); ++t) {
    for (std::size_t i = 0; i < p0.cols(); ++i) (i < n ? g[0](0, i) : g[1](0, i - n)) = gradients(t, i);
    optimizer.step(parameters, rates(0, t));
    for (std::size_t i = 0; i < p0.cols(); ++i) path(t, i) = i < n ? p[0](0, i) : p[1](0, i - n);
  }
  return {path};
}

Tensors sgd(const Tensors& in) {  // rates, (μ, nesterov, λ), p, gradients → path
  OptimizerOptions options;
  options.momentum = static_cast<double>(in[1](0, 0));
  options.nesterov = in[1](0, 1) != 0;
  options.weight_decay = static_cast<double>(in[1](0, 2));
  return optimize(options, in[0], in[2], in[3]);
}

Tensors adam(const Tensors& in) {  // rates, (β₁, β₂, ε, λ, decoupled), p, gradients → path
  OptimizerOptions options;
  options.beta1 = static_cast<double>(in[1](0, 0));
  options.beta2 = static_cast<double>(in[1](0, 1));
  options.epsilon = static_cast<double>(in[1](0, 2));
  options.weight_decay = static_cast<double>(in[1](0, 3));
  options.optimizer = in[1](0, 4) != 0 ? "adamw" : "adam";
  return optimize(options, in[0], in[2], in[3]);
}

Tensors initializer(const char* name, const Tensors& in) {  // (fan_in, fan_out, α) → (1 if it is uniform, spread)
  const Initializer drawn = make_initializer(name, static_cast<std::size_t>(in[0](0, 0)),
                                             static_cast<std::size_t>(in[0](0, 1)), static_cast<double>(in[0](0, 2)));
  return {Tensor{{drawn.shape == Initializer::Shape::uniform ? real(1) : real(0), static_cast<real>(drawn.spread)}}};
}

// x, W, b, y, (0 for sigmoid, 1 for relu), of one unit → the numeric gradients of W, b and x, the largest and the
// smallest over the steps that the check tries, and which were excluded. An analytic gradient far above all numeric
// ones makes the check report how far the nearest is, and so the largest; one far below, the smallest.
Tensors gradcheck(const Tensors& in) {
  constexpr real far = 64;
  Tensor numeric(2, 3), excluded(1, 3);
  for (std::size_t side = 0; side < 2; ++side) {
    std::vector<Dense> layers;
    layers.emplace_back(1, 1, make_activation(in[4](0, 0) == 0 ? "sigmoid" : "relu"));
    layers[0].Wt = in[1];
    layers[0].b = in[2];
    Network network(std::move(layers));
    const real analytic = side == 0 ? far : -far;
    const GradientCheck check = check_gradients(network, *make_loss(LossOptions{.loss = "mse"}), in[0], in[3],
                                                std::vector<Tensor>(3, Tensor{{analytic}}));
    for (std::size_t j = 0; j < 3; ++j) {
      const TensorCheck& tensor = check.tensors.at(j);
      const auto distance = static_cast<real>(tensor.max_abs);
      excluded(0, j) = static_cast<real>(tensor.excluded);
      numeric(side, j) = tensor.excluded > 0 ? 0 : side == 0 ? far - distance : distance - far;
    }
  }
  return {numeric, excluded};
}

// The kinds of a lecturer's own tasks: any activation, elementwise rule or loss by its name.
Tensors activation(const std::string& name, const Tensors& in) {  // z → a, derivative
  Tensor a, derivative;
  make_activation(name)->forward(in[0], a, derivative);
  return {a, derivative};
}

Tensors loss_value_and_gradient(const std::string& name, const Tensors& in) {  // a, y → value, dL_da
  const auto loss = make_loss({.loss = name});
  Tensor dL_da;
  loss->gradient(in[0], in[1], dL_da);
  return {Tensor{{loss->value(in[0], in[1])}}, dL_da};
}

const std::map<std::string, std::function<Tensors(const Tensors&)>> kinds{
    {"tanh", [](const Tensors& in) { return activation("tanh", in); }},
    {"derivative", [](const Tensors& in) { return backward("tanh", in[0], in[0], in[1]); }},
    {"softmax", [](const Tensors& in) { return backward("softmax", in[0], in[0], in[1]); }},
    {"dense_forward", dense_forward},
    {"dense_backward", dense_backward},
    {"cross_entropy", cross_entropy},
    {"sgd", sgd},
    {"adam", adam},
    {"gradcheck", gradcheck},
    {"xavier_uniform", [](const Tensors& in) { return initializer("xavier_uniform", in); }},
    {"xavier_normal", [](const Tensors& in) { return initializer("xavier_normal", in); }},
    {"he_uniform", [](const Tensors& in) { return initializer("he_uniform", in); }},
    {"he_normal", [](const Tensors& in) { return initializer("he_normal", in); }},
};

Tensors answer(const std::string& kind, const Tensors& in) {
  const std::size_t slash = kind.find('/');
  if (slash == std::string::npos) return kinds.at(kind)(in);
  const std::string name = kind.substr(slash + 1);
  return kind.starts_with("activation/") ? activation(name, in) : loss_value_and_gradient(name, in);
}

Tensor read_tensor() {
  std::size_t rows = 0, cols = 0;
  std::cin >> rows >> cols;
  Tensor t(rows, cols);
  std::string number;
  for (real& v : t.values()) {
    std::cin >> number;
    v = static_cast<real>(std::strtod(number.c_str(), nullptr));
  }
  return t;
}

void print(const Tensors& tensors) {
  std::printf("ok");
  for (const Tensor& t : tensors) {
    std::printf(" %zu %zu", t.rows(), t.cols());
    for (const real v : t.values()) std::printf(" %.17g", static_cast<double>(v));
  }
  std::printf("\n");
}

}  // namespace

int main() {
  std::string kind;
  std::size_t count = 0;
  while (std::cin >> kind >> count) {
    Tensors in;
    for (std::size_t i = 0; i < count; ++i) in.push_back(read_tensor());
    try {
      print(answer(kind, in));
    } catch (const std::exception& error) {
      std::printf("threw %s\n", error.what());
    }
    std::fflush(stdout);
  }
}
