#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/formats/pt2_net.h"

namespace orrery {
namespace {

using Slots = std::vector<std::pair<std::string, std::string>>;  // of a layer, and the argument

const Slots kWeightAndBias = {{"weight", "weight"}, {"bias", "bias"}};
const Slots kStatistics = {
    {"weight", "weight"}, {"bias", "bias"}, {"running_mean", "running_mean"}, {"running_var", "running_var"}};

// Those that are given; nothing where one is computed and so no tensor of the archive.
std::optional<Pt2Call::Tensors> tensors_of(const Pt2Call& call, const Slots& slots) {
  Pt2Call::Tensors tensors;
  for (const auto& [slot, argument] : slots) {
    if (!call.has(argument)) continue;
    if (!call.tensor(argument)) return std::nullopt;
    tensors.emplace_back(slot, call.tensor(argument));
  }
  return tensors;
}

// The module that they belong to; nothing where that is not told by their names, `module.slot`.
std::optional<std::string> owner_of(const Pt2Call::Tensors& tensors) {
  std::optional<std::string> owner;
  for (const auto& [slot, tensor] : tensors) {
    const std::string &name = tensor->view.name, ending = "." + slot;
    if (!name.ends_with(ending)) return std::nullopt;
    const std::string module = name.substr(0, name.size() - ending.size());
    if (owner && *owner != module) return std::nullopt;
    owner = module;
  }
  return owner;
}

// A layer where the tensors are a module's own; else the operation that takes them as values, or none.
void give_layer(Pt2Call& call, const std::string& layer, const Pt2Net::Options& options, const Slots& slots,
                const std::string& input = "input") {
  const auto tensors = tensors_of(call, slots);
  if (!tensors) call.refuse("its weights are computed, which Orrery's layer does not take");
  const std::string owner = owner_of(*tensors).value_or("");
  call.give(call.net().layer(call.node(), layer, options, {call.value(input)}, *tensors, owner));
}

bool is_layer(const Pt2Call& call, const Slots& slots) {
  const auto tensors = tensors_of(call, slots);
  return tensors && owner_of(*tensors);
}

Shape shape_of_weight(const Pt2Call& call, const char* argument = "weight") {
  const Pt2Tensor* tensor = call.tensor(argument);
  return tensor ? shape_of(tensor->view.shape) : call.value(argument).shape();
}

std::int64_t size_of_weight(const Pt2Call& call, std::size_t dim) {
  const Shape shape = shape_of_weight(call);
  if (dim >= shape.size() || !shape[dim].known()) call.refuse("its weight has no known size");
  return shape[dim].value();
}

// ---- linear layers and convolutions ----

void write_linear(Pt2Call& call) {
  const bool bias = call.has("bias");
  if (!is_layer(call, kWeightAndBias))
    return call.give(
        call.apply("linear", {call.value("input"), call.value("weight"), call.optional_value("bias")}));
  give_layer(
      call, "Linear",
      {{"in_features", size_of_weight(call, 1)}, {"out_features", size_of_weight(call, 0)}, {"bias", bias}},
      kWeightAndBias);
}

AttributeValue padding_of(const Pt2Call& call) {
  const nlohmann::json* told = call.node().argument("padding");
  if (told && told->contains("as_string")) return told->at("as_string").get<std::string>();
  return call.integers("padding", {0});
}

Pt2Net::Options options_of_convolution(const Pt2Call& call) {
  return {{"stride", call.integers("stride", {1})},
          {"padding", padding_of(call)},
          {"dilation", call.integers("dilation", {1})},
          {"groups", call.integer("groups", 1)}};
}

std::vector<std::int64_t> kernel_of(const Pt2Call& call) {
  std::vector<std::int64_t> kernel;
  for (std::size_t dim = 2; dim < shape_of_weight(call).size(); ++dim)
    kernel.push_back(size_of_weight(call, dim));
  return kernel;
}

void write_slid(Pt2Call& call, bool transposed) {
  const std::size_t dims = shape_of_weight(call).size() - 2;
  if (dims < 1 || dims > 3) call.refuse(fmt::format("it slides over {} dimensions", dims));
  Pt2Net::Options options = options_of_convolution(call);
  if (transposed) options.push_back({"output_padding", call.integers("output_padding", {0})});
  const std::string word = transposed ? "ConvTranspose" : "Conv";
  if (!is_layer(call, kWeightAndBias)) {
    const std::string transform = fmt::format("{}{}d", transposed ? "conv_transpose" : "conv", dims);
    return call.give(call.apply(
        transform, {call.value("input"), call.value("weight"), call.optional_value("bias")}, options));
  }
  const std::int64_t groups = call.integer("groups", 1);
  const std::int64_t first = size_of_weight(call, 0), second = size_of_weight(call, 1) * groups;
  options.push_back({"in_channels", transposed ? first : second});
  options.push_back({"out_channels", transposed ? second : first});
  options.push_back({"kernel_size", kernel_of(call)});
  options.push_back({"bias", call.has("bias")});
  give_layer(call, fmt::format("{}{}d", word, dims), options, kWeightAndBias);
}

void write_convolution(Pt2Call& call) { write_slid(call, call.boolean("transposed", false)); }
void write_transposed(Pt2Call& call) { write_slid(call, true); }

// ---- normalisations ----

std::string of_rank(const Pt2Call& call, const std::string& layer, const std::string& input) {
  const std::size_t rank = call.value(input).shape().size();
  return fmt::format("{}{}d", layer, rank <= 3 ? 1 : rank - 2);
}

std::int64_t channels_of(const Pt2Call& call, const std::string& input) {
  const Shape& shape = call.value(input).shape();
  const std::size_t dim = shape.size() > 1 ? 1 : 0;
  if (shape.empty() || !shape[dim].known()) call.refuse("the number of its channels is not known");
  return shape[dim].value();
}

void write_batch_norm(Pt2Call& call) {
  give_layer(call, of_rank(call, "BatchNorm", "input"),
             {{"num_features", channels_of(call, "input")},
              {"eps", call.real("eps", 1e-5)},
              {"momentum", call.real("momentum", 0.1)},
              {"affine", call.has("weight")},
              {"track_running_stats", call.has("running_mean")}},
             kStatistics);
}

void write_instance_norm(Pt2Call& call) {
  give_layer(call, of_rank(call, "InstanceNorm", "input"),
             {{"num_features", channels_of(call, "input")},
              {"eps", call.real("eps", 1e-5)},
              {"momentum", call.real("momentum", 0.1)},
              {"affine", call.has("weight")},
              {"track_running_stats", call.has("running_mean")}},
             kStatistics);
}

void write_layer_norm(Pt2Call& call) {
  give_layer(call, "LayerNorm",
             {{"normalized_shape", call.integers("normalized_shape")},
              {"eps", call.real("eps", 1e-5)},
              {"elementwise_affine", call.has("weight")},
              {"bias", call.has("bias")}},
             kWeightAndBias);
}

void write_rms_norm(Pt2Call& call) {
  Pt2Net::Options options = {{"normalized_shape", call.integers("normalized_shape")},
                             {"elementwise_affine", call.has("weight")}};
  if (call.has("eps")) options.push_back({"eps", call.real("eps", 0)});
  give_layer(call, "RMSNorm", options, {{"weight", "weight"}});
}

void write_group_norm(Pt2Call& call) {
  give_layer(
      call, "GroupNorm",
      {{"num_groups", call.has("num_groups") ? call.integer("num_groups", 1) : call.integer("group", 1)},
       {"num_channels", channels_of(call, "input")},
       {"eps", call.real("eps", 1e-5)},
       {"affine", call.has("weight")}},
      kWeightAndBias);
}

// ---- tables, slopes, dropouts ----

void write_embedding(Pt2Call& call) {
  if (!is_layer(call, {{"weight", "weight"}}))
    return call.give(call.apply("index", {call.value("weight"), call.value("indices")}));
  Pt2Net::Options options = {{"num_embeddings", size_of_weight(call, 0)},
                             {"embedding_dim", size_of_weight(call, 1)}};
  if (call.integer("padding_idx", -1) >= 0)
    options.push_back({"padding_idx", call.integer("padding_idx", -1)});
  give_layer(call, "Embedding", options, {{"weight", "weight"}}, "indices");
}

void write_prelu(Pt2Call& call) {
  if (!is_layer(call, {{"weight", "weight"}}))
    return call.give(call.apply("prelu", {call.value("self"), call.value("weight")}));
  give_layer(call, "PReLU", {{"num_parameters", size_of_weight(call, 0)}}, {{"weight", "weight"}}, "self");
}

void write_dropout(Pt2Call& call) {
  const std::string input = call.has("input") ? "input" : "self", operation = call.node().operation();
  const std::string layer = operation == "alpha_dropout"           ? "AlphaDropout"
                            : operation == "feature_alpha_dropout" ? "FeatureAlphaDropout"
                            : operation == "feature_dropout"       ? of_rank(call, "Dropout", input)
                                                                   : "Dropout";
  const Pt2Net::Options options = {{"p", call.real("p", 0.5)}};
  call.give(call.net().layer(call.node(), layer, options, {call.value(input)}, {}, ""));
}

// ---- recurrent layers ----

void write_recurrent(Pt2Call& call, const std::string& layer, std::int64_t gates, Pt2Net::Options options) {
  if (call.has("batch_sizes")) call.refuse("sequences that are packed are not read");
  Pt2Call::Tensors tensors;
  for (const Pt2Tensor* tensor : call.tensors("params")) {
    if (!tensor) call.refuse("its weights are computed, which Orrery's layer does not take");
    const std::string& name = tensor->view.name;
    tensors.emplace_back(name.substr(name.rfind('.') + 1), tensor);
  }
  const auto owner = owner_of(tensors);
  if (!owner || tensors[0].second->view.shape.size() != 2) call.refuse("its weights are not a module's");
  const std::vector<std::int64_t>& first = tensors[0].second->view.shape;
  options.insert(options.end(), {{"input_size", first[1]},
                                 {"hidden_size", first[0] / gates},
                                 {"num_layers", call.integer("num_layers", 1)},
                                 {"bias", call.boolean("has_biases", true)},
                                 {"batch_first", call.boolean("batch_first", false)},
                                 {"dropout", call.real("dropout", 0)},
                                 {"bidirectional", call.boolean("bidirectional", false)}});
  for (const auto& [slot, tensor] : tensors)
    if (slot == "weight_hr_l0") options.push_back({"proj_size", tensor->view.shape.at(0)});
  std::vector<Value> inputs = call.values("hx");
  inputs.insert(inputs.begin(), call.value("input"));
  call.give(call.net().layer(call.node(), layer, options, inputs, tensors, *owner));
}

void write_lstm(Pt2Call& call) { write_recurrent(call, "LSTM", 4, {}); }
void write_gru(Pt2Call& call) { write_recurrent(call, "GRU", 3, {}); }
void write_rnn_tanh(Pt2Call& call) {
  write_recurrent(call, "RNN", 1, {{"nonlinearity", std::string("tanh")}});
}
void write_rnn_relu(Pt2Call& call) {
  write_recurrent(call, "RNN", 1, {{"nonlinearity", std::string("relu")}});
}

}  // namespace

const std::map<std::string, Pt2Writer>& pt2_layers() {
  static const std::map<std::string, Pt2Writer> writers = {
      {"linear", write_linear},
      {"conv1d", write_convolution},
      {"conv2d", write_convolution},
      {"conv3d", write_convolution},
      {"convolution", write_convolution},
      {"conv_transpose1d", write_transposed},
      {"conv_transpose2d", write_transposed},
      {"conv_transpose3d", write_transposed},
      {"batch_norm", write_batch_norm},
      {"_native_batch_norm_legit_no_training", write_batch_norm},
      {"instance_norm", write_instance_norm},
      {"layer_norm", write_layer_norm},
      {"native_layer_norm", write_layer_norm},
      {"rms_norm", write_rms_norm},
      {"group_norm", write_group_norm},
      {"native_group_norm", write_group_norm},
      {"embedding", write_embedding},
      {"prelu", write_prelu},
      {"_prelu_kernel", write_prelu},
      {"dropout", write_dropout},
      {"alpha_dropout", write_dropout},
      {"feature_dropout", write_dropout},
      {"feature_alpha_dropout", write_dropout},
      {"lstm", write_lstm},
      {"gru", write_gru},
      {"rnn_tanh", write_rnn_tanh},
      {"rnn_relu", write_rnn_relu},
  };
  return writers;
}

}  // namespace orrery
