#include <fmt/format.h>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// At the beginning and at the end of each spatial dimension.
struct Borders {
  Sizes begin, end;

  Sizes together() const {
    Sizes all = begin;
    all.insert(all.end(), end.begin(), end.end());
    return all;
  }
  bool none() const {
    for (const std::int64_t size : together())
      if (size != 0) return false;
    return true;
  }
};

Borders borders_of(const Attributes& options, const Sizes& kernel) {
  if (!options.is_text("padding")) return {options.integers("padding"), options.integers("padding")};
  Borders made{Sizes(kernel.size(), 0), Sizes(kernel.size(), 0)};
  if (options.text("padding") != "same") return made;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const std::int64_t all = options.integers("dilation")[i] * (kernel[i] - 1);
    made.begin[i] = all / 2;
    made.end[i] = all - all / 2;
  }
  return made;
}

// Borders that hold something else than zeros are laid on before.
std::string with_borders(OnnxExportCall& call, const std::string& x, const Borders& borders,
                         const std::string& mode) {
  if (mode == "circular") call.require_opset(19, "padding by the other end (Pad, mode 'wrap')");
  Sizes all{0, 0};
  all.insert(all.end(), borders.begin.begin(), borders.begin.end());
  all.insert(all.end(), 2, 0);
  all.insert(all.end(), borders.end.begin(), borders.end.end());
  const char* word = mode == "reflect" ? "reflect" : mode == "replicate" ? "edge" : "wrap";
  return call.add("Pad", {x, call.integers(all)}, {onnx_word("mode", word)});
}

// ONNX's operators want a batch.
std::string batched(OnnxExportCall& call, std::size_t spatial) {
  const std::string x = call.input(0, call.result().dtype);
  return call.rank() == static_cast<int>(spatial) + 2 ? x : call.unsqueeze(x, {0});
}

void give_unbatched(OnnxExportCall& call, const std::string& made, std::size_t spatial) {
  call.give(call.rank() == static_cast<int>(spatial) + 2 ? made : call.squeeze(made, {0}));
}

void convolve(OnnxExportCall& call, const Sizes& kernel, const std::string& weight, const std::string& bias,
              const std::string& mode) {
  const Attributes& options = call.options();
  const Borders borders = borders_of(options, kernel);
  std::string x = batched(call, kernel.size());
  const bool laid_on = mode != "zeros" && !borders.none();
  if (laid_on) x = with_borders(call, x, borders, mode);
  const std::string made =
      call.add("Conv", {x, weight, bias},
               {onnx_integers("dilations", options.integers("dilation")),
                onnx_integer("group", options.integer("groups")), onnx_integers("kernel_shape", kernel),
                onnx_integers("pads", laid_on ? Sizes(kernel.size() * 2, 0) : borders.together()),
                onnx_integers("strides", options.integers("stride"))});
  give_unbatched(call, made, kernel.size());
}

void export_convolution_layer(OnnxExportCall& call) {
  convolve(call, call.options().integers("kernel_size"), call.tensor("weight"), call.tensor("bias"),
           call.options().text("padding_mode"));
}

// The kernel of a weight that is a value.
Sizes kernel_of(const OnnxExportCall& call) {
  const Shape& shape = call.shape(1);
  Sizes kernel;
  for (std::size_t i = 2; i < shape.size(); ++i) {
    if (!shape[i].known()) OnnxExportCall::refuse("the size of its kernel is not known");
    kernel.push_back(shape[i].value());
  }
  return kernel;
}

std::string given_bias(const OnnxExportCall& call) {
  return call.has(2) ? call.input(2, call.result().dtype) : std::string();
}

void export_convolution(OnnxExportCall& call) {
  convolve(call, kernel_of(call), call.input(1, call.result().dtype), given_bias(call), "zeros");
}

// What `output_size` asks for beyond the usual size.
Sizes output_padding_of(OnnxExportCall& call, const Sizes& kernel) {
  const Attributes& options = call.options();
  const bool sized = call.node().layer() && options.has("output_size");
  if (!sized) return options.integers("output_padding");
  const Sizes &stride = options.integers("stride"), &padding = options.integers("padding"),
              &dilation = options.integers("dilation");
  const std::size_t first = static_cast<std::size_t>(call.rank()) - kernel.size();
  Sizes more;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const Dim usual =
        (call.shape()[first + i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + 1;
    const Dim rest = call.result().shape[first + i] - usual;
    if (!rest.known()) OnnxExportCall::refuse("its output_size is told by the data alone");
    more.push_back(rest.value());
  }
  return more;
}

void convolve_transposed(OnnxExportCall& call, const Sizes& kernel, const std::string& weight,
                         const std::string& bias) {
  const Attributes& options = call.options();
  const Sizes& padding = options.integers("padding");
  const std::string made =
      call.add("ConvTranspose", {batched(call, kernel.size()), weight, bias},
               {onnx_integers("dilations", options.integers("dilation")),
                onnx_integer("group", options.integer("groups")), onnx_integers("kernel_shape", kernel),
                onnx_integers("output_padding", output_padding_of(call, kernel)),
                onnx_integers("pads", Borders{padding, padding}.together()),
                onnx_integers("strides", options.integers("stride"))});
  give_unbatched(call, made, kernel.size());
}

void export_transposed_layer(OnnxExportCall& call) {
  convolve_transposed(call, call.options().integers("kernel_size"), call.tensor("weight"),
                      call.tensor("bias"));
}

void export_transposed(OnnxExportCall& call) {
  convolve_transposed(call, kernel_of(call), call.input(1, call.result().dtype), given_bias(call));
}

// Pairs from the last dimension on, as PyTorch counts them.
void pad_as(OnnxExportCall& call, const Sizes& pairs, const std::string& mode, double number) {
  const std::size_t rank = static_cast<std::size_t>(call.rank());
  if (mode == "circular") call.require_opset(19, "padding by the other end (Pad, mode 'wrap')");
  Sizes pads(2 * rank, 0);
  for (std::size_t i = 0; i * 2 < pairs.size(); ++i) {
    pads[rank - 1 - i] = pairs[2 * i];
    pads[2 * rank - 1 - i] = pairs[2 * i + 1];
  }
  const char* word = mode == "constant"    ? "constant"
                     : mode == "reflect"   ? "reflect"
                     : mode == "replicate" ? "edge"
                                           : "wrap";
  OnnxNames inputs{call.input(), call.integers(pads)};
  if (mode == "constant") inputs.push_back(call.number(number, call.type().dtype));
  call.give(call.add("Pad", inputs, {onnx_word("mode", word)}));
}

void export_constant_pad(OnnxExportCall& call) {
  pad_as(call, call.options().integers("padding"), "constant", call.options().real("value"));
}
void export_zero_pad(OnnxExportCall& call) {
  pad_as(call, call.options().integers("padding"), "constant", 0);
}
void export_reflection_pad(OnnxExportCall& call) {
  pad_as(call, call.options().integers("padding"), "reflect", 0);
}
void export_replication_pad(OnnxExportCall& call) {
  pad_as(call, call.options().integers("padding"), "replicate", 0);
}
void export_circular_pad(OnnxExportCall& call) {
  pad_as(call, call.options().integers("padding"), "circular", 0);
}

void export_pad(OnnxExportCall& call) {
  const double value = call.options().has("value") ? call.options().real("value") : 0;
  pad_as(call, call.options().integers("pad"), call.options().text("mode"), value);
}

std::vector<std::string> in_each_dimension(const std::string& name) {
  return {name + "1d", name + "2d", name + "3d"};
}

}  // namespace

void add_exported_convolutions(OnnxExportTable& table) {
  table.add(in_each_dimension("Conv"), export_convolution_layer);
  table.add(in_each_dimension("conv"), export_convolution);
  table.add(in_each_dimension("ConvTranspose"), export_transposed_layer);
  table.add(in_each_dimension("conv_transpose"), export_transposed);
  table.add(in_each_dimension("ConstantPad"), export_constant_pad);
  table.add(in_each_dimension("ZeroPad"), export_zero_pad);
  table.add(in_each_dimension("ReflectionPad"), export_reflection_pad);
  table.add(in_each_dimension("ReplicationPad"), export_replication_pad);
  table.add(in_each_dimension("CircularPad"), export_circular_pad);
  table.add({"pad"}, export_pad);
}

}  // namespace orrery
