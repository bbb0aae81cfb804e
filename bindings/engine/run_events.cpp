#include "bindings/engine/run_events.h"

#include <algorithm>
#include <charconv>

#include <ATen/ATen.h>

#include "bindings/border.h"
#include "bindings/callback_names.h"
#include "bindings/engine/stopped.h"
#include "bindings/engine/tensor.h"
#include "bindings/error_text.h"
#include "bindings/governed.h"
#include "bindings/json.h"
#include "bindings/lua_args.h"

namespace orrery::lua {
namespace {

void set(lua_State* L, const char* key, double number) {
  lua_pushnumber(L, number);
  lua_setfield(L, -2, key);
}

void set(lua_State* L, const char* key, const std::string& text) {
  push_text(L, text);
  lua_setfield(L, -2, key);
}

void set(lua_State* L, const char* key, const std::vector<NamedNumber>& numbers) {
  push_numbers(L, numbers);
  lua_setfield(L, -2, key);
}

void set(lua_State* L, const char* key, const std::vector<std::string>& texts) {
  lua_newtable(L);
  for (size_t i = 0; i < texts.size(); ++i) {
    push_text(L, texts[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, key);
}

void push_facts(lua_State* L, const TrainingFacts& facts) {
  lua_newtable(L);
  set(L, "run", facts.run_name);
  set(L, "device", facts.device);
  set(L, "threads", facts.threads);
  set(L, "thread_reason", facts.thread_reason);
  lua_pushboolean(L, facts.side_by_side);
  lua_setfield(L, -2, "side_by_side");
  set(L, "seed", static_cast<double>(facts.seed));
  set(L, "epochs", static_cast<double>(facts.epochs));
  set(L, "steps_per_epoch", static_cast<double>(facts.steps_per_epoch));
  set(L, "samples_per_epoch", static_cast<double>(facts.samples_per_epoch));
  set(L, "validation_samples", static_cast<double>(facts.validation_samples));
  set(L, "parameters", static_cast<double>(facts.parameters));
  set(L, "trainable", static_cast<double>(facts.trainable));
  if (!facts.resumed_from.empty()) set(L, "resumed_from", facts.resumed_from);
}

void push_place(lua_State* L, const StepPlace& place) {
  lua_newtable(L);
  set(L, "epoch", static_cast<double>(place.epoch));
  set(L, "step", static_cast<double>(place.step));
  set(L, "steps", static_cast<double>(place.steps));
}

void push_epoch_place(lua_State* L, const EpochPlace& place) {
  lua_newtable(L);
  set(L, "epoch", static_cast<double>(place.epoch));
  set(L, "epochs", static_cast<double>(place.epochs));
  set(L, "steps", static_cast<double>(place.steps));
}

// `split`: what the numbers are called.
void push_step(lua_State* L, const StepReport& report, const char* split) {
  push_place(L, {report.epoch, report.step, report.steps});
  set(L, split, report.numbers.values_so_far());
}

void push_validation(lua_State* L, const StepReport& report) {
  push_step(L, report, "validation");
  set(L, "trained", static_cast<double>(report.trained));
}

void push_epoch(lua_State* L, const EpochReport& report) {
  lua_newtable(L);
  set(L, "epoch", static_cast<double>(report.epoch));
  set(L, "epochs", static_cast<double>(report.epochs));
  set(L, "steps", static_cast<double>(report.steps));
  set(L, "samples", static_cast<double>(report.samples));
  set(L, "seconds", report.seconds);
  set(L, "train", report.train);
  set(L, "validation", report.validation);
  if (!report.statistics.empty()) set(L, "statistics", report.statistics);
  lua_pushboolean(L, report.improved);
  lua_setfield(L, -2, "improved");
}

// `fc.lua:3: no ink` → `fc.lua:3: no ink (in callback batch_end)`, before what may follow in more lines.
std::string with_callback(std::string text, const char* callback) {
  if (*callback == '\0') return text;
  text.insert(std::min(text.find('\n'), text.size()), fmt::format(" (in callback {})", callback));
  return text;
}

// The text on top, as an error of what ran: the fault that it had at the border, and its own line.
// `callback`: its name; empty for a function that is none.
[[noreturn]] void rethrow_lua(lua_State* L, const char* callback) {
  const std::string original = text_of_error(L, -1);
  const ErrorRecord* known = border(L).find_error(original);
  const Fault fault = known ? known->fault : Fault::run;
  throw_if_stopped(*border(L).runtime, fault);
  const std::string text = with_callback(original, callback);
  const size_t colon = text.find(':'), end = colon == std::string::npos ? colon : text.find(": ", colon + 1);
  if (end == std::string::npos) throw Error(fault, text);
  int line = 0;
  const auto [rest, no_line] = std::from_chars(text.data() + colon + 1, text.data() + end, line);
  if (no_line != std::errc() || rest != text.data() + end || line < 1) throw Error(fault, text);
  throw Error(fault, text.substr(end + 2), {text.substr(0, colon), line});
}

}  // namespace

void push_numbers(lua_State* L, const std::vector<NamedNumber>& numbers) {
  lua_createtable(L, 0, static_cast<int>(numbers.size()));
  for (const NamedNumber& number : numbers) set(L, number.name.c_str(), number.value);
}

void push_summary(lua_State* L, const TrainingSummary& summary) {
  lua_newtable(L);
  set(L, "run", summary.run_name);
  set(L, "epochs", static_cast<double>(summary.epochs));
  set(L, "steps", static_cast<double>(summary.steps));
  set(L, "seconds", summary.seconds);
  if (!summary.checkpoint.empty()) set(L, "checkpoint", summary.checkpoint);
  if (!summary.stopped_early.empty()) set(L, "stopped_early", summary.stopped_early);
  if (summary.captured_steps > 0) set(L, "captured_steps", static_cast<double>(summary.captured_steps));
  if (!summary.uncaptured.empty()) set(L, "uncaptured", summary.uncaptured);
  set(L, "train", summary.train);
  set(L, "validation", summary.validation);
  if (summary.best) {
    lua_newtable(L);
    set(L, "name", summary.best->number.name);
    set(L, "value", summary.best->number.value);
    set(L, "epoch", static_cast<double>(summary.best->epoch));
    lua_setfield(L, -2, "best");
  }
  set(L, "files", summary.files);
  set(L, "file_kinds", summary.file_kinds);
}

LuaEvents::LuaEvents(lua_State* L, Manager& manager) : L_(L), manager_(&manager) {
  lua_pushthread(L);
  thread_ = LuaRef(L);
}

void LuaEvents::add(int index, bool glancing) {
  Listener& listener =
      listeners_.emplace_back(Listener{.functions = LuaRef(L_, index), .glancing = glancing});
  const StackGuard guard(L_);
  for (const std::string& name : callback_names()) {
    lua_getfield(L_, index, name.c_str());
    if (lua_isfunction(L_, -1)) listener.names.insert(name);
    lua_pop(L_, 1);
  }
}

void LuaEvents::rethrow(const char* callback) const { rethrow_lua(L_, callback); }

bool LuaEvents::anyone_has(const char* name) const {
  return std::ranges::any_of(listeners_,
                             [&](const Listener& listener) { return listener.names.contains(name); });
}

// A stop that came before waits until the script was told, so that what it keeps fits the checkpoint; one
// that comes while it is told ends it.
class LuaEvents::Waiting {
 public:
  explicit Waiting(lua_State* L)
      : L_(L),
        hook_(lua_gethook(L)),
        mask_(lua_gethookmask(L)),
        count_(lua_gethookcount(L)),
        stop_(border(L).runtime->stop.exchange(0)) {
    lua_sethook(L_, nullptr, 0, 0);
    lua_checkstack(L_, LUA_MINSTACK);
  }
  ~Waiting() {
    int none = 0;
    border(L_).runtime->stop.compare_exchange_strong(none, stop_);
    if (lua_gethook(L_) == nullptr) lua_sethook(L_, hook_, mask_, count_);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  lua_State* L_;
  lua_Hook hook_;
  int mask_, count_, stop_;
};

void LuaEvents::tell(const char* name, const std::function<void()>& push, const StepReport* step) {
  if (!anyone_has(name)) return;
  const Waiting waiting(L_);
  for (Listener& listener : listeners_) {
    StackGuard guard(L_);
    if (!listener.names.contains(name)) continue;
    listener.functions.push(L_);
    lua_getfield(L_, -1, name);
    if (!lua_isfunction(L_, -1)) continue;
    // The last batch of an epoch is always told, so that a bar can fill.
    if (listener.glancing && step && step->step < step->steps) {
      const Clock::time_point now = Clock::now();
      if (now - listener.last < std::chrono::milliseconds(100)) continue;
      listener.last = now;
    }
    push();
    if (lua_pcall(L_, 1, 1, 0) != 0) rethrow(name);
    if (lua_isboolean(L_, -1) && !lua_toboolean(L_, -1))
      manager_->ask_to_stop(fmt::format("callback {} returned false", name));
  }
}

void LuaEvents::tell(const char* name, const EpochPlace& place) {
  tell(name, [&] { push_epoch_place(L_, place); });
}

void LuaEvents::tell(const char* name, const StepPlace& place) {
  tell(name, [&] { push_place(L_, place); });
}

void LuaEvents::tell_file(const char* name, const std::string& path, std::int64_t steps) {
  tell(name, [&] {
    lua_newtable(L_);
    set(L_, "path", path);
    set(L_, "steps", static_cast<double>(steps));
  });
}

void LuaEvents::on_start(const TrainingFacts& facts) {
  tell("train_start", [&] { push_facts(L_, facts); });
}

void LuaEvents::on_sanity_check_start(const EpochPlace& place) { tell("sanity_check_start", place); }
void LuaEvents::on_sanity_check_end(const EpochPlace& place) { tell("sanity_check_end", place); }
void LuaEvents::on_epoch_start(const EpochPlace& place) { tell("epoch_start", place); }
void LuaEvents::on_validation_start(const EpochPlace& place) { tell("validation_start", place); }

void LuaEvents::on_step_start(const StepPlace& place) {
  place_ = place;
  tell("batch_start", place);
}

void LuaEvents::on_validation_step_start(const StepPlace& place) { tell("validation_batch_start", place); }

void LuaEvents::on_step(const StepReport& report) {
  tell(
      "batch_end",
      [&] {
        push_step(L_, report, "train");
        set(L_, "batch", report.losses);
      },
      &report);
}

bool LuaEvents::wants_losses_of_steps() const {
  return std::ranges::any_of(listeners_, [](const Listener& listener) {
    return !listener.glancing && listener.names.contains("batch_end");
  });
}

void LuaEvents::on_validation_step(const StepReport& report) {
  tell(
      "validation_batch_end", [&] { push_validation(L_, report); }, &report);
}

void LuaEvents::on_validation_end(const StepReport& report) {
  tell("validation_end", [&] { push_validation(L_, report); });
}

void LuaEvents::push_step_place() const { push_place(L_, place_); }

void LuaEvents::on_exception(const std::string& message, bool stopped) {
  tell("exception", [&] {
    push_step_place();
    set(L_, "message", message);
    lua_pushboolean(L_, stopped);
    lua_setfield(L_, -2, "stopped");
  });
}

void LuaEvents::on_checkpoint_saved(const std::string& path, std::int64_t steps) {
  tell_file("checkpoint_saved", path, steps);
}

void LuaEvents::on_checkpoint_loaded(const std::string& path, std::int64_t steps) {
  tell_file("checkpoint_loaded", path, steps);
}

void LuaEvents::on_epoch_end(const EpochReport& report) {
  tell("epoch_end", [&] { push_epoch(L_, report); });
}

bool LuaEvents::push_function(const Listener& listener, const char* name) const {
  listener.functions.push(L_);
  lua_getfield(L_, -1, name);
  return lua_isfunction(L_, -1);
}

void LuaEvents::release_memory() { border(L_).tensors.collect(L_); }

// One entry a table of the script: null for those that keep nothing.
std::string LuaEvents::state() {
  const Waiting waiting(L_);
  std::string all;
  for (const Listener& listener : listeners_) {
    if (listener.glancing) continue;
    StackGuard guard(L_);
    const bool asked = push_function(listener, "state_dict");
    if (asked && lua_pcall(L_, 0, 1, 0) != 0) rethrow("state_dict");
    all += (all.empty() ? "[" : ",") + (asked ? whole_json_of(L_, lua_gettop(L_)) : std::string("null"));
  }
  return all.empty() ? "[]" : all + "]";
}

void LuaEvents::load_state(const std::string& state) {
  if (state.empty()) return;  // a host without Lua wrote it
  StackGuard guard(L_);
  lua_checkstack(L_, LUA_MINSTACK);
  const int first = lua_gettop(L_) + 1;
  const int count = push_json_items(L_, state);
  int at = first;
  for (const Listener& listener : listeners_) {
    if (listener.glancing) continue;
    if (at == first + count) return;
    const int kept = at++;
    if (lua_isnil(L_, kept) || !push_function(listener, "load_state_dict")) continue;
    lua_pushvalue(L_, kept);
    if (lua_pcall(L_, 1, 0, 0) != 0) rethrow("load_state_dict");
  }
}

at::Tensor LuaEvents::on_save(const std::shared_ptr<Saver>& saver, const at::Tensor& tensor) {
  StackGuard guard(L_);
  lua_checkstack(L_, LUA_MINSTACK);
  push(L_, saver);
  push_fields(L_, -1);
  lua_getfield(L_, -1, "process");
  invariant(lua_isfunction(L_, -1), "a saver's function is gone");
  push_tensor(L_, tensor.clone());  // what the function does to it in place stays its own
  if (lua_pcall(L_, 1, 1, 0) != 0) rethrow("");
  return read_tensor(L_, -1, "a saver's process");
}

void LuaEvents::on_end(const TrainingSummary& summary) {
  tell("train_end", [&] { push_summary(L_, summary); });
}

void LuaEvents::on_test_end(const TestReport& report) {
  tell("test_end", [&] {
    lua_newtable(L_);
    set(L_, "samples", static_cast<double>(report.samples));
    set(L_, "seconds", report.seconds);
    set(L_, "test", report.numbers);
  });
}

}  // namespace orrery::lua
