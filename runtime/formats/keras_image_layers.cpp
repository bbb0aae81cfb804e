// Layers of Keras that slide over images, sequences and volumes.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "runtime/formats/keras_net.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;
using Inputs = std::vector<KerasTensor>;
using Sources = std::vector<KerasSource>;

// A tensor with its channels behind the batch, and whether Keras has them last.
struct Image {
  Value value;
  bool last;

  std::size_t dims() const { return value.shape().size() - 2; }
  std::int64_t channels() const {
    const Dim& dim = value.shape()[1];
    if (!dim.known()) throw KerasRefusal{"the number of channels is not known"};
    return dim.value();
  }
  Image with(Value other) const { return {other, last}; }
  KerasTensor tensor() const { return {value, last}; }
};

Image image_of(KerasNet& net, const KerasOptions& options, const Inputs& inputs) {
  const bool last = options.channels_last();
  const KerasTensor& input = inputs.at(0);
  if (input.rank() < 3) throw KerasRefusal{"the input has no spatial dimensions"};
  return {last ? net.moved(input) : net.plain(input), last};
}

/// What is added before and behind each spatial dimension.
struct Border {
  Sizes before, after;

  bool symmetric() const { return before == after; }
  bool none() const {
    return symmetric() && std::ranges::all_of(before, [](auto n) { return n == 0; });
  }
  bool only_behind() const {
    return std::ranges::all_of(before, [](auto n) { return n == 0; });
  }
};

// TensorFlow's rule for padding "same": as many windows as steps fit, the odd element behind.
Border same_border(const Image& image, const Sizes& kernel, const Sizes& stride, const Sizes& dilation) {
  Border border;
  for (std::size_t at = 0; at < kernel.size(); ++at) {
    const std::int64_t reach = (kernel[at] - 1) * dilation[at] + 1;
    const Dim& size = image.value.shape()[at + 2];
    std::int64_t total = reach - 1;
    if (stride[at] > 1 && reach > 1) {
      if (!size.known())
        throw KerasRefusal{"padding 'same' with strides depends on the input's size, which is not known"};
      const std::int64_t steps = (size.value() + stride[at] - 1) / stride[at];
      total = std::max<std::int64_t>((steps - 1) * stride[at] + reach - size.value(), 0);
    }
    border.before.push_back(total / 2);
    border.after.push_back(total - total / 2);
  }
  return border;
}

Image padded(KerasNet& net, const Image& image, const Border& border, double value, const std::string& part) {
  Sizes pad;
  for (std::size_t at = border.before.size(); at-- > 0;) {
    pad.push_back(border.before[at]);
    pad.push_back(border.after[at]);
  }
  KerasNet::Entries options{{"pad", pad}};
  if (value != 0) options.push_back({"value", value});
  return image.with(net.apply("pad", {image.value}, options, part)[0]);
}

std::string of_dims(const std::string& operation, const Image& image) {
  return fmt::format("{}{}d", operation, image.dims());
}

struct Convolution {
  std::int64_t filters, groups;
  Sizes kernel, stride, dilation;
  bool bias;
  std::string part = {};
};

// Where the border is the same on both sides, the layer adds it itself.
Image convolved(KerasNet& net, const KerasOptions& options, Image image, const Convolution& with) {
  const std::string padding = options.text("padding", "valid");
  Border border{Sizes(image.dims(), 0), Sizes(image.dims(), 0)};
  if (padding == "same") border = same_border(image, with.kernel, with.stride, with.dilation);
  if (padding == "causal") border.before = {(with.kernel[0] - 1) * with.dilation[0]};
  const std::int64_t channels = image.channels();
  AttributeValue inside = border.before;
  if (!border.symmetric()) {
    image = padded(net, image, border, 0, with.part.empty() ? "pad" : with.part + "_pad");
    inside = Sizes(image.dims(), 0);
  }
  const auto made = net.layer(of_dims("Conv", image),
                              {{"in_channels", channels},
                               {"out_channels", with.filters},
                               {"kernel_size", with.kernel},
                               {"stride", with.stride},
                               {"padding", inside},
                               {"dilation", with.dilation},
                               {"groups", with.groups},
                               {"bias", with.bias}},
                              {image.value}, with.part);
  return image.with(made[0]);
}

Convolution convolution(const KerasOptions& options, const Image& image) {
  return {.filters = options.integer("filters", 0),
          .groups = options.integer("groups", 1),
          .kernel = options.sizes("kernel_size", image.dims()),
          .stride = options.sizes("strides", image.dims()),
          .dilation = options.sizes("dilation_rate", image.dims()),
          .bias = options.boolean("use_bias", true)};
}

Inputs conv(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  const Image result = convolved(net, options, image, convolution(options, image));
  return {keras_activated(net, options, result.tensor())};
}

Convolution depthwise(const KerasOptions& options, const Image& image) {
  Convolution with = convolution(options, image);
  with.groups = image.channels();
  with.filters = with.groups * options.integer("depth_multiplier", 1);
  return with;
}

Inputs depthwise_conv(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  const Image result = convolved(net, options, image, depthwise(options, image));
  return {keras_activated(net, options, result.tensor())};
}

// A convolution of each channel by itself, then one of a single pixel.
Inputs separable_conv(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  Convolution first = depthwise(options, image), second = convolution(options, image);
  first.bias = false;
  first.part = "depthwise";
  second.part = "pointwise";
  second.kernel = second.stride = second.dilation = Sizes(image.dims(), 1);
  const Image between = convolved(net, options, image, first);
  return {keras_activated(net, options, convolved(net, options, between, second).tensor())};
}

// "same" gives the input's sizes times the strides, which takes away from the ends, the odd element behind.
Inputs conv_transpose(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  const Convolution with = convolution(options, image);
  const bool same = options.text("padding", "valid") == "same";
  if (options.has("output_padding")) throw KerasRefusal{"output_padding"};
  Sizes padding(image.dims(), 0), more(image.dims(), 0), less(image.dims(), 0);
  for (std::size_t at = 0; at < image.dims(); ++at) {
    const std::int64_t reach = (with.kernel[at] - 1) * with.dilation[at] + 1;
    const std::int64_t over = reach - with.stride[at];
    if (over < 0) more[at] = -over;
    if (over > 0 && same) padding[at] = over / 2, less[at] = over % 2;
  }
  Value result = net.layer(of_dims("ConvTranspose", image),
                           {{"in_channels", image.channels()},
                            {"out_channels", with.filters},
                            {"kernel_size", with.kernel},
                            {"stride", with.stride},
                            {"padding", padding},
                            {"output_padding", more},
                            {"dilation", with.dilation},
                            {"bias", with.bias}},
                           {image.value})[0];
  for (std::size_t at = 0; at < less.size(); ++at)
    if (less[at] > 0)
      result = net.apply("slice", {result},
                         {{"dim", static_cast<std::int64_t>(at) + 2}, {"end", std::int64_t{-1}}}, "crop")[0];
  return {keras_activated(net, options, image.with(result).tensor())};
}

// A window over the end of the border is cut off there where the layer may do so.
Inputs pool(KerasNet& net, const KerasOptions& options, const Inputs& inputs, bool largest) {
  Image image = image_of(net, options, inputs);
  const Sizes kernel = options.sizes("pool_size", image.dims(), 2);
  const Sizes stride = options.has("strides") ? options.sizes("strides", image.dims()) : kernel;
  KerasNet::Entries entries{{"kernel_size", kernel}};
  if (stride != kernel) entries.push_back({"stride", stride});
  if (options.text("padding", "valid") == "same" && kernel == stride) {
    entries.push_back({"ceil_mode", true});
  } else if (options.text("padding", "valid") == "same") {
    const Border border = same_border(image, kernel, stride, Sizes(image.dims(), 1));
    bool within = border.only_behind();
    for (std::size_t at = 0; at < kernel.size(); ++at) within = within && border.after[at] < stride[at];
    if (border.symmetric() && !border.none()) {
      entries.push_back({"padding", border.before});
      if (!largest) entries.push_back({"count_include_pad", false});
    } else if (!border.none() && within) {
      entries.push_back({"ceil_mode", true});
    } else if (!border.none() && largest) {
      image = padded(net, image, border, -std::numeric_limits<double>::infinity(), "pad");
    } else if (!border.none()) {
      throw KerasRefusal{"padding 'same' that is not the same at both ends"};
    }
  }
  const auto made = net.layer(of_dims(largest ? "MaxPool" : "AvgPool", image), entries, {image.value});
  return {image.with(made[0]).tensor()};
}

Inputs max_pool(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  return pool(net, options, inputs, true);
}

Inputs average_pool(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  return pool(net, options, inputs, false);
}

Inputs global_pool(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const char* operation) {
  const Image image = image_of(net, options, inputs);
  Sizes dims;
  for (std::size_t at = 0; at < image.dims(); ++at) dims.push_back(static_cast<std::int64_t>(at) + 2);
  const bool keeps = options.boolean("keepdims", false);
  const Value result = net.apply(operation, {image.value}, {{"dim", dims}, {"keepdim", keeps}})[0];
  return {{result, keeps && image.last}};
}

Inputs global_average(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  return global_pool(net, options, inputs, "mean");
}

Inputs global_max(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  return global_pool(net, options, inputs, "amax");
}

// `[[top, bottom], [left, right]]`, `[rows, columns]`, or one number.
Border border_of(const KerasOptions& options, const char* name, std::size_t dims) {
  const nlohmann::json& value = options.at(name);
  Border border;
  if (value.is_array() && value.size() == 2 && dims == 1 && value[0].is_number())
    return {{value[0].get<std::int64_t>()}, {value[1].get<std::int64_t>()}};
  for (std::size_t at = 0; at < dims; ++at) {
    const nlohmann::json& one = value.is_array() ? value.at(at) : value;
    border.before.push_back(one.is_array() ? one.at(0).get<std::int64_t>() : one.get<std::int64_t>());
    border.after.push_back(one.is_array() ? one.at(1).get<std::int64_t>() : one.get<std::int64_t>());
  }
  return border;
}

Inputs zero_padding(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  return {padded(net, image, border_of(options, "padding", image.dims()), 0, "").tensor()};
}

Inputs cropping(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  Border border = border_of(options, "cropping", image.dims());
  for (Sizes* sizes : {&border.before, &border.after})
    for (std::int64_t& size : *sizes) size = -size;
  return {padded(net, image, border, 0, "").tensor()};
}

Inputs up_sampling(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  const std::string mode = options.text("interpolation", "nearest");
  if (mode != "nearest" && mode != "bilinear") throw KerasRefusal{fmt::format("interpolation '{}'", mode)};
  std::vector<double> factors;
  for (const std::int64_t factor : options.sizes("size", image.dims(), 2))
    factors.push_back(static_cast<double>(factor));
  return {image.with(net.apply("interpolate", {image.value}, {{"scale_factor", factors}, {"mode", mode}})[0])
              .tensor()};
}

Inputs spatial_dropout(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const Image image = image_of(net, options, inputs);
  return {image.with(net.layer(of_dims("Dropout", image), {{"p", options.real("rate", 0)}}, {image.value})[0])
              .tensor()};
}

// Scale and shift that Keras leaves out are 1 and 0, and stay so.
void freeze_unused(Layer& layer, const KerasOptions& options) {
  if (!options.boolean("scale", true)) layer.parameter("weight")->trainable = false;
  if (!options.boolean("center", true)) layer.parameter("bias")->trainable = false;
}

std::int64_t axis_of(const KerasOptions& options, std::size_t rank) {
  std::int64_t axis = -1;
  if (options.has("axis")) {
    const auto axes = options.integers("axis");
    if (axes.size() != 1) throw KerasRefusal{"several axes"};
    axis = axes[0];
  }
  return axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis;
}

Inputs batch_norm(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const KerasTensor& input = inputs.at(0);
  const std::int64_t axis = axis_of(options, input.rank()),
                     last = static_cast<std::int64_t>(input.rank()) - 1;
  if (axis != last && axis != 1) throw KerasRefusal{fmt::format("axis {}", axis)};
  const bool moves = axis == last && input.rank() > 2;
  const Image image{moves ? net.moved(input) : net.plain(input), moves};
  const bool scale = options.boolean("scale", true), center = options.boolean("center", true);
  const std::size_t dims = std::max<std::size_t>(image.value.shape().size(), 3) - 2;
  const auto made = net.layer(fmt::format("BatchNorm{}d", dims),
                              {{"num_features", image.channels()},
                               {"eps", options.real("epsilon", 1e-3)},
                               {"momentum", 1 - options.real("momentum", 0.99)},
                               {"affine", scale || center}},
                              {image.value}, "", [&](Layer& layer) {
                                if (scale || center) freeze_unused(layer, options);
                              });
  return {image.with(made[0]).tensor()};
}

Inputs group_norm(KerasNet& net, const KerasOptions& options, const Inputs& inputs, const Sources&) {
  const KerasTensor& input = inputs.at(0);
  if (axis_of(options, input.rank()) != static_cast<std::int64_t>(input.rank()) - 1)
    throw KerasRefusal{"another axis than the last"};
  const Image image{net.moved(input), input.rank() > 2};
  const std::int64_t groups = options.integer("groups", 32);
  const auto made = net.layer("GroupNorm",
                              {{"num_groups", groups == -1 ? image.channels() : groups},
                               {"num_channels", image.channels()},
                               {"eps", options.real("epsilon", 1e-3)}},
                              {image.value}, "", [&](Layer& layer) { freeze_unused(layer, options); });
  return {image.with(made[0]).tensor()};
}

}  // namespace

const std::map<std::string, KerasWriter>& keras_image_layers() {
  static const std::map<std::string, KerasWriter> table = [] {
    std::map<std::string, KerasWriter> all{
        {"BatchNormalization", batch_norm},  {"GroupNormalization", group_norm},
        {"DepthwiseConv1D", depthwise_conv}, {"DepthwiseConv2D", depthwise_conv},
        {"SeparableConv1D", separable_conv}, {"SeparableConv2D", separable_conv}};
    for (const char* dims : {"1D", "2D", "3D"}) {
      const auto add = [&](const char* name, KerasWriter writer) { all[std::string(name) + dims] = writer; };
      add("Conv", conv);
      add("Convolution", conv);
      all[fmt::format("Conv{}Transpose", dims)] = conv_transpose;
      add("MaxPooling", max_pool);
      add("AveragePooling", average_pool);
      add("GlobalAveragePooling", global_average);
      add("GlobalMaxPooling", global_max);
      add("ZeroPadding", zero_padding);
      add("Cropping", cropping);
      add("UpSampling", up_sampling);
      add("SpatialDropout", spatial_dropout);
    }
    return all;
  }();
  return table;
}

}  // namespace orrery
