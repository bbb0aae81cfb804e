// The part of SegmentWriter that gives gradients their places.
#include <algorithm>
#include <utility>

#include "runtime/engine/execution/segment_writer.h"

namespace orrery {

int SegmentWriter::output_gradient() {
  const int place = gradients_.at(slots_.at(steps()[now_]->outputs));
  return may_overwrite_gradient() ? changed(place) : used(place);
}

bool SegmentWriter::may_overwrite_gradient() const {
  const int of = slots_.at(steps()[now_]->outputs), place = gradients_.at(of);
  return program_.places[static_cast<size_t>(place)].kind == SegmentPlace::Kind::buffer &&
         !lent_.contains(of);
}

GradientPlace SegmentWriter::input_gradient(size_t index) {
  if (!wanted(index)) return {};
  return written_to(slots_.at(steps()[now_]->inputs[index]));
}

StridedPlace SegmentWriter::strided_output_gradient() {
  return {output_gradient(), layout_of(steps()[now_]->outputs)};
}

StridedPlace SegmentWriter::strided_input_gradient(size_t index) {
  if (!wanted(index)) return {};
  const std::vector<int>& inputs = steps()[now_]->inputs;
  const int of = slots_.at(inputs[index]);
  std::vector<cpu::Layout> beside;
  for (size_t p = 0; p < inputs.size(); ++p)
    if (wanted(p) && slots_.at(inputs[p]) == of) beside.push_back(layout_of(inputs[p]));
  return written_within(of, layout_of(inputs[index]), beside);
}

bool SegmentWriter::pass_gradient_on(size_t index) {
  const int slot = steps()[now_]->inputs[index];
  if (!wanted(index)) return false;
  const int of = slots_.at(slot);
  if (!is_whole(slot) || is_input(of) || gradients_.contains(of)) return false;
  gradients_[of] = gradients_.at(slots_.at(steps()[now_]->outputs));
  return true;
}

// What computed the lent input comes back first, before all others that hand a gradient to the taken one.
bool SegmentWriter::share_gradient(size_t taken, size_t lent) {
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

GradientPlace SegmentWriter::parameter_gradient(std::string_view name) {
  const auto& all = node_->layer()->parameters();
  for (size_t p = 0; p < all.size(); ++p)
    if (all[p] == node_->layer()->parameter(std::string(name)) && wanted(node_->inputs().size() + p))
      return written_to(all[p]);
  return {};
}

// What comes back from outside is read where it lies, unless something inside is added to it.
void SegmentWriter::place_arrived() {
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

// The steps that hand a gradient to what lies at a place.
std::vector<size_t> SegmentWriter::readers_inside(int place) const {
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
size_t SegmentWriter::maker_of(int place) const {
  for (size_t i = 0; i < steps().size(); ++i)
    if (!has_no_memory(i) && slots_.at(steps()[i]->outputs) == place) return i;
  return kNoStep;
}

// The sum of the gradients of what lies at a place; the first of its readers makes it.
GradientPlace SegmentWriter::written_to(int of) {
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
StridedPlace SegmentWriter::written_within(int of, const cpu::Layout& layout,
                                           const std::vector<cpu::Layout>& beside) {
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

GradientPlace SegmentWriter::written_to(const ParameterPtr& parameter) {
  const auto found = of_parameters_.find(parameter.get());
  if (found != of_parameters_.end()) return {changed(found->second), true};
  const bool leaves = !is_updated(parameter.get()) && find_folded(parameter.get()) == spec_.folded.end();
  const std::vector<std::int64_t> sizes = values(parameter->shape);
  const int place = leaves ? add_leaving(sizes) : add_buffer(sizes);
  of_parameters_[parameter.get()] = place;
  if (leaves) hand(place, {.parameter = parameter.get()});
  return {changed(place), false};
}

int SegmentWriter::add_leaving(const std::vector<std::int64_t>& sizes) {
  const bool small = count_of(sizes) * (wide_ ? 8 : 4) <= kKeptBytes;
  if (!spec_.keeps_gradients || !small)
    return add_place({SegmentPlace::Kind::parameter_gradient, of_parameters_.size(), sizes});
  const int place = add_buffer(sizes);
  program_.lives.back().last = static_cast<int>(2 * steps().size()) + 1;
  return place;
}

void SegmentWriter::hand(int place, SegmentGradient handed) {
  program_.handed.push_back(std::move(handed));
  program_.handed_places.push_back(place);
}

}  // namespace orrery
