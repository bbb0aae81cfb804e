#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/files/bytes.h"
#include "runtime/files/file_system.h"
#include "runtime/formats/aliases.h"
#include "runtime/formats/pt_tree.h"
#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

/// A tensor of a file of weights, whatever the format.
struct WeightTensor {
  std::string name;
  SafetensorsDType dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;  ///< laid out row by row
  std::string file;         ///< of a set of files the one it lies in
  std::string storage;      ///< the storage that it shares with others; empty where it has one of its own
  std::string alias_of;     ///< the tensor stored before it that it is the same as, with all its elements
  bool parameter = false;   ///< where the format tells
};

/// What a file of weights holds.
struct WeightsListing {
  std::string kind;  ///< `safetensors`, `safetensors set`, `PyTorch`, `PyTorch (legacy)`, `TorchScript`,
                     ///< `torch.export`, `npz`, `npy`, `ONNX`, `HDF5`, `Keras (HDF5)`, `Keras`
  std::vector<WeightTensor> tensors;
  std::map<std::string, std::string> metadata;
  std::vector<PtValue> values;                 ///< of PyTorch: what is no tensor
  std::map<std::string, std::string> refused;  ///< tensors that are not read, and what they are
};

/// A file of weights of any format that is read, or a set of safetensors files behind its index. Headers are
/// read and checked at once, tensors when asked for. Const functions may run on several threads at once.
class WeightsFile {
 public:
  WeightsFile() = default;
  virtual ~WeightsFile() = default;
  WeightsFile(const WeightsFile&) = delete;
  WeightsFile& operator=(const WeightsFile&) = delete;

  const std::string& path() const { return path_; }
  const WeightsListing& listing() const { return listing_; }

  /// The elements of a tensor of the listing, little-endian, row by row. `into` has exactly `tensor.bytes`.
  void read(const WeightTensor& tensor, std::span<std::byte> into) const;
  Bytes read(const WeightTensor& tensor) const;

 protected:
  /// `into` has the bytes of the tensor that was added with that place.
  virtual void read_at(std::size_t place, std::span<std::byte> into) const = 0;
  void add(WeightTensor tensor, std::size_t place);

  std::string path_;
  WeightsListing listing_;

 private:
  friend std::unique_ptr<WeightsFile> open_weights(const std::string&, const std::string&, const FileSystem&);
  void keep_part(const std::string& part);

  std::map<std::string, std::size_t> places_;
};

/// Opens a file by what it is, not by its ending. `part`: only what lies below that dotted name of it, which
/// the names then lack: `model` of a checkpoint `{"model": …, "optimizer": …}`, `module` of a DataParallel's;
/// of HDF5 a group.
///
/// All faults are `Error(Fault::input_file)` naming the file: those of its reader, a file of another kind
/// (named), a part that is not there (with the nearest), a set whose index and files disagree or whose file
/// names lead out of its folder.
std::unique_ptr<WeightsFile> open_weights(const std::string& path, const std::string& part = "",
                                          const FileSystem& files = posix_files());

/// Throws `Error(Fault::input_file)` that names all tensors which are not read, where there are any.
void check_all_read(const WeightsFile& file);

/// The element type of a dtype, also of complex128, which safetensors lacks.
SafetensorsDType element_type(DType dtype);

}  // namespace orrery
