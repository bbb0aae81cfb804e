#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/keras_form.h"
#include "runtime/codegen/python_slices.h"
#include "runtime/codegen/sizes.h"

// Other shapes of the same elements, parts of them, and tensors that are made.
namespace orrery {
namespace {

std::string tuple(const std::vector<std::string>& words) {
  return fmt::format("({}{})", fmt::join(words, ", "), words.size() == 1 ? "," : "");
}

std::ptrdiff_t unknown(const Shape& shape) {
  return std::ranges::count_if(shape, [](const Dim& dim) { return !dim.known(); });
}

// `(-1, 256)`: one size may be left to the others.
std::string sizes_with_one_open(const Shape& shape, std::size_t first) {
  std::vector<std::string> words;
  for (std::size_t at = first; at < shape.size(); ++at)
    words.push_back(shape[at].known() ? std::to_string(shape[at].value()) : "-1");
  return tuple(words);
}

CodeCall reshaped(const KerasNode& it) {
  const Shape &from = it.shape(), &to = it.given();
  if (unknown(to) <= 1) return {fmt::format("ops.reshape({}, {})", it.in(), sizes_with_one_open(to, 0))};
  const bool keeps_batch = !from.empty() && from[0] == to[0] && !to[0].known();
  if (!keeps_batch || unknown(to) > 2) KerasNode::refuse("several sizes that only the data tell");
  return {fmt::format("layers.Reshape({})({})", sizes_with_one_open(to, 1), it.in())};
}

// Also Python's name for what changes nothing.
CodeCall unchanged(const KerasNode& it) { return {it.in()}; }

CodeCall cast(const KerasNode& it) {
  const DType to = it.node().outputs()[0].dtype;
  if (it.node().inputs()[0].dtype() == to) return unchanged(it);
  return {fmt::format("ops.cast({}, {})", it.in(), python_text(name(to)))};
}

CodeCall transposed(const KerasNode& it) {
  const int rank = static_cast<int>(it.shape().size());
  if (rank < 2) return unchanged(it);
  return {fmt::format("ops.swapaxes({}, {}, {})", it.in(), rank - 2, rank - 1)};
}

KerasForm swapped(const char* first, const char* second) {
  return [first, second](const KerasNode& it) {
    return CodeCall{fmt::format("ops.swapaxes({}, {}, {})", it.in(), it.options().integer(first),
                                it.options().integer(second))};
  };
}

CodeCall moved_axes(const KerasNode& it) {
  return {fmt::format("ops.moveaxis({}, {}, {})", it.in(), keras_axes(it.options().at("source")),
                      keras_axes(it.options().at("destination")))};
}

CodeCall permuted(const KerasNode& it) {
  return {fmt::format("ops.transpose({}, {})", it.in(), python_value(it.options().at("dims")))};
}

// PyTorch leaves the named dimensions that have more than one element, Keras refuses them.
CodeCall squeezed(const KerasNode& it) {
  const Shape& shape = it.shape();
  const int rank = static_cast<int>(shape.size());
  std::vector<std::int64_t> axes;
  const auto add = [&](std::int64_t dim) {
    if (shape[static_cast<std::size_t>((dim + rank) % rank)] == Dim(1)) axes.push_back(dim);
  };
  if (it.options().has("dim"))
    std::ranges::for_each(it.options().integers("dim"), add);
  else
    for (int dim = 0; dim < rank; ++dim) add(dim);
  if (axes.empty()) return unchanged(it);
  return {fmt::format("ops.squeeze({}, axis={})", it.in(), keras_axes(axes))};
}

CodeCall unsqueezed(const KerasNode& it) {
  return {fmt::format("ops.expand_dims({}, axis={})", it.in(), it.options().integer("dim"))};
}

KerasForm joined(const char* function) {
  return [function](const KerasNode& it) {
    std::vector<std::string> names;
    for (const Value& value : it.node().inputs()) names.push_back(it.scope().name(value));
    return CodeCall{
        fmt::format("{}([{}], axis={})", function, fmt::join(names, ", "), it.options().integer("dim"))};
  };
}

std::size_t dimension(const KerasNode& it) {
  const std::int64_t rank = std::ssize(it.shape());
  return static_cast<std::size_t>((it.options().integer("dim") + rank) % rank);
}

// Keras is told where the parts begin.
CodeCall split(const KerasNode& it) {
  const std::size_t dim = dimension(it);
  std::vector<std::string> begins;
  std::int64_t begin = 0;
  for (const TensorType& part : it.node().outputs()) {
    if (!part.shape[dim].known()) KerasNode::refuse("parts of a size that only the data tell");
    if (begin > 0) begins.push_back(std::to_string(begin));
    begin += part.shape[dim].value();
  }
  if (begins.empty()) return {fmt::format("[{}]", it.in())};
  return {fmt::format("ops.split({}, [{}], axis={})", it.in(), fmt::join(begins, ", "), dim)};
}

CodeCall unbound(const KerasNode& it) {
  return {fmt::format("ops.unstack({}, {}, axis={})", it.in(), it.node().outputs().size(), dimension(it))};
}

// A value that has the batch in front, as the wanted shape has.
const Value* with_batch(const KerasNode& it, const Dim& batch) {
  const auto& known = it.scope().known;
  const auto found = std::ranges::find_if(
      known, [&](const Value& value) { return !value.shape().empty() && value.shape()[0] == batch; });
  return found == known.end() ? nullptr : &*found;
}

CodeCall expanded(const KerasNode& it) {
  const Shape &from = it.shape(), &to = it.given();
  if (from == to) return unchanged(it);
  if (unknown(to) == 0) return {fmt::format("ops.broadcast_to({}, {})", it.in(), sizes_with_one_open(to, 0))};
  const bool is_batch = from.size() == to.size() && from[0] == Dim(1) &&
                        std::equal(from.begin() + 1, from.end(), to.begin() + 1);
  const Value* like = is_batch ? with_batch(it, to[0]) : nullptr;
  if (!like) KerasNode::refuse("sizes that only the data tell, of more than the batch");
  return {fmt::format("{}({}, {})", it.helper("for_each_sample"), it.in(), it.scope().name(*like))};
}

KerasForm repeated(const char* option) {
  return [option](const KerasNode& it) {
    if (unknown(it.options().shape(option)) > 0) KerasNode::refuse("repeats that only the data tell");
    return CodeCall{
        fmt::format("ops.tile({}, {})", it.in(), sizes_with_one_open(it.options().shape(option), 0))};
  };
}

// Keras knows what `x[0:9, ...]` gives, and not what `x[0:9]` does.
CodeCall taken_part(const KerasNode& it) {
  std::string text = *python_slice(it.node(), it.in());
  const std::string key = text.substr(it.in().size());
  const bool is_one_slice = key.find(':') != std::string::npos && key.find(',') == std::string::npos;
  if (is_one_slice) text.insert(text.size() - 1, ", ...");
  return {text};
}

CodeCall gathered(const KerasNode& it) {
  const std::size_t dim = dimension(it);
  for (std::size_t at = 0; at < it.shape().size(); ++at)
    if (at != dim && it.shape(0)[at] != it.shape(1)[at]) KerasNode::refuse("an index of other sizes");
  return {fmt::format("ops.take_along_axis({}, {}, axis={})", it.in(0), it.in(1), dim)};
}

CodeCall selected(const KerasNode& it) {
  return {fmt::format("ops.take({}, {}, axis={})", it.in(0), it.in(1), it.options().integer("dim"))};
}

CodeCall one_hot(const KerasNode& it) {
  if (it.options().integer("num_classes") < 0) KerasNode::refuse("classes that only the data tell");
  return {fmt::format("ops.one_hot({}, {}, dtype=\"int64\")", it.in(), it.options().integer("num_classes"))};
}

// Tensors that are made: of sizes that are known.
std::string made_size(const KerasNode& it) {
  if (unknown(it.given()) > 0) KerasNode::refuse("a size that only the data tell");
  return sizes_with_one_open(it.given(), 0);
}

std::string dtype_text(const KerasNode& it) { return python_text(name(it.node().outputs()[0].dtype)); }

KerasForm filled(const char* function) {
  return [function](const KerasNode& it) {
    return CodeCall{fmt::format("{}({}, dtype={})", function, made_size(it), dtype_text(it))};
  };
}

CodeCall full(const KerasNode& it) {
  return {fmt::format("ops.full({}, {}, dtype={})", made_size(it),
                      python_value(it.options().at("fill_value")), dtype_text(it))};
}

CodeCall number_range(const KerasNode& it) {
  std::vector<std::string> words;
  for (const Dim& dim : it.options().shape("range")) {
    if (!dim.known()) KerasNode::refuse("a size that only the data tell");
    words.push_back(std::to_string(dim.value()));
  }
  return {fmt::format("ops.arange({}, dtype={})", fmt::join(words, ", "), dtype_text(it))};
}

CodeCall linear_range(const KerasNode& it) {
  return {fmt::format("ops.linspace({}, {}, {}, dtype={})", python_value(it.options().at("start")),
                      python_value(it.options().at("end")), it.options().integer("steps"), dtype_text(it))};
}

KerasForms reshapes() {
  KerasForms forms = {{"permute", permuted},
                      {"transpose", swapped("dim0", "dim1")},
                      {"swapdims", swapped("dim0", "dim1")},
                      {"swapaxes", swapped("axis0", "axis1")},
                      {"movedim", moved_axes},
                      {"moveaxis", moved_axes},
                      {"t", transposed},
                      {"squeeze", squeezed},
                      {"unsqueeze", unsqueezed},
                      {"expand", expanded},
                      {"broadcast_to", expanded},
                      {"expand_as", expanded},
                      {"repeat", repeated("repeats")},
                      {"tile", repeated("dims")},
                      {"detach", keras_function("ops.stop_gradient")}};
  for (const char* name : {"reshape", "view", "flatten", "unflatten", "ravel", "view_as", "reshape_as"})
    forms[name] = reshaped;
  for (const char* name : {"contiguous", "clone", "positive"}) forms[name] = unchanged;
  for (const char* name : {"to", "type_as", "float", "half", "bfloat16", "double", "long", "int", "bool"})
    forms[name] = cast;
  return forms;
}

KerasForms parts() {
  return {{"cat", joined("ops.concatenate")},
          {"stack", joined("ops.stack")},
          {"split", split},
          {"chunk", split},
          {"tensor_split", split},
          {"unbind", unbound},
          {"slice", taken_part},
          {"narrow", taken_part},
          {"select", taken_part},
          {"gather", gathered},
          {"index_select", selected},
          {"one_hot", one_hot},
          {"flip", keras_function("ops.flip", {{"dims", "axis", true}})},
          {"tril", keras_function("ops.tril", {{"diagonal", "k"}})},
          {"triu", keras_function("ops.triu", {{"diagonal", "k"}})},
          {"diagonal",
           keras_function("ops.diagonal", {{"offset", "offset"}, {"dim1", "axis1"}, {"dim2", "axis2"}})}};
}

KerasForms creations() {
  return {{"zeros", filled("ops.zeros")},
          {"ones", filled("ops.ones")},
          {"full", full},
          {"arange", number_range},
          {"linspace", linear_range},
          {"zeros_like", keras_function("ops.zeros_like")},
          {"ones_like", keras_function("ops.ones_like")}};
}

}  // namespace

const KerasForms& keras_shapes() {
  static const KerasForms forms = [] {
    KerasForms all = reshapes();
    all.merge(parts());
    all.merge(creations());
    return all;
  }();
  return forms;
}

}  // namespace orrery
