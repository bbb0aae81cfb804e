#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace orrery {

/// Builds VizML's JSON in tests with few words: `v.layer("Linear", {{"in_features", "int", "4"}})` gives an
/// id.
struct VizmlJson {
  struct Parameter {
    std::string name, its_class, value;
  };

  nlohmann::json root = {{"nodes", nlohmann::json::array()},
                         {"blocks", nlohmann::json::array()},
                         {"links", nlohmann::json::array()}};

  int node(const std::string& type, const std::string& kind, const std::vector<Parameter>& parameters = {}) {
    const int id = static_cast<int>(root["nodes"].size()) + 1;
    root["nodes"].push_back({{"id", id},
                             {"node", kind},
                             {"type", type},
                             {"api", kind},
                             {"source", "PyTorch"},
                             {"parameters", nlohmann::json::array()}});
    for (const Parameter& each : parameters)
      root["nodes"].back()["parameters"].push_back({{"ParaName", each.name},
                                                    {"ParaClass", each.its_class},
                                                    {"ParaValue", each.value},
                                                    {"Required", 0}});
    return id;
  }
  int layer(const std::string& kind, const std::vector<Parameter>& parameters = {}) {
    return node("layer", kind, parameters);
  }
  int transform(const std::string& kind, const std::vector<Parameter>& parameters = {}) {
    return node("transform", kind, parameters);
  }
  int linear(int in, int out) {
    return layer("Linear",
                 {{"in_features", "int", std::to_string(in)}, {"out_features", "int", std::to_string(out)}});
  }
  int random_input(const std::string& size) {
    return node("input", "RandomTensor", {{"size", "tuple", size}});
  }

  void link(int from, int from_port, int to, int to_port) {
    root["links"].push_back({{"id", root["links"].size() + 1},
                             {"color", "#fb9a99"},
                             {"source", {{"nodeID", from}, {"port", from_port}}},
                             {"target", {{"nodeID", to}, {"port", to_port}}}});
  }
  /// From output to input, one after the other.
  void chain(const std::vector<int>& nodes) {
    for (size_t i = 1; i < nodes.size(); ++i) link(nodes[i - 1], 4, nodes[i], 1);
  }
  void block(const std::string& name, const std::vector<int>& nodes) {
    root["blocks"].push_back({{"id", 100 + root["blocks"].size()}, {"name", name}, {"nodeIDs", nodes}});
  }

  std::string text() const { return root.dump(); }
};

/// The digits' classifier: an input, Flatten, two layers with a ReLU between, and the loss, with an optimizer
/// of the layers and a Manager.
struct VizmlDigits : VizmlJson {
  int input = node("input", "MNIST", {{"max_batch_size", "int", "64"}});
  int flatten = transform("Flatten");
  int first = linear(784, 32), relu = layer("ReLU"), second = linear(32, 10);
  int scores = layer("LogSoftMax", {{"dim", "int", "1"}});
  int loss = layer("NLLLoss");
  int sgd = node("optimizer", "SGD", {{"lr", "float", "0.01"}});
  int manager = node("monitor", "MonitorFinal", {{"epochs", "int", "2"}});

  VizmlDigits() {
    chain({input, flatten, first, relu, second, scores, loss});
    link(input, 5, loss, 2);
    link(first, 3, sgd, 1);
    link(second, 3, sgd, 1);
    link(loss, 4, sgd, 2);
    block("Block10", {first, second});
  }
};

}  // namespace orrery
