#include "runtime/formats/pt_tree.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/safetensors_header.h"
#include "runtime/formats/safetensors_sax.h"

namespace orrery {
namespace {

using PickleId = Pickle::Id;

constexpr std::size_t kMostTensorRank = 64, kMostTreeDepth = 200, kMostTreeVisits = 4'000'000,
                      kMostShownItems = 12, kMostShownBytes = 80;

struct StorageView {
  std::size_t storage = 0;
  SafetensorsDType dtype;
  std::int64_t start = 0;  // bytes into the storage, in very old files
};

class TreeReader {
 public:
  TreeReader(const Pickle& pickle, const std::string& source) : pickle_(pickle), source_(source) {}

  PtTree read() {
    visit(pickle_.root(), "", 0);
    check_tensor_names();
    return std::move(tree_);
  }

 private:
  // ---- the tree ----

  void visit(PickleId id, const std::string& name, std::size_t depth) {
    if (depth > kMostTreeDepth)
      damaged(name, fmt::format("nests deeper than {}, or contains itself", kMostTreeDepth));
    if (++visits_ > kMostTreeVisits)
      damaged(name, fmt::format("is one of more than {} entries", kMostTreeVisits));
    switch (pickle_.kind(id)) {
      case PickleKind::dict:
      case PickleKind::object: return visit_entries(id, name, depth);
      case PickleKind::list:
      case PickleKind::tuple:
      case PickleKind::set: return visit_items(id, name, depth);
      case PickleKind::call: return visit_call(id, name, depth);
      case PickleKind::persistent: return void(view_of(id, name));  // a storage of its own, without a tensor
      default: return add_value(id, name);
    }
  }

  static std::string joined(const std::string& name, const std::string& key) {
    return name.empty() ? key : name + "." + key;
  }

  void visit_entries(PickleId id, const std::string& name, std::size_t depth) {
    const auto items = pickle_.items(id);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      visit(items[i + 1], joined(name, key_text(items[i])), depth + 1);
  }

  bool is_plain(PickleId id) const {
    switch (pickle_.kind(id)) {
      case PickleKind::none:
      case PickleKind::boolean:
      case PickleKind::integer:
      case PickleKind::large_integer:
      case PickleKind::number:
      case PickleKind::text:
      case PickleKind::global: return true;
      default: return false;
    }
  }

  void visit_items(PickleId id, const std::string& name, std::size_t depth) {
    const auto items = pickle_.items(id);
    if (std::ranges::all_of(items, [&](PickleId item) { return is_plain(item); }))
      return add_list(items, name);
    for (std::size_t i = 0; i < items.size(); ++i)
      visit(items[i], joined(name, std::to_string(i)), depth + 1);
  }

  void visit_call(PickleId id, const std::string& name, std::size_t depth) {
    const auto arguments = arguments_of(id);
    switch (pickle_.global(id).kind) {
      case PickleGlobalKind::rebuild_tensor:
      case PickleGlobalKind::rebuild_tensor_v2:
      case PickleGlobalKind::rebuild_tensor_v3: return add_tensor(arguments, pickle_.global(id).kind, name);
      case PickleGlobalKind::rebuild_parameter:
      case PickleGlobalKind::rebuild_parameter_with_state:
      case PickleGlobalKind::parameter: return visit_parameter(arguments, name, depth);
      // (function, class, its arguments, state): the tensor is what the function makes of the arguments.
      case PickleGlobalKind::rebuild_from_type: return visit_subclass(arguments, name, depth);
      case PickleGlobalKind::script_list:
        if (arguments.empty()) damaged(name, "is a list of nothing");
        return visit(arguments[0], name, depth + 1);
      case PickleGlobalKind::sparse: return refuse_tensor(name, "a sparse tensor");
      case PickleGlobalKind::quantised: return refuse_tensor(name, "a quantised tensor");
      case PickleGlobalKind::meta:
        return refuse_tensor(name, "a tensor of the meta device, which has no values");
      case PickleGlobalKind::nested: return refuse_tensor(name, "a nested tensor");
      case PickleGlobalKind::wrapper: return refuse_tensor(name, "a tensor of a class that wraps others");
      case PickleGlobalKind::rebuild_device_tensor:
        return refuse_tensor(name, "a tensor of a device that PyTorch saves by NumPy");
      default: return add_value(id, name);
    }
  }

  std::span<const PickleId> arguments_of(PickleId call) const {
    return pickle_.items(pickle_.items(call)[1]);
  }

  void visit_parameter(std::span<const PickleId> arguments, const std::string& name, std::size_t depth) {
    if (arguments.empty()) damaged(name, "is a parameter of nothing");
    const std::size_t before = tree_.tensors.size();
    visit(arguments[0], name, depth + 1);
    for (std::size_t i = before; i < tree_.tensors.size(); ++i) tree_.tensors[i].parameter = true;
  }

  void visit_subclass(std::span<const PickleId> arguments, const std::string& name, std::size_t depth) {
    const bool known = arguments.size() >= 3 && pickle_.kind(arguments[0]) == PickleKind::global &&
                       pickle_.kind(arguments[2]) == PickleKind::tuple;
    if (!known) damaged(name, "is a tensor of a class without its arguments");
    if (depth > kMostTreeDepth) damaged(name, "nests too deeply");
    const PickleGlobalKind kind = pickle_.global(arguments[0]).kind;
    const bool tensor =
        kind == PickleGlobalKind::rebuild_tensor_v2 || kind == PickleGlobalKind::rebuild_tensor_v3;
    if (!tensor) return refuse_tensor(name, "a tensor of a class of its own");
    add_tensor(pickle_.items(arguments[2]), kind, name);
  }

  void refuse_tensor(const std::string& name, const char* what) {
    tree_.refused.emplace(shown_name(name), what);
  }

  static std::string shown_name(const std::string& name) { return name.empty() ? "tensor" : name; }

  [[noreturn]] void damaged(const std::string& name, const std::string& what) const {
    fail(Fault::input_file, "{} is damaged: its entry {} {}", source_,
         safetensors_name_text(shown_name(name)), what);
  }

  // ---- plain values ----

  std::string key_text(PickleId id) const {
    if (pickle_.kind(id) == PickleKind::text) return std::string(pickle_.text(id));
    return plain_text(id);
  }

  std::string plain_text(PickleId id) const {
    switch (pickle_.kind(id)) {
      case PickleKind::none: return "None";
      case PickleKind::boolean: return pickle_.integer(id) != 0 ? "True" : "False";
      case PickleKind::integer: return std::to_string(pickle_.integer(id));
      case PickleKind::large_integer:
        return fmt::format("a whole number of {} bytes", pickle_.text(id).size());
      case PickleKind::number: return fmt::format("{}", pickle_.number(id));
      case PickleKind::text: {
        const std::string_view text = pickle_.text(id);
        return quote_path(text.substr(0, kMostShownBytes)) + (text.size() > kMostShownBytes ? "…" : "");
      }
      case PickleKind::global: return std::string(pickle_.text(id));
      case PickleKind::call: return std::string(pickle_.text(pickle_.items(id)[0])) + "(…)";
      case PickleKind::tuple: return "a tuple";
      default: return "an object";
    }
  }

  void add_value(PickleId id, const std::string& name) {
    if (name.empty()) return tree_.values.push_back({"value", call_text(id)});
    tree_.values.push_back({name, call_text(id)});
  }

  // torch.Size([2, 3]), torch.device('cuda', 0): with what they are made of, where that is plain.
  std::string call_text(PickleId id) const {
    if (pickle_.kind(id) != PickleKind::call) return plain_text(id);
    const auto arguments = arguments_of(id);
    if (!std::ranges::all_of(arguments, [&](PickleId item) { return is_plain(item); })) return plain_text(id);
    return fmt::format("{}({})", pickle_.text(pickle_.items(id)[0]), list_text(arguments));
  }

  std::string list_text(std::span<const PickleId> items) const {
    std::string text;
    for (std::size_t i = 0; i < std::min(items.size(), kMostShownItems); ++i)
      text += (i > 0 ? ", " : "") + plain_text(items[i]);
    if (items.size() > kMostShownItems) text += fmt::format(", … {} in all", items.size());
    return text;
  }

  void add_list(std::span<const PickleId> items, const std::string& name) {
    tree_.values.push_back({name.empty() ? "value" : name, "[" + list_text(items) + "]"});
  }

  // ---- tensors ----

  std::int64_t whole(PickleId id, const std::string& name, const char* what) const {
    if (pickle_.kind(id) != PickleKind::integer)
      damaged(name, fmt::format("has {} that is no whole number", what));
    return pickle_.integer(id);
  }

  // A tuple, or torch.Size of one.
  std::vector<std::int64_t> sizes(PickleId id, const std::string& name, const char* what) const {
    if (pickle_.kind(id) == PickleKind::call && pickle_.global(id).kind == PickleGlobalKind::size &&
        arguments_of(id).size() == 1)
      id = arguments_of(id)[0];
    if (pickle_.kind(id) != PickleKind::tuple && pickle_.kind(id) != PickleKind::list)
      damaged(name, fmt::format("has {} that is no tuple", what));
    const auto items = pickle_.items(id);
    if (items.size() > kMostTensorRank)
      damaged(name, fmt::format("has {} dimensions, more than {}", items.size(), kMostTensorRank));
    std::vector<std::int64_t> values;
    for (const PickleId item : items) values.push_back(whole(item, name, what));
    const auto negative = std::ranges::find_if(values, [](std::int64_t value) { return value < 0; });
    if (negative != values.end()) damaged(name, fmt::format("has {} of {}", what, *negative));
    return values;
  }

  // (storage, offset, shape, strides, …); of version 3 also the dtype, over a storage of bytes.
  void add_tensor(std::span<const PickleId> arguments, PickleGlobalKind kind, const std::string& name) {
    const std::size_t least = kind == PickleGlobalKind::rebuild_tensor      ? 4
                              : kind == PickleGlobalKind::rebuild_tensor_v2 ? 6
                                                                            : 7;
    if (arguments.size() < least)
      damaged(name, fmt::format("is a tensor of {} arguments, {} are needed", arguments.size(), least));
    const auto view = view_of(arguments[0], name);
    if (!view) return;
    PtTensor tensor{.name = shown_name(name), .dtype = view->dtype, .storage = view->storage};
    if (kind == PickleGlobalKind::rebuild_tensor_v3 && !set_dtype(tensor, arguments[6], name)) return;
    tensor.offset = whole(arguments[1], name, "an offset");
    tensor.shape = sizes(arguments[2], name, "a dimension");
    tensor.strides = sizes(arguments[3], name, "a stride");
    if (tensor.shape.size() != tensor.strides.size())
      damaged(name,
              fmt::format("has {} dimensions and {} strides", tensor.shape.size(), tensor.strides.size()));
    tensor.offset += view->start / (tensor.dtype.bits / 8);
    check_view(tensor, name);
    tree_.tensors.push_back(std::move(tensor));
  }

  bool set_dtype(PtTensor& tensor, PickleId id, const std::string& name) {
    const bool named = pickle_.kind(id) == PickleKind::global;
    const PickleGlobal* dtype = named ? &pickle_.global(id) : nullptr;
    if (!dtype || dtype->kind != PickleGlobalKind::dtype) damaged(name, "has no dtype");
    if (!dtype->dtype) return refuse_tensor(name, "a quantised tensor"), false;
    const bool bytes = tensor.dtype.name == "U8";
    if (!bytes && tensor.dtype.bits != dtype->dtype->bits)
      damaged(name, fmt::format("is {} in a storage of {}", torch_dtype_name(*dtype->dtype),
                                torch_dtype_name(tensor.dtype)));
    tensor.dtype = *dtype->dtype;
    return true;
  }

  void check_view(const PtTensor& tensor, const std::string& name) const {
    if (tensor.offset < 0) damaged(name, fmt::format("begins at {}", tensor.offset));
    if (!safetensors_bytes(tensor.dtype, tensor.shape))
      damaged(name, fmt::format("has no size that a file can have: [{}]", fmt::join(tensor.shape, ", ")));
    const PtStorage& storage = tree_.storages[tensor.storage];
    const std::uint64_t elements = storage.bytes / static_cast<std::uint64_t>(tensor.dtype.bits / 8);
    if (!lies_within(tensor, storage.bytes)) {
      damaged(
          name,
          fmt::format("reaches beyond its storage '{}' of {} elements (shape [{}], strides [{}], offset {})",
                      storage.key, elements, fmt::join(tensor.shape, ", "), fmt::join(tensor.strides, ", "),
                      tensor.offset));
    }
  }

  // ---- storages ----

  // Nothing for a quantised one, which is noted as refused.
  std::optional<StorageView> view_of(PickleId id, const std::string& name) {
    if (pickle_.kind(id) != PickleKind::persistent) damaged(name, "is a tensor without a storage");
    const auto items = pickle_.items(pickle_.items(id)[0]);
    const bool known = items.size() >= 5 && pickle_.kind(items[0]) == PickleKind::text &&
                       pickle_.text(items[0]) == "storage" && pickle_.kind(items[1]) == PickleKind::global &&
                       pickle_.global(items[1]).kind == PickleGlobalKind::storage;
    if (!known) damaged(name, "lies outside of the pickle and is no storage");
    const auto dtype = pickle_.global(items[1]).dtype;
    if (!dtype) return refuse_tensor(name, "a quantised tensor"), std::nullopt;
    const std::int64_t count = whole(items[4], name, "a storage size");
    const auto bytes = safetensors_bytes(*dtype, std::span(&count, 1));
    if (!bytes) damaged(name, fmt::format("has a storage of {} elements", count));
    StorageView view{.dtype = *dtype};
    view.storage = storage_of(key_of(items[2], name), *dtype, *bytes, name);
    if (items.size() > 5 && pickle_.kind(items[5]) == PickleKind::tuple)
      check_whole_view(items[5], count, name);
    return view;
  }

  std::string key_of(PickleId id, const std::string& name) const {
    const bool text = pickle_.kind(id) == PickleKind::text || pickle_.kind(id) == PickleKind::integer;
    if (!text) damaged(name, "has a storage without a key");
    return key_text(id);
  }

  // (key, offset, size): a part of another storage, which only PyTorch before 0.4 wrote; since then it is the
  // whole.
  void check_whole_view(PickleId id, std::int64_t count, const std::string& name) const {
    const auto items = pickle_.items(id);
    const bool whole_storage = items.size() == 3 && pickle_.kind(items[1]) == PickleKind::integer &&
                               pickle_.integer(items[1]) == 0 &&
                               pickle_.kind(items[2]) == PickleKind::integer &&
                               pickle_.integer(items[2]) == count;
    if (!whole_storage) damaged(name, "is a part of another storage, as PyTorch before 0.4 wrote it");
  }

  std::size_t storage_of(const std::string& key, const SafetensorsDType& dtype, std::uint64_t bytes,
                         const std::string& name) {
    const auto [place, fresh] = storages_.try_emplace(key, tree_.storages.size());
    if (fresh) tree_.storages.push_back({.key = key, .dtype = dtype, .bytes = bytes});
    const PtStorage& storage = tree_.storages[place->second];
    if (storage.bytes != bytes)
      damaged(name, fmt::format("says that its storage {} has {} bytes; another entry says {}",
                                safetensors_name_text(key), bytes, storage.bytes));
    return place->second;
  }

  void check_tensor_names() const {
    std::vector<std::string_view> names;
    for (const PtTensor& tensor : tree_.tensors) names.push_back(tensor.name);
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    check(twice == names.end(), Fault::input_file, "{} is damaged: two of its tensors are called {}", source_,
          twice == names.end() ? "" : safetensors_name_text(*twice));
  }

  const Pickle& pickle_;
  const std::string& source_;
  PtTree tree_;
  std::unordered_map<std::string, std::size_t> storages_;
  std::size_t visits_ = 0;
};

}  // namespace

std::uint64_t PtTensor::bytes() const {
  const auto bytes = safetensors_bytes(dtype, shape);
  invariant(bytes.has_value(), "a tensor of a file has no size");
  return *bytes;
}

bool PtTensor::contiguous() const {
  if (std::ranges::find(shape, 0) != shape.end()) return true;
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

bool lies_within(const PtTensor& tensor, std::uint64_t bytes) {
  if (!safetensors_bytes(tensor.dtype, tensor.shape)) return false;
  if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) return true;
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    std::int64_t way = 0;
    if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &way) ||
        __builtin_add_overflow(last, way, &last))
      return false;
  }
  return static_cast<std::uint64_t>(last) < bytes / static_cast<std::uint64_t>(tensor.dtype.bits / 8);
}

void gather_rows(const PtTensor& tensor, std::span<const std::byte> from, std::int64_t first,
                 std::span<std::byte> to) {
  const auto width = static_cast<std::size_t>(tensor.dtype.bits / 8);
  const std::size_t rank = tensor.shape.size();
  std::vector<std::int64_t> place(rank, 0);
  std::int64_t at = tensor.offset - first;
  for (std::size_t done = 0; done < to.size(); done += width) {
    std::memcpy(to.data() + done, from.data() + static_cast<std::size_t>(at) * width, width);
    for (std::size_t i = rank; i-- > 0;) {
      at += tensor.strides[i];
      if (++place[i] < tensor.shape[i]) break;
      at -= tensor.strides[i] * place[i];
      place[i] = 0;
    }
  }
}

PtTree read_pt_tree(const Pickle& pickle, const std::string& source) {
  return TreeReader(pickle, source).read();
}

}  // namespace orrery
