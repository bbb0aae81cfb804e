#include "runtime/engine/execution/segment.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ATen.h>
#include <c10/util/ScopeExit.h>

#include "runtime/core/error.h"
#include "runtime/engine/execution/segment_lanes.h"

namespace orrery {
namespace {

// Nobody but the holder has the tensor, so that it may be written to again.
bool is_free(const at::Tensor& tensor) {
  return tensor.defined() && tensor.use_count() == 1 && tensor.storage().use_count() == 1;
}

}  // namespace

struct Segment::Work : SegmentProgram {
  SegmentSpec spec;
  std::vector<void*> memory;        ///< by place
  std::vector<at::Tensor> tensors;  ///< by place: what lies there
  char* bound = nullptr;
  const Node* at = nullptr;
  struct Seen {
    const void* data = nullptr;
    std::uint32_t version = 0;
    bool operator==(const Seen&) const = default;
  };
  std::vector<Seen> seen;  ///< beside the parameters: what they were in the last pass

  void count_changes(size_t parameter, const at::Tensor& tensor) {
    if (!spec.mode.keeps_weights) return;
    const Seen now{tensor.const_data_ptr(), static_cast<std::uint32_t>(tensor._version())};
    if (std::exchange(seen[parameter], now) != now) ++*revisions[parameter];
  }

  void put(int place, at::Tensor tensor) {
    memory[static_cast<size_t>(place)] = tensor.defined() ? tensor.data_ptr() : nullptr;
    tensors[static_cast<size_t>(place)] = std::move(tensor);
  }
  bool is_buffer(size_t p) const { return places[p].kind == SegmentPlace::Kind::buffer; }
  bool lies_in_arena(size_t p) const { return is_buffer(p) && !passing[places[p].index]; }
  void ask_for(const SegmentPart& part, UpdateSink* updates) {
    for (const int place : part.asked) twice(updates, [&] { refresh(place); });
  }
  void refresh(int place) {
    const auto p = static_cast<size_t>(place);
    if (lies_in_arena(p)) return;
    if (!is_free(tensors[p])) put(place, at::empty(places[p].sizes, at::TensorOptions(type)));
  }
  void give_back(const std::vector<int>& of) {
    for (const int place : of) {
      const auto p = static_cast<size_t>(place);
      const bool others = places[p].kind == SegmentPlace::Kind::input;
      if (lies_in_arena(p)) continue;
      if (others || (tensors[p].defined() && static_cast<std::int64_t>(tensors[p].nbytes()) > kKeptBytes))
        put(place, {});
    }
  }
  // What the backward instructions read from outside, and memory for what they hand on.
  void take(const std::vector<at::Tensor>& arrived) {
    for (size_t i = 0; i < arrived.size(); ++i) {
      const SegmentPlace& place = places[static_cast<size_t>(arrived_places[i])];
      put(arrived_places[i], arrived[i].defined() ? arrived[i].resolve_neg().contiguous()
                                                  : at::zeros(place.sizes, at::TensorOptions(type)));
    }
    for (const int place : handed_places)
      if (!spec.returns_memory) refresh(place);
  }
  // What was frozen since the forward pass stays as it is.
  void look_up_updates(const UpdateSink* updates) const {
    invariant(folded.empty() || updates, "a segment has to update a parameter, and nobody knows how");
    for (const SegmentUpdate& update : folded) {
      update.now->frozen = !update.parameter->trainable;
      update.now->begun = false;
      if (!update.now->frozen) update.now->options = updates->folded_step(*update.parameter);
    }
  }
  // Also where an instruction has failed: whoever may do the pass once more asks whether anything was
  // updated.
  void count_updates(const SegmentPart& part, UpdateSink* updates) const {
    for (const size_t place : part.folded) {
      const SegmentUpdate& update = folded[place];
      if (!std::exchange(update.now->begun, false)) continue;
      tensors[static_cast<size_t>(update.place)].unsafeGetTensorImpl()->bump_version();
      updates->count_folded();
    }
  }
  void tell_updates(const SegmentPart& part, ProfileSink& sink) const {
    for (const size_t place : part.folded)
      if (const SegmentUpdate& update = folded[place]; !update.now->frozen && update.gradient >= 0)
        sink.gradient_complete(*update.parameter, tensors[static_cast<size_t>(update.gradient)]);
  }
  void compute(const SegmentPart& part, UpdateSink* updates) const {
    const auto counted = c10::make_scope_exit([&] { count_updates(part, updates); });
    for (const Instruction& instruction : part.instructions) instruction(memory.data());
  }
  // Layers in training have written them; who keeps what is made of them sees it by the version.
  void mark_buffers() {
    for (size_t i = 0; spec.mode.training && i < parameters.size(); ++i)
      if (parameters[i]->buffer)
        tensors[static_cast<size_t>(parameter_places[i])].unsafeGetTensorImpl()->bump_version();
  }
  /// Who is told, and whether the forward pass is told of.
  struct Told {
    ProfileSink* sink;
    bool is_forward;
    UpdateSink* updates = nullptr;
    NodeClock* clock = sink ? sink->clock() : nullptr;
  };
  void tell_fused(ProfileSink& sink) const {
    for (size_t i = 0; i < computed_by.size(); ++i)
      if (computed_by[i] != i) sink.fused(*spec.steps[i]->node, *spec.steps[computed_by[i]]->node);
  }
  void run(const std::vector<SegmentPart>& parts, const std::vector<SegmentRegion>& regions,
           const Told& told);
  void run_region(const std::vector<SegmentPart>& parts, const SegmentRegion& region, const Told& told);
  void run_part(const SegmentPart& part, const Told& told, std::optional<double> took = {});
  void update(const SegmentPart::Complete& complete, ProfileSink* sink, UpdateSink* updates) const;
};

// What was frozen since the forward pass stays as it is.
void Segment::Work::update(const SegmentPart::Complete& complete, ProfileSink* sink,
                           UpdateSink* updates) const {
  invariant(updates, "a segment has to update a parameter, and nobody does");
  if (!complete.parameter->trainable) return;
  const at::Tensor& gradient = tensors[static_cast<size_t>(complete.gradient)];
  if (sink) sink->gradient_complete(*complete.parameter, gradient);
  twice(updates, [&] { updates->update(*complete.parameter, gradient); });
}

void Segment::Work::run(const std::vector<SegmentPart>& parts, const std::vector<SegmentRegion>& regions,
                        const Told& told) {
  auto region = regions.begin();
  for (size_t p = 0; p < parts.size();) {
    const bool alone = region == regions.end() || region->first != p;
    const size_t end = alone ? p + 1 : region->end();
    for (size_t i = p; i < end; ++i) ask_for(parts[i], told.updates);
    alone ? run_part(parts[p], told) : run_region(parts, *region++, told);
    for (; p < end; ++p) give_back(parts[p].over);
  }
}

// The lanes first; then the parts are told of in their order, and those behind the lanes run.
void Segment::Work::run_region(const std::vector<SegmentPart>& parts, const SegmentRegion& region,
                               const Told& told) {
  if (told.sink) told.sink->begin_side_by_side();
  const LanesRun lanes = run_lanes(region, parts, memory.data(), told.sink != nullptr);
  for (const std::vector<size_t>& lane : region.lanes)
    for (const size_t p : lane) count_updates(parts[p], told.updates);
  if (lanes.failed) {
    at = spec.steps[parts[*lanes.failed].step]->node;
    std::rethrow_exception(lanes.error);
  }
  for (size_t p = region.first; p < region.end(); ++p) {
    const bool waits = std::ranges::find(region.behind, p) != region.behind.end();
    const double seconds = told.sink ? lanes.seconds[p - region.first] : 0;
    run_part(parts[p], told, waits ? std::nullopt : std::optional(seconds));
  }
}

// `took`: its instructions have run.
void Segment::Work::run_part(const SegmentPart& part, const Told& told, std::optional<double> took) {
  const Node* node = part.step < spec.steps.size() ? spec.steps[part.step]->node : nullptr;
  NodeClock* const clock = took ? nullptr : told.clock;
  ProfileSink* const sink = node && !clock ? told.sink : nullptr;
  if (node) at = node;
  if (node && clock) told.is_forward ? clock->begin_forward(node->id()) : clock->begin_backward(node->id());
  std::vector<at::Tensor> shown;
  if (sink) {
    if (sink->wants_tensors())
      for (const int place : part.shown) shown.push_back(tensors[static_cast<size_t>(place)]);
    told.is_forward ? sink->begin_node(*node) : sink->gradients_arrive(*node, shown);
    if (took) sink->took(*took);
  }
  if (!took) compute(part, told.updates);
  if (sink && told.is_forward) sink->end_node(*node, {}, shown, false);
  if (sink) tell_updates(part, *sink);
  for (const SegmentPart::Complete& complete : part.complete) update(complete, told.sink, told.updates);
}

Segment::Segment(SegmentSpec spec, const Symbols& symbols) : work_(std::make_unique<Work>()) {
  static_cast<SegmentProgram&>(*work_) = write_program(spec, symbols);
  work_->spec = std::move(spec);
  work_->at = work_->largest;
  work_->memory.assign(work_->places.size(), nullptr);
  work_->tensors.assign(work_->places.size(), {});
  work_->seen.resize(work_->parameters.size());
}

Segment::~Segment() = default;

void Segment::bind(char* begin) {
  Work& w = *work_;
  if (std::exchange(w.bound, begin) == begin) return;
  for (size_t p = 0; p < w.places.size(); ++p) {
    const SegmentPlace& place = w.places[p];
    if (w.lies_in_arena(p))
      w.put(static_cast<int>(p),
            at::from_blob(begin + w.offsets[place.index], place.sizes, at::TensorOptions(w.type)));
  }
}

const SegmentSpec& Segment::spec() const { return work_->spec; }
const std::vector<int>& Segment::inputs() const { return work_->inputs; }
const std::vector<ParameterPtr>& Segment::parameters() const { return work_->parameters; }
const Node& Segment::at() const { return *work_->at; }
std::int64_t Segment::arena_bytes() const { return work_->bytes; }
std::int64_t Segment::held_bytes() const { return work_->held; }
size_t Segment::computed_by(size_t step) const { return work_->computed_by[step]; }
bool Segment::is_view(size_t step) const { return work_->views[step]; }
const std::vector<SegmentRegion>& Segment::regions(bool forward) const {
  return forward ? work_->forward_regions : work_->backward_regions;
}

bool Segment::is_beside(size_t step) const {
  const auto holds = [&](const std::vector<SegmentPart>& parts, const std::vector<SegmentRegion>& regions) {
    return std::ranges::any_of(regions, [&](const SegmentRegion& region) {
      return std::ranges::any_of(region.lanes, [&](const std::vector<size_t>& lane) {
        return std::ranges::find(lane, step, [&](size_t p) { return parts[p].step; }) != lane.end();
      });
    });
  };
  return holds(work_->forward, work_->forward_regions) || holds(work_->backward, work_->backward_regions);
}

const std::vector<SegmentUpdate>& Segment::folded() const { return work_->folded; }

std::int64_t Segment::folded_bytes(size_t step) const {
  std::int64_t bytes = 0;
  for (const SegmentPart& part : work_->backward)
    for (const size_t update : part.folded)
      if (part.step == step && work_->folded[update].gradient < 0)
        bytes += work_->folded[update].parameter->bytes();
  return bytes;
}

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
    invariant(w.parameters[i]->buffer || parameters[i].scalar_type() == w.type,
              "a parameter has changed its dtype within a run");
    w.count_changes(i, parameters[i]);
    w.put(w.parameter_places[i], parameters[i].contiguous());
  }
  if (sink && sink->wants_tensors()) w.tell_fused(*sink);
  for (size_t p = 0; p < w.places.size(); ++p)
    if (w.places[p].kind == SegmentPlace::Kind::output) w.refresh(static_cast<int>(p));
  w.run(w.forward, w.forward_regions, {sink, true});
  w.mark_buffers();
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
  for (size_t p = 0; p < w.places.size(); ++p)
    if (w.is_buffer(p) && !w.lies_in_arena(p)) w.put(static_cast<int>(p), {});
}

std::vector<Segment::Handed> Segment::backward(const std::vector<at::Tensor>& arrived, ProfileSink* sink,
                                               UpdateSink* updates) {
  Work& w = *work_;
  w.at = w.largest;
  twice(updates, [&] { w.take(arrived); });
  w.look_up_updates(updates);
  w.run(w.backward, w.backward_regions, {sink, false, updates});
  std::vector<Handed> handed;
  for (size_t i = 0; i < w.handed.size(); ++i)
    handed.push_back({w.handed[i], w.tensors[static_cast<size_t>(w.handed_places[i])]});
  release();
  return handed;
}

}  // namespace orrery
