#include "runtime/formats/csv.h"

#include <charconv>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/csv_cells.h"
#include "runtime/formats/gzip.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::size_t kMostShownBytes = 40;

std::string shown(std::string_view cell) {
  if (cell.size() <= kMostShownBytes) return quote_path(cell);
  return quote_path(cell.substr(0, kMostShownBytes)) + "…";
}

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

// result_out_of_range means too large or too small; too small is a zero.
template <class T>
std::errc parse_number(std::string_view cell, T& value) {
  const std::string_view text = number_text(cell);
  if (text.starts_with("nan(")) return std::errc::invalid_argument;
  const std::errc error = parse_whole(text, value);
  if (error != std::errc::result_out_of_range) return error;
  long double wide = 0;
  if (parse_whole(text, wide) != std::errc{}) return error;
  value = static_cast<T>(wide);
  return std::isinf(value) ? error : std::errc{};
}

template <class T>
class CsvReader {
 public:
  CsvReader(std::string_view text, std::string source, const CsvOptions& options)
      : rest_(text), source_(std::move(source)), options_(options) {}

  CsvTable<T> read();

 private:
  bool next_line();
  void split();
  bool looks_like_header() const;
  void name_columns(bool header);
  void ask_about_columns();
  void add_row();
  T number_at(std::size_t column) const;
  T text_at(std::size_t column);
  [[noreturn]] void refuse_cell(std::size_t column, std::errc error) const;
  [[noreturn]] void refuse_line(const std::string& what) const {
    fail(Fault::input_file, "{} line {}: {}", source_, line_number_, what);
  }

  std::string_view rest_;
  std::string source_;
  CsvOptions options_;
  std::string_view line_;
  std::int64_t line_number_ = 0;
  std::vector<std::string_view> cells_;
  std::vector<bool> text_, read_;  // by column
  std::vector<std::unordered_map<std::string, std::size_t>> numbers_of_texts_;
  CsvTable<T> table_;
};

template <class T>
CsvTable<T> CsvReader<T>::read() {
  check(next_line(), Fault::input_file, "{} has no rows", source_);
  if (options_.delimiter == 0) options_.delimiter = guess_csv_delimiter(line_);
  split();
  using Header = CsvOptions::Header;
  const bool header =
      options_.header == Header::present || (options_.header == Header::automatic && looks_like_header());
  table_.columns = static_cast<std::int64_t>(cells_.size());
  table_.values.reserve(cells_.size() * (header ? 1 : rest_.size() / (line_.size() + 1) + 1));
  name_columns(header);
  ask_about_columns();
  if (!header) add_row();
  while (next_line()) {
    split();
    add_row();
  }
  check(table_.rows > 0, Fault::input_file, "{} has a header but no rows", source_);
  return std::move(table_);
}

// Moves to the next line that is not blank.
template <class T>
bool CsvReader<T>::next_line() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_number_;
    if (line_.size() > options_.max_line_bytes) {
      refuse_line(fmt::format("it has {}, more than the {} allowed", byte_count(line_.size()),
                              byte_count(options_.max_line_bytes)));
    }
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    if (line_.find_first_not_of(" \t") != line_.npos) return true;
  }
  return false;
}

template <class T>
void CsvReader<T>::split() {
  if (const auto wrong = split_csv_line(line_, options_.delimiter, cells_)) refuse_line(*wrong);
}

template <class T>
bool CsvReader<T>::looks_like_header() const {
  bool text = false;
  for (const std::string_view cell : cells_) {
    T value;
    if (parse_number(cell, value) != std::errc::invalid_argument) return false;
    text = text || !cell.empty();
  }
  return text;
}

template <class T>
void CsvReader<T>::name_columns(bool header) {
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    std::string name = header ? csv_cell_text(cells_[i]) : std::string();
    if (name.empty()) name = fmt::format("column_{}", i + 1);
    if (!seen.insert(name).second) refuse_line(fmt::format("two columns are called {}", shown(name)));
    table_.names.push_back(std::move(name));
  }
}

template <class T>
void CsvReader<T>::add_row() {
  if (static_cast<std::int64_t>(cells_.size()) != table_.columns) {
    refuse_line(fmt::format("{} cells, but the first row has {}", cells_.size(), table_.columns));
  }
  for (std::size_t column = 0; column < cells_.size(); ++column) {
    if (!read_[column])
      table_.values.push_back(0);
    else
      table_.values.push_back(text_[column] ? text_at(column) : number_at(column));
  }
  ++table_.rows;
}

template <class T>
void CsvReader<T>::ask_about_columns() {
  text_ = options_.is_text ? options_.is_text(table_.names) : std::vector<bool>(table_.names.size(), false);
  read_ = options_.is_read ? options_.is_read(table_.names) : std::vector<bool>(table_.names.size(), true);
  table_.texts.resize(table_.names.size());
  numbers_of_texts_.resize(table_.names.size());
}

template <class T>
T CsvReader<T>::number_at(std::size_t column) const {
  T value;
  const std::errc error = parse_number(cells_[column], value);
  if (error != std::errc{}) refuse_cell(column, error);
  return value;
}

template <class T>
T CsvReader<T>::text_at(std::size_t column) {
  if (cells_[column].empty()) refuse_cell(column, std::errc::invalid_argument);
  auto& texts = table_.texts[column];
  const auto [found, added] =
      numbers_of_texts_[column].try_emplace(csv_cell_text(cells_[column]), texts.size());
  if (added) texts.push_back(found->first);
  return static_cast<T>(found->second);
}

template <class T>
void CsvReader<T>::refuse_cell(std::size_t column, std::errc error) const {
  const std::string_view cell = cells_[column];
  std::string what = shown(cell) + " is not a number";
  if (cell.empty()) what = "the cell is empty";
  if (error == std::errc::result_out_of_range) {
    what = fmt::format("{} is too large for float{}", shown(cell), 8 * sizeof(T));
  }
  refuse_line(fmt::format("column {} ({}): {}", column + 1, shown(table_.names[column]), what));
}

void check_kind(std::string_view text, const std::string& source) {
  const FileKind kind = sniff(as_bytes(text.substr(0, kSniffBytes)));
  const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  check(!utf16, Fault::input_file, "{} is UTF-16 text; save it as UTF-8", source);
  if (kind == FileKind::unknown || kind == FileKind::empty) return;
  throw Error(Fault::input_file, fmt::format("{} is not a table but {}", source, describe(kind)), {},
              std::string(remedy(kind)));
}

}  // namespace

template <class T>
CsvTable<T> parse_csv(std::string_view text, const std::string& source, const CsvOptions& options) {
  check_kind(text, source);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return CsvReader<T>(text, source, options).read();
}

template <class T>
CsvTable<T> read_csv(const std::string& path, const CsvOptions& options, const FileSystem& files) {
  const Bytes content = read_content(path, {.max_bytes = options.max_bytes}, files);
  return parse_csv<T>(content.text(), quote_path(path), options);
}

template CsvTable<float> parse_csv<float>(std::string_view, const std::string&, const CsvOptions&);
template CsvTable<double> parse_csv<double>(std::string_view, const std::string&, const CsvOptions&);
template CsvTable<float> read_csv<float>(const std::string&, const CsvOptions&, const FileSystem&);
template CsvTable<double> read_csv<double>(const std::string&, const CsvOptions&, const FileSystem&);

}  // namespace orrery
