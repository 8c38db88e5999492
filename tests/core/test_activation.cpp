#include "primer/core/activation.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <thread>

#include "../golden.hpp"
#include "primer/core/elementary.hpp"
#include "primer/core/loss.hpp"

using namespace primer;

namespace {

constexpr real infinity = std::numeric_limits<real>::infinity();

struct Pass {
  Tensor a, derivative;
};

Pass forward(const Activation& activation, const Tensor& z) {
  Pass pass;
  activation.forward(z, pass.a, pass.derivative);
  return pass;
}

struct Row {
  std::string fn, alpha, kind;
  double z, value, deriv, dalpha, tol_value, tol_deriv;

  std::string spec() const { return fn + (alpha == "0" ? "" : "(" + alpha + ")"); }
};

std::vector<Row> golden_rows() {
  std::vector<Row> rows;
  for (const std::string& record : golden::records("01_activations.csv")) {
    const std::vector<std::string> f = golden::split(record, ',');
    const auto n = [&](std::size_t i) { return golden::number(f[i]); };
    rows.push_back({f[0], f[1], f[8], n(2), n(3), n(4), n(5), n(6), n(7)});
  }
  return rows;
}

struct Swish {
  static constexpr std::string_view name = "swish";
  real value(real z) const { return 2 * z; }
  real derivative(real) const { return 2; }
};

// A user's activation: z² for z > 0, shaped by α.
struct Squared {
  static constexpr std::string_view name = "test_squared";
  static constexpr std::string_view alpha_rule = "α > 1";
  bool alpha_ok() const { return alpha > 1; }
  real alpha = 2;
  real value(real z) const { return z > 0 ? alpha * z * z : real(0); }
  real derivative(real z) const { return z > 0 ? 2 * alpha * z : real(0); }
};

}  // namespace

TEST_CASE("every value, derivative and ∂a/∂α equals that of the 50-digit tables") {
  std::map<std::string, std::unique_ptr<Activation>> activations;
  std::size_t compared = 0;
  for (const Row& row : golden_rows()) {
    if (!golden::is_double && (row.kind == "extreme" || static_cast<double>(static_cast<real>(row.z)) != row.z))
      continue;
    auto& activation = activations[row.spec()];
    if (!activation) activation = make_activation(row.spec());
    const Tensor z(1, 1, static_cast<real>(row.z));
    const Pass pass = forward(*activation, z);
    const auto value = static_cast<double>(pass.a(0, 0));
    const auto derivative = static_cast<double>(pass.derivative(0, 0));
    INFO(row.spec(), " at ", row.z, ": ", value, " with slope ", derivative, ", not ", row.value, " with ", row.deriv);
    ++compared;
    if (golden::is_double) {
      CHECK(golden::close(value, row.value, 0, row.tol_value));
      if (std::isfinite(row.z)) CHECK(golden::close(value, row.value, 1e-14, 1e-14));
    } else {
      CHECK(golden::close(value, row.value, 1e-6, 1e-6));
    }
    if (row.kind == "nan") continue;
    if (golden::is_double) {
      CHECK(golden::close(derivative, row.deriv, 0, row.tol_deriv));
      if (std::isfinite(row.z)) CHECK(golden::close(derivative, row.deriv, 1e-14, 1e-14));
    } else {
      CHECK(golden::close(derivative, row.deriv, 1e-6, 2e-6));
    }
    if (row.fn == "prelu" && std::isfinite(row.z)) {
      Tensor dL_dz;
      activation->backward(z, pass.a, pass.derivative, Tensor(1, 1, 1), dL_dz);
      CHECK(static_cast<double>((*activation->parameter()->gradient)(0, 0)) == row.dalpha);
    }
  }
  CHECK(compared >= (golden::is_double ? 4929u : 1000u));
  CHECK(activations.size() == 14);
}

TEST_CASE("softmax, its logarithm and their vector–Jacobian products meet the reference") {
  const auto softmax = make_activation("softmax");
  const auto cross_entropy = make_loss({"cross_entropy"});
  Tensor scratch;
  for (const golden::Case& c : golden::cases("02_softmax.csv")) {
    if (c.optional() || (!golden::is_double && c.id == "one_huge")) continue;  // 1e300 is no float
    const Tensor z = golden::tensor(c.given("z"));
    const Tensor v = golden::tensor(c.given("v"));
    const Pass pass = forward(*softmax, z);
    golden::check(c, "p", pass.a);
    Tensor dL_dz;
    softmax->backward(z, pass.a, pass.derivative, v, dL_dz);
    golden::check(c, "dz_softmax", dL_dz);

    // Row by row and class by class, ln pⱼ is the loss −L(z, one-hot j), and its gradient is −∂L/∂z.
    Tensor log_p(z.rows(), z.cols());
    Tensor dz_log(z.rows(), z.cols());
    for (std::size_t i = 0; i < z.rows(); ++i) {
      Tensor z_i(1, z.cols());
      Tensor a_i(1, z.cols());
      std::copy_n(z.row(i).data(), z.cols(), z_i.data());
      std::copy_n(pass.a.row(i).data(), z.cols(), a_i.data());
      for (std::size_t j = 0; j < z.cols(); ++j) {
        Tensor y(1, z.cols());
        y(0, j) = 1;
        log_p(i, j) = -cross_entropy->value_from_logits(z_i, y, scratch);
        cross_entropy->gradient_from_logits(a_i, y, dL_dz);
        for (std::size_t k = 0; k < z.cols(); ++k) dz_log(i, k) -= v(i, j) * dL_dz(0, k);
      }
    }
    golden::check(c, "logp", log_p);
    golden::check(c, "dz_log_softmax", dz_log);
  }
}

TEST_CASE("σ′ of every registered activation is the derivative of its value, whatever its constant α") {
  std::size_t compared = 0;
  std::vector<std::string_view> names = activations().names();
  names.insert(names.end(), {"leaky_relu(0.3)", "prelu(-0.5)", "elu(2.5)"});
  for (const std::string_view name : names) {
    if (name.starts_with("test_") && name != Squared::name) continue;  // wrong on purpose
    const auto activation = make_activation(name);
    if (!activation->traits.elementwise) continue;
    const double h = golden::is_double ? 1e-5 : 1e-2;
    const double tolerance = golden::is_double ? 1e-9 : 1e-3;
    for (double z = -6.03125; z < 6.1; z += 0.0625) {
      const double at = static_cast<double>(static_cast<real>(z));
      const Tensor around{{static_cast<real>(at - h), static_cast<real>(at), static_cast<real>(at + h)}};
      const Pass pass = forward(*activation, around);
      const double width = static_cast<double>(around(0, 2)) - static_cast<double>(around(0, 0));
      const double numeric = (static_cast<double>(pass.a(0, 2)) - static_cast<double>(pass.a(0, 0))) / width;
      INFO(name, " at ", at);
      CHECK(std::abs(static_cast<double>(pass.derivative(0, 1)) - numeric) < tolerance * (1 + std::abs(numeric)));
      ++compared;
    }
  }
  CHECK(compared >= 16u * 194u);
}

TEST_CASE("softmax rows sum to 1 and do not change when a number is added to a row") {
  const Tensor z{{1, -2, 3}, {700, 710, 690}, {-1000, -1000, -1000}};
  Tensor shifted = z;
  for (real& v : shifted.values()) v += 8;
  const auto softmax = make_activation("softmax");
  const Pass pass = forward(*softmax, z);
  CHECK(pass.a == forward(*softmax, shifted).a);
  for (std::size_t i = 0; i < z.rows(); ++i) {
    CHECK(std::abs(pass.a(i, 0) + pass.a(i, 1) + pass.a(i, 2) - 1) <= 2 * std::numeric_limits<real>::epsilon());
    for (std::size_t j = 0; j < 3; ++j) CHECK(pass.derivative(i, j) == pass.a(i, j) * (1 - pass.a(i, j)));
  }
}

TEST_CASE("NaN gives NaN, and infinities give the limits") {
  for (const std::string_view name : activations().names()) {
    if (name.starts_with("test_")) continue;  // registered by another test
    INFO(name);
    const auto activation = make_activation(name);
    const Pass pass = forward(*activation, Tensor{{std::numeric_limits<real>::quiet_NaN(), 1}});
    CHECK(std::isnan(pass.a(0, 0)));
    if (!activation->traits.elementwise) continue;
    CHECK(std::isnan(pass.derivative(0, 0)));
    const Pass limits = forward(*activation, Tensor{{-infinity, infinity}});
    for (const real v : limits.derivative.values()) CHECK(std::isfinite(v));
    for (const real v : limits.a.values()) CHECK(!std::isnan(v));
  }
}

TEST_CASE("PReLU's ∂L/∂α sums over the whole batch, and only where z ≤ 0") {
  const auto prelu = make_activation("prelu");
  const Tensor z{{-1, 2}, {-3, 0}};
  const Pass pass = forward(*prelu, z);
  CHECK(pass.a == Tensor{{real(-0.25), 2}, {real(-0.75), 0}});
  Tensor dL_dz;
  prelu->backward(z, pass.a, pass.derivative, Tensor{{1, 10}, {100, 1000}}, dL_dz);
  CHECK(dL_dz == Tensor{{real(0.25), 10}, {25, 250}});
  REQUIRE(prelu->parameter());
  CHECK(prelu->parameter()->name == "alpha");
  CHECK(prelu->parameter()->value->shape() == "1 × 1");
  CHECK(prelu->parameter()->gradient->shape() == "1 × 1");
  CHECK((*prelu->parameter()->gradient)(0, 0) == -301);
  (*prelu->parameter()->value)(0, 0) = real(-0.5);
  CHECK(forward(*prelu, z).a == Tensor{{real(0.5), 2}, {real(1.5), 0}});
  CHECK(prelu->name() == "prelu(0.25)");  // the initial α is its spelling
  CHECK(prelu->leak() == real(-0.5));
}

TEST_CASE("one const activation serves several threads at once") {
  for (const std::string_view name : activations().names()) {
    const auto activation = make_activation(name);
    std::array<Tensor, 2> z;
    std::array<Pass, 2> alone;
    for (std::size_t k = 0; k < 2; ++k) {
      z[k] = Tensor(7 + 9 * k, 5);
      for (std::size_t i = 0; i < z[k].size(); ++i) z[k][i] = static_cast<real>(i * (k + 3) % 11) / 4 - 1;
      alone[k] = forward(*activation, z[k]);
    }
    std::array<std::size_t, 2> wrong{};
    const auto work = [&](std::size_t k) {
      for (int repetition = 0; repetition < 2000; ++repetition) {
        const Pass pass = forward(*activation, z[k]);
        wrong[k] += pass.a == alone[k].a && pass.derivative == alone[k].derivative ? 0 : 1;
      }
    };
    std::thread other(work, 1);
    work(0);
    other.join();
    INFO(name);
    CHECK(wrong[0] + wrong[1] == 0);
  }
}

TEST_CASE("an activation declares each kink once") {
  for (const std::string_view name : activations().names()) {
    if (name.starts_with("test_")) continue;  // registered by another test
    const bool bent = name == "step" || name.ends_with("relu") || name == "elu" || name == "selu";
    const std::span<const real> kinks = make_activation(name)->traits.kinks;
    CAPTURE(name);
    REQUIRE(kinks.size() == (bent ? 1 : 0));
    if (bent) CHECK(kinks[0] == 0);
  }
  CHECK(make_activation("softmax")->leak() == 0);
}

TEST_CASE("only softmax is a distribution over the units of a row") {
  for (const std::string_view name : activations().names()) {
    if (!name.starts_with("test_")) CHECK(make_activation(name)->traits.distribution == (name == "softmax"));
  }
}

TEST_CASE("an activation is found by its name, with its constant α") {
  for (const char* spec :
       {"leaky_relu(0.2)", "leaky_relu(0)", "prelu(0.1)", "elu(2)", "elu(0.25)", "tanh", "gelu_tanh", "softmax"}) {
    CHECK(make_activation(spec)->name() == spec);
  }
  CHECK(make_activation("leaky_relu")->name() == "leaky_relu(0.01)");
  CHECK(make_activation("swish")->name() == "silu");
  CHECK(forward(*make_activation("elu(2)"), Tensor{{-infinity, 3}}).a == Tensor{{-2, 3}});
}

TEST_CASE("a wrong activation is refused, and the message says what would be right") {
  CHECK_THROWS_WITH(make_activation("rleu"), "unknown activation 'rleu'");
  CHECK_THROWS_WITH(make_activation(""), "unknown activation ''");
  CHECK_THROWS_WITH(make_activation("leaky_relu(x)"),
                    "activation 'leaky_relu(x)': write its constant α in parentheses, as in leaky_relu(0.2)");
  CHECK_THROWS_WITH(make_activation("leaky_relu(0.2"),
                    "activation 'leaky_relu(0.2': write its constant α in parentheses, as in leaky_relu(0.2)");
  CHECK_THROWS_WITH(make_activation("elu(1) "),
                    "activation 'elu(1) ': write its constant α in parentheses, as in leaky_relu(0.2)");
  CHECK_THROWS_WITH(make_activation("leaky_relu(1)"), "activation leaky_relu: the constant α must satisfy 0 ≤ α < 1");
  CHECK_THROWS_WITH(make_activation("leaky_relu(-0.5)"),
                    "activation leaky_relu: the constant α must satisfy 0 ≤ α < 1");
  CHECK_THROWS_WITH(make_activation("leaky_relu(nan)"), "activation leaky_relu: the constant α must satisfy 0 ≤ α < 1");
  CHECK_THROWS_WITH(make_activation("elu(0)"), "activation elu: the constant α must satisfy α > 0");
  CHECK_THROWS_WITH(make_activation("elu(-0.5)"), "activation elu: the constant α must satisfy α > 0");
  CHECK_THROWS_WITH(make_activation("elu(inf)"), "activation elu: the constant α must satisfy α > 0");
  CHECK_THROWS_WITH(make_activation("prelu(inf)"), "activation prelu: the constant α must satisfy |α| < ∞");
  CHECK_THROWS_WITH(make_activation("tanh(1)"), "activation tanh has no constant α");
  CHECK_THROWS_WITH(make_activation("softmax(1)"), "activation softmax has no constant α");
}

TEST_CASE("a user's activation is registered in one line and found by its name") {
  if (activations().names().back() != Squared::name) register_activation<Squared>();
  const auto squared = make_activation("test_squared(3)");
  CHECK(squared->name() == "test_squared(3)");
  const Pass pass = forward(*squared, Tensor{{-1, 2}});
  CHECK(pass.a == Tensor{{0, 12}});
  CHECK(pass.derivative == Tensor{{0, 12}});
  CHECK_THROWS_WITH(make_activation("test_squared(1)"), "activation test_squared: the constant α must satisfy α > 1");
  CHECK_THROWS_WITH(register_activation<Squared>(), "activation 'test_squared' is registered already");
  CHECK_THROWS_WITH(activations().add({"two words", nullptr}),
                    "activation 'two words': a name consists of letters, digits and '_'");
}

TEST_CASE("the second name of an activation is taken, but not listed") {
  CHECK_THROWS_WITH(register_activation<Swish>(), "activation 'swish' is registered already");
  const std::vector<std::string_view> names = activations().names();
  CHECK(std::count(names.begin(), names.end(), "swish") == 0);
  CHECK(std::count(names.begin(), names.end(), "silu") == 1);
}

TEST_CASE("∂L/∂z of an elementwise activation is ∂L/∂a times σ′(z), to the last bit") {
  const Tensor z{{real(-1.3), real(0.2), real(0.7)}, {real(2.9), real(-0.1), 0}};
  const Tensor dL_da{{real(0.3), real(-7.1), real(1e-9)}, {real(12.5), real(0.01), real(0.77)}};
  for (const std::string_view name : activations().names()) {
    const auto activation = make_activation(name);
    if (!activation->traits.elementwise) continue;
    INFO(name);
    const Pass pass = forward(*activation, z);
    Tensor dL_dz;
    activation->backward(z, pass.a, pass.derivative, dL_da, dL_dz);
    for (std::size_t i = 0; i < z.size(); ++i) {
      CHECK(dL_dz.data()[i] == dL_da.data()[i] * pass.derivative.data()[i]);
    }
  }
}
