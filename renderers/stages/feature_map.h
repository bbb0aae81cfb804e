#pragma once

#include <string>
#include <vector>

#include "runtime/core/shape.h"

namespace orrery {

/// What a value is to somebody who draws it: channels (or features), each of some extents. Without the batch.
struct FeatureMap {
  enum class Kind {
    none,      ///< a scalar, or of more extents than can be drawn
    vector,    ///< features alone
    sequence,  ///< channels × length
    image,     ///< channels × height × width
    solid,     ///< channels × depth × height × width
  };
  Kind kind = Kind::none;
  double channels = 1;         ///< 0 where only the data tell
  std::vector<double> sizes;   ///< the extents; 0 where only the data tell
  std::string channels_text;   ///< `64`
  std::string sizes_text;      ///< `28×28`; empty for a vector
  bool channels_last = false;  ///< as after a linear layer: (batch, length, features)

  /// Extents from the last one backwards, 1 where there is none.
  double width() const { return extent(0); }
  double height() const { return extent(1); }
  double depth() const { return extent(2); }
  bool operator==(const FeatureMap&) const = default;

 private:
  double extent(size_t from_last) const {
    return from_last < sizes.size() ? sizes[sizes.size() - 1 - from_last] : 1;
  }
};

/// The map of a shape whose first dimension is the batch, or of one sample alone.
FeatureMap feature_map(const Shape& shape, bool channels_last, bool batched = true);

/// `64 @ 28×28`, `120`; empty for none.
std::string map_text(const FeatureMap& map);

}  // namespace orrery
