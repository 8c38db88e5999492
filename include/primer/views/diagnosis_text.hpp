// Turns a diagnosis into a paragraph of text. `primer doctor` and `primer train` print the paragraph.
#pragma once

#include <cstddef>
#include <string>

#include "primer/runs/doctor.hpp"

namespace primer {

// Returns the diagnosis as text, such as "vanishing (epoch 0): … Try --set KEY=VALUE". A line of this text has at most
// min(width, 100) characters.
std::string described(const Diagnosis& diagnosis, std::size_t width);

}  // namespace primer
