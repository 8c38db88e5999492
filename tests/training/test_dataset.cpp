#include "primer/training/dataset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "primer/training/metrics.hpp"

using namespace primer;

namespace {

Target text(std::initializer_list<std::string_view> labels) { return {"kind", {}, labels}; }
Target numbers(std::vector<double> values) { return {"y", std::move(values), {}}; }

// x of row i is i, and its class is i mod K.
Samples counted(std::size_t n, std::size_t K) {
  Samples s{{"x"}, Tensor(n, 1), {numbers(std::vector<double>(n))}};
  for (std::size_t i = 0; i < n; ++i) {
    s.x(i, 0) = static_cast<real>(i);
    s.targets[0].numbers[i] = static_cast<double>(i % K);
  }
  return s;
}

Data prepared(const Samples& s, const SplitOptions& options, std::uint64_t seed = 1, Task task = Task::multiclass) {
  return prepare(s, {}, task, find_classes(s.targets, task, 0), options, seed);
}

}  // namespace

TEST_CASE("classes are in numeric order if all are integers, else in byte order") {
  CHECK(classes_of(text({"b", "a", "b"})) == std::vector<std::string>{"a", "b"});
  CHECK(classes_of(numbers({10, 9, -1, 10})) == std::vector<std::string>{"-1", "9", "10"});
  CHECK(classes_of(text({"10", "9", "x"})) == std::vector<std::string>{"10", "9", "x"});
}

TEST_CASE("targets become one-hot rows, probabilities or numbers") {
  CHECK(encode_targets({text({"b", "a"})}, Task::multiclass, {"a", "b"}) == Tensor{{0, 1}, {1, 0}});
  CHECK(encode_targets({text({"b", "a"})}, Task::binary, {"a", "b"}) == Tensor{{1}, {0}});
  CHECK(encode_targets({numbers({0.25, 1})}, Task::binary, {}) == Tensor{{real(0.25)}, {1}});
  CHECK(encode_targets({numbers({3, -4}), numbers({5, 6})}, Task::regression, {}) == Tensor{{3, 5}, {-4, 6}});
  CHECK(encode_targets({numbers({0.25, 1}), numbers({0.75, 0})}, Task::multiclass, {"p", "q"}) ==
        Tensor{{real(0.25), real(0.75)}, {1, 0}});
}

TEST_CASE("a target that does not fit the loss is refused with its row and column") {
  const auto refused = [](const std::vector<Target>& targets, Task task, const std::vector<std::string>& classes) {
    try {
      encode_targets(targets, task, classes);
    } catch (const TargetError& e) {
      return std::to_string(e.row) + "," + std::to_string(e.target);
    }
    return std::string("accepted");
  };
  CHECK(refused({text({"a", "c"})}, Task::multiclass, {"a", "b"}) == "1,0");
  CHECK(refused({numbers({0.5, 2})}, Task::binary, {}) == "1,0");
  CHECK(refused({numbers({0, std::nan("")})}, Task::binary, {}) == "1,0");
  CHECK(refused({numbers({0.5, 0.5}), numbers({0.5, 0.25})}, Task::multiclass, {"p", "q"}) == "1,0");
  CHECK(refused({numbers({0.5, -0.5}), numbers({0.5, 1.5})}, Task::multiclass, {"p", "q"}) == "1,0");
  CHECK(refused({numbers({0.5, 0}), numbers({0.5, 1.5})}, Task::multiclass, {"p", "q"}) == "1,1");
}

TEST_CASE("the classes follow from the data, or are 0 … K − 1 if K is given") {
  CHECK(find_classes({numbers({0, 2})}, Task::multiclass, 4) == std::vector<std::string>{"0", "1", "2", "3"});
  CHECK(find_classes({numbers({0, 2})}, Task::multiclass, 0) == std::vector<std::string>{"0", "2"});
  CHECK(find_classes({numbers({0, 1})}, Task::binary, 0) == std::vector<std::string>{"0", "1"});
  CHECK(find_classes({numbers({0, 0.5})}, Task::binary, 0).empty());
  CHECK(find_classes({numbers({0, 0.5})}, Task::multiclass, 0) == std::vector<std::string>{"0", "0.5"});
  CHECK_THROWS_WITH(find_classes({numbers({0, 2})}, Task::multiclass, 1),
                    "column 'y' has one class only ('0'); cross_entropy needs two or more");
  CHECK(find_classes({numbers({0, 1})}, Task::regression, 0).empty());
  CHECK_THROWS_WITH(
      find_classes({text({"a", "b", "c"})}, Task::binary, 0),
      "column 'kind' has 3 classes; a sigmoid separates two classes; for more classes, use softmax with cross_entropy");
  CHECK_THROWS_WITH(
      find_classes({numbers({0, 1, 2})}, Task::binary, 3),
      "column 'y' has 3 classes; a sigmoid separates two classes; for more classes, use softmax with cross_entropy");
  CHECK_THROWS_WITH(find_classes({text({"a", "a"})}, Task::multiclass, 0),
                    "column 'kind' has one class only ('a'); cross_entropy needs two or more");
}

TEST_CASE("a split keeps every row once, divides every class in the same proportions, and depends on the seed") {
  SplitOptions options;
  options.test_fraction = 0.2;
  options.validation_fraction = 0.1;
  const Data data = prepared(counted(300, 3), options);
  CHECK(data.train.size() == 210);
  CHECK(data.validation.size() == 30);
  CHECK(data.test.size() == 60);
  std::set<real> seen;
  for (const Dataset* part : {&data.train, &data.validation, &data.test}) {
    std::vector<int> of_class(3);
    for (std::size_t i = 0; i < part->size(); ++i) {
      seen.insert(part->x(i, 0));
      for (std::size_t k = 0; k < 3; ++k) of_class[k] += part->y(i, k) == 1 ? 1 : 0;
    }
    for (const int n : of_class) CHECK(n == static_cast<int>(part->size()) / 3);
  }
  CHECK(seen.size() == 300);
  CHECK(prepared(counted(300, 3), options).test.x == data.test.x);
  CHECK(prepared(counted(300, 3), options, 2).test.x != data.test.x);
}

TEST_CASE("without shuffling the last rows are the test, and those before them the validation") {
  SplitOptions options;
  options.test_fraction = 0.2;
  options.validation_fraction = 0.2;
  options.shuffle = false;
  const Data data = prepared(counted(10, 2), options);
  CHECK(data.train.x == Tensor{{0}, {1}, {2}, {3}, {4}, {5}});
  CHECK(data.validation.x == Tensor{{6}, {7}});
  CHECK(data.test.x == Tensor{{8}, {9}});
  CHECK(!data.shuffle);
  CHECK(Data{}.shuffle);
  options.test_fraction = 0.8;
  CHECK_THROWS_WITH(prepared(counted(10, 2), options),
                    "test_fraction and validation_fraction leave no row to train on");
}

TEST_CASE("standardisation uses the training rows alone, and a constant column becomes 0") {
  Samples s = counted(10, 2);
  s.x = Tensor(10, 2, real(0.1));
  for (std::size_t i = 0; i < 10; ++i) s.x(i, 0) = static_cast<real>(i);
  s.columns = {"x", "c"};
  SplitOptions options;
  options.test_fraction = 0.2;
  options.shuffle = false;
  options.standardize = true;
  const Data data = prepared(s, options);
  REQUIRE(data.standardizer);
  CHECK(data.standardizer->mean(0, 0) == 3.5);  // of 0 … 7
  CHECK(data.standardizer->deviation(0, 0) == doctest::Approx(std::sqrt(5.25)));
  CHECK(data.standardizer->deviation(0, 1) == 1);
  for (std::size_t i = 0; i < 8; ++i) CHECK(data.train.x(i, 1) == 0);
  CHECK(data.test.x(1, 0) == doctest::Approx((9 - 3.5) / std::sqrt(5.25)));
}

TEST_CASE("rows are selected in the given order") {
  const Dataset all{Tensor{{1}, {2}, {3}, {4}}, Tensor{{10}, {20}, {30}, {40}}};
  Dataset part;
  select_rows(all, std::vector<std::size_t>{3, 1, 0, 2}, 1, 3, part);
  CHECK(part.x == Tensor{{2}, {1}});
  CHECK(part.y == Tensor{{20}, {10}});
  select_rows(all, {}, 2, 4, part);
  CHECK(part.x == Tensor{{3}, {4}});
}

TEST_CASE("the message of a refused target gives the reason") {
  CHECK_THROWS_WITH(encode_targets({text({"a", "d"})}, Task::multiclass, {"a", "b", "c"}),
                    "class 'd' is not one of the 3 classes, a … c");
  CHECK_THROWS_WITH(encode_targets({numbers({1, 0.5})}, Task::multiclass, {"0", "1"}),
                    "class '0.5' is not one of the 2 classes, 0 … 1");
  CHECK_THROWS_WITH(encode_targets({numbers({-0.5})}, Task::binary, {}),
                    "-0.5 is not a probability; binary_cross_entropy needs targets from 0 to 1");
  CHECK_THROWS_WITH(encode_targets({numbers({0}), numbers({1.5})}, Task::multiclass, {"p", "q"}),
                    "1.5 is not a probability; cross_entropy needs targets from 0 to 1 that sum to 1 in each row");
  CHECK_THROWS_WITH(encode_targets({numbers({0.5}), numbers({0.25})}, Task::multiclass, {"p", "q"}),
                    "the row's targets sum to 0.75; for cross_entropy they must sum to 1");
}

TEST_CASE("the sum of target columns may differ from 1 by a millionth, and a probability may be 0 or 1") {
  const auto accepted = [](double p, double q) {
    try {
      encode_targets({numbers({0.5, p}), numbers({0.5, q})}, Task::multiclass, {"p", "q"});
    } catch (const TargetError& e) {
      CHECK(e.row == 1);
      return false;
    }
    return true;
  };
  CHECK(accepted(0.25, 0.75 + 0.9e-6));
  CHECK(accepted(0.25, 0.75 - 0.9e-6));
  CHECK(!accepted(0.25, 0.75 + 1.1e-6));
  CHECK(!accepted(0.25, 0.75 - 1.1e-6));
  CHECK(encode_targets({numbers({0, 1})}, Task::binary, {}) == Tensor{{0}, {1}});
}

TEST_CASE(
    "several target columns are the classes themselves, and the two classes of a sigmoid are found in texts and "
    "numbers") {
  const std::vector<Target> two{{"p", {0, 1}, {}}, {"q", {1, 0}, {}}};
  CHECK(find_classes(two, Task::multiclass, 0) == std::vector<std::string>{"p", "q"});
  CHECK(find_classes(two, Task::binary, 0).empty());
  CHECK(find_classes({text({"b", "a", "b"})}, Task::binary, 0) == std::vector<std::string>{"a", "b"});
  CHECK(find_classes({text({"0", "0"})}, Task::binary, 2) == std::vector<std::string>{"0", "1"});
  CHECK(find_classes({numbers({1, 2})}, Task::binary, 0) == std::vector<std::string>{"1", "2"});
  CHECK(find_classes({numbers({-1, 1})}, Task::binary, 0) == std::vector<std::string>{"-1", "1"});
  CHECK(find_classes({numbers({0.5, 2})}, Task::multiclass, 0) == std::vector<std::string>{"0.5", "2"});
  CHECK(find_classes({numbers({0.5, 1})}, Task::binary, 0).empty());
  CHECK(find_classes({numbers({0.5, 2})}, Task::binary, 0) == std::vector<std::string>{"0.5", "2"});
  CHECK(find_classes({numbers({0.5, 1.25})}, Task::binary, 0) == std::vector<std::string>{"0.5", "1.25"});
  CHECK(find_classes({numbers({-0.5, 1})}, Task::binary, 0) == std::vector<std::string>{"-0.5", "1"});
  CHECK(find_classes({text({"0.5x", "1"})}, Task::binary, 0) == std::vector<std::string>{"0.5x", "1"});
  CHECK(find_classes({numbers({0, 0})}, Task::binary, 0) == std::vector<std::string>{"0", "1"});
  CHECK(find_classes({numbers({1, 1})}, Task::binary, 0) == std::vector<std::string>{"0", "1"});
  CHECK_THROWS_WITH(
      find_classes({numbers({2, 2})}, Task::binary, 0),
      "column 'y' has 1 class; a sigmoid separates two classes; for more classes, use softmax with cross_entropy");
  CHECK_THROWS_WITH(find_classes({numbers({0, 0})}, Task::multiclass, 1),
                    "column 'y' has one class only ('0'); cross_entropy needs two or more");
}

TEST_CASE("a split rounds to the nearest number of rows, keeps their order, and shuffles each class by itself") {
  SplitOptions options;
  options.test_fraction = 0.1;
  options.validation_fraction = 0.25;
  // of 28 rows, 2.8 are 3 and 7 are 7
  const Data data = prepared(counted(28, 2), options);
  CHECK(data.test.size() == 3);
  CHECK(data.validation.size() == 7);
  CHECK(data.train.size() == 18);
  for (const Dataset* part : {&data.train, &data.validation, &data.test}) {
    CHECK(std::is_sorted(part->x.values().begin(), part->x.values().end()));
  }
  options.test_fraction = 1.0 / 14;  // one row of each class
  bool differ = false;               // the places of the test rows within their class
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    const Data other = prepared(counted(28, 2), options, seed);
    std::set<real> places;
    for (const real x : other.test.x.values()) places.insert(std::floor(x / 2));
    differ = differ || places.size() == 2;
  }
  CHECK(differ);
}

TEST_CASE("fractions that ask for more rows than there are leave none to train on") {
  SplitOptions options;
  options.test_fraction = 0.75;
  options.validation_fraction = 0.75;
  CHECK_THROWS_WITH(prepared(counted(8, 2), options, 1, Task::regression),
                    "test_fraction and validation_fraction leave no row to train on");
  CHECK_THROWS_WITH(prepare({{}, Tensor(0, 1), {numbers({})}}, {}, Task::regression, {}, {}, 1),
                    "there are no rows to train on");
}

TEST_CASE("prepared data carry their names, and given validation rows are standardised by the training rows") {
  Samples s = counted(10, 2);
  SplitOptions options;
  options.validation_fraction = 0.2;
  options.standardize = true;
  options.shuffle = false;
  const Data data = prepare(s, Dataset{Tensor{{real(3.5)}}, Tensor{{0, 1}}}, Task::multiclass, {"0", "1"}, options, 1);
  CHECK(data.columns == std::vector<std::string>{"x"});
  CHECK(data.targets == std::vector<std::string>{"y"});
  CHECK(data.classes == std::vector<std::string>{"0", "1"});
  CHECK(data.train.size() == 8);
  CHECK(data.validation.x == Tensor{{0}});
  CHECK(data.validation.y == Tensor{{0, 1}});
  CHECK(data.test.size() == 0);
}

TEST_CASE("the mean of a constant column is its value, to the bit") {
  const Standardizer s = standardizer_of(Tensor{{real(0.1), 1}, {real(0.1), 1}, {real(0.1), 2}});
  CHECK(s.mean(0, 0) == real(0.1));
  CHECK(s.deviation(0, 0) == 1);
  CHECK(s.mean(0, 1) == doctest::Approx(4.0 / 3));
  CHECK(s.deviation(0, 1) == doctest::Approx(std::sqrt(2.0) / 3));  // (1/9 + 1/9 + 4/9) / 3
}

TEST_CASE("rows of every width are selected in the same way") {
  for (std::size_t width = 1; width <= 20; ++width) {
    Dataset all{Tensor(5, width), Tensor(5, 1)};
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t j = 0; j < width; ++j) all.x(i, j) = static_cast<real>(100 * i + j);
    }
    Dataset part;
    select_rows(all, std::vector<std::size_t>{4, 2, 0, 1, 3}, 1, 4, part);
    REQUIRE(part.size() == 3);
    const std::vector<std::size_t> expected{2, 0, 1};
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < width; ++j) CHECK(part.x(i, j) == static_cast<real>(100 * expected[i] + j));
    }
  }
}

TEST_CASE("data without rows or targets, with unequal lengths or with wrong fractions are refused") {
  const auto refused = [](auto&& call) {
    try {
      call();
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  CHECK(refused([] { encode_targets({}, Task::regression, {}); }) == "there is no target column");
  CHECK(refused([] { find_classes({}, Task::multiclass, 0); }) == "there is no target column");
  CHECK(refused([] { find_classes({text({})}, Task::multiclass, 0); }) == "there are no rows to find classes in");
  CHECK(refused([] {
          encode_targets({numbers({1, 2}), numbers({1})}, Task::regression, {});
        }) == "the target columns differ in their number of rows");
  CHECK(refused([] { encode_targets({text({"a", "b"})}, Task::regression, {}); }) == "'a' is not a number");
  CHECK(refused([] { encode_targets({text({"1", "0.5x"})}, Task::regression, {}); }) == "'0.5x' is not a number");
  CHECK(refused([] { encode_targets({text({"1e999"})}, Task::regression, {}); }) == "'1e999' is not a number");
  Samples s = counted(10, 2);
  s.x = Tensor(9, 1);
  CHECK(refused([&] { prepared(s, {}); }) == "inputs and targets differ in their number of rows");
  s.x = Tensor(0, 1);
  CHECK(refused([&] { prepare(s, {}, Task::regression, {}, {}, 1); }) == "there are no rows to train on");
  for (const double fraction : {-0.1, 1.1, std::nan(""), 1e30}) {
    SplitOptions options;
    options.test_fraction = fraction;
    CHECK(refused([&] { prepared(counted(10, 2), options); }) ==
          "test_fraction and validation_fraction must be from 0 to 1");
    std::swap(options.test_fraction, options.validation_fraction);
    CHECK(refused([&] { prepared(counted(10, 2), options); }) ==
          "test_fraction and validation_fraction must be from 0 to 1");
  }
}

TEST_CASE("without rows the standardizer changes nothing, with one row it moves that row to 0") {
  const Standardizer none = standardizer_of(Tensor(0, 2));
  CHECK(none.mean == Tensor{{0, 0}});
  CHECK(none.deviation == Tensor{{1, 1}});
  const Standardizer one = standardizer_of(Tensor{{3, -2}});
  CHECK(one.mean == Tensor{{3, -2}});
  CHECK(one.deviation == Tensor{{1, 1}});
}

TEST_CASE("a label counts as an integer only if all of its text is one, and a number is named by its shortest text") {
  CHECK(classes_of(text({"10", "9", "-1"})) == std::vector<std::string>{"-1", "9", "10"});
  CHECK(classes_of(text({"10", "9.5"})) == std::vector<std::string>{"10", "9.5"});
  CHECK(classes_of(text({"10", "9a"})) == std::vector<std::string>{"10", "9a"});
  CHECK(classes_of(numbers({0.5, 2, 10})) == std::vector<std::string>{"0.5", "10", "2"});
  CHECK(classes_of(text({"1.0", "1-"})) == std::vector<std::string>{"1-", "1.0"});
  CHECK(classes_of(text({"10", "0", "9"})) == std::vector<std::string>{"0", "9", "10"});
  CHECK(classes_of(text({"10", "99999999999999999999"})) == std::vector<std::string>{"10", "99999999999999999999"});
}

TEST_CASE("columns of any magnitude are standardised alike, and a constant column stays finite" *
          doctest::skip(sizeof(real) < sizeof(double))) {
  const Tensor plain{{1, real(0.25)}, {2, real(0.25)}, {3, real(0.25)}, {4, real(0.25)}};
  for (const double factor : {1e-300, 1e-200, 1e-170, 1e-155, 1e150, 1e200, 1e307}) {
    CAPTURE(factor);
    Tensor x = plain;
    for (real& v : x.values()) v = static_cast<real>(v * factor);
    const Standardizer s = standardizer_of(x);
    CHECK(s.mean(0, 0) / factor == doctest::Approx(2.5).epsilon(1e-12));
    CHECK(s.deviation(0, 0) / factor == doctest::Approx(std::sqrt(1.25)).epsilon(1e-12));
    CHECK(s.deviation(0, 1) == 1);
    standardize(s, x);
    CHECK(x(0, 0) == doctest::Approx(-1.5 / std::sqrt(1.25)).epsilon(1e-12));
    CHECK(x(3, 1) == 0);
  }
  Tensor far{{real(-1.7e308)}, {real(1.7e308)}, {real(1.7e308)}};
  standardize(standardizer_of(far), far);
  CHECK(far(0, 0) == doctest::Approx(-std::sqrt(2.0)).epsilon(1e-12));
  Tensor beside{{1, real(1.7e308)}, {2, real(1.7e308)}, {3, real(-1.7e308)}};
  standardize(standardizer_of(beside), beside);
  CHECK(beside(2, 0) == doctest::Approx(std::sqrt(1.5)).epsilon(1e-12));
  CHECK(beside(2, 1) == doctest::Approx(-std::sqrt(2.0)).epsilon(1e-12));
  Tensor tiny{{0}, {real(4.9e-324)}};
  standardize(standardizer_of(tiny), tiny);
  CHECK(std::isfinite(tiny(1, 0)));
}

TEST_CASE("undoing a standardisation gives the numbers back") {
  Tensor x{{1, 1000}, {2, -5}, {4, 7}};
  const Standardizer s = standardizer_of(x);
  const Tensor before = x;
  standardize(s, x);
  unstandardize(s, x);
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == doctest::Approx(before[i]).epsilon(1e-5));
}

TEST_CASE("a split meets its fraction to one row over all classes, and the last row of a class stays in training") {
  const auto sizes = [](const std::vector<std::size_t>& classes, double test, double validation) {
    Samples s{{"x"}, {}, {numbers({})}};
    for (std::size_t k = 0; k < classes.size(); ++k) {
      s.targets[0].numbers.insert(s.targets[0].numbers.end(), classes[k], static_cast<double>(k));
    }
    s.x = Tensor(s.targets[0].numbers.size(), 1);
    SplitOptions options;
    options.test_fraction = test;
    options.validation_fraction = validation;
    return prepared(s, options);
  };
  const auto trained = [](const Data& data) {
    std::set<std::size_t> found;
    for (std::size_t i = 0; i < data.train.size(); ++i) found.insert(class_of(data.train.y.row(i)));
    return found.size();
  };
  const std::vector<std::size_t> pairs(50, 2);
  CHECK(sizes(pairs, 0.24, 0).test.size() == 24);
  CHECK(sizes(pairs, 0.25, 0).test.size() == 25);
  CHECK(sizes(pairs, 0.25, 0.25).validation.size() == 25);
  CHECK(trained(sizes(pairs, 0.4, 0.4)) == 50);
  CHECK(sizes(std::vector<std::size_t>(10, 100), 0.004, 0).test.size() == 4);
  CHECK(trained(sizes({10, 10, 1}, 0.5, 0)) == 3);
  CHECK(trained(sizes({40, 40, 2}, 0.25, 0.25)) == 3);
  const Data uneven = sizes({10, 5, 3}, 0.25, 0);  // 2.5 + 1.25 + 0.75 = 4.5: the largest remainders are rounded up
  std::vector<std::size_t> tested(3);
  for (std::size_t i = 0; i < uneven.test.size(); ++i) ++tested[class_of(uneven.test.y.row(i))];
  CHECK(tested == std::vector<std::size_t>{3, 1, 1});
  CHECK(sizes({1, 10, 10}, 0.7, 0).test.size() == 15);  // the class of one row has the largest remainder, but no row
  for (std::size_t n = 1; n < 40; ++n) {
    for (const double fraction : {0.01, 0.1, 0.2, 0.33, 0.5, 0.77}) {
      const Data data = sizes({3 * n, n + 5, 2 * n + 1, 7}, fraction, 0);
      CHECK(std::abs(static_cast<double>(data.test.size()) - fraction * static_cast<double>(6 * n + 13)) <= 1);
    }
  }
}

TEST_CASE("two writings of one integer are one class, other texts are classes of their own") {
  const auto classes = [](const char* p, const char* q) { return classes_of(text({p, q})).size(); };
  for (const auto& [p, q] : {std::pair{"1", "1.0"},
                             {"1.00", "1"},
                             {"1.0", "1.000"},
                             {"-7", "-7.0"},
                             {"0", "0.0"},
                             {"10", "10.0"},
                             {"100.0", "100"},
                             {"-10.0", "-10"}}) {
    CHECK(classes(p, q) == 1);
  }
  for (const auto& [p, q] : {std::pair{"1", "01"},
                             {"1", "1e0"},
                             {"1", "1."},
                             {"1", "1.01"},
                             {"1", "1.10"},
                             {"1", "+1"},
                             {"1", "1 "},
                             {"1", "-1"},
                             {"0", "00"},
                             {"-1", "-01"},
                             {"0", ".0"},
                             {"0", ""},
                             {"1", "1.0.0"},
                             {"7", "7.5"},
                             {"99999999999999999999", "99999999999999999999.0"}}) {
    CHECK(classes(p, q) == 2);
  }
}

TEST_CASE("a fraction of exactly 1 takes every row, or all but the last of each class") {
  SplitOptions options;
  options.test_fraction = 1;
  CHECK_THROWS_WITH(prepared(counted(8, 2), options, 1, Task::regression),
                    "test_fraction and validation_fraction leave no row to train on");
  for (const auto& [test, validation] : {std::pair{1.0, 0.0}, {0.0, 1.0}}) {
    options.test_fraction = test;
    options.validation_fraction = validation;
    const Data data = prepared(counted(8, 2), options);
    CHECK(data.train.size() == 2);
    CHECK((test == 1 ? data.test : data.validation).size() == 6);
  }
}

TEST_CASE("targets are standardised by the training rows, in all parts") {
  Samples s{{"x"}, Tensor(5, 1), {numbers({1, 3, 5, 7, 100})}};
  SplitOptions options;
  options.test_fraction = 0.2;
  options.shuffle = false;
  options.standardize_targets = true;
  const Data data = prepare(s, Dataset{Tensor(1, 1), Tensor{{9}}}, Task::regression, {}, options, 1);
  REQUIRE(data.target_standardizer);
  CHECK(!data.standardizer);
  CHECK(data.target_standardizer->mean == Tensor{{4}});  // of 1, 3, 5, 7
  const double deviation = std::sqrt(5.0);
  CHECK(data.train.y(0, 0) == doctest::Approx(-3 / deviation));
  CHECK(data.validation.y(0, 0) == doctest::Approx(5 / deviation));
  CHECK(data.test.y(0, 0) == doctest::Approx(96 / deviation));
}

TEST_CASE("the scale for squares is 1 for numbers of common size, and brings others near 1") {
  for (const double common : {0.0, 1.0, 3.0, 1e-99, 1e99}) CHECK(scale_for_squares(common) == 1);
  CHECK(scale_for_squares(std::numeric_limits<double>::infinity()) == 1);
  CHECK(scale_for_squares(std::nan("")) == 1);
  CHECK(scale_for_squares(0x1.8p500) == 0x1p-500);
  CHECK(scale_for_squares(0x1.8p-500) == 0x1p500);
  for (const double extreme : {4.9e-324, 1e-310, 1.7e308}) {
    const double scaled = scale_for_squares(extreme) * extreme;
    CHECK(scaled > 1e-30);
    CHECK(scaled < 1e30);
  }
}

TEST_CASE("one extreme number sets the scale of its column, in whichever row it is" *
          doctest::skip(sizeof(real) < sizeof(double))) {
  for (std::size_t row = 0; row < 3; ++row) {
    Tensor x(3, 2);
    x(row, 0) = real(3e200);
    x(row, 1) = 3;
    const Standardizer s = standardizer_of(x);
    CHECK(s.mean(0, 0) / 1e200 == doctest::Approx(1).epsilon(1e-12));
    CHECK(s.deviation(0, 0) / 1e200 == doctest::Approx(std::sqrt(2.0)).epsilon(1e-12));
    CHECK(s.deviation(0, 1) == doctest::Approx(std::sqrt(2.0)).epsilon(1e-6));
  }
}

TEST_CASE("a column of texts keeps each text once, in the order in which they occur") {
  TextColumn column{"b", "a", "b", "b", "c"};
  CHECK(column.size() == 5);
  CHECK(column.distinct() == std::vector<std::string>{"b", "a", "c"});
  const std::vector<std::size_t> indices{0, 1, 0, 0, 2};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(column.index(i) == indices[i]);
    CHECK(column[i] == column.distinct()[indices[i]]);
  }
  CHECK(!column.empty());
  CHECK(TextColumn{}.empty());
}
