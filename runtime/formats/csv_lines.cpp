#include "runtime/formats/csv_lines.h"

#include <charconv>
#include <cmath>
#include <unordered_set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/bytes.h"
#include "runtime/files/paths.h"
#include "runtime/formats/csv_cells.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::size_t kMostShownBytes = 40;

std::string_view number_text(std::string_view cell) {
  if (cell.size() >= 2 && cell.front() == '"') cell = cell.substr(1, cell.size() - 2);
  while (!cell.empty() && cell.front() == ' ') cell.remove_prefix(1);
  while (!cell.empty() && cell.back() == ' ') cell.remove_suffix(1);
  if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-') cell.remove_prefix(1);
  return cell;
}

template <class T>
std::errc parse_whole(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || stop != end) return std::errc::invalid_argument;
  return error;
}

bool looks_like_header(const std::vector<std::string_view>& cells) {
  bool text = false;
  for (const std::string_view cell : cells) {
    double value = 0;
    if (parse_csv_number(cell, value) != std::errc::invalid_argument) return false;
    text = text || !cell.empty();
  }
  return text;
}

std::vector<std::string> names_of(const std::vector<std::string_view>& cells, bool header,
                                  const CsvLines& lines) {
  std::unordered_set<std::string> seen;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::string name = header ? csv_cell_text(cells[i]) : std::string();
    if (name.empty()) name = fmt::format("column_{}", i + 1);
    if (!seen.insert(name).second)
      lines.refuse(fmt::format("two columns are called {}", shown_csv_cell(name)));
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::string_view csv_content(std::string_view text, const std::string& source) {
  const FileKind kind = sniff(as_bytes(text.substr(0, kSniffBytes)));
  const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  check(!utf16, Fault::input_file, "{} is UTF-16 text; save it as UTF-8", source);
  if (kind != FileKind::unknown && kind != FileKind::empty)
    throw Error(Fault::input_file, fmt::format("{} is not a table but {}", source, describe(kind)), {},
                std::string(remedy(kind)));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

bool CsvLines::next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (line_.size() > max_line_bytes_)
      refuse(fmt::format("it has {}, more than the {} allowed", byte_count(line_.size()),
                         byte_count(max_line_bytes_)));
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    if (line_.find_first_not_of(" \t") != line_.npos) return true;
  }
  return false;
}

void CsvLines::split(char delimiter, std::vector<std::string_view>& cells) const {
  if (const auto wrong = split_csv_line(line_, delimiter, cells)) refuse(*wrong);
}

void CsvLines::refuse(const std::string& what) const {
  fail(Fault::input_file, "{} line {}: {}", source_, number_, what);
}

CsvHead read_csv_head(CsvLines& lines, const CsvOptions& options, std::vector<std::string_view>& cells) {
  check(lines.next(), Fault::input_file, "{} has no rows", lines.source());
  CsvHead head{.delimiter = options.delimiter};
  if (head.delimiter == 0) head.delimiter = guess_csv_delimiter(lines.line());
  lines.split(head.delimiter, cells);
  using Header = CsvOptions::Header;
  head.header =
      options.header == Header::present || (options.header == Header::automatic && looks_like_header(cells));
  head.names = names_of(cells, head.header, lines);
  return head;
}

template <class T>
std::errc parse_csv_number(std::string_view cell, T& value) {
  const std::string_view text = number_text(cell);
  if (text.starts_with("nan(")) return std::errc::invalid_argument;
  const std::errc error = parse_whole(text, value);
  if (error != std::errc::result_out_of_range) return error;
  long double wide = 0;
  if (parse_whole(text, wide) != std::errc{}) return error;
  value = static_cast<T>(wide);
  return std::isinf(value) ? error : std::errc{};
}

template std::errc parse_csv_number<float>(std::string_view, float&);
template std::errc parse_csv_number<double>(std::string_view, double&);

bool is_whole_csv_number(std::string_view cell) {
  std::int64_t value = 0;
  return parse_whole(number_text(cell), value) == std::errc{};
}

std::string shown_csv_cell(std::string_view cell) {
  if (cell.size() <= kMostShownBytes) return quote_path(cell);
  return quote_path(cell.substr(0, kMostShownBytes)) + "…";
}

}  // namespace orrery
