// Range, EyeLike and the windows of signals.
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

// Whole numbers may be sizes that only the data tell; those of known numbers are worked out.
void import_range(OnnxCall& call) {
  const DType dtype = call.type(0).dtype;
  if (is_integral(dtype)) {
    const Dim start = call.dims(0).at(0), end = call.dims(1).at(0);
    const std::int64_t step = call.integer(2);
    if (step == 0) call.refuse("its step is 0");
    return call.give(call.apply("arange", {}, {{"range", Shape{start, end, step}}, {"dtype", dtype}}));
  }
  const double start = call.real(0), end = call.real(1), step = call.real(2);
  if (step == 0) call.refuse("its step is 0");
  const double count = std::max(std::ceil((end - start) / step), 0.0);
  if (!(count <= static_cast<double>(OnnxLiteral::kMostElements)))
    call.refuse(fmt::format("it goes from {} to {} by {}", start, end, step));
  std::vector<double> numbers;
  for (double i = 0; i < count; ++i) numbers.push_back(start + i * step);
  call.give(OnnxLiteral(dtype, {static_cast<std::int64_t>(numbers.size())}, numbers));
}

DType wanted_dtype(const OnnxCall& call, const char* attribute, DType usual) {
  if (!call.given(attribute)) return usual;
  const auto number = static_cast<OnnxDType>(call.integer(attribute));
  const auto dtype = dtype_of_onnx(number);
  if (!dtype) call.refuse(fmt::format("it gives {}, which Orrery does not have", onnx_dtype_name(number)));
  return *dtype;
}

// Ones on the diagonal `k`: rows are compared with columns.
void import_eye_like(OnnxCall& call) {
  const OnnxComposer make(call);
  const Shape shape = call.type(0).shape;
  if (shape.size() != 2) call.refuse(fmt::format("it takes a matrix, got {}", str(shape)));
  const DType dtype = wanted_dtype(call, "dtype", call.type(0).dtype);
  const std::int64_t diagonal = call.integer("k", 0);
  if (diagonal == 0)
    return call.give(
        call.apply("eye", {}, {{"n", Shape{shape[0]}}, {"m", Shape{shape[1]}}, {"dtype", dtype}}));
  const Value rows = make.with("add", make.unsqueeze(make.arange(shape[0]), 1), diagonal);
  call.give(make.to(make.with("eq", rows, make.arange(shape[1])), dtype));
}

// a0 - a1 cos(2πn/N) + a2 cos(4πn/N); a periodic window is one longer, of which the last element is left out.
template <int Window>
void import_window(OnnxCall& call) {
  constexpr double kTerms[][3] = {{0.5, 0.5, 0}, {25.0 / 46, 21.0 / 46, 0}, {0.42, 0.5, 0.08}};
  const auto& [a0, a1, a2] = kTerms[Window];
  const DType dtype = wanted_dtype(call, "output_datatype", DType::float32);
  if (!is_floating(dtype)) call.refuse(fmt::format("its window is of {}", name(dtype)));
  const std::int64_t size = call.integer(0);
  if (size < 0 || size > OnnxLiteral::kMostElements)
    call.refuse(fmt::format("its window has {} elements", size));
  const bool periodic = call.integer("periodic", 1) != 0;
  const double length = static_cast<double>(periodic ? size : size - 1);
  std::vector<double> elements;
  for (std::int64_t n = 0; n < size; ++n) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(n) / length;
    elements.push_back(size == 1 ? 1 : a0 - a1 * std::cos(angle) + a2 * std::cos(2 * angle));
  }
  call.give(OnnxLiteral(dtype, {size}, elements));
}

}  // namespace

void add_onnx_creation(OnnxOperators& table) {
  table.add("Range", import_range);
  table.add("EyeLike", import_eye_like);
  table.add("HannWindow", import_window<0>);
  table.add("HammingWindow", import_window<1>);
  table.add("BlackmanWindow", import_window<2>);
  add_onnx_random(table);
}

}  // namespace orrery
