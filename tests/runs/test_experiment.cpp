// A config and its data: what is read from CSV files, what is split and encoded, and what does not fit.
#include "primer/runs/experiment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>

#include "../allocations.hpp"
#include "../program.hpp"

using namespace primer;

namespace {

using program::Folder;
using program::spill;

// A folder with c.toml, d.csv and v.csv.
struct Files : Folder {
  std::string data = "file = \"d.csv\"\n";
  std::string output = "[[layer]]\nactivation = \"softmax\"\n";
  std::string loss = "cross_entropy";

  Experiment load(const std::string& csv, const std::string& validation = "") const {
    spill(*this / "d.csv", csv);
    spill(*this / "v.csv", validation);
    spill(*this / "c.toml", "[data]\n" + data + output + "[train]\nloss = \"" + loss + "\"\n");
    return load_experiment(*this / "c.toml", {});
  }
  std::string complaint(const std::string& csv, const std::string& validation = "") const {
    try {
      load(csv, validation);
    } catch (const UserError& e) {
      const std::string said = e.what();
      return said.starts_with(path + "/") ? said.substr(path.size() + 1) : said;
    }
    return "read";
  }
};

struct Regression : Files {
  explicit Regression(const std::string& keys = "file = \"d.csv\"\n") {
    data = keys;
    output = "[[layer]]\n";
    loss = "mse";
  }
};

}  // namespace

TEST_CASE("the last column is the target, and classes in text become one-hot rows in byte order") {
  const Experiment e = Files().load("a,b,kind\n1,10,yes\n2,20,no\n3,30,yes\n");
  CHECK(e.task == Task::multiclass);
  CHECK(e.data.columns == std::vector<std::string>{"a", "b"});
  CHECK(e.data.targets == std::vector<std::string>{"kind"});
  CHECK(e.data.classes == std::vector<std::string>{"no", "yes"});
  CHECK(e.data.train.x == Tensor{{1, 10}, {2, 20}, {3, 30}});
  CHECK(e.data.train.y == Tensor{{0, 1}, {1, 0}, {0, 1}});
  CHECK(e.config.data.target == std::vector<std::string>{"kind"});
  CHECK(e.config.layers.back().units == 2);
}

#ifndef PRIMER_ADDRESS_SANITIZER
TEST_CASE("an experiment encodes its targets once") {
  constexpr std::size_t K = 500;
  FileSamples samples;
  samples.columns = {"a"};
  samples.x = Tensor(2 * K, 1);
  samples.targets.resize(1);
  samples.targets[0].name = "class";
  for (std::size_t i = 0; i < 2 * K; ++i) samples.targets[0].labels.add("the class number " + std::to_string(i % K));
  const auto classes = find_classes(samples.targets, Task::multiclass, 0);
  const auto allocations = [](const auto& work) {
    const std::size_t before = heap::allocations;
    work();
    return heap::allocations - before;
  };
  const std::size_t encoding = allocations([&] { encode(samples, Task::multiclass, classes); });
  CHECK(encoding > K);
  Samples copy = samples;
  const std::size_t needed = allocations([&] {
    find_classes(copy.targets, Task::multiclass, 0);
    prepare(std::move(copy), {}, Task::multiclass, classes, {}, 1);
  });
  Config config = parse_config(
      "[data]\nfile = \"d.csv\"\nstandardize = false\n[[layer]]\nactivation = \"softmax\"\n"
      "[train]\nloss = \"cross_entropy\"\n",
      "c.toml", {});
  const std::size_t made = allocations([&] { experiment_of(std::move(config), std::move(samples), {}); });
  CHECK(made < needed + encoding / 2);
}
#endif

TEST_CASE("several target columns are taken out of the inputs, in the order that the config names") {
  const Experiment e = Regression("file = \"d.csv\"\ntarget = [\"u\", \"v\"]\n").load("v,a,u,b\n1,2,3,4\n5,6,7,8\n");
  CHECK(e.data.columns == std::vector<std::string>{"a", "b"});
  CHECK(e.data.targets == std::vector<std::string>{"u", "v"});
  CHECK(e.data.train.x == Tensor{{2, 4}, {6, 8}});
  CHECK(e.data.train.y == Tensor{{3, 1}, {7, 5}});
  CHECK(e.data.classes.empty());
  CHECK(e.config.layers.back().units == 2);
}

TEST_CASE("several target columns of cross_entropy are a distribution over classes of their names") {
  Files files;
  files.data = "file = \"d.csv\"\ntarget = [\"p\", \"q\"]\n";
  const Experiment e = files.load("x,p,q\n1,0.25,0.75\n2,1,0\n");
  CHECK(e.data.classes == std::vector<std::string>{"p", "q"});
  CHECK(e.data.train.y == Tensor{{real(0.25), real(0.75)}, {1, 0}});
  CHECK(files.complaint("x,p,q\n1,0.25,0.75\n2,1,1\n") ==
        "d.csv:3:3: column 'p': the row's targets sum to 2; for cross_entropy they must sum to 1");
  CHECK(files.complaint("x,p,q\n1,0.25,0.75\n2,-1,2\n").starts_with("d.csv:3:3: column 'p': -1 is not a probability"));
  CHECK(files.complaint("x,p,q\n1,0.25,0.75\n2,0,1.5\n").starts_with("d.csv:3:5: column 'q': 1.5 is not a"));
  CHECK(files.complaint("x,p,q\n1,a,0.75\n") ==
        "d.csv:2:3: the loss needs numbers in the target column \"p\", but the column begins with \"a\"; several "
        "target columns must contain probabilities, and classes must be in one column");
}

TEST_CASE("a regression whose target begins with a text is told of the losses of classes") {
  CHECK(Regression("file = \"d.csv\"\n").complaint("x,bought\n1,yes\n2,no\n") ==
        "d.csv:2:3: the loss needs numbers in the target column \"bought\", but the column begins with \"yes\"; for "
        "classes, "
        "set train.loss to cross_entropy, or to binary_cross_entropy for two classes");
  CHECK(Regression("file = \"d.csv\"\n").complaint("x,bought\n1,0.5\n2,no\n") ==
        "d.csv:3:3: column \"bought\" needs a number, not \"no\"; correct the cell or remove the row");
}

TEST_CASE("targets that are missing columns, or all columns, are refused") {
  CHECK(Regression("file = \"d.csv\"\ntarget = \"wdith\"\n").complaint("x,width\n1,2\n") ==
        "d.csv:1: there is no column \"wdith\", which is needed as a target; did you mean 'width'?");
  CHECK(Regression("file = \"d.csv\"\ntarget = [\"x\", \"y\"]\n").complaint("x,y\n1,2\n") ==
        "d.csv:1: every column is a target or ignored; there must be an input column");
  CHECK(Regression().complaint("y\n1\n") ==
        "d.csv:1: there is only one column, \"y\"; a file needs an input and a target, and its cells must be separated "
        "by data.separator");
}

TEST_CASE("a validation file is matched by name, encoded like the training rows and standardised by them") {
  Files files;
  files.data = "file = \"d.csv\"\nvalidation_file = \"v.csv\"\nstandardize = true\n";
  // The other order of columns, one that nobody asked for, and one class only.
  const Experiment e = files.load("a,b,kind\n1,10,yes\n3,30,no\n", "kind,b,note,a\nyes,20,hello,5\n");
  REQUIRE(e.data.train.size() == 2);
  REQUIRE(e.data.validation.size() == 1);
  CHECK(e.data.test.size() == 0);
  CHECK(e.data.train.x == Tensor{{-1, -1}, {1, 1}});  // means 2 and 20, deviations 1 and 10
  CHECK(e.data.validation.x == Tensor{{3, 0}});
  CHECK(e.data.validation.y == Tensor{{0, 1}});  // no, yes
}

TEST_CASE("a validation file that does not fit is refused with its location") {
  Files files;
  files.data = "file = \"d.csv\"\nvalidation_file = \"v.csv\"\n";
  const std::string csv = "a,bb,kind\n1,10,yes\n3,30,no\n";
  CHECK(files.complaint(csv, "a,bb,kind\n1,2,maybe\n") ==
        "v.csv:2:5: column 'kind': class 'maybe' is not one of the 2 classes, no … yes");
  CHECK(files.complaint(csv, "a,c,kind\n1,2,yes\n") ==
        "v.csv:1: there is no column \"bb\", but the network needs this input; the columns are a, c, kind");
  CHECK(files.complaint(csv, "a,bb,kin\n1,2,yes\n") ==
        "v.csv:1: there is no column \"kind\", which is needed as a target; did you mean 'kin'?");
  CHECK(files.complaint(csv, "a,bb,kind\n1,,yes\n").starts_with("v.csv:2:3: column \"bb\" has a missing value"));
  CHECK(files.complaint(csv, "a,bb,kind\n") == "v.csv: has a header but no rows");
  CHECK(files.complaint(csv, "") == "v.csv: the file is empty; a CSV file begins with a header row");
}

TEST_CASE("with a validation file only the test set is split off") {
  Files files;
  files.data = "file = \"d.csv\"\nvalidation_file = \"v.csv\"\ntest_fraction = 0.5\n";
  const Experiment e = files.load("a,kind\n1,x\n2,x\n3,y\n4,y\n", "a,kind\n9,x\n");
  CHECK(e.data.train.size() == 2);
  CHECK(e.data.test.size() == 2);
  CHECK(e.data.validation.x == Tensor{{9}});
  std::set<real> seen;
  for (const Dataset* part : {&e.data.train, &e.data.test}) {
    for (const real v : part->x.values()) seen.insert(v);
    CHECK(part->y(0, 0) + part->y(1, 0) == 1);  // one of each class
  }
  CHECK(seen == std::set<real>{1, 2, 3, 4});
}

TEST_CASE("a constant column becomes 0, and other rows with the same value become 0") {
  Regression files("file = \"d.csv\"\nvalidation_file = \"v.csv\"\nstandardize = true\n");
  const Experiment e = files.load("a,c,y\n1,0.1,1\n2,0.1,2\n4,0.1,3\n", "a,c,y\n3,0.1,1\n3,1.1,1\n");
  for (std::size_t i = 0; i < 3; ++i) CHECK(e.data.train.x(i, 1) == 0);
  CHECK(e.data.validation.x(0, 1) == 0);
  CHECK(e.data.validation.x(1, 1) == doctest::Approx(1));  // by a deviation of 1
  for (const real v : e.data.train.x.values()) CHECK(std::isfinite(v));
}

TEST_CASE("one row is enough for regression, but not for classes") {
  Regression files("file = \"d.csv\"\nstandardize = true\n");
  const Experiment e = files.load("a,y\n5,7\n");
  CHECK(e.data.train.x == Tensor{{0}});
  CHECK(e.data.train.y == Tensor{{7}});
  CHECK(Files().complaint("a,kind\n5,x\n") ==
        "d.csv: column 'kind' has one class only ('x'); cross_entropy needs two or more");
  files.data = "file = \"d.csv\"\ntest_fraction = 0.5\n";  // of one row: rounds to one
  CHECK(files.complaint("a,y\n5,7\n") == "d.csv: test_fraction and validation_fraction leave no row to train on");
}

TEST_CASE("an empty file, a header without rows and a missing file are refused by name") {
  const Regression files;
  CHECK(files.complaint("") == "d.csv: the file is empty; a CSV file begins with a header row");
  CHECK(files.complaint("\n\n") == "d.csv: the file is empty; a CSV file begins with a header row");
  CHECK(files.complaint("a,y\n") == "d.csv: has a header but no rows");
  CHECK(files.complaint("a,y\r\n\r\n") == "d.csv: has a header but no rows");
  Regression missing("file = \"none.csv\"\n");
  CHECK(missing.complaint("") == "none.csv: cannot be opened: No such file or directory");
}

TEST_CASE("early stopping needs a validation row, also after one epoch") {
  for (const std::string epochs : {"1", "5"}) {
    CAPTURE(epochs);
    Files files;
    files.data = "file = \"d.csv\"\nvalidation_fraction = 0.1\n";
    files.loss = "cross_entropy\"\nearly_stopping = " + epochs + "\nschedule = \"none";
    CHECK(
        files.complaint("a,kind\n1,x\n2,y\n") ==
        "c.toml:8:18: early_stopping needs validation rows, but there are none; set a larger data.validation_fraction");
  }
}

TEST_CASE("layers that do not fit the data or the loss are refused at their location") {
  const std::string csv = "a,kind\n1,x\n2,y\n3,z\n";
  Files files;
  files.output = "[[layer]]\nunits = 2\nactivation = \"softmax\"\n";
  CHECK(files.complaint(csv) ==
        "c.toml:4:9: the last layer has 2 units, but the data have 3 classes; write units = 3, or leave units out");
  files.output = "[[layer]]\nactivation = \"sigmoid\"\n";
  CHECK(files.complaint(csv) ==
        "c.toml:4:14: cross_entropy needs softmax at the output, not sigmoid; write activation = \"softmax\"");
  files.output = "[[layer]]\nactivation = \"softmax\"\ndropout = 0.5\n";
  CHECK(files.complaint(csv) ==
        "c.toml:4:14: cross_entropy needs outputs that are probabilities; remove residual and dropout from the last "
        "layer");
  files.output = "[[layer]]\nunits = 2\nresidual = true\n[[layer]]\nactivation = \"softmax\"\n";
  CHECK(files.complaint(csv) ==
        "c.toml:5:12: residual adds the layer's input to its output, so the layer needs 1 units, not 2");
  files.loss = "binary_cross_entropy";
  files.output = "[[layer]]\nactivation = \"sigmoid\"\n";
  CHECK(files.complaint(csv) ==
        "d.csv: column 'kind' has 3 classes; a sigmoid separates two classes; for more classes, use softmax with "
        "cross_entropy");
  files.output = "[[layer]]\nactivation = \"tanh\"\n";
  CHECK(files.complaint("a,kind\n1,x\n2,y\n") ==
        "c.toml:4:14: binary_cross_entropy needs probabilities at the output, but tanh has values outside [0, 1]; "
        "write activation "
        "= \"sigmoid\"");
}

TEST_CASE("the last layer must have as many units as there are target columns") {
  Regression files;
  files.output = "[[layer]]\nunits = 3\n";
  CHECK(files.complaint("a,y\n1,2\n2,3\n") ==
        "c.toml:4:9: the last layer has 3 units, but the data have 1 target column; write units = 1, or leave units "
        "out");
  files.data += "target = [\"y\", \"z\"]\n";
  CHECK(files.complaint("a,y,z\n1,2,3\n2,3,4\n") ==
        "c.toml:5:9: the last layer has 3 units, but the data have 2 target columns; write units = 2, or leave units "
        "out");
}

TEST_CASE("two classes of binary_cross_entropy are one target column") {
  Files files;
  files.loss = "binary_cross_entropy";
  files.output = "[[layer]]\nunits = 2\nactivation = \"sigmoid\"\n";
  CHECK(
      files.complaint("a,kind\n1,x\n2,y\n") ==
      "c.toml:4:9: the last layer has 2 units, but the data have 1 target column; write units = 1, or leave units out");
}

TEST_CASE("softmax needs two units anywhere, and a residual output has no probabilities") {
  Files files;
  files.output = "[[layer]]\nunits = 1\nactivation = \"softmax\"\n[[layer]]\nactivation = \"softmax\"\n";
  CHECK(files.complaint("a,kind\n1,x\n2,y\n") ==
        "c.toml:5:14: softmax over one unit always outputs 1; use another activation in a hidden layer");
  files.output = "[[layer]]\nresidual = true\nactivation = \"softmax\"\n";
  CHECK(files.complaint("a,b,kind\n1,1,x\n2,2,y\n") ==
        "c.toml:5:14: cross_entropy needs outputs that are probabilities; remove residual and dropout from the last "
        "layer");
  Regression regression;
  regression.output = "[[layer]]\nresidual = true\ndropout = 0.5\n";
  CHECK(regression.complaint("a,y\n1,2\n2,3\n") == "read");
}

TEST_CASE("an experiment is made of a generator's config without any file, and equals the loaded one") {
  const Folder folder;
  const std::string text =
      "[data]\ngenerator = \"moons\"\npoints = 40\ntest_fraction = 0.25\nstandardize = true\n[[layer]]\nactivation = "
      "\"sigmoid\"\n[train]\nloss = \"binary_cross_entropy\"\n";
  spill(folder / "c.toml", text);
  const Experiment loaded = load_experiment(folder / "c.toml", {});
  const Experiment made = experiment_of(parse_config(text, folder / "c.toml", {}));
  CHECK(made.task == Task::binary);
  CHECK(made.data.train.x == loaded.data.train.x);
  CHECK(made.data.train.y == loaded.data.train.y);
  CHECK(made.data.test.x == loaded.data.test.x);
  CHECK(made.data.train.size() == 30);
  CHECK(to_toml(made.config, "") == to_toml(loaded.config, ""));
}

TEST_CASE(
    "an experiment is made of given samples, and a target that does not fit is reported with the file's name only") {
  const Config config = parse_config(
      "[data]\nfile = \"none.csv\"\n[[layer]]\nactivation = \"softmax\"\n[train]\nloss = \"cross_entropy\"\n", "c", {});
  FileSamples samples;
  samples.file = "pasted";
  samples.columns = {"x"};
  samples.x = Tensor{{1}, {2}, {3}};
  samples.targets = {{"p", {1, 0, 0.5}, {}}, {"q", {0, 1, 0.5}, {}}};
  const Experiment made = experiment_of(config, samples, {});
  CHECK(made.data.train.x.rows() == 3);
  CHECK(made.data.classes == std::vector<std::string>{"p", "q"});
  samples.targets[1].numbers[2] = 0.25;
  CHECK_THROWS_WITH_AS(experiment_of(config, samples, {}),
                       "pasted: column 'p': the row's targets sum to 0.75; for cross_entropy they must sum to 1",
                       UserError);
}

TEST_CASE("other rows for an experiment need the same columns, in any order, and the same classes") {
  Files files;
  files.data = "file = \"d.csv\"\nstandardize = true\n";
  const Experiment e = files.load("a,b,kind\n1,10,yes\n3,30,no\n");
  spill(files / "o.csv", "note,b,kind,a\nx,20,no,5\n");
  const Dataset rows = read_dataset(files / "o.csv", e);
  CHECK(rows.x == Tensor{{3, 0}});
  CHECK(rows.y == Tensor{{1, 0}});
  const auto complaint = [&](const std::string& csv) {
    spill(files / "o.csv", csv);
    try {
      read_dataset(files / "o.csv", e);
    } catch (const UserError& error) {
      return std::string(error.what()).substr(files.path.size() + 1);
    }
    return std::string("read");
  };
  CHECK(complaint("first,kind\n5,no\n") ==
        "o.csv:1: there is no column \"a\", but the network needs this input; the columns are first, kind");
  CHECK(complaint("a,b,kind\n5,20,perhaps\n") ==
        "o.csv:2:6: column 'kind': class 'perhaps' is not one of the 2 classes, no … yes");
}

namespace {

// A user's activation that is a distribution: softmax, but without a canonical loss.
class Shares : public Activation {
 public:
  explicit Shares(const Traits& declared = {.elementwise = false, .distribution = true}) : Activation(declared) {}
  std::string name() const override { return "test_shares"; }
  void forward(const Tensor& z, Tensor& a, Tensor& derivative) const override { softmax_->forward(z, a, derivative); }
  void value(const Tensor& z, Tensor& a) const override { softmax_->value(z, a); }
  void backward(const Tensor& z, const Tensor& a, const Tensor& derivative, const Tensor& dL_da,
                Tensor& dL_dz) override {
    softmax_->backward(z, a, derivative, dL_da, dL_dz);
  }

 private:
  std::unique_ptr<Activation> softmax_ = make_activation("softmax");
};

}  // namespace

TEST_CASE("a user's activation whose rows are distributions may be used with cross_entropy") {
  const std::vector<std::string_view> names = activations().names();
  if (std::find(names.begin(), names.end(), "test_shares") == names.end()) {
    activations().add(
        {"test_shares", [](std::optional<real>) -> std::unique_ptr<Activation> { return std::make_unique<Shares>(); }});
  }
  Files files;
  files.output = "[[layer]]\nactivation = \"test_shares\"\n";
  const Experiment e = files.load("x,y\n0,a\n1,b\n2,c\n3,a\n");
  Network own = e.network();
  files.output = "[[layer]]\nactivation = \"softmax\"\n";
  Network plain = files.load("x,y\n0,a\n1,b\n2,c\n3,a\n").network();
  const auto loss = make_loss(e.config.train);
  CHECK(!own.canonical(*loss));
  own.forward(e.data.train.x);
  own.backward(*loss, e.data.train.y);
  plain.forward(e.data.train.x);
  plain.backward(*loss, e.data.train.y);
  for (std::size_t i = 0; i < own.layers[0].dL_dWt.size(); ++i) {
    CHECK(own.layers[0].dL_dWt[i] == doctest::Approx(plain.layers[0].dL_dWt[i]).epsilon(1e-5));
  }
}

namespace {

// Softmax of 2 z, of which cross_entropy cannot be computed as if it were softmax of z.
class Sharp : public Shares {
 public:
  Sharp() : Shares({.canonical_loss = "cross_entropy", .elementwise = false, .distribution = true}) {}
  std::string name() const override { return "test_sharp"; }
  void value(const Tensor& z, Tensor& a) const override {
    Tensor twice = z;
    for (real& v : twice.values()) v *= 2;
    Shares::value(twice, a);
  }
};

// It names a loss that cannot be computed from z.
struct Squared {
  static constexpr std::string_view name = "test_square_of_z";
  static constexpr Traits traits{.canonical_loss = "mse"};
  real value(real z) const { return z * z; }
  real derivative(real z) const { return 2 * z; }
};

}  // namespace

TEST_CASE("an activation may name a canonical loss only if the loss from z is the loss from a") {
  const std::vector<std::string_view> names = activations().names();
  if (std::find(names.begin(), names.end(), "test_sharp") == names.end()) {
    activations().add(
        {"test_sharp", [](std::optional<real>) -> std::unique_ptr<Activation> { return std::make_unique<Sharp>(); }});
    register_activation<Squared>();
  }
  Files files;
  files.output = "[[layer]]\nactivation = \"test_sharp\"\n";
  const std::string complaint = files.complaint("x,y\n0,a\n1,b\n2,c\n3,a\n");
  CHECK(complaint.starts_with(
      "c.toml:4:14: the activation test_sharp names the canonical loss cross_entropy. Computed "));
  CHECK(complaint.ends_with("; remove canonical_loss from the traits of the activation"));
  files.output = "[[layer]]\nactivation = \"test_square_of_z\"\n";
  files.loss = "mse";
  CHECK(
      files.complaint("x,y\n0,1\n1,2\n") ==
      "c.toml:4:14: the activation test_square_of_z has the trait canonical_loss, but mse cannot be computed from the "
      "logits; remove this trait from the C++ code of the activation");
}

TEST_CASE("class weights belong to the classes of one target column") {
  Files files;
  const std::string csv = "a,kind\n1,x\n2,y\n3,z\n4,x\n";
  const auto weighted = [&](const std::string& weights) {
    files.loss = "cross_entropy\"\nclass_weights = " + weights + "\nschedule = \"none";
  };
  weighted("[1, 2]");
  CHECK(files.complaint(csv) == "c.toml:7:17: there are 3 classes, but 2 weights");
  weighted("[1, 2, 3, 4]");
  CHECK(files.complaint(csv) == "c.toml:7:17: there are 3 classes, but 4 weights");
  weighted("[1, 2, 3.5]");
  CHECK(files.load(csv).config.train.class_weights == std::vector<double>{1, 2, 3.5});
  weighted("\"balanced\"");
  const Experiment balanced = files.load(csv);
  // scikit-learn's compute_class_weight("balanced"): rows / (classes × rows of the class).
  CHECK(balanced.config.train.class_weights == std::vector<double>{4.0 / 6, 4.0 / 3, 4.0 / 3});
  CHECK_FALSE(balanced.config.train.balanced_weights);
  files.loss = "binary_cross_entropy\"\nclass_weights = [1, 2]\nschedule = \"none";
  files.output = "[[layer]]\nactivation = \"sigmoid\"\n";
  CHECK(files.complaint("a,p\n1,0.5\n2,0.25\n") == "c.toml:7:17: class_weights needs one target column of classes");
  CHECK(files.complaint("a,p\n1,yes\n2,no\n") == "read");
}

TEST_CASE("one unit of softmax is refused with what to write, for a regression too") {
  Regression files;
  files.output = "[[layer]]\nactivation = \"softmax\"\n";
  CHECK(files.complaint("a,y\n1,2\n2,3\n") ==
        "c.toml:4:14: softmax over one unit always outputs 1; for the loss mse, use identity; for a class as the "
        "target, set train.loss to cross_entropy");
  files.output = "[[layer]]\nunits = 2\nactivation = \"softmax\"\n[[layer]]\nunits = 1\n";
  CHECK(files.complaint("a,y\n1,2\n2,3\n") == "read");
}

TEST_CASE("a picture has as many pixels as there are inputs") {
  Files files;
  files.data = "file = \"d.csv\"\nimage = [2, 3]\n";
  CHECK(files.complaint("a,b,c,d,e,kind\n1,2,3,4,5,x\n1,2,3,4,5,y\n") ==
        "c.toml:3:9: a picture of 2 × 3 pixels needs 6 inputs, but the data have 5");
  CHECK(files.complaint("a,b,c,d,e,f,kind\n1,2,3,4,5,6,x\n1,2,3,4,5,6,y\n") == "read");
}

TEST_CASE("rows from a file for an experiment whose data were generated are matched by name, or else by place") {
  const Folder folder;
  const std::string text =
      "[data]\ngenerator = \"moons\"\npoints = 40\nstandardize = true\n[[layer]]\nactivation = \"sigmoid\"\n[train]\n"
      "loss = \"binary_cross_entropy\"\n";
  const Experiment e = experiment_of(parse_config(text, "c", {}));
  REQUIRE(e.data.columns == std::vector<std::string>{"x1", "x2"});
  REQUIRE(e.data.standardizer);
  const std::string target = e.config.data.target.at(0);
  const auto rows = [&](const std::string& csv) {
    spill(folder / "o.csv", csv);
    return read_dataset(folder / "o.csv", e);
  };
  const auto complaint = [&](const std::string& csv) {
    try {
      rows(csv);
    } catch (const UserError& error) {
      return std::string(error.what()).substr(folder.path.size() + 1);
    }
    return std::string("read");
  };
  const Dataset named = rows("x2,note,x1," + target + ",z\n2,9,1,1,7\n");
  const Dataset placed = rows("a,b,c\n1,2,1\n");
  CHECK(named.x == placed.x);
  CHECK(named.x(0, 0) == doctest::Approx((1 - e.data.standardizer->mean[0]) / e.data.standardizer->deviation[0]));
  CHECK(named.y == Tensor{{1}});
  CHECK(placed.y == Tensor{{1}});
  CHECK(rows("x1,x2,c\n1,2,0\n").x == placed.x);              // another target
  CHECK(rows("a,x2," + target + "\n1,2,0\n").x == placed.x);  // another input
  CHECK(complaint("a,b,c,d\n1,2,3,1\n") ==
        "o.csv:1: 3 input columns, but the network has 2 inputs; the last column is the target unless data.target "
        "names other columns");
  CHECK(complaint("a,c\n1,1\n") ==
        "o.csv:1: 1 input column, but the network has 2 inputs; the last column is the target unless data.target names "
        "other columns");
}

TEST_CASE("rows from a file that have fewer targets than the network has outputs are refused") {
  const Folder folder;
  const Config config = parse_config("[data]\ngenerator = \"sine\"\n[[layer]]\n[train]\nloss = \"mse\"\n", "c", {});
  FileSamples samples;
  samples.file = "given";
  samples.columns = {"x"};
  samples.x = Tensor{{1}, {2}};
  samples.targets = {{"p", {1, 2}, {}}, {"q", {3, 4}, {}}};
  const Experiment e = experiment_of(config, samples, {});
  spill(folder / "o.csv", "a,b\n1,2\n");
  CHECK_THROWS_WITH_AS(
      read_dataset(folder / "o.csv", e),
      ((folder / "o.csv") + ":1: 1 target column, but the network has 2 outputs; the last column is the "
                            "target unless data.target names other columns")
          .c_str(),
      UserError);
}

TEST_CASE("the targets of other rows are standardised like those of the training rows") {
  Regression files("file = \"d.csv\"\nstandardize_targets = true\n");
  const Experiment e = files.load("a,y\n1,10\n2,30\n");
  CHECK(e.data.train.y == Tensor{{-1}, {1}});
  spill(files / "o.csv", "a,y\n5,40\n");
  const Dataset rows = read_dataset(files / "o.csv", e);
  CHECK(rows.x == Tensor{{5}});
  CHECK(rows.y == Tensor{{2}});
}
