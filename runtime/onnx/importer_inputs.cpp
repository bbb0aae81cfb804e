#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/onnx/importer.h"

// What a graph of a file begins with: its inputs, some of them given by the caller, and initializers.

namespace orrery {
namespace {

// A symbol is letters, digits and `_`, and no number.
std::string symbol_of(const std::string& name) {
  std::string symbol;
  for (const char c : name) symbol += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (symbol.empty() || std::isdigit(static_cast<unsigned char>(symbol[0]))) symbol.insert(0, "d");
  return symbol;
}

}  // namespace

// Before IR version 4 initializers were listed as inputs, too.
void OnnxImporter::bind_inputs() {
  InputSpec spec;
  std::unordered_set<std::string> initialised;
  for (const OnnxTensor& tensor : model_.graph.initializers) initialised.insert(tensor.name);
  for (const OnnxValue& input : model_.graph.inputs) {
    if (initialised.contains(input.name)) continue;
    const auto tensor = options_.tensors.find(input.name);
    const auto values = options_.values.find(input.name);
    if (tensor != options_.tensors.end()) {
      scope_->entries[input.name] = {OnnxLiteral(tensor->second.first, tensor->second.second)};
    } else if (values != options_.values.end()) {
      scope_->entries[input.name] = {literal_of(input, values->second)};
    } else {
      spec.fields.push_back(field_of(input));
    }
  }
  require_known_inputs();
  if (spec.fields.empty()) return;
  const std::vector<Field> fields = spec.fields;
  const std::vector<Value> values = graph_->input(std::move(spec));
  for (std::size_t i = 0; i < fields.size(); ++i) scope_->entries[fields[i].name] = {values[i]};
}

// Options that name no input would be passed over in silence.
void OnnxImporter::require_known_inputs() const {
  std::vector<std::string> names;
  for (const OnnxValue& input : model_.graph.inputs) names.push_back(input.name);
  const auto require = [&](const std::string& name) {
    check(std::ranges::find(names, name) != names.end(), Fault::usage, "{} has no input '{}'{}",
          quote_path(file_->path()), name, did_you_mean(name, names));
  };
  for (const auto& [name, value] : options_.values) require(name);
  for (const auto& [name, value] : options_.tensors) require(name);
  for (const auto& [name, value] : options_.shapes) require(name);
}

// One number is a scalar where the file declares no other shape.
OnnxLiteral OnnxImporter::literal_of(const OnnxValue& input, const std::vector<double>& values) {
  const DType dtype = dtype_of_onnx(input.type.dtype).value_or(DType::int64);
  const bool scalar = input.type.shape && input.type.shape->empty();
  check(!scalar || values.size() == 1, Fault::usage, "the input '{}' of {} is one number, got {}", input.name,
        quote_path(file_->path()), values.size());
  std::vector<std::int64_t> shape;
  if (!scalar) shape.push_back(static_cast<std::int64_t>(values.size()));
  if (!is_integral(dtype)) return {dtype, shape, values};
  std::vector<Dim> integers;
  for (const double value : values) {
    check(value == std::floor(value) && std::fabs(value) <= 0x1p53, Fault::usage,
          "the input '{}' of {} holds integers, got {}", input.name, quote_path(file_->path()), value);
    integers.emplace_back(static_cast<std::int64_t>(value));
  }
  return {dtype, shape, std::move(integers)};
}

Field OnnxImporter::field_of(const OnnxValue& input) {
  check(input.type.kind == OnnxType::Kind::tensor, Fault::input_file,
        "{}: the input '{}' is no tensor, which Orrery does not take", quote_path(file_->path()), input.name);
  const auto dtype = dtype_of_onnx(input.type.dtype);
  check(dtype.has_value(), Fault::input_file, "{}: the input '{}' holds {}, which Orrery does not have",
        quote_path(file_->path()), input.name, onnx_dtype_name(input.type.dtype));
  return {input.name, {shape_of_input(input), *dtype}};
}

Shape OnnxImporter::shape_of_input(const OnnxValue& input) {
  if (const auto given = options_.shapes.find(input.name); given != options_.shapes.end())
    return given->second;
  if (!input.type.shape)
    throw Error(Fault::input_file,
                fmt::format("{}: the file does not tell the shape of the input '{}'",
                            quote_path(file_->path()), input.name),
                {}, fmt::format("Give it: shapes = {{ ['{}'] = {{ \"N\", … }} }}.", input.name));
  Shape shape;
  for (const OnnxDim& dim : *input.type.shape) {
    const bool first = shape.empty();
    if (dim.size > 0 || (dim.size == 0 && dim.symbol.empty()))
      shape.push_back(dim.size);
    else if (!dim.symbol.empty())
      shape.push_back(Dim::symbol(symbol_of(dim.symbol)));
    else
      shape.push_back(first ? Dim::symbol("N")
                            : Dim::symbol(fmt::format("{}_{}", symbol_of(input.name), shape.size())));
  }
  return shape;
}

void OnnxImporter::define_initializers(const OnnxGraph& graph) {
  check(graph.sparse_initializers.empty(), Fault::input_file, "{}: sparse tensors are not read: {}",
        quote_path(file_->path()), fmt::join(graph.sparse_initializers, ", "));
  std::unordered_set<std::string> names;
  for (const OnnxTensor& tensor : graph.initializers) {
    check(names.insert(tensor.name).second, Fault::input_file,
          "{}: the name '{}' is given twice, by two initializers", quote_path(file_->path()), tensor.name);
    if (scope_->entries.contains(tensor.name)) continue;  // a value given by the caller stands
    if (tensor.dtype == OnnxDType::text) continue;        // who reads it says so
    scope_->entries[tensor.name] = {OnnxLiteral(file_, tensor)};
  }
}

}  // namespace orrery
