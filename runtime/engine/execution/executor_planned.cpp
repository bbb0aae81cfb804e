// The part of Executor that goes by the static plan: its tapes, and the segments that its steps are lowered
// to.
#include <exception>
#include <utility>

#include <c10/core/GradMode.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/execution/step_failure.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/engine/torch_error.h"

namespace orrery {

void Executor::set_objectives(std::vector<Objective> objectives, GradientEngine engine) {
  objectives_ = std::move(objectives);
  gradient_engine_ = engine;
  tapes_.clear();
  tape_ = nullptr;
  due_.clear();
  for (size_t i = 0; i < objectives_.size(); ++i) due_.push_back(i);
}

std::string Executor::unplanned() const {
  if (gradient_engine_ == GradientEngine::autograd) return "autograd was asked for";
  if (precision_.mixed()) return "mixed precision casts within operations";
  if (!placement_.single()) return "blocks lie on several devices";
  const Node* input = graph_.input_node();
  if (input && !input->trained_fields().empty()) return "the input itself is trained";
  return {};
}

std::string Executor::unlowered() const { return watch_ ? "detect_nan looks at every value" : ""; }

Tape* Executor::tape_for(const Plan& plan, Mode mode) {
  if (tape_) std::exchange(tape_, nullptr)->clear();
  if (!mode.gradients || objectives_.empty() || due_.empty()) return nullptr;
  if (const std::string reason = unplanned(); !reason.empty()) {
    check(gradient_engine_ != GradientEngine::plan, Fault::usage,
          "engine = \"plan\" cannot train graph '{}': {}", graph_.name(), reason);
    return nullptr;
  }
  const auto found = tapes_.find(due_);
  if (found != tapes_.end() && found->second.fits()) return &found->second;
  if (found != tapes_.end()) tapes_.erase(found);
  std::vector<Objective> asked;
  for (const size_t i : due_) asked.push_back(objectives_[i]);
  return &tapes_.try_emplace(due_, engine_, plan, asked).first->second;
}

const LoweredPlan* Executor::lowered_for(const Plan& plan, Mode mode) {
  if (!lowering_ || !plan.passes.has(PlanPass::lowering) || !unlowered().empty()) return nullptr;
  if (!device_.is_cpu() || (!tape_ && (mode.gradients || !unplanned().empty()))) return nullptr;
  const int lanes = side_by_side_ ? engine_.threads() : 1;
  try {
    if (!tape_)
      return &evaluations_.of(signature_, plan, symbols_, {}, {mode.training, keeps_weights_, lanes});
    tape_->lower(signature_, symbols_, {.training = mode.training, .lanes = lanes});
    return tape_->lowered();
  } catch (const std::exception&) {
    const LoweredPlans& plans = tape_ ? tape_->lowered_plans() : evaluations_;
    if (!plans.latest() || !plans.latest()->largest()) throw;
    const Node& node = plans.latest()->largest()->at();
    rethrow_as_error(std::current_exception(), failure_of(node, as_declared(node, symbols_), {}),
                     node.origin().site);
  }
}

// Gives how many steps it stands for.
size_t Executor::run_segment(Segment& segment, Pass& pass) {
  stop_if_asked(pass);
  c10::GradMode::set_enabled(false);
  std::vector<at::Tensor> outputs;
  try {
    for (const Step* step : segment.spec().steps)
      if (step->batch_norm) batch_norms_.refresh(engine_, *step);
    if (pass.again && sink_) sink_->begin_again(*segment.spec().steps.front()->node);
    outputs = segment.forward(pass.at(segment.inputs()), leaves_of(engine_, segment.parameters()),
                              pass.again ? nullptr : sink_);
    if (pass.again && sink_) sink_->end_again(*segment.spec().steps.front()->node, {}, {}, false);
  } catch (const RuleBroken& broken) {
    throw CheckError({finding_of(broken, segment.at())});
  } catch (const std::exception&) {
    const Node& node = segment.at();
    rethrow_of(node, failure_of(node, as_declared(node, symbols_), pass.loops));
  }
  const SegmentSpec& spec = segment.spec();
  for (size_t i = 0; i < outputs.size(); ++i)
    pass.slots[static_cast<size_t>(spec.read_outside[i])] = std::move(outputs[i]);
  for (const Step* step : spec.steps)
    for (const int slot : step->release) pass.slots[static_cast<size_t>(slot)].reset();
  return spec.steps.size();
}

}  // namespace orrery
