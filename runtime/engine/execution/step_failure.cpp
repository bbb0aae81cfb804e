#include "runtime/engine/execution/step_failure.h"

#include <exception>

#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

std::string shapes_of(const std::vector<at::Tensor>& tensors) {
  std::string text;
  for (const at::Tensor& tensor : tensors) {
    if (!tensor.defined()) continue;
    const TensorType type = type_of(tensor);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", str(type.shape), name(type.dtype));
  }
  return text;
}

}  // namespace

std::string failure_of(const Node& node, const std::vector<at::Tensor>& inputs,
                       const std::vector<std::pair<size_t, size_t>>& loops) {
  const std::string shapes = shapes_of(inputs);
  std::string text =
      fmt::format("{} ({}) failed{}", node.path(), node.operation(), shapes.empty() ? "" : " on " + shapes);
  for (const auto& [at, length] : loops)
    text += fmt::format("{} step {} of {}", &loops.front().first == &at ? " in" : ",", at + 1, length);
  return text;
}

std::vector<at::Tensor> as_declared(const Node& node, const Symbols& symbols) {
  std::vector<at::Tensor> tensors;
  for (const Value& input : node.inputs()) {
    if (!input) continue;
    std::vector<std::int64_t> sizes;
    for (const Dim& dim : input.shape()) sizes.push_back(dim.evaluate(symbols).value_or(0));
    tensors.push_back(at::empty(sizes, at::TensorOptions(scalar_type(input.dtype())).device(at::kMeta)));
  }
  return tensors;
}

void rethrow_of(const Node& node, const std::string& failure) {
  try {
    throw;
  } catch (const Error& error) {
    if (error.fault() != Fault::run || error.site().known()) throw;
    throw Error(Fault::run, failure + ": " + error.message(), node.origin().site, error.remedy());
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(), failure, node.origin().site);
  }
}

}  // namespace orrery
