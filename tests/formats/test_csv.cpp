#include "primer/formats/csv.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

#include "primer/formats/number.hpp"

using namespace primer;

namespace {

// All cells as text.
std::vector<std::vector<std::string>> cells(const std::string& text) {
  std::istringstream stream(text);
  CsvReader reader(stream, "f.csv");
  std::vector<std::vector<std::string>> rows = {reader.columns()};
  while (reader.next()) {
    rows.emplace_back();
    for (std::size_t k = 0; k < reader.columns().size(); ++k) {
      rows.back().push_back(reader.is_empty(k) ? "" : reader.text(k));
    }
  }
  return rows;
}

struct Table {
  std::size_t rows = 0;
  std::vector<double> numbers;
  std::vector<std::string> texts;
};

// Columns named n… hold numbers, i… are ignored, others hold text.
Table table(const std::string& text) {
  std::istringstream stream(text);
  CsvReader reader(stream, "f.csv");
  Table table;
  for (; reader.next(); ++table.rows) {
    for (std::size_t k = 0; k < reader.columns().size(); ++k) {
      const char kind = reader.columns()[k][0];
      if (kind == 'n') table.numbers.push_back(reader.number(k));
      if (kind != 'n' && kind != 'i') table.texts.push_back(reader.text(k));
    }
  }
  return table;
}

std::string complaint(const std::string& text) {
  try {
    table(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

using Rows = std::vector<std::vector<std::string>>;

// A pipe whose writer sends one piece at a time and notes how often it was asked for more.
class Pipe : public std::streambuf {
 public:
  explicit Pipe(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  std::size_t asked = 0;

 private:
  int_type underflow() override {
    if (asked == pieces_.size()) return traits_type::eof();
    std::string& piece = pieces_[asked++];
    setg(piece.data(), piece.data(), piece.data() + piece.size());
    return traits_type::to_int_type(piece[0]);
  }
  std::vector<std::string> pieces_;
};

}  // namespace

TEST_CASE("a header and rows are read into numbers and texts") {
  const Table iris = table("n1,i,species,n2\n5.1,x,setosa,-2e3\n\n4,,\" virginica \",+.5\n");
  CHECK(iris.rows == 2);
  CHECK(iris.numbers == std::vector<double>{5.1, -2000, 4, 0.5});
  CHECK(iris.texts == std::vector<std::string>{"setosa", " virginica "});
}

TEST_CASE("a row knows its line, and a cell its location") {
  std::istringstream stream("a,b\n1,x\n\nσ ,\" y\"\n");
  CsvReader reader(stream, "f.csv");
  REQUIRE(reader.next());
  CHECK(reader.location(0).line == 2);
  REQUIRE(reader.next());
  CHECK(reader.location(0).line == 4);
  CHECK(to_string(reader.location(1)) == "f.csv:4:5");
}

TEST_CASE("a byte-order mark, CRLF, spaces, quotes and a missing last line feed change nothing") {
  const Rows plain = {{"a", "b c"}, {"1", "x"}, {"2", "y"}};
  CHECK(cells("a,b c\n1,x\n2,y\n") == plain);
  CHECK(cells("\xEF\xBB\xBF"
              "a,b c\r\n1,x\r\n2,y") == plain);
  CHECK(cells("  a ,\tb c \r\n 1, x\n\r\n   \n2 ,y \n\n\n") == plain);
  CHECK(cells("\"a\" , \"b c\"\n \"1\",\"x\"\r\n\"2\" ,\"y\"") == plain);
}

TEST_CASE("a quoted cell holds commas, quotes and line feeds") {
  const Rows rows = cells("a,\"b, \"\"c\"\"\"\n\"1\n2\",\"\"\"\"\n5\" pipe,\"\"\n");
  CHECK(rows == Rows{{"a", "b, \"c\""}, {"1\n2", "\""}, {"5\" pipe", ""}});
}

TEST_CASE("the locations of errors count characters, and line feeds within quotes") {
  CHECK(complaint("a,n\n\"x\ny\",1\nσ,z\n") ==
        "f.csv:4:3: column \"n\" needs a number, not \"z\"; correct the cell or remove the row");
  CHECK(complaint("a,n\n\"x\nσσ\", z\n") ==
        "f.csv:3:6: column \"n\" needs a number, not \"z\"; correct the cell or remove the row");
}

TEST_CASE("a word in place of a number is refused with its location and its column") {
  const auto not_a_number = [](const std::string& shown) {
    return "f.csv:3:3: column \"n2\" needs a number, not " + shown + "; correct the cell or remove the row";
  };
  for (const std::string word : {"abc", "1.2.3", "0x10", "1e400", "1 2", "--1", "nan(1)"}) {
    CHECK(complaint("n1,n2\n1,2\n1," + word + "\n") == not_a_number('"' + word + '"'));
  }
  CHECK(complaint("n1,n2\n1,2\n1,\x1b[31m\n") == not_a_number("\"\\x1B[31m\""));
  CHECK(complaint("n1,n2\n1,2\n1,inf\n") ==
        "f.csv:3:3: column \"n2\" needs a finite number, not \"inf\"; correct the cell or remove the row");
}

TEST_CASE("a missing value is refused with its location and its column") {
  CHECK(complaint("n1,n2\n,2\n") == "f.csv:2:1: column \"n1\" has a missing value; fill in the cell or remove the row");
  for (const std::string word : {"NA", "NaN", "null", "?", "n/a"}) {
    CHECK(complaint("n1,n2\n1," + word + "\n") ==
          "f.csv:2:3: column \"n2\" has a missing value (\"" + word + "\"); fill in the cell or remove the row");
  }
  CHECK(complaint("n1,class\n1,\n") ==
        "f.csv:2:3: column \"class\" has a missing value; fill in the cell or remove the row");
  CHECK(complaint("n1,class\n1,NA\n") == "accepted");
}

TEST_CASE("a row with too few or too many cells is refused with both counts") {
  CHECK(complaint("n1,n2,n3\n1,2,3\n1,2\n") ==
        "f.csv:3:4: the row has 2 cells, but the header has 3 columns; fill in the missing cells");
  CHECK(complaint("n1,n2\n1,2,3\n").starts_with("f.csv:2:5: the row has 3 cells"));
  CHECK(complaint("n1,n2\n1,2,3,4,5\n") ==
        "f.csv:2:5: the row has 5 cells, but the header has 2 columns; quote a cell that contains a separator");
  CHECK(complaint("n1\n1,\n") ==
        "f.csv:2:3: the row has 2 cells, but the header has 1 column; quote a cell that contains a separator");
}

TEST_CASE("an empty file and a bad header are refused; a header without rows is read") {
  const std::string empty = "f.csv: the file is empty; a CSV file begins with a header row";
  CHECK(complaint("") == empty);
  CHECK(complaint("\xEF\xBB\xBF") == empty);
  CHECK(complaint("\n \r\n") == empty);
  CHECK(complaint("n1,n2\n") == "accepted");
  CHECK(complaint("n1,n2") == "accepted");
  CHECK(complaint("a,b, a \n") == "f.csv:1:6: two columns have the name \"a\"; rename one");
  CHECK(complaint(",a\n0,1\n") == "f.csv:1:1: column 1 has no name; write a name or remove the column");
  CHECK(complaint("a,\n0,1\n") == "f.csv:1:3: column 2 has no name; write a name or remove the column");
  CHECK(complaint("5.1,3.5\n4.9,3.0\n") ==
        "f.csv:1:1: the first row contains the number \"5.1\", so the file seems to have no header; insert a row of "
        "column names at the top");
  CHECK(complaint("a;b\n1;2\n") ==
        "f.csv:1:1: the cells are separated by \";\", not by \",\"; set data.separator, or save the file with commas");
  CHECK(complaint("a\tb\n1\t2\n") ==
        "f.csv:1:1: the cells are separated by \"\\x09\", not by \",\"; set data.separator, or save the file with "
        "commas");
  CHECK(complaint("a,b\r1,2\r") == "f.csv:1:3: a line ends with a carriage return only; save the file with line feeds");
  CHECK(complaint("a,caf\xe9\n1,2\n") == "f.csv:1:3: the text is not UTF-8; save the file as UTF-8");
  CHECK(complaint("n1,class\n1,caf\xe9\n") == "f.csv:2:3: the text is not UTF-8; save the file as UTF-8");
  CHECK(complaint(std::string(200'000, ',')) == "f.csv:1: the file has more than 100000 columns");
}

TEST_CASE("a file of another format is refused by its name") {
  CHECK(complaint("\xFF\xFE"
                  "a\0,\0b\0") == "f.csv: is UTF-16; save it as UTF-8");
  CHECK(complaint("PK\x03\x04 xl/workbook.xml") == "f.csv: is a spreadsheet or a zip file; save it as CSV");
  CHECK(complaint("\x1F\x8B\x08 f.csv") == "f.csv: is compressed; decompress it");
  CHECK(complaint("PAR1 1234") == "f.csv: is a Parquet file; save it as CSV");
  CHECK(complaint("PK,PAR\n1,2\n") == "accepted");
}

TEST_CASE("a header of the columns' own numbers 0, 1, … is accepted") {
  CHECK(cells("0,1\n5,6\n") == Rows{{"0", "1"}, {"5", "6"}});
}

TEST_CASE("a quote that is not closed and text after a quote are refused at their location") {
  CHECK(complaint("a,b\n1,\"x\n2,y\n") == "f.csv:2:3: the quote is not closed; add a \" at the end of the cell");
  CHECK(complaint("a,b\n1,\"x\"\"") == "f.csv:2:3: the quote is not closed; add a \" at the end of the cell");
  CHECK(complaint("a,b\n1,\"x\"y\n") ==
        "f.csv:2:6: there is text after the closing quote; write \"\" for a quote inside quotes");
}

TEST_CASE("a file with one row and thousands of columns is read") {
  std::string header = "n0", row = "0";
  for (int k = 1; k < 5000; ++k) {
    header.append(",n").append(std::to_string(k));
    row.append(",").append(std::to_string(k));
  }
  const Table wide = table(header + "\n" + row);
  CHECK(wide.rows == 1);
  REQUIRE(wide.numbers.size() == 5000);
  CHECK(wide.numbers[4999] == 4999);
}

TEST_CASE("columns are found by name") {
  std::istringstream stream("a,b\n");
  const CsvReader reader(stream, "f.csv");
  CHECK(reader.column("b") == 1);
  CHECK_FALSE(reader.column("c"));
}

TEST_CASE("a row is read without waiting for the next, however the bytes arrive") {
  Pipe pipe({"x1,", "x2\r\n", "1,\"2\"", "\r\n", "3,4\n"});
  std::istream stream(&pipe);
  CsvReader reader(stream, "-");
  CHECK(pipe.asked == 2);
  REQUIRE(reader.next());
  CHECK(pipe.asked == 4);
  CHECK(reader.number(1) == 2);
  REQUIRE(reader.next());
  CHECK(pipe.asked == 5);
  CHECK(reader.number(0) == 3);
  CHECK(reader.location(0).line == 3);
  CHECK_FALSE(reader.next());
}

TEST_CASE("cells are the same wherever a refill cuts them") {
  std::string text = "n,t\n";
  std::size_t rows = 0;
  std::mt19937 engine(1);
  for (; text.size() < 300'000; ++rows) {
    text += std::to_string(rows) + ",\"" + std::string(engine() % 40, 'x') + "\"\"\n\"\r\n";
  }
  std::vector<std::string> bytes;
  for (const char c : text) bytes.emplace_back(1, c);
  Pipe pipe(bytes);
  std::istream trickle(&pipe);
  std::istringstream whole(text);
  CsvReader a(trickle, "f"), b(whole, "f");
  std::size_t same = 0;
  while (a.next() && b.next()) {
    if (a.number(0) == static_cast<double>(same) && b.number(0) == static_cast<double>(same) &&
        a.text(1) == b.text(1) && a.location(0).line == b.location(0).line) {
      ++same;
    }
  }
  CHECK(same == rows);
}

TEST_CASE("the reader never waits for more bytes than it needs") {
  Pipe short_file({"a\n1\n", "2\n"});  // no file is shorter
  std::istream stream(&short_file);
  CsvReader reader(stream, "-");
  CHECK(short_file.asked == 1);
  REQUIRE(reader.next());
  CHECK(short_file.asked == 1);
  REQUIRE(reader.next());
  CHECK(reader.number(0) == 2);
  CHECK_FALSE(reader.next());

  struct Unbuffered : std::streambuf {  // it does not know how many bytes are ready, and gives one at a time
    int_type underflow() override {
      return at == text.size() ? traits_type::eof() : traits_type::to_int_type(text[at]);
    }
    int_type uflow() override {
      const int_type c = underflow();
      at += at < text.size() ? 1 : 0;
      return c;
    }
    std::string text = "a,b\n1,2\n3,4\n";
    std::size_t at = 0;
  } unbuffered;
  std::istream bytes(&unbuffered);
  CsvReader slow(bytes, "-");
  CHECK(unbuffered.at == 4);
  REQUIRE(slow.next());
  CHECK(unbuffered.at == 8);
  CHECK(slow.number(1) == 2);
  REQUIRE(slow.next());
  CHECK(slow.number(0) == 3);
  CHECK_FALSE(slow.next());
}

TEST_CASE("a stream that cannot be read is refused by name") {
  struct Broken : std::streambuf {
    int_type underflow() override {
      if (given) throw std::runtime_error("broken");
      given = true;
      setg(text, text, text + sizeof text - 1);
      return traits_type::to_int_type(text[0]);
    }
    char text[8] = "a,b\n1,2";
    bool given = false;
  } broken;
  std::istream stream(&broken);
  CsvReader reader(stream, "f");
  CHECK_THROWS_WITH_AS(reader.next(), "f: cannot be read", RuntimeError);
}

TEST_CASE(
    "a file that arrives byte by byte is read as a whole, and one of another format is known by its first bytes") {
  const auto by_bytes = [](const std::string& text) {
    std::vector<std::string> bytes;
    for (const char c : text) bytes.emplace_back(1, c);
    return Pipe(bytes);
  };
  Pipe rows = by_bytes("\nabc,d\n1,2\n");
  std::istream stream(&rows);
  CsvReader reader(stream, "f");
  CHECK(reader.columns() == std::vector<std::string>{"abc", "d"});
  REQUIRE(reader.next());
  CHECK(reader.number(1) == 2);
  CHECK(to_string(reader.location(1)) == "f:3:3");
  for (const std::string begin : {"PK\x03\x04", "\xD0\xCF\x11\xE0", "PAR1"}) {
    Pipe other = by_bytes(begin + "rest\n");
    std::istream bytes(&other);
    CHECK_THROWS_AS(CsvReader(bytes, "f"), UserError);
    CHECK(other.asked == 4);
  }
}

TEST_CASE("with a decimal comma a number has a comma and no point, and with another separator a comma is text") {
  std::istringstream stream("a;b;c\n1,5;2.5;x,y\n\"-2,25e1\"; ; 7\n");
  CsvReader reader(stream, "f", {';', ','});
  REQUIRE(reader.next());
  CHECK(reader.number(0) == 1.5);
  CHECK(reader.is_number(0));
  CHECK_FALSE(reader.is_number(1));
  CHECK_THROWS_AS(reader.number(1), UserError);
  CHECK(reader.text(2) == "x,y");
  REQUIRE(reader.next());
  CHECK(reader.number(0) == -22.5);
  CHECK(reader.is_missing(1));
  CHECK(reader.number(2) == 7);
  std::istringstream tabs(" a\tb \n1\t\n");
  CsvReader with_tabs(tabs, "f", {'\t', '.'});
  CHECK(with_tabs.columns() == std::vector<std::string>{"a", "b"});
  REQUIRE(with_tabs.next());
  CHECK(with_tabs.is_empty(1));
  std::istringstream wrong("a,b\n1,2\n");
  CHECK_THROWS_WITH_AS(
      CsvReader(wrong, "f", {';', '.'}),
      "f:1:1: the cells are separated by \",\", not by \";\"; set data.separator, or save the file with "
      "this separator",
      UserError);
  CHECK(complaint("# by hand\na,b\n1,2\n") ==
        "f.csv:1:1: the first line is a comment; remove it, so that the file begins with a header");
  CHECK(complaint("#,b\n1,2\n") == "accepted");
  CHECK(complaint("\"a,b\"\n1\n") == "accepted");
  CHECK(complaint("a\n#\n") == "accepted");
}

TEST_CASE("endless garbage is refused after a bounded number of bytes") {
  class Endless : public std::streambuf {
   public:
    explicit Endless(char c) { std::memset(piece_, c, sizeof piece_); }
    std::size_t given = 0;

   private:
    int_type underflow() override {
      given += sizeof piece_;
      setg(piece_, piece_, piece_ + sizeof piece_);
      return traits_type::to_int_type(piece_[0]);
    }
    char piece_[4096];
  };
  for (const char c : {'\0', 'x', ',', '"', ' '}) {
    Endless garbage(c);
    std::istream stream(&garbage);
    CHECK_THROWS_WITH_AS(CsvReader(stream, "f"),
                         "f:1: the row is longer than 16 MiB; is a quote not closed, or is the file not CSV?",
                         UserError);
    CHECK(garbage.given < std::size_t{17} << 20);
  }
}

TEST_CASE("a written row reads back as the same cells, and only cells that need quotes get them") {
  CHECK(csv_row(std::vector<std::string>{"a", "b c", "σ′", ""}) == "a,b c,σ′,\n");
  CHECK(csv_row(std::vector<std::string>{"a,b", "say \"x\"", " a", "l\nm"}) ==
        "\"a,b\",\"say \"\"x\"\"\",\" a\",\"l\nm\"\n");
  std::mt19937 engine(1);
  const std::string letters = "ab,\"\n\r\t .";
  for (int k = 0; k < 2000; ++k) {
    std::vector<std::string> row(3);
    for (std::string& cell : row) {
      for (auto n = engine() % 5; n > 0; --n) cell += letters[engine() % letters.size()];
    }
    REQUIRE(cells("x,y,z\n" + csv_row(row)) == Rows{{"x", "y", "z"}, row});
  }
}

TEST_CASE("every usual word for a missing value is known, whatever its case, and no longer word") {
  const auto missing = [](const std::string& word) {
    return complaint("n,m\n" + word + ",1\n").find("has a missing value") != std::string::npos;
  };
  for (const std::string word :
       {"na",      "NA",      "N/A",     "nan",     "NaN",   "null",  "NULL",   "None",  "NONE",
        "missing", "MISSING", "?",       "-",       "\"\"",  "  ",    ".",      "<NA>",  "#N/A",
        "#n/a",    "#NA",     "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!"}) {
    CAPTURE(word);
    CHECK(missing(word));
  }
  for (const std::string word :
       {"nano", "missing1", "missing!!", "none1", "--", "??", "n", "a", "0", "..", "#", "#1", "-.", "n/a1"}) {
    CAPTURE(word);
    CHECK_FALSE(missing(word));
  }
}

TEST_CASE("exactly 100,000 columns and a row of 16 MiB are read") {
  std::string header = "c0";
  for (int k = 1; k < 100'000; ++k) header.append(",c").append(std::to_string(k));
  std::istringstream most(header + "\n");
  CHECK(CsvReader(most, "f").columns().size() == 100'000);
  CHECK(complaint(header + ",c100000\n") != "accepted");
  std::istringstream stream(std::string(std::size_t{1} << 24, 'x') + "\ny\n");
  CsvReader reader(stream, "f");
  CHECK(reader.columns()[0].size() == std::size_t{1} << 24);
  REQUIRE(reader.next());
  CHECK(reader.text(0) == "y");
  CHECK(reader.location(0).line == 2);
}

TEST_CASE("blank lines, empty quotes and spaces in quotes are told apart") {
  CHECK(cells("a\n\"\"\n\n1\n") == Rows{{"a"}, {""}, {"1"}});
  CHECK(cells("a,b\n\n\n1,2\n,\n\n") == Rows{{"a", "b"}, {"1", "2"}, {"", ""}});
  CHECK(cells("a\n\" \"\n") == Rows{{"a"}, {" "}});
  CHECK(cells("a,b\n\" x \" ,\t\"y\"\t\n") == Rows{{"a", "b"}, {" x ", "y"}});
  CHECK(complaint("a,b\n1,\"x\"\"\n").find("not closed") != std::string::npos);
  CHECK(complaint("a,b\n1,\"") != "accepted");
}

TEST_CASE("a cell is quoted for each character that needs it, and for no other") {
  for (int c = 1; c < 0x80; ++c) {
    CAPTURE(c);
    const std::string cell = std::string("a") + static_cast<char>(c) + "b";
    const bool needs = c == ',' || c == '"' || c == '\n' || c == '\r';
    CHECK((csv_row(std::vector{cell}).front() == '"') == needs);
    const std::string first = static_cast<char>(c) + std::string("b");
    CHECK((csv_row(std::vector{first}).front() == '"') == (needs || c == ' ' || c == '\t'));
  }
}

TEST_CASE("a carriage return alone is refused in a name, and one in quotes before a line feed is not") {
  CHECK(complaint("\"a\rb\",c\n1,2\n") != "accepted");
  CHECK(complaint("\"a\r\nb\",c\n1,2\n") == "accepted");
  CHECK(complaint("a|b\n1|2\n") != "accepted");
  CHECK(complaint("a|b,c\n1,2\n") == "accepted");
  CHECK(complaint("0\n1\n") == "accepted");
  CHECK(complaint("1\n2\n") != "accepted");
}
