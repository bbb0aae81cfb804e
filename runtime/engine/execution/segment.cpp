#include "runtime/engine/execution/segment.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/engine/execution/arena.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

std::optional<std::vector<std::int64_t>> sizes_of(const Value& value, const Symbols& symbols) {
  std::vector<std::int64_t> sizes;
  for (const Dim& dim : value.shape()) {
    const auto size = dim.evaluate(symbols);
    if (!size) return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

// Nobody but the holder has the tensor, so that it may be written to again.
bool is_free(const at::Tensor& tensor) {
  return tensor.defined() && tensor.use_count() == 1 && tensor.storage().use_count() == 1;
}

// What is larger goes back to LibTorch after its step, where others may have it; smaller memory is kept,
// since asking for it takes longer than filling it.
constexpr size_t kKeptBytes = 64 << 10;

DType dtype_of_step(const Step& step) { return step.node->outputs()[0].dtype; }

}  // namespace

bool can_lower(const Step& step, const Symbols& symbols) {
  const Node& node = *step.node;
  if (!step.kernel || !node.descriptor() || node.outputs().size() != 1) return false;
  const LoweringEntry* entry = lowering_of(*node.descriptor());
  const DType dtype = dtype_of_step(step);
  if (!entry || (dtype != DType::float32 && dtype != DType::float64)) return false;
  if (node.layer()) {
    if (!node.layer()->parametrizations().empty()) return false;
    for (const ParameterPtr& parameter : node.layer()->parameters())
      if (parameter->dtype != dtype || parameter->buffer) return false;
  }
  std::vector<std::vector<std::int64_t>> sizes;
  for (const Value& input : node.inputs()) {
    const auto known = input ? sizes_of(input, symbols) : std::vector<std::int64_t>();
    const bool fits =
        !input || input.dtype() == dtype || (entry->reads_indices && input.dtype() == DType::int64);
    if (!known || !fits) return false;
    sizes.push_back(*known);
  }
  if (sizes.empty() || !node.inputs()[0]) return false;
  const auto made = sizes_of({const_cast<Node*>(&node), 0}, symbols);
  if (!made || std::ranges::find(*made, 0) != made->end()) return false;
  return !entry->covers || entry->covers({node, sizes});
}

/// What a place of the memory is.
struct SegmentPlace {
  enum class Kind { buffer, input, parameter, output, arrived, input_gradient, parameter_gradient } kind;
  size_t index = 0;  ///< among those of its kind
  std::vector<std::int64_t> sizes;
};

struct Segment::Work {
  SegmentSpec spec;
  at::ScalarType type = at::kFloat;
  std::vector<SegmentPlace> places;
  std::vector<void*> memory;        ///< by place
  std::vector<at::Tensor> tensors;  ///< by place: what lies there
  std::vector<int> inputs;          ///< slots
  std::vector<int> input_places;
  std::vector<ParameterPtr> parameters;
  std::vector<int> parameter_places;
  std::vector<int> output_places;  ///< beside spec.read_outside
  std::vector<int> forward_only;   ///< those of both that the backward pass does not read
  std::vector<std::vector<std::int64_t>> output_sizes;
  std::vector<int> arrived_places;  ///< beside spec.arriving
  std::vector<Handed> handed;       ///< without gradients
  std::vector<int> handed_places;
  struct Part {
    size_t step;  ///< none for what comes before all
    std::vector<Instruction> instructions;
    std::vector<int> shown;  ///< places that the sink is told of: results, or gradients that arrive
  };
  std::vector<Part> forward, backward;
  std::vector<BufferLife> lives;      ///< of the buffers
  std::vector<size_t> computed_by;    ///< beside spec.steps
  std::vector<std::int64_t> offsets;  ///< of the buffers
  char* bound = nullptr;
  std::int64_t bytes = 0;
  const Node* at = nullptr;
  const Node* largest = nullptr;  ///< makes the largest buffer

  void put(int place, at::Tensor tensor) {
    memory[static_cast<size_t>(place)] = tensor.defined() ? tensor.data_ptr() : nullptr;
    tensors[static_cast<size_t>(place)] = std::move(tensor);
  }
  void refresh(int place) {
    const auto p = static_cast<size_t>(place);
    if (!is_free(tensors[p])) put(place, at::empty(places[p].sizes, at::TensorOptions(type)));
  }
  void give_back(const std::vector<int>& of) {
    for (const int place : of) {
      const auto p = static_cast<size_t>(place);
      const bool others = places[p].kind == SegmentPlace::Kind::input;
      if (others || (tensors[p].defined() && tensors[p].nbytes() > kKeptBytes)) put(place, {});
    }
  }
  void run(const std::vector<Part>& parts, ProfileSink* sink, bool is_forward);
};

// Writes the instructions of all nodes, first forward, then backward.
class Segment::Writer : public Lowering {
 public:
  Writer(Work& work, const Symbols& symbols) : work_(work), symbols_(symbols) {}

  void write() {
    const DType dtype = dtype_of_step(*work_.spec.steps.front());
    wide_ = dtype == DType::float64;
    work_.type = scalar_type(dtype);
    find_activations();
    for (size_t i = 0; i < steps().size(); ++i) place_output(i);
    for (size_t i = 0; i < steps().size(); ++i) write_forward(i);
    for (const int slot : work_.spec.read_outside) {
      work_.output_places.push_back(slots_.at(slot));
      work_.output_sizes.push_back(*sizes_of(value_of(slot), symbols_));
    }
    place_arrived();
    for (size_t i = steps().size(); i-- > 0;) write_backward(i);
    finish();
  }

  int input(size_t index) override { return used(slots_.at(steps()[now_]->inputs[index])); }
  int output() override { return used(slots_.at(steps()[now_]->outputs)); }
  int parameter(std::string_view name) override {
    const ParameterPtr found = node_->layer()->parameter(std::string(name));
    return found ? used(place_of(found)) : -1;
  }
  int scratch(std::int64_t count) override { return used(add_buffer({count})); }
  int kept(size_t index) override { return used(kept_by_step_.at(now_).at(index)); }
  int output_gradient() override { return used(gradients_.at(slots_.at(steps()[now_]->outputs))); }
  bool may_overwrite_gradient() const override {
    const int place = gradients_.at(slots_.at(steps()[now_]->outputs));
    return work_.places[static_cast<size_t>(place)].kind == SegmentPlace::Kind::buffer;
  }
  GradientPlace input_gradient(size_t index) override {
    if (!wanted(index)) return {};
    return written_to(slots_.at(steps()[now_]->inputs[index]));
  }
  GradientPlace parameter_gradient(std::string_view name) override {
    const auto& all = node_->layer()->parameters();
    for (size_t p = 0; p < all.size(); ++p)
      if (all[p] == node_->layer()->parameter(std::string(name)) && wanted(node_->inputs().size() + p))
        return written_to(all[p]);
    return {};
  }
  void add(Instruction instruction) override { part_->instructions.push_back(std::move(instruction)); }

 private:
  const std::vector<const Step*>& steps() const { return work_.spec.steps; }
  const std::vector<bool>& wants() const { return work_.spec.wanted[now_]; }
  bool wanted(size_t index) const { return !wants().empty() && wants()[index]; }

  Value value_of(int slot) const {
    for (const Step* step : steps())
      if (step->outputs == slot) return {const_cast<Node*>(step->node), 0};
    invariant(false, "a segment is asked for what it does not compute");
    return {};
  }

  int readers_of(int slot) const {
    int readers = 0;
    for (const Step* step : steps()) readers += static_cast<int>(std::ranges::count(step->inputs, slot));
    return readers;
  }

  // An activation right behind a layer that can compute it with its own result, or relu before one that can.
  void find_activations() {
    fused_.assign(steps().size(), cpu::Activation::none);
    skipped_.assign(steps().size(), false);
    relu_before_next_.assign(steps().size() + 1, false);
    for (size_t i = 0; i + 1 < steps().size(); ++i) {
      const LoweringEntry& entry = *lowering_of(*steps()[i]->node->descriptor());
      const LoweringEntry& next = *lowering_of(*steps()[i + 1]->node->descriptor());
      if (skipped_[i] || !hands_only_to_next(i)) continue;
      if (entry.takes_activation && next.activation != cpu::Activation::none) {
        fused_[i] = next.activation;
        skipped_[i + 1] = true;
      } else if (entry.activation == cpu::Activation::relu && next.takes_relu) {
        relu_before_next_[i + 1] = true;
        skipped_[i] = true;
      }
    }
  }

  bool hands_only_to_next(size_t i) const {
    const int slot = steps()[i]->outputs;
    const bool leaves = std::ranges::find(work_.spec.read_outside, slot) != work_.spec.read_outside.end();
    return !leaves && steps()[i + 1]->inputs[0] == slot && readers_of(slot) == 1 &&
           work_.spec.wanted[i].empty() == work_.spec.wanted[i + 1].empty();
  }

  int add_place(SegmentPlace place) {
    work_.places.push_back(std::move(place));
    return static_cast<int>(work_.places.size()) - 1;
  }
  int add_buffer(std::vector<std::int64_t> sizes) {
    const std::int64_t bytes = count_of(sizes) * (wide_ ? 8 : 4);
    work_.lives.push_back({bytes, time_, time_});
    return add_place({SegmentPlace::Kind::buffer, work_.lives.size() - 1, std::move(sizes)});
  }
  int used(int place) {
    if (time_ >= static_cast<int>(steps().size())) read_back_.insert(place);
    const SegmentPlace& at = work_.places[static_cast<size_t>(place)];
    if (at.kind == SegmentPlace::Kind::buffer) {
      BufferLife& life = work_.lives[at.index];
      life.first = std::min(life.first, time_);
      life.last = std::max(life.last, time_);
    }
    return place;
  }

  // Views have the place of what they view, a layer's result that of the activation behind it.
  void place_output(size_t i) {
    time_ = static_cast<int>(i);
    const Step& step = *steps()[i];
    for (size_t p = 0; p < step.inputs.size(); ++p)
      if (step.inputs[p] >= 0) place_input(step.inputs[p], step.node->inputs()[p]);
    if (lowering_of(*step.node->descriptor())->view || skipped_[i]) {
      slots_[step.outputs] = slots_.at(step.inputs[0]);
      return;
    }
    const std::vector<std::int64_t> sizes = *sizes_of({const_cast<Node*>(step.node), 0}, symbols_);
    slots_[step.outputs] =
        leaves(i) ? add_place({SegmentPlace::Kind::output, outputs_++, sizes}) : add_buffer(sizes);
  }

  // Whether the memory that a step writes is seen outside, under whatever name.
  bool leaves(size_t i) const {
    const auto outside = [&](int slot) {
      return std::ranges::find(work_.spec.read_outside, slot) != work_.spec.read_outside.end();
    };
    std::vector<int> names = {steps()[i]->outputs};
    for (size_t next = i + 1; next < steps().size(); ++next) {
      const bool same = lowering_of(*steps()[next]->node->descriptor())->view || skipped_[next];
      if (same && std::ranges::find(names, steps()[next]->inputs[0]) != names.end())
        names.push_back(steps()[next]->outputs);
    }
    return std::ranges::any_of(names, outside);
  }

  void place_input(int slot, const Value& value) {
    if (slots_.contains(slot)) return;
    slots_[slot] = add_place({SegmentPlace::Kind::input, work_.inputs.size(), *sizes_of(value, symbols_)});
    work_.inputs.push_back(slot);
    work_.input_places.push_back(slots_[slot]);
  }

  int place_of(const ParameterPtr& parameter) {
    const auto found = parameters_.find(parameter.get());
    if (found != parameters_.end()) return found->second;
    const int place =
        add_place({SegmentPlace::Kind::parameter, work_.parameters.size(), values(parameter->shape)});
    work_.parameters.push_back(parameter);
    work_.parameter_places.push_back(place);
    return parameters_[parameter.get()] = place;
  }

  void begin(size_t i, std::vector<Work::Part>& parts, std::vector<int> shown) {
    now_ = i;
    const Step& step = *steps()[i];
    node_ = step.node;
    activation_ = fused_[i];
    relu_before_ = relu_before_next_[i];
    input_sizes_.clear();
    for (const Value& input : node_->inputs())
      input_sizes_.push_back(input ? *sizes_of(input, symbols_) : std::vector<std::int64_t>());
    output_sizes_ = *sizes_of({const_cast<Node*>(node_), 0}, symbols_);
    parts.push_back({i, {}, std::move(shown)});
    part_ = &parts.back();
  }

  void write_forward(size_t i) {
    time_ = static_cast<int>(i);
    begin(i, work_.forward, {slots_.at(steps()[i]->outputs)});
    used(slots_.at(steps()[i]->outputs));
    kept_.clear();
    if (!does_nothing(i)) lowering_of(*node_->descriptor())->forward(*this);
    kept_by_step_[i] = kept_;
  }

  static constexpr size_t kNoStep = ~size_t{0};

  // What comes back from outside is read where it lies, unless something inside is added to it.
  void place_arrived() {
    time_ = static_cast<int>(steps().size());
    work_.backward.push_back({kNoStep, {}, {}});
    part_ = &work_.backward.back();
    for (const int slot : work_.spec.arriving) {
      const int of = slots_.at(slot);
      const std::vector<std::int64_t> sizes = work_.places[static_cast<size_t>(of)].sizes;
      const int place = add_place({SegmentPlace::Kind::arrived, work_.arrived_places.size(), sizes});
      work_.arrived_places.push_back(place);
      const bool alone =
          std::ranges::count(work_.spec.arriving, of, [&](int s) { return slots_.at(s); }) == 1;
      if (alone && !is_read_inside(of) && !is_input(of))
        gradients_[of] = place;
      else
        copy(place, written_to(of), count_of(sizes));
    }
  }

  bool is_input(int place) const {
    return work_.places[static_cast<size_t>(place)].kind == SegmentPlace::Kind::input;
  }

  bool is_read_inside(int place) const {
    for (size_t i = 0; i < steps().size(); ++i) {
      if (does_nothing(i) || work_.spec.wanted[i].empty()) continue;
      for (size_t p = 0; p < steps()[i]->inputs.size(); ++p)
        if (work_.spec.wanted[i][p] && slots_.at(steps()[i]->inputs[p]) == place) return true;
    }
    return false;
  }

  void copy(int from, GradientPlace to, std::int64_t count) {
    in_its_dtype(*this, [&]<class T>(T) {
      add([=](Memory m) {
        to.adds ? cpu::add_scaled<T>(count, 1, at_place<T>(m, from), at_place<T>(m, to.place))
                : (void)std::copy_n(at_place<T>(m, from), count, at_place<T>(m, to.place));
      });
    });
  }

  void write_backward(size_t i) {
    time_ = static_cast<int>(2 * steps().size() - i);
    if (work_.spec.wanted[i].empty()) return;
    const auto gradient = gradients_.find(slots_.at(steps()[i]->outputs));
    if (gradient == gradients_.end()) return;
    begin(i, work_.backward, {used(gradient->second)});
    if (!does_nothing(i)) lowering_of(*node_->descriptor())->backward(*this);
  }

  // The sum of the gradients of what lies at a place; the first of its readers makes it.
  GradientPlace written_to(int of) {
    if (const auto found = gradients_.find(of); found != gradients_.end()) return {used(found->second), true};
    const std::vector<std::int64_t> sizes = work_.places[static_cast<size_t>(of)].sizes;
    if (!is_input(of)) return {gradients_[of] = add_buffer(sizes), false};
    const size_t input = work_.places[static_cast<size_t>(of)].index;
    const int place = add_place({SegmentPlace::Kind::input_gradient, input, sizes});
    hand(place, {.slot = work_.inputs[input]});
    return {gradients_[of] = place, false};
  }
  GradientPlace written_to(const ParameterPtr& parameter) {
    const auto found = of_parameters_.find(parameter.get());
    if (found != of_parameters_.end()) return {found->second, true};
    const int place =
        add_place({SegmentPlace::Kind::parameter_gradient, of_parameters_.size(), values(parameter->shape)});
    of_parameters_[parameter.get()] = place;
    hand(place, {.parameter = parameter.get()});
    return {place, false};
  }
  void hand(int place, Handed handed) {
    work_.handed.push_back(std::move(handed));
    work_.handed_places.push_back(place);
  }

  bool does_nothing(size_t i) const {
    return skipped_[i] || lowering_of(*steps()[i]->node->descriptor())->view;
  }

  void finish() {
    for (const auto& places : {work_.input_places, work_.output_places})
      for (const int place : places)
        if (!read_back_.contains(place)) work_.forward_only.push_back(place);
    for (size_t i = 0; i < steps().size(); ++i)
      work_.computed_by.push_back(!skipped_[i] ? i : relu_before_next_[i + 1] ? i + 1 : i - 1);
    const ArenaLayout layout = lay_out(work_.lives);
    work_.bytes = layout.bytes;
    work_.offsets = layout.offsets;
    work_.memory.assign(work_.places.size(), nullptr);
    work_.tensors.assign(work_.places.size(), {});
    const auto largest = std::ranges::max_element(work_.lives, {}, &BufferLife::bytes);
    if (largest != work_.lives.end() && largest->first < static_cast<int>(steps().size()))
      work_.at = work_.largest = steps()[static_cast<size_t>(largest->first)]->node;
  }

  Work& work_;
  const Symbols& symbols_;
  std::unordered_map<int, int> slots_;                       ///< to places
  std::unordered_map<const Parameter*, int> parameters_;     ///< to places
  std::unordered_map<const Parameter*, int> of_parameters_;  ///< to places of gradients
  std::unordered_map<int, int> gradients_;                   ///< from places to those of their gradients
  std::unordered_map<size_t, std::vector<int>> kept_by_step_;
  std::vector<cpu::Activation> fused_;
  std::vector<bool> skipped_;
  std::vector<bool> relu_before_next_;
  std::set<int> read_back_;  ///< places that backward instructions read or write
  Work::Part* part_ = nullptr;
  size_t now_ = 0;
  size_t outputs_ = 0;
  int time_ = 0;
};

void Segment::Work::run(const std::vector<Part>& parts, ProfileSink* sink, bool is_forward) {
  for (const Part& part : parts) {
    const Node* node = part.step < spec.steps.size() ? spec.steps[part.step]->node : nullptr;
    if (node) at = node;
    std::vector<at::Tensor> shown;
    if (sink && node) {
      for (const int place : part.shown) shown.push_back(tensors[static_cast<size_t>(place)]);
      is_forward ? sink->begin_node(*node) : sink->gradients_arrive(*node, shown);
    }
    for (const Instruction& instruction : part.instructions) instruction(memory.data());
    if (sink && node && is_forward) sink->end_node(*node, {}, shown, false);
  }
}

Segment::Segment(SegmentSpec spec, const Symbols& symbols) : work_(std::make_unique<Work>()) {
  work_->spec = std::move(spec);
  work_->at = work_->largest = work_->spec.steps.front()->node;
  Writer(*work_, symbols).write();
}

Segment::~Segment() = default;

void Segment::bind(char* begin) {
  Work& w = *work_;
  if (std::exchange(w.bound, begin) == begin) return;
  for (size_t p = 0; p < w.places.size(); ++p) {
    const SegmentPlace& place = w.places[p];
    if (place.kind == SegmentPlace::Kind::buffer)
      w.put(static_cast<int>(p),
            at::from_blob(begin + w.offsets[place.index], place.sizes, at::TensorOptions(w.type)));
  }
}

const SegmentSpec& Segment::spec() const { return work_->spec; }
const std::vector<int>& Segment::inputs() const { return work_->inputs; }
const std::vector<ParameterPtr>& Segment::parameters() const { return work_->parameters; }
const Node& Segment::at() const { return *work_->at; }
std::int64_t Segment::arena_bytes() const { return work_->bytes; }
size_t Segment::computed_by(size_t step) const { return work_->computed_by[step]; }

std::int64_t Segment::buffer_bytes() const {
  std::int64_t bytes = 0;
  for (const BufferLife& life : work_->lives) bytes += life.bytes;
  return bytes;
}

std::vector<at::Tensor> Segment::forward(const std::vector<at::Tensor>& inputs,
                                         const std::vector<at::Tensor>& parameters, ProfileSink* sink) {
  Work& w = *work_;
  w.at = w.largest;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const SegmentPlace& place = w.places[static_cast<size_t>(w.input_places[i])];
    const bool fits = inputs[i].sizes() == at::IntArrayRef(place.sizes) &&
                      (inputs[i].scalar_type() == w.type || inputs[i].scalar_type() == at::kLong);
    invariant(fits, "a value of other sizes or another dtype than its node promises");
    w.put(w.input_places[i], inputs[i].resolve_neg().contiguous());
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    invariant(parameters[i].scalar_type() == w.type, "a parameter has changed its dtype within a run");
    w.put(w.parameter_places[i], parameters[i].contiguous());
  }
  for (size_t p = 0; p < w.places.size(); ++p)
    if (w.places[p].kind == SegmentPlace::Kind::output) w.refresh(static_cast<int>(p));
  w.run(w.forward, sink, true);
  std::vector<at::Tensor> outputs;
  for (size_t i = 0; i < w.output_places.size(); ++i)
    outputs.push_back(w.tensors[static_cast<size_t>(w.output_places[i])].view(w.output_sizes[i]));
  w.give_back(w.forward_only);
  return outputs;
}

void Segment::release() {
  Work& w = *work_;
  for (const auto& places : {w.input_places, w.arrived_places})
    for (const int place : places) w.put(place, {});
  w.give_back(w.output_places);
  w.give_back(w.handed_places);
}

std::vector<Segment::Handed> Segment::backward(const std::vector<at::Tensor>& arrived, ProfileSink* sink) {
  Work& w = *work_;
  w.at = w.largest;
  for (size_t i = 0; i < arrived.size(); ++i) {
    const SegmentPlace& place = w.places[static_cast<size_t>(w.arrived_places[i])];
    w.put(w.arrived_places[i], arrived[i].defined() ? arrived[i].resolve_neg().contiguous()
                                                    : at::zeros(place.sizes, at::TensorOptions(w.type)));
  }
  for (const int place : w.handed_places) w.refresh(place);
  w.run(w.backward, sink, false);
  std::vector<Handed> handed = w.handed;
  for (size_t i = 0; i < handed.size(); ++i) {
    handed[i].gradient = w.tensors[static_cast<size_t>(w.handed_places[i])];
  }
  release();
  return handed;
}

}  // namespace orrery
