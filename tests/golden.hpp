// Reads the reference numbers in tests/golden and compares the library's numbers with them. A double must be within the
// tolerance of each file; a float within what a float can represent.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "primer/core/tensor.hpp"

namespace golden {

constexpr bool is_double = sizeof(primer::real) == sizeof(double);

struct Numbers {
  std::size_t rows = 0, cols = 0;
  double rtol = 0, atol = 0;
  std::vector<double> data;
};

struct Case {
  std::string id;
  std::map<std::string, std::string> attr;
  std::map<std::string, Numbers> in, out;

  bool optional() const { return attr.count("optional") > 0; }
  bool has(const std::string& name) const { return in.count(name) > 0; }
  const Numbers& given(const std::string& name) const {
    const auto found = in.find(name);
    REQUIRE_MESSAGE(found != in.end(), id << " has no input " << name);
    return found->second;
  }
  double number(const std::string& name, double otherwise) const { return has(name) ? in.at(name).data[0] : otherwise; }
};

inline std::vector<std::string> split(const std::string& text, char at, std::size_t most = 0) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at && (most == 0 || parts.size() < most)) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

inline double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

// The lines of a file without its comments and its header.
inline std::vector<std::string> records(const std::string& file) {
  std::ifstream in(std::string(PRIMER_TEST_DATA) + "/golden/" + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && !line.starts_with('#')) lines.push_back(line);
  }
  REQUIRE_MESSAGE(lines.size() > 1, "tests/golden/" << file << " is missing or empty");
  lines.erase(lines.begin());
  return lines;
}

inline std::vector<Case> cases(const std::string& file) {
  std::vector<Case> list;
  for (const std::string& record : records(file)) {
    const std::vector<std::string> field = split(record, ',', 8);
    if (list.empty() || list.back().id != field[0]) list.push_back({field[0], {}, {}, {}});
    Case& c = list.back();
    if (field[1] == "attr") {
      c.attr[field[2]] = field[7];
      continue;
    }
    Numbers n{std::stoul(field[3]), std::stoul(field[4]), number(field[5]), number(field[6]), {}};
    for (const std::string& value : split(field[7], ',')) n.data.push_back(number(value));
    REQUIRE(n.data.size() == n.rows * n.cols);
    (field[1] == "in" ? c.in : c.out)[field[2]] = n;
  }
  return list;
}

inline primer::Tensor tensor(const Numbers& n) {
  primer::Tensor t(n.rows, n.cols);
  for (std::size_t i = 0; i < t.size(); ++i) t.data()[i] = static_cast<primer::real>(n.data[i]);
  return t;
}

inline primer::Tensor transposed_copy(const primer::Tensor& m) {
  primer::Tensor t(m.cols(), m.rows());
  for (std::size_t i = 0; i < m.rows(); ++i) {
    for (std::size_t j = 0; j < m.cols(); ++j) t(j, i) = m(i, j);
  }
  return t;
}

// Turns "leaky_relu:0.2" into primer's "leaky_relu(0.2)".
inline std::string activation(const std::string& spec) {
  const std::vector<std::string> part = split(spec, ':');
  return part.size() == 1 ? spec : part[0] + "(" + part[1] + ")";
}

inline bool close(double got, double want, double rtol, double atol) {
  return got == want || (std::isnan(got) && std::isnan(want)) || std::abs(got - want) <= atol + rtol * std::abs(want);
}

// Compares every element of `got` with the expected numbers of the case.
inline void check(const Case& c, const std::string& name, const primer::Tensor& got) {
  const auto found = c.out.find(name);
  REQUIRE_MESSAGE(found != c.out.end(), c.id << " expects no " << name);
  const Numbers& want = found->second;
  REQUIRE_MESSAGE(got.size() == want.data.size(), c.id << " " << name << " has " << got.shape());
  double rtol = want.rtol;
  double atol = want.atol;
  if (!is_double) {
    constexpr double eps = std::numeric_limits<primer::real>::epsilon();
    double largest = 0;
    for (const double w : want.data) largest = std::isfinite(w) ? std::max(largest, std::abs(w)) : largest;
    const double scaled_atol = atol * eps / std::numeric_limits<double>::epsilon();  // for terms that cancel
    rtol = std::max(rtol, 1000 * eps);
    atol = std::max(20 * eps * largest, std::min(scaled_atol, 10 * eps));
  }
  std::size_t wrong = 0;
  std::size_t worst = 0;
  for (std::size_t i = 0; i < want.data.size(); ++i) {
    if (close(static_cast<double>(got.data()[i]), want.data[i], rtol, atol)) continue;
    if (wrong++ == 0) worst = i;
  }
  CHECK_MESSAGE(wrong == 0, c.id << " " << name << ": " << wrong << " of " << got.size() << " entries differ, first ["
                                 << worst << "] " << got.data()[worst] << ", not " << want.data[worst]);
}

inline void check(const Case& c, const std::string& name, double got) {
  primer::Tensor t(1, 1);
  t(0, 0) = static_cast<primer::real>(got);
  check(c, name, t);
}

}  // namespace golden
