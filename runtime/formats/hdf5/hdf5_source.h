#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"
#include "runtime/formats/zip.h"

namespace orrery {

/// The bytes of an HDF5 file: a file by itself, or a member of a zip archive. Const functions may run on
/// several threads at once.
class Hdf5Source {
 public:
  Hdf5Source(std::string name, std::uint64_t size) : name_(std::move(name)), size_(size) {}
  virtual ~Hdf5Source() = default;
  Hdf5Source(const Hdf5Source&) = delete;
  Hdf5Source& operator=(const Hdf5Source&) = delete;

  /// For messages: `'net.h5'`.
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }

  /// Fills `into` from an address on. Faults name the file and `what`, which has to lie in it.
  void read(std::uint64_t address, std::span<std::byte> into, const std::string& what) const;
  /// The same; no memory is taken for what does not lie in the file.
  Bytes block(std::uint64_t address, std::uint64_t bytes, const std::string& what) const;
  /// Throws `Error(Fault::input_file)`: the file is damaged at `what`.
  [[noreturn]] void damaged(const std::string& what) const;

 private:
  virtual void fill(std::uint64_t address, std::span<std::byte> into) const = 0;

  std::string name_;
  std::uint64_t size_;
};

std::shared_ptr<const Hdf5Source> hdf5_file_source(const std::string& path, const FileSystem& files);
/// A member that is deflated is unpacked into memory at once.
std::shared_ptr<const Hdf5Source> hdf5_member_source(std::shared_ptr<const ZipReader> zip,
                                                     const ZipEntry& entry);

/// Goes through a block of little-endian numbers. Reading behind its end is a fault of the file.
class Hdf5Cursor {
 public:
  Hdf5Cursor(const Hdf5Source& source, std::string_view data, std::string what)
      : source_(source), data_(data), what_(std::move(what)) {}

  std::uint64_t number(std::size_t bytes);
  std::string_view text(std::size_t bytes);
  void skip(std::size_t bytes) { text(bytes); }
  /// To the next multiple of 8 from the block's start.
  void align() { skip((8 - at_ % 8) % 8); }
  void expect(std::string_view signature);
  std::size_t left() const { return data_.size() - at_; }
  [[noreturn]] void damaged() const { source_.damaged(what_); }

 private:
  const Hdf5Source& source_;
  std::string_view data_;
  std::string what_;
  std::size_t at_ = 0;
};

/// An address of nothing.
inline constexpr std::uint64_t kHdf5Nowhere = ~std::uint64_t{0};

/// Goes through a B-tree of version 1: calls `leaf` with each entry of the lowest nodes, its key (of
/// `key_bytes`) and its address. `type`: 0 of groups, 1 of chunks.
void visit_hdf5_tree(const Hdf5Source& source, std::uint64_t address, std::uint64_t type,
                     std::size_t key_bytes, const std::function<void(std::string_view, std::uint64_t)>& leaf);

}  // namespace orrery
