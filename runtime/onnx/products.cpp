// Products of whole numbers: matrices and convolutions, as they are or rounded to whole numbers again.
#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"
#include "runtime/onnx/quantised.h"
#include "runtime/onnx/windows.h"

namespace orrery {
namespace {

// A zero point of each row of the left matrix, or of each column of the right one.
constexpr int kRows = -2, kColumns = -1;

void import_mat_mul_integer(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value product =
      make.with("matmul", onnx_less_zero(call, 0, 2, kRows), onnx_less_zero(call, 1, 3, kColumns));
  call.give(make.to(product, DType::int32));
}

// What one step of the sum is worth in steps of the output: scales at three places of the inputs.
struct Scales {
  Value left, right, result;
};

Value rescaled(const OnnxCall& call, Value sum, const Scales& scales, int zero) {
  const OnnxComposer make(call);
  const Value product =
      make.with("mul", make.to(scales.left, DType::float32), make.to(scales.right, DType::float32));
  const Value factor = make.with("div", product, make.to(scales.result, DType::float32));
  const Value reals = make.with("mul", make.to(sum, DType::float32), factor);
  return onnx_rounded(call, reals, make.reshape(call.value(zero), {}), call.type(zero).dtype);
}

void import_q_linear_mat_mul(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value left = onnx_less_zero(call, 0, 2, kRows), right = onnx_less_zero(call, 3, 5, kColumns);
  const Scales scales{onnx_along(call, 1, kRows, call.rank(0)), onnx_along(call, 4, kColumns, call.rank(3)),
                      onnx_along(call, 6, kRows, call.rank(0))};
  call.give(rescaled(call, make.with("matmul", left, right), scales, 7));
}

std::vector<std::int64_t> kernel_of(const OnnxCall& call, int weight) {
  const Shape shape = call.type(weight).shape;
  std::vector<std::int64_t> kernel;
  for (std::size_t i = 2; i < shape.size(); ++i)
    kernel.push_back(OnnxComposer(call).known(shape[i], "a size of the kernel"));
  return kernel;
}

// The border holds the zero point: 0 once that is taken away.
void import_conv_integer(OnnxCall& call) {
  const OnnxWindow window = onnx_window(call, call.type(0).shape, kernel_of(call, 1));
  const Value sum =
      onnx_convolved(call, onnx_less_zero(call, 0, 2, 1), onnx_less_zero(call, 1, 3, 0), {}, window);
  call.give(OnnxComposer(call).to(sum, DType::int32));
}

void import_q_linear_conv(OnnxCall& call) {
  const OnnxComposer make(call);
  const int rank = call.rank(0);
  const OnnxWindow window = onnx_window(call, call.type(0).shape, kernel_of(call, 3));
  const Value bias = call.has(8) ? make.to(call.value(8), DType::float64) : Value{};
  const Value sum =
      onnx_convolved(call, onnx_less_zero(call, 0, 2, 1), onnx_less_zero(call, 3, 5, 0), bias, window);
  const Scales scales{onnx_along(call, 1, 1, rank), onnx_along(call, 4, 1, rank),
                      onnx_along(call, 6, 1, rank)};
  call.give(rescaled(call, sum, scales, 7));
}

}  // namespace

void add_onnx_products(OnnxOperators& table) {
  table.add("MatMulInteger", import_mat_mul_integer);
  table.add("QLinearMatMul", import_q_linear_mat_mul);
  table.add("ConvInteger", import_conv_integer);
  table.add("QLinearConv", import_q_linear_conv);
}

}  // namespace orrery
