// Files of weights and of data, without the engine: what they hold, how two differ, one format as another.
#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/core/content_hash.h"
#include "runtime/formats/data_listing.h"
#include "runtime/formats/weights_conversion.h"
#include "runtime/formats/weights_difference.h"
#include "runtime/formats/weights_file.h"

namespace orrery::lua {
namespace {

void set_weight_text(lua_State* L, const char* key, const std::string& text) {
  if (text.empty()) return;
  push_text(L, text);
  lua_setfield(L, -2, key);
}

void push_shape_list(lua_State* L, const std::vector<std::int64_t>& shape) {
  lua_createtable(L, static_cast<int>(shape.size()), 0);
  for (size_t i = 0; i < shape.size(); ++i) {
    lua_pushnumber(L, static_cast<double>(shape[i]));
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

void push_weight_tensor(lua_State* L, const WeightTensor& tensor) {
  luaL_checkstack(L, 4, "too many values");
  lua_createtable(L, 0, 8);
  push_text(L, tensor.name);
  lua_setfield(L, -2, "name");
  set_weight_text(L, "dtype", std::string(torch_dtype_name(tensor.dtype)));
  push_shape_list(L, tensor.shape);
  lua_setfield(L, -2, "shape");
  lua_pushnumber(L, static_cast<double>(tensor.bytes));
  lua_setfield(L, -2, "bytes");
  set_weight_text(L, "file", tensor.file);
  set_weight_text(L, "storage", tensor.storage);
  set_weight_text(L, "alias_of", tensor.alias_of);
  lua_pushboolean(L, tensor.parameter);
  lua_setfield(L, -2, "parameter");
}

void push_texts_by_name(lua_State* L, const std::map<std::string, std::string>& texts) {
  lua_createtable(L, 0, static_cast<int>(texts.size()));
  for (const auto& [name, text] : texts) {
    push_text(L, name);
    push_text(L, text);
    lua_rawset(L, -3);
  }
}

void push_text_list(lua_State* L, const std::vector<std::string>& texts) {
  lua_createtable(L, static_cast<int>(texts.size()), 0);
  for (size_t i = 0; i < texts.size(); ++i) {
    push_text(L, texts[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

std::string optional_text(lua_State* L, int index, const char* function, const char* what) {
  return lua_isnoneornil(L, index) ? "" : read_string(L, index, function, what);
}

// core.read_weights(path[, part]) → { kind =, tensors = { { name =, dtype =, shape =, bytes =, file =,
// storage =, alias_of =, parameter = }, … }, metadata = { key = text }, values = { { name =, text = }, … },
// refused = { name = what } }: headers alone; no tensor is read
int read_weights(lua_State* L) {
  const auto file = open_weights(read_string(L, 1, "read_weights", "a file"),
                                 optional_text(L, 2, "read_weights", "a part"));
  const WeightsListing& listing = file->listing();
  lua_createtable(L, 0, 5);
  set_weight_text(L, "kind", listing.kind);
  lua_createtable(L, static_cast<int>(listing.tensors.size()), 0);
  for (size_t i = 0; i < listing.tensors.size(); ++i) {
    push_weight_tensor(L, listing.tensors[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "tensors");
  push_texts_by_name(L, listing.metadata);
  lua_setfield(L, -2, "metadata");
  lua_createtable(L, static_cast<int>(listing.values.size()), 0);
  for (size_t i = 0; i < listing.values.size(); ++i) {
    lua_createtable(L, 0, 2);
    push_text(L, listing.values[i].name);
    lua_setfield(L, -2, "name");
    push_text(L, listing.values[i].text);
    lua_setfield(L, -2, "text");
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "values");
  push_texts_by_name(L, listing.refused);
  lua_setfield(L, -2, "refused");
  return 1;
}

void push_data_part(lua_State* L, const DataPart& part) {
  lua_createtable(L, 0, 5);
  push_text(L, part.name);
  lua_setfield(L, -2, "name");
  set_weight_text(L, "dtype", part.type);
  push_shape_list(L, part.shape);
  lua_setfield(L, -2, "shape");
  if (part.bytes > 0) lua_pushnumber(L, static_cast<double>(part.bytes)), lua_setfield(L, -2, "bytes");
  set_weight_text(L, "remark", part.remark);
}

// core.read_data_file(path) → { kind =, bytes = of the file, parts = { { name =, dtype =, shape =, bytes =,
// remark = }, … }, notes = { { name =, text = }, … } } of a table, an IDX array or a picture; nil of others
int read_data_file(lua_State* L) {
  const auto listing = list_data_file(read_string(L, 1, "read_data_file", "a file"));
  if (!listing) return 0;
  lua_createtable(L, 0, 4);
  set_weight_text(L, "kind", listing->kind);
  lua_pushnumber(L, static_cast<double>(listing->file_bytes));
  lua_setfield(L, -2, "bytes");
  lua_createtable(L, static_cast<int>(listing->parts.size()), 0);
  for (size_t i = 0; i < listing->parts.size(); ++i) {
    push_data_part(L, listing->parts[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "parts");
  lua_createtable(L, static_cast<int>(listing->notes.size()), 0);
  for (size_t i = 0; i < listing->notes.size(); ++i) {
    lua_createtable(L, 0, 2);
    set_weight_text(L, "name", listing->notes[i].first);
    set_weight_text(L, "text", listing->notes[i].second);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "notes");
  return 1;
}

// core.weight_checksums(path[, part]) → { checksum, … } in the order of the tensors: XXH3-128 of each one's
// elements row by row, so that equal tensors have equal ones whatever the format
int weight_checksums(lua_State* L) {
  const auto file = open_weights(read_string(L, 1, "weight_checksums", "a file"),
                                 optional_text(L, 2, "weight_checksums", "a part"));
  const auto& tensors = file->listing().tensors;
  lua_createtable(L, static_cast<int>(tensors.size()), 0);
  for (size_t i = 0; i < tensors.size(); ++i) {
    push_text(L, content_hash(file->read(tensors[i]).text()));
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// core.convert_weights(from, to[, part[, bytes_a_file]]) → { files =, tensors =, bytes =, aliases =, left_out
// = }
int convert_file(lua_State* L) {
  const std::string from = read_string(L, 1, "convert_weights", "a file"),
                    to = read_string(L, 2, "convert_weights", "a file to write");
  ConversionOptions options{.part = optional_text(L, 3, "convert_weights", "a part")};
  options.bytes_a_file = static_cast<std::uint64_t>(read_number(L, 4, "convert_weights", "bytes a file", 0));
  const ConversionReport report = convert_weights(from, to, options);
  lua_createtable(L, 0, 5);
  push_text_list(L, report.files);
  lua_setfield(L, -2, "files");
  lua_pushnumber(L, static_cast<double>(report.tensors));
  lua_setfield(L, -2, "tensors");
  lua_pushnumber(L, static_cast<double>(report.bytes));
  lua_setfield(L, -2, "bytes");
  push_text_list(L, report.aliases);
  lua_setfield(L, -2, "aliases");
  push_text_list(L, report.left_out);
  lua_setfield(L, -2, "left_out");
  return 1;
}

const char* word_of_difference(WeightDifference::How how) {
  switch (how) {
    case WeightDifference::How::same: return "same";
    case WeightDifference::How::values: return "values";
    case WeightDifference::How::shape: return "shape";
    case WeightDifference::How::first_only: return "first only";
    case WeightDifference::How::second_only: return "second only";
  }
  return "";
}

void push_difference(lua_State* L, const WeightDifference& difference) {
  luaL_checkstack(L, 4, "too many values");
  lua_createtable(L, 0, 7);
  push_text(L, difference.name);
  lua_setfield(L, -2, "name");
  push_text(L, word_of_difference(difference.how));
  lua_setfield(L, -2, "how");
  if (difference.first) push_weight_tensor(L, *difference.first), lua_setfield(L, -2, "first");
  if (difference.second) push_weight_tensor(L, *difference.second), lua_setfield(L, -2, "second");
  lua_pushnumber(L, static_cast<double>(difference.differing));
  lua_setfield(L, -2, "differing");
  if (!difference.largest) return;
  lua_pushnumber(L, *difference.largest);
  lua_setfield(L, -2, "largest");
  lua_pushnumber(L, *difference.mean);
  lua_setfield(L, -2, "mean");
}

// core.compare_weights(a, b[, part_of_a[, part_of_b]]) → { { name =, how = "same"|"values"|"shape"|"first
// only"| "second only", first =, second =, largest =, mean =, differing = }, … }; first and second as
// read_weights lists them
int compare_files(lua_State* L) {
  const auto first = open_weights(read_string(L, 1, "compare_weights", "a file"),
                                  optional_text(L, 3, "compare_weights", "a part"));
  const auto second = open_weights(read_string(L, 2, "compare_weights", "a second file"),
                                   optional_text(L, 4, "compare_weights", "a part"));
  const std::vector<WeightDifference> differences = compare_weights(*first, *second);
  lua_createtable(L, static_cast<int>(differences.size()), 0);
  for (size_t i = 0; i < differences.size(); ++i) {
    push_difference(L, differences[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

}  // namespace

void open_weight_files(lua_State* L) {
  add_functions(L, {{"read_weights", guarded<read_weights>},
                    {"read_data_file", guarded<read_data_file>},
                    {"weight_checksums", guarded<weight_checksums>},
                    {"convert_weights", guarded<convert_file>},
                    {"compare_weights", guarded<compare_files>}});
}

}  // namespace orrery::lua
