#include <algorithm>
#include <charconv>
#include <numeric>

#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/formats/csv.h"
#include "runtime/governors/csv_columns.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

const std::vector<std::string> kTypes = {"float32", "int64", "category"};

std::optional<std::int64_t> place_in(const std::string& label, std::int64_t columns) {
  std::int64_t place = 0;
  const char* end = label.data() + label.size();
  const auto [stop, error] = std::from_chars(label.data(), end, place);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (place < 0) place += columns;
  return place >= 0 && place < columns ? std::optional(place) : std::nullopt;
}

const std::vector<std::string>* list_of(const DataSource& source, const char* name) {
  const auto found = source.parts.lists.find(name);
  return found == source.parts.lists.end() ? nullptr : &found->second;
}

// A type for each of `columns`.
std::vector<std::string> types_of(const DataSource& source) {
  const auto* columns = list_of(source, "columns");
  const auto* types = list_of(source, "types");
  if (!types) return std::vector<std::string>(columns ? columns->size() : 0, kTypes.front());
  check(columns != nullptr, Fault::usage, "types has no meaning without columns");
  check(types->size() == columns->size(), Fault::usage, "types has {} entries and columns has {}",
        types->size(), columns->size());
  for (const std::string& type : *types)
    check(std::ranges::find(kTypes, type) != kTypes.end(), Fault::usage,
          "types: there is no type '{}'{}; there are 'float32', 'int64' and 'category'", type,
          did_you_mean(type, kTypes));
  return *types;
}

// The places of the columns that are read.
std::vector<std::int64_t> places_of(const DataSource& source, const std::vector<std::string>& names) {
  std::vector<std::int64_t> places(names.size());
  std::iota(places.begin(), places.end(), 0);
  const auto* columns = list_of(source, "columns");
  if (!columns) return places;
  places.clear();
  for (const std::string& column : *columns) {
    const std::int64_t place = csv_label_column(names, column);
    check(std::ranges::find(places, place) == places.end(), Fault::usage, "columns has '{}' twice", column);
    places.push_back(place);
  }
  return places;
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

CsvColumns csv_columns(const DataSource& source, const std::vector<std::string>& names) {
  const Attributes& options = source.options;
  const std::vector<std::string> types = types_of(source);
  const std::vector<std::int64_t> places = places_of(source, names);
  std::optional<std::int64_t> label_place;
  if (options.has("label")) label_place = csv_label_column(names, options.text("label"));
  CsvColumns columns;
  CsvColumns::Own label{.column = label_place.value_or(0), .name = "label", .label = true};
  if (label_place) {
    label.dtype = options.dtype("label_dtype");
    label.heading = names[static_cast<size_t>(*label_place)];
  }
  for (size_t i = 0; i < places.size(); ++i) {
    const std::string type = types.empty() ? kTypes.front() : types[i];
    if (places[i] == label_place) {
      label.category = type == "category";
      if (label.category) label.dtype = DType::int64;
    } else if (type == "float32") {
      columns.features.push_back(places[i]);
    } else {
      columns.own.push_back({.column = places[i],
                             .name = names[static_cast<size_t>(places[i])],
                             .heading = names[static_cast<size_t>(places[i])],
                             .category = type == "category"});
    }
  }
  check(!columns.features.empty() || !columns.own.empty(), Fault::input_file,
        "{} has no column beside the label", quote_path(options.text("path")));
  for (const CsvColumns::Own& own : columns.own)
    check(own.name != "features" && own.name != "label", Fault::usage,
          "the column '{}' cannot be a field of its own: another field is called so", own.name);
  if (label_place) columns.own.push_back(std::move(label));
  return columns;
}

CsvCategory csv_category(const std::vector<std::string>& met) {
  CsvCategory category{met, std::vector<std::int64_t>(met.size())};
  std::sort(category.texts.begin(), category.texts.end());
  for (size_t code = 0; code < met.size(); ++code)
    category.rank[code] = std::ranges::lower_bound(category.texts, met[code]) - category.texts.begin();
  return category;
}

CsvOptions csv_options(const DataSource& source) {
  const Attributes& options = source.options;
  CsvOptions csv;
  if (options.has("delimiter")) csv.delimiter = options.text("delimiter")[0];
  if (options.has("header"))
    csv.header = options.boolean("header") ? CsvOptions::Header::present : CsvOptions::Header::absent;
  csv.is_text = [&source](const std::vector<std::string>& names) {
    std::vector<bool> text(names.size(), false);
    if (!list_of(source, "types")) return text;
    for (const CsvColumns::Own& own : csv_columns(source, names).own)
      if (own.category) text[static_cast<size_t>(own.column)] = true;
    return text;
  };
  csv.is_read = [&source](const std::vector<std::string>& names) {
    std::vector<bool> read(names.size(), !list_of(source, "columns"));
    for (const std::int64_t place : places_of(source, names)) read[static_cast<size_t>(place)] = true;
    if (source.options.has("label"))
      read[static_cast<size_t>(csv_label_column(names, source.options.text("label")))] = true;
    return read;
  };
  return csv;
}

SourceHeader open_csv(const DataSource& source) {
  const CsvTable<float> table = read_csv<float>(source.options.text("path"), csv_options(source));
  const CsvColumns columns = csv_columns(source, table.names);
  SourceHeader header{.classes = given_classes(source), .length = table.rows};
  if (!columns.features.empty()) {
    const auto count = static_cast<std::int64_t>(columns.features.size());
    header.fields.push_back({"features", {{count}, DType::float32}});
  }
  for (const CsvColumns::Own& own : columns.own) {
    header.fields.push_back({own.name, {{}, own.dtype}, own.label});
    if (own.label && own.category && header.classes.empty())
      header.classes = csv_category(table.texts[static_cast<size_t>(own.column)]).texts;
  }
  return header;
}

}  // namespace orrery
