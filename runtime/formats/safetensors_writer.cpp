#include "runtime/formats/safetensors_writer.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"
#include "runtime/formats/safetensors_header.h"
#include "runtime/formats/safetensors_sax.h"

namespace orrery {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian: swap here first");

[[noreturn]] void refuse_to_write(const std::string& path, const std::string& what) {
  fail(Fault::write, "cannot write {}: {}", quote_path(path), what);
}

std::ptrdiff_t rank(const SafetensorsDType& dtype) {
  const auto all = safetensors_dtypes();
  return std::find_if(all.begin(), all.end(), [&](const auto& d) { return d.name == dtype.name; }) -
         all.begin();
}

void sort_as_reference(std::vector<SafetensorsItem>& items) {
  std::sort(items.begin(), items.end(), [](const SafetensorsItem& a, const SafetensorsItem& b) {
    return std::pair(-rank(a.dtype), std::string_view(a.name)) <
           std::pair(-rank(b.dtype), std::string_view(b.name));
  });
}

void check_names(const std::string& path, const std::vector<SafetensorsItem>& items) {
  std::vector<std::string_view> names;
  names.reserve(items.size());
  for (const SafetensorsItem& item : items) names.push_back(item.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) refuse_to_write(path, "two tensors are called " + safetensors_name_text(*twice));
  if (std::binary_search(names.begin(), names.end(), kSafetensorsMetadataKey)) {
    refuse_to_write(path, "no tensor can be called '__metadata__'");
  }
}

std::uint64_t bytes_of(const SafetensorsItem& item) {
  const auto bytes = safetensors_bytes(item.dtype, item.shape);
  invariant(bytes.has_value(), "a tensor to be saved has no size");
  return *bytes;
}

std::string json_text(const std::string& path, const nlohmann::ordered_json& value) {
  try {
    return value.dump();
  } catch (const nlohmann::json::type_error&) {
    refuse_to_write(path, "a name or the metadata is not UTF-8 text");
  }
}

// One entry at a time: a tree of the whole header would take many times its size.
std::string header_text(const std::string& path, const std::vector<SafetensorsItem>& items,
                        const std::map<std::string, std::string>& metadata) {
  std::string text = "{";
  if (!metadata.empty())
    text += fmt::format("\"{}\":{},", kSafetensorsMetadataKey, json_text(path, metadata));
  std::uint64_t begin = 0;
  for (const SafetensorsItem& item : items) {
    const std::uint64_t end = begin + bytes_of(item);
    nlohmann::ordered_json entry;
    entry["dtype"] = item.dtype.name;
    entry["shape"] = item.shape;
    entry["data_offsets"] = {begin, end};
    text += json_text(path, item.name) + ":" + json_text(path, entry) + ",";
    begin = end;
  }
  if (text.size() > 1) text.pop_back();
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

std::string length_bytes(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes;
}

}  // namespace

void write_safetensors(const std::string& path, std::vector<SafetensorsItem> items,
                       const std::map<std::string, std::string>& metadata, const FileSystem& files) {
  check_names(path, items);
  sort_as_reference(items);
  const std::string header = header_text(path, items, metadata);
  if (header.size() > kSafetensorsMaxHeaderBytes) {
    refuse_to_write(
        path,
        fmt::format("names and metadata take {} bytes, more than the {} that a safetensors header may have",
                    header.size(), kSafetensorsMaxHeaderBytes));
  }
  std::uint64_t total = 8 + header.size();
  for (const SafetensorsItem& item : items) total += bytes_of(item);
  AtomicWriter writer(path, total, files);
  writer.write(length_bytes(header.size()));
  writer.write(header);
  for (const SafetensorsItem& item : items) {
    const std::span<const std::byte> bytes = item.bytes();
    invariant(bytes.size() == bytes_of(item), "a tensor to be saved has not the bytes of its shape");
    writer.write(bytes);
  }
  writer.commit();
}

}  // namespace orrery
