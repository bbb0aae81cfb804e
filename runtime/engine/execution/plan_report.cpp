#include "runtime/engine/execution/plan_report.h"

#include <array>

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
    for (const Step& step : plan.steps) add(step);
    if (tape_ && tape_->lowered()) read_segments(plan);
    if (tape_) read_updates();
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
      if (!aliased_input(node, static_cast<int>(i))) row.bytes += bytes_of(row.outputs.back());
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
    } else if (tape_->has(*row.node)) {
      const bool recorded = tape_->call(*row.node).recorded();
      row.backward = recorded ? Computed::autograd : Computed::rule;
      if (recorded) row.why = why_recorded(*row.node);
    }
  }

  // A plan with segments has no loops: its rows are its steps.
  void read_segments(const Plan& plan) {
    for (const auto& segment : tape_->lowered()->segments()) {
      const std::vector<const Step*>& steps = segment->spec().steps;
      const auto first = static_cast<size_t>(steps.front() - plan.steps.data());
      for (size_t i = 0; i < steps.size(); ++i) put_in_segment(*segment, i, first);
      report_.segments.push_back({first, steps.size(), segment->arena_bytes(), segment->buffer_bytes()});
    }
  }

  void read_updates() {
    for (const Completion& updated : tape_->updated()) {
      ++report_.updated.count;
      report_.updated.bytes += updated.parameter->bytes();
    }
  }

  void put_in_segment(const Segment& segment, size_t i, size_t first) {
    PlanReport::Row& row = report_.rows[first + i];
    const size_t by = segment.computed_by(i);
    row.segment = report_.segments.size();
    row.forward = lowering_of(*row.node->descriptor())->view ? Computed::view : Computed::own;
    if (by != i) {
      row.forward = Computed::fused;
      row.fused_into = first + by;
    }
    row.backward = segment.spec().wanted[i].empty() ? Computed::none : row.forward;
    row.why.clear();
  }

  const Tape* tape_;
  const Symbols& symbols_;
  PlanReport report_;
};

}  // namespace

std::string_view name(Computed computed) {
  constexpr std::array<std::string_view, 8> kNames = {"given", "own",  "fused",    "view",
                                                      "aten",  "rule", "autograd", "none"};
  return kNames[static_cast<size_t>(computed)];
}

PlanReport report_plan(const Plan& plan, const Tape* tape, const Symbols& symbols) {
  return PlanReader(tape, symbols).read(plan);
}

}  // namespace orrery
