// How fast the elementary and the activation functions are. Whether a loop becomes vector code hangs on details that no
// test of its values sees; a comparison with a loop that takes one number at a time shows it.
#pragma once

#include <string>
#include <vector>

namespace bench {

struct FunctionSpeed {
  std::string name;
  double ns;         // an element: of an activation value and derivative, its forward pass
  double scalar_ns;  // the same formulas, one number at a time, with the functions of <cmath>
};

// exp, log and every activation of the catalogue, on arrays that fit into the first cache.
std::vector<FunctionSpeed> function_speeds();

}  // namespace bench
