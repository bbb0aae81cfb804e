// The part of SegmentWriter that writes the updates which a segment makes itself.
#include <algorithm>

#include "runtime/engine/execution/segment_writer.h"

namespace orrery {

FoldedUpdate* SegmentWriter::folded_update(std::string_view name) {
  const ParameterPtr parameter = node_->layer()->parameter(std::string(name));
  const auto found = find_folded(parameter.get());
  if (found == spec_.folded.end() || !found->alone || wants().empty()) return nullptr;
  return &add_update(parameter, -1);
}

bool SegmentWriter::is_updated(const Parameter* parameter) const {
  return std::ranges::find(spec_.updated, parameter, &SegmentSpec::Updated::parameter) != spec_.updated.end();
}

std::vector<SegmentSpec::Folded>::const_iterator SegmentWriter::find_folded(
    const Parameter* parameter) const {
  return std::ranges::find(spec_.folded, parameter, &SegmentSpec::Folded::parameter);
}

bool SegmentWriter::has_update(const Parameter* parameter) const {
  return std::ranges::find(program_.folded, parameter, &SegmentUpdate::parameter) != program_.folded.end();
}

FoldedUpdate& SegmentWriter::add_update(const ParameterPtr& parameter, int gradient) {
  part_->folded.push_back(program_.folded.size());
  program_.folded.push_back(
      {parameter.get(), changed(place_of(parameter)), gradient, std::make_unique<FoldedUpdate>()});
  return *program_.folded.back().now;
}

void SegmentWriter::write_updates(size_t i) {
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

// A small gradient lasts no longer than its node's instructions.
void SegmentWriter::step_behind(const ParameterPtr& parameter, int gradient) {
  const int place = place_of(parameter);
  const std::int64_t count = count_of(place_sizes(gradient));
  FoldedUpdate* const now = &add_update(parameter, gradient);
  in_its_dtype(*this, [&]<class T>(T) {
    add([=](Memory m) {
      if (now->begin())
        cpu::sgd_step<T>(now->options, count, at_place<T>(m, gradient), nullptr, at_place<T>(m, place));
    });
  });
}

}  // namespace orrery
