#include "runtime/formats/pickle_globals.h"

#include <algorithm>
#include <array>
#include <string>

namespace orrery {
namespace {

using Kind = PickleGlobalKind;

struct NamedGlobal {
  std::string_view path;
  Kind kind;
};

constexpr std::array kGlobals{
    NamedGlobal{"collections.OrderedDict", Kind::ordered_dict},
    NamedGlobal{"collections.Counter", Kind::counter},
    NamedGlobal{"builtins.set", Kind::set},
    NamedGlobal{"builtins.bytearray", Kind::byte_array},
    NamedGlobal{"builtins.complex", Kind::complex},
    NamedGlobal{"_codecs.encode", Kind::encode},
    NamedGlobal{"torch.Size", Kind::size},
    NamedGlobal{"torch.device", Kind::device},
    NamedGlobal{"torch.serialization._get_layout", Kind::layout},
    NamedGlobal{"torch.nn.parameter.Parameter", Kind::parameter},
    NamedGlobal{"torch.Tensor", Kind::tensor_class},
    NamedGlobal{"torch._utils._rebuild_tensor", Kind::rebuild_tensor},
    NamedGlobal{"torch._utils._rebuild_tensor_v2", Kind::rebuild_tensor_v2},
    NamedGlobal{"torch._utils._rebuild_tensor_v3", Kind::rebuild_tensor_v3},
    NamedGlobal{"torch._utils._rebuild_parameter", Kind::rebuild_parameter},
    NamedGlobal{"torch._utils._rebuild_parameter_with_state", Kind::rebuild_parameter_with_state},
    NamedGlobal{"torch._tensor._rebuild_from_type_v2", Kind::rebuild_from_type},
    NamedGlobal{"torch._utils._rebuild_device_tensor_from_cpu_tensor", Kind::rebuild_device_tensor},
    NamedGlobal{"torch._utils._rebuild_device_tensor_from_numpy", Kind::rebuild_device_tensor},
    NamedGlobal{"torch._utils._rebuild_sparse_tensor", Kind::sparse},
    NamedGlobal{"torch._utils._rebuild_qtensor", Kind::quantised},
    NamedGlobal{"torch._utils._rebuild_meta_tensor_no_storage", Kind::meta},
    NamedGlobal{"torch._utils._rebuild_nested_tensor", Kind::nested},
    NamedGlobal{"torch._utils._rebuild_wrapper_subclass", Kind::wrapper},
    NamedGlobal{"torch.per_tensor_affine", Kind::quantised},
    NamedGlobal{"torch.per_tensor_symmetric", Kind::quantised},
    NamedGlobal{"torch.per_channel_affine", Kind::quantised},
    NamedGlobal{"torch.per_channel_symmetric", Kind::quantised},
    NamedGlobal{"torch.per_channel_affine_float_qparams", Kind::quantised},
    NamedGlobal{"torch.jit._pickle.build_intlist", Kind::script_list},
    NamedGlobal{"torch.jit._pickle.build_doublelist", Kind::script_list},
    NamedGlobal{"torch.jit._pickle.build_boollist", Kind::script_list},
    NamedGlobal{"torch.jit._pickle.build_tensorlist", Kind::script_list},
    NamedGlobal{"torch.jit._pickle.restore_type_tag", Kind::script_list},
};

struct NamedElement {
  std::string_view torch, safetensors, storage;
};

// What has no storage of its own lies in an UntypedStorage.
constexpr std::array kElements{
    NamedElement{"float32", "F32", "FloatStorage"},
    NamedElement{"float64", "F64", "DoubleStorage"},
    NamedElement{"float16", "F16", "HalfStorage"},
    NamedElement{"bfloat16", "BF16", "BFloat16Storage"},
    NamedElement{"int64", "I64", "LongStorage"},
    NamedElement{"int32", "I32", "IntStorage"},
    NamedElement{"int16", "I16", "ShortStorage"},
    NamedElement{"int8", "I8", "CharStorage"},
    NamedElement{"uint8", "U8", "ByteStorage"},
    NamedElement{"bool", "BOOL", "BoolStorage"},
    NamedElement{"complex64", "C64", "ComplexFloatStorage"},
    NamedElement{"uint16", "U16", ""},
    NamedElement{"uint32", "U32", ""},
    NamedElement{"uint64", "U64", ""},
    NamedElement{"float8_e4m3fn", "F8_E4M3", ""},
    NamedElement{"float8_e5m2", "F8_E5M2", ""},
    NamedElement{"float8_e4m3fnuz", "F8_E4M3FNUZ", ""},
    NamedElement{"float8_e5m2fnuz", "F8_E5M2FNUZ", ""},
    NamedElement{"float8_e8m0fnu", "F8_E8M0", ""},
};

// safetensors has none of that width.
constexpr SafetensorsDType kComplex128{"C128", 128, DType::complex128};

std::optional<PickleGlobal> element_global(std::string_view name) {
  for (const NamedElement& element : kElements) {
    if (name == element.torch) return PickleGlobal{Kind::dtype, safetensors_dtype(element.safetensors)};
    if (!element.storage.empty() && name == element.storage)
      return PickleGlobal{Kind::storage, safetensors_dtype(element.safetensors)};
  }
  if (name == "complex128") return PickleGlobal{Kind::dtype, kComplex128};
  if (name == "ComplexDoubleStorage") return PickleGlobal{Kind::storage, kComplex128};
  if (name == "UntypedStorage") return PickleGlobal{Kind::storage, safetensors_dtype("U8")};
  const bool quantised = name == "QInt8Storage" || name == "QUInt8Storage" || name == "QInt32Storage" ||
                         name == "QUInt4x2Storage" || name == "QUInt2x4Storage";
  if (quantised) return PickleGlobal{Kind::storage, std::nullopt};
  if (name.starts_with('q') &&
      (name == "qint8" || name == "quint8" || name == "qint32" || name == "quint4x2"))
    return PickleGlobal{Kind::dtype, std::nullopt};
  return std::nullopt;
}

}  // namespace

std::optional<PickleGlobal> pickle_global(std::string_view module, std::string_view name) {
  if (module == "__builtin__") module = "builtins";  // as Python 2 calls it, and protocol 2 writes it
  const std::string path = std::string(module) + "." + std::string(name);
  const auto* found = std::ranges::find(kGlobals, path, &NamedGlobal::path);
  if (found != kGlobals.end()) return PickleGlobal{found->kind, std::nullopt};
  if (module == "torch" || module == "torch.storage" || module == "torch.cuda") {
    if (const auto element = element_global(name)) return element;
  }
  if (module == "__torch__" || module.starts_with("__torch__."))
    return PickleGlobal{Kind::script_class, std::nullopt};
  return std::nullopt;
}

std::string_view torch_dtype_name(const SafetensorsDType& dtype) {
  if (dtype.name == kComplex128.name) return "complex128";
  for (const NamedElement& element : kElements)
    if (element.safetensors == dtype.name) return element.torch;
  return dtype.name;
}

}  // namespace orrery
