// Layers of Keras for sequences: their tensors are (batch, steps, features) in both.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/formats/keras_net.h"

namespace orrery {
namespace {

using Steps = std::vector<KerasTensor>;
using Given = std::vector<KerasSource>;

std::int64_t known(const Dim& dim, const char* what) {
  if (!dim.known()) throw KerasRefusal{fmt::format("the number of {} is not known", what)};
  return dim.value();
}

Steps embedding(KerasNet& net, const KerasOptions& options, const Steps& inputs, const Given&) {
  if (options.boolean("mask_zero", false)) throw KerasRefusal{"mask_zero"};
  const Value value = net.plain(inputs.at(0));
  return {{net.layer(
      "Embedding",
      {{"num_embeddings", options.integer("input_dim")}, {"embedding_dim", options.integer("output_dim")}},
      {value})[0]}};
}

void require_usual(const KerasOptions& options, const char* name, const char* usual) {
  const std::string text = options.text(name, usual);
  if (text != usual) throw KerasRefusal{fmt::format("{} '{}'", name, text)};
}

void require_without(const KerasOptions& options, std::initializer_list<const char*> switches) {
  for (const char* name : switches)
    if (options.boolean(name, false)) throw KerasRefusal{name};
  for (const char* name : {"dropout", "recurrent_dropout"})
    if (options.real(name, 0) != 0) throw KerasRefusal{name};
}

/// What a recurrent layer is here.
struct Recurrent {
  const char* operation;
  KerasNet::Entries options;
};

Recurrent recurrent_of(const std::string& kind, const KerasOptions& options) {
  require_without(options, {"go_backwards", "stateful", "time_major"});
  KerasNet::Entries entries{{"hidden_size", options.integer("units")},
                            {"bias", options.boolean("use_bias", true)},
                            {"batch_first", true}};
  if (kind == "SimpleRNN") {
    const std::string function = options.text("activation", "tanh");
    if (function != "tanh" && function != "relu")
      throw KerasRefusal{fmt::format("activation '{}'", function)};
    if (function == "relu") entries.push_back({"nonlinearity", "relu"});
    return {"RNN", entries};
  }
  require_usual(options, "activation", "tanh");
  require_usual(options, "recurrent_activation", "sigmoid");
  if (kind == "LSTM") return {"LSTM", entries};
  if (!options.boolean("reset_after", true)) throw KerasRefusal{"reset_after = false"};
  return {"GRU", entries};
}

// The last step of a forward direction, the first of a backward one: what the final state is.
Value final_state(KerasNet& net, const Value& h, std::int64_t direction) {
  return net.apply("select", {h}, {{"dim", std::int64_t{0}}, {"index", direction}}, "last")[0];
}

Steps recurrent(KerasNet& net, const std::string& kind, const KerasOptions& options, const Steps& inputs) {
  if (inputs.size() > 1) throw KerasRefusal{"a first state that is given"};
  Recurrent with = recurrent_of(kind, options);
  const Value value = net.plain(inputs.at(0));
  with.options.push_back({"input_size", known(value.shape().back(), "features")});
  const auto made = net.layer(with.operation, with.options, {value});
  Steps results{{options.boolean("return_sequences", false) ? made[0] : final_state(net, made[1], 0)}};
  if (!options.boolean("return_state", false)) return results;
  for (std::size_t at = 1; at < made.size(); ++at)
    results.push_back({net.apply("select", {made[at]}, {{"dim", std::int64_t{0}}, {"index", std::int64_t{0}}},
                                 at == 1 ? "h" : "c")[0]});
  return results;
}

Steps lstm(KerasNet& net, const KerasOptions& options, const Steps& inputs, const Given&) {
  return recurrent(net, "LSTM", options, inputs);
}
Steps gru(KerasNet& net, const KerasOptions& options, const Steps& inputs, const Given&) {
  return recurrent(net, "GRU", options, inputs);
}
Steps simple_rnn(KerasNet& net, const KerasOptions& options, const Steps& inputs, const Given&) {
  return recurrent(net, "SimpleRNN", options, inputs);
}

// Both directions beside each other.
Steps bidirectional(KerasNet& net, const KerasOptions& options, const Steps& inputs, const Given&) {
  require_usual(options, "merge_mode", "concat");
  const nlohmann::json& inner = options.at("layer");
  const auto kind = inner.at("class_name").get<std::string>();
  const KerasOptions own(inner.at("config"));
  if (kind != "LSTM" && kind != "GRU" && kind != "SimpleRNN")
    throw KerasRefusal{"both directions of " + kind};
  if (own.boolean("return_state", false)) throw KerasRefusal{"return_state"};
  if (inputs.size() > 1) throw KerasRefusal{"a first state that is given"};
  Recurrent with = recurrent_of(kind, own);
  const Value value = net.plain(inputs.at(0));
  with.options.push_back({"input_size", known(value.shape().back(), "features")});
  with.options.push_back({"bidirectional", true});
  const auto made = net.layer(with.operation, with.options, {value});
  if (own.boolean("return_sequences", false)) return {{made[0]}};
  const Value forward = final_state(net, made[1], 0);
  const Value backward =
      net.apply("select", {made[1]}, {{"dim", std::int64_t{0}}, {"index", std::int64_t{1}}}, "first")[0];
  return {{net.apply("cat", {forward, backward}, {{"dim", std::int64_t{-1}}}, "both")[0]}};
}

std::size_t place_of(const Given& given, const std::string& argument, std::size_t usual) {
  for (std::size_t at = 0; at < given.size(); ++at)
    if (given[at].argument == argument) return at;
  return usual;
}

Steps multi_head_attention(KerasNet& net, const KerasOptions& options, const Steps& inputs,
                           const Given& given) {
  for (const KerasSource& source : given)
    if (source.argument.ends_with("mask")) throw KerasRefusal{source.argument};
  const Value query = net.plain(inputs.at(place_of(given, "query", 0)));
  const std::size_t at_value = place_of(given, "value", std::min<std::size_t>(1, inputs.size() - 1));
  const Value value = net.plain(inputs.at(at_value));
  const Value key = net.plain(inputs.at(place_of(given, "key", inputs.size() > 2 ? 2 : at_value)));
  const std::int64_t size = known(query.shape().back(), "features");
  const std::int64_t heads = options.integer("num_heads"), width = options.integer("key_dim");
  if (heads * width != size || options.integer("value_dim", width) != width || options.has("output_shape"))
    throw KerasRefusal{fmt::format("heads of {} × {} for {} features", heads, width, size)};
  KerasNet::Entries entries{{"embed_dim", size},
                            {"num_heads", heads},
                            {"dropout", options.real("dropout", 0)},
                            {"bias", options.boolean("use_bias", true)},
                            {"batch_first", true},
                            {"need_weights", false}};
  const std::int64_t of_key = known(key.shape().back(), "features"),
                     of_value = known(value.shape().back(), "features");
  if (of_key != size) entries.push_back({"kdim", of_key});
  if (of_value != size) entries.push_back({"vdim", of_value});
  return {{net.layer("MultiheadAttention", entries, {query, key, value})[0]}};
}

// A layer at each step: a Dense one sees the last dimension anyway.
Steps time_distributed(KerasNet& net, const KerasOptions& options, const Steps& inputs, const Given& given) {
  const nlohmann::json& inner = options.at("layer");
  const auto kind = inner.at("class_name").get<std::string>();
  if (kind != "Dense" && kind != "Activation" && kind != "Dropout")
    throw KerasRefusal{fmt::format("{} at each step", kind)};
  return keras_writer(kind)(net, KerasOptions(inner.at("config")), inputs, given);
}

}  // namespace

const std::map<std::string, KerasWriter>& keras_sequence_layers() {
  static const std::map<std::string, KerasWriter> table = {{"Embedding", embedding},
                                                           {"LSTM", lstm},
                                                           {"GRU", gru},
                                                           {"SimpleRNN", simple_rnn},
                                                           {"Bidirectional", bidirectional},
                                                           {"MultiHeadAttention", multi_head_attention},
                                                           {"TimeDistributed", time_distributed}};
  return table;
}

}  // namespace orrery
