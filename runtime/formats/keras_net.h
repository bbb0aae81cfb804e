#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/formats/hdf5/keras_weights.h"
#include "runtime/formats/keras_model.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// A tensor of Keras in a graph. Keras keeps the channels of images last; layers of Orrery want them behind
/// the batch: `moved` says that they stand there.
struct KerasTensor {
  Value value;
  bool moved = false;

  std::size_t rank() const { return value.shape().size(); }
};

/// Options of a layer, as JSON has them. Values that are missing or none are the usual ones.
class KerasOptions {
 public:
  explicit KerasOptions(const nlohmann::json& options) : options_(options) {}

  bool has(const char* name) const { return options_.contains(name) && !options_.at(name).is_null(); }
  const nlohmann::json& at(const char* name) const { return options_.at(name); }
  std::int64_t integer(const char* name) const { return options_.at(name).get<std::int64_t>(); }
  std::int64_t integer(const char* name, std::int64_t usual) const {
    return has(name) ? integer(name) : usual;
  }
  double real(const char* name, double usual) const { return has(name) ? at(name).get<double>() : usual; }
  bool boolean(const char* name, bool usual) const { return has(name) ? at(name).get<bool>() : usual; }
  std::string text(const char* name, const std::string& usual) const;
  /// A number for each of so many dimensions; one number stands for all.
  std::vector<std::int64_t> sizes(const char* name, std::size_t count, std::int64_t usual = 1) const;
  std::vector<std::int64_t> integers(const char* name) const;
  bool channels_last() const { return text("data_format", "channels_last") == "channels_last"; }

 private:
  const nlohmann::json& options_;
};

/// What cannot be said by Orrery's operations, thrown while a layer is built.
struct KerasRefusal {
  std::string why;
};

/// Builds the nodes of a layer of Keras. What a layer's functions make under one name is one layer however
/// often it is applied.
class KerasNet {
 public:
  using Entries = std::vector<Attributes::Entry>;

  /// `weights`: what gives layers their first values; null where no file does.
  KerasNet(Graph& graph, const Registry& registry, Runtime& runtime, KerasWeights* weights = nullptr)
      : graph_(graph), registry_(registry), runtime_(runtime), weights_(weights) {}

  Graph& graph() { return graph_; }
  /// From now on layers belong to this one: `identity`, its path, is the same for each of its calls.
  void begin(const KerasLayer& theirs, std::string identity, std::string name, bool first_generation);
  bool first_generation() const { return first_generation_; }

  /// A stateless operation; `part` follows the layer's name, empty: it is called as the layer.
  std::vector<Value> apply(const std::string& operation, std::vector<Value> inputs, const Entries& options,
                           const std::string& part = {});
  /// A layer of Orrery; `change` sees it when it is made.
  std::vector<Value> layer(const std::string& operation, const Entries& options, std::vector<Value> inputs,
                           const std::string& part = {}, const std::function<void(Layer&)>& change = {});

  /// As Keras has it, and with the channels behind the batch. Nodes that only change this are not drawn.
  Value plain(const KerasTensor& tensor);
  Value moved(const KerasTensor& tensor);

 private:
  LayerPtr made_layer(const std::string& operation, const Entries& options);
  Value permuted(const Value& value, const std::vector<std::int64_t>& dims, bool to_moved);

  Graph& graph_;
  const Registry& registry_;
  Runtime& runtime_;
  KerasWeights* weights_;
  const KerasLayer* theirs_ = nullptr;
  std::string identity_, name_;
  bool first_generation_ = false, again_ = false;
  std::map<std::string, LayerPtr> layers_;
  std::map<std::string, int> begun_;
  std::map<std::tuple<int, int, bool>, Value> permuted_;
};

/// Builds one call of a layer; throws `KerasRefusal`.
using KerasWriter = std::vector<KerasTensor> (*)(KerasNet& net, const KerasOptions& options,
                                                 const std::vector<KerasTensor>& inputs,
                                                 const std::vector<KerasSource>& sources);

/// What builds a kind of layer; null for one that Orrery does not have. One table a family.
KerasWriter keras_writer(const std::string& kind);
const std::map<std::string, KerasWriter>& keras_image_layers();
const std::map<std::string, KerasWriter>& keras_plain_layers();
const std::map<std::string, KerasWriter>& keras_sequence_layers();
const std::map<std::string, KerasWriter>& keras_shape_layers();

/// Applies an activation by its name in Keras, or as JSON tells it; `part` as of `KerasNet::apply`.
KerasTensor keras_activation(KerasNet& net, const nlohmann::json& activation, KerasTensor tensor,
                             const std::string& part);
/// The one of an option `activation`, behind the layer itself.
KerasTensor keras_activated(KerasNet& net, const KerasOptions& options, KerasTensor tensor);

}  // namespace orrery
