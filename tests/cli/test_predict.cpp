// primer predict: from a file and from a pipe, with class names and probabilities or with the targets' names.
#include <doctest/doctest.h>

#include "../program.hpp"

namespace {

using program::Folder;
using program::primer;
using program::Result;
using program::shell;
using program::slurp;
using program::spill;

const std::string binary = "'" PRIMER_BINARY "'";

void train_animals(const Folder& folder) {
  spill(folder / "c.toml",
        "[data]\nfile = \"d.csv\"\nstandardize = true\n[[layer]]\nactivation = \"softmax\"\n[train]\nloss = "
        "\"cross_entropy\"\n"
        "optimizer = \"adam\"\nlearning_rate = 0.1\nepochs = 200\n");
  spill(folder / "d.csv", "x,kg,animal\n-2,4,cat\n-1,4,cat\n1,4,\"dog, big\"\n2,4,\"dog, big\"\n");
  REQUIRE(primer("train c.toml --quiet --out r", folder.path).code == 0);
}

}  // namespace

TEST_CASE("predict prints the predicted class and a probability for each class, for columns in any order") {
  const Folder folder;
  train_animals(folder);
  spill(folder / "e.csv", "kg,owner,x\n4,Ann,-5\n4,,5\n");
  const Result result = primer("predict r/model.safetensors e.csv", folder.path);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  std::istringstream lines(result.out);
  std::string line;
  std::getline(lines, line);
  CHECK(line == "prediction,p_cat,\"p_dog, big\"");
  std::getline(lines, line);
  CHECK(line.starts_with("cat,"));
  CHECK(std::stod(line.substr(4)) > 0.99);
  std::getline(lines, line);
  CHECK(line.starts_with("\"dog, big\","));
  CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("predict gives the same answers for a file, for a pipe and for -") {
  const Folder folder;
  train_animals(folder);
  const std::string from_file = primer("predict r/model.safetensors d.csv", folder.path).out;
  CHECK(from_file.size() > 100);
  CHECK(shell("cat d.csv | " + binary + " predict r/model.safetensors", folder.path).out == from_file);
  CHECK(shell("cat d.csv | " + binary + " predict r/model.safetensors -", folder.path).out == from_file);
}

TEST_CASE("standard input is read from where the shell left it, whatever it is") {
  const Folder folder;
  train_animals(folder);
  const std::string predict = binary + " predict r/model.safetensors -";
  const std::string answer = shell("printf 'x,kg\\n-5,4\\n' | " + predict, folder.path).out;
  REQUIRE(answer.starts_with("prediction,p_cat,"));
  spill(folder / "noted.csv", "a note above the header\nx,kg\n-5,4\n");
  CHECK(shell("{ read note; " + predict + "; } <noted.csv", folder.path).out == answer);
  CHECK(shell("cat noted.csv | { read note; " + predict + "; }", folder.path).out == answer);
  const Result closed = shell(predict + " <&-", folder.path);
  CHECK(closed.code == 1);
  CHECK(closed.error(1) == "primer: standard input: cannot be read: Bad file descriptor\n");
  CHECK(shell(predict + " <.", folder.path).error(1) == "primer: standard input: cannot be read: Is a directory\n");
}

TEST_CASE("predict answers a row from a pipe before the next row comes") {
  const Folder folder;
  train_animals(folder);
  // The shell waits for the first answer, for at most ten seconds, and sends no second row.
  const Result result = shell("mkfifo rows && (" + binary +
                                  " predict r/model.safetensors <rows >answers &) && exec 3>rows && "
                                  "printf 'x,kg\\n-5,4\\n' >&3 && for i in 1 2 3 4 5 6 7 8 9 10; do grep -q '^cat' "
                                  "answers && break; sleep 1; done && "
                                  "grep '^cat' answers",
                              folder.path);
  CHECK(result.code == 0);
  CHECK(result.out.starts_with("cat,"));
  CHECK(std::stod(result.out.substr(4)) > 0.99);
}

TEST_CASE("one sigmoid gives both classes; regression and several sigmoids give the names of the targets") {
  const Folder folder;
  REQUIRE(primer("train configs/xor.toml --quiet --out '" + (folder / "x") + "' --set train.epochs=0").code == 0);
  spill(folder / "e.csv", "x1,x2\n0,0\n");
  CHECK(primer("predict x/model.safetensors e.csv", folder.path).out == "prediction,p_0,p_1\n1,0.5,0.5\n");
  spill(folder / "c.toml",
        "[data]\nfile = \"d.csv\"\ntarget = [\"y\", \"z\"]\n[[layer]]\ninit = \"zeros\"\nactivation = "
        "\"sigmoid\"\n[train]\n"
        "loss = \"mse\"\nepochs = 0\n");
  spill(folder / "d.csv", "y,x,z\n0,1,1\n1,2,0.5\n");
  for (const char* loss : {"mse", "binary_cross_entropy"}) {
    REQUIRE(primer(std::string("train c.toml --quiet --out r --replace --set train.loss=") + loss, folder.path).code ==
            0);
    CHECK(primer("predict r/model.safetensors d.csv", folder.path).out == "y,z\n0.5,0.5\n0.5,0.5\n");
  }
}

TEST_CASE("a wrong cell ends the answers at its row, with its location") {
  const Folder folder;
  train_animals(folder);
  const Result result =
      shell("printf 'kg,x\\n4,1\\n4,?\\n4,2\\n' | " + binary + " predict r/model.safetensors", folder.path);
  CHECK(result.code == 2);
  CHECK(result.err ==
        "primer: standard input:3:3: column \"x\" has a missing value (\"?\"); fill in the cell or remove the row\n");
  CHECK(result.out.starts_with("prediction,p_cat,\"p_dog, big\"\n\"dog, big\","));
  CHECK(primer("predict r/model.safetensors c.toml", folder.path).code == 2);
  CHECK(shell("printf 'kg,y\\n4,1\\n' | " + binary + " predict r/model.safetensors", folder.path).error(2) ==
        "primer: standard input:1: there is no column \"x\", which is an input of the model; the columns are kg, y\n");
}

TEST_CASE("predict fails if it cannot write its output") {
  const Folder folder;
  train_animals(folder);
  const Result result = shell(binary + " predict r/model.safetensors d.csv >/dev/full", folder.path);
  CHECK(result.code == 1);
  CHECK(result.err == "primer: cannot write to standard output\n");
}
