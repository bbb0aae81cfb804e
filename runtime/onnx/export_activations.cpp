#include <cmath>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

std::string twice(OnnxExportCall& call, const std::string& x) { return call.add("Mul", {x, x}); }

void export_leaky_relu(OnnxExportCall& call) {
  call.give(
      call.add("LeakyRelu", {call.input()}, {onnx_real("alpha", call.options().real("negative_slope"))}));
}

// Evaluated, its slope is the mean of those that it draws from.
void export_rrelu(OnnxExportCall& call) {
  if (!call.node().layer() && call.options().boolean("training"))
    OnnxExportCall::refuse("it draws random slopes at each run (training = true)");
  const double slope = (call.options().real("lower") + call.options().real("upper")) / 2;
  call.give(call.add("LeakyRelu", {call.input()}, {onnx_real("alpha", slope)}));
}

void export_elu(OnnxExportCall& call) {
  call.give(call.add("Elu", {call.input()}, {onnx_real("alpha", call.options().real("alpha"))}));
}

void export_celu(OnnxExportCall& call) {
  call.give(call.add("Celu", {call.input()}, {onnx_real("alpha", call.options().real("alpha"))}));
}

void clip(OnnxExportCall& call, double low, double high) {
  const DType dtype = call.type().dtype;
  call.give(call.add("Clip", {call.input(), call.number(low, dtype), call.number(high, dtype)}));
}

void export_relu6(OnnxExportCall& call) { clip(call, 0, 6); }

void export_hardtanh(OnnxExportCall& call) {
  clip(call, call.options().real("min_val"), call.options().real("max_val"));
}

std::string hard_sigmoid(OnnxExportCall& call) {
  return call.add("HardSigmoid", {call.input()}, {onnx_real("alpha", 1.0 / 6), onnx_real("beta", 0.5)});
}

void export_hardsigmoid(OnnxExportCall& call) { call.give(hard_sigmoid(call)); }

void export_hardswish(OnnxExportCall& call) {
  call.give(call.opset() >= 14 ? call.add("HardSwish", {call.input()})
                               : call.add("Mul", {call.input(), hard_sigmoid(call)}));
}

void export_hardshrink(OnnxExportCall& call) {
  call.give(call.add("Shrink", {call.input()},
                     {onnx_real("bias", 0), onnx_real("lambd", call.options().real("lambd"))}));
}

void export_softshrink(OnnxExportCall& call) {
  const double lambda = call.options().real("lambd");
  call.give(call.add("Shrink", {call.input()}, {onnx_real("bias", lambda), onnx_real("lambd", lambda)}));
}

void export_threshold(OnnxExportCall& call) {
  const DType dtype = call.type().dtype;
  const std::string above =
      call.add("Greater", {call.input(), call.number(call.options().real("threshold"), dtype)});
  call.give(call.add("Where", {above, call.input(), call.number(call.options().real("value"), dtype)}));
}

// Sources: https://arxiv.org/abs/1606.08415; operator set 20 has both forms.
void export_gelu(OnnxExportCall& call) {
  const bool by_tanh = call.options().text("approximate") == "tanh";
  const std::string x = call.input();
  if (call.opset() >= 20) {
    call.give(call.add("Gelu", {x}, {onnx_word("approximate", by_tanh ? "tanh" : "none")}));
    return;
  }
  const auto number = [&](double value) { return call.number(value, call.type().dtype); };
  std::string curve;
  if (by_tanh) {
    const std::string cube = call.add("Mul", {twice(call, x), x});
    const std::string sum = call.add("Add", {x, call.add("Mul", {cube, number(0.044715)})});
    curve = call.add("Tanh", {call.add("Mul", {sum, number(std::sqrt(2 / M_PI))})});
  } else {
    curve = call.add("Erf", {call.add("Div", {x, number(std::sqrt(2.0))})});
  }
  const std::string share = call.add("Mul", {call.add("Add", {curve, number(1)}), number(0.5)});
  call.give(call.add("Mul", {x, share}));
}

void export_silu(OnnxExportCall& call) {
  call.give(call.add("Mul", {call.input(), call.add("Sigmoid", {call.input()})}));
}

void export_mish(OnnxExportCall& call) {
  const std::string x = call.input();
  if (call.opset() >= 18)
    call.give(call.add("Mish", {x}));
  else
    call.give(call.add("Mul", {x, call.add("Tanh", {call.add("Softplus", {x})})}));
}

// Above the threshold it is the input itself, which the curve equals there to rounding unless it is low.
void export_softplus(OnnxExportCall& call) {
  const double beta = call.options().real("beta"), threshold = call.options().real("threshold");
  const DType dtype = call.type().dtype;
  const std::string x = call.input();
  const std::string scaled = beta == 1 ? x : call.add("Mul", {x, call.number(beta, dtype)});
  std::string curve = call.add("Softplus", {scaled});
  if (beta != 1) curve = call.add("Div", {curve, call.number(beta, dtype)});
  if (threshold < 18)
    curve = call.add("Where", {call.add("Greater", {scaled, call.number(threshold, dtype)}), x, curve});
  call.give(curve);
}

void export_tanhshrink(OnnxExportCall& call) {
  call.give(call.add("Sub", {call.input(), call.add("Tanh", {call.input()})}));
}

void export_logsigmoid(OnnxExportCall& call) {
  call.give(call.add("Neg", {call.add("Softplus", {call.add("Neg", {call.input()})})}));
}

// Computed in the result's dtype, as PyTorch does.
void softmax(OnnxExportCall& call, const char* operation, bool negative = false) {
  std::string x = call.input(0, call.result().dtype);
  if (negative) x = call.add("Neg", {x});
  // A scalar is one element, which sums to 1 by itself.
  if (call.rank() == 0) x = call.unsqueeze(x, {0});
  // Left out, the dimension is the one that PyTorch took in its first versions.
  const std::int64_t usual = call.rank() == 0 || call.rank() == 1 || call.rank() == 3 ? 0 : 1;
  const std::int64_t dim = call.options().has("dim") ? call.dim("dim", call.rank()) : usual;
  const std::string made = call.add(operation, {x}, {onnx_integer("axis", dim)});
  call.give(call.rank() == 0 ? call.squeeze(made, {0}) : made);
}

void export_softmax(OnnxExportCall& call) { softmax(call, "Softmax"); }
void export_log_softmax(OnnxExportCall& call) { softmax(call, "LogSoftmax"); }
void export_softmin(OnnxExportCall& call) { softmax(call, "Softmax", true); }

void export_softmax2d(OnnxExportCall& call) {
  call.give(call.add("Softmax", {call.input()}, {onnx_integer("axis", -3)}));
}

void export_glu(OnnxExportCall& call) {
  const std::int64_t dim = call.dim("dim", call.rank());
  const std::string half = call.size(call.result().shape[static_cast<std::size_t>(dim)]);
  const std::string sizes = call.add("Concat", {half, half}, {onnx_integer("axis", 0)});
  const OnnxNames parts = call.add_all("Split", {call.input(), sizes}, {onnx_integer("axis", dim)}, 2);
  call.give(call.add("Mul", {parts[0], call.add("Sigmoid", {parts[1]})}));
}

// A slope for each channel, which is dimension 1.
void give_prelu(OnnxExportCall& call, std::string slope, const Dim& count) {
  if (!(count == Dim(1)) && call.rank() > 2) {
    Shape wide{count};
    wide.resize(static_cast<std::size_t>(call.rank() - 1), Dim(1));
    slope = call.reshape(slope, {count}, wide);
  }
  call.give(call.add("PRelu", {call.input(), slope}));
}

void export_prelu_layer(OnnxExportCall& call) {
  give_prelu(call, call.tensor("weight"), call.tensor_shape("weight")[0]);
}

void export_prelu(OnnxExportCall& call) {
  give_prelu(call, call.input(1), call.rank(1) == 0 ? Dim(1) : call.shape(1)[0]);
}

}  // namespace

void add_exported_activations(OnnxExportTable& table) {
  table.add_alike({{"ReLU", "Relu"},
                   {"relu", "Relu"},
                   {"Tanh", "Tanh"},
                   {"tanh", "Tanh"},
                   {"Sigmoid", "Sigmoid"},
                   {"sigmoid", "Sigmoid"},
                   {"SELU", "Selu"},
                   {"selu", "Selu"},
                   {"Softsign", "Softsign"},
                   {"softsign", "Softsign"}});
  table.add({"LeakyReLU", "leaky_relu"}, export_leaky_relu);
  table.add({"RReLU", "rrelu"}, export_rrelu);
  table.add({"ELU", "elu"}, export_elu);
  table.add({"CELU", "celu"}, export_celu);
  table.add({"ReLU6", "relu6"}, export_relu6);
  table.add({"Hardtanh", "hardtanh"}, export_hardtanh);
  table.add({"Hardsigmoid", "hardsigmoid"}, export_hardsigmoid);
  table.add({"Hardswish", "hardswish"}, export_hardswish);
  table.add({"Hardshrink", "hardshrink"}, export_hardshrink);
  table.add({"Softshrink", "softshrink"}, export_softshrink);
  table.add({"Threshold", "threshold"}, export_threshold);
  table.add({"GELU", "gelu"}, export_gelu);
  table.add({"SiLU", "silu"}, export_silu);
  table.add({"Mish", "mish"}, export_mish);
  table.add({"Softplus", "softplus"}, export_softplus);
  table.add({"Tanhshrink", "tanhshrink"}, export_tanhshrink);
  table.add({"LogSigmoid", "logsigmoid"}, export_logsigmoid);
  table.add({"Softmax", "softmax"}, export_softmax);
  table.add({"LogSoftmax", "log_softmax"}, export_log_softmax);
  table.add({"Softmin", "softmin"}, export_softmin);
  table.add({"Softmax2d"}, export_softmax2d);
  table.add({"GLU", "glu"}, export_glu);
  table.add({"PReLU"}, export_prelu_layer);
  table.add({"prelu"}, export_prelu);
}

}  // namespace orrery
