#include "runtime/formats/data_listing.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/csv_cells.h"
#include "runtime/formats/csv_listing.h"
#include "runtime/formats/gzip.h"
#include "runtime/formats/idx.h"
#include "runtime/formats/image_storage.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::size_t kMostShownTexts = 5;

std::string shown_texts(const CsvColumn& column) {
  std::string list;
  for (std::size_t i = 0; i < std::min(kMostShownTexts, column.texts.size()); ++i)
    list += (i == 0 ? "" : ", ") + quote_path(column.texts[i]);
  const std::size_t count = column.texts.size();
  if (count > kMostShownTexts) list += ", …";
  return fmt::format("{}{} {}: {}", column.more_texts ? "over " : "", count, count == 1 ? "text" : "texts",
                     list);
}

std::string remark_of(const CsvColumn& column) {
  std::string remark = column.type != CsvColumn::Type::category
                           ? fmt::format("{} to {}", column.least, column.most)
                       : column.texts.empty() ? ""
                                              : shown_texts(column);
  if (column.empty > 0) remark += fmt::format("{}{} empty", remark.empty() ? "" : "; ", column.empty);
  return remark;
}

std::string_view type_name(CsvColumn::Type type) {
  switch (type) {
    case CsvColumn::Type::int64: return "int64";
    case CsvColumn::Type::float32: return "float32";
    case CsvColumn::Type::category: break;
  }
  return "category";
}

std::string delimiter_name(char delimiter) {
  return delimiter == '\t' ? "tab" : delimiter == ',' ? "comma" : delimiter == ';' ? "semicolon" : "bar";
}

DataListing list_table(const std::string& path, const FileSystem& files) {
  const Bytes content = read_content(path, {.max_bytes = CsvOptions{}.max_bytes}, files);
  const CsvListing table = list_csv(content.text(), quote_path(path));
  DataListing listing{.kind = "CSV table"};
  for (const CsvColumn& column : table.columns)
    listing.parts.push_back(
        {column.name, std::string(type_name(column.type)), {table.rows}, 0, remark_of(column)});
  listing.notes = {{"rows", std::to_string(table.rows)},
                   {"columns", std::to_string(table.columns.size())},
                   {"delimiter", delimiter_name(table.delimiter)},
                   {"header", table.header ? "the first row" : "none"}};
  return listing;
}

DataListing list_idx(const std::string& path, const FileSystem& files) {
  const IdxHeader header = read_idx_header(path, files);
  return {.kind = "IDX array",
          .parts = {{"values", std::string(name(header.dtype)), header.dims,
                     static_cast<std::uint64_t>(header.data_bytes()), ""}}};
}

DataListing list_image(const std::string& path, const FileSystem& files) {
  const ImageStorage image = read_image_storage(path, files);
  const bool png = image.format == "PNG";
  std::string remark(image.colours);
  if (image.bits != 8) remark += fmt::format(" of {} bit{}", image.bits, image.bits == 1 ? "" : "s");
  if (image.in_passes) remark += png ? ", interlaced" : ", progressive";
  const auto width = static_cast<std::uint64_t>(image.width),
             height = static_cast<std::uint64_t>(image.height),
             channels = static_cast<std::uint64_t>(image.channels);
  return {.kind = std::string(image.format) + " image",
          .parts = {{"pixels",
                     image.bits > 8 ? "uint16" : "uint8",
                     {image.height, image.width, image.channels},
                     width * height * channels * (image.bits > 8 ? 2 : 1),
                     remark}}};
}

bool is_table_name(const std::string& path) {
  return std::ranges::any_of(std::array{".csv", ".tsv", ".csv.gz", ".tsv.gz"},
                             [&](const char* ending) { return path.ends_with(ending); });
}

// JSON and what has zeros in it is no table.
bool may_be_table(std::string_view start, const std::string& path) {
  if (start.find('\0') != start.npos) return false;
  if (is_table_name(path)) return true;
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  if (first == start.npos || start[first] == '{' || start[first] == '[') return false;
  const std::string_view line = start.substr(0, start.find('\n'));
  return line.find(guess_csv_delimiter(line)) != line.npos;
}

}  // namespace

std::optional<DataListing> list_data_file(const std::string& path, const FileSystem& files) {
  const InputFile file(path, files);
  Bytes start(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 4 * kSniffBytes)));
  file.read(0, start.span());
  const bool packed = is_gzip(start.span());
  if (packed) start = gunzip_start(start.span(), kSniffBytes, quote_path(path));
  const FileKind kind = sniff(start.span().first(std::min(start.size(), kSniffBytes)));
  std::optional<DataListing> listing;
  if (kind == FileKind::idx) listing = list_idx(path, files);
  if (!packed && (kind == FileKind::png || kind == FileKind::jpeg)) listing = list_image(path, files);
  if (kind == FileKind::unknown && may_be_table(start.text(), path)) listing = list_table(path, files);
  if (!listing) return listing;
  if (packed) listing->kind += ", gzip";
  listing->file_bytes = file.size();
  return listing;
}

}  // namespace orrery
