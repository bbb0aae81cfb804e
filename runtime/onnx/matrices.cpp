#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

// A known matrix of real numbers can be the weight of a layer.
bool is_linear_weight(const OnnxLiteral* literal, DType dtype) {
  return literal && literal->shape().size() == 2 && literal->numel() > 0 && is_floating(dtype) &&
         literal->dtype() == dtype;
}

// y = x Wᵀ + b, with W of shape (out, in).
Value linear_layer(const OnnxCall& call, const Value& x, const OnnxLiteral& weight,
                   const std::optional<OnnxLiteral>& bias) {
  std::vector<std::pair<std::string, OnnxLiteral>> tensors = {{"weight", weight}};
  if (bias) tensors.emplace_back("bias", *bias);
  return call.layer("Linear",
                    {{"in_features", weight.shape()[1]},
                     {"out_features", weight.shape()[0]},
                     {"bias", bias.has_value()},
                     {"dtype", weight.dtype()}},
                    {x}, std::move(tensors));
}

// The row of numbers that the next node adds: so PyTorch's and TensorFlow's exporters write a layer with a
// bias whose input has more than two dimensions.
std::optional<OnnxLiteral> next_bias(const OnnxCall& call, std::int64_t outputs) {
  const OnnxNode* add = call.opset() >= 7 ? call.next("Add") : nullptr;
  if (!add || add->inputs.size() != 2) return std::nullopt;
  const bool first = add->inputs[0] == call.node().outputs[0];
  const OnnxLiteral* bias = call.literal_named(add->inputs[first ? 1 : 0]);
  if (!bias || bias->symbolic() || bias->shape().empty() || bias->dtype() != call.type(0).dtype)
    return std::nullopt;
  const bool row = bias->shape().back() == outputs && bias->numel() == outputs;
  if (!row || static_cast<int>(bias->shape().size()) > call.rank(0)) return std::nullopt;
  call.absorb(*add);
  return bias->reshaped({outputs});
}

void import_matmul(OnnxCall& call) {
  const OnnxLiteral* weight = call.literal(1);
  if (!call.literal(0) && is_linear_weight(weight, call.type(0).dtype) && call.rank(0) > 0)
    return call.give(
        linear_layer(call, call.value(0), weight->transposed(), next_bias(call, weight->shape()[1])));
  call.give(call.apply("matmul", {call.value(0), call.value(1)}));
}

struct GemmFactors {
  double alpha = 1, beta = 1;
};

// The layer's bias: a row of as many numbers as there are outputs.
std::optional<OnnxLiteral> gemm_bias(const OnnxCall& call, std::int64_t outputs, const GemmFactors& factors) {
  const OnnxLiteral* bias = call.has(2) ? call.literal(2) : nullptr;
  if (!bias || factors.alpha != 1 || factors.beta != 1) return std::nullopt;
  const auto& shape = bias->shape();
  const bool row = shape.size() == 1 || (shape.size() == 2 && shape[0] == 1);
  if (!row || bias->numel() != outputs || bias->dtype() != call.type(0).dtype) return std::nullopt;
  return bias->reshaped({outputs});
}

Value turned_matrix(const OnnxCall& call, const Value& matrix, bool turn) {
  return turn ? call.apply("transpose", {matrix}, {{"dim0", 0}, {"dim1", 1}}) : matrix;
}

// Integers are multiplied by a whole factor as integers.
Value times_gemm_factor(const OnnxCall& call, const Value& x, double factor) {
  if (factor == 1) return x;
  const auto whole = static_cast<std::int64_t>(factor);
  const bool stays = is_integral(x.dtype()) && static_cast<double>(whole) == factor;
  const AttributeValue number = stays ? AttributeValue(whole) : AttributeValue(factor);
  return onnx_in_dtype(call, call.apply("mul", {x}, {{"other", number}}), x.dtype());
}

// Y = alpha · A' · B' + beta · C
void import_gemm(OnnxCall& call) {
  const GemmFactors factors{call.real("alpha", 1), call.real("beta", 1)};
  const bool turned = call.integer("transB", 0) != 0;
  const Value a = turned_matrix(call, call.value(0), call.integer("transA", 0) != 0);
  const OnnxLiteral* weight = call.literal(1);
  std::optional<OnnxLiteral> bias;
  Value product;
  if (is_linear_weight(weight, a.dtype())) {
    const OnnxLiteral rows = turned ? *weight : weight->transposed();
    bias = gemm_bias(call, rows.shape()[0], factors);
    product = linear_layer(call, a, rows, bias);
  } else {
    product = call.apply("matmul", {a, turned_matrix(call, call.value(1), turned)});
  }
  product = times_gemm_factor(call, product, factors.alpha);
  if (bias || !call.has(2) || factors.beta == 0) return call.give(product);
  call.give(call.apply("add", {product, times_gemm_factor(call, call.value(2), factors.beta)}));
}

void import_einsum(OnnxCall& call) {
  const std::string equation = call.text("equation", "");
  if (equation.empty()) call.refuse("the attribute 'equation' is missing");
  call.give(call.apply("einsum", call.values(), {{"equation", equation}}));
}

}  // namespace

void add_onnx_matrices(OnnxOperators& table) {
  table.add("MatMul", import_matmul);
  table.add("Gemm", import_gemm);
  table.add("Einsum", import_einsum);
  table.add_alike({{"Det", "linalg_det"}});
}

}  // namespace orrery
