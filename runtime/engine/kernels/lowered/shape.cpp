#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

constexpr LoweringEntry view_entry(const char* operation) { return {.operation = operation, .view = true}; }
constexpr LoweringEntry shape_entry(const char* operation) {
  return {.operation = operation, .view = true, .order = ResultOrder::of_inputs};
}

constexpr LoweringEntry kShapeLowerings[] = {
    shape_entry("Flatten"),   shape_entry("flatten"),   shape_entry("view"),       shape_entry("reshape"),
    shape_entry("squeeze"),   shape_entry("unsqueeze"), shape_entry("Unflatten"),  shape_entry("unflatten"),
    view_entry("ravel"),      view_entry("permute"),    view_entry("transpose"),   view_entry("swapaxes"),
    view_entry("swapdims"),   view_entry("t"),          view_entry("movedim"),     view_entry("moveaxis"),
    view_entry("contiguous"), view_entry("clone"),      view_entry("select"),      view_entry("narrow"),
    view_entry("slice"),      view_entry("expand"),     view_entry("broadcast_to")};

}  // namespace

std::span<const LoweringEntry> shape_lowerings() { return kShapeLowerings; }

}  // namespace orrery
