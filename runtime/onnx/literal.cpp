#include "runtime/onnx/literal.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/formats/element_values.h"
#include "runtime/formats/weights_file.h"
#include "runtime/onnx/element_bytes.h"

namespace orrery {
namespace {

// How the elements of a file become those of a dtype that Orrery has.
template <class From, class To>
Bytes widened(const Bytes& from) {
  const std::size_t count = from.size() / sizeof(From);
  Bytes to(count * sizeof(To));
  for (std::size_t i = 0; i < count; ++i) {
    From element;
    std::memcpy(&element, from.data() + i * sizeof(From), sizeof element);
    const auto wide = static_cast<To>(element);
    std::memcpy(to.data() + i * sizeof(To), &wide, sizeof wide);
  }
  return to;
}

// The elements of a file's tensor.
class ValuesOfFile : public FirstValues {
 public:
  ValuesOfFile(std::shared_ptr<const OnnxFile> file, const OnnxTensor& tensor)
      : file_(std::move(file)), tensor_(tensor) {}
  Bytes read() const override {
    Bytes bytes = file_->elements(tensor_);
    switch (tensor_.dtype) {
      case OnnxDType::uint16: return widened<std::uint16_t, std::int32_t>(bytes);
      case OnnxDType::uint32: return widened<std::uint32_t, std::int64_t>(bytes);
      default: return bytes;
    }
  }

 private:
  std::shared_ptr<const OnnxFile> file_;
  OnnxTensor tensor_;
};

class TurnedValues : public FirstValues {
 public:
  TurnedValues(std::shared_ptr<const FirstValues> from, std::vector<std::int64_t> shape, std::size_t element)
      : from_(std::move(from)), shape_(std::move(shape)), element_(element) {}
  Bytes read() const override {
    const Bytes from = from_->read();
    Bytes to(from.size());
    const auto rows = static_cast<std::size_t>(shape_[0]), columns = static_cast<std::size_t>(shape_[1]);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t column = 0; column < columns; ++column)
        std::memcpy(to.data() + (column * rows + row) * element_,
                    from.data() + (row * columns + column) * element_, element_);
    return to;
  }

 private:
  std::shared_ptr<const FirstValues> from_;
  std::vector<std::int64_t> shape_;
  std::size_t element_;
};

class ChosenRows : public FirstValues {
 public:
  ChosenRows(std::shared_ptr<const FirstValues> from, std::vector<std::int64_t> order, std::size_t row)
      : from_(std::move(from)), order_(std::move(order)), row_(row) {}
  Bytes read() const override {
    const Bytes from = from_->read();
    Bytes to(order_.size() * row_);
    for (std::size_t i = 0; i < order_.size(); ++i)
      std::memcpy(to.data() + i * row_, from.data() + static_cast<std::size_t>(order_[i]) * row_, row_);
    return to;
  }

 private:
  std::shared_ptr<const FirstValues> from_;
  std::vector<std::int64_t> order_;
  std::size_t row_;
};

class JoinedValues : public FirstValues {
 public:
  explicit JoinedValues(std::vector<std::shared_ptr<const FirstValues>> parts) : parts_(std::move(parts)) {}
  Bytes read() const override {
    std::vector<Bytes> parts;
    std::size_t size = 0;
    for (const auto& part : parts_) size += parts.emplace_back(part->read()).size();
    Bytes all(size);
    std::size_t at = 0;
    for (const Bytes& part : parts) {
      std::memcpy(all.data() + at, part.data(), part.size());
      at += part.size();
    }
    return all;
  }

 private:
  std::vector<std::shared_ptr<const FirstValues>> parts_;
};

// Numbers that were worked out.
class WrittenValues : public FirstValues {
 public:
  WrittenValues(DType dtype, std::vector<double> reals, std::vector<std::int64_t> integers)
      : dtype_(dtype), reals_(std::move(reals)), integers_(std::move(integers)) {}
  Bytes read() const override {
    return is_floating(dtype_) ? bytes_of_reals(dtype_, reals_) : bytes_of_integers(dtype_, integers_);
  }

 private:
  DType dtype_;
  std::vector<double> reals_;
  std::vector<std::int64_t> integers_;
};

}  // namespace

std::optional<DType> dtype_of_onnx(OnnxDType dtype) {
  switch (dtype) {
    case OnnxDType::float32: return DType::float32;
    case OnnxDType::uint8: return DType::uint8;
    case OnnxDType::int8: return DType::int8;
    case OnnxDType::uint16: return DType::int32;
    case OnnxDType::int16: return DType::int16;
    case OnnxDType::int32: return DType::int32;
    case OnnxDType::int64:
    case OnnxDType::uint32:
    case OnnxDType::uint64: return DType::int64;
    case OnnxDType::boolean: return DType::boolean;
    case OnnxDType::float16: return DType::float16;
    case OnnxDType::float64: return DType::float64;
    case OnnxDType::complex64: return DType::complex64;
    case OnnxDType::complex128: return DType::complex128;
    case OnnxDType::bfloat16: return DType::bfloat16;
    default: return std::nullopt;
  }
}

OnnxDType onnx_dtype(DType dtype) {
  switch (dtype) {
    case DType::uint8: return OnnxDType::uint8;
    case DType::int8: return OnnxDType::int8;
    case DType::int16: return OnnxDType::int16;
    case DType::int32: return OnnxDType::int32;
    case DType::int64: return OnnxDType::int64;
    case DType::float16: return OnnxDType::float16;
    case DType::bfloat16: return OnnxDType::bfloat16;
    case DType::float32: return OnnxDType::float32;
    case DType::float64: return OnnxDType::float64;
    case DType::boolean: return OnnxDType::boolean;
    case DType::complex64: return OnnxDType::complex64;
    case DType::complex128: return OnnxDType::complex128;
  }
  return OnnxDType::undefined;
}

OnnxLiteral::OnnxLiteral(std::shared_ptr<const OnnxFile> file, const OnnxTensor& tensor)
    : shape_(tensor.shape), name_(tensor.name) {
  const auto dtype = dtype_of_onnx(tensor.dtype);
  check(dtype.has_value(), Fault::input_file, "the tensor '{}' holds {}, which Orrery does not have",
        tensor.name, onnx_dtype_name(tensor.dtype));
  dtype_ = *dtype;
  source_ = std::make_shared<ValuesOfFile>(std::move(file), tensor);
}

OnnxLiteral::OnnxLiteral(DType dtype, std::vector<std::int64_t> shape, std::vector<Dim> elements)
    : dtype_(dtype), shape_(std::move(shape)), dims_(std::move(elements)) {
  invariant(is_integral(dtype) && numel() == static_cast<std::int64_t>(dims_.size()),
            "an ONNX literal of integers contradicts itself");
}

OnnxLiteral::OnnxLiteral(DType dtype, std::vector<std::int64_t> shape, std::vector<double> elements)
    : dtype_(dtype), shape_(std::move(shape)), reals_(std::move(elements)) {
  invariant(is_floating(dtype) && numel() == static_cast<std::int64_t>(reals_.size()),
            "an ONNX literal of reals contradicts itself");
}

OnnxLiteral OnnxLiteral::sizes(const Shape& shape) {
  return {DType::int64, {static_cast<std::int64_t>(shape.size())}, std::vector<Dim>(shape)};
}

std::int64_t OnnxLiteral::numel() const {
  std::int64_t count = 1;
  for (const std::int64_t size : shape_) count *= size;
  return count;
}

bool OnnxLiteral::symbolic() const {
  return std::ranges::any_of(dims_, [](const Dim& dim) { return !dim.known(); });
}

std::vector<Dim> OnnxLiteral::dims() const {
  invariant(is_integral(dtype_) && small(), "an ONNX literal has no integers to work with");
  if (!source_) return dims_;
  const std::vector<std::int64_t> integers = integers_of(dtype_, source_->read());
  return {integers.begin(), integers.end()};
}

std::vector<std::int64_t> OnnxLiteral::integers() const {
  std::vector<std::int64_t> integers;
  for (const Dim& dim : dims()) integers.push_back(dim.value());
  return integers;
}

std::vector<double> OnnxLiteral::reals() const {
  invariant(small() && !is_complex(dtype_), "an ONNX literal has no numbers to work with");
  if (is_integral(dtype_)) {
    const std::vector<std::int64_t> integers = this->integers();
    return {integers.begin(), integers.end()};
  }
  return source_ ? values_of_elements(element_type(dtype_), source_->read().span()) : reals_;
}

OnnxLiteral OnnxLiteral::reshaped(std::vector<std::int64_t> shape) const {
  OnnxLiteral other = *this;
  other.shape_ = std::move(shape);
  invariant(other.numel() == numel(), "an ONNX literal is reshaped to another number of elements");
  return other;
}

OnnxLiteral OnnxLiteral::transposed() const {
  invariant(shape_.size() == 2, "an ONNX literal that is no matrix is turned over");
  OnnxLiteral other = *this;
  other.shape_ = {shape_[1], shape_[0]};
  if (source_) {
    other.source_ =
        std::make_shared<TurnedValues>(source_, shape_, static_cast<std::size_t>(element_size(dtype_)));
    return other;
  }
  for (std::int64_t row = 0; row < shape_[0]; ++row) {
    for (std::int64_t column = 0; column < shape_[1]; ++column) {
      const auto from = static_cast<std::size_t>(row * shape_[1] + column);
      const auto to = static_cast<std::size_t>(column * shape_[0] + row);
      if (is_integral(dtype_)) other.dims_[to] = dims_[from];
      if (is_floating(dtype_)) other.reals_[to] = reals_[from];
    }
  }
  return other;
}

OnnxLiteral OnnxLiteral::rows(const std::vector<std::int64_t>& order) const {
  invariant(!shape_.empty() && !symbolic(), "an ONNX literal has no rows to choose");
  const auto row = static_cast<std::size_t>(shape_[0] == 0 ? 0 : numel() / shape_[0]);
  OnnxLiteral chosen = *this;
  chosen.shape_[0] = static_cast<std::int64_t>(order.size());
  if (source_) {
    chosen.source_ =
        std::make_shared<ChosenRows>(source_, order, row * static_cast<std::size_t>(element_size(dtype_)));
    return chosen;
  }
  chosen.dims_.clear();
  chosen.reals_.clear();
  for (const std::int64_t index : order) {
    const auto begin = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(index) * row);
    const auto end = begin + static_cast<std::ptrdiff_t>(row);
    if (is_integral(dtype_))
      chosen.dims_.insert(chosen.dims_.end(), dims_.begin() + begin, dims_.begin() + end);
    else
      chosen.reals_.insert(chosen.reals_.end(), reals_.begin() + begin, reals_.begin() + end);
  }
  return chosen;
}

OnnxLiteral OnnxLiteral::joined(const std::vector<OnnxLiteral>& parts) {
  invariant(!parts.empty(), "ONNX literals are joined, and there are none");
  OnnxLiteral all;
  all.dtype_ = parts[0].dtype_;
  all.name_ = parts[0].name_;
  all.shape_ = parts[0].shape_;
  all.shape_[0] = 0;
  std::vector<std::shared_ptr<const FirstValues>> values;
  for (const OnnxLiteral& part : parts) {
    all.shape_[0] += part.shape_[0];
    values.push_back(part.values());
  }
  all.source_ = std::make_shared<JoinedValues>(std::move(values));
  return all;
}

std::shared_ptr<const FirstValues> OnnxLiteral::values() const {
  if (source_) return source_;
  std::vector<std::int64_t> integers;
  for (const Dim& dim : dims_) integers.push_back(dim.value());
  return std::make_shared<WrittenValues>(dtype_, reals_, std::move(integers));
}

}  // namespace orrery
