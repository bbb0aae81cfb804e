#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/formats/pickle.h"
#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

/// A storage of a PyTorch file: bytes that one tensor or several of them see.
struct PtStorage {
  std::string key;
  SafetensorsDType dtype;  ///< of the first tensor that tells
  std::uint64_t bytes = 0;
  std::uint64_t place = 0;  ///< where its bytes begin in the file; set by who knows the file
};

/// A tensor of a PyTorch file: a view of a storage. Offset and strides count elements.
struct PtTensor {
  std::string name;
  SafetensorsDType dtype;
  std::vector<std::int64_t> shape, strides;
  std::int64_t offset = 0;
  std::size_t storage = 0;  ///< which of the storages
  bool parameter = false;   ///< an `nn.Parameter`

  /// Of the tensor laid out row by row, however it lies in its storage.
  std::uint64_t bytes() const;
  bool contiguous() const;
};

/// Does every element lie within a storage of so many bytes? Not where sizes overflow. REQUIRES: no size,
/// stride or offset below 0, as many sizes as strides.
bool lies_within(const PtTensor& tensor, std::uint64_t bytes);

/// Lays the elements out row by row, whatever the strides. `from` holds the storage from element `first` on.
void gather_rows(const PtTensor& tensor, std::span<const std::byte> from, std::int64_t first,
                 std::span<std::byte> to);

/// What is no tensor: `epoch` = `3`.
struct PtValue {
  std::string name;
  std::string text;
};

/// What a PyTorch file holds, by dotted names: `model.layer1.0.weight`, `optimizer.state.0.exp_avg`, `epoch`.
struct PtTree {
  std::vector<PtTensor> tensors;  ///< in the order of the file
  std::vector<PtValue> values;    ///< in the order of the file; a list of plain values is one
  std::vector<PtStorage> storages;
  /// Tensors that are not read, by name, and what they are: `a sparse tensor`.
  std::map<std::string, std::string> refused;
};

/// Goes through a pickle that PyTorch wrote and holds every tensor to its storage: no negative size or
/// stride, no product that overflows, no element outside of the storage, storages that are described twice
/// the same.
///
/// `source` names the file in messages. Throws `Error(Fault::input_file)` naming the key.
PtTree read_pt_tree(const Pickle& pickle, const std::string& source);

}  // namespace orrery
