#include "runtime/engine/profile/recorder.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/engine/profile/aggregate.h"
#include "runtime/engine/profile/arrival_hook.h"
#include "runtime/engine/profile/device_times.h"
#include "runtime/engine/profile/kernel_calls.h"
#include "runtime/engine/profile/memory_watch.h"
#include "runtime/engine/profile/run_steps.h"
#include "runtime/engine/profile/step_sizes.h"

namespace orrery {
namespace {

double seconds_of(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

std::vector<int> numbers_up_to(size_t count) {
  std::vector<int> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<int>(i);
  return numbers;
}

// Without a backward pass there is nothing to say about gradients.
bool is_of_backward(Quantity quantity) {
  return quantity == Quantity::tgu_bytes || quantity == Quantity::lgu_bytes ||
         quantity == Quantity::optimizer_bytes;
}

bool is_size(Quantity quantity) {
  return is_of_backward(quantity) || quantity == Quantity::tmu_bytes || quantity == Quantity::lmu_bytes ||
         quantity == Quantity::flops || quantity == Quantity::bytes_moved ||
         quantity == Quantity::peak_bytes || quantity == Quantity::scratch_bytes;
}

void add_sizes(UnitProfile& profile, const Costs& costs, const StepSizes& of) {
  for (const QuantityInfo& quantity : quantities()) {
    const size_t i = index_of(quantity.quantity);
    const std::int64_t steps = is_of_backward(quantity.quantity) ? of.backward_steps : of.steps;
    if (is_size(quantity.quantity) && steps > 0) profile.others[i].add(costs[i], steps);
  }
}

}  // namespace

struct Recorder::State : ArrivalListener {
  /// The blocks that have nodes, by the id of a node.
  struct Blocks {
    explicit Blocks(const Graph& graph) {
      std::unordered_map<const Block*, int> numbers;
      for (const auto& node : graph.nodes()) {
        const auto [found, is_new] = numbers.try_emplace(&node->block(), static_cast<int>(all.size()));
        if (is_new) all.push_back(&node->block());
        of_node.push_back(found->second);
      }
    }
    std::vector<const Block*> all;
    std::vector<int> of_node;
  };

  State(const Graph& recorded, const ProfileChoice& asked, ProfileClock clock)
      : graph(recorded),
        choice(asked),
        blocks(recorded),
        by_node(asked.level >= ProfileLevel::node),
        units(by_node ? recorded.nodes().size() : blocks.all.size()),
        unit_of(by_node ? numbers_up_to(units) : blocks.of_node),
        of_units(units),
        of_blocks(by_node ? blocks.all.size() : 0),
        step_of_block(of_blocks.size()),
        times(FusedPasses::timed_units(units, recorded.nodes().size()), clock),
        nodes(times, unit_of),
        sizes(recorded, unit_of, units, [this](const StepSizes& settled) { keep(settled); }),
        steps(times, asked) {
    if (choice.level == ProfileLevel::kernel) kernels = std::make_unique<KernelCalls>(times, clock);
  }

  std::string path_of(int unit) const {
    return graph.nodes()[static_cast<size_t>(FusedPasses::node_of(unit, units))]->path();
  }

  /// What a block's nodes took in one step.
  struct StepOfBlock {
    std::int64_t forward = 0, backward = 0;
    bool ran = false;
  };

  /// From now on the time and the memory belong to this node (-1: to none).
  void turn_to(int node) {
    if (const int last = std::exchange(at, node); measuring) see_memory(last);
    if (device) device->turn(node < 0 ? -1 : unit_of[static_cast<size_t>(node)]);
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
    if (node >= 0)
      sizes.memory(unit_of[static_cast<size_t>(node)], peak + held, peak - std::max(at_begin, now));
    at_begin = now;
    epoch_peak = std::max(epoch_peak, peak + held);
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
  void keep(const StepSizes& settled);
  void keep_shares(const StepSizes& settled);
  void add_times(int unit);
  void add_device_times();
  void reconcile(std::vector<UnitProfile>& profiles);

  const Graph& graph;
  const ProfileChoice choice;
  const Blocks blocks;
  const bool by_node;
  const size_t units;
  const std::vector<int> unit_of;  ///< by node id
  std::vector<UnitProfile> of_units;
  std::vector<UnitProfile> of_blocks;  ///< where units are nodes
  UnitProfile of_graph;                ///< what belongs to no block
  std::vector<StepOfBlock> step_of_block;
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
  std::int64_t epoch_peak = 0;
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

void Recorder::State::add_times(int unit) {
  UnitProfile& profile = of_units[static_cast<size_t>(unit)];
  const std::int64_t forward = times.take(unit, false), backward = times.take(unit, true);
  profile.forward.add(seconds_of(forward));
  if (had_backward) profile.backward.add(seconds_of(backward));
  if (!by_node) return;
  StepOfBlock& block = step_of_block[static_cast<size_t>(blocks.of_node[static_cast<size_t>(unit)])];
  block = {block.forward + forward, block.backward + backward, true};
}

void Recorder::State::add_device_times() {
  for (const DeviceTimes::OfStep& step : device->take()) {
    std::map<int, double> of_block;
    for (const auto& [unit, seconds] : step) {
      of_units[static_cast<size_t>(unit)].device.add(seconds);
      if (by_node) of_block[blocks.of_node[static_cast<size_t>(unit)]] += seconds;
    }
    for (const auto& [block, seconds] : of_block) of_blocks[static_cast<size_t>(block)].device.add(seconds);
  }
}

void Recorder::State::finish_step() {
  if (device && open) device->end_step();
  if (device) add_device_times();
  if (!open) return;
  sizes.fused().split(times);
  for (const int unit : sizes.count(calls + nodes.take_calls(), had_backward)) add_times(unit);
  for (size_t i = 0; i < step_of_block.size(); ++i) {
    const StepOfBlock block = std::exchange(step_of_block[i], {});
    if (!block.ran) continue;
    of_blocks[i].forward.add(seconds_of(block.forward));
    if (had_backward) of_blocks[i].backward.add(seconds_of(block.backward));
  }
  open = had_backward = false;
}

void Recorder::State::keep_shares(const StepSizes& settled) {
  if (!by_node) return;
  for (const int node : settled.units)
    if (const double share = settled.fused.share(node); share > 0)
      of_units[static_cast<size_t>(node)].others[index_of(Quantity::fused_share)].add(share, settled.steps);
}

void Recorder::State::keep(const StepSizes& settled) {
  keep_shares(settled);
  std::vector<Costs> whole(of_blocks.size());
  for (const int unit : settled.units) {
    const Costs& costs = settled.costs[static_cast<size_t>(unit)];
    add_sizes(of_units[static_cast<size_t>(unit)], costs, settled);
    if (by_node) combine(whole[static_cast<size_t>(blocks.of_node[static_cast<size_t>(unit)])], costs);
  }
  for (size_t i = 0; i < whole.size(); ++i)
    if (std::ranges::any_of(settled.units, [&](int unit) {
          return blocks.of_node[static_cast<size_t>(unit)] == static_cast<int>(i);
        }))
      add_sizes(of_blocks[i], whole[i], settled);
}

// What belongs to somebody, and the remainder, add up to what is allocated.
void Recorder::State::reconcile(std::vector<UnitProfile>& profiles) {
  if (!allocated || profiles.empty()) return;
  double known = static_cast<double>(held);
  for (const UnitProfile& profile : profiles)
    for (const Quantity quantity : {Quantity::lmu_bytes, Quantity::optimizer_bytes})
      if (const Aggregate& bytes = profile.others[index_of(quantity)]; bytes.count > 0) known += bytes.max;
  auto& root = of_graph.others;
  root[index_of(Quantity::allocated_bytes)].add(static_cast<double>(allocated->current));
  root[index_of(Quantity::allocated_peak_bytes)].add(static_cast<double>(allocated->peak));
  root[index_of(Quantity::arena_bytes)].add(static_cast<double>(held));
  root[index_of(Quantity::remainder_bytes)].add(static_cast<double>(allocated->current) - known);
  allocated.reset();
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
  std::vector<UnitProfile>& profiles = s.by_node ? s.of_blocks : s.of_units;
  s.reconcile(profiles);
  std::map<std::string, const UnitProfile*> by_path;
  for (size_t i = 0; i < profiles.size(); ++i) by_path.emplace(s.blocks.all[i]->path(), &profiles[i]);
  std::vector<BlockProfileRecord> records = records_of("", s.of_graph);
  s.of_graph.clear();
  for (const auto& [path, profile] : by_path) {
    for (BlockProfileRecord& record : records_of(path, *profile)) records.push_back(std::move(record));
  }
  for (UnitProfile& profile : s.of_units) profile.clear();
  for (UnitProfile& profile : s.of_blocks) profile.clear();
  s.epoch_peak = 0;
  return records;
}

std::vector<NodeProfile> Recorder::nodes() {
  State& s = *state_;
  std::vector<NodeProfile> profiles;
  if (!s.by_node) return profiles;
  s.finish_step();
  s.sizes.settle();
  for (const auto& node : s.graph.nodes()) {
    auto quantities = records_of(node->path(), s.of_units[static_cast<size_t>(node->id())]);
    if (!quantities.empty()) profiles.push_back({node->path(), node->operation(), std::move(quantities)});
  }
  return profiles;
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

std::int64_t Recorder::peak_bytes() const { return state_->epoch_peak; }

}  // namespace orrery
