// A network of the reference files 06 and 08, built from the library's pieces under primer's names.
#pragma once

#include "golden.hpp"
#include "primer/core/network.hpp"

namespace reference {

inline primer::Network network_of(const golden::Case& c, bool logits, const std::string& loss) {
  std::vector<std::string> sigma = golden::split(c.attr.at("activations"), ' ');
  if (logits) sigma.back() = loss == "bce_with_logits" ? "sigmoid" : "softmax";  // identity + a loss on logits
  std::vector<primer::Dense> layers;
  for (std::size_t l = 1; l <= sigma.size(); ++l) {
    const std::string number = std::to_string(l);
    const primer::Tensor W = golden::tensor(c.given("W" + number));
    layers.emplace_back(W.cols(), W.rows(), primer::make_activation(golden::activation(sigma[l - 1])));
    layers.back().Wt = golden::transposed_copy(W);
    layers.back().b = golden::tensor(c.given("b" + number));
    if (c.has("alpha" + number))
      *layers.back().activation->parameter()->value = golden::tensor(c.given("alpha" + number));
  }
  return primer::Network(std::move(layers));
}

inline std::string primer_name(const std::string& loss) {
  if (loss == "bce" || loss == "bce_with_logits") return "binary_cross_entropy";
  if (loss == "cross_entropy_soft") return "cross_entropy";
  return loss == "smooth_l1" ? "huber" : loss;
}

struct Setup {
  explicit Setup(const golden::Case& c)
      : asked(c.attr.at("loss")),
        logits(asked == "bce_with_logits" || asked.starts_with("cross_entropy")),
        loss_name(primer_name(asked)),
        network(network_of(c, logits, asked)),
        x(golden::tensor(c.given("X"))),
        y(x.rows(), network.outputs()) {
    primer::LossOptions options{loss_name};
    options.huber_delta = static_cast<primer::real>(c.number("delta", c.number("beta", 1)));
    options.label_smoothing = static_cast<primer::real>(c.number("label_smoothing", 0));
    loss = primer::make_loss(options);
    if (asked == "smooth_l1") loss_factor = 1 / c.number("beta", 1);  // smooth_l1(β) = huber(β) / β
    if (c.has("labels")) {
      const std::vector<double>& labels = c.given("labels").data;
      for (std::size_t i = 0; i < labels.size(); ++i) y(i, static_cast<std::size_t>(labels[i])) = 1;
    } else {
      y = golden::tensor(c.given("Y"));
    }
  }

  primer::Tensor times_loss_factor(primer::Tensor t) const {
    for (primer::real& v : t.values()) v *= static_cast<primer::real>(loss_factor);
    return t;
  }

  std::string asked;
  bool logits;
  std::string loss_name;
  primer::Network network;
  primer::Tensor x, y;
  std::unique_ptr<primer::Loss> loss;
  double loss_factor = 1;
};

}  // namespace reference
