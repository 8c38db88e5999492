#include "primer/playground/page.hpp"

#include <doctest/doctest.h>

#include <regex>

#include "../program.hpp"

#include "primer/core/activation.hpp"
#include "primer/formats/error.hpp"
#include "primer/formats/number.hpp"
#include "primer/runs/activation_facts.hpp"
#include "primer/training/properties.hpp"

using namespace primer;

TEST_CASE(
    "a page of the playground contains its config, its files and both modules, and no text ends a script element") {
  const std::string page =
      playground_page("a<b", "seed = 1 # </script>", {{"x.csv", "a,b\n1,</script>\n"}}, {"Man", "Ma"});
  CHECK(page.find("<title>a&lt;b – primer playground</title>") != std::string::npos);
  CHECK(page.find(R"("config":"seed = 1 # \u003c/script>")") != std::string::npos);
  CHECK(page.find(R"("files":{"x.csv":"a,b\n1,\u003c/script>\n"})") != std::string::npos);
  CHECK(page.find(R"(<script type="text/plain" id="fused">TWFu</script>)") != std::string::npos);  // RFC 4648
  CHECK(page.find(R"(<script type="text/plain" id="exact">TWE=</script>)") != std::string::npos);
  CHECK(page.find("{{") == page.npos);
}

TEST_CASE("a page of the playground has the card of every activation, because the reader may choose another") {
  const std::string page = playground_page("a", "", {}, {});
  for (const std::string_view name : activations().names()) {
    const std::string card = card_json(card_of(*make_activation(name)));
    std::string safe;  // as in a script element
    for (const char c : card) safe += c == '<' ? "\\u003c" : c == '&' ? "\\u0026" : std::string(1, c);
    CHECK(page.find("\"" + std::string(name) + "\":" + safe) != std::string::npos);
  }
}

TEST_CASE("a page of the playground may load nothing") {
  const std::string page = playground_page("a", "", {}, {});
  CHECK(page.find("default-src 'none'; script-src 'sha256-") != std::string::npos);
  for (const char* const link : {"<script src", "<link", "<img", "@import", "fetch("})
    CHECK(page.find(link) == page.npos);
}

TEST_CASE("without the modules one line says how to build them") {
  CHECK_THROWS_WITH_AS(read_playground_modules("/nowhere"),
                       "the engine for the browser is not built; run `make playground`", UserError);
}

TEST_CASE("the hints of the playground name the limit of saturation that primer uses") {
  const std::string limit = " % of its largest value", number = short_number(100 * saturation_threshold);
  for (const char* const file : {"network.js", "unit.js"}) {
    const std::string script = program::slurp(PRIMER_SOURCE_DIR "/src/playground/" + std::string(file));
    CHECK(script.find("|σ′| is less than " + number + limit) != script.npos);
  }
}

TEST_CASE("each source line that the calculation of a sample shows occurs once in its file") {
  const std::string script = program::slurp(PRIMER_SOURCE_DIR "/src/playground/unit.js");
  const std::regex quoted(R"(\[\s*'(src/[^']*)',\s*'([^']*)',?\s*\])");
  std::size_t lines = 0;
  for (std::sregex_iterator m(script.begin(), script.end(), quoted), end; m != end; ++m, ++lines) {
    const std::string file = (*m)[1], line = (*m)[2];
    CAPTURE(file);
    CAPTURE(line);
    const std::string source = "\n" + program::slurp(PRIMER_SOURCE_DIR "/" + file);
    const std::size_t at = source.find(line);
    REQUIRE(at != source.npos);
    CHECK(source.find(line, at + 1) == source.npos);
  }
  CHECK(lines == 10);
}
