#include "runtime/engine/execution/tape.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/execution/recomputed.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

// Nobody else may see the tensor, so that it may be added to in place.
bool is_own(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.storage().use_count() == 1 &&
         tensor.is_non_overlapping_and_dense();
}

// A failure leaves the sum as it was.
void add_to(at::Tensor& sum, at::Tensor gradient, UpdateSink* updates) {
  if (!gradient.defined()) return;
  if (!sum.defined())
    sum = std::move(gradient);
  else
    twice(updates, [&] { is_own(sum) ? (void)sum.add_(gradient) : (void)(sum = sum + gradient); });
}

bool any_is_among(std::span<const at::Tensor> tensors, std::span<const at::Tensor> others) {
  return std::ranges::any_of(tensors, [&](const at::Tensor& tensor) {
    return tensor.defined() &&
           std::ranges::any_of(others, [&](const at::Tensor& other) { return other.is_same(tensor); });
  });
}

bool is_among(const std::vector<ParameterPtr>& parameters, const ParameterPtr& one) {
  return one->trainable && !one->buffer && std::ranges::find(parameters, one) != parameters.end();
}

std::vector<bool> trainable_of(const Objective& objective) {
  std::vector<bool> trainable;
  for (const ParameterPtr& parameter : objective.parameters) trainable.push_back(parameter->trainable);
  return trainable;
}

// The same of tensors that may share numbers.
const void* memory_of(const at::Tensor& tensor) {
  return tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

// The layer's; of a loop those of all its layers, each once.
std::vector<ParameterPtr> tensors_of(const Step& step) {
  if (!step.loop) return step.node->layer() ? step.node->layer()->parameters() : std::vector<ParameterPtr>();
  std::vector<ParameterPtr> tensors;
  std::unordered_set<const Parameter*> seen;
  visit_steps(step, [&](const Step& each) {
    if (!each.node->layer()) return;
    for (const ParameterPtr& parameter : each.node->layer()->parameters())
      if (seen.insert(parameter.get()).second) tensors.push_back(parameter);
  });
  return tensors;
}

int slot_of(const Plan& plan, const Value& value) {
  for (const Step& step : plan.steps)
    if (step.node == value.node) return step.outputs + value.output;
  invariant(false, "a loss that the plan does not compute");
  return -1;
}

}  // namespace

Tape::Tape(Engine& engine, const Plan& plan, const std::vector<Objective>& objectives)
    : engine_(engine), plan_(plan), objectives_(objectives) {
  std::vector<std::unordered_map<const Node*, bool>> differentiated;
  for (const Objective& objective : objectives_) {
    trained_.push_back(trainable_of(objective));
    losses_.push_back(slot_of(plan, objective.loss));
    const std::vector<bool> found = find_differentiated(plan.nodes, objective);
    auto& by_node = differentiated.emplace_back();
    for (size_t i = 0; i < found.size(); ++i) {
      const Node* node = plan.computed_by(plan.nodes[i]);
      by_node[node] = by_node[node] || found[i];
      if (found[i]) differentiated_.insert(node);
    }
  }
  for (const Step& step : plan.steps) {
    const auto taken = [&](size_t objective) { return differentiated[objective].at(step.node); };
    std::vector<size_t> by;
    for (size_t o = 0; o < objectives_.size(); ++o)
      if (taken(o)) by.push_back(o);
    if (by.empty()) continue;
    if (step.node->constant()) leaves_[step.outputs] = step.node->constant().get();
    if (is_given(step)) continue;
    Note note{.step = &step, .place = static_cast<size_t>(&step - plan.steps.data())};
    note.owned = tensors_of(step);
    note.parts.resize(objectives_.size());
    note.wanted.resize(step.reads().size() + note.owned.size());
    for (const size_t o : by) {
      note.parts[o] = {true, wanted_of(note, objectives_[o], differentiated[o])};
      for (size_t i = 0; i < note.wanted.size(); ++i)
        note.wanted[i] = note.wanted[i] || note.parts[o].wanted[i];
    }
    notes_by_node_[step.node] = notes_.size();
    notes_.push_back(std::move(note));
  }
  handed_ = {std::vector<std::vector<bool>>(plan.steps.size()), losses_.front()};
  for (const Note& note : notes_) handed_.wanted[note.place] = note.wanted;
}

bool Tape::fits() const {
  return std::ranges::equal(trained_, objectives_, {}, {}, trainable_of) &&
         std::ranges::all_of(notes_, [](const Note& note) {
           if (note.step->loop) return note.owned == tensors_of(*note.step);
           return note.owned.empty() || note.owned == note.step->node->layer()->parameters();
         });
}

// What several objectives ask for is taken one after the other, from what is kept of each node.
void Tape::lower(const std::vector<std::int64_t>& signature, const Symbols& symbols, LoweringMode mode) {
  lowered_ =
      objectives_.size() == 1 ? &plans_by_size_.of(signature, plan_, symbols, handed(), mode) : nullptr;
}

void Tape::set_updates(UpdateSink* updates) {
  updates_ = objectives_.size() == 1 ? updates : nullptr;
  if (!updates_ || (handed_to_updates_ && changes_ == updates_->changes())) return;
  handed_to_updates_ = handed_;
  handed_to_updates_->read_once = true;
  changes_ = updates_->changes();
  const bool folds = plan_.passes.has(PlanPass::fold_updates);
  for (const Completion& completion : find_completions()) {
    if (updates_->takes(*completion.parameter)) handed_to_updates_->updated.push_back(completion);
    if (folds && updates_->folds(*completion.parameter)) handed_to_updates_->folded.push_back(completion);
  }
}

// Who else reads a constant, or what a parametrization makes of a tensor, is not known; nor who reads what a
// node without a note hands on, which may share memory with its tensors. What lies in the same memory, a
// constant too that a script took of a weight, or what was folded of one, is read with it. Nothing is updated
// before the last loop's derivative, which cannot be taken twice.
std::vector<Completion> Tape::find_completions() const {
  std::vector<Completion> found;
  std::unordered_set<const Parameter*> read_elsewhere;
  std::unordered_map<const void*, const Parameter*> owners;
  const auto lies = [&](const ParameterPtr& parameter) {
    const Parameter* owner =
        owners.try_emplace(memory_of(engine_.tensor(parameter)), parameter.get()).first->second;
    if (owner != parameter.get()) read_elsewhere.insert({owner, parameter.get()});
  };
  const auto read_by_constant = [&](const Node& node) {
    if (!node.constant()) return;
    read_elsewhere.insert(node.constant().get());
    lies(node.constant());
  };
  for (const Step& step : plan_.folded) read_by_constant(*step.node);
  const auto read_at = [&](size_t place, const Node& node) {
    const Layer* layer = node.layer().get();
    read_by_constant(node);
    if (!layer) return;
    const bool plain = differentiated_.contains(&node) && layer->parametrizations().empty();
    for (const ParameterPtr& parameter : layer->parameters()) {
      if (!plain) read_elsewhere.insert(parameter.get());
      lies(parameter);
      if (!is_among(objectives_.front().parameters, parameter)) continue;
      const auto known = std::ranges::find(found, parameter.get(), &Completion::parameter);
      if (known == found.end())
        found.push_back({parameter.get(), place, place});
      else
        known->last = place;
    }
  };
  for (size_t place = 0; place < plan_.steps.size(); ++place)
    visit_steps(plan_.steps[place], [&](const Step& each) { read_at(place, *each.node); });
  const auto loop = std::ranges::find_if(notes_, [](const Note& note) { return note.step->loop != nullptr; });
  const size_t last = loop == notes_.end() ? plan_.steps.size() : loop->place;
  std::erase_if(found, [&](const Completion& each) {
    return each.first > last || read_elsewhere.contains(each.parameter);
  });
  std::ranges::sort(found, {}, &Completion::first);
  return found;
}

std::vector<bool> Tape::wanted_of(const Note& note, const Objective& objective,
                                  const std::unordered_map<const Node*, bool>& differentiated) const {
  std::vector<bool> wanted;
  for (const Value& input : note.step->values()) {
    const bool real = input && (is_floating(input.dtype()) || is_complex(input.dtype()));
    wanted.push_back(real && differentiated.at(plan_.computed_by(input.node)));
  }
  for (const ParameterPtr& parameter : note.owned)
    wanted.push_back(is_among(objective.parameters, parameter));
  return wanted;
}

std::vector<at::Tensor> Tape::forward(const Step& step, KernelContext context) {
  Note& note = notes_[notes_by_node_.at(step.node)];
  note.ran = true;
  std::vector<at::Tensor> owned, read;
  for (const ParameterPtr& parameter : note.owned) owned.push_back(engine_.tensor(parameter));
  if (const LayerPtr& layer = step.node->layer(); layer && !layer->parametrizations().empty()) {
    const c10::AutoGradMode recording(true);
    read = layer_tensors(engine_, *layer, context.training);
  }
  context.parameters = read.empty() ? owned : read;
  std::vector<at::Tensor> outputs = note.call.forward(context, owned, note.wanted);
  note.passes_on = watch_ && any_is_among(outputs, context.inputs);
  return outputs;
}

std::vector<at::Tensor> Tape::record(const Step& step, std::vector<at::Tensor> reads,
                                     const TapedCall::Compute& compute) {
  Note& note = notes_[notes_by_node_.at(step.node)];
  note.ran = true;
  std::vector<at::Tensor> owned;
  for (const ParameterPtr& parameter : note.owned) owned.push_back(engine_.tensor(parameter));
  return note.call.record(std::move(reads), std::move(owned), note.wanted, compute);
}

std::vector<at::Tensor> Tape::backward(size_t objective, const at::Tensor& loss, double seed, bool keep,
                                       ProfileSink* sink) {
  const c10::AutoGradMode off(false);
  check_versions(objective);
  Sums sums{.slots = std::vector<at::Tensor>(static_cast<size_t>(plan_.slots))};
  sums.slots[static_cast<size_t>(losses_[objective])] = at::full_like(loss, seed);
  const Segment* done = nullptr;
  const RecomputedPart* inside = nullptr;
  for (auto note = notes_.rbegin(); note != notes_.rend(); ++note) {
    const RecomputedPart* const part = recomputed_at(plan_.recomputed, note->place);
    if (part != inside && inside) leave(*inside);
    if (part != inside && part) enter(*part, keep, sums);
    inside = part;
    Segment* const within = segment(note->place);
    if (!within)
      back_through(*note, objective, keep, sums, sink);
    else if (within != done)
      back_through(*within, sums, sink);
    done = within;
    update_complete(*note, sums, sink);
  }
  if (inside) leave(*inside);
  for (const auto& [slot, parameter] : leaves_)
    add_to(sums.parameters[parameter], std::move(sums.slots[static_cast<size_t>(slot)]), updates_);
  std::vector<at::Tensor> gradients;
  for (const ParameterPtr& parameter : objectives_[objective].parameters) {
    const auto found = sums.parameters.find(parameter.get());
    const bool frozen = found == sums.parameters.end() || !parameter->trainable;
    gradients.push_back(frozen ? at::Tensor() : found->second);
  }
  return gradients;
}

void Tape::enter(const RecomputedPart& part, bool keep, const Sums& sums) {
  const auto arrives = [&](const RecomputedPart::Given& given) {
    return sums.slots[static_cast<size_t>(given.slot)].defined();
  };
  const auto found = again_.find(&part);
  if (found == again_.end() || std::ranges::none_of(part.gives, arrives)) return;
  const std::function<void()> again = found->second;
  if (!keep) again_.erase(found);
  twice(updates_, again);
}

// Another objective computes it once more: what lies between them is not worth the memory.
void Tape::leave(const RecomputedPart& part) {
  for (const Node* node : part.nodes)
    if (has(*node)) drop(*node);
}

// What was kept is let go of when the derivative is there, which may take two calls. A loop lets go of its
// turns one by one instead: as long as it lasts the step can be done again from its start.
std::vector<at::Tensor> Tape::derivative_of(Note& note, size_t objective, bool keep,
                                            const std::vector<at::Tensor>& arrived) {
  const bool again = updates_ && !note.step->loop;
  auto gradients = twice(
      updates_, [&] { return note.call.backward(arrived, note.parts[objective].wanted, keep || again); });
  if (!keep) note.call = {};
  return gradients;
}

void Tape::back_through(Note& note, size_t objective, bool keep, Sums& sums, ProfileSink* sink) {
  const Part& part = note.parts[objective];
  if (!part.taken || !note.ran) {
    if (!keep) note.call = {};
    return;
  }
  const Step& step = *note.step;
  const Node& node = *step.node;
  const auto first = sums.slots.begin() + step.outputs;
  std::vector<at::Tensor> arrived(std::make_move_iterator(first),
                                  std::make_move_iterator(first + static_cast<long>(node.outputs().size())));
  std::ranges::fill(first, first + static_cast<long>(node.outputs().size()), at::Tensor());
  const bool any = std::ranges::any_of(arrived, [](const at::Tensor& g) { return g.defined(); });
  if (any) {
    try {
      if (sink && !step.loop) sink->gradients_arrive(node, arrived);
      if (watch_ && !step.loop && !note.passes_on) watch_->see_gradients(node, arrived);
      hand_on(note, derivative_of(note, objective, keep, arrived), objective, sums);
    } catch (const std::exception&) {
      rethrow_as_error(std::current_exception(),
                       fmt::format("the derivative of {} ({}) failed", node.path(), node.operation()),
                       node.origin().site);
    }
  }
  if (!keep) note.call = {};
}

void Tape::back_through(Segment& segment, Sums& sums, ProfileSink* sink) {
  std::vector<at::Tensor> arrived;
  for (const int slot : segment.spec().arriving)
    arrived.push_back(std::move(sums.slots[static_cast<size_t>(slot)]));
  if (std::ranges::none_of(arrived, [](const at::Tensor& g) { return g.defined(); })) return;
  try {
    for (Segment::Handed& handed : segment.backward(arrived, sink, updates_))
      add_to(
          handed.parameter ? sums.parameters[handed.parameter] : sums.slots[static_cast<size_t>(handed.slot)],
          std::move(handed.gradient), updates_);
  } catch (const std::exception&) {
    const Node& node = segment.at();
    rethrow_as_error(std::current_exception(),
                     fmt::format("the derivative of {} ({}) failed", node.path(), node.operation()),
                     node.origin().site);
  }
}

void Tape::hand_on(const Note& note, std::vector<at::Tensor> gradients, size_t objective, Sums& sums) const {
  const std::vector<int>& reads = note.step->reads();
  for (size_t i = 0; i < reads.size(); ++i)
    if (note.parts[objective].wanted[i])
      add_to(sums.slots[static_cast<size_t>(reads[i])], std::move(gradients[i]), updates_);
  for (size_t p = 0; p < note.owned.size(); ++p)
    if (note.parts[objective].wanted[reads.size() + p])
      add_to(sums.parameters[note.owned[p].get()], std::move(gradients[reads.size() + p]), updates_);
}

// A segment has updated its own already, and hands them to nobody.
void Tape::update_complete(const Note& note, Sums& sums, ProfileSink* sink) const {
  for (const Completion& updated :
       std::ranges::equal_range(handed().updated, note.place, {}, &Completion::first)) {
    if (!updated.parameter->trainable) continue;
    const auto found = sums.parameters.find(updated.parameter);
    if (found == sums.parameters.end()) continue;
    const at::Tensor gradient = std::move(found->second);
    sums.parameters.erase(found);
    if (!gradient.defined()) continue;
    if (sink) sink->gradient_complete(*updated.parameter, gradient);
    twice(updates_, [&] { updates_->update(*updated.parameter, gradient); });
  }
}

void Tape::end_forward() {
  versions_.clear();
  for (const Objective& objective : objectives_)
    for (const ParameterPtr& parameter : objective.parameters)
      versions_[parameter.get()] = engine_.tensor(parameter)._version();
}

// As autograd does where it has kept the tensor.
void Tape::check_versions(size_t objective) const {
  for (const ParameterPtr& parameter : objectives_[objective].parameters)
    if (engine_.tensor(parameter)._version() != versions_.at(parameter.get()))
      throw Error(
          Fault::run,
          fmt::format("'{}' has been modified by an inplace operation between the forward pass and its "
                      "gradient",
                      parameter->name),
          {}, "Change it after the update, or before the forward pass.");
}

void Tape::clear() {
  if (lowered_) lowered_->release();
  again_.clear();
  for (Note& note : notes_) {
    note.call = {};
    note.ran = false;
  }
}

}  // namespace orrery
