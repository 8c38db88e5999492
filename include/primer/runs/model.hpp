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

// The tensors of each layer l, as far as it has them: layers.l.weight, .bias, .alpha, .gamma, .beta, .running_mean,
// .running_var; input.mean and input.std if the inputs are standardised, target.mean and target.std if the targets are.
// The metadata are primer, config, columns, classes and training_rows, a hash of the training rows.
Safetensors model_contents(Network& network, const Experiment& experiment);

// The contents of a model file: everything that is needed to predict.
struct Model {
  Config config;  // without the names of data files
  Task task;
  std::vector<std::string> columns;  // names of the network's inputs
  std::vector<std::string> classes;  // as in Data
  std::optional<Standardizer> standardizer, target_standardizer;
  std::string training_rows;  // a hash of the training rows; empty if the file has none
  Network network;
};
// Reads a model file. Throws UserError if its metadata are missing or do not fit the tensors.
Model read_model(const std::string& path);

// Turns the rows of a data file into inputs and targets of the network. `part` is "" for all rows; "train",
// "validation" and "test" select the rows of that set in training, and need the file that the model was trained on.
Dataset rows_of(const Model& model, FileSamples samples, const std::string& part);

// Sentences that say how a model file differs from the experiment in its columns, classes, standardisation or
// activations. If there is a difference, the weights in the file may mean something else in the experiment.
std::vector<std::string> differences(const Safetensors& contents, const Experiment& experiment);

// Sets every tensor of the network from `contents`. Throws UserError that names `file` and the tensor if a tensor is
// missing, unknown or has another shape. Ignores tensors whose name does not start with "layers.".
void load_tensors(const Safetensors& contents, const std::string& file, Network& network);

}  // namespace primer
