#include "runtime/onnx/moments.h"

#include <numeric>

#include "runtime/onnx/operands.h"

namespace orrery {

OnnxMoments onnx_moments(const OnnxCall& call, const Value& x, std::vector<std::int64_t> dims) {
  if (dims.empty()) call.refuse("it has no dimensions to take the mean over");
  const auto both =
      call.apply_all("var_mean", {x}, {{"dim", std::move(dims)}, {"unbiased", false}, {"keepdim", true}});
  return {.mean = both[1], .var = both[0]};
}

Value onnx_standardised(const OnnxCall& call, const Value& x, const OnnxMoments& moments, double eps) {
  const Value centred = call.apply("sub", {x, moments.mean});
  const Value variance = call.apply("add", {moments.var}, {{"other", eps}});
  return call.apply("mul", {centred, call.apply("rsqrt", {variance})});
}

Value onnx_scaled(const OnnxCall& call, const Value& x, const Value& scale, const Value& shift, DType like) {
  Value scaled = call.apply("mul", {x, onnx_in_dtype(call, scale, x.dtype())});
  if (shift) scaled = call.apply("add", {scaled, onnx_in_dtype(call, shift, x.dtype())});
  return onnx_in_dtype(call, scaled, like);
}

DType onnx_working_dtype(DType dtype) {
  return dtype == DType::float16 || dtype == DType::bfloat16 ? DType::float32 : dtype;
}

std::vector<std::int64_t> onnx_dims_from(std::int64_t first, int rank) {
  std::vector<std::int64_t> dims(static_cast<std::size_t>(std::max<std::int64_t>(rank - first, 0)));
  std::iota(dims.begin(), dims.end(), first);
  return dims;
}

bool is_onnx_vector(const OnnxLiteral* literal, std::int64_t count, DType dtype) {
  return literal && is_floating(dtype) && literal->dtype() == dtype &&
         literal->shape() == std::vector<std::int64_t>{count};
}

}  // namespace orrery
