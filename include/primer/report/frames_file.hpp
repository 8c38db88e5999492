// frames.safetensors: the pictures that a report's slider moves through, as a file of the run.
#pragma once

#include <string>

#include "primer/report/frame_recorder.hpp"

namespace primer {

// Tensors, F frames long: `layers.l.z`, `layers.l.weight` and `layers.l.gradient` (F, 40) counts, each with its
// `…_range` (F, 2); `layers.l.alpha` (F,) where learned; `layers.l.dead` (F, units) where the flow was observed;
// `picture` (F, …), `points` and `extent` (low and high of the inputs). The rest is metadata.
void write_frames(const std::string& path, const Frames& frames);

// Throws UserError where the file is no such thing.
Frames read_frames(const std::string& path);

}  // namespace primer
