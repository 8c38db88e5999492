#include "primer/core/optimizer.hpp"

#include <algorithm>
#include <set>

#include "../golden.hpp"

using namespace primer;

namespace {

OptimizerOptions options_of(const golden::Case& c) {
  OptimizerOptions o;
  o.optimizer = c.attr.at("optimizer");
  o.momentum = c.number("momentum", o.momentum);
  o.nesterov = c.number("nesterov", 0) != 0;
  o.rho = c.number("rho", o.rho);
  o.beta1 = c.number("beta1", o.beta1);
  o.beta2 = c.number("beta2", o.beta2);
  if (const double eps = c.number("eps", -1); eps >= 0) o.epsilon = eps;
  o.weight_decay = c.number("weight_decay", 0);
  return o;
}

// g = θ A − b, or the next row of G.
void gradient_at(const golden::Case& c, const Tensor& theta, std::size_t step, Tensor& g) {
  const bool sequence = c.attr.at("problem") == "sequence";
  const golden::Numbers& given = c.given(sequence ? "G" : "A");
  for (std::size_t j = 0; j < theta.cols(); ++j) {
    if (sequence) {
      g(0, j) = static_cast<real>(given.data[step * given.cols + j]);
      continue;
    }
    double sum = -c.given("b").data[j];
    for (std::size_t k = 0; k < theta.cols(); ++k) {
      sum += static_cast<double>(theta(0, k)) * given.data[k * given.cols + j];
    }
    g(0, j) = static_cast<real>(sum);
  }
}

double quadratic(const golden::Case& c, const Tensor& theta) {
  const golden::Numbers& A = c.given("A");
  double f = 0;
  for (std::size_t j = 0; j < theta.cols(); ++j) {
    const auto t_j = static_cast<double>(theta(0, j));
    f -= c.given("b").data[j] * t_j;
    for (std::size_t k = 0; k < theta.cols(); ++k) {
      f += t_j * A.data[j * A.cols + k] * static_cast<double>(theta(0, k)) / 2;
    }
  }
  return f;
}

// Users' rules: one without memory, one with a sum of gradients.
struct Sign : Step {
  static constexpr std::string_view name = "test_sign";
  void update(real& p, real g) const { p -= g > 0 ? lr : g < 0 ? -lr : 0; }
};
struct Averaged : Step {
  static constexpr std::string_view name = "test_averaged";
  void update(real& p, real g, real& m) const {
    m += g;
    p -= lr * m / static_cast<real>(t);
  }
};
struct Forgetful : Step {
  static constexpr std::string_view name = "test_forgetful";
  bool keeps_m() const { return false; }
  void update(real& p, real g, real& m) const {
    m += g;
    p -= lr * m;
  }
};

}  // namespace

TEST_CASE("every optimiser follows PyTorch's trajectory, with momentum, decay and clipping" *
          doctest::skip(!golden::is_double)) {
  std::set<std::string> seen;
  for (const golden::Case& c : golden::cases("07_optimizers.csv")) {
    if (c.optional()) continue;
    Tensor theta = golden::tensor(c.given("theta0"));
    Tensor g(1, theta.cols());
    const std::vector<Parameter> parameters{{"theta", &theta, &g}};
    Optimizer optimizer(options_of(c));
    const std::size_t steps = c.out.at("theta").rows;
    Tensor path(steps, theta.cols());
    Tensor f(1, steps);
    for (std::size_t t = 0; t < steps; ++t) {
      gradient_at(c, theta, t, g);
      if (c.attr.at("clip") == "norm") clip_gradients(parameters, static_cast<real>(c.number("max_norm", 0)));
      optimizer.step(parameters, static_cast<real>(c.number("lr", 0)));
      std::copy_n(theta.data(), theta.size(), path.row(t).data());
      if (c.out.count("f") > 0) f(0, t) = static_cast<real>(quadratic(c, theta));
    }
    golden::check(c, "theta", path);
    if (c.out.count("f") > 0) golden::check(c, "f", f);
    seen.insert(c.attr.at("optimizer"));
  }
  CHECK(seen.size() == 5);
}

TEST_CASE("gradients are clipped by the norm over all tensors, with PyTorch's 1e-6") {
  for (const golden::Case& c : golden::cases("07_clipping.csv")) {
    if (c.optional()) continue;
    std::vector<Tensor> gradients;
    for (std::size_t i = 1; c.has("g" + std::to_string(i)); ++i) {
      gradients.push_back(golden::tensor(c.given("g" + std::to_string(i))));
    }
    std::vector<Parameter> parameters;
    for (Tensor& g : gradients) parameters.push_back({"p", nullptr, &g});
    golden::check(c, "norm",
                  static_cast<double>(clip_gradients(parameters, static_cast<real>(c.number("max_norm", 0)))));
    for (std::size_t i = 0; i < gradients.size(); ++i) golden::check(c, "torch" + std::to_string(i + 1), gradients[i]);
  }
}

TEST_CASE("Adam's bias correction counts steps, not tensors") {
  Tensor p(1, 1);
  Tensor q(1, 1);
  Tensor g(1, 1, 5);
  Optimizer optimizer({"adam"});
  const std::vector<Parameter> parameters{{"p", &p, &g}, {"q", &q, &g}};
  for (int i = 0; i < 3; ++i) optimizer.step(parameters, real(0.1));
  CHECK(optimizer.state.steps == 3);
  CHECK(p == q);
  CHECK(p(0, 0) == doctest::Approx(-0.3));  // a constant gradient moves p by the learning rate each step
}

TEST_CASE("a gradient that is always 0 changes no parameter and gives no NaN") {
  for (const std::string_view name : optimizers().names()) {
    Tensor p{{1, -2}};
    Tensor g(1, 2);
    OptimizerOptions options{std::string(name)};
    options.weight_decay = 0;
    Optimizer optimizer(options);
    for (int i = 0; i < 3; ++i) optimizer.step(std::vector<Parameter>{{"p", &p, &g}}, real(0.1));
    CHECK(p == Tensor{{1, -2}});
  }
}

TEST_CASE("an optimiser continues from a copied state with the same bits") {
  for (const std::string_view name : optimizers().names()) {
    OptimizerOptions options{std::string(name)};
    options.momentum = name == "sgd" || name == "rmsprop" ? 0.9 : 0;
    Tensor p{{1, -2}};
    Tensor g{{real(0.3), real(0.7)}};
    const std::vector<Parameter> parameters{{"p", &p, &g}};
    Optimizer whole(options);
    whole.step(parameters, real(0.1));
    Optimizer second_half(options);
    second_half.state = whole.state;
    const Tensor middle = p;
    whole.step(parameters, real(0.1));
    const Tensor end = p;
    p = middle;
    second_half.step(parameters, real(0.1));
    CHECK(p == end);
  }
}

TEST_CASE("the defaults are PyTorch's: AdamW decays by 0.01, the others not at all") {
  for (const std::string_view name : optimizers().names()) {
    Tensor p{{4}};
    Tensor g(1, 1);
    Optimizer({std::string(name)}).step(std::vector<Parameter>{{"p", &p, &g}}, real(0.5));
    CHECK(p(0, 0) == doctest::Approx(name == "adamw" ? 4 * (1 - 0.5 * 0.01) : 4));
  }
  CHECK_THROWS_WITH(Optimizer({"adma"}), "unknown optimizer 'adma'");
}

TEST_CASE("an optimiser keeps only the tensors that its rule needs") {
  for (const std::string_view name : optimizers().names()) {
    if (name.starts_with("test_")) continue;
    for (const double momentum : {0.0, 0.9}) {
      Tensor p{{1, -2}};
      Tensor g{{real(0.3), real(0.7)}};
      OptimizerOptions options{std::string(name)};
      options.momentum = momentum;
      Optimizer optimizer(options);
      optimizer.step(std::vector<Parameter>{{"p", &p, &g}}, real(0.1));
      const bool first = name.starts_with("adam") || (momentum > 0 && name != "adagrad");
      CAPTURE(std::string(name));
      CHECK(optimizer.state.first[0].size() == (first ? 2 : 0));
      CHECK(optimizer.state.second[0].size() == (name == "sgd" ? 0 : 2));
    }
  }
}

TEST_CASE("an optimiser says its defaults and the options that it reads") {
  for (const std::string_view name : optimizers().names()) {
    if (name.starts_with("test_")) continue;
    const OptimizerOptions options = resolved({std::string(name)});
    CHECK(options.epsilon == (name == "adagrad" ? 1e-10 : 1e-8));
    CHECK(options.weight_decay == (name == "adamw" ? 0.01 : 0));
    const bool adam = name.starts_with("adam");
    CHECK(optimizers().uses(name, "momentum") == (name == "sgd" || name == "rmsprop"));
    CHECK(optimizers().uses(name, "nesterov") == (name == "sgd"));
    CHECK(optimizers().uses(name, "rho") == (name == "rmsprop"));
    CHECK(optimizers().uses(name, "beta1") == adam);
    CHECK(optimizers().uses(name, "beta2") == adam);
    CHECK(optimizers().uses(name, "epsilon") == (name != "sgd"));
    CHECK(optimizers().uses(name, "weight_decay"));
  }
  CHECK_THROWS_WITH(optimizers().uses("adma", "beta1"), "unknown optimizer 'adma'");
}

TEST_CASE("a user's optimiser is registered in one line, with as much memory as its rule takes") {
  const std::vector<std::string_view> names = optimizers().names();
  if (std::count(names.begin(), names.end(), Sign::name) == 0) {
    register_optimizer<Sign>();
    register_optimizer<Averaged>();
    register_optimizer<Forgetful>();
  }
  Tensor p{{1, -2}};
  Tensor g{{real(0.3), real(-0.7)}};
  const std::vector<Parameter> parameters{{"p", &p, &g}};
  Optimizer sign({std::string(Sign::name)});
  sign.step(parameters, real(0.25));
  CHECK(p == Tensor{{real(0.75), real(-1.75)}});
  CHECK(sign.state.first[0].size() == 0);
  Optimizer averaged({std::string(Averaged::name)});
  p = Tensor{{0}};
  g = Tensor{{4}};
  averaged.step(parameters, 1);  // m = 4
  averaged.step(parameters, 1);  // m = 8, divided by the two steps
  CHECK(p(0, 0) == -8);
  CHECK(averaged.state.first[0] == Tensor{{8}});
  CHECK(averaged.state.second[0].size() == 0);
  Optimizer forgetful({std::string(Forgetful::name)});
  p = Tensor{{0}};
  forgetful.step(parameters, 1);
  forgetful.step(parameters, 1);  // m starts at 0 again
  CHECK(p(0, 0) == -8);
  CHECK(forgetful.state.first[0].size() == 0);
  CHECK_THROWS_WITH(register_optimizer<Sign>(), "optimizer 'test_sign' is registered already");
  CHECK_THROWS_WITH(optimizers().add({"", nullptr}), "optimizer '': a name consists of letters, digits and '_'");
}

TEST_CASE("RMSprop's momentum averages the steps") {  // two steps of a constant gradient, by hand
  Tensor p{{0}};
  Tensor g{{2}};
  OptimizerOptions options{"rmsprop"};
  options.momentum = 0.5;
  Optimizer optimizer(options);
  const std::vector<Parameter> parameters{{"p", &p, &g}};
  optimizer.step(parameters, real(0.1));
  const double first = 2 / (std::sqrt(0.01 * 4) + 1e-8);
  CHECK(static_cast<double>(p(0, 0)) == doctest::Approx(-0.1 * first));
  optimizer.step(parameters, real(0.1));
  const double second = 2 / (std::sqrt(0.99 * 0.04 + 0.01 * 4) + 1e-8);
  CHECK(static_cast<double>(p(0, 0)) == doctest::Approx(-0.1 * (first + 0.5 * first + second)));
}

TEST_CASE("the options of an optimiser start at PyTorch's defaults") {
  const OptimizerOptions options;
  CHECK(options.optimizer == "sgd");
  CHECK(options.momentum == 0);
  CHECK(!options.nesterov);
  CHECK(options.rho == 0.99);
  CHECK(options.beta1 == 0.9);
  CHECK(options.beta2 == 0.999);
}

TEST_CASE("gradients whose norm is not above the limit stay as they are") {
  Tensor g{{3, 4}};
  const std::vector<Parameter> parameters{{"p", nullptr, &g}};
  for (const real limit : {real(5.5), real(6), real(9), real(11), real(100)}) {
    CHECK(clip_gradients(parameters, limit) == 5);
    CHECK(g == Tensor{{3, 4}});
  }
}
