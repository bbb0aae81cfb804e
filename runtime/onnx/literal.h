#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/core/shape.h"
#include "runtime/formats/onnx_file.h"
#include "runtime/graph/descriptor.h"
#include "runtime/graph/parameter.h"

namespace orrery {

/// A tensor that is known while a file is imported: an initializer, the tensor of a `Constant` node, or what
/// was worked out from such ones. Small integer tensors may hold sizes that only the data tell (`N`), as the
/// shapes of values do. Value type; elements of files are read when asked for.
///
/// Unsigned integers of 16 bits and more are held as the next wider signed type, which Orrery has (64 bits:
/// int64).
class OnnxLiteral {
 public:
  /// At most so many elements are worked out at import.
  static constexpr std::int64_t kMostElements = 1 << 16;

  /// A tensor of a file. `name` is what a parameter made of it is called. Throws `Error(Fault::input_file)`
  /// for dtypes that Orrery does not have (texts, 4-bit and 8-bit floats).
  OnnxLiteral(std::shared_ptr<const OnnxFile> file, const OnnxTensor& tensor);
  /// Integers (or booleans, as 0 and 1), some of which may be symbolic.
  OnnxLiteral(DType dtype, std::vector<std::int64_t> shape, std::vector<Dim> elements);
  /// Real numbers.
  OnnxLiteral(DType dtype, std::vector<std::int64_t> shape, std::vector<double> elements);
  /// One after another, int64, as `Shape` gives them.
  static OnnxLiteral sizes(const Shape& shape);

  DType dtype() const { return dtype_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t numel() const;
  TensorType type() const { return {shape_of(shape_), dtype_}; }
  /// Name of the initializer, or of the output of a `Constant`; empty for what was worked out.
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  /// Some element is a symbol.
  bool symbolic() const;
  /// Few enough that its elements may be worked with.
  bool small() const { return numel() <= kMostElements; }

  /// The elements as integers; real ones are refused by an `invariant`. REQUIRES: small().
  std::vector<Dim> dims() const;
  /// The same. REQUIRES: !symbolic().
  std::vector<std::int64_t> integers() const;
  /// The elements of any real dtype. REQUIRES: small() && !symbolic() && no complex dtype.
  std::vector<double> reals() const;

  /// The same elements in another shape. REQUIRES: as many.
  OnnxLiteral reshaped(std::vector<std::int64_t> shape) const;
  /// A matrix turned over.
  OnnxLiteral transposed() const;

  /// What gives a parameter these values. REQUIRES: !symbolic().
  std::shared_ptr<const FirstValues> values() const;
  /// The same literal (not: an equal one): parameters made of it are shared. Null for numbers worked out.
  const void* identity() const { return source_.get(); }
  /// Some rows (places of the first dimension), in that order. REQUIRES: !symbolic(), and each exists.
  OnnxLiteral rows(const std::vector<std::int64_t>& order) const;
  /// One behind the other along the first dimension, under the name of the first. REQUIRES: one or more, none
  /// symbolic, all of one dtype and of equal rows.
  static OnnxLiteral joined(const std::vector<OnnxLiteral>& parts);

 private:
  OnnxLiteral() = default;

  DType dtype_ = DType::float32;
  std::vector<std::int64_t> shape_;
  std::string name_;
  std::shared_ptr<const FirstValues> source_;  // null: the elements below
  std::vector<Dim> dims_;
  std::vector<double> reals_;
};

/// The dtype that holds ONNX's element type; nothing for those that Orrery does not have.
std::optional<DType> dtype_of_onnx(OnnxDType dtype);
/// ONNX's element type of a dtype.
OnnxDType onnx_dtype(DType dtype);

}  // namespace orrery
