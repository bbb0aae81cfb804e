#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/files/file_system.h"

namespace orrery {

/// How a table of numbers is read. The format is RFC 4180 with the liberties that programs take: any
/// delimiter, LF or CRLF, a UTF-8 byte order mark, blanks around a cell, blank lines (skipped).
/// A quoted cell ends on its line.
struct CsvOptions {
  /// `automatic`: the first row is a header when it has text and not one number.
  enum class Header { automatic, present, absent };

  /// 0: the one of comma, tab, semicolon and bar that the first row has most of.
  char delimiter = 0;
  Header header = Header::automatic;
  /// Of the content, after inflating.
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  std::uint64_t max_line_bytes = std::uint64_t{16} << 20;
  /// Asked once, with the names of the columns: which of them hold texts, and which are looked at (the
  /// values of the others are 0). Without them all are numbers, and looked at. They may throw.
  std::function<std::vector<bool>(const std::vector<std::string>&)> is_text = {};
  std::function<std::vector<bool>(const std::vector<std::string>&)> is_read = {};
};

/// A table of numbers, `values[row * columns + column]`. A column without a name in the file is called
/// `column_1`, `column_2`, … after its place.
template <class T>
struct CsvTable {
  std::vector<std::string> names;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<T> values;
  /// By column: the different texts of one that holds texts, in the order that they are met; the value of
  /// a cell is its text's place here.
  std::vector<std::vector<std::string>> texts;
};

/// Reads a table; T is float or double. Cells are decimal numbers, `inf` or `nan` in any case, with
/// the point as decimal mark in every locale; each is rounded once, to T. `source` names the text in
/// messages, as `quote_path` gives it.
///
/// Throws `Error(Fault::input_file)` naming the line, and for a cell its column and text: not a number,
/// empty, too large for T, an unclosed quote, a row longer or shorter than the first, a line over the
/// limit, two columns of one name, no rows at all, UTF-16, or content that is plainly something else.
template <class T>
CsvTable<T> parse_csv(std::string_view text, const std::string& source, const CsvOptions& options = {});

/// The table of a file, inflated if it is gzip by its first bytes.
template <class T>
CsvTable<T> read_csv(const std::string& path, const CsvOptions& options = {},
                     const FileSystem& files = posix_files());

}  // namespace orrery
