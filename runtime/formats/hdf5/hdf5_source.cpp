#include "runtime/formats/hdf5/hdf5_source.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"

namespace orrery {
namespace {

class FileSource final : public Hdf5Source {
 public:
  FileSource(std::shared_ptr<const InputFile> file)
      : Hdf5Source(quote_path(file->path()), file->size()), file_(std::move(file)) {}

 private:
  void fill(std::uint64_t address, std::span<std::byte> into) const override { file_->read(address, into); }

  std::shared_ptr<const InputFile> file_;
};

std::string name_of_member(const ZipReader& zip, const ZipEntry& entry) {
  return quote_path(zip.path()) + ": its member " + quote_path(entry.name);
}

class StoredSource final : public Hdf5Source {
 public:
  StoredSource(std::shared_ptr<const ZipReader> zip, const ZipEntry& entry)
      : Hdf5Source(name_of_member(*zip, entry), entry.bytes), zip_(std::move(zip)), entry_(entry) {}

 private:
  void fill(std::uint64_t address, std::span<std::byte> into) const override {
    zip_->read_stored(entry_, address, into);
  }

  std::shared_ptr<const ZipReader> zip_;
  ZipEntry entry_;
};

class UnpackedSource final : public Hdf5Source {
 public:
  UnpackedSource(std::string name, Bytes bytes)
      : Hdf5Source(std::move(name), bytes.size()), bytes_(std::move(bytes)) {}

 private:
  void fill(std::uint64_t address, std::span<std::byte> into) const override {
    std::ranges::copy(bytes_.span().subspan(static_cast<std::size_t>(address), into.size()), into.begin());
  }

  Bytes bytes_;
};

/// One walk through a tree. Nodes are seen once and lie lower than the one above them, so that it ends.
class TreeWalk {
 public:
  using Leaf = std::function<void(std::string_view, std::uint64_t)>;

  TreeWalk(const Hdf5Source& source, std::uint64_t type, std::size_t key_bytes, const Leaf& leaf)
      : source_(source), type_(type), key_bytes_(key_bytes), leaf_(leaf) {}

  void visit(std::uint64_t address, std::uint64_t most_level) {
    const std::string what = fmt::format("the tree at byte {}", address);
    if (!seen_.insert(address).second) source_.damaged(what);
    constexpr std::size_t kHead = 24;
    const Bytes head = source_.block(address, kHead, what);
    Hdf5Cursor cursor(source_, head.text(), what);
    cursor.expect("TREE");
    const std::uint64_t type = cursor.number(1), level = cursor.number(1), entries = cursor.number(2);
    if (type != type_ || level > most_level) source_.damaged(what);
    if (entries == 0) return;
    const Bytes body = source_.block(address + kHead, entries * (key_bytes_ + 8), what);
    Hdf5Cursor items(source_, body.text(), what);
    for (std::uint64_t at = 0; at < entries; ++at) {
      const std::string_view key = items.text(key_bytes_);
      const std::uint64_t child = items.number(8);
      if (level > 0)
        visit(child, level - 1);
      else
        leaf_(key, child);
    }
  }

 private:
  const Hdf5Source& source_;
  std::uint64_t type_;
  std::size_t key_bytes_;
  const Leaf& leaf_;
  std::set<std::uint64_t> seen_;
};

}  // namespace

void Hdf5Source::damaged(const std::string& what) const {
  fail(Fault::input_file, "{} is damaged: {} is not as HDF5 has it, or is cut off", name_, what);
}

void Hdf5Source::read(std::uint64_t address, std::span<std::byte> into, const std::string& what) const {
  if (address > size_ || into.size() > size_ - address) damaged(what);
  if (!into.empty()) fill(address, into);
}

Bytes Hdf5Source::block(std::uint64_t address, std::uint64_t bytes, const std::string& what) const {
  if (address > size_ || bytes > size_ - address) damaged(what);
  Bytes block(static_cast<std::size_t>(bytes));
  read(address, block.span(), what);
  return block;
}

std::shared_ptr<const Hdf5Source> hdf5_file_source(const std::string& path, const FileSystem& files) {
  return std::make_shared<FileSource>(std::make_shared<const InputFile>(path, files));
}

std::shared_ptr<const Hdf5Source> hdf5_member_source(std::shared_ptr<const ZipReader> zip,
                                                     const ZipEntry& entry) {
  if (!entry.deflated) return std::make_shared<StoredSource>(std::move(zip), entry);
  return std::make_shared<UnpackedSource>(name_of_member(*zip, entry), zip->read(entry));
}

std::uint64_t Hdf5Cursor::number(std::size_t bytes) {
  const std::string_view digits = text(bytes);
  std::uint64_t value = 0;
  for (std::size_t at = digits.size(); at-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[at]);
  return value;
}

std::string_view Hdf5Cursor::text(std::size_t bytes) {
  if (bytes > left()) damaged();
  at_ += bytes;
  return data_.substr(at_ - bytes, bytes);
}

void Hdf5Cursor::expect(std::string_view signature) {
  if (text(signature.size()) != signature) damaged();
}

void visit_hdf5_tree(const Hdf5Source& source, std::uint64_t address, std::uint64_t type,
                     std::size_t key_bytes, const TreeWalk::Leaf& leaf) {
  constexpr std::uint64_t kMostLevels = 64;
  TreeWalk(source, type, key_bytes, leaf).visit(address, kMostLevels);
}

}  // namespace orrery
