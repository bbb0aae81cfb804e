// The samples of data that functions of a script give, or a module with a Lua state per worker.
#include "bindings/own_data.h"

#include <mutex>

#include <ATen/ATen.h>

#include "bindings/border.h"
#include "bindings/engine/nested_table.h"
#include "bindings/engine/stopped.h"
#include "bindings/engine/tensor.h"
#include "bindings/error_text.h"
#include "bindings/lua_args.h"
#include "bindings/lua_state.h"
#include "runtime/engine/data/samples.h"

namespace orrery::lua {
namespace {

// The value of a field, on top of the stack, in the field's dtype.
at::Tensor read_field_value(lua_State* L, const Field& field, const std::string& who) {
  const at::TensorOptions options(scalar_type(field.type.dtype));
  const std::string name = who + ": field '" + field.name + "'";
  if (is_tensor(L, -1)) return read_tensor(L, lua_gettop(L), name).detach().to(options);
  return NestedTable(L, lua_gettop(L), name).tensor(options);
}

// A sample, on top of the stack: a table with a value per field.
std::vector<at::Tensor> read_sample(lua_State* L, const std::vector<Field>& fields, const std::string& who) {
  check(lua_istable(L, -1), Fault::usage, "{} gave {} where it gives a table with the fields of a sample",
        who, type_name(L, lua_gettop(L)));
  std::vector<at::Tensor> values;
  for (const Field& field : fields) {
    lua_pushlstring(L, field.name.data(), field.name.size());
    lua_rawget(L, -2);
    check(!lua_isnil(L, -1), Fault::usage, "{} gave no field '{}'", who, field.name);
    values.push_back(read_field_value(L, field, who));
    lua_pop(L, 1);
  }
  return values;
}

// What a function of the script raised says where; a stop stays a stop.
void run_script(const LuaData& data, const std::function<void(lua_State* L)>& action) {
  try {
    data.values->run(action);
  } catch (const LuaFailure& failure) {
    throw Error(Fault::run, failure.what());
  } catch (const Error& error) {
    throw_if_stopped(data.runtime, error.fault());
    throw;
  }
}

class LuaSamples : public Samples {
 public:
  explicit LuaSamples(std::shared_ptr<const LuaData> data) : data_(std::move(data)) {}

  std::int64_t length() const override { return data_->length; }
  bool on_any_thread() const override { return false; }

 protected:
  std::shared_ptr<const LuaData> data_;
};

class FunctionSamples : public LuaSamples {
 public:
  using LuaSamples::LuaSamples;

  std::vector<at::Tensor> at(std::int64_t index, std::int64_t) const override {
    std::vector<at::Tensor> sample;
    run_script(*data_, [&](lua_State* L) {
      data_->give.push(L);
      lua_pushnumber(L, static_cast<double>(index));
      lua_call(L, 1, 1);
      sample = read_sample(L, data_->fields, "get");
    });
    return sample;
  }
};

/// Samples that come one after the other; whoever goes back has them made again.
class GeneratedSamples : public LuaSamples {
 public:
  using LuaSamples::LuaSamples;

  std::vector<at::Tensor> at(std::int64_t index, std::int64_t epoch) const override {
    std::vector<at::Tensor> sample;
    run_script(*data_, [&](lua_State* L) {
      if (epoch != epoch_ || index < next_) begin(L, epoch);
      for (; next_ <= index; ++next_) {
        iterator_.push(L);
        lua_call(L, 0, 1);
        check(!lua_isnil(L, -1), Fault::usage, "generate gave {} samples, and length says {}", next_,
              data_->length);
        if (next_ == index) sample = read_sample(L, data_->fields, "generate");
        lua_pop(L, 1);
      }
    });
    return sample;
  }

 private:
  void begin(lua_State* L, std::int64_t epoch) const {
    data_->give.push(L);
    lua_pushnumber(L, static_cast<double>(epoch));
    lua_call(L, 1, 1);
    check(lua_isfunction(L, -1), Fault::usage, "generate gave {} where it gives a function, the iterator",
          type_name(L, lua_gettop(L)));
    iterator_ = KeptValue(L, lua_gettop(L), data_->values);
    lua_pop(L, 1);
    epoch_ = epoch;
    next_ = 0;
  }

  // Only the script's thread comes here.
  mutable KeptValue iterator_;
  mutable std::int64_t epoch_ = 0;
  mutable std::int64_t next_ = 0;
};

/// A module in Lua states of its own, each used by one thread at a time; as many as threads ask at once. They
/// have no tensors: samples come as numbers and lists. A state in which something failed is not used again.
class ModuleSamples : public Samples {
 public:
  explicit ModuleSamples(const LuaData& data)
      : fields_(data.fields),
        length_(data.length),
        module_(data.module),
        path_(data.path),
        cpath_(data.cpath) {}

  std::int64_t length() const override { return length_; }

  std::vector<at::Tensor> at(std::int64_t index, std::int64_t) const override {
    OwnState state = take();
    lua_State* L = state.get();
    lua_getfield(L, LUA_REGISTRYINDEX, kGet);
    lua_pushnumber(L, static_cast<double>(index));
    if (lua_pcall(L, 1, 1, 0) != 0) throw Error(Fault::run, text_of_error(L, -1));
    std::vector<at::Tensor> sample = read_sample(L, fields_, module_ + ".get");
    lua_settop(L, 0);
    give_back(std::move(state));
    return sample;
  }

 private:
  static constexpr const char* kGet = "orrery.get";

  OwnState take() const {
    {
      const std::lock_guard guard(lock_);
      if (!idle_.empty()) {
        OwnState state = std::move(idle_.back());
        idle_.pop_back();
        return state;
      }
    }
    return fresh();
  }

  void give_back(OwnState state) const {
    const std::lock_guard guard(lock_);
    idle_.push_back(std::move(state));
  }

  OwnState fresh() const {
    OwnState state = open_state();
    lua_State* L = state.get();
    lua_getglobal(L, "package");
    push_text(L, path_);
    lua_setfield(L, -2, "path");
    push_text(L, cpath_);
    lua_setfield(L, -2, "cpath");
    lua_getglobal(L, "require");
    push_text(L, module_);
    if (lua_pcall(L, 1, 1, 0) != 0) throw Error(Fault::run, text_of_error(L, -1));
    if (lua_istable(L, -1)) lua_getfield(L, -1, "get");
    check(lua_isfunction(L, -1), Fault::usage, "the module '{}' gives no table with a function `get`",
          module_);
    lua_setfield(L, LUA_REGISTRYINDEX, kGet);
    lua_settop(L, 0);
    return state;
  }

  std::vector<Field> fields_;
  std::int64_t length_;
  std::string module_, path_, cpath_;
  mutable std::mutex lock_;
  mutable std::vector<OwnState> idle_;
};

// open_own_data(data)
int open_own_data(lua_State* L) {
  const auto data = share<LuaData>(L, 1);
  if (!data->module.empty())
    data->opened = std::make_shared<ModuleSamples>(*data);
  else if (data->generates)
    data->opened = std::make_shared<GeneratedSamples>(data);
  else
    data->opened = std::make_shared<FunctionSamples>(data);
  return 0;
}

}  // namespace

void open_own_data_functions(lua_State* L) { add_functions(L, {{"open_own_data", guarded<open_own_data>}}); }

}  // namespace orrery::lua
