// Writes a diagnosis of `primer doctor` as a paragraph of text.
#pragma once

#include <cstddef>
#include <string>

#include "primer/runs/doctor.hpp"

namespace primer {

// "vanishing (epoch 0): SENTENCES Try --set KEY=VALUE", in lines of at most `width` columns, or of 100 columns if the
// width is unlimited.
std::string described(const Diagnosis& diagnosis, std::size_t width);

}  // namespace primer
