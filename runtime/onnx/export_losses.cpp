#include <fmt/format.h>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

// Classes against scores or their logarithms, with a batch in front.
void export_class_loss(OnnxExportCall& call, const std::string& operation) {
  if (call.rank() < 2) OnnxExportCall::refuse("its scores have no batch");
  if (is_floating(call.type(1).dtype)) OnnxExportCall::refuse("its targets are probabilities");
  OnnxNames inputs{call.input(), call.input(1)};
  if (call.has(2))
    inputs.push_back(call.input(2));
  else if (call.node().layer() && call.has_tensor("weight"))
    inputs.push_back(call.tensor("weight"));
  call.give(call.add(operation, inputs,
                     {onnx_word("reduction", call.options().text("reduction")),
                      onnx_integer("ignore_index", call.options().integer("ignore_index"))}));
}

void export_nll_loss(OnnxExportCall& call) { export_class_loss(call, "NegativeLogLikelihoodLoss"); }

void export_cross_entropy(OnnxExportCall& call) {
  if (call.options().real("label_smoothing") != 0) OnnxExportCall::refuse("it has label_smoothing");
  export_class_loss(call, "SoftmaxCrossEntropyLoss");
}

}  // namespace

void add_exported_losses(OnnxExportTable& table) {
  table.add({"nll_loss", "NLLLoss"}, export_nll_loss);
  table.add({"cross_entropy", "CrossEntropyLoss"}, export_cross_entropy);
}

}  // namespace orrery
