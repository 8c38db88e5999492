// The vocabulary of the claims: each measure is a name for one number, read from a finished run or from a formula.
// `flow.COLUMN` and `history.COLUMN` read any column of flow.csv and history.csv, `activation.PROPERTY` any property of
// an activation. Some formulas are wrong on purpose (naive_…, clipped_…): they show what people's formulas give.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "primer/claims/finished_run.hpp"

namespace primer {

struct Measure;

// A measure with the keys that a claim's file gives beside it.
struct Quantity {
  const Measure* measure = nullptr;
  std::size_t layer = 0;             // from 1; 0: the mean over the hidden layers
  std::size_t over_layer = 0;        // from 1: the value of `layer` is divided by the value of this one; 0: it is not
  std::optional<std::size_t> epoch;  // nothing: the end of training
  double at = 0;                     // a threshold or a point z
  std::string activation;
  std::string other;  // the activation to compare with
  std::string loss;
};

enum class Key { layer, over_layer, epoch, at, activation, other, loss };
inline constexpr std::array<std::string_view, 7> key_names{"layer",      "over_layer", "epoch", "at",
                                                           "activation", "other",      "loss"};

using RunFunction = std::function<double(FinishedRun&, const Quantity&)>;
using FormulaFunction = std::function<double(const Quantity&)>;

struct Measure {
  std::string name;
  std::vector<Key> needs;  // keys that must be given
  std::string says;        // one line for the page of the claims
  std::variant<RunFunction, FormulaFunction> function;
  std::vector<Key> allows = {};  // keys that may be given

  bool is_formula() const { return std::holds_alternative<FormulaFunction>(function); }
};

// Every measure. A new one is a line in measure.cpp or, if it needs no run, in formulas.cpp.
const std::vector<Measure>& measures();
std::vector<Measure> formulas();

// Null for an unknown name.
const Measure* find_measure(std::string_view name);

// The number that the quantity has on this run; nothing if the run diverged, except for the measure "diverged". Throws
// std::invalid_argument if the run does not have what is asked for, or if the number would not be finite. The run is
// not const because some measures pass the training rows through the network again.
std::optional<double> measure(const Quantity& quantity, FinishedRun& run);

// The number that the quantity, which must be a formula, has; it may be infinite. Throws std::invalid_argument.
double evaluate(const Quantity& quantity);

}  // namespace primer
