// Operators that change an element's type, or keep some elements.
#include <map>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

// Before operator set 6 the type was a word.
OnnxDType dtype_of_word(const OnnxCall& call, const std::string& word) {
  static const std::map<std::string, OnnxDType> kWords = {{"FLOAT", OnnxDType::float32},
                                                          {"UINT8", OnnxDType::uint8},
                                                          {"INT8", OnnxDType::int8},
                                                          {"UINT16", OnnxDType::uint16},
                                                          {"INT16", OnnxDType::int16},
                                                          {"INT32", OnnxDType::int32},
                                                          {"INT64", OnnxDType::int64},
                                                          {"STRING", OnnxDType::text},
                                                          {"BOOL", OnnxDType::boolean},
                                                          {"FLOAT16", OnnxDType::float16},
                                                          {"DOUBLE", OnnxDType::float64},
                                                          {"UINT32", OnnxDType::uint32},
                                                          {"UINT64", OnnxDType::uint64},
                                                          {"COMPLEX64", OnnxDType::complex64},
                                                          {"COMPLEX128", OnnxDType::complex128}};
  const auto found = kWords.find(word);
  if (found == kWords.end()) call.refuse(fmt::format("there is no type '{}'", word));
  return found->second;
}

void give_as(OnnxCall& call, DType dtype) {
  if (call.type(0).dtype == dtype && call.literal(0)) return call.give(*call.literal(0));
  call.give(OnnxComposer(call).to(call.value(0), dtype));
}

void import_cast(OnnxCall& call) {
  const OnnxDType wanted = call.opset() < 6 ? dtype_of_word(call, call.text("to", ""))
                                            : static_cast<OnnxDType>(call.integer("to"));
  const auto dtype = dtype_of_onnx(wanted);
  if (!dtype) call.refuse(fmt::format("it casts to {}, which Orrery does not have", onnx_dtype_name(wanted)));
  give_as(call, *dtype);
}

void import_cast_like(OnnxCall& call) { give_as(call, call.type(1).dtype); }

void import_trilu(OnnxCall& call) {
  const std::int64_t diagonal = call.has(1) ? call.integer(1) : 0;
  const bool upper = call.integer("upper", 1) != 0;
  call.give(call.apply(upper ? "triu" : "tril", {call.value(0)}, {{"diagonal", diagonal}}));
}

}  // namespace

void add_onnx_casts(OnnxOperators& table) {
  table.add("Cast", import_cast);
  table.add("CastLike", import_cast_like);
  table.add("Trilu", import_trilu);
}

}  // namespace orrery
