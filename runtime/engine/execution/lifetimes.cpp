#include "runtime/engine/execution/lifetimes.h"

#include <map>
#include <set>
#include <unordered_map>

#include "runtime/graph/aliasing.h"

namespace orrery {
namespace {

// The node after which a value may go that `reader` reads: the reader, or the end of the loop that runs the
// reader again and again on the same value.
const Node* lasting_reader(const Value& value, const Node* reader, const Loops& loops) {
  const int home = loops.around(*value.node);
  if (home >= 0 && reader == loops.all()[static_cast<size_t>(home)].end) return reader;
  for (int at = loops.around(*reader); at != home && at >= 0;) {
    const Loop& loop = loops.all()[static_cast<size_t>(at)];
    reader = loop.end;
    at = loop.around;
  }
  return reader;
}

}  // namespace

std::vector<std::vector<Value>> find_releases(const std::vector<const Node*>& order,
                                              const std::vector<Value>& targets, const Loops& loops) {
  const std::set<Value, ValueLess> kept(targets.begin(), targets.end());
  std::unordered_map<const Node*, size_t> place;
  for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::map<Value, size_t, ValueLess> last_use;
  const auto use = [&](const Value& value, const Node* reader) {
    size_t& last = last_use[value];
    last = std::max(last, place.at(lasting_reader(value, reader, loops)));
  };
  for (const Node* node : order) {
    for (const Value& input : node->inputs())
      if (input) use(input, node);
    for (int output = 0; output < static_cast<int>(node->outputs().size()); ++output)
      use(output_of(*node, output), node);
  }
  std::vector<std::vector<Value>> releases(order.size());
  for (const auto& [value, last] : last_use) {
    if (!kept.contains(value)) releases[last].push_back(value);
  }
  return releases;
}

}  // namespace orrery
