#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/keras_form.h"

// Layers with weights.
namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

CodeCall made(const char* layer, std::vector<CodeArgument> arguments, const KerasNode& it) {
  arguments.push_back(keras_fixed("name", it.scope().layer_name));
  return {fmt::format("layers.{}(", layer), std::move(arguments), ")"};
}

std::string truth(bool is) { return is ? "True" : "False"; }

CodeArgument placed_number(const KerasNode& it, const char* name, const char* ours) {
  return keras_placed(name, std::to_string(it.options().integer(ours)));
}

CodeArgument with_bias(const KerasNode& it) {
  return keras_option("use_bias", truth(it.options().boolean("bias")), "True");
}

CodeCall dense(const KerasNode& it) {
  if (it.shape().size() < 2) KerasNode::refuse("data without a batch");
  return made("Dense", {placed_number(it, "units", "out_features"), with_bias(it)}, it);
}

CodeCall embedding(const KerasNode& it) {
  it.takes_only({"num_embeddings", "embedding_dim", "padding_idx", "sparse", "norm_type"});
  return made(
      "Embedding",
      {placed_number(it, "input_dim", "num_embeddings"), placed_number(it, "output_dim", "embedding_dim")},
      it);
}

// The same on both sides; PyTorch's `same` of an even kernel puts one more behind.
Sizes padding_of(const KerasNode& it) {
  const Attributes& options = it.options();
  const Sizes& kernel = options.integers("kernel_size");
  if (!options.is_text("padding")) return options.integers("padding");
  if (options.text("padding") == "valid") return Sizes(kernel.size(), 0);
  Sizes padding;
  for (std::size_t at = 0; at < kernel.size(); ++at) {
    const std::int64_t both = options.integers("dilation")[at] * (kernel[at] - 1);
    if (both % 2 != 0) KerasNode::refuse("padding = \"same\" of an even kernel");
    padding.push_back(both / 2);
  }
  return padding;
}

void require_convolution(const KerasNode& it) {
  const Attributes& options = it.options();
  if (options.text("padding_mode") != "zeros")
    KerasNode::refuse("padding_mode = \"" + options.text("padding_mode") + "\"");
  if (it.shape().size() != options.integers("kernel_size").size() + 2)
    KerasNode::refuse("data without a batch");
  const auto is_more = [](std::int64_t size) { return size > 1; };
  if (std::ranges::any_of(options.integers("stride"), is_more) &&
      std::ranges::any_of(options.integers("dilation"), is_more))
    KerasNode::refuse("stride and dilation at once");
}

std::vector<CodeArgument> convolution_options(const KerasNode& it) {
  const Attributes& options = it.options();
  return {placed_number(it, "filters", "out_channels"),
          keras_placed("kernel_size", keras_sizes(options.integers("kernel_size"))),
          keras_option("strides", keras_sizes(options.integers("stride")), "1"),
          keras_option("dilation_rate", keras_sizes(options.integers("dilation")), "1"),
          keras_option("groups", std::to_string(options.integer("groups")), "1"),
          with_bias(it)};
}

KerasForm convolution(const char* layer) {
  return [layer](const KerasNode& it) {
    require_convolution(it);
    return made(layer, convolution_options(it), it);
  };
}

// The helper makes the layer, too, unless it is there.
KerasForm convolved(const char* helper) {
  return [helper](const KerasNode& it) {
    require_convolution(it);
    const CodeArgument padding = keras_option("padding", keras_sizes(padding_of(it)), "0");
    if (!it.scope().made.empty())
      return CodeCall{
          it.helper("convolve") + "(", {keras_value(it.scope().made), keras_value(it.in()), padding}, ")"};
    std::vector<CodeArgument> arguments = convolution_options(it);
    arguments.insert(arguments.begin(), keras_value(it.in()));
    arguments.insert(arguments.begin() + 4, padding);
    arguments.push_back(keras_fixed("name", it.scope().layer_name));
    return CodeCall{it.helper(helper) + "(", std::move(arguments), ")"};
  };
}

void require_transposed_convolution(const KerasNode& it) {
  it.takes_only(
      {"in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "bias"});
  const Attributes& options = it.options();
  const Sizes &kernel = options.integers("kernel_size"), &stride = options.integers("stride");
  if (it.shape().size() != kernel.size() + 2) KerasNode::refuse("data without a batch");
  for (std::size_t at = 0; at < kernel.size(); ++at) {
    if (kernel[at] < stride[at]) KerasNode::refuse("a kernel smaller than its stride");
    if (options.integers("output_padding")[at] > options.integers("padding")[at])
      KerasNode::refuse("more output_padding than padding");
  }
}

std::vector<CodeArgument> transposed_options(const KerasNode& it) {
  return {placed_number(it, "filters", "out_channels"),
          keras_placed("kernel_size", keras_sizes(it.options().integers("kernel_size"))),
          keras_option("strides", keras_sizes(it.options().integers("stride")), "1"), with_bias(it)};
}

KerasForm transposed_convolution(const char* layer) {
  return [layer](const KerasNode& it) {
    require_transposed_convolution(it);
    return made(layer, transposed_options(it), it);
  };
}

KerasForm spread_out(const char* helper) {
  return [helper](const KerasNode& it) {
    require_transposed_convolution(it);
    const CodeArgument padding = keras_option("padding", keras_sizes(it.options().integers("padding")), "0");
    const CodeArgument more =
        keras_option("output_padding", keras_sizes(it.options().integers("output_padding")), "0");
    if (!it.scope().made.empty())
      return CodeCall{it.helper("convolve_transposed") + "(",
                      {keras_value(it.scope().made), keras_value(it.in()), padding, more},
                      ")"};
    std::vector<CodeArgument> arguments = transposed_options(it);
    arguments.insert(arguments.begin(), keras_value(it.in()));
    arguments.insert(arguments.begin() + 4, {padding, more});
    arguments.push_back(keras_fixed("name", it.scope().layer_name));
    return CodeCall{it.helper(helper) + "(", std::move(arguments), ")"};
  };
}

// Keras keeps the share of the old mean, PyTorch takes the share of the new one.
std::string kept_share(const KerasNode& it) {
  if (!it.options().has("momentum") || it.options().is_text("momentum")) KerasNode::refuse("no momentum");
  return fmt::format("{:.12g}", 1 - it.options().real("momentum"));
}

std::string epsilon(const KerasNode& it) { return python_number(it.options().real("eps")); }

std::vector<CodeArgument> scaled(bool scale, bool center) {
  return {keras_option("scale", truth(scale), "True"), keras_option("center", truth(center), "True")};
}

CodeCall batch_normalization(const KerasNode& it) {
  it.takes_only({"num_features", "eps", "momentum", "affine"});
  const bool affine = it.options().boolean("affine");
  std::vector<CodeArgument> arguments{keras_fixed("axis", "1"), keras_option("momentum", kept_share(it)),
                                      keras_option("epsilon", epsilon(it))};
  std::ranges::copy(scaled(affine, affine), std::back_inserter(arguments));
  return made("BatchNormalization", std::move(arguments), it);
}

CodeCall batch_normalized(const KerasNode& it) {
  if (!it.scope().made.empty()) return {fmt::format("{}({})", it.scope().made, it.in())};
  batch_normalization(it);
  const bool affine = it.options().boolean("affine");
  CodeCall call{it.helper("batch_norm") + "("};
  call.arguments = {keras_value(it.in()), keras_option("momentum", kept_share(it), "0.9"),
                    keras_option("epsilon", epsilon(it), "1e-05")};
  std::ranges::copy(scaled(affine, affine), std::back_inserter(call.arguments));
  call.arguments.push_back(keras_fixed("name", it.scope().layer_name));
  call.tail = ")";
  return call;
}

// The last dimensions.
std::string last_axes(const Sizes& shape) {
  std::vector<std::int64_t> axes;
  for (auto at = -std::ssize(shape); at < 0; ++at) axes.push_back(at);
  return keras_axes(axes);
}

CodeCall layer_normalization(const KerasNode& it) {
  const Attributes& options = it.options();
  const bool affine = options.boolean("elementwise_affine");
  std::vector<CodeArgument> arguments{
      keras_option("axis", last_axes(options.integers("normalized_shape")), "-1"),
      keras_option("epsilon", epsilon(it))};
  std::ranges::copy(scaled(affine, affine && options.boolean("bias")), std::back_inserter(arguments));
  return made("LayerNormalization", std::move(arguments), it);
}

// PyTorch's smallest difference from 1 where none is told.
CodeCall rms_normalization(const KerasNode& it) {
  const Attributes& options = it.options();
  if (!options.boolean("elementwise_affine")) KerasNode::refuse("elementwise_affine = false");
  if (options.integers("normalized_shape").size() != 1) KerasNode::refuse("several dimensions");
  return made("RMSNormalization",
              {keras_option("epsilon", options.has("eps") ? epsilon(it) : "1.1920929e-07")}, it);
}

CodeCall grouped(const KerasNode& it, std::int64_t groups, bool affine) {
  std::vector<CodeArgument> arguments{keras_placed("groups", std::to_string(groups)),
                                      keras_fixed("axis", "1"), keras_option("epsilon", epsilon(it))};
  std::ranges::copy(scaled(affine, affine), std::back_inserter(arguments));
  return made("GroupNormalization", std::move(arguments), it);
}

CodeCall group_normalization(const KerasNode& it) {
  return grouped(it, it.options().integer("num_groups"), it.options().boolean("affine"));
}

// Each channel is a group.
KerasForm instance_normalization(std::size_t spatial) {
  return [spatial](const KerasNode& it) {
    it.takes_only({"num_features", "eps", "momentum", "affine"});
    if (it.shape().size() != spatial + 2) KerasNode::refuse("data without a batch");
    return grouped(it, it.options().integer("num_features"), it.options().boolean("affine"));
  };
}

CodeCall parametric_relu(const KerasNode& it) {
  it.helper("PReLU");
  std::vector<std::string> axes;
  const bool is_one = it.options().integer("num_parameters") == 1;
  for (std::size_t axis = is_one ? 1 : 2; axis < it.shape().size(); ++axis)
    axes.push_back(std::to_string(axis));
  std::vector<CodeArgument> arguments;
  if (!axes.empty())
    arguments.push_back(keras_fixed("shared_axes", fmt::format("[{}]", fmt::join(axes, ", "))));
  return made("PReLU", std::move(arguments), it);
}

// One Keras layer a layer of PyTorch's, in a list.
KerasForm recurrent(const char* kind) {
  return [kind](const KerasNode& it) {
    it.takes_only(
        {"input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "nonlinearity"});
    if (it.shape().size() != 3) KerasNode::refuse("data without a batch");
    const auto& all = it.options().entries();
    const bool is_relu = std::ranges::any_of(all, [](const Attributes::Entry& entry) {
      return entry.name == "nonlinearity" && entry.value == AttributeValue(std::string("relu"));
    });
    CodeCall call{it.helper("stacked") + "("};
    call.arguments = {keras_value(std::string("layers.") + kind), placed_number(it, "units", "hidden_size"),
                      keras_option("num_layers", std::to_string(it.options().integer("num_layers")), "1"),
                      with_bias(it)};
    if (is_relu) call.arguments.push_back(keras_fixed("activation", "\"relu\""));
    call.arguments.push_back(keras_fixed("name", it.scope().layer_name));
    call.tail = ")";
    return call;
  };
}

KerasForm run_through(const char* kind) {
  return [kind](const KerasNode& it) {
    const std::string made_here = python_call(recurrent(kind)(it));
    CodeCall call{it.helper("recurrent") + "("};
    call.arguments.push_back(keras_value(it.in()));
    if (!it.scope().made.empty()) {
      call.arguments.push_back(keras_value(it.scope().made));
      call.tail = ")";
    }
    std::vector<CodeArgument> behind;
    for (std::size_t port = 1; port < it.node().inputs().size(); ++port)
      if (it.linked(port)) behind.push_back(keras_value(it.in(port)));
    const double rate = it.options().real("dropout");
    if (rate > 0 && it.options().integer("num_layers") > 1)
      behind.push_back(keras_fixed("dropout", python_number(rate)));
    if (!it.options().boolean("batch_first")) behind.push_back(keras_fixed("time_first", "True"));
    if (it.scope().made.empty()) call.arguments.push_back(keras_value(made_here));
    std::ranges::copy(behind, std::back_inserter(call.arguments));
    call.tail = ")";
    return call;
  };
}

CodeCall attention_layer(const KerasNode& it) {
  it.takes_only({"embed_dim", "num_heads", "dropout", "bias", "batch_first", "need_weights",
                 "average_attn_weights", "is_causal"});
  if (it.shape().size() != 3) KerasNode::refuse("data without a batch");
  if (it.linked(3) || it.linked(4)) KerasNode::refuse("masks");
  if (it.node().outputs().size() > 1 && it.is_read(1)) KerasNode::refuse("attention weights that are read");
  it.helper("load_attention");
  const std::int64_t heads = it.options().integer("num_heads");
  return made("MultiHeadAttention",
              {keras_placed("num_heads", std::to_string(heads)),
               keras_placed("key_dim", std::to_string(it.options().integer("embed_dim") / heads)),
               keras_option("dropout", python_number(it.options().real("dropout")), "0"), with_bias(it)},
              it);
}

// Keras wants the value before the key.
CodeCall attended_by_layer(const KerasNode& it) {
  CodeCall call = attention_layer(it);
  if (!it.scope().made.empty()) call = {it.scope().made};
  if (!it.options().boolean("batch_first")) KerasNode::refuse("batch_first = false");
  const bool is_self = it.in(1) == it.in(2);
  const std::string causal =
      it.options().has("is_causal") && it.options().boolean("is_causal") ? ", use_causal_mask=True" : "";
  call.tail += is_self ? fmt::format("({}, {}{})", it.in(0), it.in(2), causal)
                       : fmt::format("({}, {}, {}{})", it.in(0), it.in(2), it.in(1), causal);
  return call;
}

}  // namespace

const std::map<std::string, KerasLayerForm, std::less<>>& keras_layers() {
  static const std::map<std::string, KerasLayerForm, std::less<>> forms = {
      {"Linear", {dense}},
      {"Embedding", {embedding}},
      {"Conv1d", {convolution("Conv1D"), convolved("conv1d")}},
      {"Conv2d", {convolution("Conv2D"), convolved("conv2d")}},
      {"Conv3d", {convolution("Conv3D"), convolved("conv3d")}},
      {"ConvTranspose1d", {transposed_convolution("Conv1DTranspose"), spread_out("conv1d_transpose")}},
      {"ConvTranspose2d", {transposed_convolution("Conv2DTranspose"), spread_out("conv2d_transpose")}},
      {"ConvTranspose3d", {transposed_convolution("Conv3DTranspose"), spread_out("conv3d_transpose")}},
      {"BatchNorm1d", {batch_normalization, batch_normalized}},
      {"BatchNorm2d", {batch_normalization, batch_normalized}},
      {"BatchNorm3d", {batch_normalization, batch_normalized}},
      {"SyncBatchNorm", {batch_normalization, batch_normalized}},
      {"InstanceNorm1d", {instance_normalization(1)}},
      {"InstanceNorm2d", {instance_normalization(2)}},
      {"InstanceNorm3d", {instance_normalization(3)}},
      {"LayerNorm", {layer_normalization}},
      {"RMSNorm", {rms_normalization}},
      {"GroupNorm", {group_normalization}},
      {"PReLU", {parametric_relu}},
      {"RNN", {recurrent("SimpleRNN"), run_through("SimpleRNN")}},
      {"LSTM", {recurrent("LSTM"), run_through("LSTM")}},
      {"GRU", {recurrent("GRU"), run_through("GRU")}},
      {"MultiheadAttention", {attention_layer, attended_by_layer}}};
  return forms;
}

}  // namespace orrery
