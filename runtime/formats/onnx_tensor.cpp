#include "runtime/formats/onnx_tensor.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

#include "runtime/files/paths.h"
#include "runtime/formats/onnx_dtype.h"

namespace orrery {
namespace {

constexpr std::size_t kMostRank = 64;
constexpr int kFieldKinds = 7;  // of OnnxField

const char* field_name(OnnxField field) {
  constexpr std::array kNames{"nothing",    "float_data",  "int32_data", "string_data",
                              "int64_data", "double_data", "uint64_data"};
  return kNames[static_cast<std::size_t>(field)];
}

// Bytes of a number in the field; 0: varints.
int field_width(OnnxField field) {
  return field == OnnxField::floats ? 4 : field == OnnxField::doubles ? 8 : 0;
}

// `offset` of external data: a whole number without a sign.
std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Every part of the path a name, so that it cannot lead out of its folder.
bool is_inner_path(const std::string& path) {
  if (path.empty() || path.find('\0') != path.npos) return false;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t to = std::min(path.find('/', from), path.size());
    const std::string_view part = std::string_view(path).substr(from, to - from);
    const bool here = part == "." && to != path.size();
    if (part.empty() || part == ".." || (part == "." && !here)) return false;
    from = to + 1;
  }
  return true;
}

class TensorReading {
 public:
  TensorReading(ProtoMessage message, ProtoBytes& bytes) : message_(message), bytes_(bytes) {}

  OnnxTensor read() {
    while (message_.next()) read_field();
    check_shape();
    if (external_)
      place_external();
    else
      place_inside();
    return std::move(tensor_);
  }

 private:
  // Field numbers of TensorProto.
  enum Number {
    dims = 1,
    data_type,
    segment,
    float_data,
    int32_data,
    string_data,
    int64_data,
    name,
    raw_data,
    double_data,
    uint64_data,
    external_data = 13,
    data_location
  };

  void read_field() {
    switch (message_.field()) {
      case dims: return message_.add_integers(tensor_.shape);
      case data_type: tensor_.dtype = static_cast<OnnxDType>(message_.integer()); return;
      case segment: message_.refuse("a tensor in segments is not read");
      case float_data: return keep(OnnxField::floats);
      case int32_data: return keep(OnnxField::int32s);
      case string_data: tensor_.texts.push_back(message_.raw()); return;
      case int64_data: return keep(OnnxField::int64s);
      case name: tensor_.name = message_.text(); return;
      case raw_data: raw_ = message_.span(); return;
      case double_data: return keep(OnnxField::doubles);
      case uint64_data: return keep(OnnxField::uint64s);
      case external_data: return read_external(message_.message("an entry of external data"));
      case data_location: external_ = message_.integer() == 1; return;
      default: message_.skip();
    }
  }

  void keep(OnnxField field) {
    const ProtoSpan span = message_.numbers(field_width(field));
    if (span.length > 0) pieces_[static_cast<std::size_t>(field)].push_back(span);
  }

  void read_external(ProtoMessage entry) {
    std::string key, value;
    while (entry.next()) {
      if (entry.field() == 1)
        key = entry.text();
      else if (entry.field() == 2)
        value = entry.text();
      else
        entry.skip();
    }
    const bool known =
        key == "location" || key == "offset" || key == "length" || key == "checksum" || key == "basepath";
    if (!known) refuse(fmt::format("its external data have the unknown key {}", quote_path(key)));
    keys_[key] = std::move(value);
  }

  [[noreturn]] void refuse(const std::string& what) const {
    bytes_.refuse(message_.start(), fmt::format("tensor {}: {}", quote_path(tensor_.name), what));
  }

  std::string type_text() const {
    return fmt::format("[{}] of {}", fmt::join(tensor_.shape, ", "), onnx_dtype_name(tensor_.dtype));
  }

  void check_shape() {
    layout_ = onnx_layout(tensor_.dtype);
    if (!layout_)
      refuse(fmt::format("its dtype {} is none of ONNX's", static_cast<std::int32_t>(tensor_.dtype)));
    if (tensor_.shape.size() > kMostRank)
      refuse(fmt::format("it has {} dimensions, more than {}", tensor_.shape.size(), kMostRank));
    const bool text = tensor_.dtype == OnnxDType::text;
    // A text has at least a byte for its length.
    const auto size = onnx_tensor_bytes(text ? OnnxDType::uint8 : tensor_.dtype, tensor_.shape);
    if (!size) refuse(fmt::format("the shape {} is not possible", type_text()));
    size_ = *size;
  }

  void place_external() {
    if (tensor_.dtype == OnnxDType::text) refuse("texts cannot be external data");
    if (raw_.length > 0 || typed()) refuse("it has elements both inside and in external data");
    tensor_.place = OnnxTensor::Place::external;
    tensor_.location = keys_["location"];
    if (!is_inner_path(tensor_.location)) {
      refuse(fmt::format("its external data are said to be in {}, which is no file in the model's folder",
                         quote_path(tensor_.location)));
    }
    tensor_.offset = external_number("offset").value_or(0);
    tensor_.length = external_number("length").value_or(size_);
    check_length(tensor_.length, "its external data have");
  }

  std::optional<std::uint64_t> external_number(const std::string& key) const {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return std::nullopt;
    const auto number = number_of(found->second);
    if (!number)
      refuse(fmt::format("the {} of its external data, {}, is not a size", key, quote_path(found->second)));
    return number;
  }

  void check_length(std::uint64_t length, const char* what) const {
    if (length != size_) refuse(fmt::format("{} take {} bytes, but {} {}", type_text(), size_, what, length));
  }

  void place_inside() {
    const std::optional<OnnxField> field = typed();
    if (field && raw_.length > 0)
      refuse(fmt::format("it has elements both in raw_data and in {}", field_name(*field)));
    if (tensor_.dtype == OnnxDType::text) return place_texts(field);
    if (!tensor_.texts.empty()) refuse(fmt::format("elements of {} are not texts", layout_->name));
    if (field) return place_typed(*field);
    if (raw_.length == 0 && size_ > 0) refuse("it has no elements: " + type_text());
    check_length(raw_.length, "raw_data has");
    if (size_ == 0) return;
    tensor_.place = OnnxTensor::Place::raw;
    tensor_.offset = raw_.offset;
    tensor_.length = raw_.length;
  }

  void place_texts(std::optional<OnnxField> field) {
    if (field || raw_.length > 0) refuse("its texts do not stand in string_data");
    if (tensor_.texts.size() != size_)
      refuse(fmt::format("{} has {} texts, not {}", type_text(), size_, tensor_.texts.size()));
    if (size_ > 0) tensor_.place = OnnxTensor::Place::texts;
  }

  // The typed field with elements in it.
  std::optional<OnnxField> typed() const {
    std::optional<OnnxField> found;
    for (int i = 0; i < kFieldKinds; ++i) {
      if (pieces_[static_cast<std::size_t>(i)].empty()) continue;
      const auto field = static_cast<OnnxField>(i);
      if (found)
        refuse(fmt::format("it has elements both in {} and in {}", field_name(*found), field_name(field)));
      found = field;
    }
    return found;
  }

  void place_typed(OnnxField field) {
    if (field != layout_->field) {
      refuse(fmt::format("elements of {} belong into {}, not into {}", layout_->name,
                         field_name(layout_->field), field_name(field)));
    }
    const auto& pieces = pieces_[static_cast<std::size_t>(field)];
    const int width = field_width(field);
    std::uint64_t count = 0;
    for (const ProtoSpan& piece : pieces) count += count_numbers(piece, width);
    // A number holds one element, or part of a complex one, or two of four bits.
    const auto bytes_a_number =
        static_cast<std::uint64_t>(width > 0 ? width : std::max(1, layout_->bits / 8));
    if (count != size_ / bytes_a_number) {
      refuse(fmt::format("{} takes {} numbers, but {} has {}", type_text(), size_ / bytes_a_number,
                         field_name(field), count));
    }
    auto raw = std::make_shared<std::string>();
    raw->reserve(static_cast<std::size_t>(size_));
    for (const ProtoSpan& piece : pieces) add_numbers(*raw, piece, width);
    tensor_.place = OnnxTensor::Place::typed;
    tensor_.bytes = std::move(raw);
  }

  std::uint64_t count_numbers(const ProtoSpan& piece, int width) {
    if (width > 0) return piece.length / static_cast<std::uint64_t>(width);
    const std::string_view text = bytes_.at(piece.offset, piece.length);
    return static_cast<std::uint64_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0x80) == 0; }));
  }

  void add_numbers(std::string& raw, const ProtoSpan& piece, int width) {
    const std::string_view text = bytes_.at(piece.offset, piece.length);
    if (width > 0) {
      raw += text;
      return;
    }
    const char *from = text.data(), *const to = from + text.size();
    try {
      while (from != to) add_number(raw, protozero::decode_varint(&from, to));
    } catch (const protozero::exception&) {
      refuse(fmt::format("{} holds a number that has no end", field_name(layout_->field)));
    }
  }

  // The lower bytes of a number, whose others only tell its sign.
  void add_number(std::string& raw, std::uint64_t number) const {
    const int bits = std::max(8, layout_->bits);
    const auto value = static_cast<std::int64_t>(number);
    const bool fits = bits == 64 || value >> bits == 0 || value >> (bits - 1) == -1;
    if (!fits) refuse(fmt::format("{} does not fit into an element of {}", value, layout_->name));
    for (int shift = 0; shift < bits; shift += 8) raw += static_cast<char>(number >> shift & 0xFF);
  }

  ProtoMessage message_;
  ProtoBytes& bytes_;
  OnnxTensor tensor_;
  const OnnxDTypeLayout* layout_ = nullptr;
  std::uint64_t size_ = 0;  // bytes of all elements; of texts their count
  ProtoSpan raw_;
  std::array<std::vector<ProtoSpan>, kFieldKinds> pieces_;
  bool external_ = false;
  std::map<std::string, std::string> keys_;
};

}  // namespace

OnnxTensor read_onnx_tensor(ProtoMessage message, ProtoBytes& bytes) {
  return TensorReading(message, bytes).read();
}

std::optional<std::uint64_t> onnx_tensor_bytes(OnnxDType dtype, const std::vector<std::int64_t>& shape) {
  const OnnxDTypeLayout* layout = onnx_layout(dtype);
  if (!layout || layout->bits == 0) return std::nullopt;
  std::int64_t count = 1;
  for (const std::int64_t size : shape)
    if (size < 0) return std::nullopt;
  // An empty tensor may have sizes beyond measure beside the zero.
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  for (const std::int64_t size : shape)
    if (__builtin_mul_overflow(count, size, &count)) return std::nullopt;
  std::int64_t bits = 0;
  if (__builtin_mul_overflow(count, layout->bits, &bits)) return std::nullopt;
  return (static_cast<std::uint64_t>(bits) + 7) / 8;
}

}  // namespace orrery
