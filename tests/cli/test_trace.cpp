// primer trace and primer train --init, which must give the same bits as the library.
#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/formats/number.hpp"
#include "primer/formats/utf8.hpp"
#include "primer/runs/experiment.hpp"
#include "primer/runs/model.hpp"
#include "primer/runs/signature.hpp"
#include "primer/runs/trace.hpp"
#include "primer/views/table.hpp"

using namespace primer;

namespace {

// The name of a Python that has NumPy, or "".
std::string numpy() {
  for (const char* const python : {"python3", "/usr/bin/python3"}) {
    if (program::shell(std::string(python) + " -c 'import numpy'", "/").code == 0) return python;
  }
  return {};
}

struct Example {
  const char* sigmas;
  const char* loss;
  std::string layers;
};

std::string layer(const std::string& activation, const std::string& more = "") {
  return "[[layer]]\nactivation = \"" + activation + "\"\nunits = 6\n" + more;
}
std::string output(const std::string& activation) { return "[[layer]]\nactivation = \"" + activation + "\"\n"; }

std::string config(const Example& example) {
  const bool classes = std::string(example.loss) == "cross_entropy";
  const bool regression = std::string(example.loss) == "mse" || std::string(example.loss) == "huber";
  return std::string("seed = 3\n[data]\ngenerator = \"") +
         (regression ? "sine"
          : classes  ? "spirals"
                     : "moons") +
         "\"\nnoise = 0.1\nstandardize = true\n" + example.layers + "[train]\nloss = \"" + example.loss +
         "\"\nbatch_size = 20\nepochs = 0\n";
}

const std::vector<Example> examples{
    {"tanh,prelu,relu,softmax", "cross_entropy",
     layer("tanh", "batch_norm = true\n") + layer("prelu", "residual = true\n") +
         layer("relu", "batch_norm = true\nresidual = true\ndropout = 0.2\n") + output("softmax")},
    {"gelu,softmax,sigmoid,sigmoid", "binary_cross_entropy",
     layer("gelu", "dropout = 0.3\n") + layer("softmax") + layer("sigmoid") + output("sigmoid")},
    {"identity,step,leaky_relu,elu,selu,softplus,gelu_tanh,silu,tanh", "mse",
     layer("identity") + layer("step") + layer("leaky_relu(0.2)") + layer("elu(2)") + layer("selu") +
         layer("softplus") + layer("gelu_tanh") + layer("silu") + output("tanh")},
    {"tanh,identity", "huber", layer("tanh") + output("identity")},
};

}  // namespace

TEST_CASE("the arrays of a trace satisfy the formulas of backpropagation in NumPy") {
  const std::string python = numpy();
  if (python.empty() || sizeof(real) != sizeof(double)) {
    MESSAGE("skipped: it needs NumPy and the double build");
    return;
  }
  const program::Folder folder;
  for (const Example& example : examples) {
    program::spill(folder / "c.toml", config(example));
    REQUIRE(program::primer("train c.toml --quiet --out run --replace", folder.path).code == 0);
    const auto traced = program::primer("trace c.toml --init run/model.safetensors --out t.safetensors", folder.path);
    CAPTURE(traced.err);
    REQUIRE(traced.code == 0);
    CHECK(traced.out.empty());
    const auto checked =
        program::shell(python + " '" PRIMER_SOURCE_DIR "/tests/check_trace.py' t.safetensors run/model.safetensors " +
                           example.sigmas + " " + example.loss,
                       folder.path);
    CAPTURE(checked.out);
    CAPTURE(checked.err);
    CHECK(checked.code == 0);
    CHECK(checked.out.find(" layers hold") != std::string::npos);
  }
}

TEST_CASE("the README's comparison of NumPy gradients with a trace works as printed") {
  const std::string readme = program::slurp(PRIMER_SOURCE_DIR "/README.md");
  const std::size_t begin = readme.find("```python\n");
  REQUIRE(begin != std::string::npos);
  const std::string code = readme.substr(begin + 10, readme.find("```", begin + 10) - begin - 10);
  const std::string python = numpy();
  if (python.empty() || sizeof(real) != sizeof(double)) {
    MESSAGE("skipped: it needs NumPy and the double build");
    return;
  }
  const program::Folder folder;
  program::spill(folder / "student.py", code);
  std::filesystem::create_directory(folder / "configs");
  std::filesystem::copy(PRIMER_SOURCE_DIR "/configs/xor.toml", folder / "configs/xor.toml");
  CHECK(readme.find("\nbuild/primer trace configs/xor.toml --out xor.safetensors\n") != std::string::npos);
  REQUIRE(program::primer("trace configs/xor.toml --out xor.safetensors", folder.path).code == 0);
  const auto student = program::shell(python + " student.py", folder.path);
  CAPTURE(student.err);
  CHECK(student.out == "dL_dW1 agrees: True\n");
}

TEST_CASE("trace --init --data writes the bits of the library") {
  const program::Folder folder;
  program::spill(folder / "c.toml", config(examples[0]));
  program::spill(folder / "rows.csv", "a,b,kind\n0.5,-1,2\n0.25,3,0\n-1e-3,7,1\n");
  REQUIRE(program::primer("train c.toml --quiet --out run --set train.epochs=2", folder.path).code == 0);
  const std::string model = folder / "run/model.safetensors";
  REQUIRE(program::primer("trace c.toml --init run/model.safetensors --data rows.csv --out t.safetensors", folder.path)
              .code == 0);

  const Experiment experiment = load_experiment(folder / "c.toml", {});
  Network network = experiment.network();
  load_tensors(read_safetensors(model), model, network);
  Dataset rows{Tensor{{real(0.5), -1}, {real(0.25), 3}, {real(-1e-3), 7}}, Tensor{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}};
  standardize(*experiment.data.standardizer, rows.x);
  const auto loss = make_loss(experiment.config.train);
  network.forward_training(rows.x, 1);
  network.backward(*loss, rows.y, true);
  Safetensors contents = trace_contents(network, *loss, rows.y);
  for (const NamedTensor& parameter : model_contents(network, experiment).tensors)
    contents.tensors.push_back(parameter);
  CHECK(contents.tensor("layers.1.weight") != nullptr);
  CHECK(contents.tensor("input.mean") != nullptr);
  CHECK(program::slurp(folder / "t.safetensors") == safetensors_bytes(contents, Dtype::F64));
}

TEST_CASE("train --init without shuffling gives the bits of the library") {
  const program::Folder folder;
  program::spill(folder / "c.toml", config(examples[0]));
  REQUIRE(program::primer("train c.toml --quiet --out start --set seed=9", folder.path).code == 0);
  REQUIRE(program::primer("train c.toml --quiet --out run --init start/model.safetensors --set data.shuffle=false "
                          "--set train.epochs=3 --set train.optimizer=adam --set train.clip_norm=0.1",
                          folder.path)
              .code == 0);

  const Experiment experiment = load_experiment(
      folder / "c.toml",
      {{"data.shuffle", "false"}, {"train.epochs", "3"}, {"train.optimizer", "adam"}, {"train.clip_norm", "0.1"}});
  Network network = experiment.network();
  load_tensors(read_safetensors(folder / "start/model.safetensors"), "", network);
  const auto loss = make_loss(experiment.config.train);
  Optimizer optimizer(experiment.config.train);
  const std::size_t n = experiment.data.train.size();
  std::uint64_t t = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (std::size_t first = 0; first < n; first += 20) {
      Dataset batch;
      select_rows(experiment.data.train, {}, first, std::min(first + 20, n), batch);
      network.forward_training(batch.x, ++t);
      network.backward(*loss, batch.y);
      clip_gradients(network.parameters(), real(0.1));
      optimizer.step(network.parameters(), real(0.01));
    }
  }
  const Safetensors trained = read_safetensors(folder / "run/model.safetensors");
  Network loaded = experiment.network();
  load_tensors(trained, "", loaded);
  CHECK(copy_of(loaded) == copy_of(network));
  CHECK(signature(loaded) == signature(network));
}

TEST_CASE("without --out trace shows one sample on its way through the network and back") {
  const auto walked = program::primer(
      "trace configs/xor.toml --set train.batch_size=1 --set layer.1.units=2 "
      "--set layer.1.init='constant(0.5)' --set layer.2.init='constant(1)' "
      "--set data.shuffle=false --set data.points=1");
  CHECK(walked.code == 0);
  CHECK(walked.out ==
        "forward, sample 1 of 1\n"
        "\n"
        "layer 1: tanh, 2 → 2\n"
        "x = (0, 0)\n"
        "unit  W·1  W·2  b  z = x Wᵀ + b  σ′(z)  a = σ(z)\n"
        "1     0.5  0.5  0             0      1         0\n"
        "2     0.5  0.5  0             0      1         0\n"
        "\n"
        "layer 2: sigmoid, 2 → 1\n"
        "x = (0, 0)\n"
        "unit  W·1  W·2  b  z = x Wᵀ + b  σ′(z)  a = σ(z)\n"
        "1       1    1  0             0   0.25       0.5\n"
        "\n"
        "target y = (0)\n"
        "binary_cross_entropy L = 0.693147\n"
        "\n"
        "backward, sample 1 of 1\n"
        "\n"
        "layer 2: sigmoid, 2 → 1\n"
        "unit    a  y  ∂L/∂z = (a − y)/n  ∂L/∂b  ∂L/∂W·1  ∂L/∂W·2\n"
        "1     0.5  0                0.5    0.5        0        0\n"
        "∂L/∂x = (0.5, 0.5)\n"
        "\n"
        "layer 1: tanh, 2 → 2\n"
        "unit  ∂L/∂a  σ′(z)  ∂L/∂z = ∂L/∂a ⊙ σ′  ∂L/∂b  ∂L/∂W·1  ∂L/∂W·2\n"
        "1       0.5      1                 0.5    0.5        0        0\n"
        "2       0.5      1                 0.5    0.5        0        0\n"
        "∂L/∂x = (0.5, 0.5)\n");
  CHECK(program::primer("trace configs/digits.toml").out.find("… 56 more") != std::string::npos);
}

TEST_CASE("trace refuses unfit rows with one line") {
  const program::Folder folder;
  program::spill(folder / "c.toml", config(examples[0]));
  const auto refused = [&](const std::string& rows) {
    program::spill(folder / "rows.csv", rows);
    const auto result = program::primer("trace c.toml --data rows.csv --out t.safetensors", folder.path);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(!std::filesystem::exists(folder / "t.safetensors"));
    return result.err;
  };
  CHECK(refused("a,kind\n1,0\n") ==
        "primer: rows.csv:1: 1 input column, but the network has 2 inputs; the last column is the target unless "
        "data.target names other columns\n");
  CHECK(refused("a,b,kind\n1,2,3\n").starts_with("primer: rows.csv:2:5: column 'kind': "));
  CHECK(refused("a,b,kind\n1,x,0\n").starts_with("primer: rows.csv:2:3: "));
}

TEST_CASE("trace matches the columns of --data by name, as predict does") {
  const program::Folder folder;
  program::spill(folder / "d.csv", "a,b,kind\n1,10,red\n2,20,blue\n");
  program::spill(folder / "other.csv", "note,b,kind,a\nx,10,red,1\n");
  program::spill(folder / "c.toml",
                 "[data]\nfile = \"d.csv\"\n[[layer]]\nunits = 2\nactivation = \"tanh\"\n[[layer]]\nactivation = "
                 "\"softmax\"\n[train]\nloss = \"cross_entropy\"\nepochs = 2\n");
  REQUIRE(program::primer("train c.toml --quiet --out run", folder.path).code == 0);
  const std::string init = "--init run/model.safetensors --data other.csv --out t.safetensors";
  REQUIRE(program::primer("trace c.toml " + init, folder.path).code == 0);
  const primer::Safetensors trace = primer::read_safetensors(folder / "t.safetensors");
  CHECK(trace.tensor("1.x")->values == std::vector<double>{1, 10});
  const auto predicted = program::primer("predict run/model.safetensors other.csv", folder.path);
  const std::vector<double>& a = trace.tensor("2.a")->values;
  CHECK(predicted.out.ends_with("," + primer::number(static_cast<primer::real>(a[0])) + "," +
                                primer::number(static_cast<primer::real>(a[1])) + "\n"));
}

TEST_CASE("trace shows a row in which something happens, and --row chooses another") {
  const std::string shown = program::primer("trace configs/xor.toml --set train.batch_size=1").out;
  CHECK(shown.find("x = (0, 0)") == std::string::npos);
  CHECK(shown.find("x = (") != std::string::npos);
  const std::string second = program::primer("trace configs/xor.toml --set data.shuffle=false --row 2").out;
  CHECK(second.starts_with("forward, sample 1 of 1\n"));
  CHECK(second.find("x = (0, 1)\n") != std::string::npos);
  CHECK(program::primer("trace configs/xor.toml --row 5").error(2) ==
        "primer: --row: must be a whole number from 1 to 4, not '5'\n");
}

TEST_CASE("no line of a trace, the flow or the catalogue is wider than COLUMNS") {
  const program::Folder folder;
  const std::string deep = "train configs/digits.toml --quiet --set train.epochs=1 --set layer.1.repeat=9 --out '";
  for (const std::string& command :
       std::vector<std::string>{"trace configs/digits.toml", "activations", deep + folder.path + "'",
                                "doctor '" + folder.path + "' --try"}) {
    CAPTURE(command);
    const program::Result result = program::shell("COLUMNS=80 '" PRIMER_BINARY "' " + command, PRIMER_SOURCE_DIR);
    CHECK(result.code == 0);
    std::istringstream lines(result.out);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      CAPTURE(line);
      CHECK((count_characters(line) <= 80 || line.starts_with("run ")));
    }
    CHECK(count > 0);
  }
}
