#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

// A row for each output, as PyTorch keeps it; ONNX's Gemm takes it so, MatMul does not.
void give_linear(OnnxExportCall& call, const std::string& weight, const std::string& bias) {
  const std::string x = call.input(0, call.result().dtype);
  if (call.rank() == 2) {
    call.give(call.add("Gemm", {x, weight, bias}, {onnx_integer("transB", 1)}));
    return;
  }
  const std::string product = call.add("MatMul", {x, call.transpose(weight, {1, 0})});
  call.give(bias.empty() ? product : call.add("Add", {product, bias}));
}

void export_linear_layer(OnnxExportCall& call) {
  give_linear(call, call.tensor("weight"), call.tensor("bias"));
}

void export_linear(OnnxExportCall& call) {
  if (call.rank(1) != 2) OnnxExportCall::refuse("its weight is no matrix");
  give_linear(call, call.input(1, call.result().dtype),
              call.has(2) ? call.input(2, call.result().dtype) : "");
}

std::string product_of(OnnxExportCall& call, int left, int right) {
  const DType dtype = call.result().dtype;
  return call.add("MatMul", {call.input(left, dtype), call.input(right, dtype)});
}

void export_matmul(OnnxExportCall& call) { call.give(product_of(call, 0, 1)); }

void export_einsum(OnnxExportCall& call) {
  OnnxNames all;
  for (int i = 0; i < call.input_count(); ++i) all.push_back(call.input(i, call.result().dtype));
  call.give(call.add("Einsum", all, {onnx_word("equation", call.options().text("equation"))}));
}

void export_outer(OnnxExportCall& call) {
  const DType dtype = call.result().dtype;
  const std::string column = call.unsqueeze(call.input(0, dtype), {1});
  call.give(call.add("Mul", {column, call.input(1, dtype)}));
}

// beta · input + alpha · product
void give_sum_with_product(OnnxExportCall& call, const std::string& product) {
  const DType dtype = call.result().dtype;
  const auto scaled = [&](const std::string& value, const char* option) {
    const double factor = call.options().real(option);
    return factor == 1 ? value : call.add("Mul", {value, call.number(factor, dtype)});
  };
  call.give(call.add("Add", {scaled(call.input(0, dtype), "beta"), scaled(product, "alpha")}));
}

void export_addmm(OnnxExportCall& call) { give_sum_with_product(call, product_of(call, 1, 2)); }

// The products of all channels of all images, by the number of all elements.
void export_gram_matrix(OnnxExportCall& call) {
  const Shape& shape = call.shape();
  const std::string rows = call.reshape(call.input(), shape, {shape[0] * shape[1], shape[2] * shape[3]});
  const std::string product = call.add("MatMul", {rows, call.transpose(rows, {1, 0})});
  const std::string count = call.cast(call.add("Size", {call.input()}), DType::int64, call.type().dtype);
  call.give(call.add("Div", {product, count}));
}

}  // namespace

void add_exported_matrices(OnnxExportTable& table) {
  table.add({"Linear"}, export_linear_layer);
  table.add({"linear"}, export_linear);
  table.add({"matmul", "mm", "mv", "bmm", "dot", "vdot"}, export_matmul);
  table.add({"einsum"}, export_einsum);
  table.add({"outer", "ger"}, export_outer);
  table.add({"addmm", "addmv", "baddbmm"}, export_addmm);
  table.add({"GetGramMatrix"}, export_gram_matrix);
}

}  // namespace orrery
