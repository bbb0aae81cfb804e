#include "runtime/formats/pt_writer.h"

#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/pickle_globals.h"
#include "runtime/formats/pickle_opcodes.h"
#include "runtime/formats/safetensors_header.h"
#include "runtime/formats/zip_writer.h"

namespace orrery {
namespace {

constexpr std::size_t kStorageAlignment = 64;
constexpr std::string_view kArchiveRoot = "archive/";

// The storage class of PyTorch for a dtype; what has none lies in bytes.
std::string_view storage_class(std::string_view dtype) {
  static const std::unordered_map<std::string_view, std::string_view> kClasses{
      {"F32", "FloatStorage"},     {"F64", "DoubleStorage"},       {"F16", "HalfStorage"},
      {"BF16", "BFloat16Storage"}, {"I64", "LongStorage"},         {"I32", "IntStorage"},
      {"I16", "ShortStorage"},     {"I8", "CharStorage"},          {"U8", "ByteStorage"},
      {"BOOL", "BoolStorage"},     {"C64", "ComplexFloatStorage"}, {"C128", "ComplexDoubleStorage"}};
  const auto found = kClasses.find(dtype);
  return found == kClasses.end() ? "" : found->second;
}

class StateDictPickle {
 public:
  StateDictPickle() {
    put(PickleOpcode::proto);
    text_ += '\2';
    global("collections", "OrderedDict");
    put(PickleOpcode::empty_tuple);
    put(PickleOpcode::reduce);
    put(PickleOpcode::mark);
  }

  void add(const std::string& name, const SafetensorsItem& item, std::size_t storage) {
    string(name);
    const std::string_view type = storage_class(item.dtype.name);
    global("torch._utils", type.empty() ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
    put(PickleOpcode::mark);
    describe_storage(item, type, storage);
    integer(0);
    sizes(item.shape);
    sizes(strides_of(item.shape));
    put(PickleOpcode::new_false);
    global("collections", "OrderedDict");
    put(PickleOpcode::empty_tuple);
    put(PickleOpcode::reduce);
    if (type.empty()) global("torch", std::string(torch_dtype_name(item.dtype)));
    put(PickleOpcode::tuple);
    put(PickleOpcode::reduce);
  }

  std::string finish() {
    put(PickleOpcode::set_items);
    put(PickleOpcode::stop);
    return std::move(text_);
  }

 private:
  void put(PickleOpcode opcode) { text_ += static_cast<char>(opcode); }

  void number(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) text_ += static_cast<char>(value >> (8 * i) & 0xFF);
  }

  void string(std::string_view value) {
    put(PickleOpcode::bin_unicode);
    number(value.size(), 4);
    text_ += value;
  }

  void global(const std::string& module, const std::string& name) {
    put(PickleOpcode::global);
    text_ += module + "\n" + name + "\n";
  }

  void integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (bits < 256) return put(PickleOpcode::bin_int1), number(bits, 1);
    if (bits < 65536) return put(PickleOpcode::bin_int2), number(bits, 2);
    if (bits < std::uint64_t{1} << 31) return put(PickleOpcode::bin_int), number(bits, 4);
    put(PickleOpcode::long1);
    text_ += '\10';
    number(bits, 8);
  }

  void sizes(const std::vector<std::int64_t>& values) {
    put(PickleOpcode::mark);
    for (const std::int64_t value : values) integer(value);
    put(PickleOpcode::tuple);
  }

  static std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& shape) {
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;)
      strides[i - 1] = strides[i] * std::max<std::int64_t>(shape[i], 1);
    return strides;
  }

  void describe_storage(const SafetensorsItem& item, std::string_view type, std::size_t storage) {
    const auto bytes = static_cast<std::int64_t>(*safetensors_bytes(item.dtype, item.shape));
    put(PickleOpcode::mark);
    string("storage");
    if (type.empty())
      global("torch.storage", "UntypedStorage");
    else
      global("torch", std::string(type));
    string(std::to_string(storage));
    string("cpu");
    integer(type.empty() ? bytes : bytes / (item.dtype.bits / 8));
    put(PickleOpcode::tuple);
    put(PickleOpcode::bin_pers_id);
  }

  std::string text_;
};

void check_items(const std::string& path, const std::vector<SafetensorsItem>& items,
                 const std::map<std::string, std::string>& aliases) {
  std::set<std::string_view> names;
  const auto add = [&](const std::string& name) {
    check(names.insert(name).second, Fault::write, "cannot write {}: two tensors are called {}",
          quote_path(path), quote_path(name));
  };
  for (const SafetensorsItem& item : items) {
    add(item.name);
    invariant(safetensors_bytes(item.dtype, item.shape).has_value(), "a tensor to be saved has no size");
    // A name of its own is what PyTorch has no type for.
    check(torch_dtype_name(item.dtype) != item.dtype.name, Fault::usage,
          "PyTorch has no {} (tensor {}): write safetensors", item.dtype.name, quote_path(item.name));
  }
  for (const auto& [alias, name] : aliases)
    check(names.contains(name), Fault::write, "cannot write {}: {} stands for {}, which is not there",
          quote_path(path), quote_path(alias), quote_path(name));
  for (const auto& [alias, name] : aliases) add(alias);
}

std::string pickle_text(const std::vector<SafetensorsItem>& items,
                        const std::map<std::string, std::string>& aliases) {
  StateDictPickle pickle;
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < items.size(); ++i) {
    places[items[i].name] = i;
    pickle.add(items[i].name, items[i], i);
  }
  for (const auto& [alias, name] : aliases) pickle.add(alias, items[places.at(name)], places.at(name));
  return pickle.finish();
}

}  // namespace

void write_pt(const std::string& path, const std::vector<SafetensorsItem>& items,
              const std::map<std::string, std::string>& aliases, const FileSystem& files) {
  check_items(path, items, aliases);
  ZipWriter archive(path, kStorageAlignment, files);
  const std::string root(kArchiveRoot);
  archive.add(root + "data.pkl", as_bytes(pickle_text(items, aliases)));
  archive.add(root + "byteorder", as_bytes("little"));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::span<const std::byte> bytes = items[i].bytes();
    invariant(bytes.size() == *safetensors_bytes(items[i].dtype, items[i].shape),
              "a tensor to be saved has not the bytes of its shape");
    archive.add(root + "data/" + std::to_string(i), bytes);
  }
  archive.add(root + "version", as_bytes("3\n"));
  archive.commit();
}

}  // namespace orrery
