#include "runtime/formats/csv_listing.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/formats/csv_cells.h"
#include "runtime/formats/csv_lines.h"

namespace orrery {
namespace {

// A column while its cells come by. Texts are noted from the first row on, since the first that is no number
// may be the last.
class ColumnInView {
 public:
  explicit ColumnInView(std::string name) { column_.name = std::move(name); }

  void see(std::string_view cell) {
    if (cell.empty()) return static_cast<void>(++column_.empty);
    note_text(cell);
    if (column_.type == CsvColumn::Type::category) return;
    double value = 0;
    if (parse_csv_number(cell, value) != std::errc{})
      column_.type = CsvColumn::Type::category;
    else
      note_number(cell, value);
  }

  CsvColumn finish() {
    if (!numbers_) column_.least = column_.most = 0;
    if (seen_.empty()) column_.type = CsvColumn::Type::category;  // nothing but empty cells
    if (column_.type != CsvColumn::Type::category) {
      column_.texts.clear();
      column_.more_texts = false;
    }
    return std::move(column_);
  }

 private:
  void note_text(std::string_view cell) {
    if (column_.more_texts) return;
    std::string text = csv_cell_text(cell);
    if (seen_.contains(text)) return;
    if (seen_.size() == kMostTexts) return static_cast<void>(column_.more_texts = true);
    column_.texts.push_back(text);
    seen_.insert(std::move(text));
  }

  void note_number(std::string_view cell, double value) {
    if (!is_whole_csv_number(cell)) column_.type = CsvColumn::Type::float32;
    if (!std::isfinite(value)) return;
    column_.least = numbers_ ? std::min(column_.least, value) : value;
    column_.most = numbers_ ? std::max(column_.most, value) : value;
    numbers_ = true;
  }

  CsvColumn column_;
  std::unordered_set<std::string> seen_;
  bool numbers_ = false;
};

}  // namespace

CsvListing list_csv(std::string_view text, const std::string& source, const CsvOptions& options) {
  CsvLines lines(csv_content(text, source), source, options.max_line_bytes);
  std::vector<std::string_view> cells;
  CsvHead head = read_csv_head(lines, options, cells);
  CsvListing listing{.delimiter = head.delimiter, .header = head.header};
  std::vector<ColumnInView> columns;
  for (std::string& name : head.names) columns.emplace_back(std::move(name));
  const auto add_row = [&] {
    if (cells.size() != columns.size())
      lines.refuse(fmt::format("{} cells, but the first row has {}", cells.size(), columns.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) columns[i].see(cells[i]);
    ++listing.rows;
  };
  if (!head.header) add_row();
  while (lines.next()) {
    lines.split(head.delimiter, cells);
    add_row();
  }
  check(listing.rows > 0, Fault::input_file, "{} has a header but no rows", source);
  for (ColumnInView& column : columns) listing.columns.push_back(column.finish());
  return listing;
}

}  // namespace orrery
