// primer config, as a user sees it: what it writes trains.
#include <doctest/doctest.h>

#include <algorithm>

#include "../program.hpp"

using program::Folder;
using program::primer;
using program::Result;
using program::spill;

namespace {

bool has_line(const std::string& text, const std::string& begin) {
  return ("\n" + text).find("\n" + begin) != std::string::npos;
}

}  // namespace

TEST_CASE("the config for a shipped data set passes the check and trains") {
  for (const std::string name : {"iris", "digits"}) {
    CAPTURE(name);
    const Folder folder;
    std::filesystem::copy_file(PRIMER_SOURCE_DIR "/data/" + name + ".csv", folder / "d.csv");
    const Result config = primer("config d.csv", folder.path);
    REQUIRE(config.code == 0);
    spill(folder / "c.toml", config.out);
    const Result check = primer("check c.toml", folder.path);
    CHECK(check.code == 0);
    CHECK(check.out.empty());
    CHECK(primer("train c.toml --quiet --set train.epochs=2", folder.path).code == 0);
    CHECK(has_line(config.out, "target = \"target\""));
    CHECK(has_line(config.out, "loss = \"cross_entropy\""));
  }
}

TEST_CASE("ids, dates, constants and long texts are left out, categories are encoded, rare classes weigh more") {
  const Folder folder;
  std::string csv = "customer_id,joined,plan,age,note,country,churn,paid\n";
  for (int i = 0; i < 200; ++i) {
    csv += std::to_string(70000 + i) + ",2024-01-" + std::to_string(10 + i % 20) + "," +
           (i % 3 == 0 ? "basic" : "full") + "," + std::to_string(20 + i * 7 % 50) + ",text " + std::to_string(i * 31) +
           ",CH," + (i % 20 == 0 ? "yes" : "no") + "," + (i % 50 == 7 ? "NA" : std::to_string(i % 9 / 2.0)) + "\n";
  }
  spill(folder / "d.csv", csv);
  const Result config = primer("config d.csv --target churn", folder.path);
  REQUIRE(config.code == 0);
  CHECK(has_line(config.out, "target = \"churn\""));
  CHECK(has_line(config.out, "ignore = [\"customer_id\", \"joined\", \"note\", \"country\"]"));
  CHECK(has_line(config.out, "one_hot = [\"plan\"]"));
  CHECK(has_line(config.out, "missing = \"drop\""));
  CHECK(has_line(config.out, "class_weights = \"balanced\""));
  CHECK(has_line(config.out, "loss = \"binary_cross_entropy\""));
  CHECK(has_line(config.out, "#   customer_id  left out: numbers the rows"));
  spill(folder / "c.toml", config.out);
  CHECK(primer("check c.toml", folder.path).out ==
        "c.toml:17:11: dropped-rows: 4 rows have a missing value and are left out\n");
  CHECK(primer("train c.toml --quiet --set train.epochs=2", folder.path).code == 0);
  CHECK(primer("config d.csv --target chrun", folder.path).error(2) ==
        "primer: d.csv:1: there is no target column \"chrun\"; did you mean 'churn'?\n");
}

TEST_CASE("several numeric targets make a regression with scaled targets; semicolons and commas are noticed") {
  const Folder folder;
  std::string csv = "a;b;y_1;y_2\n";
  for (int i = 0; i < 60; ++i) {
    const std::string b = std::to_string(i * 7 % 13) + "," + std::to_string(i % 10);
    csv += std::to_string(i % 17) + ";" + b + ";" + std::to_string(i * 100) + ";0,0" + std::to_string(i % 17) + "\n";
  }
  spill(folder / "d.csv", csv);
  const Result config = primer("config d.csv", folder.path);
  REQUIRE(config.code == 0);
  for (const char* const line : {"separator = \";\"", "decimal = \",\"", "target = [\"y_1\", \"y_2\"]",
                                 "standardize_targets = true", "loss = \"mse\""}) {
    CHECK(has_line(config.out, line));
  }
  spill(folder / "c.toml", config.out);
  CHECK(primer("check c.toml", folder.path).out.empty());
  REQUIRE(primer("train c.toml --quiet", folder.path).code == 0);
  const Result eval = primer("eval runs/c/model.safetensors d.csv --rows test", folder.path);
  CHECK(eval.code == 0);
  for (const char* const metric : {"r2,", "r2_y_1,", "r2_y_2,", "rmse_y_2,", "mae_y_1,"})
    CHECK(has_line(eval.out, metric));
}

TEST_CASE("the comments of a config are true, whatever the file is like") {
  const Folder folder;
  const auto config_for = [&](const std::string& csv) {
    spill(folder / "d.csv", csv);
    const Result config = primer("config d.csv", folder.path);
    REQUIRE(config.code == 0);
    spill(folder / "c.toml", config.out);
    CHECK(primer("check c.toml", folder.path).code == 0);
    return config.out;
  };
  const auto rows = [](const std::string& header, int count, auto row) {
    std::string csv = header + "\n";
    for (int i = 0; i < count; ++i) csv += row(i) + "\n";
    return csv;
  };
  const auto text = [](int i) { return std::to_string(i); };

  // Without its rows with a missing value, class c does not exist.
  const std::string dropped = config_for(rows("a,b,y", 60, [&](int i) {
    return text(i * 7 % 11) + "," + (i % 3 == 2 ? "NA" : text(i * 5 % 13)) + "," + "abc"[i % 3];
  }));
  CHECK(has_line(dropped, "target = \"y\"                   # 2 classes"));
  CHECK(has_line(dropped, "missing = \"drop\"               # leaves out 20 rows with a missing value"));
  CHECK(has_line(dropped, "units = 8                      # 2 inputs and 2 outputs"));

  // Where every row has a missing value, columns are left out until half of the rows remain.
  const std::string holes = config_for(rows("a,b,c,y", 40, [&](int i) {
    return (i % 4 == 0 ? "" : text(i * 7 % 11)) + "," + (i % 4 == 1 ? "" : text(i * 5 % 13)) + "," +
           (i % 4 > 1 ? "" : text(i * 3 % 17)) + "," + text(i * 11 % 37);
  }));
  CHECK(has_line(holes, "#   c  left out: 20 of 40 cells are missing"));
  CHECK(has_line(holes, "missing = \"drop\"               # leaves out 20 rows with a missing value"));

  const std::string odd = config_for(rows("account,a,colour=x,size,y", 40, [&](int i) {
    return "9007199254740" + text(100 + i * 37 % 40) + "," + (i == 9 ? "12 kg" : text(i)) + "," + "uvw"[i % 3] + "," +
           text(i * 7 % 23) + "," + (i % 2 == 0 ? "left" : "right");
  }));
  CHECK(has_line(odd, "#   account   left out: integers of more than 15 digits, which look like ids"));
  CHECK(has_line(odd, "#   a         left out: numbers, except in 1 cell, such as \"12 kg\""));
  CHECK(has_line(odd, "#   colour=x  left out: the column contains text; one_hot needs a column name without '='"));
  CHECK(has_line(odd, "units = 8                      # 1 input and 1 output"));
  CHECK(has_line(odd, "activation = \"sigmoid\"         # the probability of \"right\""));

  // A separator within quotes or in one name only is none; few rows have no test set.
  const std::string names = config_for("\"a;b;c\",x (y; z),kind\n1,2,p\n3,5,q\n4,4,p\n6,1,q\n");
  CHECK_FALSE(has_line(names, "separator"));
  CHECK_FALSE(has_line(names, "test_fraction"));
  CHECK(has_line(config_for("x (a, b, c);y\n1;2\n2;3\n4;7\n7;1\n3;3\n"), "separator = \";\""));
  CHECK(has_line(config_for(rows("a,y", 200, [&](int i) { return text(i) + ",class " + text(i % 40); })),
                 "target = \"y\"                   # 40 classes"));
}

TEST_CASE("a file that is no data is refused in one line") {
  const Folder folder;
  const auto refused = [&](const std::string& csv) {
    spill(folder / "d.csv", csv);
    const std::string err = primer("config d.csv", folder.path).error(2);
    CHECK(std::count(err.begin(), err.end(), '\n') == 1);
    return err;
  };
  CHECK(refused("") == "primer: d.csv: the file is empty; a CSV file begins with a header row\n");
  CHECK(refused("a,y\n") == "primer: d.csv: has a header but no rows\n");
  CHECK(refused("a\n1\n2\n") ==
        "primer: d.csv: no column is left for the inputs; the only column, \"a\", is the target. Are the cells "
        "separated by , "
        "; | "
        "or tabs?\n");
  CHECK(refused("a,y\n45%,1\n-3 %,2\n7%,4\n") ==
        "primer: d.csv: no column is left for the inputs: \"a\" (text with 3 different values, such as \"45%\")\n");
  std::string money = "a,y\n";
  for (int i = 0; i < 40; ++i) money += std::to_string(i * 7 % 40) + ",$" + std::to_string(i) + "\n";
  CHECK(
      refused(money) ==
      "primer: d.csv:1: the target \"y\" has 40 different texts, such as \"$0\"; write plain numbers, or name another "
      "target with --target\n");
  CHECK(refused("a,y\n1,x\n2,x\n").find("one class") != std::string::npos);
  CHECK(refused("1,2,3\n4,5,6\n").find("seems to have no header") != std::string::npos);
  CHECK(primer("config none.csv", folder.path).error(2) ==
        "primer: none.csv: cannot be opened: No such file or directory\n");
}
