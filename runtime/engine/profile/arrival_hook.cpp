#include "runtime/engine/profile/arrival_hook.h"

#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/function_hook.h>

namespace orrery {
namespace {

// Runs before a recorded function's derivative; passes the gradients on untouched.
struct ArrivalHook : torch::autograd::FunctionPreHook {
  ArrivalHook(std::shared_ptr<ArrivalListener> told, std::int64_t of_step, int at_node)
      : listener(std::move(told)), step(of_step), node(at_node) {}

  torch::autograd::variable_list operator()(const torch::autograd::variable_list& gradients) override {
    listener->gradients_arrive(step, node, gradients);
    return gradients;
  }

  std::shared_ptr<ArrivalListener> listener;
  std::int64_t step;
  int node;
};

bool shares_function(std::span<const at::Tensor> tensors,
                     const std::shared_ptr<torch::autograd::Node>& function) {
  for (const at::Tensor& tensor : tensors) {
    if (tensor.defined() && tensor.grad_fn() == function) return true;
  }
  return false;
}

}  // namespace

void await_gradients(const std::shared_ptr<ArrivalListener>& listener, std::int64_t step, int node,
                     std::span<const at::Tensor> inputs, std::span<const at::Tensor> outputs) {
  for (const at::Tensor& output : outputs) {
    if (!output.defined() || !output.grad_fn()) continue;
    const std::shared_ptr<torch::autograd::Node> function = output.grad_fn();
    if (!shares_function(inputs, function))
      function->add_pre_hook(std::make_unique<ArrivalHook>(listener, step, node));
  }
}

}  // namespace orrery
