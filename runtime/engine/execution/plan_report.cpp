#include "runtime/engine/execution/plan_report.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "runtime/engine/execution/recomputed.h"
#include "runtime/graph/aliasing.h"

namespace orrery {
namespace {

TensorType type_for_batch(TensorType type, const Symbols& symbols) {
  for (Dim& dim : type.shape)
    if (const auto size = dim.evaluate(symbols)) dim = Dim(*size);
  return type;
}

// Autograd takes a single call only where the plan cannot.
std::string why_recorded(const Node& node) {
  if (!derivative_of(*node.descriptor())) return "no derivative rule";
  const bool parametrized = node.layer() && !node.layer()->parametrizations().empty();
  return parametrized ? "a parametrized layer" : "its derivative rule does not cover these options";
}

class PlanReader {
 public:
  PlanReader(const Tape* tape, const Symbols& symbols) : tape_(tape), symbols_(symbols) {}

  PlanReport read(const Plan& plan) {
    for (const Step& step : plan.steps) {
      add(step);
      if (step.loop) read_loop_backward(step);
      rows_of_steps_.push_back(report_.rows.size() - 1);
    }
    if (tape_ && tape_->lowered()) read_segments(plan);
    if (tape_) read_updates();
    read_recomputed(plan);
    return std::move(report_);
  }

 private:
  void add(const Step& step) {
    if (step.loop) {
      add(step.loop->begin);
      for (const Step& inner : step.loop->body) add(inner);
    }
    const Node& node = *step.node;
    PlanReport::Row row{.node = &node};
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      row.outputs.push_back(type_for_batch(node.outputs()[i], symbols_));
      if (aliased_input(node, static_cast<int>(i))) continue;
      row.bytes += bytes_of(row.outputs.back());
      bytes_by_slot_[step.outputs + static_cast<int>(i)] = bytes_of(row.outputs.back());
    }
    if (node.descriptor()) {
      row.forward = Computed::aten;
      put_backward(row, step);
    }
    report_.rows.push_back(std::move(row));
  }

  void put_backward(PlanReport::Row& row, const Step& step) const {
    if (!tape_) {
      if (step.records) row.backward = Computed::autograd;
    } else if (tape_->has(*row.node) && !step.loop) {
      const bool recorded = tape_->call(*row.node).recorded();
      row.backward = recorded ? Computed::autograd : Computed::rule;
      if (recorded) row.why = why_recorded(*row.node);
    }
  }

  // One note stands for a loop's steps.
  void read_loop_backward(const Step& loop) {
    if (!tape_ || !tape_->has(*loop.node)) return;
    std::set<const Node*> recorded;
    visit_steps(loop, [&](const Step& each) {
      if (each.records) recorded.insert(each.node);
    });
    for (PlanReport::Row& row : report_.rows) {
      if (!recorded.contains(row.node)) continue;
      row.backward = Computed::autograd;
      row.why = fmt::format("part of the loop {}", loop.loop->begin.node->block().path());
    }
  }

  // A segment's steps follow each other, without a loop among them, and so do their rows.
  void read_segments(const Plan& plan) {
    for (const auto& segment : tape_->lowered()->segments()) {
      const std::vector<const Step*>& steps = segment->spec().steps;
      const size_t first = rows_of_steps_[static_cast<size_t>(steps.front() - plan.steps.data())];
      for (size_t i = 0; i < steps.size(); ++i) put_in_segment(*segment, i, first);
      report_.arena_bytes = tape_->lowered()->bytes();
      report_.segments.push_back({first, steps.size(), segment->arena_bytes(), segment->buffer_bytes()});
    }
  }

  void read_updates() {
    std::set<const Parameter*> updated;
    for (const Completion& completion : tape_->updated()) updated.insert(completion.parameter);
    if (tape_->lowered())
      for (const auto& segment : tape_->lowered()->segments())
        for (const SegmentUpdate& folded : segment->folded()) {
          updated.insert(folded.parameter);
          report_.updated.folded += folded.gradient < 0;
        }
    report_.updated.count = updated.size();
    for (const Parameter* parameter : updated) report_.updated.bytes += parameter->bytes();
  }

  void put_in_segment(const Segment& segment, size_t i, size_t first) {
    PlanReport::Row& row = report_.rows[first + i];
    const size_t by = segment.computed_by(i);
    row.segment = report_.segments.size();
    row.forward = segment.is_view(i) ? Computed::view : Computed::own;
    if (by != i) {
      row.forward = Computed::fused;
      row.fused_into = first + by;
      row.bytes = 0;
    }
    row.beside = segment.is_beside(i);
    row.folded_bytes = segment.folded_bytes(i);
    row.backward = segment.spec().wanted[i].empty() ? Computed::none : row.forward;
    row.why.clear();
  }

  // A plan whose marks are passed over has none.
  void read_recomputed(const Plan& plan) {
    if (!plan.recomputes) return;
    for (const PlanReport::Row& row : report_.rows)
      if (const Block* block = recomputed_block(*row.node); block && row.node->descriptor())
        ++row_of(block).steps;
    for (const auto& part : plan.recomputed) read_part(*part);
    for (const Step& step : plan.steps) read_loop(step);
  }

  void read_loop(const Step& step) {
    if (!step.loop) return;
    for (const auto& part : step.loop->recomputed)
      if (!recomputed_.contains(part->nodes.front())) read_part(*part);
    for (const Step& inner : step.loop->body) read_loop(inner);
  }

  void read_part(const RecomputedPart& part) {
    PlanReport::RecomputedRow& row = row_of(part.block);
    row.recomputed += part.nodes.size();
    recomputed_.insert(part.nodes.begin(), part.nodes.end());
    for (PlanReport::Row& step : report_.rows) {
      if (std::ranges::find(part.nodes, step.node) == part.nodes.end()) continue;
      step.recomputed = true;
      row.bytes += step.bytes;
    }
    for (const RecomputedPart::Given& given : part.gives)
      row.bytes = std::max<std::int64_t>(row.bytes - bytes_by_slot_[given.slot], 0);
  }

  PlanReport::RecomputedRow& row_of(const Block* block) {
    auto found = std::ranges::find(report_.recomputed, block, &PlanReport::RecomputedRow::block);
    if (found == report_.recomputed.end()) found = report_.recomputed.insert(found, {.block = block});
    return *found;
  }

  const Tape* tape_;
  const Symbols& symbols_;
  std::map<int, std::int64_t> bytes_by_slot_;
  std::vector<size_t> rows_of_steps_;  ///< places in the report's rows, beside the plan's steps
  std::set<const Node*> recomputed_;
  PlanReport report_;
};

// It would be written, and read by the update.
constexpr std::int64_t kMovesOfGradient = 2;

// Whose kernels would read its inputs and write its results.
std::int64_t moved_bytes(const Node& node, const Symbols& symbols) {
  if (!node.descriptor() || (!node.outputs().empty() && aliased_input(node, 0))) return 0;
  std::int64_t bytes = 0;
  for (const Value& input : node.inputs())
    if (input) bytes += bytes_of(type_for_batch(input.type(), symbols));
  for (const TensorType& type : node.outputs()) bytes += bytes_of(type_for_batch(type, symbols));
  return bytes;
}

// Whether a row of a plan's report is what a pass of segments makes.
bool is_made_by(PlanPass pass, const PlanReport& report, size_t place) {
  const PlanReport::Row& row = report.rows[place];
  if (!row.segment) return false;
  if (pass == PlanPass::lowering) return true;
  if (pass == PlanPass::branches_side_by_side) return row.beside;
  if (pass == PlanPass::fold_updates) return row.folded_bytes > 0;
  if (!row.fused_into) return false;
  return (*row.fused_into < place) == (pass == PlanPass::fuse_activations);
}

std::vector<const Node*> nodes_of_pass(PlanPass pass, const Plan& plan, const PlanReport& report) {
  const auto found = std::ranges::find(plan.outcomes, pass, &PassOutcome::pass);
  if (found != plan.outcomes.end()) return found->nodes;
  std::vector<const Node*> nodes;
  const bool of_segments = pass == PlanPass::lowering || pass == PlanPass::fuse_activations ||
                           pass == PlanPass::relu_after_max_pool || pass == PlanPass::branches_side_by_side ||
                           pass == PlanPass::fold_updates;
  for (size_t i = 0; i < report.rows.size() && of_segments; ++i)
    if (is_made_by(pass, report, i)) nodes.push_back(report.rows[i].node);
  return nodes;
}

}  // namespace

std::string_view name(Computed computed) {
  constexpr std::array<std::string_view, 8> kNames = {"given", "own",  "fused",    "view",
                                                      "aten",  "rule", "autograd", "none"};
  return kNames[static_cast<size_t>(computed)];
}

PlanReport report_plan(const Plan& plan, const Tape* tape, const Symbols& symbols) {
  return PlanReader(tape, symbols).read(plan);
}

std::vector<PassReport> report_passes(const Plan& trained, const PlanReport& report, const Plan& evaluated,
                                      const Symbols& symbols) {
  std::vector<PassReport> passes;
  for (const PlanPassInfo& info : plan_passes()) {
    const bool evaluation = info.pass == PlanPass::fold_batch_norm;
    PassReport& made = passes.emplace_back(
        PassReport{.pass = info.pass,
                   .off = !trained.passes.has(info.pass),
                   .evaluation = evaluation,
                   .nodes = nodes_of_pass(info.pass, evaluation ? evaluated : trained, report)});
    // What these compute is moved all the same.
    if (info.pass == PlanPass::lowering || info.pass == PlanPass::branches_side_by_side) continue;
    if (info.pass == PlanPass::fold_updates) {
      for (const PlanReport::Row& row : report.rows) made.bytes += kMovesOfGradient * row.folded_bytes;
      continue;
    }
    for (const Node* node : made.nodes) made.bytes += moved_bytes(*node, symbols);
  }
  return passes;
}

}  // namespace orrery
