// Joins the parts of a diagnosis into one paragraph.
#include "primer/views/diagnosis_text.hpp"

#include <algorithm>

#include "primer/formats/error.hpp"
#include "primer/views/table.hpp"

namespace primer {

std::string described(const Diagnosis& diagnosis, std::size_t width) {
  constexpr std::size_t widest_text = 100;
  return wrapped(
      concat(diagnosis.kind, " (epoch ", diagnosis.epoch, "): ", diagnosis.text, " Try ", remedy_options(diagnosis)),
      std::min(width, widest_text), 2);
}

}  // namespace primer
