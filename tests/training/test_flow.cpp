#include "primer/training/flow.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "primer/core/random.hpp"

using namespace primer;

namespace {

// A network with these activations and weights, and biases 0.
Network by_hand(const std::vector<std::pair<std::string, Tensor>>& layers) {
  std::vector<Dense> list;
  for (const auto& [activation, Wt] : layers) {
    list.emplace_back(Wt.rows(), Wt.cols(), make_activation(activation));
    list.back().Wt = Wt;
  }
  return Network(std::move(list));
}

std::vector<FlowRow> observed(Network& network, const Tensor& x, const Tensor& y) {
  const auto loss = make_loss({"mse"});
  Flow flow(network);
  network.forward_training(x, 1);
  network.backward(*loss, y);
  flow.before_update(network, *loss, y);
  return flow.finish(0, network);
}

}  // namespace

TEST_CASE("every number of a row, on a network that was computed by hand") {
  // x = (1, −1), z¹ = (3, −4), a¹ = (3, 0), z² = a² = 6; L = (6 − 2)², ∂L/∂a² = 8, ∂L/∂a¹ = (8·2, 8·5), σ′ = (1, 0)
  Network network = by_hand({{"relu", Tensor{{2, -1}, {-1, 3}}}, {"identity", Tensor{{2}, {5}}}});
  const std::vector<FlowRow> rows = observed(network, Tensor{{1, -1}}, Tensor{{2}});
  REQUIRE(rows.size() == 2);
  const FlowRow& r = rows[0];
  CHECK(r.epoch == 0);
  CHECK(r.layer == 1);
  CHECK(r.activation == "relu");
  CHECK(r.a_norm == 3);
  CHECK(r.a_mean == 1.5);
  CHECK(r.slope_mean == 0.5);
  CHECK(r.saturated == 0.5);
  CHECK(r.off == 0.5);
  CHECK(r.dead == 0.5);
  CHECK(r.revived == 0);
  CHECK(r.dL_da_norm == doctest::Approx(std::hypot(16.0, 40.0)));
  CHECK(r.dL_dz_norm == 16);
  CHECK(r.dL_dW_norm == doctest::Approx(16 * std::sqrt(2.0)));
  CHECK(std::isnan(r.update_ratio));
  CHECK(rows[1].dL_dz_norm == 8);
  CHECK(std::isnan(rows[1].off));
  CHECK(rows[1].saturated == 0);
}

TEST_CASE("step is saturated and dead everywhere, identity nowhere") {
  Network network = by_hand({{"step", Tensor{{1, 1}}}, {"identity", Tensor{{1}, {1}}}});
  const std::vector<FlowRow> rows = observed(network, Tensor{{1}, {-1}}, Tensor{{0}, {0}});
  CHECK(rows[0].saturated == 1);
  CHECK(rows[0].dead == 1);
  CHECK(rows[0].slope_mean == 0);
  CHECK(rows[0].dL_dz_norm == 0);
  CHECK(rows[1].saturated == 0);
  CHECK(rows[1].dead == 0);
}

TEST_CASE("saturated is |σ′| below a twentieth of its maximum") {
  Network network = by_hand({{"sigmoid", Tensor{{1, 1, 1, 1}}}, {"identity", Tensor(4, 1, 1)}});
  network.layers[0].b = Tensor{{real(4.35), real(4.36), real(-4.36), 0}};  // the edge is at 4.3565
  CHECK(observed(network, Tensor{{0}}, Tensor{{0}})[0].saturated == 0.5);
}

TEST_CASE("a unit is dead if σ′ was 0 on every observed sample, and a revived unit is counted once") {
  Network network = by_hand({{"relu", Tensor{{1, -1, 1}}}, {"identity", Tensor(3, 1, 1)}});
  const auto loss = make_loss({"mse"});
  Flow flow(network);
  const auto observe = [&](const Tensor& x) {
    network.forward_training(x, 1);
    const Tensor y(x.rows(), 1);
    network.backward(*loss, y);
    flow.before_update(network, *loss, y);
  };
  network.layers[0].b = Tensor{{-10, 0, 0}};
  const Tensor one{{1}};  // z = (−9, −1, 1)
  observe(one);
  CHECK(flow.finish(0, network)[0].dead == doctest::Approx(2.0 / 3));
  observe(one);
  const Tensor both{{1}, {-1}};  // unit 2 is alive on the second sample
  observe(both);
  FlowRow row = flow.finish(1, network)[0];
  CHECK(row.dead == doctest::Approx(1.0 / 3));
  CHECK(row.revived == 1);
  observe(both);
  row = flow.finish(2, network)[0];
  CHECK(row.revived == 0);
  CHECK(flow.finish(3, network).empty());
}

TEST_CASE("a row is the mean over the steps observed in it, and the update is relative to the weights before") {
  Network network = by_hand({{"identity", Tensor{{3}}}});
  const auto loss = make_loss({"mse"});
  Flow flow(network);
  for (const real x : {real(1), real(2)}) {
    const Tensor batch(1, 1, x);
    network.layers[0].Wt(0, 0) = 3;
    network.forward_training(batch, 1);
    network.backward(*loss, Tensor{{0}});
    flow.before_update(network, *loss, Tensor{{0}});
    network.layers[0].Wt(0, 0) += x;
    flow.after_update(network);
  }
  const FlowRow row = flow.finish(1, network)[0];
  CHECK(row.a_norm == 4.5);                         // (3 + 6) / 2
  CHECK(row.dL_dz_norm == 9);                       // (6 + 12) / 2
  CHECK(row.dL_dW_norm == 15);                      // (6 + 24) / 2
  CHECK(row.update_ratio == doctest::Approx(0.5));  // (1/3 + 2/3) / 2
}

TEST_CASE("the headline ratio is exactly the product of the parts of σ′ and W") {
  std::vector<FlowRow> rows(4);
  const double da[] = {0.5, 3, 7, 100};
  const double dz[] = {0.25, 2, 5, 100};
  for (std::size_t l = 0; l < 4; ++l) {
    rows[l].dL_da_norm = da[l];
    rows[l].dL_dz_norm = dz[l];
  }
  const auto split = split_of(rows);
  REQUIRE(split);
  CHECK(split->ratio == 0.05);
  CHECK(split->sigma_part == doctest::Approx(0.5 * 2 / 3));
  CHECK(split->W_part == doctest::Approx(0.25 * 3 / 5));
  CHECK(split->sigma_part * split->W_part == doctest::Approx(split->ratio));
  rows.resize(2);
  CHECK(!split_of(rows));
}

TEST_CASE("ten sigmoid layers lose the gradient to σ′, not to saturation; ten relu layers keep it") {
  const auto initial = [](const char* activation, const char* init) {
    std::vector<LayerOptions> layers(10, {32, activation, init});
    layers.push_back({1, "identity"});
    Network network(32, layers, 1);
    Random random(1, Stream::data);
    Tensor x(64, 32);
    for (real& v : x.values()) v = static_cast<real>(random.normal());
    return observed(network, x, Tensor(64, 1, 1));
  };
  const std::vector<FlowRow> sigmoid = initial("sigmoid", "xavier_normal");
  const auto vanished = split_of(sigmoid);
  REQUIRE(vanished);
  CHECK(vanished->ratio < 1e-4);
  CHECK(vanished->sigma_part < 1e-4);
  CHECK(vanished->W_part > 0.1);
  CHECK(vanished->W_part < 10);
  for (std::size_t l = 0; l < 10; ++l) CHECK(sigmoid[l].saturated < 0.01);
  CHECK(split_of(initial("relu", "he_normal"))->ratio > 0.1);
}

TEST_CASE("the table names every column of flow.csv in order, and a value is found by its name") {
  const std::vector<std::string> columns{"a_norm",  "a_mean",     "slope_mean", "saturated",  "off",         "dead",
                                         "revived", "dL_da_norm", "dL_dz_norm", "dL_dW_norm", "update_ratio"};
  FlowRow row;
  REQUIRE(flow_quantities.size() == columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    CHECK(flow_quantities[i].name == columns[i]);
    row.*flow_quantities[i].member = static_cast<double>(i);
  }
  for (std::size_t i = 0; i < columns.size(); ++i) CHECK(flow_value(row, columns[i]) == static_cast<double>(i));
  CHECK(!flow_value(row, "layer"));
  const FlowRow fresh;
  CHECK(fresh.epoch == 0);
  CHECK(fresh.layer == 0);
  for (const std::string& name : columns) {
    if (name != "off" && name != "update_ratio") CHECK(flow_value(fresh, name) == 0);
  }
  CHECK(std::isnan(*flow_value(FlowRow{}, "off")));
  CHECK(std::isnan(*flow_value(FlowRow{}, "update_ratio")));
}

TEST_CASE("every number of a row is its definition, whatever the number of rows and units") {
  for (const std::size_t rows : {1u, 3u, 5u, 16u, 17u}) {
    for (const char* const activation : {"tanh", "relu", "silu"}) {
      CAPTURE(rows);
      CAPTURE(activation);
      Random random(rows, Stream::data);
      Tensor x(rows, 4);
      Tensor y(rows, 2);
      for (real& v : x.values()) v = static_cast<real>(3 * random.normal());
      for (real& v : y.values()) v = static_cast<real>(random.normal());
      Network network(4, std::vector<LayerOptions>{{7, activation}, {2, "identity"}}, 1);
      const auto loss = make_loss({"mse"});
      Flow flow(network);
      network.forward_training(x, 1);
      network.backward(*loss, y);
      flow.before_update(network, *loss, y);
      const Dense& layer = network.layers[0];
      const Tensor before = layer.Wt;
      network.layers[0].Wt(1, 2) += real(0.5);
      network.layers[0].Wt(3, 6) -= real(1.25);
      flow.after_update(network);
      const FlowRow row = flow.finish(1, network)[0];

      const auto sum = [](const Tensor& t, double (*term)(double)) {
        double total = 0;
        for (const real v : t.values()) total += term(static_cast<double>(v));
        return total;
      };
      const auto square = [](double v) { return v * v; };
      const auto same = [](double got, double want) { return std::abs(got - want) <= 1e-6 * (1 + std::abs(want)); };
      const double limit = 0.05 * (std::string(activation) == "silu" ? 1.0998393201288669 : 1);
      const auto n = static_cast<double>(7 * rows);
      double saturated = 0;
      double off = 0;
      std::size_t dead = 0;
      for (std::size_t j = 0; j < 7; ++j) {
        bool alive = false;
        for (std::size_t i = 0; i < rows; ++i) {
          saturated += std::abs(static_cast<double>(layer.derivative(i, j))) < limit ? 1 : 0;
          off += layer.z(i, j) <= 0 ? 1 : 0;
          alive = alive || layer.derivative(i, j) != 0;
        }
        dead += alive ? 0 : 1;
      }
      CHECK(same(row.a_norm, std::sqrt(sum(layer.a, square))));
      CHECK(same(row.a_mean, sum(layer.a, [](double v) { return v; }) / n));
      CHECK(same(row.slope_mean, sum(layer.derivative, [](double v) { return std::abs(v); }) / n));
      CHECK(same(row.saturated, saturated / n));
      CHECK(std::isnan(row.off) == (std::string(activation) == "tanh"));
      if (!std::isnan(row.off)) CHECK(same(row.off, off / n));
      CHECK(same(row.dead, static_cast<double>(dead) / 7));
      CHECK(same(row.dL_da_norm, std::sqrt(sum(network.dL_da(0, *loss, y), square))));
      CHECK(same(row.dL_dz_norm, std::sqrt(sum(layer.dL_dz, square))));
      CHECK(same(row.dL_dW_norm, std::sqrt(sum(layer.dL_dWt, square))));
      CHECK(same(row.update_ratio, std::hypot(0.5, 1.25) / std::sqrt(sum(before, square))));
    }
  }
}

TEST_CASE("a learned α changes the limit of saturation from the next row on") {
  // prelu with α = 40 has max |σ′| = 40, so that the slope 1 of a positive z is below a twentieth of it
  Network network = by_hand({{"prelu", Tensor{{1, 1}}}, {"identity", Tensor{{1}, {1}}}});
  const auto loss = make_loss({"mse"});
  Flow flow(network);
  const auto row = [&](std::uint64_t epoch) {
    const Tensor x{{1}};
    network.forward_training(x, 1);
    network.backward(*loss, Tensor{{0}});
    flow.before_update(network, *loss, Tensor{{0}});
    return flow.finish(epoch, network)[0];
  };
  CHECK(row(0).saturated == 0);
  (*network.layers[0].activation->parameter()->value)(0, 0) = 40;
  CHECK(row(1).saturated == 0);
  CHECK(row(2).saturated == 1);
}

TEST_CASE("weights that are all 0 have an update ratio of 0, and only steps with an update count in the mean") {
  Network network = by_hand({{"identity", Tensor{{0, 0}}}, {"identity", Tensor{{2}, {0}}}});
  const auto loss = make_loss({"mse"});
  Flow flow(network);
  for (const bool updated : {true, false, true}) {
    const Tensor x{{1}};
    network.forward_training(x, 1);
    network.backward(*loss, Tensor{{1}});
    flow.before_update(network, *loss, Tensor{{1}});
    if (!updated) continue;
    network.layers[1].Wt(0, 0) *= 2;
    flow.after_update(network);
  }
  const std::vector<FlowRow> rows = flow.finish(1, network);
  CHECK(rows[0].update_ratio == 0);
  CHECK(rows[1].update_ratio == 1);
  CHECK(rows[1].dL_dz_norm == 2);
}

TEST_CASE("the split needs two hidden layers and no more") {
  std::vector<FlowRow> rows(3);
  for (std::size_t l = 0; l < 3; ++l) {
    rows[l].dL_da_norm = 4;
    rows[l].dL_dz_norm = static_cast<double>(l + 1);
  }
  const auto split = split_of(rows);
  REQUIRE(split);
  CHECK(split->ratio == 0.5);
  CHECK(split->sigma_part == 0.25);
  CHECK(split->W_part == 2);
}

TEST_CASE("a unit at z = 0 is off, and every entry counts in slope_mean, saturated and off") {
  Tensor x(35, 1);  // −17 … 17: 17 entries above 0
  for (std::size_t i = 0; i < 35; ++i) x(i, 0) = static_cast<real>(i) - 17;
  Network network = by_hand({{"relu", Tensor{{1}}}, {"identity", Tensor{{1}}}});
  const FlowRow row = observed(network, x, Tensor(35, 1))[0];
  CHECK(row.off == doctest::Approx(18.0 / 35));
  CHECK(row.saturated == doctest::Approx(18.0 / 35));
  CHECK(row.slope_mean == doctest::Approx(17.0 / 35));
  CHECK(row.dead == 0);
}

TEST_CASE("a derivative of exactly a twentieth of the largest is not saturated") {
  const auto saturated = [](const char* activation) {
    Network network = by_hand({{activation, Tensor{{1}}}, {"identity", Tensor{{1}}}});
    return observed(network, Tensor{{-1}}, Tensor{{0}})[0].saturated;
  };
  CHECK(saturated("leaky_relu(0.05)") == 0);
  CHECK(saturated("leaky_relu(0.0499)") == 1);
}

TEST_CASE("a row does not include the steps of the previous row") {
  Network network = by_hand({{"relu", Tensor{{1, -1}}}, {"identity", Tensor{{1}, {1}}}});
  const auto loss = make_loss({"mse"});
  Flow flow(network);
  const Tensor right{{1}}, left{{-1}};
  const auto row = [&](const Tensor& x) {
    network.forward_training(x, 1);
    network.backward(*loss, Tensor{{0}});
    flow.before_update(network, *loss, Tensor{{0}});
    flow.after_update(network);
    return flow.finish(1, network)[0];
  };
  CHECK(row(right).dead == 0.5);
  const FlowRow second = row(left);  // now the other unit is dead
  CHECK(second.dead == 0.5);
  CHECK(second.revived == 1);
  CHECK(second.a_norm == 1);
  CHECK(second.update_ratio == 0);
  CHECK(flow.finish(2, network).empty());
}

TEST_CASE("the limit of saturation is that of each layer's own activation and α") {
  const Tensor one{{1}};
  Network network = by_hand({{"tanh", one},
                             {"sigmoid", one},
                             {"prelu", one},
                             {"prelu", one},
                             {"sigmoid", one},
                             {"sigmoid", one},
                             {"silu", one},
                             {"tanh", one}});
  (*network.layers[3].activation->parameter()->value)(0, 0) = 40;
  const Flow flow(network);
  const double limits[] = {0.05, 0.0125, 0.05, 2, 0.0125, 0.0125, 0.05 * 1.0998393201288669, 0.05};
  REQUIRE(flow.state.layers.size() == 8);
  for (std::size_t l = 0; l < 8; ++l) {
    CAPTURE(l);
    CHECK(flow.state.layers[l].saturation_limit == doctest::Approx(limits[l]).epsilon(1e-6));
  }
}
