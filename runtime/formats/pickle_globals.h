#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

/// What the name of a Python object in a pickle stands for here.
enum class PickleGlobalKind : std::uint8_t {
  ordered_dict,
  counter,
  set,
  byte_array,
  complex,
  encode,  ///< `_codecs.encode`, by which protocol 2 writes bytes
  size,    ///< `torch.Size`
  device,
  layout,  ///< `torch.serialization._get_layout`
  dtype,
  storage,
  parameter,  ///< `torch.nn.Parameter`
  tensor_class,
  rebuild_tensor,
  rebuild_tensor_v2,
  rebuild_tensor_v3,
  rebuild_parameter,
  rebuild_parameter_with_state,
  rebuild_from_type,
  rebuild_device_tensor,
  sparse,
  quantised,
  meta,
  nested,
  wrapper,
  script_list,   ///< `torch.jit._pickle.build_intlist` and its like: the list itself
  script_class,  ///< `__torch__.…` of a TorchScript archive
};

/// One allowed object.
struct PickleGlobal {
  PickleGlobalKind kind;
  /// Of a dtype, and of the elements of a storage; nothing for quantised ones.
  std::optional<SafetensorsDType> dtype;
};

/// The object that `module.name` stands for, as PyTorch's `weights_only` loader allows it: collections,
/// `torch`'s own plain types, dtypes, storages, the functions that rebuild tensors, and the classes of
/// TorchScript archives, which are read as records of their attributes. Nothing for every other. Source:
/// torch/_weights_only_unpickler.py of PyTorch 2.11, `_get_allowed_globals`.
std::optional<PickleGlobal> pickle_global(std::string_view module, std::string_view name);

/// PyTorch's name of a dtype: `float32` of F32, `float8_e4m3fn` of F8_E4M3; types that PyTorch has no name
/// for keep the file's.
std::string_view torch_dtype_name(const SafetensorsDType& dtype);

}  // namespace orrery
