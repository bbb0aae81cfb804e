#include "runtime/engine/execution/segment_program.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "runtime/core/error.h"
#include "runtime/engine/execution/segment_branches.h"
#include "runtime/engine/execution/segment_fusions.h"
#include "runtime/engine/execution/segment_views.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

std::optional<std::vector<std::int64_t>> known_sizes(const Value& value, const Symbols& symbols) {
  std::vector<std::int64_t> sizes;
  for (const Dim& dim : value.shape()) {
    const auto size = dim.evaluate(symbols);
    if (!size) return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

DType dtype_of_step(const Step& step) { return step.node->outputs()[0].dtype; }

// Writes the instructions of all nodes, first forward, then backward.
class ProgramWriter : public Lowering {
 public:
  ProgramWriter(const SegmentSpec& spec, const Symbols& symbols, SegmentProgram& program)
      : spec_(spec),
        symbols_(symbols),
        program_(program),
        fusions_(find_fusions(spec)),
        views_(find_views(spec, fusions_, symbols)) {}

  void write() {
    const DType dtype = dtype_of_step(*spec_.steps.front());
    wide_ = dtype == DType::float64;
    program_.type = scalar_type(dtype);
    for (size_t i = 0; i < steps().size(); ++i) place_output(i);
    for (size_t i = 0; i < steps().size(); ++i) write_forward(i);
    for (const int slot : spec_.read_outside) {
      program_.output_places.push_back(slots_.at(slot));
      program_.output_sizes.push_back(sizes_.at(slot));
    }
    place_arrived();
    for (size_t i = steps().size(); i-- > 0;) {
      write_backward(i);
      write_updates(i);
    }
    finish();
  }

  bool differentiated() const override { return !wants().empty(); }
  int input(size_t index) override {
    const int slot = steps()[now_]->inputs[index];
    invariant(!views_.layouts.contains(slot), "a strided tensor is read as if it were contiguous");
    return used(slots_.at(slot));
  }
  int output() override { return made(slots_.at(steps()[now_]->outputs)); }
  StridedPlace strided_input(size_t index) override {
    const int slot = steps()[now_]->inputs[index];
    return {used(slots_.at(slot)), layout_of(slot)};
  }
  StridedPlace strided_output() override {
    const int slot = steps()[now_]->outputs;
    return {made(slots_.at(slot)), layout_of(slot)};
  }
  int parameter(std::string_view name) override {
    const ParameterPtr found = steps()[now_]->parameter(std::string(name));
    if (!found) return -1;
    return found->buffer || goes_back() ? changed(place_of(found)) : used(place_of(found));
  }
  const std::uint64_t* revision(std::string_view name) override {
    const int place = place_of(steps()[now_]->parameter(std::string(name)));
    return program_.revisions[program_.places[static_cast<size_t>(place)].index].get();
  }
  int scratch(std::int64_t count) override { return changed(add_buffer({count})); }
  int kept(size_t index) override { return used(kept_by_step_.at(now_).at(index)); }
  int output_gradient() override {
    const int place = gradients_.at(slots_.at(steps()[now_]->outputs));
    return may_overwrite_gradient() ? changed(place) : used(place);
  }
  bool may_overwrite_gradient() const override {
    const int of = slots_.at(steps()[now_]->outputs), place = gradients_.at(of);
    return program_.places[static_cast<size_t>(place)].kind == SegmentPlace::Kind::buffer &&
           !lent_.contains(of);
  }
  GradientPlace input_gradient(size_t index) override {
    if (!wanted(index)) return {};
    return written_to(slots_.at(steps()[now_]->inputs[index]));
  }
  StridedPlace strided_output_gradient() override {
    return {output_gradient(), layout_of(steps()[now_]->outputs)};
  }
  StridedPlace strided_input_gradient(size_t index) override {
    if (!wanted(index)) return {};
    const std::vector<int>& inputs = steps()[now_]->inputs;
    const int of = slots_.at(inputs[index]);
    std::vector<cpu::Layout> beside;
    for (size_t p = 0; p < inputs.size(); ++p)
      if (wanted(p) && slots_.at(inputs[p]) == of) beside.push_back(layout_of(inputs[p]));
    return written_within(of, layout_of(inputs[index]), beside);
  }
  bool pass_gradient_on(size_t index) override {
    const int slot = steps()[now_]->inputs[index];
    if (!wanted(index)) return false;
    const int of = slots_.at(slot);
    if (!is_whole(slot) || is_input(of) || gradients_.contains(of)) return false;
    gradients_[of] = gradients_.at(slots_.at(steps()[now_]->outputs));
    return true;
  }
  // What computed the lent input comes back first, before all others that hand a gradient to the taken one.
  bool share_gradient(size_t taken, size_t lent) override {
    const std::vector<int>& inputs = steps()[now_]->inputs;
    if (!wanted(taken) || !wanted(lent)) return false;
    const int of = slots_.at(inputs[taken]), other = slots_.at(inputs[lent]);
    if (is_input(other) || !is_whole(inputs[lent]) || gradients_.contains(other)) return false;
    const size_t reader = maker_of(other);
    std::vector<size_t> adding = readers_inside(of);
    std::erase(adding, now_);
    adding.push_back(maker_of(of));
    const bool is_first = std::ranges::all_of(adding, [&](size_t step) { return step < reader; });
    if (!is_first || readers_inside(other).size() != 1 || !pass_gradient_on(taken)) return false;
    gradients_[other] = gradients_.at(of);
    lent_.insert(other);
    return true;
  }
  GradientPlace parameter_gradient(std::string_view name) override {
    const auto& all = node_->layer()->parameters();
    for (size_t p = 0; p < all.size(); ++p)
      if (all[p] == node_->layer()->parameter(std::string(name)) && wanted(node_->inputs().size() + p))
        return written_to(all[p]);
    return {};
  }
  const FoldedUpdate* folded_update(std::string_view name) override {
    const ParameterPtr parameter = node_->layer()->parameter(std::string(name));
    const auto found = find_folded(parameter.get());
    if (found == spec_.folded.end() || !found->alone || wants().empty()) return nullptr;
    return &add_update(parameter, -1);
  }
  void add(Instruction instruction) override { part_->instructions.push_back(std::move(instruction)); }
  void release(int place) override {
    if (place >= 0 && is_buffer(place) && life_of(place).last == time_)
      life_of(place).last_part = parts_done() - 1;
  }

 private:
  const std::vector<const Step*>& steps() const { return spec_.steps; }
  const std::vector<bool>& wants() const { return spec_.wanted[now_]; }
  bool wanted(size_t index) const { return !wants().empty() && wants()[index]; }

  int add_place(SegmentPlace place) {
    program_.places.push_back(std::move(place));
    return static_cast<int>(program_.places.size()) - 1;
  }
  int add_buffer(std::vector<std::int64_t> sizes) {
    const std::int64_t bytes = count_of(sizes) * (wide_ ? 8 : 4);
    program_.lives.push_back({bytes, time_, time_, parts_done()});
    return add_place({SegmentPlace::Kind::buffer, program_.lives.size() - 1, std::move(sizes)});
  }
  bool goes_back() const { return time_ >= static_cast<int>(steps().size()); }
  int used(int place) {
    if (part_) part_->reads.push_back(place);
    if (goes_back()) read_back_.insert(place);
    if (is_buffer(place)) {
      BufferLife& life = life_of(place);
      life.first = std::min(life.first, time_);
      life.last = std::max(life.last, time_);
      life.last_part = BufferLife::kWhole;
    }
    return place;
  }
  int changed(int place) {
    part_->writes.push_back(place);
    return used(place);
  }
  // A node's result, which only reads are of in the backward pass.
  int made(int place) { return goes_back() ? used(place) : changed(place); }
  bool is_buffer(int place) const {
    return program_.places[static_cast<size_t>(place)].kind == SegmentPlace::Kind::buffer;
  }
  BufferLife& life_of(int place) { return program_.lives[program_.places[static_cast<size_t>(place)].index]; }
  // The parts of a step are its instructions.
  int parts_done() const { return part_ ? static_cast<int>(part_->instructions.size()) : 0; }

  // Views have the place of what they view, a layer's result that of the activation behind it.
  void place_output(size_t i) {
    time_ = static_cast<int>(i);
    const Step& step = *steps()[i];
    for (size_t p = 0; p < step.inputs.size(); ++p)
      if (step.inputs[p] >= 0) place_input(step.inputs[p], step.node->inputs()[p]);
    const std::vector<std::int64_t> sizes = known_output_sizes(step, symbols_);
    sizes_[step.outputs] = sizes;
    if (has_no_memory(i)) {
      slots_[step.outputs] = slots_.at(step.inputs[0]);
      return;
    }
    slots_[step.outputs] =
        leaves(i) ? add_place({SegmentPlace::Kind::output, outputs_++, sizes}) : add_buffer(sizes);
  }

  // Whether the memory that a step writes is seen outside, under whatever name.
  bool leaves(size_t i) const {
    const auto outside = [&](int slot) {
      return std::ranges::find(spec_.read_outside, slot) != spec_.read_outside.end();
    };
    std::vector<int> names = {steps()[i]->outputs};
    for (size_t next = i + 1; next < steps().size(); ++next) {
      if (has_no_memory(next) && std::ranges::find(names, steps()[next]->inputs[0]) != names.end())
        names.push_back(steps()[next]->outputs);
    }
    return std::ranges::any_of(names, outside);
  }

  void place_input(int slot, const Value& value) {
    if (slots_.contains(slot)) return;
    sizes_[slot] = *known_sizes(value, symbols_);
    slots_[slot] = add_place({SegmentPlace::Kind::input, program_.inputs.size(), sizes_[slot]});
    program_.inputs.push_back(slot);
    program_.input_places.push_back(slots_[slot]);
  }

  int place_of(const ParameterPtr& parameter) {
    const auto found = parameters_.find(parameter.get());
    if (found != parameters_.end()) return found->second;
    const int place =
        add_place({SegmentPlace::Kind::parameter, program_.parameters.size(), values(parameter->shape)});
    program_.parameters.push_back(parameter);
    program_.parameter_places.push_back(place);
    program_.revisions.push_back(std::make_unique<std::uint64_t>(0));
    return parameters_[parameter.get()] = place;
  }

  void begin(size_t i, std::vector<SegmentPart>& parts, std::vector<int> shown) {
    now_ = i;
    const Step& step = *steps()[i];
    node_ = step.node;
    training_ = is_training(*node_, spec_.mode.training);
    keeps_weights_ = spec_.mode.keeps_weights;
    activation_ = fusions_.activations[i];
    relu_before_ = fusions_.relu_before[i];
    input_sizes_.clear();
    for (const Value& input : node_->inputs())
      input_sizes_.push_back(input ? *known_sizes(input, symbols_) : std::vector<std::int64_t>());
    output_sizes_ = sizes_.at(step.outputs);
    parts.push_back({i, {}, std::move(shown)});
    part_ = &parts.back();
  }

  void write_forward(size_t i) {
    time_ = static_cast<int>(i);
    begin(i, program_.forward, {slots_.at(steps()[i]->outputs)});
    used(slots_.at(steps()[i]->outputs));
    kept_.clear();
    if (views_.copied[i])
      copy_view(*this, *views_.copied[i], used(slots_.at(steps()[i]->inputs[0])));
    else if (!has_no_memory(i))
      lowering_of(*node_->descriptor())->forward(*this);
    kept_by_step_[i] = kept_;
  }

  static constexpr size_t kNoStep = ~size_t{0};

  // What comes back from outside is read where it lies, unless something inside is added to it.
  void place_arrived() {
    time_ = static_cast<int>(steps().size());
    program_.backward.push_back({kNoStep, {}, {}});
    part_ = &program_.backward.back();
    for (const int slot : spec_.arriving) {
      const int of = slots_.at(slot);
      const std::vector<std::int64_t> sizes = place_sizes(of);  // places move
      const int place = add_place({SegmentPlace::Kind::arrived, program_.arrived_places.size(), sizes});
      program_.arrived_places.push_back(place);
      const bool alone = std::ranges::count(spec_.arriving, of, [&](int s) { return slots_.at(s); }) == 1;
      if (alone && readers_inside(of).empty() && !is_input(of))
        gradients_[of] = place;
      else
        copy(place, written_to(of), count_of(sizes));
    }
  }

  const std::vector<std::int64_t>& place_sizes(int place) const {
    return program_.places[static_cast<size_t>(place)].sizes;
  }
  bool is_input(int place) const {
    return program_.places[static_cast<size_t>(place)].kind == SegmentPlace::Kind::input;
  }

  // The steps that hand a gradient to what lies at a place.
  std::vector<size_t> readers_inside(int place) const {
    std::vector<size_t> readers;
    for (size_t i = 0; i < steps().size(); ++i) {
      if (has_no_memory(i) || spec_.wanted[i].empty()) continue;
      const std::vector<int>& inputs = steps()[i]->inputs;
      for (size_t p = 0; p < inputs.size(); ++p)
        if (spec_.wanted[i][p] && slots_.at(inputs[p]) == place) readers.push_back(i);
    }
    return readers;
  }
  // The step that computes what lies there; none where that comes from outside.
  size_t maker_of(int place) const {
    for (size_t i = 0; i < steps().size(); ++i)
      if (!has_no_memory(i) && slots_.at(steps()[i]->outputs) == place) return i;
    return kNoStep;
  }
  // Whether a value is all that lies at its place.
  bool is_whole(int slot) const {
    const cpu::Layout layout = layout_of(slot);
    return is_dense(layout) && count_of(layout.sizes) == count_of(place_sizes(slots_.at(slot)));
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
    if (spec_.wanted[i].empty()) return;
    const auto gradient = gradients_.find(slots_.at(steps()[i]->outputs));
    if (gradient == gradients_.end()) return;
    begin(i, program_.backward, {gradient->second});
    used(gradient->second);
    if (views_.copied[i] && wanted(0))
      copy_gradient_of_view(
          *this, written_within(slots_.at(steps()[i]->inputs[0]), *views_.copied[i], {*views_.copied[i]}));
    else if (!views_.copied[i] && !has_no_memory(i))
      lowering_of(*node_->descriptor())->backward(*this);
  }

  // The sum of the gradients of what lies at a place; the first of its readers makes it.
  GradientPlace written_to(int of) {
    if (const auto found = gradients_.find(of); found != gradients_.end())
      return {changed(found->second), true};
    const std::vector<std::int64_t> sizes = place_sizes(of);  // places move
    if (!is_input(of)) return {gradients_[of] = changed(add_buffer(sizes)), false};
    const size_t input = program_.places[static_cast<size_t>(of)].index;
    const int place = add_place({SegmentPlace::Kind::input_gradient, input, sizes});
    hand(place, {.slot = program_.inputs[input]});
    return {gradients_[of] = changed(place), false};
  }
  // Part of that sum, `beside` which the same step writes other parts; what they leave out is cleared.
  StridedPlace written_within(int of, const cpu::Layout& layout, const std::vector<cpu::Layout>& beside) {
    const GradientPlace to = written_to(of);
    const std::int64_t count = count_of(place_sizes(of));
    const bool covered = cover(beside, count);
    if (beside.size() > 1 && !covered) {
      if (!to.adds) clear(to.place, count);
      return {to.place, layout, true, std::ranges::count(beside, layout) < std::ssize(beside)};
    }
    if (is_dense(layout) && count_of(layout.sizes) == count) return {to.place, layout, to.adds};
    if (!to.adds && covered)
      written_whole_by_[of] = now_;
    else if (!to.adds)
      clear(to.place, count);
    const auto whole = written_whole_by_.find(of);
    return {to.place, layout, whole == written_whole_by_.end() || whole->second != now_};
  }
  void clear(int place, std::int64_t count) {
    in_its_dtype(
        *this, [&]<class T>(T) { add([=](Memory m) { std::fill_n(at_place<T>(m, place), count, T(0)); }); });
  }
  GradientPlace written_to(const ParameterPtr& parameter) {
    const auto found = of_parameters_.find(parameter.get());
    if (found != of_parameters_.end()) return {changed(found->second), true};
    const bool leaves = !is_updated(parameter.get()) && find_folded(parameter.get()) == spec_.folded.end();
    const std::vector<std::int64_t> sizes = values(parameter->shape);
    const int place = leaves ? add_leaving(sizes) : add_buffer(sizes);
    of_parameters_[parameter.get()] = place;
    if (leaves) hand(place, {.parameter = parameter.get()});
    return {changed(place), false};
  }
  int add_leaving(const std::vector<std::int64_t>& sizes) {
    const bool small = count_of(sizes) * (wide_ ? 8 : 4) <= kKeptBytes;
    if (!spec_.keeps_gradients || !small)
      return add_place({SegmentPlace::Kind::parameter_gradient, of_parameters_.size(), sizes});
    const int place = add_buffer(sizes);
    program_.lives.back().last = static_cast<int>(2 * steps().size()) + 1;
    return place;
  }
  bool is_updated(const Parameter* parameter) const {
    return std::ranges::find(spec_.updated, parameter, &SegmentSpec::Updated::parameter) !=
           spec_.updated.end();
  }
  std::vector<SegmentSpec::Folded>::const_iterator find_folded(const Parameter* parameter) const {
    return std::ranges::find(spec_.folded, parameter, &SegmentSpec::Folded::parameter);
  }
  const FoldedUpdate& add_update(const ParameterPtr& parameter, int gradient) {
    part_->folded.push_back(program_.folded.size());
    program_.folded.push_back(
        {parameter.get(), changed(place_of(parameter)), gradient, std::make_unique<FoldedUpdate>()});
    return *program_.folded.back().now;
  }
  void write_updates(size_t i) {
    for (const SegmentSpec::Updated& updated : spec_.updated) {
      const auto gradient = of_parameters_.find(updated.parameter);
      if (updated.step == i && gradient != of_parameters_.end())
        program_.backward.back().complete.push_back({updated.parameter, used(gradient->second)});
    }
    if (!steps()[i]->node->layer()) return;
    for (const ParameterPtr& parameter : steps()[i]->node->layer()->parameters()) {
      const auto folded = find_folded(parameter.get());
      const auto gradient = of_parameters_.find(parameter.get());
      if (folded != spec_.folded.end() && folded->step == i && gradient != of_parameters_.end() &&
          !is_updated(parameter.get()) && !has_update(parameter.get()))
        step_behind(parameter, changed(gradient->second));
    }
  }
  bool has_update(const Parameter* parameter) const {
    return std::ranges::find(program_.folded, parameter, &SegmentUpdate::parameter) != program_.folded.end();
  }
  // A small gradient lasts no longer than its node's instructions.
  void step_behind(const ParameterPtr& parameter, int gradient) {
    const int place = place_of(parameter);
    const std::int64_t count = count_of(place_sizes(gradient));
    const FoldedUpdate* const now = &add_update(parameter, gradient);
    in_its_dtype(*this, [&]<class T>(T) {
      add([=](Memory m) {
        if (!now->frozen)
          cpu::sgd_step<T>(now->options, count, at_place<T>(m, gradient), nullptr, at_place<T>(m, place));
      });
    });
  }
  void hand(int place, SegmentGradient handed) {
    program_.handed.push_back(std::move(handed));
    program_.handed_places.push_back(place);
  }

  // Its result is somebody else's.
  bool has_no_memory(size_t i) const { return fusions_.skipped[i] || views_.aliases[i]; }
  // How a value lies at its place.
  cpu::Layout layout_of(int slot) const {
    const auto found = views_.layouts.find(slot);
    return found == views_.layouts.end() ? cpu::dense_layout(sizes_.at(slot)) : found->second;
  }

  void finish() {
    for (const auto& places : {program_.input_places, program_.output_places})
      for (const int place : places)
        if (!read_back_.contains(place)) program_.forward_only.push_back(place);
    for (size_t i = 0; i < steps().size(); ++i)
      program_.computed_by.push_back(!fusions_.skipped[i] ? i : fusions_.relu_before[i + 1] ? i + 1 : i - 1);
    program_.views = views_.aliases;
    find_branches(program_, spec_, symbols_);
    const ArenaLayout layout = lay_out(lives_in_regions(program_));
    program_.bytes = layout.bytes;
    program_.offsets = layout.offsets;
    program_.largest = steps().front()->node;
    const auto largest = std::ranges::max_element(program_.lives, {}, &BufferLife::bytes);
    if (largest != program_.lives.end() && largest->first < static_cast<int>(steps().size()))
      program_.largest = steps()[static_cast<size_t>(largest->first)]->node;
  }

  const SegmentSpec& spec_;
  const Symbols& symbols_;
  SegmentProgram& program_;
  const SegmentFusions fusions_;
  const SegmentViews views_;
  std::unordered_map<int, int> slots_;                        ///< to places
  std::unordered_map<int, std::vector<std::int64_t>> sizes_;  ///< of slots
  std::unordered_map<const Parameter*, int> parameters_;      ///< to places
  std::unordered_map<const Parameter*, int> of_parameters_;   ///< to places of gradients
  std::unordered_map<int, int> gradients_;                    ///< from places to those of their gradients
  std::set<int> lent_;  ///< places whose gradient is read where another lies, to which more is added
  std::unordered_map<int, size_t> written_whole_by_;  ///< places, all of whose gradient one step writes
  std::unordered_map<size_t, std::vector<int>> kept_by_step_;
  std::set<int> read_back_;  ///< places that backward instructions read or write
  SegmentPart* part_ = nullptr;
  size_t now_ = 0;
  size_t outputs_ = 0;
  int time_ = 0;
};

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
      if (parameter->buffer ? !entry->updates_buffers : parameter->dtype != dtype) return false;
  }
  std::vector<std::vector<std::int64_t>> sizes;
  for (const Value& input : node.inputs()) {
    const auto known = input ? known_sizes(input, symbols) : std::vector<std::int64_t>();
    const bool fits =
        !input || input.dtype() == dtype || (entry->reads_indices && input.dtype() == DType::int64);
    if (!known || !fits) return false;
    sizes.push_back(*known);
  }
  if (sizes.empty() || !node.inputs()[0]) return false;
  const auto made = known_sizes({const_cast<Node*>(&node), 0}, symbols);
  if (!made || std::ranges::find(*made, 0) != made->end()) return false;
  return !entry->covers || entry->covers({node, sizes});
}

SegmentProgram write_program(const SegmentSpec& spec, const Symbols& symbols) {
  SegmentProgram program;
  ProgramWriter(spec, symbols, program).write();
  return program;
}

}  // namespace orrery
