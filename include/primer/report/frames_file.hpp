// frames.safetensors: the frames of a run as a file.
#pragma once

#include <string>

#include "primer/report/frames.hpp"

namespace primer {

// The tensors of F frames: `layers.l.z`, `layers.l.weight` and `layers.l.gradient` are histograms, counts of shape
// (F, 40), each with its `…_range` (F, 2); `layers.l.alpha` (F,) if it is learned; `layers.l.dead` (F, units) if the
// flow was observed; `picture` (F, …), `points` and `extent` (low and high of the inputs). Everything else is metadata.
void write_frames(const std::string& path, const Frames& frames);

// Throws UserError, which names the part that is missing or wrong.
Frames read_frames(const std::string& path);

}  // namespace primer
