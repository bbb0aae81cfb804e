#include <algorithm>
#include <charconv>

#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/formats/csv.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

std::optional<std::int64_t> place_in(const std::string& label, std::int64_t columns) {
  std::int64_t place = 0;
  const char* end = label.data() + label.size();
  if (std::from_chars(label.data(), end, place).ptr != end) return std::nullopt;
  if (place < 0) place += columns;
  return place >= 0 && place < columns ? std::optional(place) : std::nullopt;
}

}  // namespace

std::int64_t csv_label_column(const std::vector<std::string>& columns, const std::string& label) {
  auto found = std::find(columns.begin(), columns.end(), label);
  if (found != columns.end()) return found - columns.begin();
  const auto count = static_cast<std::int64_t>(columns.size());
  if (auto place = place_in(label, count)) return *place;
  const std::string hint = did_you_mean(label, columns);
  fail(Fault::usage, "there is no column '{}'{}", label,
       hint.empty() ? fmt::format("; there are {}, numbered 0 to {}", count, count - 1) : hint);
}

CsvOptions csv_options(const Attributes& options) {
  CsvOptions csv;
  if (options.has("delimiter")) csv.delimiter = options.text("delimiter")[0];
  if (options.has("header"))
    csv.header = options.boolean("header") ? CsvOptions::Header::present : CsvOptions::Header::absent;
  return csv;
}

SourceHeader open_csv(const Attributes& options) {
  const std::string& path = options.text("path");
  const CsvTable<float> table = read_csv<float>(path, csv_options(options));
  SourceHeader source;
  source.length = table.rows;
  std::int64_t features = table.columns;
  if (options.has("label")) {
    csv_label_column(table.names, options.text("label"));
    features -= 1;
  }
  check(features > 0, Fault::input_file, "{} has no column beside the label", quote_path(path));
  source.fields.push_back({"features", {{features}, DType::float32}});
  if (options.has("label")) source.fields.push_back({"label", {{}, options.dtype("label_dtype")}, true});
  if (options.has("classes")) source.classes = numbered_classes(options.integer("classes"));
  return source;
}

}  // namespace orrery
