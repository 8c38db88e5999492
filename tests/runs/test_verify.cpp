// The arrays of a pass that this file computes with plain loops, right or with one slip, against primer's.
#include "primer/runs/verify.hpp"

#include <doctest/doctest.h>
#include <cmath>
#include <functional>
#include <map>
#include <type_traits>

#include "primer/core/random.hpp"
#include "primer/runs/named_tensor.hpp"
#include "primer/runs/trace.hpp"

using namespace primer;

namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix matrix(const Tensor& t) {
  Matrix m(t.rows(), std::vector<double>(t.cols()));
  for (std::size_t i = 0; i < t.rows(); ++i) {
    for (std::size_t j = 0; j < t.cols(); ++j) m[i][j] = static_cast<double>(t(i, j));
  }
  return m;
}
Matrix turned(const Matrix& A) {
  Matrix m(A[0].size(), std::vector<double>(A.size()));
  for (std::size_t i = 0; i < A.size(); ++i) {
    for (std::size_t j = 0; j < A[0].size(); ++j) m[j][i] = A[i][j];
  }
  return m;
}
// A B, summed from the first term or from the last.
Matrix product(const Matrix& A, const Matrix& B, bool backwards = false) {
  Matrix m(A.size(), std::vector<double>(B[0].size()));
  for (std::size_t i = 0; i < A.size(); ++i) {
    for (std::size_t j = 0; j < B[0].size(); ++j) {
      for (std::size_t k = 0; k < B.size(); ++k) {
        const std::size_t at = backwards ? B.size() - 1 - k : k;
        m[i][j] += A[i][at] * B[at][j];
      }
    }
  }
  return m;
}
Matrix each(const std::function<double(double, double)>& f, const Matrix& A, const Matrix& B) {
  Matrix m = A;
  for (std::size_t i = 0; i < A.size(); ++i) {
    for (std::size_t j = 0; j < A[0].size(); ++j) m[i][j] = f(A[i][j], B[i][j]);
  }
  return m;
}

// A network 3-4-3 of tanh and softmax with cross-entropy, or of tanh and sigmoid with the squared error, and a batch of
// five samples.
struct Example {
  explicit Example(bool softmax, std::uint64_t seed = 1)
      : layers{{4, "tanh"}, {3, softmax ? "softmax" : "sigmoid"}},
        network(3, layers, seed),
        loss(make_loss(LossOptions{.loss = softmax ? "cross_entropy" : "mse"})) {
    Random random(seed, Stream::data);
    for (Dense& layer : network.layers) {
      for (real& v : layer.b.values()) v = static_cast<real>(random.uniform(-1, 1));
    }
    for (real& v : x.values()) v = static_cast<real>(random.uniform(-2, 2));
    for (std::size_t i = 0; i < y.rows(); ++i) y(i, i % 3) = 1;
    network.forward_training(x, 1);
    network.backward(*loss, y, true);
  }

  Verification check(const Safetensors& given) { return verify(network, *loss, y, given); }

  std::vector<LayerOptions> layers;
  Network network;
  std::unique_ptr<Loss> loss;
  Tensor x{5, 3}, y{5, 3};
};

// All arrays of that pass, computed here. `change` may replace an array as soon as it is computed; what depends on it
// is computed from the changed one.
Safetensors own_pass(Example& e, bool softmax, const std::function<void(const std::string&, Matrix&)>& change = {},
                     bool backwards = false) {
  Safetensors file;
  const auto keep = [&](const std::string& name, Matrix m) {
    if (change) change(name, m);
    NamedTensor tensor{name, {m.size(), m[0].size()}, {}};
    for (const auto& row : m) tensor.values.insert(tensor.values.end(), row.begin(), row.end());
    file.tensors.push_back(tensor);
    return m;
  };
  const Matrix y = matrix(e.y);
  Matrix x[2], W[2], z[2], a[2], slope[2];
  Matrix input = matrix(e.x);
  for (std::size_t l = 0; l < 2; ++l) {
    const std::string at = std::to_string(l + 1) + ".";
    W[l] = turned(matrix(e.network.layers[l].Wt));
    const Matrix b = matrix(e.network.layers[l].b);
    x[l] = keep(at + "x", input);
    Matrix u = product(x[l], turned(W[l]), backwards);
    for (auto& row : u) {
      for (std::size_t j = 0; j < row.size(); ++j) row[j] += b[0][j];
    }
    z[l] = keep(at + "z", u);
    Matrix s = z[l];
    for (auto& row : s) {
      double sum = 0;
      for (const double v : row) sum += std::exp(v);
      for (double& v : row) v = l == 0 ? std::tanh(v) : softmax ? std::exp(v) / sum : 1 / (1 + std::exp(-v));
    }
    a[l] = keep(at + "a", s);
    slope[l] = keep(at + "slope", each([l](double v, double) { return l == 0 ? 1 - v * v : v * (1 - v); }, a[l], a[l]));
    input = a[l];
  }
  Matrix delta =
      softmax ? each([](double v, double t) { return (v - t) / 5; }, a[1], y)
              : each([](double g, double s) { return g * s; },
                     keep("2.dL_da", each([](double v, double t) { return 2 * (v - t) / 15; }, a[1], y)), slope[1]);
  for (std::size_t l = 2; l-- > 0;) {
    const std::string at = std::to_string(l + 1) + ".";
    if (l == 0) delta = each([](double g, double s) { return g * s; }, keep("1.dL_da", delta), slope[0]);
    delta = keep(at + "dL_dz", delta);
    keep(at + "dL_dW", product(turned(delta), x[l], backwards));
    keep(at + "dL_db", product({std::vector<double>(5, 1)}, delta, backwards));
    delta = keep(at + "dL_dx", product(delta, W[l], backwards));
  }
  return file;
}

struct Case {
  bool softmax;
  const char* array;
  const char* words;
  std::function<double(double v, double other)> change;  // of each entry; `other` is that of `beside`
  const char* beside;                                    // an array of this shape, computed before
};

}  // namespace

TEST_CASE("a right pass in double and in float, in whatever order its sums are added, raises no alarm") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const bool softmax = seed % 2 == 0;
    CAPTURE(seed);
    Example e(softmax, seed);
    for (const bool floats : {false, true}) {
      Safetensors given = own_pass(e, softmax, floats ? [](const std::string&, Matrix& m) {
        for (auto& row : m) {
          for (double& v : row) v = static_cast<double>(static_cast<float>(v));
        }
      } : std::function<void(const std::string&, Matrix&)>(), seed % 3 == 0);
      const Verification result = e.check(given);
      CAPTURE(result.wrong);
      CAPTURE(result.what);
      CHECK(result.wrong.empty());
      CHECK(result.right.size() == given.tensors.size());
    }
  }
}

TEST_CASE("the first wrong array in the order of computation is found, and the mistake is named") {
  const std::vector<Case> cases{
      {true, "1.z", "", [](double v, double) { return v + 0.125; }, ""},
      {true, "1.a", "σ is missing", [](double, double z) { return z; }, "1.z"},
      {true, "1.slope", "`a` instead of z", [](double, double a) { return 1 - std::tanh(a) * std::tanh(a); }, "1.a"},
      {true, "1.slope", "1 − z²", [](double, double z) { return 1 - z * z; }, "1.z"},
      {true, "1.slope", "derivative of the sigmoid", [](double, double a) { return a * (1 - a); }, "1.a"},
      {true, "2.dL_dz", "1/N is missing", [](double v, double) { return 5 * v; }, ""},
      {true, "2.dL_dz", "1/N occurs twice", [](double v, double) { return v / 5; }, ""},
      {true, "2.dL_dz", "sign", [](double v, double) { return -v; }, ""},
      {true, "2.dL_dz", "already contains σ′", [](double v, double s) { return v * s; }, "2.slope"},
      {true, "2.dL_dz", "N·K", [](double v, double) { return v / 3; }, ""},
      {false, "2.dL_da", "factor 2", [](double v, double) { return v / 2; }, ""},
      {false, "2.dL_da", "divide by N·K, the", [](double v, double) { return v * 3; }, ""},
      {false, "2.dL_dz", "factor σ′(z) is missing", [](double, double g) { return g; }, "2.dL_da"},
      {false, "1.dL_dz", "factor σ′(z) is missing", [](double, double g) { return g; }, "1.dL_da"},
      {false, "1.dL_dW", "assign, do not add", [](double v, double) { return 2 * v; }, ""},
      {false, "1.dL_dW", "loss already contains the mean", [](double v, double) { return v / 5; }, ""},
      {false, "2.dL_db", "never computed", [](double, double) { return 0.0; }, ""},
      {false, "1.dL_dW", "rounding of 32-bit", [](double v, double) { return v * (1 + 1e-7); }, ""},
  };
  for (const Case& c : cases) {
    if (std::is_same_v<real, float> && std::string(c.words) == "rounding of 32-bit") continue;  // it has no other
    CAPTURE(c.array);
    CAPTURE(c.words);
    Example e(c.softmax);
    std::map<std::string, Matrix> before;
    const Safetensors given = own_pass(e, c.softmax, [&](const std::string& name, Matrix& m) {
      if (name == c.array) m = each(c.change, m, *c.beside ? before.at(c.beside) : m);
      before[name] = m;
    });
    const Verification result = e.check(given);
    CHECK(result.wrong == c.array);
    CAPTURE(result.what);
    CAPTURE(result.slip);
    CHECK(result.slip.find(c.words) != std::string::npos);
    CHECK((*c.words != '\0') == !result.slip.empty());
  }
}

TEST_CASE("slips of shape are named: a transposed array, the sum that is missing, another batch") {
  Example e(true);
  Safetensors given = own_pass(e, true);
  const auto replaced = [&](const std::string& name, const std::function<void(NamedTensor&)>& change) {
    Safetensors copy = given;
    for (NamedTensor& tensor : copy.tensors) {
      if (tensor.name == name) change(tensor);
    }
    return e.check(copy);
  };
  Verification result = replaced("2.dL_dW", [&](NamedTensor& t) {
    t = {t.name, {4, 3}, named("", e.network.layers[1].dL_dWt, Layout::matrix).values};
  });
  CHECK(result.wrong == "2.dL_dW");
  CHECK(result.slip == "your array is transposed");
  result = replaced("2.dL_db", [&](NamedTensor& t) {
    t = {t.name, {5, 3}, named("", e.network.layers[1].dL_dz, Layout::matrix).values};
  });
  CHECK(result.what == "it is 5 × 3, and Σᵢ δᵢ is 3");
  CHECK(result.slip == "the sum over the samples is missing");
  result = replaced("1.x", [](NamedTensor& t) { t.values[0] += 1; });
  CHECK(result.slip.find("another batch") != std::string::npos);
}

TEST_CASE("a slip is named from the gradients alone, with what was not given") {
  Example e(false);
  std::map<std::string, Matrix> before;
  Safetensors given = own_pass(e, false, [&](const std::string& name, Matrix& m) {
    if (name == "1.dL_dz") m = before.at("1.dL_da");  // the ⊙ is missing
    before[name] = m;
  });
  std::erase_if(given.tensors, [](const NamedTensor& t) { return t.name.find("dL_dW") == std::string::npos; });
  const Verification result = e.check(given);
  CHECK(result.right == std::vector<std::string>{"2.dL_dW"});
  CHECK(result.wrong == "1.dL_dW");
  CHECK(result.slip == "use ∂L/∂z instead of ∂L/∂a: the derivative of σ is missing");
  CHECK(std::ranges::find(result.missing, "1.dL_dz") != result.missing.end());
}

namespace {

// A network with something that changes what its arrays are, or with sizes at which two slips look alike.
struct Variant {
  const char* title;
  std::size_t N, inputs;
  std::vector<LayerOptions> options;
  LossOptions loss_options{.loss = "cross_entropy"};
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> list{
      {"batch_norm", 5, 3, {{.units = 4, .activation = "tanh", .batch_norm = true}, {3, "softmax"}}},
      {"dropout", 5, 3, {{.units = 4, .activation = "tanh", .dropout = 0.4}, {3, "softmax"}}},
      {"residual", 5, 4, {{.units = 4, .activation = "tanh", .residual = true}, {3, "softmax"}}},
      {"residual and dropout",
       5,
       4,
       {{.units = 4, .activation = "sigmoid", .residual = true, .dropout = 0.4}, {3, "softmax"}}},
      {"two residual layers",
       6,
       4,
       {{.units = 4, .activation = "relu", .residual = true},
        {.units = 4, .activation = "tanh", .residual = true},
        {3, "softmax"}}},
      {"softmax inside", 5, 3, {{4, "softmax"}, {3, "softmax"}}},
      {"one sample", 1, 3, {{4, "tanh"}, {3, "softmax"}}},
      {"two samples, two classes", 2, 2, {{2, "tanh"}, {2, "softmax"}}},
      {"as many samples as units", 4, 4, {{4, "tanh"}, {4, "softmax"}}},
      {"one unit everywhere", 3, 1, {{1, "tanh"}, {1, "sigmoid"}}, {.loss = "binary_cross_entropy"}},
      {"squared error of one output", 5, 3, {{4, "relu"}, {1, "identity"}}, {.loss = "mse"}},
      {"label smoothing", 5, 3, {{4, "gelu"}, {3, "softmax"}}, {.loss = "cross_entropy", .label_smoothing = real(0.1)}},
  };
  return list;
}

struct Run {
  explicit Run(const Variant& v)
      : network(v.inputs, v.options, 7),
        loss(make_loss(v.loss_options)),
        x(v.N, v.inputs),
        y(v.N, v.options.back().units) {
    Random random(7, Stream::data);
    for (Dense& layer : network.layers) {
      for (real& b : layer.b.values()) b = static_cast<real>(random.uniform(-1, 1));
    }
    for (real& value : x.values()) value = static_cast<real>(random.uniform(-2, 2));
    for (std::size_t i = 0; i < v.N; ++i) y(i, i % y.cols()) = y.cols() > 1 || i % 2 == 0 ? real(1) : real(0);
    network.forward_training(x, 1);
    network.backward(*loss, y, true);
    trace = trace_contents(network, *loss, y);
  }
  Matrix array(const std::string& name) const {
    const NamedTensor& t = *trace.tensor(name);
    const std::size_t cols = t.shape.size() == 2 ? t.shape[1] : t.values.size();
    Matrix m;
    for (std::size_t i = 0; i < t.values.size(); i += cols) m.emplace_back(&t.values[i], &t.values[i] + cols);
    return m;
  }
  // The verification of the trace with one array replaced.
  Verification with(const std::string& name, const Matrix& m) {
    Safetensors given = trace;
    for (NamedTensor& t : given.tensors) {
      if (t.name != name) continue;
      t.shape = {m.size(), m[0].size()};
      t.values.clear();
      for (const auto& row : m) t.values.insert(t.values.end(), row.begin(), row.end());
    }
    return verify(network, *loss, y, given);
  }
  std::string slip(const std::string& name, const Matrix& m) {
    const Verification result = with(name, m);
    CHECK(result.wrong == name);
    return result.slip;
  }

  Network network;
  std::unique_ptr<Loss> loss;
  Tensor x, y;
  Safetensors trace;
};

Run run_of(std::string_view title) {
  return Run(*std::ranges::find_if(variants(), [&](const Variant& v) { return title == v.title; }));
}
Matrix scaled(double factor, const Matrix& A) {
  return each([factor](double v, double) { return factor * v; }, A, A);
}
Matrix times(const Matrix& A, const Matrix& B) { return each(std::multiplies<>(), A, B); }
bool says(const std::string& text, const char* words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("in every kind of network a wrong array is found, and gets the name of a slip only if it has its numbers") {
  for (const Variant& variant : variants()) {
    CAPTURE(variant.title);
    Run run(variant);
    CHECK(run.with("", {}).wrong.empty());
    Random random(1, Stream::data);
    for (const NamedTensor& tensor : run.trace.tensors) {
      const std::string name = tensor.name;
      CAPTURE(name);
      const Matrix right = run.array(name);
      double largest = 0;
      for (const auto& row : right) {
        for (const double v : row) largest = std::max(largest, std::abs(v));
      }
      if (largest < 1e-6) continue;  // dL_db before batch_norm is 0
      const auto changed = [&](double v, double) { return v + largest * random.uniform(0.1, 0.9); };
      const std::string unknown = run.slip(name, each(changed, right, right));
      CAPTURE(unknown);
      const bool input = name == "1.x" || name == "y";
      CHECK((input ? says(unknown, "another batch") : unknown.empty()));
      const std::string turned_sign = run.slip(name, scaled(-1, right));
      CAPTURE(turned_sign);
      CHECK(says(turned_sign, "the sign is wrong"));
      if (!says(name, "dL_d") || variant.N == 1) continue;
      const std::string sum = run.slip(name, scaled(static_cast<double>(variant.N), right));
      CAPTURE(sum);
      CHECK(says(sum, "1/N is missing"));
      CHECK((variant.N == 2) == says(sum, "your numbers are doubled"));
    }
  }
}

TEST_CASE("slips of batch_norm, dropout, residual layers and label smoothing have names of their own") {
  Run norm = run_of("batch_norm");
  CHECK(
      says(norm.slip("1.dL_dW", product(turned(norm.array("1.dL_dz")), norm.array("1.x"))), "back through batch_norm"));

  Run drop = run_of("dropout");
  const Matrix sigma = each([](double z, double) { return std::tanh(z); }, drop.array("1.z"), drop.array("1.z"));
  CHECK(drop.slip("1.a", sigma) == "the mask of dropout is missing");
  CHECK(drop.slip("1.dL_dz", times(drop.array("1.dL_da"), drop.array("1.slope"))) == "the mask of dropout is missing");
  CHECK(says(drop.slip("1.dL_dz", times(drop.array("1.dL_da"), drop.array("1.mask"))), "σ′(z) is missing"));

  Run shortcut = run_of("residual");
  CHECK(shortcut.slip("1.a", shortcut.array("1.s")) == "the skip connection of the residual layer is missing: add x");
  const auto plus = [](double s, double x) { return s + x; };
  CHECK(says(shortcut.slip("1.a", each(plus, shortcut.array("1.z"), shortcut.array("1.x"))), "σ is missing"));
  const Matrix W = turned(matrix(shortcut.network.layers[0].Wt));
  CHECK(shortcut.slip("1.dL_dx", product(shortcut.array("1.dL_dz"), W)) ==
        "the skip connection of the residual layer is missing: add ∂L/∂a");

  Run both = run_of("residual and dropout");
  CHECK(says(both.slip("1.a", times(both.array("1.s"), both.array("1.mask"))), "add x"));
  CHECK(both.slip("1.a", each(plus, both.array("1.s"), both.array("1.x"))) == "the mask of dropout is missing");

  Run smooth = run_of("label smoothing");
  const auto plain = [](double a, double y) { return (a - y) / 5; };
  CHECK(says(smooth.slip("2.dL_dz", each(plain, smooth.array("2.a"), smooth.array("y"))), "label smoothing"));
  CHECK(!says(smooth.slip("2.dL_dz", each(plain, smooth.array("2.a"), smooth.array("y"))), "N·K"));
}

TEST_CASE("a slip that this network cannot have is not named") {
  Run one = run_of("squared error of one output");
  CHECK(one.slip("2.dL_da", scaled(0.5, one.array("2.dL_da"))) ==
        "your numbers are halved: the derivative of (a − y)² has a factor 2");
  CHECK(!says(one.slip("1.a", scaled(2, one.array("1.a"))), "exponent"));
  CHECK(!says(one.slip("1.slope", scaled(0.25, one.array("1.slope"))), "a quarter"));
  CHECK(says(one.slip("1.dL_dz", scaled(2, one.array("1.dL_dz"))), "the previous results"));
  CHECK(!says(one.slip("1.z", scaled(5, one.array("1.z"))), "1/N"));
  // 1/0 is infinite where the unit is off, and says nothing about the rest
  CHECK(one.slip("1.dL_dz", one.array("1.dL_da")) == "the factor σ′(z) is missing: your ∂L/∂z is ∂L/∂a");
}

TEST_CASE("shapes and numbers together decide what a transposed or a summed array is called") {
  Run run = run_of("as many samples as units");
  for (const char* name : {"1.z", "1.dL_dz", "2.dL_dW", "1.dL_dx"}) {
    CHECK(says(run.slip(name, turned(run.array(name))), "your array is transposed"));
  }
  Run plain = run_of("dropout");
  CHECK(plain.slip("2.dL_dW", turned(plain.array("2.dL_dW"))) == "your array is transposed");
  const Matrix other = scaled(0.3, turned(plain.array("2.dL_dW")));
  CHECK(plain.slip("2.dL_dW", other).empty());
  CHECK(plain.slip("2.dL_db", plain.array("2.dL_dz")) == "the sum over the samples is missing");
  CHECK(plain.slip("2.dL_db", scaled(0.3, plain.array("2.dL_dz"))).empty());
  const Matrix db = plain.array("1.dL_db");
  double sum = 0;
  for (const double v : db[0]) sum += v;
  CHECK(says(plain.slip("1.dL_db", {{sum}}), "the sum over all samples and units"));
  CHECK(plain.slip("1.dL_db", {{sum + 1}}).empty());
  const double loss = plain.array("loss")[0][0];
  CHECK(says(plain.slip("loss", {{0.5 * loss}, {1.5 * loss}}), "the mean is missing"));
  CHECK(plain.slip("loss", {{0.5 * loss}, {1.6 * loss}}).empty());
}

TEST_CASE("an array that a later step has overwritten is recognised") {
  Run run = run_of("one sample");
  CHECK(says(run.slip("2.dL_dx", run.array("1.dL_dz")), "the numbers of 1.dL_dz"));
}

TEST_CASE("floats raise no alarm where rounding is large: a that is close to y, and large inputs that cancel") {
  for (const bool close_to_y : {false, true}) {
    CAPTURE(close_to_y);
    Example e(true);
    for (std::size_t i = 0; i < e.x.rows() && !close_to_y; ++i) {
      for (std::size_t k = 0; k < 2; ++k) e.x(i, k) *= 3000;
      e.x(i, 2) = -e.x(i, 0) - e.x(i, 1) + real(0.7);
    }
    if (!close_to_y) e.network.layers[0].Wt = Tensor(3, 4, real(0.25));
    e.network.forward_training(e.x, 1);
    for (std::size_t i = 0; i < e.y.size() && close_to_y; ++i)
      e.y[i] = e.network.layers[1].a[i] + static_cast<real>(i % 2 == 0 ? 1e-5 : -1e-5);
    e.network.backward(*e.loss, e.y, true);
    const Verification result = e.check(own_pass(e, true, [](const std::string&, Matrix& m) {
      for (auto& row : m) {
        for (double& v : row) v = static_cast<double>(static_cast<float>(v));
      }
    }));
    CAPTURE(result.what);
    CHECK(result.wrong.empty());
  }
}

namespace {

// f(i, j) for the entries of a matrix of the size of A.
template <typename F>
Matrix filled(const Matrix& A, F f) {
  Matrix m = A;
  for (std::size_t i = 0; i < m.size(); ++i) {
    for (std::size_t j = 0; j < m[i].size(); ++j) m[i][j] = f(i, j);
  }
  return m;
}
template <typename F>
Matrix map(const Matrix& A, F f) {
  return filled(A, [&](std::size_t i, std::size_t j) { return f(A[i][j]); });
}
double sigmoid_of(double z) { return 1 / (1 + std::exp(-z)); }
Matrix softmax_of(Matrix z) {
  for (auto& row : z) {
    double sum = 0;
    for (const double v : row) sum += std::exp(v);
    for (double& v : row) v = std::exp(v) / sum;
  }
  return z;
}

struct Named {
  const char* array;
  const char* words;
  Matrix wrong;
};
void check(Run& run, const std::vector<Named>& slips) {
  for (const Named& slip : slips) {
    const std::string told = run.slip(slip.array, slip.wrong);
    CAPTURE(slip.array);
    CAPTURE(slip.words);
    CAPTURE(told);
    CHECK(says(told, slip.words));
    CHECK(!says(told, "; or: "));
  }
}

}  // namespace

TEST_CASE("every slip of z and of a is named from its formula") {
  Run run = run_of("as many samples as units");
  const Matrix x = run.array("1.x"), z = run.array("1.z"), a = run.array("1.a");
  const Matrix Wt = matrix(run.network.layers[0].Wt), b = matrix(run.network.layers[0].b), xW = product(x, Wt);
  const auto with = [&](double product_times, double bias_times) {
    return filled(xW, [&](std::size_t i, std::size_t j) { return product_times * xW[i][j] + bias_times * b[0][j]; });
  };
  const auto without = [&](std::size_t k) {
    return filled(xW, [&](std::size_t i, std::size_t j) { return z[i][j] - x[i][k] * Wt[k][j]; });
  };
  const auto tanh_of = [](double v) { return std::tanh(v); };
  check(run, {{"1.z", "the bias is missing", xW},
              {"1.z", "the bias is subtracted", with(1, -1)},
              {"1.z", "the bias is added twice", with(1, 2)},
              {"1.z", "once for every input", with(1, 4)},
              {"1.z", "x Wᵀ is missing", with(0, 1)},
              {"1.z", "start every sum at bⱼ", with(2, 1)},
              {"1.z", "multiply x Wᵀ by the bias", filled(xW, [&](auto i, auto j) { return xW[i][j] * b[0][j]; })},
              {"1.z", "leaves out the first input", without(0)},
              {"1.z", "leaves out the last input", without(3)},
              {"1.z", "z is sigmoid(x Wᵀ + b)", map(z, sigmoid_of)},
              {"1.z", "z is σ(x Wᵀ + b)", map(z, tanh_of)},
              {"1.z", "not a mean", with(0.25, 1)},
              {"1.z", "all units get the first bias", filled(xW, [&](auto i, auto j) { return xW[i][j] + b[0][0]; })},
              {"1.z", "W is not transposed",
               filled(xW, [&](auto i, auto j) { return product(x, turned(Wt))[i][j] + b[0][j]; })},
              {"1.z", "over the wrong axis", filled(xW, [&](auto i, auto j) { return xW[i][j] + b[0][i]; })}});
  check(run, {{"1.a", "σ is missing", z},
              {"1.a", "σ is applied twice", map(a, tanh_of)},
              {"1.a", "σ′(z), the derivative", map(a, [](double v) { return 1 - v * v; })},
              {"1.a", "the sign of z is lost", map(a, [](double v) { return std::abs(v); })},
              {"1.a", "an extra factor 2", map(z, [](double v) { return std::tanh(2 * v); })},
              {"1.a", "the exponent lacks a factor 2", map(z, [](double v) { return std::tanh(v / 2); })},
              {"1.a", "another activation function: sigmoid", map(z, sigmoid_of)},
              {"2.a", "softmax sums over the samples", turned(softmax_of(turned(run.array("2.z"))))}});
}

TEST_CASE("every slip of σ′ is named from its formula") {
  Run run = run_of("dropout");
  const Matrix z = run.array("1.z"), a = map(z, [](double v) { return std::tanh(v); });
  const Matrix slope = run.array("1.slope"), g = times(run.array("1.dL_da"), run.array("1.mask"));
  const std::vector<Named> of_slope{
      {"1.slope", "at `a` instead of z", map(a, [](double v) { return 1 - std::tanh(v) * std::tanh(v); })},
      {"1.slope", "the value a, not its derivative", a},
      {"1.slope", "applied twice", times(slope, slope)},
      {"1.slope", "the derivative of the sigmoid", map(a, [](double v) { return v * (1 - v); })},
      {"1.slope", "1 − z²: use `a` instead of z", map(z, [](double v) { return 1 - v * v; })},
      {"1.slope", "the square is missing", map(a, [](double v) { return 1 - v; })},
      {"1.slope", "write minus, not plus", map(a, [](double v) { return 1 + v * v; })},
      {"1.slope", "the derivative of 1 − a²", map(a, [](double v) { return -2 * v; })},
      {"1.slope", "exp(−2|z|)", map(z, [](double v) { return 1 - std::tanh(v / 2) * std::tanh(v / 2); })},
      {"1.slope", "a quarter of the correct", scaled(0.25, slope)},
      {"1.slope", "another activation function: sigmoid",
       map(z, [](double v) { return sigmoid_of(v) * (1 - sigmoid_of(v)); })}};
  check(run, of_slope);
  for (const Named& slip : of_slope) check(run, {{"1.dL_dz", slip.words, times(g, slip.wrong)}});
  Run sigmoid = run_of("residual and dropout");
  check(sigmoid,
        {{"1.slope", "your σ′(z) is z (1 − z)", map(sigmoid.array("1.z"), [](double v) { return v * (1 - v); })},
         {"1.slope", "1 − a², the derivative of tanh", map(sigmoid.array("1.s"), [](double v) { return 1 - v * v; })}});
}

TEST_CASE("every slip of ∂L/∂z is named from its formula") {
  Run run = run_of("two residual layers");
  const Matrix g = run.array("2.dL_da"), slope = run.array("2.slope");
  const auto with = [&](auto f) { return each(f, g, slope); };
  check(run, {{"2.dL_dz", "the factor σ′(z) is missing", g},
              {"2.dL_dz", "∂L/∂a is missing", slope},
              {"2.dL_dz", "you add", with([](double h, double s) { return h + s; })},
              {"2.dL_dz", "you divide", with([](double h, double s) { return h / s; })},
              {"2.dL_dz", "∂L/∂a is squared", with([](double h, double s) { return h * h * s; })},
              {"2.dL_dz", "not by 1 − slope²", with([](double h, double s) { return h * (1 - s * s); })},
              {"2.dL_dz", "slope (1 − slope)", with([](double h, double s) { return h * s * (1 - s); })},
              {"2.dL_dz", "only the first row",
               filled(g, [&](auto i, auto j) { return i == 0 ? g[i][j] * slope[i][j] : 0.0; })}});

  Run inside = run_of("softmax inside");
  const Matrix p = inside.array("1.a"), h = inside.array("1.dL_da");
  const auto row = [&](auto f) {  // f(p, h, Σ h p, Σ h) of each entry
    return filled(p, [&](std::size_t i, std::size_t j) {
      double dot = 0, sum = 0;
      for (std::size_t k = 0; k < 4; ++k) dot += h[i][k] * p[i][k], sum += h[i][k];
      return f(p[i][j], h[i][j], dot, sum);
    });
  };
  const auto dot_of_rows = [&](std::size_t first, std::size_t last) {
    double dot = 0;
    for (std::size_t i = first; i <= last; ++i) {
      for (std::size_t k = 0; k < 4; ++k) dot += h[i][k] * p[i][k];
    }
    return dot;
  };
  const auto dot_of_column = [&](std::size_t j) {
    double dot = 0;
    for (std::size_t i = 0; i < 5; ++i) dot += h[i][j] * p[i][j];
    return dot;
  };
  check(inside,
        {{"1.dL_dz", "only the diagonal", row([](double v, double w, double, double) { return w * v * (1 - v); })},
         {"1.dL_dz", "the sum over the row is missing", times(p, h)},
         {"1.dL_dz", "your ∂L/∂z subtracts the sum of g = ∂L/∂a from gⱼ: subtract Σₖ gₖ aₖ, not Σₖ gₖ",
          row([](double v, double w, double, double s) { return v * (w - s); })},
         {"1.dL_dz", "the mean of g", row([](double v, double w, double, double s) { return v * (w - s / 4); })},
         {"1.dL_dz", "the factor aⱼ is missing", row([](double, double w, double d, double) { return w - d; })},
         {"1.dL_dz", "parentheses", row([](double v, double w, double d, double) { return v * w - d; })},
         {"1.dL_dz", "adds Σₖ gₖ aₖ to gⱼ", row([](double v, double w, double d, double) { return v * (w + d); })},
         {"1.dL_dz", "together", row([](double v, double w, double, double) { return v - w; })},
         {"1.dL_dz", "leaves out k = j", row([](double v, double w, double d, double) { return v * (w - d + v * w); })},
         {"1.dL_dz", "the Jacobian of softmax is missing", h},
         {"1.dL_dz", "from row to row",
          filled(p, [&](auto i, auto j) { return p[i][j] * (h[i][j] - dot_of_rows(0, i)); })},
         {"1.dL_dz", "over the batch",
          filled(p, [&](auto i, auto j) { return p[i][j] * (h[i][j] - dot_of_column(j)); })}});

  const Matrix a = inside.array("2.a"), y = inside.array("y");
  const auto pair = [&](auto f) { return each(f, a, y); };
  check(inside,
        {{"2.dL_dz", "already contains σ′", pair([](double v, double t) { return (v - t) / 5 * v * (1 - v); })},
         {"2.dL_dz", "the targets y are not subtracted", scaled(0.2, a)},
         {"2.dL_dz", "only the correct class", pair([](double v, double t) { return (v - t) / 5 * t; })},
         {"2.dL_dz", "contains −y/a", pair([](double v, double t) { return -t / v / 5; })},
         {"2.dL_dz", "only the first row",
          filled(a, [&](auto i, auto j) { return i == 0 ? (a[i][j] - y[i][j]) / 5 : 0.0; })},
         {"2.dL_dz", "divide by N, the number of samples", pair([](double v, double t) { return (v - t) / 15; })}});

  const Variant huber{"huber", 5, 3, {{4, "tanh"}, {2, "identity"}}, {.loss = "huber"}};
  Run other(huber);
  const Matrix o = other.array("2.a"), t = other.array("y");
  check(other, {{"2.dL_da", "(y − a)/N: the sign is wrong", each([](double v, double w) { return (w - v) / 5; }, o, t)},
                {"2.dL_da", "not ∂L/∂a", each([](double v, double w) { return (v - w) / 5; }, o, t)},
                {"2.dL_da", "the targets y are not subtracted", scaled(0.2, o)}});
}

TEST_CASE("every slip of the dense layer's gradients is named from its formula") {
  Run run = run_of("as many samples as units");
  const Matrix delta = run.array("1.dL_dz"), x = run.array("1.x"), slope = run.array("1.slope"), a = run.array("1.a");
  const Matrix W = turned(matrix(run.network.layers[0].Wt)), ones(1, std::vector<double>(4, 1));
  const auto only = [&](std::size_t row) {
    return filled(delta, [&](auto i, auto j) { return i == row ? delta[i][j] : 0.0; });
  };
  const Matrix g = run.array("1.dL_da"), again = times(delta, slope);
  check(run, {{"1.dL_dW", "use ∂L/∂z instead of ∂L/∂a", product(turned(g), x)},
              {"1.dL_dW", "applied twice", product(turned(again), x)},
              {"1.dL_dW", "only the first sample", product(turned(only(0)), x)},
              {"1.dL_dW", "only the last sample", product(turned(only(3)), x)},
              {"1.dL_dW", "instead of its output `a`", product(turned(delta), a)},
              {"1.dL_db", "use ∂L/∂z instead of ∂L/∂a", product(ones, g)},
              {"1.dL_db", "applied twice", product(ones, again)},
              {"1.dL_db", "only the first sample", product(ones, only(0))},
              {"1.dL_db", "only the last sample", product(ones, only(3))},
              {"1.dL_db", "sums over the units", product(ones, turned(delta))},
              {"1.dL_dx", "use ∂L/∂z instead of ∂L/∂a", product(g, W)},
              {"1.dL_dx", "applied twice", product(again, W)},
              {"1.dL_dx", "W is transposed", product(delta, turned(W))},
              {"1.dL_da", "applied twice",
               product(times(run.array("2.dL_dz"), run.array("2.slope")), turned(matrix(run.network.layers[1].Wt)))}});
  Run shortcut = run_of("residual");
  const Matrix V = turned(matrix(shortcut.network.layers[0].Wt)), passed_on = shortcut.array("1.dL_da");
  const Matrix wrong = product(shortcut.array("1.dL_dz"), turned(V));
  check(shortcut, {{"1.dL_dx", "W is transposed", each(std::plus<>(), wrong, passed_on)}});
}

TEST_CASE("every slip of cross-entropy is named from its formula") {
  Run run = run_of("residual");
  const Matrix z = run.array("2.z"), y = run.array("y"), a = run.array("2.a");
  const auto mean = [&](auto f) {  // of f(m, ln Σ exp(z − m), z of the class − m)
    double total = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      const double m = *std::ranges::max_element(z[i]);
      double sum = 0, dot = 0;
      for (std::size_t k = 0; k < 3; ++k) sum += std::exp(z[i][k] - m), dot += y[i][k] * (z[i][k] - m);
      total += f(m, std::log(sum), dot);
    }
    return Matrix{{total / 5}};
  };
  double squares = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t k = 0; k < 3; ++k) squares += (a[i][k] - y[i][k]) * (a[i][k] - y[i][k]);
  }
  check(run, {{"loss", "never added back", mean([](double m, double l, double d) { return l - (d + m); })},
              {"loss", "not subtracted from", mean([](double m, double l, double d) { return 2 * m + l - (d + m); })},
              {"loss", "the logit of the correct class is not subtracted",
               mean([](double m, double l, double) { return m + l; })},
              {"loss", "logarithm of the sum of exponentials is missing",
               mean([](double, double l, double d) { return std::exp(l) - d; })},
              {"loss", "not log10", mean([](double, double l, double d) { return l / std::log(10) - d; })},
              {"loss", "not log2", mean([](double, double l, double d) { return l / std::log(2) - d; })},
              {"loss", "your loss is the squared error", {{squares / 5}}},
              {"loss", "the mean of the squared error", {{squares / 15}}}});
  const double right = run.array("loss")[0][0];
  check(run, {{"loss", "not log2", {{right / std::log(2)}}},
              {"loss", "not log10", {{right / std::log(10)}}},
              {"loss", "divide by N, the number of samples", {{right / 3}}},
              {"loss", "over all entries", {{right * 15}}}});
  Run smooth = run_of("label smoothing");
  double plain = 0;
  for (std::size_t i = 0; i < 5; ++i) plain -= std::log(smooth.array("2.a")[i][i % 3]) / 5;
  check(smooth, {{"loss", "label smoothing", {{plain}}}});
  Run half = run_of("squared error of one output");
  check(half, {{"loss", "without ½", {{half.array("loss")[0][0] / 2}}}});
}

TEST_CASE("arrays that were not given are searched for mistakes, too") {
  Run run = run_of("label smoothing");
  const Matrix x = run.array("1.x"), Wt = matrix(run.network.layers[0].Wt);
  const Matrix no_bias = map(product(x, Wt), [](double z) { return z * (1 + std::erf(z / std::sqrt(2))) / 2; });
  Safetensors all = run.trace;
  const auto leave_out = [&](std::initializer_list<std::string> names) {
    run.trace = all;
    std::erase_if(run.trace.tensors, [&](const NamedTensor& t) { return std::ranges::count(names, t.name) > 0; });
  };
  CHECK(run.slip("1.a", no_bias).empty());  // z was given, and is right
  leave_out({"1.z"});
  CHECK(run.slip("1.a", no_bias) == "the bias is missing");
  leave_out({"1.z", "1.a"});
  CHECK(run.slip("2.x", no_bias) == "the bias is missing");
  run.trace = all;
  const Matrix g = product(times(run.array("2.dL_dz"), run.array("2.slope")), turned(matrix(run.network.layers[1].Wt)));
  const Matrix wrong = times(g, run.array("1.slope"));
  CHECK(run.slip("1.dL_dz", wrong).empty());
  leave_out({"1.dL_da", "2.dL_dx"});
  CHECK(says(run.slip("1.dL_dz", wrong), "applied twice"));
  leave_out({"1.dL_da", "2.dL_dx", "1.dL_dz"});
  CHECK(says(run.slip("1.dL_dW", product(turned(wrong), x)), "applied twice"));
  CHECK(run.with("1.dL_dW", product(turned(wrong), x)).missing ==
        std::vector<std::string>{"2.dL_dx", "1.dL_da", "1.dL_dz"});
}

TEST_CASE("infinite and missing numbers differ, and two numbers are printed with digits that tell them apart") {
  Run run = run_of("dropout");
  Matrix z = run.array("1.z");
  z[3][2] = NAN;
  Verification result = run.with("1.z", z);
  CHECK(result.what.starts_with("at [3][2] it is nan; x Wᵀ + b gives "));
  CHECK(says(result.slip, "a number overflowed"));
  z = run.array("1.z");
  z[4][1] += (std::is_same_v<real, float> ? 1e-3 : 1e-6) * std::abs(z[4][1]);
  result = run.with("1.z", z);
  const std::string got = result.what.substr(result.what.find("it is ") + 6);
  CHECK(got.substr(0, got.find(';')) != got.substr(got.rfind(' ') + 1));
  CHECK(result.slip.starts_with(std::is_same_v<real, float> ? "" : "the difference is the rounding of 32-bit numbers"));
  Safetensors given = run.trace;
  given.tensors.push_back({"layers.1.weight", {1}, {0.0}});
  given.tensors.push_back({"1.w", {1}, {0.0}});
  CHECK(verify(run.network, *run.loss, run.y, given).unknown == std::vector<std::string>{"1.w"});
  const Matrix db = run.array("1.dL_db");
  CHECK(run.with("1.dL_db", turned(db)).wrong.empty());  // a vector may be a column
  CHECK(run.with("1.dL_db", turned(run.array("1.dL_dx"))).what == "it is 3 × 5, and Σᵢ δᵢ is 4");
}

TEST_CASE("arrays are compared in the order of computation, and those that were not given are listed") {
  Run run = run_of("residual");
  const std::vector<std::string> order{"y",       "1.x",     "1.z",     "1.s",     "1.a",     "1.slope", "2.x",
                                       "2.z",     "2.a",     "2.slope", "loss",    "2.dL_da", "2.dL_dz", "2.dL_dW",
                                       "2.dL_db", "2.dL_dx", "1.dL_da", "1.dL_dz", "1.dL_dW", "1.dL_db", "1.dL_dx"};
  CHECK(run.with("", {}).right == order);
  std::erase_if(run.trace.tensors, [](const NamedTensor& t) { return t.name == "1.a" || t.name == "2.dL_dx"; });
  CHECK(run.with("", {}).missing.empty());  // all agree
  const Verification wrong = run.with("2.dL_dW", scaled(3, run.array("2.dL_dW")));
  CHECK(wrong.missing == std::vector<std::string>{"1.a"});
  CHECK(wrong.right == std::vector<std::string>{"y", "1.x", "1.z", "1.s", "1.slope", "2.x", "2.z", "2.a", "2.slope",
                                                "loss", "2.dL_da", "2.dL_dz"});
}

TEST_CASE("numbers with few digits are not taken for floats" * doctest::skip(std::is_same_v<real, float>)) {
  Run run = run_of("dropout");
  for (NamedTensor& t : run.trace.tensors) {
    if (t.name != "1.z") continue;
    t.values[0] *= 1 + 1e-6;
  }
  CHECK(verify(run.network, *run.loss, run.y, run.trace).wrong == "1.z");  // y is 0 or 1: a float, and exact
}
