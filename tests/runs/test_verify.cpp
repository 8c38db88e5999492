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

TEST_CASE("the first wrong array in the order of computation is found, and the slip named") {
  const std::vector<Case> cases{
      {true, "1.z", "", [](double v, double) { return v + 0.125; }, ""},
      {true, "1.a", "σ is missing", [](double, double z) { return z; }, "1.z"},
      {true, "1.slope", "a instead of z", [](double, double a) { return 1 - std::tanh(a) * std::tanh(a); }, "1.a"},
      {true, "1.slope", "1 − z²", [](double, double z) { return 1 - z * z; }, "1.z"},
      {true, "1.slope", "derivative of the sigmoid", [](double, double a) { return a * (1 - a); }, "1.a"},
      {true, "2.dL_dz", "1/N is missing", [](double v, double) { return 5 * v; }, ""},
      {true, "2.dL_dz", "1/N is in it twice", [](double v, double) { return v / 5; }, ""},
      {true, "2.dL_dz", "sign", [](double v, double) { return -v; }, ""},
      {true, "2.dL_dz", "gone through σ", [](double v, double s) { return v * s; }, "2.slope"},
      {true, "2.dL_dz", "N·K", [](double v, double) { return v / 3; }, ""},
      {false, "2.dL_da", "factor 2", [](double v, double) { return v / 2; }, ""},
      {false, "2.dL_da", "not by N alone", [](double v, double) { return v * 3; }, ""},
      {false, "2.dL_dz", "⊙ is missing", [](double, double g) { return g; }, "2.dL_da"},
      {false, "1.dL_dz", "⊙ is missing", [](double, double g) { return g; }, "1.dL_da"},
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
  CHECK(result.slip == "it is transposed");
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
  CHECK(result.slip == "∂L/∂a stands where ∂L/∂z belongs: the ⊙ is missing");
  CHECK(std::ranges::find(result.missing, "1.dL_dz") != result.missing.end());
}
