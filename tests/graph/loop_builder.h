#pragma once

#include "tests/graph/builder.h"

namespace orrery {

/// Frames nodes as orrery.scan does, in a block of their own.
struct LoopBuilder {
  /// `carries` of the values are handed from step to step, the others are cut into slices.
  LoopBuilder(Builder& builder, std::vector<Value> values, std::int64_t carries = 1)
      : b(builder), count(carries) {
    b.graph.begin_block("scan", b.next_line());
    const Descriptor& kind = operations().get("scan_begin");
    begun = b.graph.apply(kind, checked_attributes(kind.attributes, {{"carries", carries}}),
                          std::move(values), b.next_line());
  }
  /// The nth output of the begin behind the steps' numbers: carries first, then slices.
  Value operator[](size_t n) const { return begun[1 + n]; }

  /// The next carries, then what is stacked.
  std::vector<Value> end(const std::vector<Value>& made, std::vector<Attributes::Entry> options = {}) {
    std::vector<Value> inputs(begun.begin(), begun.begin() + 1 + count);
    inputs.insert(inputs.end(), made.begin(), made.end());
    const Descriptor& kind = operations().get("scan_end");
    options.push_back({"carries", count});
    auto outputs =
        b.graph.apply(kind, checked_attributes(kind.attributes, options), std::move(inputs), b.next_line());
    b.graph.end_block();
    return outputs;
  }

  Builder& b;
  std::int64_t count;
  std::vector<Value> begun;
};

/// A graph over a sequence `x` of shape (N, width), whose length N is a symbol, with a first carry `h` of
/// shape (width) that is a constant.
struct SequenceBuilder : Builder {
  explicit SequenceBuilder(std::int64_t width = 4) : Builder("sequence") {
    x = graph.input({{{"x", {{Dim::symbol("N"), width}, DType::float32}, false}}, {}, "{}"}, next_line())[0];
    first = std::make_shared<Parameter>();
    first->name = "h";
    first->shape = {Dim(width)};
    first->trainable = false;
    runtime.draws.initialise(first);
    h = graph.constant(first, next_line(), "h");
  }
  Value x, h;
  ParameterPtr first;
};

}  // namespace orrery
