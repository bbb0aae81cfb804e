#include <limits>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

// A tensor of the layer, or as many equal numbers where it has none.
std::string tensor_or(OnnxExportCall& call, const char* slot, double number, std::int64_t count) {
  return call.has_tensor(slot) ? call.tensor(slot) : call.numbers(number, count, call.type().dtype);
}

// By what the layer has kept of the batches that it was trained with.
std::string by_kept_moments(OnnxExportCall& call, const std::string& x, std::int64_t channels) {
  return call.add("BatchNormalization",
                  {x, tensor_or(call, "weight", 1, channels), tensor_or(call, "bias", 0, channels),
                   call.tensor("running_mean"), call.tensor("running_var")},
                  {onnx_real("epsilon", call.options().real("eps"))});
}

void export_batch_norm(OnnxExportCall& call) {
  if (!call.options().boolean("track_running_stats"))
    OnnxExportCall::refuse("it takes mean and variance of each batch (track_running_stats = false)");
  call.give(by_kept_moments(call, call.input(), call.options().integer("num_features")));
}

// Without a batch its input has a dimension less.
void give_instance_norm(OnnxExportCall& call, int spatial) {
  const std::int64_t channels = call.options().integer("num_features");
  const bool batched = call.rank() == spatial + 2;
  const std::string x = batched ? call.input() : call.unsqueeze(call.input(), {0});
  const std::string made =
      call.options().boolean("track_running_stats")
          ? by_kept_moments(call, x, channels)
          : call.add("InstanceNormalization",
                     {x, tensor_or(call, "weight", 1, channels), tensor_or(call, "bias", 0, channels)},
                     {onnx_real("epsilon", call.options().real("eps"))});
  call.give(batched ? made : call.squeeze(made, {0}));
}

void export_instance_norm1d(OnnxExportCall& call) { give_instance_norm(call, 1); }
void export_instance_norm2d(OnnxExportCall& call) { give_instance_norm(call, 2); }
void export_instance_norm3d(OnnxExportCall& call) { give_instance_norm(call, 3); }

std::vector<std::int64_t> last_dims(const OnnxExportCall& call, std::size_t count) {
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < count; ++i) dims.push_back(call.rank() - static_cast<std::int64_t>(count - i));
  return dims;
}

std::string scaled(OnnxExportCall& call, std::string x) {
  if (call.has_tensor("weight")) x = call.add("Mul", {x, call.tensor("weight")});
  return call.has_tensor("bias") ? call.add("Add", {x, call.tensor("bias")}) : x;
}

// Divided by the root of the mean of the squares.
std::string by_root_mean_square(OnnxExportCall& call, const std::string& x,
                                const std::vector<std::int64_t>& dims, double eps) {
  const std::string squares = call.reduce("ReduceMean", call.add("Mul", {x, x}), dims, true);
  const std::string sum = call.add("Add", {squares, call.number(eps, call.type().dtype)});
  return call.add("Div", {x, call.add("Sqrt", {sum})});
}

// LayerNormalization came with operator set 17, and wants a weight.
void export_layer_norm(OnnxExportCall& call) {
  const auto count = call.options().integers("normalized_shape").size();
  const double eps = call.options().real("eps");
  const std::string x = call.input();
  if (call.opset() >= 17 && call.has_tensor("weight")) {
    call.give(call.add("LayerNormalization", {x, call.tensor("weight"), call.tensor("bias")},
                       {onnx_integer("axis", -static_cast<std::int64_t>(count)), onnx_real("epsilon", eps)}));
    return;
  }
  const auto dims = last_dims(call, count);
  const std::string off = call.add("Sub", {x, call.reduce("ReduceMean", x, dims, true)});
  call.give(scaled(call, by_root_mean_square(call, off, dims, eps)));
}

void export_rms_norm(OnnxExportCall& call) {
  const auto dims = last_dims(call, call.options().integers("normalized_shape").size());
  // PyTorch's own choice is the distance from 1 to the next number of the dtype.
  const bool wide = call.type().dtype == DType::float64;
  const double usual = wide ? std::numeric_limits<double>::epsilon()
                            : static_cast<double>(std::numeric_limits<float>::epsilon());
  const double eps = call.options().has("eps") ? call.options().real("eps") : usual;
  call.give(scaled(call, by_root_mean_square(call, call.input(), dims, eps)));
}

// Groups of channels as the channels of an InstanceNormalization: GroupNormalization itself had its scale by
// groups until operator set 21.
void export_group_norm(OnnxExportCall& call) {
  const std::int64_t groups = call.options().integer("num_groups"),
                     channels = call.options().integer("num_channels");
  const DType dtype = call.type().dtype;
  const std::string x = call.input();
  const std::string rows = call.add("Reshape", {x, call.integers({0, groups, -1})});
  const std::string normal = call.add("InstanceNormalization",
                                      {rows, call.numbers(1, groups, dtype), call.numbers(0, groups, dtype)},
                                      {onnx_real("epsilon", call.options().real("eps"))});
  std::string made = call.add("Reshape", {normal, call.add("Shape", {x})});
  const auto by_channel = [&](const char* slot) {
    Shape wide{channels};
    wide.resize(static_cast<std::size_t>(call.rank() - 1), Dim(1));
    return call.reshape(call.tensor(slot), {channels}, wide);
  };
  if (call.has_tensor("weight")) made = call.add("Mul", {made, by_channel("weight")});
  if (call.has_tensor("bias")) made = call.add("Add", {made, by_channel("bias")});
  call.give(made);
}

// Of an even size, ONNX's window has its longer side behind the channel, PyTorch's before it.
void export_local_response_norm(OnnxExportCall& call) {
  const std::int64_t size = call.options().integer("size");
  if (size % 2 == 0) OnnxExportCall::refuse("ONNX has no window of an even size that lies as this one does");
  call.give(call.add(
      "LRN", {call.input()},
      {onnx_integer("size", size), onnx_real("alpha", call.options().real("alpha")),
       onnx_real("beta", call.options().real("beta")), onnx_real("bias", call.options().real("k"))}));
}

void export_normalize(OnnxExportCall& call) {
  const double p = call.options().real("p");
  if (p != 1 && p != 2) OnnxExportCall::refuse("ONNX has norms of the powers 1 and 2 alone");
  const std::string norm =
      call.reduce(p == 2 ? "ReduceL2" : "ReduceL1", call.input(), call.dims("dim", call.rank()), true);
  const std::string least = call.number(call.options().real("eps"), call.type().dtype);
  call.give(call.add("Div", {call.input(), call.add("Max", {norm, least})}));
}

// One number for each channel, in front of height and width.
void export_normalize_data(OnnxExportCall& call) {
  const auto by_channel = [&](const char* option) {
    OnnxNames numbers;
    for (const double number : call.options().reals(option))
      numbers.push_back(call.numbers(number, 1, call.type().dtype));
    const std::string row =
        numbers.size() == 1 ? numbers[0] : call.add("Concat", numbers, {onnx_integer("axis", 0)});
    return call.unsqueeze(row, {1, 2});
  };
  const std::string centred = call.add("Sub", {call.input(), by_channel("mean")});
  call.give(call.add("Div", {centred, by_channel("std")}));
}

}  // namespace

void add_exported_normalization(OnnxExportTable& table) {
  table.add({"BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"}, export_batch_norm);
  table.add({"InstanceNorm1d"}, export_instance_norm1d);
  table.add({"InstanceNorm2d"}, export_instance_norm2d);
  table.add({"InstanceNorm3d"}, export_instance_norm3d);
  table.add({"LayerNorm"}, export_layer_norm);
  table.add({"RMSNorm"}, export_rms_norm);
  table.add({"GroupNorm"}, export_group_norm);
  table.add({"LocalResponseNorm"}, export_local_response_norm);
  table.add({"normalize"}, export_normalize);
  table.add({"Normalize"}, export_normalize_data);
}

}  // namespace orrery
