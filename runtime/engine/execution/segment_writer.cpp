#include "runtime/engine/execution/segment_writer.h"

#include <algorithm>
#include <utility>

#include "runtime/engine/execution/segment_branches.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {

SegmentWriter::SegmentWriter(const SegmentSpec& spec, const Symbols& symbols, SegmentProgram& program)
    : spec_(spec),
      symbols_(symbols),
      program_(program),
      fusions_(find_fusions(spec)),
      views_(find_views(spec, fusions_, symbols)) {}

void SegmentWriter::write() {
  const DType dtype = steps().front()->node->outputs()[0].dtype;
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

void SegmentWriter::begin(size_t i, std::vector<SegmentPart>& parts, std::vector<int> shown) {
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

void SegmentWriter::write_forward(size_t i) {
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

void SegmentWriter::write_backward(size_t i) {
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

void SegmentWriter::copy(int from, GradientPlace to, std::int64_t count) {
  in_its_dtype(*this, [&]<class T>(T) {
    add([=](Memory m) {
      to.adds ? cpu::add_scaled<T>(count, 1, at_place<T>(m, from), at_place<T>(m, to.place))
              : (void)std::copy_n(at_place<T>(m, from), count, at_place<T>(m, to.place));
    });
  });
}

void SegmentWriter::clear(int place, std::int64_t count) {
  in_its_dtype(*this,
               [&]<class T>(T) { add([=](Memory m) { std::fill_n(at_place<T>(m, place), count, T(0)); }); });
}

void SegmentWriter::finish() {
  for (const auto& places : {program_.input_places, program_.output_places})
    for (const int place : places)
      if (!read_back_.contains(place)) program_.forward_only.push_back(place);
  for (size_t i = 0; i < steps().size(); ++i)
    program_.computed_by.push_back(!fusions_.skipped[i] ? i : fusions_.relu_before[i + 1] ? i + 1 : i - 1);
  program_.views = views_.aliases;
  find_branches(program_, spec_, symbols_);
  lay_buffers_out();
  program_.largest = steps().front()->node;
  const auto largest = std::ranges::max_element(program_.lives, {}, &BufferLife::bytes);
  if (largest != program_.lives.end() && largest->first < static_cast<int>(steps().size()))
    program_.largest = steps()[static_cast<size_t>(largest->first)]->node;
}

void SegmentWriter::lay_buffers_out() {
  std::vector<BufferLife> lives = lives_in_regions(program_);
  ArenaLayout layout = lay_out(lives);
  program_.bytes = layout.bytes;
  for (const BufferLife& life : lives)
    program_.passing.push_back(spec_.returns_memory && life.bytes > kKeptBytes);
  if (spec_.returns_memory) {
    for (size_t i = 0; i < lives.size(); ++i)
      if (program_.passing[i]) lives[i].bytes = 0;
    layout = lay_out(lives);
    find_passing_uses();
  }
  program_.offsets = layout.offsets;
  program_.held = layout.bytes;
}

// What is not needed any more behind a backward part is let go of, whoever has made it. What no backward part
// needs and is no buffer is let go of behind the forward pass.
void SegmentWriter::find_passing_uses() {
  const auto passes = [&](int place) {
    return is_buffer(place) && program_.passing[program_.places[static_cast<size_t>(place)].index];
  };
  const auto is_handed = [&](int place) {
    return is_kind(place, SegmentPlace::Kind::input_gradient) ||
           is_kind(place, SegmentPlace::Kind::parameter_gradient);
  };
  std::set<int> asked;
  std::unordered_map<int, SegmentPart*> last;
  for (std::vector<SegmentPart>* parts : {&program_.forward, &program_.backward})
    for (SegmentPart& part : *parts)
      for (const std::vector<int>* touched : {&part.reads, &part.writes})
        for (const int place : *touched) {
          if ((passes(place) || is_handed(place)) && asked.insert(place).second) part.asked.push_back(place);
          if (passes(place) || (parts == &program_.backward && is_let_go(place))) last[place] = &part;
        }
  for (const auto& [place, part] : last) part->over.push_back(place);
}

}  // namespace orrery
