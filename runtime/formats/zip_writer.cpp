#include "runtime/formats/zip_writer.h"

#include <algorithm>
#include <array>

#include <zlib.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr std::uint64_t kLargest32 = 0xFFFFFFFF, kMost16 = 0xFFFF;
constexpr unsigned kPlainVersion = 20, kVersion64 = 45, kNamesAreUtf8 = 1u << 11, kFirstDay = 0x21;
constexpr unsigned kExtra64 = 1, kExtraPadding = 0x4246;  // "FB", as PyTorch pads
constexpr std::size_t kHeaderBytes = 30, kExtraHeaderBytes = 4;

// Wider than the number, it is filled up with zeros.
std::string little_endian(std::uint64_t value, int width) {
  std::string text;
  for (int i = 0; i < width; ++i, value >>= 8) text += static_cast<char>(value & 0xFF);
  return text;
}

std::string small(std::uint64_t value) { return little_endian(std::min(value, kLargest32), 4); }

bool is_large(std::uint64_t value) { return value >= kLargest32; }

}  // namespace

ZipWriter::ZipWriter(const std::string& path, std::size_t alignment, const FileSystem& files)
    : file_(path, 0, files), alignment_(alignment) {}

void ZipWriter::add(const std::string& name, std::span<const std::byte> content) {
  add(name, std::array{content});
}

void ZipWriter::add(const std::string& name, std::span<const std::span<const std::byte>> parts) {
  check(name.size() <= kMost16, Fault::write, "cannot write a zip archive: a member's name has {} bytes",
        name.size());
  Member member{.name = name, .start = file_.written()};
  for (const auto part : parts) {
    if (part.empty()) continue;  // without bytes, zlib begins anew
    member.checksum = static_cast<std::uint32_t>(
        crc32_z(member.checksum, reinterpret_cast<const Bytef*>(part.data()), part.size()));
    member.bytes += part.size();
  }
  write_header(member);
  for (const auto part : parts) file_.write(part);
  members_.push_back(std::move(member));
}

void ZipWriter::write_header(const Member& member) {
  std::string extra;
  if (is_large(member.bytes))
    extra = little_endian(kExtra64, 2) + little_endian(16, 2) + little_endian(member.bytes, 8) +
            little_endian(member.bytes, 8);
  const std::uint64_t end = member.start + kHeaderBytes + member.name.size() + extra.size();
  if (alignment_ > 1 && end % alignment_ != 0) {
    const std::size_t padding =
        static_cast<std::size_t>((alignment_ - (end + kExtraHeaderBytes) % alignment_) % alignment_);
    extra += little_endian(kExtraPadding, 2) + little_endian(padding, 2) + std::string(padding, 'Z');
  }
  file_.write(std::string("PK\3\4") + little_endian(is_large(member.bytes) ? kVersion64 : kPlainVersion, 2) +
              little_endian(kNamesAreUtf8, 2) + little_endian(0, 4) + little_endian(kFirstDay, 2) +
              little_endian(member.checksum, 4) + small(member.bytes) + small(member.bytes) +
              little_endian(member.name.size(), 2) + little_endian(extra.size(), 2) + member.name + extra);
}

std::string ZipWriter::directory_entry(const Member& member) const {
  std::string wide;
  if (is_large(member.bytes)) wide += little_endian(member.bytes, 8) + little_endian(member.bytes, 8);
  if (is_large(member.start)) wide += little_endian(member.start, 8);
  if (!wide.empty()) wide = little_endian(kExtra64, 2) + little_endian(wide.size(), 2) + wide;
  const unsigned version = wide.empty() ? kPlainVersion : kVersion64;
  return std::string("PK\1\2") + little_endian(version, 2) + little_endian(version, 2) +
         little_endian(kNamesAreUtf8, 2) + little_endian(0, 4) + little_endian(kFirstDay, 2) +
         little_endian(member.checksum, 4) + small(member.bytes) + small(member.bytes) +
         little_endian(member.name.size(), 2) + little_endian(wide.size(), 2) + little_endian(0, 10) +
         small(member.start) + member.name + wide;
}

void ZipWriter::commit() {
  const std::uint64_t start = file_.written(), count = members_.size();
  for (const Member& member : members_) file_.write(directory_entry(member));
  const std::uint64_t end = file_.written(), bytes = end - start;
  if (count >= kMost16 || is_large(start) || is_large(bytes)) {
    file_.write(std::string("PK\6\6") + little_endian(44, 8) + little_endian(kVersion64, 2) +
                little_endian(kVersion64, 2) + little_endian(0, 8) + little_endian(count, 8) +
                little_endian(count, 8) + little_endian(bytes, 8) + little_endian(start, 8));
    file_.write(std::string("PK\6\7") + little_endian(0, 4) + little_endian(end, 8) + little_endian(1, 4));
  }
  const std::string entries = little_endian(std::min(count, kMost16), 2);
  file_.write(std::string("PK\5\6") + little_endian(0, 4) + entries + entries + small(bytes) + small(start) +
              little_endian(0, 2));
  file_.commit();
}

}  // namespace orrery
