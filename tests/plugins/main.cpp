#include <cmath>

#include <primer/cli/command_line.hpp>
#include <primer/core/activation.hpp>
#include <primer/core/elementary.hpp>
#include <primer/core/loss.hpp>
#include <primer/core/optimizer.hpp>

using primer::real;

struct BentIdentity {
  static constexpr const char* name = "bent_identity";
  real value(real z) const { return (std::hypot(z, real(1)) - 1) / 2 + z; }
  real derivative(real z) const { return z / (2 * std::hypot(z, real(1))) + 1; }
};

struct LogCosh {
  static constexpr const char* name = "log_cosh";
  real value(real a, real y) const { return primer::softplus(2 * (a - y)) - (a - y) - primer::log(real(2)); }
  real derivative(real a, real y) const { return primer::tanh(a - y); }
};

struct Lion : primer::Step {  // Chen et al., "Symbolic discovery of optimization algorithms", 2023
  static constexpr const char* name = "lion";
  static constexpr std::string_view uses[] = {"beta1", "beta2"};
  void update(real& p, real g, real& m) const {
    const real c = beta1 * m + (1 - beta1) * g;
    p -= c > 0 ? lr : c < 0 ? -lr : real(0);  // p ← p − η sign(c)
    m = beta2 * m + (1 - beta2) * g;
  }
};

int main(int argc, char** argv) {
  primer::register_activation<BentIdentity>();
  primer::register_loss<LogCosh>();
  primer::register_optimizer<Lion>();
  return primer::run_command_line(argc, argv);
}
