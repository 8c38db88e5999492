// Reads and writes frames.safetensors, the file with the frames of a run.
#pragma once

#include <string>

#include "primer/report/frames.hpp"

namespace primer {

// The tensors of F frames: `layers.l.z`, `layers.l.weight` and `layers.l.gradient` are histograms, counts of shape (F,
// 40), each with its `…_range` (F, 2); `layers.l.alpha` (F,) if α is learned; `layers.l.dead` (F, units) if the flow
// was observed; `picture`, `points`, `extent` (low and high of the inputs) and `confusion.SET` if the task has them;
// `images`, `labels`, `predictions` and `weights` if the inputs are images. Everything else is metadata.
void write_frames(const std::string& path, const Frames& frames);

// Throws UserError with the name of the part that is missing or wrong.
Frames read_frames(const std::string& path);

}  // namespace primer
