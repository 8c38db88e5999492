#include "primer/runs/model.hpp"
#include "primer/runs/named_tensor.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../program.hpp"
#include "primer/runs/signature.hpp"

using namespace primer;

namespace {

using program::Folder;
using program::Result;
using program::shell;
using program::slurp;
using program::spill;

Experiment experiment_in(const Folder& folder, const std::string& layers, const std::string& more = "") {
  spill(folder / "d.csv", "a,b,kind\n1,10,yes\n2,20,no\n4,20,yes\n5,30,no\n");
  spill(folder / "c.toml",
        "[data]\nfile = \"d.csv\"\nstandardize = true\n" + layers + "[train]\nloss = \"cross_entropy\"\n" + more);
  return load_experiment(folder / "c.toml", {});
}

constexpr const char* every_kind =
    "[[layer]]\nunits = 3\nactivation = \"prelu\"\nbatch_norm = true\n[[layer]]\nunits = 3\nactivation = "
    "\"tanh\"\nresidual = "
    "true\ndropout = 0.1\n[[layer]]\nactivation = \"softmax\"\n";
constexpr const char* plain = "[[layer]]\nunits = 3\nactivation = \"tanh\"\n[[layer]]\nactivation = \"softmax\"\n";

// The error about a model after `change` was applied to it.
template <typename Change>
std::string complaint(Change change) {
  const Folder folder;
  const Experiment experiment = experiment_in(folder, plain);
  Network network = experiment.network();
  Safetensors contents = model_contents(network, experiment);
  change(contents);
  write_safetensors(folder / "m", contents, Dtype::F64);
  try {
    read_model(folder / "m");
  } catch (const UserError& e) {
    const std::string text = e.what();
    REQUIRE(text.starts_with((folder / "m") + ": "));
    return text.substr((folder / "m").size() + 2);
  }
  return "read";
}

NamedTensor& tensor(Safetensors& contents, const std::string& name) {
  for (NamedTensor& t : contents.tensors) {
    if (t.name == name) return t;
  }
  throw std::logic_error(name);
}

std::string& metadatum(Safetensors& contents, const std::string& key) {
  for (auto& [k, text] : contents.metadata) {
    if (k == key) return text;
  }
  throw std::logic_error(key);
}

std::vector<std::vector<double>> numbers_in(const std::string& csv, std::size_t first_row, std::size_t first_column) {
  std::istringstream lines(csv);
  std::vector<std::vector<double>> rows;
  std::size_t row = 0;
  for (std::string line; std::getline(lines, line); ++row) {
    if (row < first_row) continue;
    std::istringstream cells(line);
    rows.emplace_back();
    std::size_t column = 0;
    for (std::string cell; std::getline(cells, cell, ','); ++column) {
      if (column >= first_column) rows.back().push_back(std::stod(cell));
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("a model file gives back the network, its columns, its classes and its standardisation") {
  const Folder folder;
  const Experiment experiment = experiment_in(folder, every_kind);
  Network network = experiment.network();
  network.forward_training(experiment.data.train.x, 1);  // moves the running statistics
  write_safetensors(folder / "m", model_contents(network, experiment), own_dtype());
  Model model = read_model(folder / "m");
  CHECK(copy_of(model.network) == copy_of(network));
  CHECK(model.columns == std::vector<std::string>{"a", "b"});
  CHECK(model.classes == std::vector<std::string>{"no", "yes"});
  CHECK(model.task == Task::multiclass);
  REQUIRE(model.standardizer);
  CHECK(model.standardizer->mean == experiment.data.standardizer->mean);
  CHECK(model.standardizer->deviation == experiment.data.standardizer->deviation);
  CHECK(model.network.forward(experiment.data.train.x) == network.forward(experiment.data.train.x));
}

TEST_CASE("a model's bytes do not contain the path of its data") {
  const Folder folder;
  const Experiment experiment = experiment_in(folder, plain);
  Network network = experiment.network();
  const std::string bytes = safetensors_bytes(model_contents(network, experiment), Dtype::F64);
  CHECK(bytes.find("d.csv") == std::string::npos);
  CHECK(bytes.find(folder.path) == std::string::npos);
  CHECK(bytes.find("layers.1.weight") != std::string::npos);
}

TEST_CASE("a model whose parts do not fit each other is refused by name") {
  const auto lacking = [](const char* key) {
    return complaint([=](Safetensors& c) { std::erase_if(c.metadata, [=](const auto& m) { return m.first == key; }); });
  };
  CHECK(complaint([](Safetensors&) {}) == "read");
  for (const char* key : {"config", "columns", "classes"}) {
    CHECK(lacking(key) == std::string("there is no metadata \"") + key +
                              "\"; without it primer can use the file for --init, but not to predict");
  }
  CHECK(complaint([](Safetensors& c) { metadatum(c, "columns") = "[\"a\"]"; }) ==
        "tensor layers.1.weight has the shape [3, 2], but the network needs [3, 1]");
  CHECK(complaint([](Safetensors& c) { metadatum(c, "columns") = "[]"; }) ==
        "the list \"columns\" in the metadata is empty");
  CHECK(complaint([](Safetensors& c) { metadatum(c, "classes") = "[\"a\"]"; }) ==
        "the metadata contain 1 classes, but the network has 2 outputs, and the loss is cross_entropy");
  CHECK(complaint([](Safetensors& c) { metadatum(c, "classes") = "[]"; }) ==
        "the metadata contain 0 classes, but the network has 2 outputs, and the loss is cross_entropy");
  CHECK(complaint([](Safetensors& c) { metadatum(c, "classes") = "[\"a\", \"b\", \"c\"]"; }) ==
        "the metadata contain 3 classes, but the network has 2 outputs, and the loss is cross_entropy");
  CHECK(complaint([](Safetensors& c) { tensor(c, "input.mean").name = "output.mean"; }) ==
        complaint([](Safetensors& c) { tensor(c, "input.std").name = "output.std"; }));
  CHECK(complaint([](Safetensors& c) {
          std::string& config = metadatum(c, "config");
          config.replace(config.find("standardize = true"), 18, "standardize = false");
        }) == complaint([](Safetensors& c) { tensor(c, "input.std").name = "output.std"; }));
  CHECK(complaint([](Safetensors& c) { tensor(c, "layers.2.bias").name = "layers.2.bios"; }) ==
        "there is no tensor layers.2.bias");
  CHECK(complaint([](Safetensors& c) {
          c.tensors.push_back({"layers.3.bias", {1}, {0}});
        }) == "tensor layers.3.bias does not belong to this network");
  CHECK(complaint([](Safetensors& c) { tensor(c, "input.std").name = "output.std"; }) ==
        "a model must have the standardisation tensors input.mean and input.std if its config sets standardize = true, "
        "and must not have these tensors otherwise");
  CHECK(complaint([](Safetensors& c) {
          tensor(c, "input.mean").shape = {1};
          tensor(c, "input.mean").values = {0};
        }) == "tensor input.mean has the shape [1], but the network needs [2]");
  // The sizes are checked before memory is taken for the network.
  CHECK(complaint([](Safetensors& c) {
          std::string& config = metadatum(c, "config");
          config.replace(config.find("units = 3"), 9, "units = 1000000");
        }) == "tensor layers.1.weight has the shape [3, 2], but the network needs [1000000, 2]");
}

TEST_CASE("a model whose config writes a whole count as a float is read") {
  CHECK(complaint([](Safetensors& contents) {
          std::string& config = metadatum(contents, "config");
          const std::string line = "schedule_step_size = 30\n";
          REQUIRE(config.find(line) != std::string::npos);
          config.replace(config.find(line), line.size(), "schedule_step_size = 30.0\n");
        }) == "read");
}

TEST_CASE("a weight beyond the largest float is refused by the float build, and read by the double build") {
  const std::string said = complaint([](Safetensors& c) { tensor(c, "layers.1.weight").values[4] = -1e300; });
  CHECK(said ==
        (sizeof(real) == sizeof(double) ? "read" : "tensor layers.1.weight: -1e+300 is beyond the largest float"));
  const std::string mean = complaint([](Safetensors& c) { tensor(c, "input.mean").values[1] = 1e39; });
  CHECK(mean == (sizeof(real) == sizeof(double) ? "read" : "tensor input.mean: 1e+39 is beyond the largest float"));
}

TEST_CASE("a file with tensors only can start a training, and a tensor that does not fit is refused by name") {
  const Folder folder;
  spill(folder / "c.toml",
        "[data]\ngenerator = \"xor\"\n[[layer]]\nactivation = \"sigmoid\"\n[train]\nloss = \"mse\"\nepochs = 0\n");
  const auto train_from = [&](const Safetensors& contents) {
    write_safetensors(folder / "m", contents, Dtype::F32);
    return program::primer("train c.toml --quiet --out r --init m", folder.path);
  };
  CHECK(train_from({{{"layers.1.weight", {1, 2}, {0.5, -2}}, {"layers.1.bias", {1}, {0.25}}}, {}}).code == 0);
  spill(folder / "e.csv", "x1,x2\n0,0\n1,0.375\n");
  CHECK(program::primer("predict r/model.safetensors e.csv", folder.path).out.find("\n0.5\n") != std::string::npos);
  CHECK(train_from({{{"layers.1.weight", {2, 1}, {0.5, -2}}, {"layers.1.bias", {1}, {0.25}}}, {}}).error(2) ==
        "primer: m: tensor layers.1.weight has the shape [2, 1], but the network needs [1, 2]\n");
  CHECK(train_from({{{"layers.1.weight", {1, 2}, {0.5, -2}}}, {}}).error(2) ==
        "primer: m: there is no tensor layers.1.bias\n");
  CHECK(train_from(
            {{{"layers.1.weight", {1, 2}, {0.5, -2}}, {"layers.1.bias", {1}, {0.25}}, {"layers.2.bias", {1}, {0}}}, {}})
            .error(2) == "primer: m: tensor layers.2.bias does not belong to this network\n");
}

TEST_CASE("NumPy reads the model without primer and gives the same outputs") {
  const Folder folder;
  const std::string find_numpy =
      "for p in python3 /usr/bin/python3; do $p -c 'import numpy' 2>/dev/null && echo $p && break; done; true";
  std::string python = shell(find_numpy, folder.path).out;
  if (python.empty()) {
    MESSAGE("skipped: there is no python3 with numpy (Debian: python3-numpy)");
    return;
  }
  python.pop_back();
  // iris and wine with class names in text, from train to predict.
  const std::vector<std::vector<std::string>> names{{"setosa", "versicolor", "virginica"},
                                                    {"Barolo", "Grignolino", "Barbera"}};
  for (const std::string data : {"iris", "wine"}) {
    CAPTURE(data);
    std::istringstream lines(slurp(PRIMER_SOURCE_DIR "/data/" + data + ".csv"));
    std::string text;
    std::string line;
    std::getline(lines, line);
    text = line + "\n";
    while (std::getline(lines, line)) {
      const auto k = static_cast<std::size_t>(line.back() - '0');
      text += line.substr(0, line.size() - 1) + names[data == "wine" ? 1 : 0].at(k) + "\n";
    }
    spill(folder / (data + ".csv"), text);
    REQUIRE(program::primer("train configs/iris.toml --quiet --out '" + (folder / data) + "' --set data.file='" +
                            (folder / (data + ".csv")) + "' --set train.epochs=20")
                .code == 0);
    const std::string files = data + "/model.safetensors " + data + ".csv";
    const Result evaluated = program::primer("eval " + files + " --table", folder.path);
    CHECK(evaluated.code == 0);
    CHECK(evaluated.out.find(names[data == "wine" ? 1 : 0][0]) != std::string::npos);
    const std::string accuracy = evaluated.out.substr(evaluated.out.find("\naccuracy,") + 10);
    CHECK(std::stod(accuracy) > 0.9);
    const Result ours = program::primer("predict " + files, folder.path);
    CHECK(shell("cat " + data + ".csv | '" PRIMER_BINARY "' predict " + data + "/model.safetensors", folder.path).out ==
          ours.out);
    const Result theirs = shell(python + " '" PRIMER_SOURCE_DIR "/tests/numpy_predict.py' " + files, folder.path);
    CAPTURE(theirs.err);
    const auto a = numbers_in(ours.out, 1, 1);
    const auto b = numbers_in(theirs.out, 0, 0);
    REQUIRE(a.size() == (data == "iris" ? 150 : 178));
    REQUIRE(b.size() == a.size());
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      REQUIRE(a[i].size() == 3);
      for (std::size_t k = 0; k < 3; ++k) most = std::max(most, std::abs(a[i][k] - b[i][k]));
    }
    CHECK(most < (sizeof(real) == 8 ? 1e-12 : 1e-5));
  }
}

TEST_CASE("the classes and targets that a model names must fit its loss and its outputs") {
  struct Kind {
    const char *activation, *loss, *last;  // `last` is the target column of the data
  };
  const auto said = [](const Kind& kind, const std::string& classes, const std::string& more_targets) {
    const Folder folder;
    spill(folder / "d.csv", std::string("a,b,t\n") + kind.last);
    spill(folder / "c.toml", std::string("[data]\nfile = \"d.csv\"\n[[layer]]\nactivation = \"") + kind.activation +
                                 "\"\n[train]\nloss = \"" + kind.loss + "\"\n");
    const Experiment experiment = load_experiment(folder / "c.toml", {});
    Network network = experiment.network();
    Safetensors contents = model_contents(network, experiment);
    if (!classes.empty()) metadatum(contents, "classes") = classes;
    if (!more_targets.empty()) {
      std::string& config = metadatum(contents, "config");
      const std::size_t at = config.find("target = ");
      REQUIRE(at != std::string::npos);
      config.replace(at, config.find('\n', at) - at, "target = " + more_targets);
    }
    write_safetensors(folder / "m", contents, Dtype::F64);
    try {
      read_model(folder / "m");
    } catch (const UserError& e) {
      return std::string(e.what()).substr((folder / "m").size() + 2);
    }
    return std::string("read");
  };
  const Kind regression{"identity", "mse", "1,2,0.5\n3,4,2\n"};
  const Kind sigmoid{"sigmoid", "binary_cross_entropy", "1,2,yes\n3,4,no\n"};
  const Kind probability{"sigmoid", "binary_cross_entropy", "1,2,0.5\n3,4,0.25\n"};
  const Kind softmax{"softmax", "cross_entropy", "1,2,yes\n3,4,no\n"};
  for (const Kind& kind : {regression, sigmoid, probability, softmax}) CHECK(said(kind, "", "") == "read");
  CHECK(said(regression, "[\"a\"]", "") ==
        "the metadata contain 1 classes, but the network has 1 outputs, and the loss is mse");
  CHECK(said(regression, "", "[\"t\", \"u\"]") ==
        "the model's config lists 2 target columns, but the network has 1 outputs");
  CHECK(said(sigmoid, "[\"a\"]", "") ==
        "the metadata contain 1 classes, but the network has 1 outputs, and the loss is binary_cross_entropy");
  CHECK(said(sigmoid, "[\"a\", \"b\", \"c\"]", "") ==
        "the metadata contain 3 classes, but the network has 1 outputs, and the loss is binary_cross_entropy");
  CHECK(said(sigmoid, "[]", "") == "read");
  CHECK(said(probability, "[\"a\", \"b\"]", "") == "read");
  CHECK(said(probability, "", "[\"t\", \"u\"]") ==
        "the model's config lists 2 target columns, but the network has 1 outputs");
  CHECK(said(softmax, "[]", "") ==
        "the metadata contain 0 classes, but the network has 2 outputs, and the loss is cross_entropy");
  CHECK(said(softmax, "[\"a\", \"b\", \"c\"]", "") ==
        "the metadata contain 3 classes, but the network has 2 outputs, and the loss is cross_entropy");
}

TEST_CASE("a model of another format is refused by its number") {
  CHECK(complaint([](Safetensors& contents) { metadatum(contents, "primer") = "2"; }) ==
        "is a model of format \"2\", but this primer reads format \"1\"");
}

TEST_CASE("a standardiser belongs to a config that standardises") {
  const std::string refusal =
      "a model must have the standardisation tensors input.mean and input.std if its config sets standardize = true, "
      "and must not have these tensors otherwise";
  CHECK(complaint([](Safetensors& c) {
          std::string& config = metadatum(c, "config");
          config.replace(config.find("standardize = true"), 18, "standardize = false");
        }) == refusal);
  CHECK(complaint([](Safetensors& c) { tensor(c, "input.mean").name = "output.mean"; }) == refusal);
  CHECK(complaint([](Safetensors& c) {
          tensor(c, "input.mean").name = "output.mean";
          tensor(c, "input.std").name = "output.std";
        }) == refusal);
  CHECK(complaint([](Safetensors& c) {
          tensor(c, "input.std").shape = {};
          tensor(c, "input.std").values = {0};
        }) == "tensor input.std has the shape [], but the network needs [2]");
  CHECK(complaint([](Safetensors& c) { c.tensors.push_back({"notes", {1}, {0}}); }) == "read");
}

TEST_CASE("a model says how it differs from a run in columns, classes, scaling and activations") {
  const Folder folder;
  const Experiment experiment = experiment_in(folder, plain);
  Network network = experiment.network();
  const Safetensors contents = model_contents(network, experiment);
  using Said = std::vector<std::string>;
  CHECK(differences(contents, experiment).empty());
  Experiment other = experiment;
  other.data.columns[1] = "c";
  CHECK(differences(contents, other) == Said{R"(the model's columns are ["a", "b"], but this run has ["a", "c"])"});
  other = experiment;
  other.data.classes = {"no"};
  CHECK(differences(contents, other) == Said{R"(the model's classes are ["no", "yes"], but this run has ["no"])"});
  const std::string scaled = "the model's inputs are standardised with other means or deviations than in this run";
  other = experiment;
  other.data.standardizer->mean[1] += 1;
  CHECK(differences(contents, other) == Said{scaled});
  other = experiment;
  other.data.standardizer->deviation[0] *= 2;
  CHECK(differences(contents, other) == Said{scaled});
  other = experiment;
  other.data.standardizer.reset();
  CHECK(differences(contents, other) ==
        Said{"the model's inputs are standardised, but in this run they are not standardised"});
  other = experiment;
  other.data.target_standardizer = other.data.standardizer;
  CHECK(differences(contents, other) ==
        Said{"the model's targets are not standardised, but in this run they are standardised"});
  other = experiment;
  other.config.layers[0].activation = "relu";
  other.config.layers[1].activation = "identity";
  CHECK(differences(contents, other) ==
        Said{"layer 1 of the model has the activation tanh, but this run has relu",
             "layer 2 of the model has the activation softmax, but this run has identity"});
  other.config.layers.erase(other.config.layers.begin());
  CHECK(differences(contents, other) ==
        Said{"layer 1 of the model has the activation tanh, but this run has identity"});
  CHECK(differences({}, other).empty());
  Safetensors half = contents;
  tensor(half, "input.std").name = "other.std";
  CHECK(differences(half, experiment) ==
        Said{"the model's inputs are not standardised, but in this run they are standardised"});
}

TEST_CASE("the rows of a file are scaled for the network, or are those of one part of the run") {
  const Folder folder;
  spill(folder / "d.csv", "x,y\n1,10\n2,20\n3,30\n4,40\n");
  spill(folder / "c.toml",
        "[data]\nfile = \"d.csv\"\nstandardize = true\nstandardize_targets = true\ntest_fraction = 0.25\n[[layer]]\n"
        "[train]\nloss = \"mse\"\n");
  const Experiment experiment = load_experiment(folder / "c.toml", {});
  Network network = experiment.network();
  write_safetensors(folder / "m", model_contents(network, experiment), Dtype::F64);
  const Model model = read_model(folder / "m");
  REQUIRE(model.standardizer);
  REQUIRE(model.target_standardizer);
  CHECK(model.training_rows == fingerprint({&experiment.data.train}));
  const auto samples = [&](const std::string& file) {
    return read_samples(folder / file, model.config.data, model.task, model.columns);
  };
  const auto close = [](const Tensor& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t k = 0; k < b.size(); ++k) CHECK(static_cast<double>(a[k]) == doctest::Approx(b[k]));
  };
  const auto scaled = [](const std::vector<double>& values, const Standardizer& by) {
    std::vector<double> result;
    for (const double v : values) {
      result.push_back((v - static_cast<double>(by.mean[0])) / static_cast<double>(by.deviation[0]));
    }
    return result;
  };
  const Dataset all = rows_of(model, samples("d.csv"), "");
  close(all.x, scaled({1, 2, 3, 4}, *model.standardizer));
  close(all.y, scaled({10, 20, 30, 40}, *model.target_standardizer));
  CHECK(rows_of(model, samples("d.csv"), "train").x == experiment.data.train.x);
  CHECK(rows_of(model, samples("d.csv"), "test").x == experiment.data.test.x);
  CHECK(rows_of(model, samples("d.csv"), "test").y == experiment.data.test.y);
  CHECK_THROWS_WITH_AS(rows_of(model, samples("d.csv"), "validation"),
                       ((folder / "d.csv") + ": no row of this file was in the run's validation set").c_str(),
                       UserError);
  spill(folder / "e.csv", "x,y\n1,10\n2,20\n3,30\n4,41\n");
  CHECK(rows_of(model, samples("e.csv"), "").x.rows() == 4);
  const std::string unknown =
      (folder / "e.csv") +
      ": is not the data file of the model, so primer cannot tell training from test rows; leave out --rows";
  for (const std::string part : {"train", "test"}) {
    CHECK_THROWS_WITH_AS(rows_of(model, samples("e.csv"), part), unknown.c_str(), UserError);
  }
}
