#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/onnx/call.h"
#include "runtime/onnx/resize_axis.h"

namespace orrery {

/// One axis that is resized, before all sizes are known.
struct OnnxResizeTarget {
  std::int64_t dim;
  Dim in, out;
  std::optional<double> scale = {};  ///< none: out / in
  double start = 0, end = 1;

  bool unchanged() const { return in == out && scale.value_or(1) == 1 && start == 0 && end == 1; }
  /// REQUIRES of the file that both sizes are known; else the call is refused.
  OnnxResize::Axis known(const OnnxCall& call) const;
};

/// What a Resize is to do.
struct OnnxResizeTask {
  OnnxResize how;
  std::vector<OnnxResizeTarget> targets = {};  ///< the axes that change
  double outside = 0;                          ///< what places outside hold
  bool sized = false;                          ///< by sizes, not by scales
};

/// The mode of LibTorch's `interpolate` that does the same with all axes behind batch and channels; nothing
/// where none does.
std::optional<std::string> torch_resize_mode(const OnnxCall& call, const Value& x,
                                             const OnnxResizeTask& task);
/// Applies `interpolate` in that mode.
Value interpolated_by_torch(const OnnxCall& call, const Value& x, const OnnxResizeTask& task,
                            const std::string& mode);

}  // namespace orrery
