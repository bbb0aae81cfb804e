#pragma once

#include <string>
#include <vector>

#include "runtime/governors/data_source.h"

namespace orrery {

class NpzReader;
class SafetensorsReader;

/// What a file says about one of its arrays.
struct ArrayType {
  std::string name;
  DType dtype = DType::float32;
  std::vector<std::int64_t> dims;  ///< the first counts the samples
};

/// The arrays of a file, in its order. Fails for a type that Orrery does not have.
std::vector<ArrayType> arrays_of(const NpzReader& file);
std::vector<ArrayType> arrays_of(const SafetensorsReader& file);

/// Those that a source of kind `npz` or `safetensors` has as fields, in the fields' order. Fails with the
/// nearest known name.
std::vector<ArrayType> chosen_arrays(const DataSource& source, const std::vector<ArrayType>& arrays);

}  // namespace orrery
