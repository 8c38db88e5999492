#include "primer/core/regularize.hpp"

#include "../golden.hpp"
#include "primer/core/random.hpp"

using namespace primer;

TEST_CASE("batch normalisation meets the reference, forward, backward and in its running statistics") {
  for (const golden::Case& c : golden::cases("09_batchnorm.csv")) {
    const auto given = [&](const std::string& name) { return golden::tensor(c.given(name)); };
    BatchNorm norm(c.given("gamma").cols);
    norm.gamma = given("gamma");
    norm.beta = given("beta");
    norm.running_mean = given("running_mean");
    norm.running_var = given("running_var");
    REQUIRE(BatchNorm::eps == static_cast<real>(c.number("eps", 0)));
    REQUIRE(BatchNorm::momentum == static_cast<real>(c.number("momentum", 0)));
    Tensor y;
    if (c.attr.at("mode") == "train_seq") {
      for (const char* k : {"1", "2", "3", "4"}) {
        norm.u = given(std::string("x") + k);
        norm.forward(y, *k != '4');
        golden::check(c, std::string("y") + k, y);
      }
    } else {
      norm.u = given("x");
      norm.forward(y, c.attr.at("mode") == "train");
      golden::check(c, "y", y);
      norm.backward(given("dy"));
      golden::check(c, "dx", norm.dL_du);
      golden::check(c, "dgamma", norm.dL_dgamma);
      golden::check(c, "dbeta", norm.dL_dbeta);
    }
    golden::check(c, "running_mean_after", norm.running_mean);
    golden::check(c, "running_var_after", norm.running_var);
  }
}

TEST_CASE("a large mean does not drown the variance of a batch") {
  BatchNorm norm(1);
  const real far = golden::is_double ? real(1e8) : real(4096);
  norm.u = Tensor{{far}, {far + 1}, {far + 2}};
  Tensor z;
  norm.forward(z, true);
  CHECK(z(1, 0) == 0);
  CHECK(z(2, 0) == doctest::Approx(1 / std::sqrt(2.0 / 3 + 1e-5)));
}

TEST_CASE("a batch of one row normalises to β and leaves the running statistics alone") {
  BatchNorm norm(2);
  norm.beta = Tensor{{3, -1}};
  norm.u = Tensor{{5, 7}};
  Tensor z;
  norm.forward(z, true);
  CHECK(z == Tensor{{3, -1}});
  CHECK(norm.running_mean == Tensor{{0, 0}});
  CHECK(norm.running_var == Tensor{{1, 1}});
}

TEST_CASE("evaluation leaves the running statistics alone") {
  BatchNorm norm(1);
  norm.u = Tensor{{5}, {7}};
  Tensor z;
  norm.forward(z, false);
  CHECK(norm.running_mean == Tensor{{0}});
  CHECK(norm.running_var == Tensor{{1}});
  CHECK(z(0, 0) == doctest::Approx(5 / std::sqrt(1 + 1e-5)));
}

TEST_CASE("dropout leaves out a fraction p, scales the rest by 1/(1 − p), and uses its mask in both passes") {
  Dropout dropout{real(0.25), 1, 2, {}, {}};
  const Tensor s(200, 100, 3);
  Tensor a;
  dropout.forward(s, 1, a);
  double kept = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const real m = dropout.mask.data()[i];
    CHECK((m == 0 || m == doctest::Approx(4.0 / 3)));
    CHECK(a.data()[i] == m * 3);
    kept += m != 0 ? 1 : 0;
  }
  CHECK(std::abs(kept / 20'000 - 0.75) < 5 * std::sqrt(0.25 * 0.75 / 20'000));
  dropout.backward(Tensor(200, 100, 7));
  for (std::size_t i = 0; i < s.size(); ++i) CHECK(dropout.dL_ds.data()[i] == dropout.mask.data()[i] * 7);
}

TEST_CASE("the mask is a function of seed, layer and step: each changes it, nothing else does") {
  const auto mask = [](std::uint64_t seed, std::uint64_t layer, std::uint64_t step) {
    Dropout dropout{real(0.5), seed, layer, {}, {}};
    Tensor a;
    dropout.forward(Tensor(8, 16, 1), step, a);
    return a;
  };
  CHECK(mask(1, 1, 1) == mask(1, 1, 1));
  CHECK(mask(1, 1, 1) != mask(2, 1, 1));
  CHECK(mask(1, 1, 1) != mask(1, 2, 1));
  CHECK(mask(1, 1, 1) != mask(1, 1, 2));
}

TEST_CASE("batch normalisation starts with γ = 1, β = 0, and running statistics of mean 0 and variance 1") {
  const BatchNorm norm(3);
  CHECK(norm.gamma == Tensor(1, 3, 1));
  CHECK(norm.beta == Tensor(1, 3));
  CHECK(norm.running_mean == Tensor(1, 3));
  CHECK(norm.running_var == Tensor(1, 3, 1));
}

TEST_CASE("a batch of two rows moves the running statistics by a tenth, with the unbiased variance") {
  BatchNorm norm(1);
  norm.u = Tensor{{1}, {5}};  // mean 3, variance 4, unbiased 8
  Tensor z;
  norm.forward(z, true);
  CHECK(norm.running_mean(0, 0) == doctest::Approx(0.3));
  CHECK(norm.running_var(0, 0) == doctest::Approx(0.9 + 0.8));
}

TEST_CASE("a unit is dropped where the stream of seed, layer and step draws less than p") {
  Dropout dropout{real(0.375), 5, 3, {}, {}};
  Tensor a;
  dropout.forward(Tensor(4, 9, 1), 7, a);
  Random random(5 ^ (std::uint64_t{3} << 32), Stream::dropout, 7);
  for (const real kept : a.values()) CHECK((kept == 0) == (random.uniform() < 0.375));
}
