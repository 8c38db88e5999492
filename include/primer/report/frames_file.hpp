// Reads and writes frames.safetensors, the file with the frames of a run (a frame: data of one epoch for the report).
#pragma once

#include <string>

#include "primer/report/frames.hpp"

namespace primer {

// The file of a run with F recorded epochs has metadata and these tensors (a tensor without values is left out):
// - layers.l.z, layers.l.weight, layers.l.gradient (F, 40): histograms of z, W and ∂L/∂W of layer l with 40 bins
// - layers.l.z_range, layers.l.weight_range, layers.l.gradient_range (F, 2): lower and upper end of each histogram
// - layers.l.alpha (F,): the learned α of layer l; layers.l.dead (F, units): 1 for a dead unit, else 0
// - confusion.test, confusion.validation, confusion.training (F, K, K): the confusion matrices of K classes
// - extent (2, 2): Frames::low and Frames::high
// - picture, points, images, labels, predictions, weights: the members of Frame and Frames with these names
void write_frames(const std::string& path, const Frames& frames);

// Throws UserError if a part of the file is missing or wrong. The message names this part.
Frames read_frames(const std::string& path);

}  // namespace primer
