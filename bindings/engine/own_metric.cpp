// Metrics that functions of a script compute: metrics.define.
#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/engine/stopped.h"
#include "bindings/engine/tensor.h"
#include "bindings/json.h"
#include "bindings/lua_args.h"
#include "bindings/lua_metric.h"
#include "runtime/engine/training/metric_sum.h"

namespace orrery::lua {
namespace {

/// What both forms share: how a function is called, and what its errors become.
class FunctionState : public MetricState {
 public:
  FunctionState(const Metric& metric, std::shared_ptr<LuaMetric> own, Runtime& runtime)
      : name_(metric.name), site_(metric.origin.site), own_(std::move(own)), runtime_(runtime) {}

 protected:
  void call(const std::function<void(lua_State* L)>& action) const {
    try {
      own_->values->run(action);
    } catch (const LuaFailure& failure) {
      throw Error(Fault::run, fmt::format("the function of metric '{}' failed: {}", name_, failure.what()),
                  site_);
    } catch (const Error& error) {
      throw_if_stopped(runtime_, error.fault());
      throw;
    }
  }

  // What a function does to its tensors in place stays its own.
  static int push_copies(lua_State* L, const std::vector<at::Tensor>& values) {
    std::vector<at::Tensor> copies;
    for (const at::Tensor& value : values) copies.push_back(value.clone());
    return push_tensors(L, copies);
  }

  // The number on top, or that of a tensor there.
  at::Tensor result(lua_State* L) const {
    if (lua_type(L, -1) == LUA_TNUMBER) return at::scalar_tensor(lua_tonumber(L, -1), at::kDouble);
    const bool tensor = is_tensor(L, -1);
    const at::Tensor given = tensor ? read_tensor(L, -1, "the function of a metric") : at::Tensor();
    if (!tensor || given.numel() != 1)
      throw LuaFailure(fmt::format("it must return a number, or a tensor of one, got {}",
                                   tensor ? fmt::format("a tensor of {}", given.numel()) : type_name(L, -1)));
    return given.detach().to(at::kDouble).reshape({});
  }

  std::string name_;
  SourceSite site_;
  std::shared_ptr<LuaMetric> own_;

 private:
  Runtime& runtime_;
};

/// The mean over samples of what a function gives for each batch.
class FunctionMean : public FunctionState {
 public:
  using FunctionState::FunctionState;

  void add(const std::vector<at::Tensor>& values, std::int64_t samples) override {
    call([&](lua_State* L) {
      own_->function.push(L);
      lua_call(L, push_copies(L, values), 1);
      sum_.add(result(L) * samples);
    });
    samples_ += samples;
  }
  std::vector<double> numbers() const override {
    if (samples_ == 0) return {std::numeric_limits<double>::quiet_NaN()};
    return {sum_.value() / static_cast<double>(samples_)};
  }
  void reset() override {
    sum_ = RunningSum();
    samples_ = 0;
  }
  void save(const std::string& name, Checkpoint& to) const override {
    to.numbers[name + ".sum"] = sum_.value();
    to.numbers[name + ".samples"] = static_cast<double>(samples_);
  }
  void load(const std::string& name, const Checkpoint& from) override {
    reset();
    sum_.add(from.number(name + ".sum"));
    samples_ = from.count(name + ".samples");
  }

 private:
  RunningSum sum_;
  std::int64_t samples_ = 0;
};

/// What `compute` makes of the table that `update` fills.
class FunctionTable : public FunctionState {
 public:
  using FunctionState::FunctionState;

  void add(const std::vector<at::Tensor>& values, std::int64_t) override {
    call([&](lua_State* L) {
      if (!table_) keep(L, [](lua_State* state) { lua_newtable(state); });
      own_->update.push(L);
      table_.push(L);
      lua_call(L, 1 + push_copies(L, values), 0);
    });
  }
  std::vector<double> numbers() const override {
    double number = std::numeric_limits<double>::quiet_NaN();
    if (!table_) return {number};
    call([&](lua_State* L) {
      own_->compute.push(L);
      table_.push(L);
      lua_call(L, 1, 1);
      number = result(L).item<double>();
    });
    return {number};
  }
  void reset() override { table_ = KeptValue(); }
  void save(const std::string& name, Checkpoint& to) const override {
    if (!table_) return;
    call([&](lua_State* L) {
      table_.push(L);
      to.texts[name + ".table"] = "[" + whole_json_of(L, lua_gettop(L)) + "]";
    });
  }
  void load(const std::string& name, const Checkpoint& from) override {
    reset();
    const auto kept = from.texts.find(name + ".table");
    if (kept == from.texts.end()) return;
    call([&](lua_State* L) { keep(L, [&](lua_State* state) { push_json_items(state, kept->second); }); });
  }

 private:
  template <class Push>
  void keep(lua_State* L, Push push_table) {
    push_table(L);
    table_ = KeptValue(L, lua_gettop(L), own_->values);
    lua_pop(L, 1);
  }

  KeptValue table_;  ///< empty before the first batch
};

// equip_metric(metric)
int equip_metric(lua_State* L) {
  LuaMetric& own = get<LuaMetric>(L, 1);
  Runtime& runtime = *border(L).runtime;
  own.make = [&own, &runtime](const Metric& metric) -> std::shared_ptr<MetricState> {
    if (own.function) return std::make_shared<FunctionMean>(metric, own.shared_from_this(), runtime);
    return std::make_shared<FunctionTable>(metric, own.shared_from_this(), runtime);
  };
  return 0;
}

}  // namespace

void open_own_metrics(lua_State* L) { add_functions(L, {{"equip_metric", guarded<equip_metric>}}); }

}  // namespace orrery::lua
