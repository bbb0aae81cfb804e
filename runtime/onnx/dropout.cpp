#include "runtime/onnx/moments.h"
#include "runtime/onnx/operands.h"

namespace orrery {
namespace {

constexpr int kRatio = 1, kTraining = 2;

// The share that is dropped, where it is known: an attribute before operator set 12, then an input.
std::optional<double> dropped_share(const OnnxCall& call) {
  if (call.opset() < 12) return call.real("ratio", 0.5);
  if (!call.has(kRatio)) return 0.5;
  const OnnxLiteral* ratio = call.literal(kRatio);
  return ratio ? std::optional(call.real(kRatio)) : std::nullopt;
}

// From operator set 12 on an input may ask for numbers drawn at random whenever the net runs, unless the
// share is 0, which must be known then.
bool drops_always(const OnnxCall& call) {
  if (call.opset() < 12 || !call.has(kTraining) || call.integer(kTraining) == 0) return false;
  return !call.has(kRatio) || call.real(kRatio) != 0;
}

// Nothing is dropped: 1 or true everywhere.
Value full_mask(const OnnxCall& call, const Value& x) {
  const DType dtype = call.opset() < 10 ? x.dtype() : DType::boolean;
  return call.apply("ones_like", {x}, {{"dtype", dtype}});
}

}  // namespace

// A layer: it passes its input on, but drops when the imported net is trained.
void import_onnx_dropout(OnnxCall& call) {
  if (drops_always(call))
    call.refuse("training_mode is true: it draws random numbers whenever the net runs",
                "Export the net for inference; while Orrery trains it, its dropout drops.");
  const Value x = call.value(0);
  const std::optional<double> share = dropped_share(call);
  const bool layer = share && *share > 0 && *share <= 1 && !call.wants(1) && is_floating(x.dtype());
  call.give(0, layer ? call.layer("Dropout", {{"p", *share}}, {x}, {}) : x);
  if (call.wants(1)) call.give(1, full_mask(call, x));
}

}  // namespace orrery
