// A trained network as a safetensors file. The tensors have the names and shapes that PyTorch's users expect:
// layers.1.weight is outputs × inputs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "primer/core/network.hpp"
#include "primer/formats/safetensors.hpp"
#include "primer/runs/experiment.hpp"

namespace primer {

// For each layer l that has them: layers.l.weight, .bias, .alpha, .gamma, .beta, .running_mean, .running_var;
// input.mean and input.std if the inputs are standardised, target.mean and target.std if the targets are; the metadata
// primer, config, columns and classes, and training_rows, a hash of the rows.
Safetensors model_contents(Network& network, const Experiment& experiment);

// The contents of a model file: everything that is needed to predict.
struct Model {
  Config config;  // without the source of the data
  Task task;
  std::vector<std::string> columns;  // names of the inputs
  std::vector<std::string> classes;  // as in Data
  std::optional<Standardizer> standardizer, target_standardizer;
  std::string training_rows;  // empty if the file does not have it
  Network network;
};
// Throws UserError if metadata are missing or do not fit the tensors.
Model read_model(const std::string& path);

// Reads the rows of a data file as inputs and targets of the network. `part` is "" for all rows, or "train",
// "validation" or "test" for the rows of this part in the run; then the model must have been trained on this file.
Dataset rows_of(const Model& model, FileSamples samples, const std::string& part);

// How the model in the file differs from the experiment in its columns, classes, standardisation or activations; a
// sentence each. If there is a difference, loaded weights may mean something else.
std::vector<std::string> differences(const Safetensors& contents, const Experiment& experiment);

// Sets every tensor of the network from `contents`. Throws UserError that names `file` and the tensor if a tensor is
// missing, unknown or has another shape. Ignores tensors whose name does not start with "layers.".
void load_tensors(const Safetensors& contents, const std::string& file, Network& network);

}  // namespace primer
