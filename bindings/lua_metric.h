#pragma once

#include <functional>
#include <memory>

#include "bindings/kept_values.h"
#include "bindings/lua_object.h"
#include "runtime/governors/metric.h"

namespace orrery::lua {

/// A metric that functions of a script compute (`metrics.define`). The engine's Lua part makes its states,
/// when they are first wanted, so that describing it needs no engine.
class LuaMetric : public OwnMetric, public std::enable_shared_from_this<LuaMetric> {
 public:
  std::shared_ptr<MetricState> state(const Metric& metric) override;

  std::shared_ptr<KeptValues> values;
  KeptValue function;         ///< of the tensors of a batch; empty when it has the other two
  KeptValue update, compute;  ///< of a table, the state, and of the tensors of a batch
  /// What the engine gives (`equip_metric`).
  std::function<std::shared_ptr<MetricState>(const Metric& metric)> make;
};

template <>
struct LuaClass<LuaMetric> {
  static constexpr const char* name = "OwnMetric";
};

}  // namespace orrery::lua
