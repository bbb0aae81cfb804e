#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

// Scores or log probabilities, labels and perhaps weights of classes. Labels are int64 here, int32 too in
// ONNX.
std::vector<Value> loss_inputs(const OnnxCall& call, const Value& scores) {
  std::vector<Value> inputs = {scores, onnx_in_dtype(call, call.value(1), DType::int64)};
  if (call.has(2)) inputs.push_back(onnx_in_dtype(call, call.value(2), scores.dtype()));
  return inputs;
}

OnnxOptions loss_options(const OnnxCall& call) {
  const std::string reduction = call.text("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    call.refuse("the attribute 'reduction' must be none, sum or mean, got '" + reduction + "'");
  OnnxOptions options = {{"reduction", reduction}};
  if (call.given("ignore_index")) options.emplace_back("ignore_index", call.integer("ignore_index"));
  return options;
}

void import_nll_loss(OnnxCall& call) {
  call.give(call.apply("nll_loss", loss_inputs(call, call.value(0)), loss_options(call)));
}

void import_softmax_cross_entropy(OnnxCall& call) {
  const Value scores = call.value(0);
  if (!call.wants(1))
    return call.give(call.apply("cross_entropy", loss_inputs(call, scores), loss_options(call)));
  const Value log_prob = call.apply("log_softmax", {scores}, {{"dim", 1}});
  call.give(0, call.apply("nll_loss", loss_inputs(call, log_prob), loss_options(call)));
  call.give(1, log_prob);
}

}  // namespace

void add_onnx_losses(OnnxOperators& table) {
  table.add("NegativeLogLikelihoodLoss", import_nll_loss);
  table.add("SoftmaxCrossEntropyLoss", import_softmax_cross_entropy);
}

}  // namespace orrery
