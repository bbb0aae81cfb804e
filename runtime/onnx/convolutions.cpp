// Conv and ConvTranspose: layers where the file holds their weights, else transforms.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"
#include "runtime/onnx/windows.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// The sizes of the kernels, which stand behind the weight's channels.
Sizes kernel_of(const OnnxCall& call) {
  const Shape weight = call.type(1).shape;
  Sizes kernel;
  for (std::size_t i = 2; i < weight.size(); ++i)
    kernel.push_back(OnnxComposer(call).known(weight[i], "a size of the kernel"));
  return kernel;
}

bool holds_weights(const OnnxCall& call) {
  const OnnxLiteral* weight = call.literal(1);
  return weight && is_floating(weight->dtype()) && (!call.has(2) || call.literal(2));
}

Value bias_of(const OnnxCall& call) { return call.has(2) ? call.value(2) : Value{}; }

struct Channels {
  std::int64_t in, out;
};

Value layer_of(const OnnxCall& call, const std::string& name, Value x, const Channels& channels,
               const OnnxWindow& window, const Sizes& padding, OnnxOptions more) {
  const OnnxLiteral& weight = *call.literal(1);
  OnnxOptions options = {{"in_channels", channels.in},
                         {"out_channels", channels.out},
                         {"kernel_size", window.kernel},
                         {"stride", window.stride},
                         {"padding", padding},
                         {"dilation", window.dilation},
                         {"groups", call.integer("group", 1)},
                         {"bias", call.has(2)}};
  if (weight.dtype() != DType::float32) options.emplace_back("dtype", weight.dtype());
  options.insert(options.end(), more.begin(), more.end());
  std::vector<std::pair<std::string, OnnxLiteral>> tensors = {{"weight", weight}};
  if (call.has(2)) tensors.emplace_back("bias", *call.literal(2));
  return call.layer(fmt::format("{}{}d", name, window.axes()), std::move(options), {x}, std::move(tensors));
}

void import_conv(OnnxCall& call) {
  Value x = call.value(0);
  const OnnxWindow window = onnx_window(call, x.shape(), kernel_of(call));
  const bool layer = holds_weights(call) && window.axes() <= 3;
  if (!layer) return call.give(onnx_convolved(call, x, call.value(1), bias_of(call), window));
  if (!window.even()) x = OnnxComposer(call).pad(x, window.before, window.behind, 0.0);
  const Sizes& weight = call.literal(1)->shape();
  const Channels channels{weight[1] * call.integer("group", 1), weight[0]};
  call.give(layer_of(call, "Conv", x, channels, window,
                     window.even() ? window.before : Sizes(window.axes(), 0), {}));
}

// How a transposed convolution spreads: what it puts out beyond its windows, and how much is taken away.
struct Spread {
  OnnxWindow window;
  Sizes more;
};

// An odd element is taken away behind the end with SAME_UPPER, else in front. Where more is asked for than
// the windows reach, it lies behind the end.
void take_away(OnnxWindow& window, std::size_t axis, std::int64_t total, bool upper) {
  window.before[axis] = total < 0 ? 0 : upper ? total / 2 : total - total / 2;
  window.behind[axis] = total - window.before[axis];
}

// A shape that is asked for decides how much is taken away, in place of `pads`.
void fit_to(const OnnxCall& call, const Shape& input, Spread& spread, const Sizes& wanted, bool upper) {
  OnnxWindow& window = spread.window;
  for (std::size_t axis = 0; axis < window.axes(); ++axis) {
    const std::string word = onnx_axis_word(axis, window.axes());
    const std::int64_t whole =
        (OnnxComposer(call).known(input[axis + 2], word) - 1) * window.stride[axis] + window.extent(axis);
    take_away(window, axis, whole + spread.more[axis] - wanted[axis], upper);
  }
}

// SAME: as many times as large as the strides, which does not depend on the input's size.
void fit_to_strides(Spread& spread, bool upper) {
  OnnxWindow& window = spread.window;
  for (std::size_t axis = 0; axis < window.axes(); ++axis)
    take_away(window, axis, window.extent(axis) + spread.more[axis] - window.stride[axis], upper);
}

Spread spread_of(const OnnxCall& call, const Shape& input) {
  const Sizes kernel = kernel_of(call);
  const std::size_t axes = kernel.size();
  if (axes == 0 || axes > 3 || input.size() != axes + 2)
    call.refuse(fmt::format("an input {} does not fit a window of {} axes", str(input), axes));
  Spread spread{{.kernel = kernel,
                 .stride = call.integers("strides", Sizes(axes, 1)),
                 .dilation = call.integers("dilations", Sizes(axes, 1)),
                 .before = Sizes(axes, 0),
                 .behind = Sizes(axes, 0)},
                call.integers("output_padding", Sizes(axes, 0))};
  const Sizes pads = call.integers("pads", Sizes(2 * axes, 0));
  Sizes wanted = call.integers("output_shape", Sizes{});
  if (wanted.size() == axes + 2) wanted.erase(wanted.begin(), wanted.begin() + 2);
  if (spread.window.stride.size() != axes || spread.window.dilation.size() != axes ||
      spread.more.size() != axes || pads.size() != 2 * axes || (!wanted.empty() && wanted.size() != axes))
    call.refuse(fmt::format(
        "strides, dilations, pads, output_padding and output_shape do not all have {} axes", axes));
  const std::string how = call.text("auto_pad", "NOTSET");
  if (!wanted.empty()) {
    fit_to(call, input, spread, wanted, how == "SAME_UPPER");
  } else if (how == "SAME_UPPER" || how == "SAME_LOWER") {
    fit_to_strides(spread, how == "SAME_UPPER");
  } else if (how != "VALID") {
    const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes);
    spread.window.before = {pads.begin(), middle};
    spread.window.behind = {middle, pads.end()};
  }
  return spread;
}

// LibTorch takes away the same at both ends. The rest of the longer one is cut off behind; what is missing
// behind the end is put out more.
struct Ends {
  Sizes padding, begin, end, more;
};

Ends ends_of(const OnnxCall& call, const Spread& spread) {
  const std::size_t axes = spread.window.axes();
  Ends ends{Sizes(axes), Sizes(axes), Sizes(axes), spread.more};
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::int64_t before = spread.window.before[axis];
    const std::int64_t behind = std::max<std::int64_t>(spread.window.behind[axis], 0);
    if (before < 0)
      call.refuse(
          fmt::format("{} begins before what the windows reach (pads below 0)", onnx_axis_word(axis, axes)));
    ends.more[axis] += behind - spread.window.behind[axis];
    ends.padding[axis] = std::min(before, behind);
    ends.begin[axis] = before - ends.padding[axis];
    ends.end[axis] = behind - ends.padding[axis];
  }
  return ends;
}

Value spread_out(const OnnxCall& call, Value x, const OnnxWindow& window, const Ends& ends) {
  const std::int64_t groups = call.integer("group", 1);
  if (holds_weights(call)) {
    const Sizes& weight = call.literal(1)->shape();
    return layer_of(call, "ConvTranspose", x, {weight[0], weight[1] * groups}, window, ends.padding,
                    {{"output_padding", ends.more}});
  }
  return call.apply(fmt::format("conv_transpose{}d", window.axes()), {x, call.value(1), bias_of(call)},
                    {{"stride", window.stride},
                     {"padding", ends.padding},
                     {"output_padding", ends.more},
                     {"groups", groups},
                     {"dilation", window.dilation}});
}

void import_conv_transpose(OnnxCall& call) {
  const Value x = call.value(0);
  const Spread spread = spread_of(call, x.shape());
  const Ends ends = ends_of(call, spread);
  Value y = spread_out(call, x, spread.window, ends);
  for (std::size_t axis = 0; axis < spread.window.axes(); ++axis)
    y = OnnxComposer(call).slice(y, static_cast<std::int64_t>(axis) + 2, ends.begin[axis], -ends.end[axis]);
  call.give(y);
}

}  // namespace

void add_onnx_convolutions(OnnxOperators& table) {
  table.add("Conv", import_conv);
  table.add("ConvTranspose", import_conv_transpose);
  add_onnx_pools(table);
  add_onnx_unpools(table);
  add_onnx_deformed(table);
}

}  // namespace orrery
