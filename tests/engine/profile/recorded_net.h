#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/profile/recorder.h"
#include "tests/engine/execution/modes.h"
#include "tests/graph/builder.h"

/// A small net whose steps are recorded, and the records of a block or node.
namespace orrery {

inline constexpr std::int64_t kFloat = 4;

inline const BlockProfileRecord* find(const std::vector<BlockProfileRecord>& records, const std::string& path,
                                      Quantity quantity) {
  const auto found = std::ranges::find_if(records, [&](const BlockProfileRecord& record) {
    return record.path == path && record.quantity == quantity;
  });
  return found == records.end() ? nullptr : &*found;
}

inline double mean(const std::vector<BlockProfileRecord>& records, const std::string& path,
                   Quantity quantity) {
  const BlockProfileRecord* record = find(records, path, quantity);
  return record ? record->mean : -1;
}

inline double of_node(const std::vector<NodeProfile>& nodes, const std::string& path, Quantity quantity) {
  for (const NodeProfile& node : nodes) {
    if (node.path == path) return mean(node.quantities, path, quantity);
  }
  return -2;
}

/// x (N, 3) → body { Linear(3, 4), relu, flatten } → head { Linear(4, 2) } → sum
struct SmallNet {
  explicit SmallNet(ProfileChoice level = {.level = ProfileLevel::node}) {
    const Dim n = Dim::symbol("N");
    const auto fields = b.graph.input({{{"x", {{n, 3}, DType::float32}, false}}, {}, "{}"}, b.next_line());
    b.graph.begin_block("body", b.next_line());
    first = b.linear(3, 4);
    Value x = b.transform("relu", {b.apply(first, {fields[0]})});
    x = b.transform("flatten", {x}, {{"start_dim", std::int64_t{1}}});
    b.graph.end_block();
    b.graph.begin_block("head", b.next_line());
    second = b.linear(4, 2);
    x = b.apply(second, {x});
    b.graph.end_block();
    loss = b.transform("sum", {x});
    b.graph.use({Use::Kind::loss, loss, "loss"});
    b.graph.finalize();
    executor = std::make_unique<Executor>(Engine::of(b.runtime), b.graph, std::vector{loss});
    recorder = std::make_unique<Recorder>(b.graph, level);
    executor->set_sink(recorder.get());
  }

  void step(std::int64_t batch) {
    const at::Tensor out = executor->forward({{"x", at::ones({batch, 3})}}, kTrain)[0];
    std::vector<ParameterPtr> all = first->parameters();
    all.insert(all.end(), second->parameters().begin(), second->parameters().end());
    executor->backward({{out, all}});
  }

  const std::vector<ParameterPtr>& head() const { return second->parameters(); }

  Builder b;
  LayerPtr first, second;
  Value loss;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<Recorder> recorder;
};

}  // namespace orrery
