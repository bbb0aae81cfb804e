#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "runtime/formats/csv.h"

namespace orrery {

/// The content of a table without its byte order mark. Throws `Error(Fault::input_file)` for UTF-16, and for
/// what is plainly something else.
std::string_view csv_content(std::string_view text, const std::string& source);

/// The lines of a table that are not blank, one after another, without their ends. The text must outlive it.
class CsvLines {
 public:
  CsvLines(std::string_view text, std::string source, std::uint64_t max_line_bytes)
      : rest_(text), source_(std::move(source)), max_line_bytes_(max_line_bytes) {}

  /// Moves to the next; false behind the last. Throws for a line over the limit.
  bool next();
  /// Cuts the line into cells, as `split_csv_line`; throws for one that is not valid.
  void split(char delimiter, std::vector<std::string_view>& cells) const;

  std::string_view line() const { return line_; }
  std::size_t bytes_left() const { return rest_.size(); }
  const std::string& source() const { return source_; }

  /// Throws `Error(Fault::input_file)` that names the line.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  std::string_view rest_;
  std::string source_;
  std::uint64_t max_line_bytes_;
  std::string_view line_;
  std::int64_t number_ = 0;
};

/// What the first line tells.
struct CsvHead {
  char delimiter = ',';
  bool header = false;             ///< it has names, and no row
  std::vector<std::string> names;  ///< `column_1`, … where it has none
};

/// Reads the first line, whose cells are left in `cells`. Throws when there is none, or two columns have one
/// name.
CsvHead read_csv_head(CsvLines& lines, const CsvOptions& options, std::vector<std::string_view>& cells);

/// The number of a cell, blanks, quotes and a plus taken off; T is float or double. `result_out_of_range`:
/// too large, since too small is a zero.
template <class T>
std::errc parse_csv_number(std::string_view cell, T& value);

/// True for a cell that is a whole number of 64 bits.
bool is_whole_csv_number(std::string_view cell);

/// A cell for messages: quoted, and cut where it is long.
std::string shown_csv_cell(std::string_view cell);

}  // namespace orrery
