#include "primer/formats/error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

using namespace primer;

TEST_CASE("a location prints as FILE:LINE:COLUMN, FILE:LINE or FILE") {
  CHECK(to_string(Location{"a.toml", 3, 7}) == "a.toml:3:7");
  CHECK(to_string(Location{"a.toml", 3, 0}) == "a.toml:3");
  CHECK(to_string(Location{"a.toml", 0, 7}) == "a.toml");
  CHECK(to_string(Location{"--set train.epochs"}) == "--set train.epochs");
  CHECK(to_string(Location{"a\x1b[31m", 1, 2}) == "a\\x1B[31m:1:2");
}

TEST_CASE("the text of a user error is its location and its parts") {
  CHECK(std::string(UserError({"a.toml", 3, 7}, "no such key").what()) == "a.toml:3:7: no such key");
  CHECK(std::string(UserError("no such verb").what()) == "no such verb");
}

TEST_CASE("a wrong argument becomes the located error, and other errors pass as they are") {
  const auto locate = [](const std::logic_error& e) { return UserError({"a.toml", 3, 7}, e.what(), "; write 4"); };
  bool is_done = false;
  locate_errors([&] { is_done = true; }, locate);
  CHECK(is_done);
  CHECK_THROWS_WITH_AS(locate_errors([] { throw std::invalid_argument("5 is odd"); }, locate),
                       "a.toml:3:7: 5 is odd; write 4", UserError);
  CHECK_THROWS_WITH_AS(locate_errors([] { throw UserError("no such verb"); }, locate), "no such verb", UserError);
  CHECK_THROWS_WITH_AS(locate_errors([] { throw RuntimeError("a full disk"); }, locate), "a full disk", RuntimeError);
}

TEST_CASE("the nearest spelling needs the fewest edits, and a swap of neighbours is one edit") {
  constexpr std::array<std::string_view, 4> keys = {"epochs", "epsilon", "learning_rate", "every"};
  CHECK(nearest("epoch", keys) == "epochs");
  CHECK(nearest("eopchs", keys) == "epochs");
  CHECK(nearest("lerning-rate", keys) == "learning_rate");
  CHECK(nearest("epsilom", keys) == "epsilon");
  CHECK(nearest("evrey", keys) == "every");
}

TEST_CASE("a word that needs more edits than a third of its length + 1 is not near") {
  constexpr std::array<std::string_view, 2> keys = {"momentum", "abcdef"};
  CHECK(nearest("banana", keys) == "");
  CHECK(nearest("abcxyz", keys) == "abcdef");  // 3 edits, 6/3 + 1 allowed
  CHECK(nearest("abwxyz", keys) == "");        // 4 edits
  CHECK(nearest("", keys) == "");
  CHECK(nearest(std::string(1 << 20, 'm'), keys) == "");
  CHECK(nearest("x", {}) == "");
}

TEST_CASE("of two equally near spellings the first is chosen") {
  constexpr std::array<std::string_view, 2> keys = {"sine", "line"};
  CHECK(nearest("wine", keys) == "sine");
}

TEST_CASE("printable text contains neither control bytes nor invalid UTF-8 nor marks that reorder a line") {
  CHECK(printable("plain σ′ text") == "plain σ′ text");
  CHECK(printable("a\nb\tc\x7f") == "a\\x0Ab\\x09c\\x7F");
  CHECK(printable("\x1b]0;title\x07") == "\\x1B]0;title\\x07");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xC2\\x9B31m");
  CHECK(printable("\xff\xc3") == "\\xFF\\xC3");
  CHECK(printable("\xed\xa0\x80") == "\\xED\\xA0\\x80");
  CHECK(printable("\u202Eabc") == "\\xE2\\x80\\xAEabc");
  CHECK(printable("\uFEFFa") ==
        "\\xEF\\xBB\\xBF"
        "a");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("quoted text is cut after 60 bytes, between characters") {
  CHECK(in_quotes("abc") == "\"abc\"");
  CHECK(in_quotes("a\nb") == "\"a\\x0Ab\"");
  CHECK(in_quotes(std::string(60, 'x')) == "\"" + std::string(60, 'x') + "\"");
  CHECK(in_quotes(std::string(61, 'x')) == "\"" + std::string(60, 'x') + "…\"");
  CHECK(in_quotes(std::string(59, 'x') + "σσ") == "\"" + std::string(59, 'x') + "…\"");
}

TEST_CASE("a name is checked against the known names") {
  const std::vector<std::string_view> names{"tanh", "relu"};
  CHECK_NOTHROW(primer::check_name("activation", "relu", names));
  CHECK_THROWS_WITH(primer::check_name("activation", "tahn", names), "unknown activation 'tahn'; did you mean 'tanh'?");
  CHECK_THROWS_WITH(primer::check_name("activation", "x\n", names, "; see the list"),
                    "unknown activation 'x\\x0A'; see the list");
}

TEST_CASE("the nearest name ignores case, and knows initials") {
  const std::vector<std::string_view> names{"loss", "learning_rate", "batch_size", "relu", "leaky_relu"};
  CHECK(nearest("ReLU", names) == "relu");
  CHECK(nearest("lr", names) == "learning_rate");
  CHECK(nearest("BS", names) == "batch_size");
  CHECK(nearest("x", names) == "");
}
