#include "primer/core/network.hpp"

#include <array>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "../golden.hpp"
#include "../reference_network.hpp"
#include "primer/core/initializer.hpp"

using namespace primer;

TEST_CASE("whole networks meet the reference: every z, a, loss and gradient") {
  for (const golden::Case& c : golden::cases("06_networks.csv")) {
    if (c.optional()) continue;
    reference::Setup setup(c);
    Network& network = setup.network;
    network.forward(setup.x);
    network.backward(*setup.loss, setup.y, true);
    golden::check(c, "loss", setup.loss_factor * static_cast<double>(network.loss(*setup.loss, setup.y)));
    for (std::size_t l = 1; l <= network.layers.size(); ++l) {
      const Dense& layer = network.layers[l - 1];
      const std::string number = std::to_string(l);
      const auto scaled = [&](const Tensor& t) { return setup.times_loss_factor(t); };
      golden::check(c, "z" + number, layer.z);
      if (!(setup.logits && l == network.layers.size())) golden::check(c, "a" + number, layer.a);
      golden::check(c, "dW" + number, scaled(golden::transposed_copy(layer.dL_dWt)));
      golden::check(c, "db" + number, scaled(layer.dL_db));
      if (c.has("alpha" + number)) {
        golden::check(c, "dalpha" + number, scaled(*layer.activation->parameter()->gradient));
      }
    }
    golden::check(c, "dX", setup.times_loss_factor(network.layers.front().dL_dx));
  }
}

TEST_CASE("the weights of a layer are a function of seed and layer alone") {
  const std::vector<LayerOptions> shallow{{4, "tanh"}, {2, "tanh"}};
  const std::vector<LayerOptions> deep{{4, "relu"}, {2, "tanh"}, {3, "sigmoid"}};
  const Network one(3, shallow, 7);
  const Network two(3, deep, 7);
  CHECK(one.layers[1].Wt == two.layers[1].Wt);
  CHECK(one.layers[0].Wt != two.layers[0].Wt);  // he, not xavier
  const Network alike(4, std::vector<LayerOptions>{{4, "tanh"}, {4, "tanh"}}, 7);
  CHECK(alike.layers[0].Wt != alike.layers[1].Wt);
  CHECK(Network(3, shallow, 8).layers[1].Wt != one.layers[1].Wt);
  for (const Dense& layer : two.layers) CHECK(layer.b == Tensor(1, layer.b.cols()));
}

TEST_CASE("init = auto asks the activation, with its leak") {
  const auto weights = [](const std::string& activation, const std::string& init) {
    return Network(50, std::vector<LayerOptions>{{20, activation, init}}, 1).layers[0].Wt;
  };
  CHECK(weights("tanh", "auto") == weights("tanh", "xavier_uniform"));
  CHECK(weights("relu", "auto") == weights("relu", "he_uniform"));
  CHECK(weights("selu", "auto") == weights("selu", "lecun_normal"));
  CHECK(weights("leaky_relu(0.5)", "auto") != weights("relu", "auto"));
  Tensor by_hand(50, 20);
  initialize(make_initializer("he_uniform", 50, 20, static_cast<double>(real(0.5))),
             Random(1, Stream::initialization, 1), by_hand);
  CHECK(weights("leaky_relu(0.5)", "auto") == by_hand);
}

TEST_CASE("a canonical pair leaves ∂L/∂z = (a − y)/N, and reports the mathematical ∂L/∂a") {
  Network network(2, std::vector<LayerOptions>{{3, "softmax"}}, 1);
  const auto loss = make_loss({"cross_entropy"});
  const Tensor x{{1, 2}, {-1, real(0.5)}};
  const Tensor y{{0, 1, 0}, {1, 0, 0}};
  network.forward(x);
  network.backward(*loss, y);
  const Dense& output = network.layers.back();
  CHECK(network.canonical(*loss));
  for (std::size_t i = 0; i < y.size(); ++i) {
    CHECK(output.dL_dz.data()[i] == (output.a.data()[i] - y.data()[i]) / 2);
  }
  const Tensor& dL_da = network.dL_da(0, *loss, y);
  CHECK(dL_da(0, 1) == -1 / output.a(0, 1) / 2);
  CHECK(dL_da(0, 0) == 0);
}

TEST_CASE("∂L/∂a of a canonical pair is computed only when it is asked for") {
  struct Counting : Loss {  // its gradients are 0
    mutable int gradients = 0;
    std::string_view name() const override { return "cross_entropy"; }
    real value(const Tensor&, const Tensor&) const override { return 0; }
    void gradient(const Tensor& a, const Tensor&, Tensor& dL_da) const override {
      ++gradients;
      dL_da = Tensor(a.rows(), a.cols());
    }
    void gradient_from_logits(const Tensor& a, const Tensor&, Tensor& dL_dz) const override {
      dL_dz = Tensor(a.rows(), a.cols());
    }
  };
  for (const bool canonical : {true, false}) {
    const Counting loss;
    Network network(2, std::vector<LayerOptions>{{3, "tanh"}, {3, canonical ? "softmax" : "sigmoid"}}, 1);
    const Tensor x{{1, 2}, {-1, real(0.5)}};
    const Tensor y{{0, 1, 0}, {1, 0, 0}};
    network.forward(x);
    network.backward(loss, y);
    CHECK(loss.gradients == (canonical ? 0 : 1));
    network.dL_da(0, loss, y);
    CHECK(loss.gradients == (canonical ? 0 : 1));
    network.dL_da(1, loss, y);
    CHECK(loss.gradients == (canonical ? 1 : 2));
  }
}

TEST_CASE("a network that is moved after backward() still has every ∂L/∂a") {
  for (const auto& [sigma, name] : {std::pair{"softmax", "cross_entropy"}, std::pair{"tanh", "mse"}}) {
    auto network = std::make_unique<Network>(2, std::vector<LayerOptions>{{3, "tanh"}, {3, sigma}}, 1);
    const auto loss = make_loss({name});
    const Tensor x{{1, 2}, {-1, real(0.5)}};
    const Tensor y{{0, 1, 0}, {1, 0, 0}};
    network->forward(x);
    network->backward(*loss, y);
    const std::array<Tensor, 2> before{network->dL_da(0, *loss, y), network->dL_da(1, *loss, y)};
    Network moved(std::move(*network));
    network.reset();
    for (std::size_t l = 0; l < 2; ++l) CHECK(moved.dL_da(l, *loss, y) == before[l]);
    CHECK(moved.layers[1].x == &moved.layers[0].a);
  }
}

TEST_CASE("a network's loss is finite where a probability has underflowed") {
  for (const auto& [sigma, name] :
       {std::pair{"softmax", "cross_entropy"}, std::pair{"sigmoid", "binary_cross_entropy"}}) {
    Network network(1, std::vector<LayerOptions>{{2, sigma}}, 1);
    network.layers[0].b = Tensor{{10000, -10000}};
    const auto loss = make_loss({name});
    network.forward(Tensor{{0}});
    CHECK(network.loss(*loss, Tensor{{0, 1}}) == (loss->name() == "cross_entropy" ? 20000 : 10000));
  }
}

TEST_CASE("a pair with residual or dropout at the output is not canonical, and both ways to compute it agree") {
  const auto loss = make_loss({"binary_cross_entropy"});
  Network plain(2, std::vector<LayerOptions>{{2, "sigmoid"}}, 1);
  Network residual(2, std::vector<LayerOptions>{{2, "sigmoid", "auto", false, true}}, 1);
  Network dropped(2, std::vector<LayerOptions>{{2, "sigmoid", "auto", false, false, real(0.5)}}, 1);
  CHECK(plain.canonical(*loss));
  CHECK(!residual.canonical(*loss));
  CHECK(!dropped.canonical(*loss));
  const Tensor x{{real(0.3), real(-0.2)}};
  const Tensor y{{0, 1}};
  plain.forward(x);
  dropped.forward(x);  // evaluation: no mask
  const double tolerance = golden::is_double ? 1e-12 : 1e-5;
  CHECK(std::abs(static_cast<double>(plain.loss(*loss, y) - dropped.loss(*loss, y))) < tolerance);
  plain.backward(*loss, y);
  dropped.backward(*loss, y);
  for (std::size_t j = 0; j < 2; ++j) {
    CHECK(std::abs(static_cast<double>(plain.layers[0].dL_dz(0, j) - dropped.layers[0].dL_dz(0, j))) < tolerance);
  }
}

TEST_CASE("∂L/∂x of the first layer is computed only when asked for") {
  Network network(2, std::vector<LayerOptions>{{3, "tanh"}, {1, "identity"}}, 1);
  const auto loss = make_loss({"mse"});
  const Tensor x{{1, 2}};
  network.forward(x);
  network.backward(*loss, Tensor{{0}});
  CHECK(network.layers[0].dL_dx.size() == 0);
  CHECK(network.layers[1].dL_dx.shape() == "1 × 3");
  network.backward(*loss, Tensor{{0}}, true);
  CHECK(network.layers[0].dL_dx.shape() == "1 × 2");
}

TEST_CASE("parameters are listed layer by layer, and inputs() and outputs() are those of the whole network") {
  Network network(5, std::vector<LayerOptions>{{4, "prelu"}, {4, "tanh", "auto", true}, {2, "softmax"}}, 1);
  CHECK(network.inputs() == 5);
  CHECK(network.outputs() == 2);
  std::string names;
  for (const Parameter& p : network.parameters()) names += std::string(p.name) + " ";
  CHECK(names == "weight bias alpha weight bias gamma beta weight bias ");
}

TEST_CASE("an impossible network is refused, and the message names what is wrong") {
  const auto build = [](std::vector<LayerOptions> layers) { return Network(3, layers, 1); };
  CHECK_THROWS_WITH(build({}), "a network needs at least one layer");
  CHECK_THROWS_WITH(build({{4, "tanh"}, {3, "tanh", "auto", false, true}}),
                    "layer 2: residual needs as many units as inputs; units: 3, inputs: 4");
  CHECK_THROWS_WITH(build({{4, "tahn"}}), "unknown activation 'tahn'");
  CHECK_THROWS_WITH(build({{4, "tanh", "xaver"}}), "unknown initialiser 'xaver'");
  CHECK_THROWS_WITH(build({{0, "tanh"}}), "a dense layer needs at least one input and one unit");
}

TEST_CASE("threads share a const network, and each predicts the bits and the loss of forward()") {
  const std::vector<LayerOptions> layers{{.units = 4, .activation = "tanh", .batch_norm = true, .dropout = 0.5},
                                         {.units = 4, .activation = "prelu", .residual = true},
                                         {.units = 3, .activation = "softmax"}};
  Network network(4, layers, 1);
  Tensor x(9, 4), y(9, 3);
  Random random(1, Stream::data);
  for (real& v : x.values()) v = static_cast<real>(random.normal());
  for (std::size_t i = 0; i < y.rows(); ++i) y(i, i % 3) = 1;
  network.forward_training(x, 1);  // running statistics other than 0 and 1
  const auto loss = make_loss({"cross_entropy"});
  const Tensor a = network.forward(x);
  const real L = network.loss(*loss, y);
  const Network& shared = network;
  std::array<int, 2> wrong{};
  const auto predict = [&](int& count) {
    Prediction p;
    for (int round = 0; round < 200; ++round) {
      if (!(shared.predict(x, p) == a) || shared.loss(*loss, y, p) != L) ++count;
    }
  };
  std::thread other(predict, std::ref(wrong[0]));
  predict(wrong[1]);
  other.join();
  CHECK(wrong == std::array<int, 2>{});
  CHECK(network.layers[2].a == a);  // what the last pass left behind is untouched
}

TEST_CASE("a network of one layer computes ∂L/∂x only when asked for") {
  for (const auto& [sigma, name] : {std::pair{"softmax", "cross_entropy"}, std::pair{"tanh", "mse"}}) {
    Network network(2, std::vector<LayerOptions>{{3, sigma}}, 1);
    const auto loss = make_loss({name});
    const Tensor x{{1, 2}}, y{{0, 1, 0}};
    network.forward(x);
    network.backward(*loss, y);
    CHECK(network.layers[0].dL_dx.size() == 0);
    network.backward(*loss, y, true);
    CHECK(network.layers[0].dL_dx.shape() == "1 × 2");
  }
}

TEST_CASE("a layer's options are plain unless stated otherwise") {
  const LayerOptions plain;
  CHECK(plain.units == 0);
  CHECK(plain.activation == "identity");
  CHECK(plain.init == "auto");
  CHECK(!plain.batch_norm);
  CHECK(!plain.residual);
  CHECK(plain.dropout == 0);
  const Dense layer = std::move(Network(2, std::vector<LayerOptions>{{2}}, 1).layers[0]);
  CHECK(!layer.batch_norm);
  CHECK(!layer.dropout);
}
