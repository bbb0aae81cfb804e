#include "runtime/onnx/quantised.h"

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {

OnnxSpan onnx_span(DType dtype) {
  switch (dtype) {
    case DType::int8: return {-128, 127};
    case DType::int16: return {-32768, 32767};
    case DType::int32: return {0, 65535};
    default: return {0, 255};
  }
}

Value onnx_along(const OnnxCall& call, int input, int axis, int rank) {
  const OnnxComposer make(call);
  const Value value = call.value(input);
  if (numel(value.shape()) == Dim(1)) return make.reshape(value, {});
  if (value.shape().size() != 1) return value;  // it has as many dimensions as what it meets
  return make.along(value, axis < 0 ? axis + rank : axis, rank);
}

Value onnx_less_zero(const OnnxCall& call, int input, int zero, int axis) {
  const OnnxComposer make(call);
  const Value exact = make.to(call.value(input), DType::float64);
  if (!call.has(zero)) return exact;
  return make.with("sub", exact, make.to(onnx_along(call, zero, axis, call.rank(input)), DType::float64));
}

Value onnx_rounded(const OnnxCall& call, Value reals, Value zero, DType dtype) {
  const OnnxComposer make(call);
  Value whole = call.apply("round", {reals});
  if (zero) whole = make.with("add", whole, make.to(zero, reals.dtype()));
  const OnnxSpan span = onnx_span(dtype);
  return make.to(make.clamp(whole, span.least, span.most), dtype);
}

namespace {

// A scale for each block along an axis, spread over its elements.
Value spread_blocks(const OnnxCall& call, Value blocks, std::int64_t axis, std::int64_t block,
                    const Dim& size) {
  const OnnxComposer make(call);
  const Value spread = call.apply("repeat_interleave", {blocks}, {{"repeats", block}, {"dim", axis}});
  const Dim all = spread.shape()[static_cast<std::size_t>(axis)];
  if (all == size) return spread;
  return make.slice(spread, axis, 0, make.known(size, fmt::format("the size of axis {}", axis)));
}

// A scale or a zero point of QuantizeLinear and DequantizeLinear, as it meets the input.
Value meeting(const OnnxCall& call, int input) {
  const int rank = call.rank(0);
  const std::int64_t block = call.integer("block_size", 0);
  const bool whole = numel(call.type(input).shape) == Dim(1);
  if (whole && block == 0) return onnx_along(call, input, 0, rank);
  const std::int64_t axis = call.axis(call.integer("axis", 1), rank);
  if (block == 0) return onnx_along(call, input, static_cast<int>(axis), rank);
  return spread_blocks(call, call.value(input), axis, block,
                       call.type(0).shape[static_cast<std::size_t>(axis)]);
}

DType quantised_dtype(const OnnxCall& call) {
  if (call.has(2)) return call.type(2).dtype;
  const std::int64_t wanted = call.integer("output_dtype", 0);
  if (wanted == 0) return DType::uint8;
  const auto dtype = dtype_of_onnx(static_cast<OnnxDType>(wanted));
  if (!dtype || !is_integral(*dtype))
    call.refuse(fmt::format("it rounds to {}, which Orrery does not have",
                            onnx_dtype_name(static_cast<OnnxDType>(wanted))));
  return *dtype;
}

// In float32 at least, whatever the scale is in.
void import_quantize_linear(OnnxCall& call) {
  const OnnxComposer make(call);
  const DType dtype = quantised_dtype(call);
  if (!is_integral(dtype)) call.refuse(fmt::format("its zero point is of {}", name(dtype)));
  const Value x = make.to(call.value(0), DType::float32), scale = make.to(meeting(call, 1), DType::float32);
  const Value zero = call.has(2) ? meeting(call, 2) : Value{};
  call.give(onnx_rounded(call, make.with("div", x, scale), zero, dtype));
}

// Differences are taken of whole numbers: those of 32 bits have more digits than float32.
void import_dequantize_linear(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value scale = meeting(call, 1);
  Value x = call.value(0);
  if (!is_integral(x.dtype())) call.refuse(fmt::format("it takes whole numbers, got {}", name(x.dtype())));
  if (call.has(2)) {
    const Value zero = meeting(call, 2);
    x = make.with("sub", make.to(x, DType::int32), make.to(zero, DType::int32));
  }
  call.give(make.with("mul", make.to(x, scale.dtype()), scale));
}

// The range of the elements and 0 falls into 255 steps.
void import_dynamic_quantize_linear(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0);
  const Value most = call.apply("clamp_min", {call.apply("amax", {x})}, {{"min", 0.0}});
  const Value least = call.apply("clamp_max", {call.apply("amin", {x})}, {{"max", 0.0}});
  const Value range = make.with("div", make.with("sub", most, least), 255.0);
  const Value scale = make.where(make.with("eq", range, 0.0), make.scalar(1, x.dtype()), range);
  const Value zero =
      onnx_rounded(call, call.apply("neg", {make.with("div", least, scale)}), {}, DType::uint8);
  call.give(0, onnx_rounded(call, make.with("div", x, scale), zero, DType::uint8));
  call.give(1, scale);
  call.give(2, zero);
}

}  // namespace

void add_onnx_quantised(OnnxOperators& table) {
  table.add("QuantizeLinear", import_quantize_linear);
  table.add("DequantizeLinear", import_dequantize_linear);
  table.add("DynamicQuantizeLinear", import_dynamic_quantize_linear);
  add_onnx_products(table);
}

}  // namespace orrery
