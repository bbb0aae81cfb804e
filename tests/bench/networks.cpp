#include "tests/bench/networks.h"

#include "tests/renderers/example_graphs.h"

namespace orrery::bench {
namespace {

constexpr int kChannels = 16;
constexpr int kNodesOfABlock = 7;

Value residual_block(test::Sketcher& s, Value x) {
  s.graph->begin_block("residual");
  Value y = s.relu(s.norm(s.conv(x, kChannels, kChannels, 3, 1), kChannels));
  y = s.norm(s.conv(y, kChannels, kChannels, 3, 1), kChannels);
  y = s.relu(s.apply("add", {y, x}));
  s.graph->end_block();
  return y;
}

}  // namespace

std::unique_ptr<Graph> residual_net(int nodes) {
  test::Sketcher s("residual");
  Value x = s.input({{"image", {1, 16, 16}}})[0];
  x = s.conv(x, 1, kChannels, 3, 1);
  int left = nodes - 2;
  for (; left >= kNodesOfABlock; left -= kNodesOfABlock) x = residual_block(s, x);
  for (; left > 0; --left) x = s.relu(x);
  return std::move(s.graph);
}

}  // namespace orrery::bench
