#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"
#include "runtime/ops/operations.h"

namespace orrery {

/// Builds graphs in tests with few words: `b.layer("Conv2d", {{"in_channels", 1L}, …})`.
struct Builder {
  explicit Builder(std::string name = "digits") : graph(std::move(name), {{"digits.lua", 1}, ""}) {}

  Runtime runtime;
  Graph graph;
  int line = 1;

  Origin next_line() { return {{"digits.lua", ++line}, ""}; }

  LayerPtr layer(const std::string& kind, std::vector<Attributes::Entry> options = {}) {
    const Descriptor& descriptor = operations().get(kind);
    return runtime.make_layer(descriptor, checked_attributes(descriptor.attributes, options), next_line());
  }

  Value apply(const LayerPtr& layer, std::vector<Value> inputs) {
    return graph.apply(layer, std::move(inputs), next_line())[0];
  }
  Value apply(const std::string& kind, std::vector<Attributes::Entry> options, std::vector<Value> inputs) {
    return apply(layer(kind, std::move(options)), std::move(inputs));
  }
  Value transform(const std::string& name, std::vector<Value> inputs,
                  std::vector<Attributes::Entry> options = {}) {
    const Descriptor& descriptor = operations().get(name);
    return graph.apply(descriptor, checked_attributes(descriptor.attributes, options), std::move(inputs),
                       next_line())[0];
  }

  /// Fields `image` (N, 1, 8, 8) and `label` (N).
  std::vector<Value> digits_input() {
    const Dim n = Dim::symbol("N");
    return graph.input(
        {{{"image", {{n, 1, 8, 8}, DType::float32}, false}, {"label", {{n}, DType::int64}, true}}, {}, "{}"},
        next_line());
  }

  LayerPtr conv(std::int64_t in, std::int64_t out) {
    return layer("Conv2d", {{"in_channels", in},
                            {"out_channels", out},
                            {"kernel_size", std::int64_t{3}},
                            {"padding", std::int64_t{1}}});
  }
  LayerPtr linear(std::int64_t in, std::int64_t out) {
    return layer("Linear", {{"in_features", in}, {"out_features", out}});
  }

  /// The network of the design's first example, as two blocks; returns the loss.
  Value digits_net() {
    const std::vector<Value> fields = digits_input();
    graph.begin_block("features", next_line());
    Value x = transform("relu", {apply(conv(1, 16), {fields[0]})});
    x = apply("MaxPool2d", {{"kernel_size", std::int64_t{2}}}, {x});
    graph.end_block();
    graph.begin_block("classifier", next_line());
    const Value logits =
        apply(linear(256, 10), {transform("flatten", {x}, {{"start_dim", std::int64_t{1}}})});
    graph.end_block();
    return apply("CrossEntropyLoss", {}, {logits, fields[1]});
  }
};

/// The findings of whatever the action throws; empty when it throws nothing.
template <class Action>
std::vector<Finding> findings_of(Action&& action) {
  try {
    action();
  } catch (const CheckError& error) {
    return error.findings();
  }
  return {};
}

}  // namespace orrery
