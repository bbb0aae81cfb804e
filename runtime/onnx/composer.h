#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/onnx/call.h"

namespace orrery {

/// The operations of which importers compose what Orrery has no operation for, in short words. What would
/// change nothing adds no node. REQUIRES: the call outlives it.
class OnnxComposer {
 public:
  explicit OnnxComposer(const OnnxCall& call) : call_(call) {}

  /// An operation of two values, or of a value and a number: `with("mul", x, 2.0)`.
  Value with(const std::string& operation, Value a, Value b) const { return call_.apply(operation, {a, b}); }
  Value with(const std::string& operation, Value a, AttributeValue number) const;
  Value where(Value condition, Value a, Value b) const { return call_.apply("where", {condition, a, b}); }
  Value clamp(Value x, double least, double most) const;
  Value to(Value x, DType dtype) const;

  Value reshape(Value x, Shape shape) const;
  Value permute(Value x, std::vector<std::int64_t> dims) const;
  Value unsqueeze(Value x, std::int64_t dim) const { return call_.apply("unsqueeze", {x}, {{"dim", dim}}); }
  Value expand(Value x, Shape size) const;
  Value select(Value x, std::int64_t dim, std::int64_t index) const;
  Value flip(Value x, std::vector<std::int64_t> dims) const {
    return call_.apply("flip", {x}, {{"dims", dims}});
  }
  /// The elements from `start` on, before `end`; below 0 from the end. `end` 0: to the end.
  Value slice(Value x, std::int64_t dim, std::int64_t start, std::int64_t end) const;
  /// One value or several joined, all alike.
  Value cat(const std::vector<Value>& parts, std::int64_t dim) const;
  Value stack(const std::vector<Value>& parts, std::int64_t dim) const;
  std::vector<Value> unbind(Value x, std::int64_t dim) const {
    return call_.apply_all("unbind", {x}, {{"dim", dim}});
  }
  /// Adds a border of one number: for the last dimensions, in their order, how much before and behind.
  Value pad(Value x, const std::vector<std::int64_t>& before, const std::vector<std::int64_t>& behind,
            AttributeValue number) const;
  /// Turns a vector so that it lies along one dimension of a tensor of that rank.
  Value along(Value vector, std::int64_t dim, int rank) const;

  /// The int64 numbers from 0 up to `count`, which is not reached.
  Value arange(const Dim& count) const { return call_.apply("arange", {}, {{"range", Shape{count}}}); }
  Value filled(Shape size, AttributeValue number, DType dtype) const;
  /// One number without dimensions, which is not trained.
  Value scalar(double number, DType dtype) const;
  Value integers(const std::vector<std::int64_t>& elements) const;
  Value reals(std::vector<std::int64_t> shape, std::vector<double> elements, DType dtype) const;

  /// Indices into a dimension, int64, of which those below 0 count from its end.
  Value wrapped(Value index, const Dim& size) const;
  /// The same of an input, which may be known: then the elements are brought into the range at import.
  Value indices(int input, const Dim& size) const;

  /// A size that must be known while importing; `what` begins the refusal: "the height".
  std::int64_t known(const Dim& size, const std::string& what) const;

 private:
  const OnnxCall& call_;
};

/// "height", "width": the word for an axis behind batch and channels.
std::string onnx_axis_word(std::size_t axis, std::size_t axes);

}  // namespace orrery
