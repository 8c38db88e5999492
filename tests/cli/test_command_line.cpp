// The command line as a whole: the help and the exit codes of the program.
#include "primer/cli/command_line.hpp"
#include "primer/core/real.hpp"

#include <doctest/doctest.h>

#include "../program.hpp"
#include "primer/formats/utf8.hpp"
#include "primer/views/table.hpp"

using program::Result;

TEST_CASE("a test that does not read the exit code of a program that failed is a failed test" *
          doctest::should_fail()) {
  CHECK(program::primer("trian").out.empty());
}

TEST_CASE("a test whose program was ended by a signal is a failed test" * doctest::should_fail()) {
  CHECK(program::shell("kill -SEGV $$", "/").out.empty());
}

TEST_CASE("a file that does not exist does not count as an empty file") {
  CHECK_THROWS_AS(program::slurp("/nowhere"), std::runtime_error);
  CHECK_THROWS_AS(program::spill("/nowhere/file", ""), std::runtime_error);
}

TEST_CASE("every help text names its command and fits into 80 columns") {
  std::istringstream overview(program::primer("--help").out);
  std::size_t commands = 0;
  for (std::string line; std::getline(overview, line);) {
    CAPTURE(line);
    CHECK(primer::count_characters(line) <= 80);
    if (!line.starts_with("  ")) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    const Result result = program::primer(name + " --help");
    CHECK(result.code == 0);
    CHECK(result.out.starts_with("usage: primer " + name + " "));
    CHECK(result.out.find("\n  primer " + name) != std::string::npos);  // an example
    std::istringstream help(result.out);
    for (std::string text; std::getline(help, text);) {
      CAPTURE(text);
      CHECK(primer::count_characters(text) <= 80);
    }
    ++commands;
  }
  const std::string declared = program::slurp(PRIMER_SOURCE_DIR "/include/primer/cli/commands.hpp");
  std::size_t declarations = 0;
  for (std::size_t at = 0; (at = declared.find("extern const Command", at)) != declared.npos; ++at) ++declarations;
  CHECK(commands == declarations);
}

TEST_CASE("the program without arguments prints its help as an error") {
  const Result result = program::primer("");
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK(result.err == program::primer("--help").out);
  CHECK(result.err.starts_with("usage: primer COMMAND ...\n"));
}

TEST_CASE("the version is the version of the project") {
  const std::string cmake = program::slurp(PRIMER_SOURCE_DIR "/CMakeLists.txt");
  const std::size_t at = cmake.find("project(primer VERSION ");
  REQUIRE(at != std::string::npos);
  const std::string version = cmake.substr(at + 23, cmake.find(' ', at + 23) - at - 23);
  CHECK(program::primer("--version").out == "primer " + version + "\n");
}

TEST_CASE("an unknown command is an error that names the nearest command or the help") {
  const Result close = program::primer("trian");
  CHECK(close.code == 2);
  CHECK(close.out.empty());
  CHECK(close.err == "primer: unknown command 'trian'; did you mean 'train'?\n");
  const Result far = program::primer("frobnicate");
  CHECK(far.code == 2);
  CHECK(far.err == "primer: unknown command 'frobnicate'; `primer --help` lists the commands\n");
}

TEST_CASE("primer help COMMAND is primer COMMAND --help") {
  CHECK(program::primer("help train").out == program::primer("train --help").out);
  CHECK(program::primer("help").out == program::primer("--help").out);
  CHECK(program::primer("help tarin").error(2) == "primer: unknown command 'tarin'; did you mean 'train'?\n");
}

// One line for each mistake: where it is and what to write instead.
TEST_CASE("whoever makes a mistake is told its place and the remedy in one line") {
  struct Mistake {
    const char* command;
    const char* answer;
  };
  constexpr Mistake mistakes[] = {
      {"train", "too few words; usage: primer train CONFIG [OPTION]..."},
      {"trian xor.toml", "unknown command 'trian'; did you mean 'train'?"},
      {"train nothere.toml", "nothere.toml: cannot be opened: No such file or directory"},
      {"train .", ".: is a folder; name a file"},
      {"train xor.toml extra", "too many words; usage: primer train CONFIG [OPTION]..."},
      {"train xor.toml --sett a=1", "unknown option '--sett'; did you mean '--set'?"},
      {"train xor.toml --set", "--set needs a value: --set KEY=VALUE"},
      {"train xor.toml --set train.lr=0.1",
       "--set train.lr: unknown key 'lr' in [train]; did you mean 'learning_rate'?"},
      {"train xor.toml --set lr=0.1",
       "--set lr: write --set SECTION.KEY=VALUE, as in train.learning_rate=0.1 or layer.1.units=8"},
      {"train xor.toml --set train.learning_rate",
       "--set train.learning_rate: write --set KEY=VALUE, as in --set train.learning_rate=0.1"},
      {"train xor.toml --set train.learning_rate=fast",
       "--set train.learning_rate: learning_rate: must be a number, not a string"},
      {"train xor.toml --set train.learning_rate=-1",
       "--set train.learning_rate: learning_rate: must be 0 or more, not -1"},
      {"train xor.toml --set train.epochs=1.5",
       "--set train.epochs: epochs: must be an integer from 0 to 1000000000, not a float"},
      {"train xor.toml --set train.optimizer=Adam",
       "--set train.optimizer: optimizer: 'Adam' is not known; did you mean 'adam'?"},
      {"train xor.toml --set train.loss=crossentropy",
       "--set train.loss: loss: 'crossentropy' is not known; did you mean 'cross_entropy'?"},
      {"train xor.toml --set train.loss=mse_loss",
       "--set train.loss: loss: 'mse_loss' is not known; write mse, mae, huber, binary_cross_entropy or cross_entropy"},
      {"train xor.toml --set train.schedule=cosin",
       "--set train.schedule: schedule: 'cosin' is not known; did you mean 'cosine'?"},
      {"train xor.toml --set train.momentum=2",
       "--set train.momentum: momentum: must be from 0 up to, but not including, 1, not 2"},
      {"train xor.toml --set train.batch_size=-1",
       "--set train.batch_size: batch_size: must be an integer from 0 to 1000000000, not -1"},
      {"train xor.toml --set train.early_stopping=5",
       "--set train.early_stopping: early_stopping watches the validation loss; set data.validation_fraction or "
       "data.validation_file"},
      {"train xor.toml --set layer.1.activation=ReLU",
       "--set layer.1.activation: activation: unknown activation 'ReLU'; did you mean 'relu'?"},
      {"train xor.toml --set 'layer.1.activation=elu(0)'",
       "--set layer.1.activation: activation: activation elu: the constant α must satisfy α > 0"},
      {"train xor.toml --set layer.5.units=4",
       "--set layer.5.units: write layer.N.KEY, or layer.N-M.KEY for several layers, with N from 1 to 2, the number of "
       "[[layer]] tables in the file"},
      {"train xor.toml --set layer.1.units=0",
       "--set layer.1.units: units: must be an integer from 1 to 1000000, not 0"},
      {"train xor.toml --set layer.1.unit=3",
       "--set layer.1.unit: unknown key 'unit' in [layer.1]; did you mean 'units'?"},
      {"train xor.toml --set layer.2.activation=tanh",
       "--set layer.2.activation: binary_cross_entropy needs probabilities at the output, but tanh has values outside "
       "[0, 1]; "
       "write activation = \"sigmoid\""},
      {"train xor.toml --set layer.2.units=3",
       "--set layer.2.units: the last layer has 3 units, but the data have 1 target column; write units = 1, or leave "
       "units out"},
      {"train xor.toml --set layer.1.init=kaiming",
       "--set layer.1.init: init: unknown initialiser 'kaiming'; write auto, zeros, constant(c), normal(s), "
       "xavier_uniform, xavier_normal, he_uniform, he_normal, lecun_uniform or lecun_normal"},
      {"train xor.toml --set layer.1.init=normal",
       "--set layer.1.init: init: unknown initialiser 'normal'; did you mean 'normal(s)'?"},
      {"train xor.toml --set 'layer.1.activation=swish(2)'",
       "--set layer.1.activation: activation: activation silu has no constant α"},
      {"train xor.toml --set layer.1.dropout=1",
       "--set layer.1.dropout: dropout: must be from 0 up to, but not including, 1, not 1"},
      {"train xor.toml --set data.test_fraction=1.5",
       "--set data.test_fraction: test_fraction: must be from 0 up to, but not including, 1, not 1.5"},
      {"train xor.toml --set data.standardize=yes",
       "--set data.standardize: standardize: must be true or false, not a string"},
      {"train xor.toml --set data.file=two.csv",
       "--set data.file: [data] has a file and a generator; keep one of the two"},
      {"train xor.toml --set seed=abc",
       "--set seed: seed: must be an integer from 0 to 9223372036854775807, not a string"},
      {"train xor.toml --set train.loss=cross_entropy",
       "xor.toml:14:14: cross_entropy needs softmax at the output, not sigmoid; write activation = \"softmax\""},
      {"train nolayer.toml",
       "nolayer.toml: there is no layer; for each layer, add a line [[layer]] and, below this line, the keys of the "
       "layer, such as units = 16 and activation = \"tanh\"; the last layer is the output and needs no units"},
      {"train two.csv", "two.csv: is not a config but data; `primer config two.csv` writes a config for it"},
      {"train c.toml --set data.file=empty.csv", "empty.csv: the file is empty; a CSV file begins with a header row"},
      {"train c.toml --set data.file=nohead.csv",
       "nohead.csv:1:1: the first row contains the number \"1\", so the file seems to have no header; insert a row of "
       "column names at the top"},
      {"train c.toml --set data.file=semi.csv",
       "semi.csv:1:1: the cells are separated by \";\", not by \",\"; set data.separator, or save the file with "
       "commas"},
      {"train c.toml --set data.file=miss.csv",
       "miss.csv:2:3: column \"b\" has a missing value; fill in the cell or remove the row"},
      {"train c.toml --set data.file=wide.csv",
       "wide.csv:2:5: the row has 3 cells, but the header has 2 columns; quote a cell that contains a separator"},
      {"train c.toml --set data.file=cat.csv",
       "cat.csv:2:1: column \"a\" needs numbers, but begins with \"red\"; list the column in data.ignore, or, if "
       "the column contains categories, in data.one_hot"},
      {"train c.toml --set data.target=species",
       "text.csv:1: there is no column \"species\", which is needed as a target; the columns are a, b"},
      {"train c.toml --set train.loss=mse --set layer.1.activation=identity",
       "text.csv:2:3: the loss needs numbers in the target column \"b\", but the column begins with \"x\"; for "
       "classes, set train.loss to cross_entropy, or to binary_cross_entropy for two classes"},
      {"train c.toml --set data.file=cont.csv --set train.loss=mse",
       "c.toml:4:14: softmax over one unit always outputs 1; for the loss mse, use identity; for a class as the "
       "target, set train.loss to cross_entropy"},
      {"train c.toml --set data.file=three.csv --set train.loss=binary_cross_entropy --set layer.1.activation=sigmoid",
       "three.csv: column 'b' has 3 classes; a sigmoid separates two classes; for more classes, use softmax with "
       "cross_entropy"},
      {"train xor.toml --resume --out nowhere --quiet",
       "nowhere: checkpoint.safetensors or frames.safetensors is missing; train without --resume"},
      {"train xor.toml --resume --out r --set train.learning_rate=0.1 --quiet",
       "--set train.learning_rate: --resume needs the config of the run: train.learning_rate was 0.5 and is now 0.1; "
       "only train.epochs may change"},
      {"eval text.csv r/model.safetensors",
       "text.csv: is text and not a safetensors file; check the order of the arguments"},
      {"eval r/model.safetensors", "too few words; usage: primer eval MODEL DATA.csv [OPTION]..."},
      {"eval r/model.safetensors two.csv",
       "two.csv:1: there is no column \"class\", which is needed as a target; the columns are x, y"},
      {"eval r two.csv", "r: is a folder; name a file"},
      {"predict text.csv r/model.safetensors",
       "text.csv: is text and not a safetensors file; check the order of the arguments"},
      {"report nowhere", "nowhere/config.toml: cannot be opened: No such file or directory"},
      {"compare r", "too few words; usage: primer compare RUN_DIR RUN_DIR [RUN_DIR...] [OPTION]..."},
      {"trace xor.toml --row 9", "--row: must be a whole number from 1 to 4, not '9'"},
      {"activations tahn", "unknown activation 'tahn'; did you mean 'tanh'?"},
      {"activations gelu --at x", "--at: 'x' is not a number; write numbers as in --at -1,0,0.5,inf"},
      {"help trian", "unknown command 'trian'; did you mean 'train'?"},
      {"--hepl", "unknown command '--hepl'; `primer --help` lists the commands"},
      {"data moon", "unknown generator 'moon'; did you mean 'moons'?"},
  };
  const program::Folder folder;
  const std::pair<const char*, const char*> files[] = {
      {"c.toml",
       "[data]\nfile = \"text.csv\"\n[[layer]]\nactivation = \"softmax\"\n[train]\nloss = \"cross_entropy\"\n"},
      {"nolayer.toml", "[data]\ngenerator = \"xor\"\n[train]\nloss = \"binary_cross_entropy\"\n"},
      {"two.csv", "x,y\n1,2\n"},
      {"empty.csv", ""},
      {"nohead.csv", "1,2\n3,4\n"},
      {"text.csv", "a,b\n1,x\n2,y\n"},
      {"semi.csv", "a;b\n1;2\n2;3\n"},
      {"miss.csv", "a,b\n1,\n2,3\n"},
      {"wide.csv", "a,b\n1,2,3\n"},
      {"cont.csv", "a,b\n1,0.5\n2,0.7\n3,0.9\n4,1.5\n"},
      {"cat.csv", "a,b\nred,yes\nblue,no\n"},
      {"three.csv", "a,b\n1,x\n2,y\n3,z\n"},
      {"xor.toml", nullptr},
  };
  for (const auto& [name, text] : files) {
    program::spill(folder / name, text != nullptr ? text : program::slurp(PRIMER_SOURCE_DIR "/configs/xor.toml"));
  }
  REQUIRE(program::primer("train xor.toml --quiet --set train.epochs=2 --out r", folder.path).code == 0);
  CHECK(std::size(mistakes) >= 40);
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.command);
    const Result result = program::primer(std::string(mistake.command) + " </dev/null", folder.path);
    CHECK(result.code == 2);
    CHECK(result.out == "");
    CHECK(result.err == std::string("primer: ") + mistake.answer + "\n");
  }
}

TEST_CASE("no table is wider than a terminal of 80 columns, whatever it shows") {
  const program::Folder folder;
  const auto at_80 = [&](const std::string& arguments, const std::string& from = "") {
    CAPTURE(arguments);
    const Result result = program::shell("COLUMNS=80 '" PRIMER_BINARY "' " + arguments, folder.path);
    CHECK(result.code == 0);
    std::istringstream lines(result.out.substr(from.empty() ? 0 : result.out.find(from)));
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      CAPTURE(line);
      CHECK(primer::count_characters(line) <= 80);
    }
    CHECK(count > 3);
    return result.out;
  };
  const std::string configs = PRIMER_SOURCE_DIR "/configs/";
  const std::string flow = at_80("train " + configs +
                                 "spirals.toml --set layer.1.activation=sigmoid --set layer.1.repeat=10 --set "
                                 "train.epochs=2 --set data.points=60 --quiet --out deep");
  CHECK(flow.find("\n10     sigmoid") != std::string::npos);
  CHECK(flow.find("vanishing (epoch 0): ") != std::string::npos);
  at_80("doctor deep --try");
  at_80("activations");
  at_80("activations sigmoid");
  at_80("trace " + configs + "digits.toml");
  if (sizeof(primer::real) == sizeof(double)) {  // the float build has neither
    at_80("gradcheck " + configs + "digits.toml");
    at_80("claims --dir " + configs + "claims gelu_range saturation_edges relu_cheap tanh_slope");
  }

  std::string runs;
  for (int seed = 1; seed <= 12; ++seed) {
    const std::string run = "a_run_with_a_very_long_name_that_nobody_would_type/twice_" + std::to_string(seed);
    CHECK(program::primer("train " + configs + "xor.toml --quiet --set train.epochs=2 --set seed=" +
                              std::to_string(seed) + " --set layer.1.units=" + std::to_string(seed) + " --out " + run,
                          folder.path)
              .code == 0);
    runs += " " + run;
  }
  CHECK(at_80("compare" + runs).find("twice_12") != std::string::npos);
  at_80("compare deep" + runs);

  std::string classes = "x,a_class_of_the_animals\n", targets = "x,first_target,second_target,third_target\n";
  for (int i = 0; i < 40; ++i) {
    const std::string x = std::to_string(i);
    classes += x + ",a class with a rather long name " + std::to_string(i % 20) + "\n";
    targets += x + "," + std::to_string(2 * i + 1) + ",0.5,-" + x + "e5\n";
  }
  program::spill(folder / "classes.csv", classes);
  program::spill(folder / "targets.csv", targets);
  program::spill(folder / "classes.toml",
                 "[data]\nfile = \"classes.csv\"\n[[layer]]\nactivation = \"softmax\"\n[train]\nloss = "
                 "\"cross_entropy\"\nepochs = 1\n");
  program::spill(folder / "targets.toml",
                 "[data]\nfile = \"targets.csv\"\ntarget = [\"first_target\", \"second_target\", \"third_target\"]\n"
                 "standardize_targets = true\n[[layer]]\n[train]\nloss = \"mse\"\nepochs = 1\n");
  at_80("train classes.toml --quiet --out c");
  at_80("train targets.toml --quiet --out t");
  const std::string scores = at_80("eval c/model.safetensors classes.csv --table");
  CHECK(scores.find("\nactual \\ predicted                     1  2  3  4  5  6  7  8  9  10") != std::string::npos);
  CHECK(scores.find("\n20 a class with a rather long name 9  ") != std::string::npos);  // in the order of their bytes
  CHECK(scores.find("precision") != std::string::npos);
  CHECK(at_80("eval t/model.safetensors targets.csv --table").find("r2_third_target,") != std::string::npos);
}
