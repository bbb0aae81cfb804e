#include "runtime/formats/zip_directory.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::uint32_t kEndRecord = 0x06054b50, kEndRecord64 = 0x06064b50, kLocator64 = 0x07064b50,
                        kDirectoryEntry = 0x02014b50, kMemberHeader = 0x04034b50;
constexpr std::size_t kEndBytes = 22, kLocatorBytes = 20, kEnd64Bytes = 56, kEntryBytes = 46,
                      kMemberBytes = 30, kMaxComment = 65535;
constexpr std::uint64_t kMaxDirectoryBytes = 100'000'000;
constexpr std::uint32_t kSee64 = 0xFFFFFFFF;
constexpr unsigned kEncrypted = 1, kStored = 0, kDeflated = 8;

// A little-endian number of `width` bytes.
std::uint64_t number(std::span<const std::byte> data, std::size_t at, int width) {
  std::uint64_t value = 0;
  for (int i = width - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned>(data[at + static_cast<std::size_t>(i)]);
  return value;
}

struct Directory {
  std::uint64_t entries = 0, bytes = 0, start = 0;
};

class DirectoryReader {
 public:
  explicit DirectoryReader(const InputFile& file) : file_(file), source_(quote_path(file.path())) {}

  std::vector<ZipEntry> read() {
    const Directory directory = find_directory();
    check(directory.bytes <= kMaxDirectoryBytes && directory.start <= file_.size() &&
              directory.bytes <= file_.size() - directory.start &&
              directory.entries <= directory.bytes / kEntryBytes,
          Fault::input_file, "{} is damaged: its zip directory does not lie within it", source_);
    const Bytes bytes = part(directory.start, directory.bytes);
    std::span<const std::byte> rest = bytes.span();
    for (std::uint64_t i = 0; i < directory.entries; ++i) rest = read_entry(rest);
    for (ZipEntry& entry : entries_) find_data(entry, directory.start);
    check_overlaps();
    return std::move(entries_);
  }

 private:
  Bytes part(std::uint64_t start, std::uint64_t size) const {
    Bytes bytes(static_cast<std::size_t>(size));
    file_.read(start, bytes.span());
    return bytes;
  }

  [[noreturn]] void refuse(const char* what) const {
    fail(Fault::input_file, "{} is damaged: {}", source_, what);
  }

  Directory find_directory() const {
    const std::uint64_t size = std::min<std::uint64_t>(file_.size(), kEndBytes + kMaxComment);
    const Bytes tail = part(file_.size() - size, size);
    for (std::size_t at = size >= kEndBytes ? static_cast<std::size_t>(size) - kEndBytes + 1 : 0; at-- > 0;) {
      if (number(tail.span(), at, 4) != kEndRecord) continue;
      if (number(tail.span(), at + 20, 2) != size - at - kEndBytes) continue;
      return directory_of(tail.span().subspan(at), file_.size() - size + at);
    }
    const Bytes start = part(0, std::min<std::uint64_t>(file_.size(), kSniffBytes));
    const FileKind kind = sniff(start.span());
    if (kind == FileKind::zip) refuse("its zip directory is missing, as after a download that was cut off");
    throw Error(Fault::input_file, fmt::format("{} is not a zip archive but {}", source_, describe(kind)), {},
                std::string(remedy(kind)));
  }

  Directory directory_of(std::span<const std::byte> end, std::uint64_t end_at) const {
    if (number(end, 4, 2) != number(end, 6, 2)) refuse("it is one part of several");
    const Directory plain{number(end, 10, 2), number(end, 12, 4), number(end, 16, 4)};
    const bool wide = plain.entries == 0xFFFF || plain.bytes == kSee64 || plain.start == kSee64;
    if (!wide || end_at < kLocatorBytes) return plain;
    const Bytes locator = part(end_at - kLocatorBytes, kLocatorBytes);
    if (number(locator.span(), 0, 4) != kLocator64) return plain;
    const std::uint64_t at = number(locator.span(), 8, 8);
    if (at > file_.size() || file_.size() - at < kEnd64Bytes) refuse("its zip directory is not to be found");
    const Bytes record = part(at, kEnd64Bytes);
    if (number(record.span(), 0, 4) != kEndRecord64) refuse("its zip directory is not to be found");
    return {number(record.span(), 32, 8), number(record.span(), 40, 8), number(record.span(), 48, 8)};
  }

  std::span<const std::byte> read_entry(std::span<const std::byte> data) {
    if (data.size() < kEntryBytes || number(data, 0, 4) != kDirectoryEntry)
      refuse("its zip directory is not valid");
    const std::size_t name = number(data, 28, 2), extra = number(data, 30, 2), note = number(data, 32, 2);
    if (data.size() - kEntryBytes < name + extra + note) refuse("its zip directory is not valid");
    ZipEntry entry{
        .name = std::string(reinterpret_cast<const char*>(data.data()) + kEntryBytes, name),
        .deflated = number(data, 10, 2) == kDeflated,
        .checksum = static_cast<std::uint32_t>(number(data, 16, 4)),
        .packed_bytes = number(data, 20, 4),
        .bytes = number(data, 24, 4),
        .data_start = number(data, 42, 4),
    };
    widen(entry, data.subspan(kEntryBytes + name, extra));
    const unsigned method = static_cast<unsigned>(number(data, 10, 2));
    check(!(number(data, 8, 2) & kEncrypted), Fault::input_file, "{}: its member {} is encrypted", source_,
          quote_path(entry.name));
    check(method == kStored || method == kDeflated, Fault::input_file,
          "{}: its member {} is compressed by method {}; stored and deflated members are read", source_,
          quote_path(entry.name), method);
    check(names_.insert(entry.name).second, Fault::input_file, "{} is damaged: two members are called {}",
          source_, quote_path(entry.name));
    entries_.push_back(std::move(entry));
    return data.subspan(kEntryBytes + name + extra + note);
  }

  // Sizes that do not fit in 32 bits stand in an extra field of kind 1, in this order.
  void widen(ZipEntry& entry, std::span<const std::byte> extra) const {
    while (extra.size() >= 4) {
      const std::size_t size = std::min<std::size_t>(number(extra, 2, 2), extra.size() - 4);
      std::span<const std::byte> field = extra.subspan(4, size);
      for (std::uint64_t* value : {&entry.bytes, &entry.packed_bytes, &entry.data_start}) {
        if (number(extra, 0, 2) != 1 || *value != kSee64 || field.size() < 8) continue;
        *value = number(field, 0, 8);
        field = field.subspan(8);
      }
      extra = extra.subspan(4 + size);
    }
  }

  // The member's own header has a name and extra fields of lengths of its own.
  void find_data(ZipEntry& entry, std::uint64_t directory_start) {
    const std::uint64_t header = entry.data_start;
    if (header > directory_start || directory_start - header < kMemberBytes)
      refuse("a member lies outside of it");
    const Bytes bytes = part(header, kMemberBytes);
    if (number(bytes.span(), 0, 4) != kMemberHeader) refuse("a member is not where the directory says");
    entry.data_start = header + kMemberBytes + number(bytes.span(), 26, 2) + number(bytes.span(), 28, 2);
    const bool inside =
        entry.data_start <= directory_start && entry.packed_bytes <= directory_start - entry.data_start;
    if (!inside) refuse("a member lies outside of it");
    if (!entry.deflated && entry.packed_bytes != entry.bytes) refuse("a stored member has two sizes");
    spans_.emplace_back(header, entry.data_start + entry.packed_bytes);
  }

  void check_overlaps() {
    std::sort(spans_.begin(), spans_.end());
    for (std::size_t i = 1; i < spans_.size(); ++i)
      if (spans_[i].first < spans_[i - 1].second) refuse("two of its members overlap");
  }

  const InputFile& file_;
  std::string source_;
  std::vector<ZipEntry> entries_;
  std::unordered_set<std::string> names_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> spans_;
};

}  // namespace

std::vector<ZipEntry> read_zip_directory(const InputFile& file) { return DirectoryReader(file).read(); }

}  // namespace orrery
