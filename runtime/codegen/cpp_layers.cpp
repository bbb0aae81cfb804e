#include <algorithm>

#include <fmt/format.h>

#include "runtime/codegen/cpp_form.h"
#include "runtime/codegen/shared_layers.h"

// Layers with weights: functions of the file's own (cpp_helpers.cpp).

namespace orrery {
namespace {

// Where the layer's weights are: a part of the block's, or what was named before.
std::string cpp_weights_of(const CppNode& it) {
  return it.scope().made.empty() ? "w / " + it.scope().layer_name : it.scope().made;
}

CodeCall cpp_applied(const CppNode& it, const std::string& helper, std::vector<CodeArgument> behind = {}) {
  if (it.scope().helpers) it.scope().helpers->insert(helper);
  CodeCall call{helper + "("};
  for (std::size_t port = 0; port < it.node().inputs().size(); ++port)
    if (it.linked(port)) call.arguments.push_back({{}, it.in(port), true});
  call.arguments.push_back({{}, cpp_weights_of(it), true});
  std::ranges::move(behind, std::back_inserter(call.arguments));
  call.tail = ")";
  return call;
}

CodeArgument cpp_typed(const CppNode& it, const char* name, const char* type, const std::string& usual = {}) {
  const std::string text = it.text(name);
  return {name, text, true, text == usual, true, type};
}

CodeArgument cpp_eps(const CppNode& it) { return cpp_typed(it, "eps", "double", "1e-05"); }

CppForm cpp_plain(std::string helper) {
  return [helper = std::move(helper)](const CppNode& it) { return cpp_applied(it, helper); };
}

CodeCall cpp_linear(const CppNode& it) {
  if (!it.scope().tied.empty())
    return {fmt::format("torch::linear({}, {}[\"weight\"])", it.in(), it.scope().tied)};
  return cpp_applied(it, "linear");
}

CodeCall cpp_embedding(const CppNode& it) {
  if (it.options().has("max_norm")) cpp_refuse("max_norm");
  return cpp_applied(it, "embedding");
}

std::vector<CodeArgument> cpp_window(const CppNode& it) {
  if (it.options().text("padding_mode") != "zeros") cpp_refuse("padding_mode");
  if (it.options().is_text("padding")) cpp_refuse("padding by a word");
  const std::size_t rank = it.options().integers("kernel_size").size();
  const auto all = [&](const char* value) { return cpp_list(std::vector<std::string>(rank, value)); };
  std::vector<CodeArgument> words;
  const auto add = [&](const char* name, const char* usual) {
    words.push_back(cpp_typed(it, name, "at::IntArrayRef", all(usual)));
  };
  add("stride", "1"), add("padding", "0");
  const bool is_transposed = it.node().descriptor()->name.starts_with("ConvTranspose");
  if (is_transposed && it.options().has("output_size")) cpp_refuse("output_size");
  if (is_transposed) add("output_padding", "0");
  if (!is_transposed) add("dilation", "1");
  words.push_back(cpp_typed(it, "groups", "int64_t", "1"));
  if (is_transposed) add("dilation", "1");
  return words;
}

CppForm cpp_convolution(std::string helper) {
  return [helper = std::move(helper)](const CppNode& it) { return cpp_applied(it, helper, cpp_window(it)); };
}

CodeCall cpp_batch_norm(const CppNode& it) {
  if (!it.options().boolean("track_running_stats")) cpp_refuse("track_running_stats = false");
  return cpp_applied(it, "batch_norm", {cpp_eps(it)});
}

CodeCall cpp_layer_norm(const CppNode& it) {
  return cpp_applied(it, "layer_norm", {cpp_typed(it, "normalized_shape", "at::IntArrayRef"), cpp_eps(it)});
}

CodeCall cpp_rms_norm(const CppNode& it) {
  return cpp_applied(it, "rms_norm",
                     {cpp_typed(it, "normalized_shape", "at::IntArrayRef"),
                      cpp_typed(it, "eps", "std::optional<double>", "std::nullopt")});
}

CodeCall cpp_group_norm(const CppNode& it) {
  return cpp_applied(it, "group_norm", {cpp_typed(it, "num_groups", "int64_t"), cpp_eps(it)});
}

CppForm cpp_recurrent(std::string helper) {
  return [helper = std::move(helper)](const CppNode& it) {
    if (helper == "lstm" && it.options().integer("proj_size") > 0) cpp_refuse("proj_size");
    return cpp_applied(
        it, helper,
        {cpp_typed(it, "num_layers", "int64_t"), cpp_typed(it, "bidirectional", "bool", "false"),
         cpp_typed(it, "batch_first", "bool", "false")});
  };
}

CodeCall cpp_multihead(const CppNode& it) {
  it.takes_only(
      {"embed_dim", "num_heads", "dropout", "bias", "batch_first", "need_weights", "average_attn_weights"});
  if (!it.options().boolean("batch_first") || it.linked(3) || it.linked(4))
    cpp_refuse("masks, or the batch behind");
  return cpp_applied(it, "attention", {cpp_typed(it, "num_heads", "int64_t")});
}

}  // namespace

const CppForms& cpp_layers() {
  static const CppForms forms = [] {
    CppForms all = {{"Linear", cpp_linear},
                    {"Embedding", cpp_embedding},
                    {"SyncBatchNorm", cpp_batch_norm},
                    {"LayerNorm", cpp_layer_norm},
                    {"RMSNorm", cpp_rms_norm},
                    {"GroupNorm", cpp_group_norm},
                    {"PReLU", cpp_plain("prelu")},
                    {"LSTM", cpp_recurrent("lstm")},
                    {"GRU", cpp_recurrent("gru")},
                    {"MultiheadAttention", cpp_multihead}};
    for (const char* d : {"1d", "2d", "3d"}) {
      all.emplace(fmt::format("Conv{}", d), cpp_convolution(fmt::format("conv{}", d)));
      all.emplace(fmt::format("ConvTranspose{}", d), cpp_convolution(fmt::format("conv_transpose{}", d)));
      all.emplace(fmt::format("BatchNorm{}", d), cpp_batch_norm);
    }
    return all;
  }();
  return forms;
}

}  // namespace orrery
