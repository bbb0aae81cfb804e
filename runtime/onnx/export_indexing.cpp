#include <algorithm>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

void export_embedding(OnnxExportCall& call) {
  if (call.options().has("max_norm")) OnnxExportCall::refuse("it shortens its rows (max_norm)");
  call.give(call.add("Gather", {call.tensor("weight"), call.input()}));
}

void export_gather(OnnxExportCall& call) {
  call.give(call.add("GatherElements", {call.input(), call.input(1)},
                     {onnx_integer("axis", call.dim("dim", call.rank()))}));
}

void export_index_select(OnnxExportCall& call) {
  call.give(call.add("Gather", {call.input(), call.input(1)},
                     {onnx_integer("axis", call.dim("dim", call.rank()))}));
}

// One list of places along one dimension.
void export_index(OnnxExportCall& call) {
  const bool one = call.input_count() == 2 && call.type(1).dtype != DType::boolean;
  if (!one) OnnxExportCall::refuse("it takes several indices at once, or a mask");
  const bool told = call.options().has("dims") && !call.options().integers("dims").empty();
  const std::int64_t dim = told ? call.dims("dims", call.rank())[0] : 0;
  call.give(call.add("Gather", {call.input(), call.input(1)}, {onnx_integer("axis", dim)}));
}

void scatter_by(OnnxExportCall& call, const std::string& values, const std::string& reduction) {
  const std::int64_t version = reduction == "max" || reduction == "min" ? 18 : reduction.empty() ? 0 : 16;
  call.require_opset(version, "ScatterElements with a reduction");
  OnnxGiven given{onnx_integer("axis", call.dim("dim", call.rank()))};
  if (!reduction.empty()) given.push_back(onnx_word("reduction", reduction));
  call.give(call.add("ScatterElements", {call.input(), call.input(1), values}, given));
}

// A number is put at each place.
std::string scattered_values(OnnxExportCall& call) {
  const DType dtype = call.result().dtype;
  if (call.has(2)) return call.input(2, dtype);
  return call.add("Expand", {call.operand(2, dtype), call.add("Shape", {call.input(1)})});
}

void export_scatter(OnnxExportCall& call) {
  std::string reduction = call.options().has("reduce") ? call.options().text("reduce") : "";
  if (reduction == "multiply") reduction = "mul";
  scatter_by(call, scattered_values(call), reduction);
}

void export_scatter_add(OnnxExportCall& call) { scatter_by(call, call.input(2), "add"); }

void export_scatter_reduce(OnnxExportCall& call) {
  const std::string& how = call.options().text("reduce");
  const std::string reduction = how == "sum"    ? "add"
                                : how == "prod" ? "mul"
                                : how == "amax" ? "max"
                                : how == "amin" ? "min"
                                                : "";
  if (reduction.empty() || !call.options().boolean("include_self"))
    OnnxExportCall::refuse("ONNX reduces by sums, products and extremes alone, what is there included");
  scatter_by(call, call.input(2), reduction);
}

void export_one_hot(OnnxExportCall& call) {
  const std::int64_t classes = call.options().integer("num_classes");
  if (classes < 0) OnnxExportCall::refuse("the number of its classes is told by the data (num_classes = -1)");
  call.give(call.add("OneHot", {call.input(), call.integers({classes}), call.integers({0, 1})},
                     {onnx_integer("axis", -1)}));
}

// A row for each place; a list for each dimension where `as_tuple` is given.
void export_nonzero(OnnxExportCall& call) {
  const std::string places = call.add("NonZero", {call.input()});
  const bool as_tuple = call.options().entries().size() == 1 && call.options().boolean("as_tuple");
  if (!as_tuple) return call.give(call.transpose(places, {1, 0}));
  for (int dim = 0; dim < std::max(call.rank(), 1); ++dim)
    call.give(dim, call.add("Gather", {places, call.integer(dim)}, {onnx_integer("axis", 0)}));
}

}  // namespace

void add_exported_indexing(OnnxExportTable& table) {
  table.add({"Embedding"}, export_embedding);
  table.add({"gather"}, export_gather);
  table.add({"index_select"}, export_index_select);
  table.add({"index"}, export_index);
  table.add({"scatter"}, export_scatter);
  table.add({"scatter_add"}, export_scatter_add);
  table.add({"scatter_reduce"}, export_scatter_reduce);
  table.add({"one_hot"}, export_one_hot);
  table.add({"nonzero", "argwhere"}, export_nonzero);
}

}  // namespace orrery
