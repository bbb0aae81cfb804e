#include "runtime/onnx/element_bytes.h"
#include "runtime/onnx/export_table.h"
#include "runtime/onnx/literal.h"

namespace orrery {
namespace {

// A tensor of one number, of sizes that a value holds.
void fill_sizes(OnnxExportCall& call, const std::string& sizes, double number) {
  const DType dtype = call.result().dtype;
  const Bytes element = is_floating(dtype) ? bytes_of_reals(dtype, {number})
                                           : bytes_of_integers(dtype, {static_cast<std::int64_t>(number)});
  OnnxTensor tensor{.dtype = onnx_dtype(dtype), .shape = {1}};
  tensor.place = OnnxTensor::Place::typed;
  tensor.bytes = std::make_shared<const std::string>(element.text());
  OnnxAttribute value{.name = "value", .kind = OnnxAttribute::Kind::tensor};
  value.tensors.push_back(std::move(tensor));
  call.give(call.add("ConstantOfShape", {sizes}, {value}));
}

void export_zeros(OnnxExportCall& call) { fill_sizes(call, call.sizes(call.result().shape), 0); }
void export_ones(OnnxExportCall& call) { fill_sizes(call, call.sizes(call.result().shape), 1); }
void export_full(OnnxExportCall& call) {
  fill_sizes(call, call.sizes(call.result().shape), call.options().real("fill_value"));
}

// Sizes that are known need nobody who reads the value.
std::string sizes_of_input(OnnxExportCall& call) {
  return known(call.shape()) ? call.sizes(call.shape()) : call.add("Shape", {call.input()});
}

void export_zeros_like(OnnxExportCall& call) { fill_sizes(call, sizes_of_input(call), 0); }
void export_ones_like(OnnxExportCall& call) { fill_sizes(call, sizes_of_input(call), 1); }
void export_full_like(OnnxExportCall& call) {
  fill_sizes(call, sizes_of_input(call), call.options().real("fill_value"));
}

void export_arange(OnnxExportCall& call) {
  const Shape& range = call.options().shape("range");
  const auto scalar = [&](const Dim& size) {
    return size.known() ? call.integer(size.value()) : call.squeeze(call.size(size), {0});
  };
  const std::string start = range.size() > 1 ? scalar(range[0]) : call.integer(0);
  const std::string end = scalar(range.size() > 1 ? range[1] : range[0]);
  const std::string step = range.size() > 2 ? scalar(range[2]) : call.integer(1);
  call.give(call.cast(call.add("Range", {start, end, step}), DType::int64, call.result().dtype));
}

}  // namespace

void add_exported_creation(OnnxExportTable& table) {
  table.add({"zeros"}, export_zeros);
  table.add({"ones"}, export_ones);
  table.add({"full"}, export_full);
  table.add({"zeros_like"}, export_zeros_like);
  table.add({"ones_like"}, export_ones_like);
  table.add({"full_like"}, export_full_like);
  table.add({"arange"}, export_arange);
}

}  // namespace orrery
