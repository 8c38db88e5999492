#include "primer/runs/activation_facts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "primer/formats/json.hpp"

using namespace primer;

namespace {

std::string line(const ActivationCard& card, const std::string& title) {
  const auto found = std::ranges::find(card.lines, title, &std::pair<std::string, std::string>::first);
  return found == card.lines.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("an interval has a round bracket where its end is only approached, and a single value has braces") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(interval_text({0, 1, -inf, inf}) == "(0, 1)");
  CHECK(interval_text({0, 1, 0, inf}) == "[0, 1)");
  CHECK(interval_text({-0.0, 1, 0, 1}) == "[0, 1]");
  CHECK(interval_text({-0.169971, inf, -0.75, inf}) == "[-0.16997, ∞)");
  CHECK(interval_text({-inf, inf, 0, 0}) == "(-∞, ∞)");
  CHECK(interval_text({1, 1, 0, 0}) == "{1}");
}

TEST_CASE("intervals name their open ends") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(intervals_text({}) == "–");
  CHECK(intervals_text({{-inf, inf}}) == "everywhere");
  CHECK(intervals_text({{-inf, 0}, {1, 1}, {2, 3.5}, {4, inf}}) == "z ≤ 0, 1, 2 … 3.5, z ≥ 4");
  CHECK(kinks_text(*make_activation("relu")) == "0");
  CHECK(kinks_text(*make_activation("tanh")) == "–");
}

TEST_CASE("a card has the facts of its activation, with its own constant, and the results of its claims") {
  const ActivationCard elu = card_of(*make_activation("elu(2)"));
  CHECK(elu.name == "elu(2)");
  CHECK(elu.full_name == "exponential linear unit");
  CHECK(line(elu, "range of σ") == "(-2, ∞)");  // α (e^z − 1) approaches −α
  const ActivationCard sigmoid = card_of(*make_activation("sigmoid"));
  CHECK(line(sigmoid, "σ(z)") == "1 / (1 + e⁻ᶻ)");
  CHECK(line(sigmoid, "range of σ′") == "(0, 0.25]");
  CHECK(line(sigmoid, "init").starts_with("xavier_uniform: "));
  CHECK(line(sigmoid, "code") == "src/core/activation.cpp, struct Sigmoid");
  CHECK(line(sigmoid, "source") == "");
  std::string claims;
  for (const auto& [title, text] : sigmoid.lines) claims += title == "claim" ? text + "\n" : "";
  CHECK(claims.find("flow_sigmoid_vanishes: holds; flow.dL_dz_norm(layer first / last) of sigmoid") != claims.npos);
  CHECK(claims.find("relu_sparse") == claims.npos);
}

TEST_CASE("a card is JSON for the pages") {
  const ActivationCard gelu = card_of(*make_activation("gelu"));
  const json::Value value = json::parse(card_json(gelu), {"card"});
  const auto& card = std::get<json::Object>(value.data);
  REQUIRE(card.size() == 3);
  CHECK(std::get<std::string>(card[0].value.data) == "gelu");
  CHECK(std::get<std::string>(card[1].value.data) == "Gaussian error linear unit");
  const auto& lines = std::get<json::Array>(card[2].value.data);
  REQUIRE(lines.size() == gelu.lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& pair = std::get<json::Array>(lines[i].data);
    CHECK(std::get<std::string>(pair[0].data) == gelu.lines[i].first);
    CHECK(std::get<std::string>(pair[1].data) == gelu.lines[i].second);
  }
}
