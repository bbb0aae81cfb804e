#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/core/dtype.h"
#include "runtime/core/shape.h"
#include "runtime/core/source_site.h"
#include "runtime/files/bytes.h"
#include "runtime/graph/init.h"

namespace orrery {

/// Whatever the engine keeps for a tensor. The core only owns it.
class TensorBox {
 public:
  virtual ~TensorBox() = default;
};

/// Where a tensor's first values stand when a file tells them. Read by one thread at a time, when a tensor is
/// first needed.
class FirstValues {
 public:
  virtual ~FirstValues() = default;
  /// The elements, little-endian, row by row, in the dtype that the parameter was made in. Throws
  /// `Error(Fault::input_file)` when the file does not give them any more.
  virtual Bytes read() const = 0;
};

/// A named tensor that belongs to a layer or to the graph itself: a parameter (trained) or a buffer
/// (kept, not trained, such as a running mean). Shared by pointer: two layers that hold the same
/// pointer are tied. The data appear when the engine opens.
struct Parameter {
  std::string name;  ///< within its layer: `weight`
  Shape shape;       ///< always known
  DType dtype = DType::float32;
  Init init;
  std::shared_ptr<const FirstValues> first = {};  ///< in place of `init`, where a file tells them
  bool buffer = false;
  bool trainable = true;     ///< false for buffers and for frozen parameters
  bool has_nan = false;      ///< a value that the script gave holds NaN
  bool awaits_data = false;  ///< of a field of the input: a run has not read its first values yet
  SourceSite site;
  std::int64_t order = 0;             ///< of a free one: its place in the order of construction, as a layer's
  std::shared_ptr<TensorBox> data;    ///< in whatever dtype: the engine converts it before it is read
  std::optional<DType> made_in = {};  ///< its dtype at the start, once it was converted

  /// Takes another floating dtype; nothing happens to integers and complex numbers.
  void convert(DType to) {
    if (!is_floating(dtype) || dtype == to) return;
    if (!made_in) made_in = dtype;
    dtype = to;
  }

  std::int64_t bytes() const { return numel(shape).value() * element_size(dtype); }
};

using ParameterPtr = std::shared_ptr<Parameter>;

}  // namespace orrery
