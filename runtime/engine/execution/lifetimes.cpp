#include "runtime/engine/execution/lifetimes.h"

#include <map>
#include <set>

#include "runtime/engine/execution/aliasing.h"

namespace orrery {

std::vector<std::vector<Value>> find_releases(const std::vector<const Node*>& order,
                                              const std::vector<Value>& targets) {
  const std::set<Value, ValueLess> kept(targets.begin(), targets.end());
  std::map<Value, size_t, ValueLess> last_use;
  for (size_t i = 0; i < order.size(); ++i) {
    for (const Value& input : order[i]->inputs()) {
      if (input) last_use[input] = i;
    }
    for (int output = 0; output < static_cast<int>(order[i]->outputs().size()); ++output) {
      last_use[output_of(*order[i], output)] = i;
    }
  }
  std::vector<std::vector<Value>> releases(order.size());
  for (const auto& [value, last] : last_use) {
    if (!kept.contains(value)) releases[last].push_back(value);
  }
  return releases;
}

}  // namespace orrery
