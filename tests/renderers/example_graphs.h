#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery::test {

/// Writes graphs as scripts do, without a script.
class Sketcher {
 public:
  explicit Sketcher(const std::string& name = "example") : graph(std::make_unique<Graph>(name)) {}

  using Options = std::vector<Attributes::Entry>;

  /// An input node with these fields; the batch `N` is put in front.
  std::vector<Value> input(const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& fields);
  Value layer(const std::string& operation, const Options& options, const std::vector<Value>& inputs,
              const std::string& name = {}, const std::string& label = {});
  Value apply(const std::string& operation, const std::vector<Value>& inputs, const Options& options = {},
              const std::string& name = {});
  Value conv(Value x, int in, int out, int kernel, int padding = 0, int stride = 1);
  Value relu(Value x) { return layer("ReLU", {}, {x}); }
  Value norm(Value x, int channels) {
    return layer("BatchNorm2d", {{"num_features", std::int64_t{channels}}}, {x});
  }

  std::unique_ptr<Graph> graph;
};

/// A finding as the checks report it.
Finding finding(const std::string& code, const std::string& path, Severity severity = Severity::error);

// Networks that show what the drawing must cope with.
std::unique_ptr<Graph> digits();
std::unique_ptr<Graph> resnet18();
std::unique_ptr<Graph> inception();
std::unique_ptr<Graph> unet(int depth = 3);
std::unique_ptr<Graph> chain(int nodes);
std::unique_ptr<Graph> dense_block(int layers);
std::unique_ptr<Graph> attention(int heads);
/// Blocks made by grouping nodes so that each reads the other.
std::unique_ptr<Graph> entangled();
/// Blocks that flow in all directions inside each other.
std::unique_ptr<Graph> directions();
/// A loop by hand around one cell, with a tick behind each step, and a linear layer behind the last.
std::unique_ptr<Graph> steps(int count, bool lstm = false);
/// A recurrent layer over a sequence of 35.
std::unique_ptr<Graph> recurrent(const std::string& operation, int layers, bool bidirectional);

}  // namespace orrery::test
