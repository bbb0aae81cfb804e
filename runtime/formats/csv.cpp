#include "runtime/formats/csv.h"

#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/csv_cells.h"
#include "runtime/formats/csv_lines.h"
#include "runtime/formats/gzip.h"

namespace orrery {
namespace {

template <class T>
class CsvReader {
 public:
  CsvReader(std::string_view text, std::string source, const CsvOptions& options)
      : lines_(text, std::move(source), options.max_line_bytes), options_(options) {}

  CsvTable<T> read();

 private:
  void ask_about_columns();
  void add_row();
  T number_at(std::size_t column) const;
  T text_at(std::size_t column);
  [[noreturn]] void refuse_cell(std::size_t column, std::errc error) const;

  CsvLines lines_;
  CsvOptions options_;
  std::vector<std::string_view> cells_;
  std::vector<bool> text_, read_;  // by column
  std::vector<std::unordered_map<std::string, std::size_t>> numbers_of_texts_;
  CsvTable<T> table_;
};

template <class T>
CsvTable<T> CsvReader<T>::read() {
  CsvHead head = read_csv_head(lines_, options_, cells_);
  table_.names = std::move(head.names);
  table_.columns = static_cast<std::int64_t>(cells_.size());
  table_.values.reserve(cells_.size() *
                        (head.header ? 1 : lines_.bytes_left() / (lines_.line().size() + 1) + 1));
  ask_about_columns();
  if (!head.header) add_row();
  while (lines_.next()) {
    lines_.split(head.delimiter, cells_);
    add_row();
  }
  check(table_.rows > 0, Fault::input_file, "{} has a header but no rows", lines_.source());
  return std::move(table_);
}

template <class T>
void CsvReader<T>::add_row() {
  if (static_cast<std::int64_t>(cells_.size()) != table_.columns) {
    lines_.refuse(fmt::format("{} cells, but the first row has {}", cells_.size(), table_.columns));
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
  const std::errc error = parse_csv_number(cells_[column], value);
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
  std::string what = shown_csv_cell(cell) + " is not a number";
  if (cell.empty()) what = "the cell is empty";
  if (error == std::errc::result_out_of_range) {
    what = fmt::format("{} is too large for float{}", shown_csv_cell(cell), 8 * sizeof(T));
  }
  lines_.refuse(fmt::format("column {} ({}): {}", column + 1, shown_csv_cell(table_.names[column]), what));
}

}  // namespace

template <class T>
CsvTable<T> parse_csv(std::string_view text, const std::string& source, const CsvOptions& options) {
  return CsvReader<T>(csv_content(text, source), source, options).read();
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
