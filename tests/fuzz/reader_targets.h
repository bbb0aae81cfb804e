#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "runtime/core/error.h"
#include "runtime/formats/npy.h"
#include "runtime/formats/npz.h"
#include "runtime/formats/pickle.h"
#include "runtime/formats/pt_reader.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/formats/weights_file.h"
#include "tests/fuzz/one_file.h"

namespace orrery {

/// Reads bytes as a file of one format with all that is in it. They may be refused as a bad input file; any
/// other end (another error, a crash, a hang, memory without bound) is a fault of the reader.
struct ReaderTarget {
  std::string_view name;
  void (*read)(std::span<const std::byte> bytes);
};

namespace fuzzing {

inline Bytes copy_of(std::span<const std::byte> bytes) {
  Bytes copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

inline void read_pickle_alone(std::span<const std::byte> bytes) {
  try {
    read_pt_tree(read_pickle(copy_of(bytes), "'fuzz'"), "'fuzz'");
  } catch (const PickleCut&) {
  }
}

inline void read_pt(std::span<const std::byte> bytes) {
  const OneFile files(bytes);
  const PtReader reader("fuzz.pt", files);
  for (const PtTensor& tensor : reader.tree().tensors) reader.read(tensor);
}

inline void read_safetensors(std::span<const std::byte> bytes) {
  const OneFile files(bytes);
  const SafetensorsReader reader("fuzz.safetensors", files);
  for (const SafetensorsTensor& tensor : reader.header().tensors) reader.read(tensor);
}

inline void read_npz(std::span<const std::byte> bytes) {
  const OneFile files(bytes);
  const NpzReader reader("fuzz.npz", files);
  for (const NpzReader::Array& array : reader.arrays()) reader.read(array);
}

inline void read_npy_alone(std::span<const std::byte> bytes) { parse_npy(bytes, "'fuzz'"); }

// Whatever the bytes are; an index finds itself in the place of its files.
inline void read_any_weights(std::span<const std::byte> bytes) {
  const OneFile files(bytes);
  const auto file = open_weights("fuzz", "", files);
  for (const WeightTensor& tensor : file->listing().tensors) file->read(tensor);
}

}  // namespace fuzzing

inline constexpr std::array kReaderTargets{ReaderTarget{"pickle", fuzzing::read_pickle_alone},
                                           ReaderTarget{"pt", fuzzing::read_pt},
                                           ReaderTarget{"safetensors", fuzzing::read_safetensors},
                                           ReaderTarget{"npz", fuzzing::read_npz},
                                           ReaderTarget{"npy", fuzzing::read_npy_alone},
                                           ReaderTarget{"weights", fuzzing::read_any_weights}};

/// Gives bytes to a target; true when it accepts them. Lets everything through but refusals.
inline bool accepts(const ReaderTarget& target, std::span<const std::byte> bytes) {
  try {
    target.read(bytes);
    return true;
  } catch (const Error& error) {
    if (error.fault() != Fault::input_file) throw;
    return false;
  }
}

}  // namespace orrery
