#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/files/bytes.h"
#include "runtime/files/read_file.h"

namespace orrery {

/// A stretch of a file.
struct ProtoSpan {
  std::uint64_t offset = 0, length = 0;
};

/// The bytes of a protobuf file: those of a text, or of a file, which are read in blocks when they are first
/// looked at, each to its own place. So what is passed over (the elements of tensors) costs no reading and no
/// memory, and a file that is cut short meanwhile is an error and no signal.
class ProtoBytes {
 public:
  /// Protobuf's own limit for a message.
  static constexpr std::uint64_t kMostBytes = (std::uint64_t{1} << 31) - 1;

  /// Both must outlive it; `source` names them in messages. Throws `Error(Fault::input_file)` when there are
  /// more than `kMostBytes`.
  ProtoBytes(const InputFile& file, std::string source);
  ProtoBytes(std::string_view text, std::string source);

  std::uint64_t size() const { return size_; }
  const std::string& source() const { return source_; }

  /// `length` bytes from `offset` on, which lie within; they stay where they are.
  std::string_view at(std::uint64_t offset, std::uint64_t length);

  /// "'net.onnx' is damaged: … (at byte 17)".
  [[noreturn]] void refuse(std::uint64_t offset, const std::string& what) const;

 private:
  static constexpr std::uint64_t kBlock = 1 << 14;

  void check_size() const;
  void load(std::uint64_t first, std::uint64_t last);

  const InputFile* file_ = nullptr;
  std::string source_;
  std::uint64_t size_ = 0;
  Bytes own_;
  const char* start_ = nullptr;
  std::vector<bool> loaded_;
};

/// Walks the fields of a protobuf message. After each `next`, the value is taken exactly once, or skipped.
/// Faults of the encoding are `Error(Fault::input_file)` with the offset: numbers of more than 10 bytes,
/// lengths beyond the end of the message, wire types that nobody uses any more (3, 4) or never did (6, 7),
/// the field number 0, a known field in another wire type, messages nested too deeply.
/// Source: https://protobuf.dev/programming-guides/encoding/.
class ProtoMessage {
 public:
  /// So many messages may lie in each other: 64 graphs, each in an attribute of a node of the one before.
  static constexpr int kMostNested = 200;

  /// The whole of the bytes, which must outlive it. `what` is the message's kind in faults: `a tensor`.
  ProtoMessage(ProtoBytes& bytes, const char* what) : ProtoMessage(bytes, what, {0, bytes.size()}, 0) {}

  /// Goes to the next field; false at the end.
  bool next();
  std::uint64_t field() const { return field_; }
  /// Where the message began.
  std::uint64_t start() const { return start_; }

  std::int64_t integer();
  float real();
  /// A `string`, which must be UTF-8.
  std::string text();
  /// A `bytes`.
  std::string raw();
  /// Where a `bytes` stands; it is not read.
  ProtoSpan span();
  ProtoMessage message(const char* what);
  /// Elements of a repeated field, packed or one by one.
  void add_integers(std::vector<std::int64_t>& values);
  void add_reals(std::vector<double>& values);
  /// The same, left where they are: a stretch of numbers without tags between. `width` bytes each, 0:
  /// varints.
  ProtoSpan numbers(int width);
  void skip();

  [[noreturn]] void refuse(const std::string& what) const { bytes_->refuse(field_at_, what); }

 private:
  ProtoMessage(ProtoBytes& bytes, const char* what, ProtoSpan span, int depth);

  std::uint64_t varint();
  std::uint64_t length();
  std::uint64_t pass(std::uint64_t count);
  void expect(int wire);

  ProtoBytes* bytes_;
  const char* what_;
  std::uint64_t start_, at_, end_, field_at_;
  std::uint64_t field_ = 0;
  int wire_ = 0, depth_ = 0;
};

}  // namespace orrery
