#include "runtime/onnx/composer.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/onnx/operands.h"

namespace orrery {

Value OnnxComposer::with(const std::string& operation, Value a, AttributeValue number) const {
  return call_.apply(operation, {a}, {{"other", std::move(number)}});
}

Value OnnxComposer::clamp(Value x, double least, double most) const {
  return call_.apply("clamp", {x}, {{"min", least}, {"max", most}});
}

Value OnnxComposer::to(Value x, DType dtype) const { return onnx_in_dtype(call_, x, dtype); }

Value OnnxComposer::reshape(Value x, Shape shape) const { return onnx_in_shape(call_, x, std::move(shape)); }

Value OnnxComposer::permute(Value x, std::vector<std::int64_t> dims) const {
  bool same = dims.size() == x.shape().size();
  for (std::size_t i = 0; i < dims.size(); ++i) same = same && dims[i] == static_cast<std::int64_t>(i);
  return same ? x : call_.apply("permute", {x}, {{"dims", std::move(dims)}});
}

Value OnnxComposer::expand(Value x, Shape size) const {
  return x.shape() == size ? x : call_.apply("expand", {x}, {{"size", std::move(size)}});
}

Value OnnxComposer::select(Value x, std::int64_t dim, std::int64_t index) const {
  return call_.apply("select", {x}, {{"dim", dim}, {"index", index}});
}

Value OnnxComposer::slice(Value x, std::int64_t dim, std::int64_t start, std::int64_t end) const {
  if (start == 0 && end == 0) return x;
  OnnxOptions options = {{"dim", dim}};
  if (start != 0) options.emplace_back("start", start);
  if (end != 0) options.emplace_back("end", end);
  return call_.apply("slice", {x}, std::move(options));
}

Value OnnxComposer::cat(const std::vector<Value>& parts, std::int64_t dim) const {
  return parts.size() == 1 ? parts[0] : call_.apply("cat", parts, {{"dim", dim}});
}

Value OnnxComposer::stack(const std::vector<Value>& parts, std::int64_t dim) const {
  return parts.size() == 1 ? unsqueeze(parts[0], dim) : call_.apply("stack", parts, {{"dim", dim}});
}

Value OnnxComposer::pad(Value x, const std::vector<std::int64_t>& before,
                        const std::vector<std::int64_t>& behind, AttributeValue number) const {
  std::vector<std::int64_t> widths;
  for (std::size_t i = before.size(); i-- > 0;) widths.insert(widths.end(), {before[i], behind[i]});
  while (widths.size() > 1 && widths.back() == 0 && widths[widths.size() - 2] == 0)
    widths.resize(widths.size() - 2);
  if (widths.empty()) return x;
  OnnxOptions options = {{"pad", widths}};
  const bool zero = number == AttributeValue(std::int64_t{0}) || number == AttributeValue(0.0);
  if (!zero) options.emplace_back("value", std::move(number));
  return call_.apply("pad", {x}, std::move(options));
}

Value OnnxComposer::along(Value vector, std::int64_t dim, int rank) const {
  Shape shape(static_cast<std::size_t>(rank), Dim(1));
  shape[static_cast<std::size_t>(dim)] = numel(vector.shape());
  return reshape(vector, shape);
}

Value OnnxComposer::filled(Shape size, AttributeValue number, DType dtype) const {
  return call_.apply("full", {},
                     {{"size", std::move(size)}, {"fill_value", std::move(number)}, {"dtype", dtype}});
}

Value OnnxComposer::scalar(double number, DType dtype) const {
  if (is_floating(dtype)) return reals({}, {number}, dtype);
  return call_.constant(OnnxLiteral(dtype, {}, std::vector<Dim>{static_cast<std::int64_t>(number)}));
}

Value OnnxComposer::integers(const std::vector<std::int64_t>& elements) const {
  return call_.constant(OnnxLiteral(DType::int64, {static_cast<std::int64_t>(elements.size())},
                                    std::vector<Dim>(elements.begin(), elements.end())));
}

Value OnnxComposer::reals(std::vector<std::int64_t> shape, std::vector<double> elements, DType dtype) const {
  return call_.constant(OnnxLiteral(dtype, std::move(shape), std::move(elements)));
}

Value OnnxComposer::wrapped(Value index, const Dim& size) const {
  const bool unsigned_bytes = index.dtype() == DType::uint8;
  index = to(index, DType::int64);
  if (unsigned_bytes) return index;
  // A size that only the data tell is one more than the last place in it.
  const Value from_end =
      size.known() ? with("add", index, size.value())
                   : with("add", index, with("add", call_.apply("amax", {arange(size)}), std::int64_t{1}));
  return where(with("lt", index, std::int64_t{0}), from_end, index);
}

Value OnnxComposer::indices(int input, const Dim& size) const {
  const OnnxLiteral* literal = call_.literal(input);
  if (!literal || literal->symbolic() || !literal->small()) return wrapped(call_.value(input), size);
  std::vector<Dim> elements;
  bool negative = false;
  for (const std::int64_t index : literal->integers()) {
    negative = negative || index < 0;
    elements.push_back(index < 0 && size.known() ? Dim(index + size.value()) : Dim(index));
  }
  if (negative && !size.known()) return wrapped(call_.value(input), size);
  return call_.constant(OnnxLiteral(DType::int64, literal->shape(), std::move(elements)));
}

std::int64_t OnnxComposer::known(const Dim& size, const std::string& what) const {
  if (!size.known())
    call_.refuse(fmt::format("{} is {}, which only the data tell", what, size.str()),
                 "Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
  return size.value();
}

std::string onnx_axis_word(std::size_t axis, std::size_t axes) {
  static const char* const kWords[] = {"depth", "height", "width"};
  if (axes == 1) return "the length";
  return axes <= 3 ? fmt::format("the {}", kWords[3 - axes + axis]) : fmt::format("axis {}", axis + 2);
}

}  // namespace orrery
