// Reads and writes frames.safetensors, the file with the frames of a run (a frame: data of one epoch for the report).
#pragma once

#include <string>

#include "primer/report/frames.hpp"

namespace primer {

// The file has these tensors for a run with F recorded epochs; everything else is metadata:
// - layers.l.z, layers.l.weight, layers.l.gradient (F, 40): the counts of the histograms of z, W and ∂L/∂W of layer l
// - layers.l.z_range, layers.l.weight_range, layers.l.gradient_range (F, 2): the two ends of these histograms
// - layers.l.alpha (F,) if α is learned; layers.l.dead (F, units) if the gradient flow is recorded
// - picture, points and confusion.test (or another set) if the report draws them; extent: the ends of the input axes
// - images, labels, predictions and weights if the inputs are images
void write_frames(const std::string& path, const Frames& frames);

// Throws UserError if a part of the file is missing or wrong. The message names this part.
Frames read_frames(const std::string& path);

}  // namespace primer
