#pragma once

#include <optional>
#include <string>
#include <vector>

namespace orrery {

/// How ONNX's Resize brings one axis to another size: where the places of the output lie in the input, and
/// how elements near them are weighed. Sizes are known numbers. Value type without tensors: the arithmetic of
/// `Resize` as ONNX's reference does it (onnx/reference/ops/op_resize.py).
struct OnnxResize {
  std::string mode = "nearest";            ///< `nearest`, `linear` or `cubic`
  std::string coordinates = "half_pixel";  ///< coordinate_transformation_mode
  std::string nearest = "round_prefer_floor";
  double cubic_a = -0.75;
  bool exclude_outside = false;
  bool antialias = false;

  /// One axis. `scale` is out / in, or what the file gives, where that is not whole.
  struct Axis {
    std::int64_t in = 1, out = 1;
    double scale = 1;
    double start = 0, end = 1;  ///< of the region, for `tf_crop_and_resize`
  };

  /// Where a place of the output lies in the input; may be outside.
  double position(const Axis& axis, std::int64_t place) const;
  /// Which element each place of the output takes. For mode `nearest`.
  std::vector<std::int64_t> sources(const Axis& axis) const;
  /// How each place of the output weighs the input's elements: out rows of in weights.
  std::vector<double> weights(const Axis& axis) const;
  /// The places that lie outside, for `tf_crop_and_resize`.
  std::vector<bool> outside(const Axis& axis) const;

 private:
  std::vector<double> taps(double ratio, double scale) const;
};

}  // namespace orrery
