#pragma once

#include <string>
#include <utility>

#include "tests/graph/builder.h"

namespace orrery {

/// A graph with one input field, of which tests make something: code, ONNX.
struct InputNet : Builder {
  explicit InputNet(Shape shape = {Dim::symbol("N"), 4}, DType dtype = DType::float32,
                    const std::string& field = "image")
      : x(graph.input({{{field, {std::move(shape), dtype}, false}}, {}, "{}"}, next_line())[0]) {}

  template <class Body>
  const Block& block(const std::string& name, Body body) {
    Block& made = graph.begin_block(name, next_line());
    body();
    graph.end_block();
    return made;
  }

  /// The graph, with that output.
  const Graph& giving(const Value& result) {
    graph.use({Use::Kind::output, result, "y"});
    return graph;
  }

  Value x;
};

}  // namespace orrery
