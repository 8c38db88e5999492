// Reads and writes frames.safetensors, the file with the frames of a run (a frame: data of one epoch for the report).
#pragma once

#include <string>

#include "primer/report/frames.hpp"

namespace primer {

// The tensors of F frames. For each layer l, `layers.l.z`, `layers.l.weight` and `layers.l.gradient` (F, 40) are the
// counts of histograms, and `…_range` (F, 2) are the ends of each histogram; `layers.l.alpha` (F,) exists if α is
// learned, `layers.l.dead` (F, units) if the gradient flow is recorded. `extent` is the range of the inputs in the
// picture. `picture`, `points` and `confusion.SET` exist if the report shows them; `images`, `labels`, `predictions`
// and `weights` exist if the inputs are images. The rest of the file is metadata.
void write_frames(const std::string& path, const Frames& frames);

// Throws UserError with the name of the part of the file that is missing or wrong.
Frames read_frames(const std::string& path);

}  // namespace primer
