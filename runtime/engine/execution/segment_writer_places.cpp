// The part of SegmentWriter that gives values and parameters their places.
#include <algorithm>
#include <utility>

#include "runtime/core/error.h"
#include "runtime/engine/execution/segment_writer.h"

namespace orrery {

int SegmentWriter::input(size_t index) {
  const int slot = steps()[now_]->inputs[index];
  invariant(!views_.layouts.contains(slot), "a strided tensor is read as if it were contiguous");
  return used(slots_.at(slot));
}

StridedPlace SegmentWriter::strided_input(size_t index) {
  const int slot = steps()[now_]->inputs[index];
  return {used(slots_.at(slot)), layout_of(slot)};
}

StridedPlace SegmentWriter::strided_output() {
  const int slot = steps()[now_]->outputs;
  return {made(slots_.at(slot)), layout_of(slot)};
}

int SegmentWriter::parameter(std::string_view name) {
  const ParameterPtr found = steps()[now_]->parameter(std::string(name));
  if (!found) return -1;
  return found->buffer || goes_back() ? changed(place_of(found)) : used(place_of(found));
}

const std::uint64_t* SegmentWriter::revision(std::string_view name) {
  const int place = place_of(steps()[now_]->parameter(std::string(name)));
  return program_.revisions[program_.places[static_cast<size_t>(place)].index].get();
}

void SegmentWriter::release(int place) {
  if (place >= 0 && is_buffer(place) && life_of(place).last == time_)
    life_of(place).last_part = parts_done() - 1;
}

int SegmentWriter::add_place(SegmentPlace place) {
  program_.places.push_back(std::move(place));
  return static_cast<int>(program_.places.size()) - 1;
}

int SegmentWriter::add_buffer(std::vector<std::int64_t> sizes) {
  const std::int64_t bytes = count_of(sizes) * (wide_ ? 8 : 4);
  program_.lives.push_back({bytes, time_, time_, parts_done()});
  return add_place({SegmentPlace::Kind::buffer, program_.lives.size() - 1, std::move(sizes)});
}

int SegmentWriter::used(int place) {
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

int SegmentWriter::changed(int place) {
  part_->writes.push_back(place);
  return used(place);
}

// Views have the place of what they view, a layer's result that of the activation behind it.
void SegmentWriter::place_output(size_t i) {
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
bool SegmentWriter::leaves(size_t i) const {
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

void SegmentWriter::place_input(int slot, const Value& value) {
  if (slots_.contains(slot)) return;
  sizes_[slot] = *known_sizes(value, symbols_);
  slots_[slot] = add_place({SegmentPlace::Kind::input, program_.inputs.size(), sizes_[slot]});
  program_.inputs.push_back(slot);
  program_.input_places.push_back(slots_[slot]);
}

int SegmentWriter::place_of(const ParameterPtr& parameter) {
  const auto found = parameters_.find(parameter.get());
  if (found != parameters_.end()) return found->second;
  const int place =
      add_place({SegmentPlace::Kind::parameter, program_.parameters.size(), values(parameter->shape)});
  program_.parameters.push_back(parameter);
  program_.parameter_places.push_back(place);
  program_.revisions.push_back(std::make_unique<std::uint64_t>(0));
  return parameters_[parameter.get()] = place;
}

// How a value lies at its place.
cpu::Layout SegmentWriter::layout_of(int slot) const {
  const auto found = views_.layouts.find(slot);
  return found == views_.layouts.end() ? cpu::dense_layout(sizes_.at(slot)) : found->second;
}

// Whether a value is all that lies at its place.
bool SegmentWriter::is_whole(int slot) const {
  const cpu::Layout layout = layout_of(slot);
  return is_dense(layout) && count_of(layout.sizes) == count_of(place_sizes(slots_.at(slot)));
}

}  // namespace orrery
