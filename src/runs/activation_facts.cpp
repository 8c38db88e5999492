// One row for each activation of the catalogue.
#include "primer/runs/activation_facts.hpp"

#include <algorithm>
#include <array>

namespace primer {
namespace {

constexpr std::string_view he_2015 = "He et al., \"Delving deep into rectifiers\", 2015";
constexpr auto all_facts = std::to_array<ActivationFacts>({
    {"identity", "identity: no activation", "z", "1", "", "Identity"},
    {"step", "Heaviside step, the perceptron's threshold", "1 if z ≥ 0, else 0", "0",
     "Rosenblatt, \"The perceptron\", 1958", "Heaviside"},
    {"sigmoid", "logistic sigmoid", "1 / (1 + e⁻ᶻ)", "σ(z) (1 − σ(z))", "", "Sigmoid"},
    {"tanh", "hyperbolic tangent", "(eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)", "1 − tanh²(z)", "", "Tanh"},
    {"relu", "rectified linear unit", "max(0, z)", "1 if z > 0, else 0",
     "Nair & Hinton, \"Rectified linear units improve restricted Boltzmann machines\", 2010", "Relu"},
    {"leaky_relu", "leaky rectified linear unit", "z if z > 0, else α z", "1 if z > 0, else α",
     "Maas et al., \"Rectifier nonlinearities improve neural network acoustic models\", 2013", "LeakyRelu"},
    {"prelu", "parametric rectified linear unit: α is learned", "z if z > 0, else α z", "1 if z > 0, else α", he_2015,
     "Prelu"},
    {"elu", "exponential linear unit", "z if z > 0, else α (eᶻ − 1)", "1 if z > 0, else α eᶻ",
     "Clevert et al., \"Fast and accurate deep network learning by ELUs\", 2015", "Elu"},
    {"selu", "scaled exponential linear unit, with λ = 1.0507 and α = 1.6733", "λ z if z > 0, else λ α (eᶻ − 1)",
     "λ if z > 0, else λ α eᶻ", "Klambauer et al., \"Self-normalizing neural networks\", 2017", "Selu"},
    {"softplus", "softplus", "ln(1 + eᶻ)", "1 / (1 + e⁻ᶻ)",
     "Dugas et al., \"Incorporating second-order functional knowledge\", 2001", "Softplus"},
    {"gelu", "Gaussian error linear unit", "z Φ(z), with Φ the distribution function of N(0, 1)",
     "Φ(z) + z φ(z), with φ the density of N(0, 1)", "Hendrycks & Gimpel, \"Gaussian error linear units\", 2016",
     "Gelu"},
    {"gelu_tanh", "Gaussian error linear unit, approximated with tanh",
     "½ z (1 + tanh u), with u = √(2/π) (z + 0.044715 z³)", "½ (1 + tanh u) + ½ z (1 − tanh² u) u′",
     "Hendrycks & Gimpel, \"Gaussian error linear units\", 2016", "GeluTanh"},
    {"silu", "sigmoid linear unit, also called swish", "z s(z), with s(z) = 1 / (1 + e⁻ᶻ)", "s(z) + z s(z) (1 − s(z))",
     "Ramachandran, Zoph, Le, \"Searching for activation functions\", 2017", "Silu"},
    {"softmax", "softmax: the units of a layer share a sum of 1", "aₖ = exp(zₖ) / Σⱼ exp(zⱼ)",
     "∂aⱼ/∂zₖ = aⱼ (δⱼₖ − aₖ), a matrix for each row",
     "Bridle, \"Probabilistic interpretation of feedforward network outputs\", 1990", "Softmax"},
});

}  // namespace

const ActivationFacts* facts_of(std::string_view name) {
  if (name == "swish") name = "silu";
  const auto found = std::ranges::find(all_facts, name, &ActivationFacts::name);
  return found == all_facts.end() ? nullptr : &*found;
}

std::string_view reason_for(std::string_view initializer) {
  if (initializer.starts_with("he_")) return "Var w = 2/inputs: σ removes about half of the signal";
  if (initializer.starts_with("lecun_")) return "Var w = 1/inputs: σ itself keeps mean 0 and variance 1";
  if (initializer.starts_with("xavier_")) return "Var w = 2/(inputs + outputs): signal and gradient keep their size";
  return "";
}

}  // namespace primer
