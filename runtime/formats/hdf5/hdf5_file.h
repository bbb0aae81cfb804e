#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/formats/hdf5/hdf5_object.h"
#include "runtime/formats/hdf5/hdf5_source.h"
#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

// HDF5 as h5py, and so Keras, writes it unless told otherwise: a superblock, from which groups lead to groups
// and datasets. What is read of it is what files of weights need. The library of HDF5 is not used: damaged
// files make it crash, and it keeps state of its own in the process.
// Source: HDF5 File Format Specification 3.0.

/// A dataset of numbers.
struct Hdf5Dataset {
  enum class Layout { compact, contiguous, chunked };

  std::string path;  ///< `layers/dense/vars/0`
  SafetensorsDType dtype;
  std::vector<std::int64_t> shape;
  bool big_endian = false;
  Layout layout = Layout::contiguous;
  std::string held = {};  ///< compact: the values
  std::uint64_t address = kHdf5Nowhere;
  std::vector<std::uint64_t> chunk = {};  ///< its sizes
  std::vector<Hdf5Filter> filters = {};   ///< in the order in which they were applied

  /// Of the values, row by row. They are no more than the file's form can hold.
  std::uint64_t bytes() const;
};

/// An HDF5 file: its groups and the places of its datasets are read and checked at once, values when asked
/// for. Nothing outside the file is opened, nothing in it is run. Const functions may run on several threads
/// at once.
///
/// All faults are `Error(Fault::input_file)` naming the file, and the dataset: those of the source, a file of
/// another kind, of a version that is not read, damaged or cut off.
class Hdf5File {
 public:
  explicit Hdf5File(std::shared_ptr<const Hdf5Source> source);

  /// For messages: `'net.h5'`.
  const std::string& name() const { return source_->name(); }
  /// In the order of the file's groups, which is by name.
  const std::vector<Hdf5Dataset>& datasets() const { return datasets_; }
  /// Null where there is none.
  const Hdf5Dataset* find(const std::string& path) const;
  /// Those within a group and the groups of it, by path.
  std::vector<const Hdf5Dataset*> below(const std::string& group) const;
  /// What is there and is not read, by its path: `a virtual dataset, whose values lie in other files`.
  const std::map<std::string, std::string>& refused() const { return refused_; }
  bool has_group(const std::string& path) const { return groups_.contains(path); }
  /// The texts of an attribute of a group (empty: the outermost); nothing where it has none.
  std::optional<std::vector<std::string>> texts(const std::string& group, const std::string& attribute) const;

  /// The values, little-endian, row by row; `into` has exactly `bytes()`.
  void read(const Hdf5Dataset& dataset, std::span<std::byte> into) const;

 private:
  void add_group(const std::string& path, std::uint64_t address, const Hdf5Header& header, int depth);
  void add_object(const std::string& path, std::uint64_t address, int depth);
  void add_dataset(const std::string& path, const Hdf5Header& header);

  std::shared_ptr<const Hdf5Source> source_;
  std::map<std::string, std::uint64_t> groups_;
  std::map<std::uint64_t, std::string> seen_;
  std::vector<Hdf5Dataset> datasets_;
  std::map<std::string, std::size_t> places_;
  std::map<std::string, std::string> refused_;
};

/// What keeps a dataset's filters from being undone; nothing where they all can be.
std::optional<std::string> refusal_of_filters(const std::vector<Hdf5Filter>& filters);
/// Gathers the values of a dataset in chunks. `what` names it in messages.
void read_hdf5_chunks(const Hdf5Source& source, const Hdf5Dataset& dataset, const std::string& what,
                      std::span<std::byte> into);

}  // namespace orrery
