// The core: what is done with a graph of 1,000 nodes (and of more) before anything is computed.

#include "runtime/graph/json.h"
#include "runtime/graph/runtime.h"
#include "runtime/graph/structural_hash.h"
#include "runtime/ops/operations.h"
#include "tests/bench/networks.h"
#include "tests/bench/stopwatch.h"

namespace orrery::bench {
namespace {

constexpr int kNodes = 1000;
constexpr int kManyNodes = 20'000;
constexpr int kRepetitions = 15;

Measured build() {
  return {timed(kRepetitions, [] { residual_net(kNodes)->finalize(); }), {}};
}

Measured build_large() {
  return {timed(5, [] { residual_net(kManyNodes)->finalize(); }), {}};
}

// The same number of nodes in one graph and in graphs of 1,000: the ratio is 1 where cost grows linearly.
Measured growth(int nodes) {
  const auto one = [=] { residual_net(nodes)->finalize(); };
  const auto many = [=] {
    for (int built = 0; built < nodes; built += kNodes) residual_net(kNodes)->finalize();
  };
  return interleaved(5, one, many);
}

Measured hash() {
  const auto graph = residual_net(kNodes);
  return {timed(kRepetitions, [&] { structural_hash(*graph); }), {}};
}

Measured write_json() {
  const auto graph = residual_net(kNodes);
  return {timed(kRepetitions, [&] { to_json(*graph); }), {}};
}

Measured read_json() {
  const std::string text = to_json(*residual_net(kNodes));
  return {timed(kRepetitions,
                [&] {
                  Runtime runtime;
                  graph_from_json(text, operations(), runtime, "the graph");
                }),
          {}};
}

}  // namespace

std::vector<Figure> graph_figures() {
  return {
      {"graph.build", "building and finalizing a graph of 1,000 nodes", kMilliseconds, build},
      {"graph.build_20000", "building and finalizing a graph of 20,000 nodes", kMilliseconds, build_large,
       400},
      {"graph.growth_10000", "a graph of 10,000 nodes, against 10 of 1,000", kMilliseconds,
       [] { return growth(10'000); }, 2},
      {"graph.growth_100000", "a graph of 100,000 nodes, against 100 of 1,000", kMilliseconds,
       [] { return growth(100'000); }, 2},
      {"graph.hash", "structural hash of a graph of 1,000 nodes", kMilliseconds, hash},
      {"graph.write_json", "canonical JSON of a graph of 1,000 nodes", kMilliseconds, write_json},
      {"graph.read_json", "a graph of 1,000 nodes from its JSON", kMilliseconds, read_json},
  };
}

}  // namespace orrery::bench
