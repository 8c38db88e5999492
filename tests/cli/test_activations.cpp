#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/core/activation.hpp"
#include "primer/formats/number.hpp"
#include "primer/report/svg.hpp"

using namespace primer;

TEST_CASE("activations --at prints the bits of the library for every function, and the names as given") {
  const std::vector<real> points{-750, real(-1.2784645), real(-0.0), 0, real(1e-300), real(0.1), 40};
  std::string at;
  for (const real z : points) at += (at.empty() ? "" : ",") + number(z);
  std::string want = "name,z,value,derivative\n";
  std::string names;
  std::vector<std::string> specs{"leaky_relu(0.2)", "elu(1)", "swish"};
  for (const std::string_view name : activations().names()) {
    if (!name.starts_with("test_") && make_activation(name)->traits.elementwise) specs.emplace_back(name);
  }
  for (const std::string& spec : specs) {
    names += " '" + spec + "'";
    const auto activation = make_activation(spec);
    for (const real z : points) {
      Tensor a;
      Tensor derivative;
      activation->forward(Tensor(1, 1, z), a, derivative);
      want += spec + "," + number(z) + "," + number(a(0, 0)) + "," + number(derivative(0, 0)) + "\n";
    }
  }
  CHECK(program::primer("activations" + names + " --at " + at).out == want);
}

TEST_CASE("activations --at accepts infinities, not-a-number and −0") {
  CHECK(program::primer("activations tanh --at=-inf,inf,nan,-0").out ==
        "name,z,value,derivative\ntanh,-inf,-1,0\ntanh,inf,1,0\ntanh,nan,nan,nan\ntanh,-0,-0,1\n");
}

TEST_CASE("the catalogue lists every activation with its measured properties") {
  const std::string all = program::primer("activations").out;
  for (const std::string_view name : activations().names()) {
    if (name.starts_with("test_")) continue;
    CHECK(("\n" + all).find("\n" + std::string(name)) != std::string::npos);
  }
  const std::string gelu = program::primer("activations gelu tanh").out;
  CHECK(gelu.find("[-0.16997, ∞)  [-0.1289, 1.1289]  -0.75179") != std::string::npos);
  CHECK(program::primer("activations sigmoid identity").out.find("(0, 1)      (0, 0.25]") != std::string::npos);
  CHECK(program::primer("activations sigmoid identity").out.find("(-∞, ∞)     {1} ") != std::string::npos);
}

TEST_CASE("an unknown activation or a wrong z gives one line") {
  const auto refused = [](const std::string& arguments) {
    const auto result = program::primer("activations " + arguments);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(refused("gleu") == "primer: unknown activation 'gleu'; did you mean 'gelu'?\n");
  CHECK(refused("'elu(0)'") == "primer: activation elu: the constant α must satisfy α > 0\n");
  CHECK(refused("softmax --at 1") ==
        "primer: --at: softmax cannot be computed from one z: each output depends on all z of the layer\n");
  CHECK(refused("tanh --at 1,x") == "primer: --at: 'x' is not a number; write numbers as in --at -1,0,0.5,inf\n");
  if (sizeof(primer::real) == sizeof(float)) {
    CHECK(refused("tanh --at 1e300") == "primer: --at: 1e300 is beyond the largest float\n");
  }
  CHECK(refused("tanh --at 1,") == "primer: --at: '' is not a number; write numbers as in --at -1,0,0.5,inf\n");
}

TEST_CASE("activations --svg draws the named activations, or all") {
  const program::Folder folder;
  const auto draw = [&](const std::string& names) {
    return program::primer("activations " + names + " --svg '" + folder / "drawn.svg" + "'");
  };
  const program::Result some = draw("tanh 'leaky_relu(0.2)'");
  CHECK(some.code == 0);
  CHECK(some.out.empty());
  CHECK(program::slurp(folder / "drawn.svg") == catalogue_svg({"tanh", "leaky_relu(0.2)"}));
  CHECK(draw("").code == 0);
  const std::string all = program::slurp(folder / "drawn.svg");
  if (sizeof(real) == 8) CHECK(all == program::slurp(PRIMER_SOURCE_DIR "/data/pictures/activations.svg"));
  for (const std::string_view name : activations().names()) {
    if (name.starts_with("test_")) continue;
    CHECK(all.find("data-activation=\"" + std::string(name) + "\"") != std::string::npos);
  }
  CHECK(draw("tan").error(2) == "primer: unknown activation 'tan'; did you mean 'tanh'?\n");
  CHECK(program::primer("activations --svg '" + folder / "absent/drawn.svg" + "'").code == 1);
}

TEST_CASE("one name prints a card: formulas, source, measured properties, claims with numbers, and the code") {
  const std::string code = program::slurp(PRIMER_SOURCE_DIR "/src/core/activation.cpp");
  for (const std::string_view name : activations().names()) {
    if (name.starts_with("test_")) continue;
    CAPTURE(name);
    const std::string card = program::primer("activations " + std::string(name)).out;
    CHECK(card.starts_with(name));
    for (const std::string title : {"σ(z) ", "σ′(z) ", "range of σ ", "range of σ′ ", "σ′ = 0 ", "init ", "code "}) {
      CHECK(card.find("\n  " + title) != std::string::npos);
    }
    const std::size_t at = card.find(", struct ") + 9;
    const std::string type = card.substr(at, card.find('\n', at) - at);
    CHECK((code.find("\nstruct " + type + " {") != std::string::npos ||
           code.find("\nclass " + type + " ") != std::string::npos));
  }
  const program::Folder elsewhere;  // the claims are known outside of the source folder, too
  const std::string gelu = program::primer("activations gelu", elsewhere.path).out;
  CHECK(gelu.find("  range of σ   [-0.16997, ∞)\n") != std::string::npos);
  CHECK(gelu.find("Hendrycks & Gimpel") != std::string::npos);
  CHECK(gelu.find("  claim        centre_mean: holds; lowest(gelu) = -0.17\n") != std::string::npos);
  CHECK(program::primer("activations 'elu(2)'").out.starts_with("elu(2): exponential linear unit\n"));
}
