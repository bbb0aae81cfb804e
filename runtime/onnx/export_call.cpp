#include "runtime/onnx/export_call.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/onnx/element_bytes.h"
#include "runtime/onnx/exporter.h"
#include "runtime/onnx/literal.h"

namespace orrery {
namespace {

OnnxAttribute attribute_of(std::string name, OnnxAttribute::Kind kind) {
  return {.name = std::move(name), .kind = kind};
}

std::int64_t counted_from_0(std::int64_t dim, int rank) { return dim < 0 ? dim + std::max(1, rank) : dim; }

Bytes elements_of(DType dtype, std::vector<double> values) {
  if (is_floating(dtype)) return bytes_of_reals(dtype, values);
  return bytes_of_integers(dtype, {values.begin(), values.end()});
}

// `-1` where only the data tell the size, as long as it is one; 0 where it is the input's.
std::optional<std::vector<std::int64_t>> reshaping(const Shape& from, const Shape& to) {
  std::vector<std::int64_t> sizes;
  int open = 0;
  for (const Dim& dim : to) open += dim.known() ? 0 : 1;
  bool spread = false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i].known() && to[i].value() == 0) return std::nullopt;
    const bool same = i < from.size() && from[i] == to[i];
    if (to[i].known()) {
      sizes.push_back(to[i].value());
    } else if (open > 1 && same) {
      sizes.push_back(0);
    } else if (!spread) {
      sizes.push_back(-1);
      spread = true;
    } else {
      return std::nullopt;
    }
  }
  return sizes;
}

}  // namespace

OnnxAttribute onnx_real(std::string name, double value) {
  OnnxAttribute made = attribute_of(std::move(name), OnnxAttribute::Kind::real);
  made.real = value;
  return made;
}

OnnxAttribute onnx_integer(std::string name, std::int64_t value) {
  OnnxAttribute made = attribute_of(std::move(name), OnnxAttribute::Kind::integer);
  made.integer = value;
  return made;
}

OnnxAttribute onnx_word(std::string name, std::string value) {
  OnnxAttribute made = attribute_of(std::move(name), OnnxAttribute::Kind::text);
  made.text = std::move(value);
  return made;
}

OnnxAttribute onnx_integers(std::string name, std::vector<std::int64_t> values) {
  OnnxAttribute made = attribute_of(std::move(name), OnnxAttribute::Kind::integers);
  made.integers = std::move(values);
  return made;
}

std::int64_t OnnxExportCall::opset() const { return exporter_.opset(); }

void OnnxExportCall::require_opset(std::int64_t version, const std::string& operation) const {
  if (opset() < version) refuse(fmt::format("ONNX's {} came with operator set {}", operation, version));
}

bool OnnxExportCall::has(int input) const {
  return input < input_count() && node_.inputs()[static_cast<std::size_t>(input)];
}

std::string OnnxExportCall::input(int input) const {
  return has(input) ? exporter_.name_of(node_.inputs()[static_cast<std::size_t>(input)]) : std::string();
}

std::string OnnxExportCall::input(int input, DType dtype) const {
  return cast(this->input(input), type(input).dtype, dtype);
}

std::string OnnxExportCall::operand(int port, DType dtype) const {
  if (has(port)) return input(port, dtype);
  const std::string& name = node_.descriptor()->inputs[static_cast<std::size_t>(port)].name;
  return options().has(name) ? number(options().real(name), dtype) : std::string();
}

std::int64_t OnnxExportCall::dim(const std::string& option, int rank) const {
  return counted_from_0(options().integer(option), rank);
}

std::vector<std::int64_t> OnnxExportCall::dims(const std::string& option, int rank) const {
  std::vector<std::int64_t> dims;
  if (options().has(option)) {
    if (options().is_integer(option))
      dims = {options().integer(option)};
    else
      dims = options().integers(option);
    for (std::int64_t& each : dims) each = counted_from_0(each, rank);
  }
  // PyTorch takes an empty list of dimensions for all of them.
  if (dims.empty()) {
    dims.resize(static_cast<std::size_t>(rank));
    std::iota(dims.begin(), dims.end(), 0);
  }
  return dims;
}

bool OnnxExportCall::has_tensor(const std::string& slot) const {
  return node_.layer()->parameter(slot) != nullptr;
}

std::string OnnxExportCall::tensor(const std::string& slot) const {
  return has_tensor(slot) ? exporter_.initializer(node_.layer()->parameter(slot)) : std::string();
}

const Shape& OnnxExportCall::tensor_shape(const std::string& slot) const {
  return node_.layer()->parameter(slot)->shape;
}

std::string OnnxExportCall::joined(const std::string& name, std::vector<std::int64_t> shape,
                                   const std::vector<Rows>& rows) const {
  OnnxWeight weight;
  for (const Rows& part : rows) {
    const ParameterPtr parameter = node_.layer()->parameter(part.slot);
    weight.rows.push_back({parameter, exporter_.key_of(parameter), part.from, part.to});
  }
  const ParameterPtr& first = weight.rows.front().parameter;
  const std::string& key = weight.rows.front().key;
  const std::string prefix = key.substr(0, key.size() - rows.front().slot.size());
  return exporter_.initializer(prefix + name, first->dtype, std::move(shape), weight);
}

std::string OnnxExportCall::integer(std::int64_t value) const {
  return exporter_.constant(DType::int64, {}, bytes_of_integers(DType::int64, {value}));
}

std::string OnnxExportCall::integers(const std::vector<std::int64_t>& values) const {
  return exporter_.constant(DType::int64, {static_cast<std::int64_t>(values.size())},
                            bytes_of_integers(DType::int64, values));
}

std::string OnnxExportCall::number(double value, DType dtype) const {
  return exporter_.constant(dtype, {}, elements_of(dtype, {value}));
}

std::string OnnxExportCall::numbers(double value, std::int64_t count, DType dtype) const {
  return numbers(std::vector<double>(static_cast<std::size_t>(count), value), {count}, dtype);
}

std::string OnnxExportCall::numbers(std::vector<double> values, std::vector<std::int64_t> shape,
                                    DType dtype) const {
  return exporter_.constant(dtype, std::move(shape), elements_of(dtype, std::move(values)));
}

std::string OnnxExportCall::size(const Dim& size) const {
  const auto name = exporter_.size(node_, size);
  if (!name) refuse(fmt::format("the size {} is told by no value that is there", size.str()));
  return *name;
}

std::string OnnxExportCall::sizes(const Shape& shape) const {
  if (known(shape)) return integers(values(shape));
  OnnxNames parts;
  for (const Dim& dim : shape) parts.push_back(size(dim));
  return parts.size() == 1 ? parts[0] : add("Concat", parts, {onnx_integer("axis", 0)});
}

std::string OnnxExportCall::add(const std::string& operation, OnnxNames inputs, OnnxGiven given) const {
  return add_all(operation, std::move(inputs), std::move(given), 1)[0];
}

OnnxNames OnnxExportCall::add_all(const std::string& operation, OnnxNames inputs, OnnxGiven given,
                                  int outputs) const {
  return exporter_.add(&node_, operation, std::move(inputs), std::move(given), outputs);
}

std::string OnnxExportCall::cast(const std::string& value, DType from, DType to) const {
  if (from == to) return value;
  return add("Cast", {value}, {onnx_integer("to", static_cast<std::int64_t>(onnx_dtype(to)))});
}

std::string OnnxExportCall::reshape(const std::string& value, const Shape& from, const Shape& to) const {
  const auto plain = reshaping(from, to);
  // Elsewhere a 0 stands for the size that the input has there.
  const bool empty = std::ranges::count(to, Dim(0)) > 0;
  if (empty) require_opset(14, "Reshape to a size of 0");
  const OnnxGiven given = empty ? OnnxGiven{onnx_integer("allowzero", 1)} : OnnxGiven{};
  return add("Reshape", {value, plain ? integers(*plain) : sizes(to)}, given);
}

std::string OnnxExportCall::transpose(const std::string& value, std::vector<std::int64_t> dims) const {
  return add("Transpose", {value}, {onnx_integers("perm", std::move(dims))});
}

std::string OnnxExportCall::unsqueeze(const std::string& value, std::vector<std::int64_t> dims) const {
  return add("Unsqueeze", {value, integers(dims)});
}

std::string OnnxExportCall::squeeze(const std::string& value, std::vector<std::int64_t> dims) const {
  return dims.empty() ? value : add("Squeeze", {value, integers(dims)});
}

std::string OnnxExportCall::reduce(const std::string& operation, const std::string& value,
                                   std::vector<std::int64_t> dims, bool keep) const {
  const OnnxAttribute keepdims = onnx_integer("keepdims", keep ? 1 : 0);
  // A scalar has no dimension to reduce.
  if (dims.empty()) return add(operation, {value}, {keepdims});
  if (opset() >= 18 || operation == "ReduceSum") return add(operation, {value, integers(dims)}, {keepdims});
  return add(operation, {value}, {onnx_integers("axes", std::move(dims)), keepdims});
}

std::string OnnxExportCall::slice(const std::string& value, std::int64_t dim, std::int64_t from,
                                  std::int64_t to, std::int64_t step) const {
  return add("Slice", {value, integers({from}), integers({to}), integers({dim}), integers({step})});
}

void OnnxExportCall::give(int output, std::string name) const {
  exporter_.give(node_, output, std::move(name));
}

}  // namespace orrery
