#include "runtime/engine/profile/recorder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/profile/arrival_hook.h"
#include "runtime/engine/profile/device_times.h"
#include "runtime/engine/profile/kernel_calls.h"
#include "runtime/engine/profile/memory_watch.h"
#include "runtime/engine/profile/run_steps.h"
#include "runtime/engine/profile/step_sizes.h"
#include "runtime/engine/profile/unit_profiles.h"

namespace orrery {

struct Recorder::State : ArrivalListener {
  State(const Graph& recorded, const ProfileChoice& asked, ProfileClock clock)
      : graph(recorded),
        choice(asked),
        profiles(recorded, asked.level >= ProfileLevel::node),
        times(FusedPasses::timed_units(profiles.units(), recorded.nodes().size()), clock),
        nodes(times, profiles.unit_of()),
        sizes(recorded, profiles.unit_of(), profiles.units(),
              [this](const StepSizes& settled) { profiles.add_sizes(settled); }),
        steps(times, asked) {
    if (choice.level == ProfileLevel::kernel) kernels = std::make_unique<KernelCalls>(times, clock);
  }

  std::string path_of(int unit) const {
    return graph.nodes()[static_cast<size_t>(FusedPasses::node_of(unit, profiles.units()))]->path();
  }

  int unit_of(int node) const { return profiles.unit_of()[static_cast<size_t>(node)]; }

  /// From now on the time and the memory belong to this node (-1: to none).
  void turn_to(int node) {
    if (const int last = std::exchange(at, node); measuring) see_memory(last);
    if (device) device->turn(node < 0 ? -1 : unit_of(node));
    const int next = node < 0 ? -1 : sizes.fused().timed()[static_cast<size_t>(node)];
    if (next == times.unit()) return;
    const std::int64_t elapsed = times.turn(next, in_backward);
    if (kernels) kernels->turn(next, elapsed);
  }

  void gradients_arrive(std::int64_t of_step, int node, std::span<const at::Tensor> gradients) override {
    if (of_step != number || !in_backward) return;
    turn_to(node);
    if (!measuring) return;
    sizes.gradients_arrive(*graph.nodes()[static_cast<size_t>(node)], gradients);
    times.set_aside();
  }

  void see_memory(int node) {
    const std::int64_t peak = memory.take_peak(), now = memory.current();
    if (node >= 0) sizes.memory(unit_of(node), peak + held, peak - std::max(at_begin, now));
    at_begin = now;
  }

  void enter_pass(StepPart part) {
    outer = times.enter(part);
    in_pass = true;
    if (measuring) memory.begin();
  }
  void leave_pass() {
    turn_to(-1);
    memory.end();
    measuring = false;
    if (std::exchange(in_pass, false)) times.enter(outer);
  }

  void finish_step();
  void forget_step();

  const Graph& graph;
  const ProfileChoice choice;
  UnitProfiles profiles;
  Timeline times;
  NodeClock nodes;
  SizeMeter sizes;
  RunSteps steps;
  MemoryWatch memory;
  std::unique_ptr<KernelCalls> kernels;  ///< null but at level `kernel`
  std::optional<DeviceTimes> device;

  std::int64_t number = 0;  ///< of the step, so that a hook of an older one is told apart
  std::int64_t calls = 0;   ///< of nodes in its forward pass that the clock was not told of
  int at = -1;              ///< the node that goes on, where all is told of it
  bool open = false;
  bool measuring = false;  ///< the sizes of the pass that goes on
  bool in_pass = false;
  bool in_backward = false;
  bool had_backward = false;
  StepPart outer = StepPart::other;  ///< the part around the pass
  std::int64_t at_begin = 0;         ///< bytes, of the unit that goes on
  std::int64_t held = 0;             ///< by the plan of the step
  std::optional<AllocatedMemory> allocated;
};

void Recorder::State::forget_step() {
  memory.end();
  times.forget_units();
  if (device) device->forget_step();
  at = -1;
  nodes.take_calls();
  if (std::exchange(in_pass, false)) times.enter(outer);
  open = measuring = in_backward = had_backward = false;
}

void Recorder::State::finish_step() {
  if (device && open) device->end_step();
  if (device)
    for (const DeviceTimes::OfStep& step : device->take()) profiles.add_device_times(step);
  if (!open) return;
  sizes.fused().split(times);
  for (const int unit : sizes.count(calls + nodes.take_calls(), had_backward))
    profiles.add_times(unit, times.take(unit, false), times.take(unit, true), had_backward);
  profiles.end_step(had_backward);
  open = had_backward = false;
}

Recorder::Recorder(const Graph& graph, ProfileChoice choice, ProfileClock clock)
    : state_(std::make_shared<State>(graph, choice, clock)) {
  invariant(choice.level != ProfileLevel::off, "a recorder that measures nothing");
}
Recorder::~Recorder() {
  state_->forget_step();
  state_->kernels.reset();
}

const ProfileChoice& Recorder::choice() const { return state_->choice; }

void Recorder::set_device(std::unique_ptr<DeviceMarks> marks) {
  if (marks) state_->device.emplace(std::move(marks));
}

void Recorder::set_optimizer_bytes(const Parameter& parameter, std::int64_t bytes) {
  state_->sizes.set_optimizer_bytes(parameter, bytes);
}

void Recorder::set_allocated(const AllocatedMemory& memory) { state_->allocated = memory; }

StepPart Recorder::enter(StepPart part) { return state_->times.enter(part); }
void Recorder::mark() { state_->times.mark(); }
void Recorder::begin_run_step(std::int64_t number) { state_->steps.begin(number); }
void Recorder::end_run_step() { state_->steps.end(); }

void Recorder::begin_step(const std::map<std::string, std::int64_t>& symbols, std::uint64_t way) {
  State& s = *state_;
  s.finish_step();
  ++s.number;
  s.calls = 0;
  s.sizes.begin(symbols, way);
  s.nodes.use(s.sizes.fused().timed());
  s.open = true;
  s.in_backward = false;
  s.measuring = s.sizes.measures_forward();
  if (s.measuring) s.memory.reset();
  s.at_begin = 0;
  s.enter_pass(StepPart::forward);
}

// At the level of kernels each call is told apart, and of a device's queue the clock knows nothing.
NodeClock* Recorder::clock() {
  State& s = *state_;
  return s.open && !s.measuring && !s.kernels && !s.device ? &s.nodes : nullptr;
}

void Recorder::fused(const Node& node, const Node& with) {
  State& s = *state_;
  s.sizes.fuse(node.id(), with.id());
  s.nodes.use(s.sizes.fused().timed());
}

bool Recorder::wants_tensors() const { return state_->measuring; }
void Recorder::holds(std::int64_t bytes) { state_->held = bytes; }

void Recorder::begin_node(const Node& node) {
  State& s = *state_;
  ++s.calls;
  s.turn_to(node.id());
  if (s.measuring) s.sizes.begin_node(node.id());
  if (node.input_spec()) s.times.enter(StepPart::copy);
}

void Recorder::end_node(const Node& node, std::span<const at::Tensor> inputs,
                        std::span<const at::Tensor> outputs, bool records) {
  State& s = *state_;
  if (node.input_spec()) s.times.enter(StepPart::forward);
  if (s.measuring) {
    s.turn_to(-1);
    s.sizes.end_node(node, outputs);
  }
  if (records) await_gradients(state_, s.number, node.id(), inputs, outputs);
  if (s.measuring) s.times.set_aside();
}

void Recorder::begin_side_by_side() { state_->turn_to(-1); }
void Recorder::took(double seconds) { state_->times.add(seconds); }

void Recorder::end_forward() { state_->leave_pass(); }

void Recorder::begin_backward() {
  State& s = *state_;
  // A step that has ended counts no more, whatever comes of it.
  s.in_backward = s.had_backward = s.open;
  s.measuring = s.open && s.sizes.measures_backward();
  s.enter_pass(StepPart::backward);
}

void Recorder::gradients_arrive(const Node& node, std::span<const at::Tensor> gradients) {
  state_->gradients_arrive(state_->number, node.id(), gradients);
}

void Recorder::begin_again(const Node& node) {
  if (state_->open) state_->turn_to(node.id());
}

void Recorder::end_again(const Node& node, std::span<const at::Tensor> inputs,
                         std::span<const at::Tensor> outputs, bool records) {
  if (records) await_gradients(state_, state_->number, node.id(), inputs, outputs);
}

void Recorder::end_backward(std::span<const ParameterPtr> parameters, std::span<const at::Tensor> gradients) {
  State& s = *state_;
  const bool measured = s.measuring;
  s.leave_pass();
  s.in_backward = false;
  if (!measured) return;
  for (size_t i = 0; i < parameters.size(); ++i) s.sizes.gradient_arrives(*parameters[i], gradients[i]);
  s.times.set_aside();
}

// The update itself is nobody's time.
void Recorder::gradient_complete(const Parameter& parameter, const at::Tensor& gradient) {
  State& s = *state_;
  s.turn_to(-1);
  if (!s.measuring) return;
  s.sizes.gradient_arrives(parameter, gradient);
  s.times.set_aside();
}

void Recorder::abandon_step() {
  state_->sizes.abandon();
  state_->forget_step();
}

std::vector<BlockProfileRecord> Recorder::take_epoch() {
  State& s = *state_;
  s.finish_step();
  s.sizes.settle();
  if (s.allocated) s.profiles.reconcile(*s.allocated, s.held);
  s.allocated.reset();
  return s.profiles.take_blocks();
}

std::vector<NodeProfile> Recorder::nodes() {
  State& s = *state_;
  s.finish_step();
  s.sizes.settle();
  return s.profiles.nodes();
}

std::vector<PartProfileRecord> Recorder::parts_so_far() { return state_->steps.parts_so_far(); }
std::vector<PartProfileRecord> Recorder::take_parts() { return state_->steps.take_parts(); }

std::vector<StepSpanRecord> Recorder::take_spans() {
  const State& s = *state_;
  return state_->steps.take_spans([&](int unit) { return s.path_of(unit); });
}

std::vector<KernelProfileRecord> Recorder::take_kernels() {
  State& s = *state_;
  std::vector<KernelProfileRecord> records;
  if (!s.kernels) return records;
  s.finish_step();
  for (const KernelCalls::Row& row : s.kernels->take()) {
    const std::string node = row.unit < 0 ? "" : s.path_of(row.unit);
    records.push_back({node, row.part, row.name, "cpu", row.seconds.count, row.seconds.min, row.seconds.max,
                       row.seconds.sum});
  }
  return records;
}

}  // namespace orrery
