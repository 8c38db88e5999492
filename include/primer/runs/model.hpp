// A trained network as a safetensors file, under names that PyTorch's users would give: layers.1.weight is
// outputs × inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/formats/safetensors.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {

// layers.l.weight, .bias, .alpha, .gamma, .beta, .running_mean, .running_var as far as the layers have them, input.mean
// and input.std of a standardised run, and the metadata primer, config, columns, classes.
Safetensors model_contents(Network& network, const Experiment& experiment);

// What all numbers that primer writes itself are stored as: F64, in the float build F32.
Dtype own_dtype();

// A model file that stands alone, ready to predict.
struct Model {
  Config config;  // without the source of the data
  Task task;
  std::vector<std::string> columns;  // of the inputs, by name
  std::vector<std::string> classes;  // as in Data
  std::optional<Standardizer> standardizer;
  Network network;
};
// Throws UserError if the metadata say too little, or what does not fit the tensors.
Model read_model(const std::string& path);

// Sets every tensor of the network from `contents`. A tensor that is missing, unknown or has another shape throws
// UserError naming `file` and the tensor. Tensors whose name does not start with "layers." are left alone.
void load_tensors(const Safetensors& contents, const std::string& file, Network& network);

// FNV-1a 64 over the little-endian bytes of all parameters in model order: one number that two runs share only if they
// did the same.
std::uint64_t signature(Network& network);

}  // namespace primer
