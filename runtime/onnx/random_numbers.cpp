// Random numbers: drawn by Orrery's own generators, which a run seeds, so that `seed` is not read.
#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

// The dtype that the node tells, else `usual`.
DType drawn_dtype(const OnnxCall& call, DType usual) {
  const DType dtype =
      call.given("dtype")
          ? dtype_of_onnx(static_cast<OnnxDType>(call.integer("dtype"))).value_or(DType::boolean)
          : usual;
  if (!is_floating(dtype)) call.refuse("it draws numbers that are no real ones");
  return dtype;
}

// Of the sizes that `shape` tells, or of those that the input has.
Value drawn(const OnnxCall& call, const std::string& operation) {
  if (call.input_count() == 0)
    return call.apply(
        operation, {},
        {{"size", shape_of(call.integers("shape"))}, {"dtype", drawn_dtype(call, DType::float32)}});
  const TensorType like = call.type(0);
  const DType dtype = drawn_dtype(call, is_floating(like.dtype) ? like.dtype : DType::float32);
  return call.apply(operation, {}, {{"size", like.shape}, {"dtype", dtype}});
}

Value scaled(const OnnxCall& call, Value x, double factor, double shift) {
  const OnnxComposer make(call);
  if (factor != 1) x = make.with("mul", x, factor);
  return shift == 0 ? x : make.with("add", x, shift);
}

void import_normal(OnnxCall& call) {
  call.give(scaled(call, drawn(call, "randn"), call.real("scale", 1.0), call.real("mean", 0.0)));
}

void import_uniform(OnnxCall& call) {
  const double low = call.real("low", 0.0), high = call.real("high", 1.0);
  call.give(scaled(call, drawn(call, "rand"), high - low, low));
}

DType result_dtype(const OnnxCall& call, DType usual) {
  if (!call.given("dtype")) return usual;
  const auto number = static_cast<OnnxDType>(call.integer("dtype"));
  const auto dtype = dtype_of_onnx(number);
  if (!dtype) call.refuse(fmt::format("it gives {}, which Orrery does not have", onnx_dtype_name(number)));
  return *dtype;
}

void import_bernoulli(OnnxCall& call) {
  const Value x = call.value(0);
  call.give(OnnxComposer(call).to(call.apply("bernoulli", {x}), result_dtype(call, x.dtype())));
}

// The input holds logarithms of weights.
void import_multinomial(OnnxCall& call) {
  const Value chances = call.apply("softmax", {call.value(0)}, {{"dim", std::int64_t{-1}}});
  const Value drawn = call.apply("multinomial", {chances},
                                 {{"num_samples", call.integer("sample_size", 1)}, {"replacement", true}});
  call.give(OnnxComposer(call).to(drawn, result_dtype(call, DType::int32)));
}

}  // namespace

void add_onnx_random(OnnxOperators& table) {
  for (const char* name : {"RandomNormal", "RandomNormalLike"}) table.add(name, import_normal);
  for (const char* name : {"RandomUniform", "RandomUniformLike"}) table.add(name, import_uniform);
  table.add("Bernoulli", import_bernoulli);
  table.add("Multinomial", import_multinomial);
}

}  // namespace orrery
