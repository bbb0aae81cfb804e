#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/engine/execution/segment_fusions.h"
#include "runtime/engine/execution/segment_program.h"
#include "runtime/engine/execution/segment_views.h"

namespace orrery {

/// Writes the instructions of all nodes, first forward, then backward.
class SegmentWriter : public Lowering {
 public:
  SegmentWriter(const SegmentSpec& spec, const Symbols& symbols, SegmentProgram& program);

  void write();

  bool differentiated() const override { return !wants().empty(); }
  int input(size_t index) override;
  int output() override { return made(slots_.at(steps()[now_]->outputs)); }
  StridedPlace strided_input(size_t index) override;
  StridedPlace strided_output() override;
  int parameter(std::string_view name) override;
  const std::uint64_t* revision(std::string_view name) override;
  int scratch(std::int64_t count) override { return changed(add_buffer({count})); }
  int kept(size_t index) override { return used(kept_by_step_.at(now_).at(index)); }
  int output_gradient() override;
  bool may_overwrite_gradient() const override;
  GradientPlace input_gradient(size_t index) override;
  StridedPlace strided_output_gradient() override;
  StridedPlace strided_input_gradient(size_t index) override;
  bool pass_gradient_on(size_t index) override;
  bool share_gradient(size_t taken, size_t lent) override;
  GradientPlace parameter_gradient(std::string_view name) override;
  FoldedUpdate* folded_update(std::string_view name) override;
  void add(Instruction instruction) override { part_->instructions.push_back(std::move(instruction)); }
  void release(int place) override;

 private:
  static constexpr size_t kNoStep = ~size_t{0};

  const std::vector<const Step*>& steps() const { return spec_.steps; }
  const std::vector<bool>& wants() const { return spec_.wanted[now_]; }
  bool wanted(size_t index) const { return !wants().empty() && wants()[index]; }
  bool goes_back() const { return time_ >= static_cast<int>(steps().size()); }
  // The parts of a step are its instructions.
  int parts_done() const { return part_ ? static_cast<int>(part_->instructions.size()) : 0; }
  // Its result is somebody else's.
  bool has_no_memory(size_t i) const { return fusions_.skipped[i] || views_.aliases[i]; }

  void begin(size_t i, std::vector<SegmentPart>& parts, std::vector<int> shown);
  void write_forward(size_t i);
  void write_backward(size_t i);
  void copy(int from, GradientPlace to, std::int64_t count);
  void clear(int place, std::int64_t count);
  void finish();
  void lay_buffers_out();
  void find_passing_uses();

  int add_place(SegmentPlace place);
  int add_buffer(std::vector<std::int64_t> sizes);
  int used(int place);
  int changed(int place);
  // A node's result, which only reads are of in the backward pass.
  int made(int place) { return goes_back() ? used(place) : changed(place); }
  bool is_buffer(int place) const { return is_kind(place, SegmentPlace::Kind::buffer); }
  bool is_input(int place) const { return is_kind(place, SegmentPlace::Kind::input); }
  // What comes from outside or goes there, but for gradients that are handed on.
  bool is_let_go(int place) const {
    return is_input(place) || is_kind(place, SegmentPlace::Kind::output) ||
           is_kind(place, SegmentPlace::Kind::arrived);
  }
  bool is_kind(int place, SegmentPlace::Kind kind) const {
    return program_.places[static_cast<size_t>(place)].kind == kind;
  }
  BufferLife& life_of(int place) { return program_.lives[program_.places[static_cast<size_t>(place)].index]; }
  const std::vector<std::int64_t>& place_sizes(int place) const {
    return program_.places[static_cast<size_t>(place)].sizes;
  }
  void place_output(size_t i);
  bool leaves(size_t i) const;
  void place_input(int slot, const Value& value);
  int place_of(const ParameterPtr& parameter);
  // How a value lies at its place.
  cpu::Layout layout_of(int slot) const;
  // Whether a value is all that lies at its place.
  bool is_whole(int slot) const;

  void place_arrived();
  std::vector<size_t> readers_inside(int place) const;
  size_t maker_of(int place) const;
  GradientPlace written_to(int of);
  StridedPlace written_within(int of, const cpu::Layout& layout, const std::vector<cpu::Layout>& beside);
  GradientPlace written_to(const ParameterPtr& parameter);
  int add_leaving(const std::vector<std::int64_t>& sizes);
  void hand(int place, SegmentGradient handed);

  bool is_updated(const Parameter* parameter) const;
  std::vector<SegmentSpec::Folded>::const_iterator find_folded(const Parameter* parameter) const;
  bool has_update(const Parameter* parameter) const;
  FoldedUpdate& add_update(const ParameterPtr& parameter, int gradient);
  void write_updates(size_t i);
  void step_behind(const ParameterPtr& parameter, int gradient);

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

}  // namespace orrery
