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

// Layer l has the tensors layers.l.weight and .bias and, if it needs them, .alpha, .gamma, .beta, .running_mean and
// .running_var. Standardised inputs add input.mean and input.std; standardised targets add target.mean and target.std.
// The metadata keys are primer (format version), config, columns, classes and training_rows (hash of these rows).
Safetensors model_contents(Network& network, const Experiment& experiment);

// The contents of a model file: everything that is needed to predict.
struct Model {
  Config config;  // the config of the run, without the names of data files
  Task task;
  std::vector<std::string> columns;  // names of the network's inputs
  std::vector<std::string> classes;  // names of the classes, as in Data::classes
  std::optional<Standardizer> standardizer, target_standardizer;
  std::string training_rows;  // a hash of the training rows; empty if the model file contains no hash
  Network network;
};
// Reads a model file. Throws UserError if its metadata are missing or do not fit the tensors.
Model read_model(const std::string& path);

// Turns rows of a data file into inputs and targets of the network. If `part` is "", all rows are used. If `part` is
// "train", "validation" or "test", only this part of the rows is used; the file must then be the model's own data file.
Dataset rows_of(const Model& model, FileSamples samples, const std::string& part);

// Compares the columns, classes, standardisation and activations in a model file with those of the experiment. Returns
// a sentence for each difference. If there is a difference, the weights in the file may not suit the experiment.
std::vector<std::string> differences(const Safetensors& contents, const Experiment& experiment);

// Sets every tensor of the network from `contents`. Throws UserError, with `file` and the tensor's name, if a tensor is
// missing, has an unknown name or has a wrong shape. Ignores tensors whose name does not start with "layers.".
void load_tensors(const Safetensors& contents, const std::string& file, Network& network);

}  // namespace primer
