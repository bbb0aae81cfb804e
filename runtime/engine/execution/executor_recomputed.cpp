// The part of Executor that computes blocks again when the backward pass comes to them.
#include <algorithm>
#include <deque>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/execution/instead.h"
#include "runtime/engine/execution/recomputed_call.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

bool is_bound_to_a_thread(const Node& node) {
  const bool parametrized = node.layer() && !node.layer()->parametrizations().empty();
  return parametrized || (node.descriptor() && node.descriptor()->own);
}

}  // namespace

/// All that a part is computed again from, but for what it reads.
struct Executor::PartStart {
  std::shared_ptr<const RecomputedPart> part;
  RecomputedStart start;
  Mode mode;
  Symbols symbols;
  size_t slots;
  std::vector<std::pair<size_t, size_t>> loops;
};

void Executor::run_part(const std::shared_ptr<const RecomputedPart>& part, Pass& pass) {
  if (!tape_) check_threads(*part);
  for (const Step& step : part->steps)
    if (is_given(step)) run(step, pass);
  c10::GradMode::set_enabled(!tape_);
  std::vector<at::Tensor> reads;
  for (const RecomputedPart::Read& read : part->reads) {
    const at::Tensor& tensor = pass[read.slot];
    reads.push_back(read.overwritten && tensor.defined() ? tensor.clone() : tensor);
  }
  auto start =
      std::make_shared<const PartStart>(PartStart{part, RecomputedStart(engine_, *part, devices_of(*part)),
                                                  pass.mode, symbols_, pass.slots.size(), pass.loops});
  pass.part = part.get();
  run_members(*part, pass);
  pass.part = nullptr;
  tape_ ? note_part(std::move(start), std::move(reads))
        : record_part(std::move(start), std::move(reads), pass);
}

void Executor::run_members(const RecomputedPart& part, Pass& pass) {
  for (size_t i = 0; i < part.steps.size();)
    i += is_given(part.steps[i]) ? 1 : run_at(part.first + i, part.steps[i], pass);
}

// Autograd has recorded the step as it always does, since some kernels give other last digits where it does
// not (LSTM); it keeps nothing when the results let go of it.
void Executor::drop(const Node& node, std::vector<at::Tensor>& outputs) {
  if (tape_) {
    if (tape_->has(node)) tape_->drop(node);
    return;
  }
  for (at::Tensor& output : outputs)
    if (output.defined()) output = output.detach();
}

// LibTorch goes backward through a device's work on a thread of its own, where Lua cannot be called and the
// engine's turn is another's.
void Executor::check_threads(const RecomputedPart& part) const {
  for (const Node* node : part.nodes)
    if (!placement_.of(*node).is_cpu() && is_bound_to_a_thread(*node))
      throw Error(Fault::usage,
                  fmt::format("block '{}' cannot be recomputed under autograd: {} ({}) is {}, which "
                              "autograd's thread of {} cannot compute",
                              part.block->path(), node->path(), node->operation(),
                              node->layer() ? "parametrized" : "no operation of Orrery's own table",
                              placement_.of(*node).str()),
                  node->origin().site,
                  "Take the mark back, block:recompute(false), or mark blocks without it.");
}

std::vector<at::Device> Executor::devices_of(const RecomputedPart& part) const {
  std::vector<at::Device> devices = {at::kCPU};
  for (const Node* node : part.nodes)
    if (std::ranges::find(devices, placement_.of(*node)) == devices.end())
      devices.push_back(placement_.of(*node));
  return devices;
}

// The segments have their results from the first time; what else they hold is computed again.
void Executor::note_part(std::shared_ptr<const PartStart> start, std::vector<at::Tensor> reads) {
  const RecomputedPart& part = *start->part;
  if (std::ranges::none_of(part.nodes, [&](const Node* node) { return tape_->has(*node); })) return;
  for (size_t i = part.first; lowered_ && i < part.end(); ++i)
    if (Segment* const segment = lowered_->of_step(i)) segment->release();
  tape_->set_again(part, [this, tape = tape_, start = std::move(start), reads = std::move(reads)] {
    std::vector<at::Tensor> inputs;
    for (const std::vector<size_t>& uses : start->part->uses)
      for (const size_t use : uses) {
        const bool own = start->part->reads[use].overwritten && reads[use].defined();
        inputs.push_back(own ? reads[use].clone() : reads[use]);
      }
    run_again(*start, inputs, {}, tape);
  });
}

void Executor::record_part(std::shared_ptr<const PartStart> start, std::vector<at::Tensor> reads,
                           Pass& pass) {
  const RecomputedPart& part = *start->part;
  RecomputedCall call{.reads = std::move(reads)};
  for (const RecomputedPart::Read& read : part.reads) call.overwritten.push_back(read.overwritten);
  for (const std::vector<size_t>& uses : part.uses)
    call.uses.insert(call.uses.end(), uses.begin(), uses.end());
  for (const std::vector<size_t>& weights : part.weights)
    call.weights.insert(call.weights.end(), weights.begin(), weights.end());
  for (const ParameterPtr& parameter : part.parameters) call.parameters.push_back(engine_.tensor(parameter));
  for (const RecomputedPart::Given& given : part.gives) {
    call.gives.push_back(std::exchange(pass[given.slot], {}));
    call.recorded.push_back(given.recorded);
  }
  call.again = [self = self_, start](const std::vector<at::Tensor>& inputs,
                                     const std::vector<at::Tensor>& weights) {
    check(*self != nullptr, Fault::run,
          "block '{}' is to be recomputed for its gradient, but the manager that computed it is gone",
          start->part->block->path());
    return (*self)->run_again(*start, inputs, weights, nullptr);
  };
  std::vector<at::Tensor> gives = record_recomputed(std::move(call));
  for (size_t i = 0; i < gives.size(); ++i) pass[part.gives[i].slot] = std::move(gives[i]);
}

// `inputs` and `weights`: beside the uses, step by step; without weights the layers have their own. A
// segment's steps are computed together.
std::vector<at::Tensor> Executor::run_again(const PartStart& start, const std::vector<at::Tensor>& inputs,
                                            const std::vector<at::Tensor>& weights, Tape* tape) {
  const RecomputedPart& part = *start.part;
  const c10::AutoGradMode keep_mode(c10::GradMode::is_enabled());
  const Precision::Scope precision(precision_, device_.type());
  const RecomputedStart::Again again(start.start);
  const Instead symbols(symbols_, start.symbols);
  const Instead of_tape(tape_, tape);
  const Instead<const LoweredPlan*> lowered(lowered_, tape ? tape->lowered() : nullptr);
  const Batch none;
  Pass pass{.batch = none,
            .mode = start.mode,
            .slots = std::vector<at::Tensor>(start.slots),
            .loops = start.loops,
            .part = &part,
            .again = true};
  auto input = inputs.begin(), weight = weights.begin();
  for (size_t i = 0; i < part.steps.size();) {
    const Segment* const segment = lowered_ ? lowered_->of_step(part.first + i) : nullptr;
    const size_t end = i + (segment ? segment->spec().steps.size() : 1);
    for (size_t s = i; s < end; ++s)
      for (const size_t use : part.uses[s]) pass[part.reads[use].slot] = *input++;
    std::deque<Instead<std::shared_ptr<TensorBox>>> lent;
    for (size_t w = 0; w < part.weights[i].size() && !weights.empty(); ++w)
      lent.emplace_back(part.parameters[part.weights[i][w]]->data, boxed(*weight++));
    if (!is_given(part.steps[i])) run_at(part.first + i, part.steps[i], pass);
    i = end;
  }
  std::vector<at::Tensor> gives;
  for (const RecomputedPart::Given& given : part.gives) gives.push_back(pass[given.slot]);
  return gives;
}

}  // namespace orrery
