#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

constexpr LoweringEntry view_entry(const char* operation) { return {.operation = operation, .view = true}; }

constexpr LoweringEntry kShapeLowerings[] = {
    view_entry("Flatten"), view_entry("flatten"),   view_entry("view"),     view_entry("reshape"),
    view_entry("squeeze"), view_entry("unsqueeze"), view_entry("Unflatten")};

}  // namespace

std::span<const LoweringEntry> shape_lowerings() { return kShapeLowerings; }

}  // namespace orrery
