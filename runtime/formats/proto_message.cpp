#include "runtime/formats/proto_message.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <protozero/exception.hpp>
#include <protozero/iterators.hpp>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/utf8.h"

namespace orrery {
namespace {

constexpr int kVarint = static_cast<int>(protozero::pbf_wire_type::varint);
constexpr int kFixed64 = static_cast<int>(protozero::pbf_wire_type::fixed64);
constexpr int kLengthDelimited = static_cast<int>(protozero::pbf_wire_type::length_delimited);
constexpr int kFixed32 = static_cast<int>(protozero::pbf_wire_type::fixed32);

}  // namespace

// ---- the bytes -------------------------------------------------------------------------------------------

ProtoBytes::ProtoBytes(const InputFile& file, std::string source)
    : file_(&file), source_(std::move(source)), size_(file.size()) {
  check_size();
  // Pages that nobody writes to take no memory.
  own_ = Bytes(static_cast<std::size_t>(size_));
  start_ = reinterpret_cast<const char*>(own_.data());
  loaded_.resize(static_cast<std::size_t>((size_ + kBlock - 1) / kBlock));
}

ProtoBytes::ProtoBytes(std::string_view text, std::string source)
    : source_(std::move(source)), size_(text.size()), start_(text.data()) {
  check_size();
}

void ProtoBytes::check_size() const {
  if (size_ <= kMostBytes) return;
  throw Error(
      Fault::input_file,
      fmt::format("{} has {} bytes, more than a protobuf file can have ({})", source_, size_, kMostBytes), {},
      "Larger models keep their tensors in a file beside them (external data).");
}

std::string_view ProtoBytes::at(std::uint64_t offset, std::uint64_t length) {
  invariant(offset <= size_ && length <= size_ - offset, "protobuf bytes beyond the end are asked for");
  if (file_ && length > 0) load(offset / kBlock, (offset + length - 1) / kBlock);
  return {start_ + offset, static_cast<std::size_t>(length)};
}

void ProtoBytes::load(std::uint64_t first, std::uint64_t last) {
  while (first <= last) {
    if (loaded_[first]) {
      ++first;
      continue;
    }
    std::uint64_t end = first;
    for (; end <= last && !loaded_[end]; ++end) loaded_[end] = true;
    const std::uint64_t from = first * kBlock, to = std::min(end * kBlock, size_);
    file_->read(from, own_.span().subspan(from, to - from));
    first = end;
  }
}

void ProtoBytes::refuse(std::uint64_t offset, const std::string& what) const {
  fail(Fault::input_file, "{} is damaged: {} (at byte {})", source_, what, offset);
}

// ---- a message -------------------------------------------------------------------------------------------

ProtoMessage::ProtoMessage(ProtoBytes& bytes, const char* what, ProtoSpan span, int depth)
    : bytes_(&bytes),
      what_(what),
      start_(span.offset),
      at_(span.offset),
      end_(span.offset + span.length),
      field_at_(span.offset),
      depth_(depth) {
  if (depth > kMostNested) refuse(fmt::format("messages nest more than {} deep", kMostNested));
}

bool ProtoMessage::next() {
  if (at_ == end_) return false;
  field_at_ = at_;
  const std::uint64_t key = varint();
  field_ = key >> 3;
  wire_ = static_cast<int>(key & 7);
  if (field_ == 0 || key >> 32 != 0)
    refuse(fmt::format("{} cannot be the number of a field of {}", field_, what_));
  const bool known = wire_ == kVarint || wire_ == kFixed64 || wire_ == kLengthDelimited || wire_ == kFixed32;
  if (!known)
    refuse(fmt::format("field {} of {} has the wire type {}, which is not read", field_, what_, wire_));
  return true;
}

std::int64_t ProtoMessage::integer() {
  expect(kVarint);
  return static_cast<std::int64_t>(varint());
}

float ProtoMessage::real() {
  expect(kFixed32);
  float value = 0;
  std::memcpy(&value, bytes_->at(pass(4), 4).data(), sizeof value);
  return value;
}

std::string ProtoMessage::raw() {
  const ProtoSpan place = span();
  return std::string(bytes_->at(place.offset, place.length));
}

std::string ProtoMessage::text() {
  std::string text = raw();
  if (!is_utf8(text)) refuse(fmt::format("the text in field {} of {} is not UTF-8", field_, what_));
  return text;
}

ProtoSpan ProtoMessage::span() {
  expect(kLengthDelimited);
  const std::uint64_t count = length();
  return {pass(count), count};
}

ProtoMessage ProtoMessage::message(const char* what) { return {*bytes_, what, span(), depth_ + 1}; }

ProtoSpan ProtoMessage::numbers(int width) {
  if (wire_ == kLengthDelimited) {
    const ProtoSpan place = span();
    const bool whole = width == 0 || place.length % static_cast<std::uint64_t>(width) == 0;
    if (!whole) refuse(fmt::format("field {} of {} ends within a number", field_, what_));
    return place;
  }
  const std::uint64_t from = at_;
  if (width == 0) {
    integer();
  } else {
    expect(width == 4 ? kFixed32 : kFixed64);
    pass(static_cast<std::uint64_t>(width));
  }
  return {from, at_ - from};
}

void ProtoMessage::add_integers(std::vector<std::int64_t>& values) {
  const ProtoSpan place = numbers(0);
  const std::string_view bytes = bytes_->at(place.offset, place.length);
  const char *from = bytes.data(), *const to = from + bytes.size();
  try {
    while (from != to) values.push_back(static_cast<std::int64_t>(protozero::decode_varint(&from, to)));
  } catch (const protozero::exception&) {
    refuse(fmt::format("field {} of {} holds a number that has no end", field_, what_));
  }
}

void ProtoMessage::add_reals(std::vector<double>& values) {
  const ProtoSpan place = numbers(4);
  const std::string_view bytes = bytes_->at(place.offset, place.length);
  using Reals = protozero::const_fixed_iterator<float>;
  const Reals from(bytes.data()), to(bytes.data() + bytes.size());
  values.insert(values.end(), from, to);
}

void ProtoMessage::skip() {
  switch (wire_) {
    case kVarint: varint(); return;
    case kFixed64: pass(8); return;
    case kFixed32: pass(4); return;
    default: span();
  }
}

std::uint64_t ProtoMessage::varint() {
  constexpr std::uint64_t kMost = protozero::max_varint_length;
  const std::string_view bytes = bytes_->at(at_, std::min(kMost, end_ - at_));
  const char* from = bytes.data();
  try {
    const std::uint64_t value = protozero::decode_varint(&from, from + bytes.size());
    at_ += static_cast<std::uint64_t>(from - bytes.data());
    return value;
  } catch (const protozero::exception&) {
    refuse(bytes.size() < kMost ? fmt::format("{} ends within a number", what_)
                                : fmt::format("a number in {} has more than {} bytes", what_, kMost));
  }
}

std::uint64_t ProtoMessage::length() {
  const std::uint64_t length = varint();
  if (length > end_ - at_) {
    refuse(fmt::format("field {} of {} would have {} bytes, but only {} follow", field_, what_, length,
                       end_ - at_));
  }
  return length;
}

std::uint64_t ProtoMessage::pass(std::uint64_t count) {
  if (count > end_ - at_) refuse(fmt::format("{} ends within a number", what_));
  const std::uint64_t from = at_;
  at_ += count;
  return from;
}

void ProtoMessage::expect(int wire) {
  if (wire_ != wire)
    refuse(fmt::format("field {} of {} has the wire type {} in place of {}", field_, what_, wire_, wire));
}

}  // namespace orrery
