// libFuzzer target: for any bytes, the reader gives rows or a UserError, and the cells of an accepted row are written
// as a row that reads back as the same cells.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "primer/formats/csv.hpp"

using namespace primer;

namespace {

void check_round_trip(const CsvReader& reader, const std::vector<std::string>& cells) {
  // A blank line comes first, so that the start of a name is not read as a byte-order mark.
  std::istringstream stream("\n" + csv_row(reader.columns()) + csv_row(cells));
  CsvReader again(stream, "written");
  if (again.columns() != reader.columns() || !again.next()) std::abort();
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (again.text(k) != cells[k]) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  CsvFormat format;
  if (text.starts_with("\x01")) {  // a file of this format; csv_row writes the other
    format = {';', ','};
    text.erase(0, 1);
  }
  std::istringstream stream(text);
  try {
    CsvReader reader(stream, "f", format);
    while (reader.next()) {
      std::vector<std::string> cells;
      for (std::size_t k = 0; k < reader.columns().size(); ++k) {
        const Location location = reader.location(k);
        if (location.line == 0 || location.column == 0) std::abort();
        cells.push_back(reader.text(k));
      }
      if (format.separator == ',') check_round_trip(reader, cells);
      for (std::size_t k = 0; k < cells.size(); ++k) reader.is_missing(k);
      for (std::size_t k = 0; k < reader.columns().size(); ++k) reader.number(k);
    }
  } catch (const UserError& error) {
    if (!std::string_view(error.what()).starts_with("f:")) std::abort();
  }
  return 0;
}
