// Operators that need more of an import than their inputs: constants, what only shapes decide, branches,
// loops, sequences.
#include <algorithm>
#include <map>

#include "runtime/core/error.h"
#include "runtime/onnx/control_flow.h"
#include "runtime/onnx/importer.h"
#include "runtime/onnx/sequences.h"

namespace orrery {
namespace {

OnnxLiteral literal_of_attribute(const OnnxCall& call) {
  const auto values = std::ranges::count_if(call.node().attributes, [](const OnnxAttribute& attribute) {
    return attribute.name.find("value") != attribute.name.npos;  // sparse_value is one
  });
  if (values > 1) call.refuse("it has more than one value");
  if (call.given("value")) return call.tensor("value");
  if (call.given("value_float")) return {DType::float32, {}, std::vector<double>{call.real("value_float")}};
  if (call.given("value_int")) return {DType::int64, {}, std::vector<Dim>{call.integer("value_int")}};
  if (call.given("value_floats")) {
    const std::vector<double> reals = call.reals("value_floats", {});
    return {DType::float32, {static_cast<std::int64_t>(reals.size())}, reals};
  }
  if (call.given("value_ints")) {
    const std::vector<std::int64_t> integers = call.integers("value_ints");
    return {DType::int64,
            {static_cast<std::int64_t>(integers.size())},
            std::vector<Dim>(integers.begin(), integers.end())};
  }
  call.refuse("it has no number: texts and sparse tensors are not imported");
}

void import_constant(OnnxImporter&, OnnxCall& call) { call.give(literal_of_attribute(call)); }

// From opset 15 on of some of the dimensions.
void import_shape(OnnxImporter&, OnnxCall& call) {
  const Shape shape = call.type(0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto clamped = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = clamped(call.integer("start", 0));
  const std::int64_t end = std::max(start, clamped(call.integer("end", rank)));
  call.give(OnnxLiteral::sizes(Shape(shape.begin() + start, shape.begin() + end)));
}

void import_size(OnnxImporter&, OnnxCall& call) {
  call.give(OnnxLiteral(DType::int64, {}, std::vector<Dim>{numel(call.type(0).shape)}));
}

// Small ones decide shapes; the others are made when the net runs.
void import_constant_of_shape(OnnxImporter&, OnnxCall& call) {
  const std::vector<Dim> sizes = call.dims(0);
  const OnnxLiteral value =
      call.given("value") ? call.tensor("value") : OnnxLiteral(DType::float32, {}, std::vector<double>{0});
  if (value.numel() != 1 || is_complex(value.dtype())) call.refuse("its value is not one number");
  constexpr std::int64_t kMostKept = 1024;
  const Dim count = numel(sizes);
  if (count.known() && count.value() <= kMostKept) {
    const auto elements = static_cast<std::size_t>(count.value());
    if (is_integral(value.dtype()))
      return call.give(
          OnnxLiteral(value.dtype(), values(sizes), std::vector<Dim>(elements, value.dims()[0])));
    return call.give(
        OnnxLiteral(value.dtype(), values(sizes), std::vector<double>(elements, value.reals()[0])));
  }
  call.give(call.apply("full", {},
                       {{"size", Shape(sizes)}, {"fill_value", value.reals()[0]}, {"dtype", value.dtype()}}));
}

// No operation: the same value under another name.
void import_identity(OnnxImporter& importer, OnnxCall& call) {
  if (!call.has(0)) call.refuse("it has no input");
  call.give(importer.find(call.node().inputs[0])->known);
}

using OwnImporter = void (*)(OnnxImporter&, OnnxCall&);

const std::map<std::string, OwnImporter>& own_importers() {
  static const std::map<std::string, OwnImporter> kImporters = [] {
    std::map<std::string, OwnImporter> importers = {
        {"Constant", import_constant}, {"Shape", import_shape},
        {"Size", import_size},         {"ConstantOfShape", import_constant_of_shape},
        {"Identity", import_identity}, {"If", import_onnx_if},
        {"Loop", import_onnx_loop},    {"Scan", import_onnx_scan}};
    importers.insert(onnx_sequence_importers().begin(), onnx_sequence_importers().end());
    return importers;
  }();
  return kImporters;
}

}  // namespace

const std::vector<std::string>& own_onnx_operators() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const auto& [name, importer] : own_importers()) names.push_back(name);
    return names;
  }();
  return kNames;
}

bool import_own_operator(OnnxImporter& importer, OnnxCall& call) {
  const auto found = own_importers().find(call.node().operation);
  if (!call.node().domain.empty() || found == own_importers().end()) return false;
  found->second(importer, call);
  return true;
}

}  // namespace orrery
