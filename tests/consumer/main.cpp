// Uses the library as any other project would, and fails when a number is not what it must be.
#include <primer/core/tensor.hpp>

int main() {
  const primer::Tensor x{{1, 2}, {3, 4}};
  return x.rows() == 2 && x(1, 0) == 3 ? 0 : 1;
}
