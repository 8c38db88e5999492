#include <primer/cli/command_line.hpp>
#include <primer/core/activation.hpp>
#include <primer/core/elementary.hpp>

struct BentIdentity {
  static constexpr const char* name = "bent_identity";
  primer::real value(primer::real z) const { return (primer::sqrt(z * z + 1) - 1) / 2 + z; }
  primer::real derivative(primer::real z) const { return z / (2 * primer::sqrt(z * z + 1)) + 1; }
};

int main(int argc, char** argv) {
  primer::register_activation<BentIdentity>();
  return primer::run_command_line(argc, argv);
}
