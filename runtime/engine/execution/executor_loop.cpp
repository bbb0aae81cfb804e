// The part of Executor that runs the bodies of loops.
#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/execution/instead.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/engine/torch_error.h"

namespace orrery {

// One `unbind` and not many `select`: the derivative of each of those would be as large as all together.
std::vector<std::vector<at::Tensor>> Executor::cut(const LoopSteps& loop, const Pass& pass) {
  const Node& node = *loop.begin.node;
  const std::vector<at::Tensor> inputs = pass.at(loop.begin.inputs);
  check_guards(node, symbols_);
  c10::GradMode::set_enabled(loop.begin.records);
  begin(node, pass);
  std::vector<std::vector<at::Tensor>> slices;
  std::vector<at::Tensor> first;
  for (size_t i = loop.carries; i < inputs.size(); ++i) {
    slices.push_back(at::unbind(inputs[i], 0));
    if (!slices.back().empty()) first.push_back(slices.back().front());
    invariant(slices.back().size() == slices.front().size(), "a loop over values of several lengths");
  }
  // All slices of a value share storage and derivative: the first stands for them.
  end(loop.begin, inputs, first, pass);
  return slices;
}

at::Tensor Executor::stacked(const Step& step, size_t output, const std::vector<at::Tensor>& parts) {
  if (!parts.empty()) return at::stack(parts);
  const TensorType& type = step.node->outputs()[output];
  std::vector<std::int64_t> sizes;
  for (const Dim& dim : type.shape) sizes.push_back(dim.evaluate(symbols_).value_or(0));
  sizes[0] = 0;
  return at::empty(sizes, at::TensorOptions(scalar_type(type.dtype)).device(device_));
}

// Its steps lie in a list of their own, of which the plan's segments and notes know nothing.
std::vector<at::Tensor> Executor::run_loop(const Step& step, Pass& pass) {
  const Instead<const LoweredPlan*> lowered(lowered_, nullptr);
  return tape_ && tape_->has(*step.node) ? record_loop(step, pass) : run_turns(step, pass);
}

// What the steps read from outside is itself again for those that read it behind the loop.
std::vector<at::Tensor> Executor::record_loop(const Step& step, Pass& pass) {
  const std::vector<int>& reads = step.reads();
  const auto put = [&](const std::vector<at::Tensor>& tensors) {
    for (size_t i = 0; i < reads.size(); ++i) pass[reads[i]] = tensors[i];
  };
  Tape& tape = *tape_;
  const Instead<Tape*> by_autograd(tape_, nullptr);
  const std::vector<at::Tensor> outside = pass.at(reads);
  std::vector<at::Tensor> results = tape.record(step, outside, [&](const std::vector<at::Tensor>& leaves) {
    put(leaves);
    return run_turns(step, pass);
  });
  put(outside);
  if (pass.drops()) tape.drop(*step.node);
  return results;
}

std::vector<at::Tensor> Executor::run_turns(const Step& step, Pass& pass) {
  const LoopSteps& loop = *step.loop;
  std::vector<at::Tensor> carry = pass.at(loop.begin.inputs);
  const std::vector<std::vector<at::Tensor>> slices = cut(loop, pass);
  carry.resize(loop.carries);
  const size_t length = slices.front().size();
  std::vector<std::vector<at::Tensor>> parts(loop.stacked.size(), std::vector<at::Tensor>(length));
  const bool reverse = step.node->attributes().boolean("reverse");
  pass.loops.emplace_back(0, length);
  for (size_t i = 0; i < length; ++i) {
    pass.loops.back().first = i;
    const size_t at = reverse ? length - 1 - i : i;
    auto slot = pass.slots.begin() + loop.begin.outputs + 1;
    slot = std::move(carry.begin(), carry.end(), slot);
    for (const auto& cut : slices) *slot++ = cut[at];
    run(loop.body, loop.recomputed, pass);
    carry = pass.at(loop.next);
    const std::vector<at::Tensor> made = pass.at(loop.stacked);
    for (size_t y = 0; y < made.size(); ++y) parts[y][at] = made[y];
  }
  pass.loops.pop_back();
  const Node& node = *step.node;
  c10::GradMode::set_enabled(step.records);
  try {
    begin(node, pass);
    for (size_t y = 0; y < parts.size(); ++y) carry.push_back(stacked(step, loop.carries + y, parts[y]));
    end(step, pass.at(step.inputs), carry, pass);
    return carry;
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(), fmt::format("{} ({}) failed", node.path(), node.operation()),
                     node.origin().site);
  }
}

}  // namespace orrery
