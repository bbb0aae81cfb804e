#include "runtime/formats/tensorboard.h"

#include <array>
#include <bit>

namespace orrery {
namespace {

constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? kReversedPolynomial : 0);
    table[i] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

template <class T>
std::string little_endian(T number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return bytes;
}

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7F) | 0x80);
  return bytes + static_cast<char>(number);
}

// Protocol buffers: a field's number and wire type (0: varint, 1: 8 bytes, 2: with its length, 5: 4 bytes).
std::string key(int field, int wire) { return varint(static_cast<std::uint64_t>(field << 3 | wire)); }

std::string whole_field(int field, std::int64_t number) {
  return key(field, 0) + varint(static_cast<std::uint64_t>(number));
}
std::string double_field(int field, double number) {
  return key(field, 1) + little_endian(std::bit_cast<std::uint64_t>(number));
}
std::string float_field(int field, float number) {
  return key(field, 5) + little_endian(std::bit_cast<std::uint32_t>(number));
}
std::string bytes_field(int field, std::string_view bytes) {
  return key(field, 2) + varint(bytes.size()) + std::string(bytes);
}

std::uint32_t masked(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8U; }

std::string record(const std::string& data) {
  const std::string length = little_endian(static_cast<std::uint64_t>(data.size()));
  return length + little_endian(masked(crc32c(length))) + data + little_endian(masked(crc32c(data)));
}

/// The fields of a Summary.Value behind its tag.
struct SummaryFields {
  std::string operator()(float number) const { return float_field(2, number); }
  std::string operator()(const TensorboardEvent::Picture& picture) const {
    constexpr std::int64_t kRgb = 3;
    return bytes_field(4, whole_field(1, picture.height) + whole_field(2, picture.width) +
                              whole_field(3, kRgb) + bytes_field(4, picture.bytes));
  }
  // A tensor of one string, marked as the text plug-in's.
  std::string operator()(const TensorboardEvent::Text& text) const {
    constexpr std::int64_t kString = 7;
    const std::string shape = bytes_field(2, whole_field(1, 1));
    return bytes_field(8, whole_field(1, kString) + bytes_field(2, shape) + bytes_field(8, text.text)) +
           bytes_field(9, bytes_field(1, bytes_field(1, "text")));
  }
};

std::string event_bytes(const TensorboardEvent& event) {
  const std::string value = bytes_field(1, event.tag) + std::visit(SummaryFields{}, event.value);
  return double_field(1, event.time) + whole_field(2, event.step) + bytes_field(5, bytes_field(1, value));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char each : bytes) crc = crc >> 8 ^ kCrcTable[(crc ^ static_cast<unsigned char>(each)) & 0xFF];
  return ~crc;
}

std::string tensorboard_file(double begun, std::span<const TensorboardEvent> events) {
  std::string file = record(double_field(1, begun) + bytes_field(3, "brain.Event:2"));
  for (const TensorboardEvent& event : events) file += record(event_bytes(event));
  return file;
}

}  // namespace orrery
