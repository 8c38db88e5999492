#include "primer/core/dense.hpp"

#include "../golden.hpp"

using namespace primer;

namespace {

Dense layer_of(const golden::Case& c, const std::string& l, const std::string& activation) {
  const Tensor W = golden::tensor(c.given("W" + l));
  Dense layer(W.cols(), W.rows(), make_activation(activation));
  layer.Wt = golden::transposed_copy(W);
  layer.b = golden::tensor(c.given("b" + l));
  if (c.has("gamma") && l == "1") {
    layer.batch_norm.emplace(W.rows());
    layer.batch_norm->gamma = golden::tensor(c.given("gamma"));
    layer.batch_norm->beta = golden::tensor(c.given("beta"));
  }
  return layer;
}

void check_parameters(const golden::Case& c, const std::string& l, const Dense& layer) {
  golden::check(c, "dW" + l, golden::transposed_copy(layer.dL_dWt));
  golden::check(c, "db" + l, layer.dL_db);
}

Tensor plus(const Tensor& p, const Tensor& q) {
  Tensor sum = p;
  for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += q.data()[i];
  return sum;
}

}  // namespace

TEST_CASE("a dense layer meets the reference, forward and in all its gradients") {
  for (const golden::Case& c : golden::cases("05_dense.csv")) {
    Dense layer = layer_of(c, "", golden::activation(c.attr.at("activation")));
    if (c.has("alpha")) *layer.activation->parameter()->value = golden::tensor(c.given("alpha"));
    const Tensor x = golden::tensor(c.given("x"));
    const Tensor dL_da = golden::tensor(c.given("da"));
    layer.forward(x);
    layer.backward(dL_da);
    golden::check(c, "z", layer.z);
    golden::check(c, "a", layer.a);
    golden::check(c, "dz", layer.dL_dz);
    golden::check(c, "dx", layer.dL_dx);
    check_parameters(c, "", layer);
    if (c.has("alpha")) golden::check(c, "dalpha", *layer.activation->parameter()->gradient);
  }
}

TEST_CASE("residual blocks over two layers, put together from the library's pieces, meet the reference") {
  for (const golden::Case& c : golden::cases("09_residual.csv")) {
    const std::string form = c.attr.at("form");
    const std::string sigma = c.attr.at("activation");
    const Tensor x = golden::tensor(c.given("x"));
    const Tensor dL_dy = golden::tensor(c.given("dy"));
    Dense first = layer_of(c, "1", sigma);
    Dense second = layer_of(c, "2", "identity");
    first.forward(x, 1);
    second.forward(first.a, 1);
    const auto backward = [&](const Tensor& dL_da2) {
      second.backward(dL_da2);
      first.backward(second.dL_dx);
      check_parameters(c, "1", first);
      check_parameters(c, "2", second);
    };
    if (form == "pre") {  // y = x + W₂ σ(W₁ x + b₁) + b₂
      golden::check(c, "y", plus(x, second.a));
      backward(dL_dy);
      golden::check(c, "dx", plus(dL_dy, first.dL_dx));
    } else if (form == "post") {  // y = σ(x + W₂ σ(W₁ x + b₁) + b₂)
      const auto outer = make_activation(sigma);
      const Tensor z = plus(x, second.a);
      Tensor y;
      Tensor derivative;
      Tensor dL_dz;
      outer->forward(z, y, derivative);
      golden::check(c, "y", y);
      outer->backward(z, y, derivative, dL_dy, dL_dz);
      backward(dL_dz);
      golden::check(c, "dx", plus(dL_dz, first.dL_dx));
    } else {
      REQUIRE(form == "bn");  // y = W₂ σ(batch_norm(W₁ x + b₁)) + b₂
      golden::check(c, "y", second.a);
      backward(dL_dy);
      golden::check(c, "dx", first.dL_dx);
      golden::check(c, "dgamma", first.batch_norm->dL_dgamma);
      golden::check(c, "dbeta", first.batch_norm->dL_dbeta);
    }
  }
}

TEST_CASE("a residual layer adds its input to σ(z), and the gradient flows back through both") {
  Dense layer(2, 2, make_activation("tanh"));
  layer.Wt = Tensor{{real(0.5), real(-1)}, {2, real(0.25)}};
  const Tensor x{{real(0.3), real(-0.7)}};
  const Tensor dL_da{{2, -3}};
  layer.forward(x);
  layer.backward(dL_da);
  const Tensor a = layer.a;
  const Tensor dL_dx = layer.dL_dx;
  const Tensor dL_dWt = layer.dL_dWt;
  layer.residual = true;
  layer.forward(x);
  layer.backward(dL_da);
  CHECK(layer.s == a);
  CHECK(layer.a == plus(a, x));
  CHECK(layer.dL_dx == plus(dL_dx, dL_da));
  CHECK(layer.dL_dWt == dL_dWt);
  CHECK(&layer.sigma_of_z() == &layer.s);
}

TEST_CASE("dropout is applied between σ and the residual sum, in training only") {
  Dense layer(2, 2, make_activation("sigmoid"));
  layer.Wt = Tensor{{1, 2}, {3, 4}};
  layer.dropout = Dropout{real(0.5), 1, 1, {}, {}};
  layer.residual = true;
  const Tensor x(64, 2, real(0.1));
  layer.forward(x, 1);
  layer.backward(Tensor(64, 2, 1));
  const Tensor& mask = layer.dropout->mask;
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(layer.a.data()[i] == mask.data()[i] * layer.s.data()[i] + x.data()[i]);
    CHECK(layer.dL_dz.data()[i] == mask.data()[i] * layer.derivative.data()[i]);
  }
  layer.forward(x);
  layer.backward(Tensor(64, 2, 1));
  CHECK(layer.a == plus(layer.s, x));
  CHECK(layer.dL_dz == layer.derivative);
}

TEST_CASE("a layer lists its parameters with their gradients, and its state with the running statistics") {
  Dense layer(3, 2, make_activation("prelu"));
  layer.batch_norm.emplace(2);
  const auto names = [](const std::vector<Parameter>& list) {
    std::string text;
    for (const Parameter& p : list) text += std::string(p.name) + (p.gradient != nullptr ? " " : "- ");
    return text;
  };
  CHECK(names(layer.parameters()) == "weight bias alpha gamma beta ");
  CHECK(names(layer.tensors()) == "weight bias alpha gamma beta running_mean- running_var- ");
  CHECK(layer.parameters()[0].value == &layer.Wt);
  CHECK(layer.parameters()[1].gradient == &layer.dL_db);
}

TEST_CASE("a new layer is 0: its parameters, and gradients of their shapes") {
  const Dense layer(3, 2, make_activation("tanh"));
  CHECK(layer.Wt == Tensor(3, 2));
  CHECK(layer.b == Tensor(1, 2));
  CHECK(layer.dL_dWt == Tensor(3, 2));
  CHECK(layer.dL_db == Tensor(1, 2));
  CHECK(!layer.residual);
  CHECK(&layer.sigma_of_z() == &layer.a);
}

TEST_CASE("a layer without inputs or units, or a batch of the wrong width, is refused") {
  CHECK_THROWS_WITH(Dense(0, 2, make_activation("tanh")), "a dense layer needs at least one input and one unit");
  CHECK_THROWS_WITH(Dense(2, 0, make_activation("tanh")), "a dense layer needs at least one input and one unit");
  Dense layer(3, 2, make_activation("tanh"));
  CHECK_THROWS_WITH(layer.forward(Tensor(5, 4)), "product: 5 × 4 times 3 × 2: the inner sizes must be equal");
}

TEST_CASE("a residual layer of another width than its input is refused at its first pass") {
  Dense layer(2, 3, make_activation("tanh"));
  layer.residual = true;
  CHECK_THROWS_WITH(layer.forward(Tensor(4, 2)), "a residual layer needs as many units as inputs; units: 3, inputs: 2");
}
