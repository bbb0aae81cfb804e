#include <algorithm>

#include "bindings/artifact_options.h"
#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/script_record.h"
#include "runtime/history/artifact.h"
#include "runtime/history/background.h"
#include "runtime/history/recorded_run.h"

namespace orrery::lua {

template <>
struct LuaClass<RecordedRun> {
  static constexpr const char* name = "Run";
};

namespace {

const std::vector<Attribute>& run_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "name", .type = AttributeType::text, .doc = "of the run in the history; none: made up"},
      {.name = "history",
       .type = AttributeType::text,
       .doc = "the SQLite file that keeps the run; false: none",
       .value = "orrery.db",
       .or_false = true},
      {.name = "device", .type = AttributeType::text, .doc = "what computes, in words", .value = "cpu"},
      {.name = "seed", .doc = "for the history", .min = 0}};
  return kSchema;
}

// What the command line sets for managers and a run has, too, wins over the script.
void override_run(lua_State* L, Attributes& options) {
  for (Border::Override& each : border(L).manager_overrides) {
    const auto found = std::ranges::find(run_schema(), each.key, &Attribute::name);
    if (found == run_schema().end()) continue;
    options.set(each.key, value_of_text(*found, each.value));
    each.used = true;
  }
}

std::vector<std::string> read_tags(lua_State* L, int index) {
  std::vector<std::string> tags;
  if (index == 0) return tags;
  check(lua_istable(L, index), Fault::usage, "run: tags must be a list of words, got {}",
        type_name(L, index));
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    tags.push_back(read_string(L, -1, "run", "a tag"));
    lua_pop(L, 1);
  }
  return tags;
}

// core.run(options, config_json) → a run without a manager. The config is that of orrery.config when none is
// given. A script that is only checked keeps nothing.
int begin_run(lua_State* L) {
  check(lua_isnoneornil(L, 1) || lua_istable(L, 1), Fault::usage, "run: expected a table of options, got {}",
        type_name(L, 1));
  Extras extras{{"tags", 0}};
  const bool has_config = lua_type(L, 2) == LUA_TSTRING;
  const std::string config = has_config ? read_string(L, 2, "run", "a config") : "";
  lua_settop(L, 1);
  Attributes options = read_options(L, 1, run_schema(), "run", &extras);
  override_run(L, options);
  RunInfo info = record_of_script(L);
  if (options.has("name")) info.name = options.text("name");
  if (options.has("seed")) info.seed = options.integer("seed");
  if (has_config) info.config_json = config;
  info.device = options.text("device");
  info.tags = read_tags(L, extras.at("tags"));
  HistoryOptions history;
  history.path = border(L).mode() == Border::Mode::check ? "" : options.text("history");
  history.warn = [runtime = border(L).runtime](const std::string& text) { runtime->log.warning(text); };
  const std::string file = history.path;
  auto run = std::make_shared<RecordedRun>(std::move(history), std::move(info));
  if (run->kept()) tell_run_begun(file, run->name());
  run->listen_to(*border(L).runtime);
  border(L).open_runs.add(run);
  return push(L, run), 1;
}

RecordedRun& open_run_at(lua_State* L, const char* function) {
  RecordedRun& run = get<RecordedRun>(L, 1);
  check(!run.finished(), Fault::usage, "{}: the run has ended", function);
  return run;
}

struct Place {
  Split split = Split::train;
  std::optional<std::int64_t> step;
};

Place read_place(lua_State* L, int index) {
  static const std::vector<Attribute> kSchema{
      {.name = "step", .doc = "none: the one after the last of this name", .min = 0},
      {.name = "split",
       .type = AttributeType::text,
       .doc = "whose number it is",
       .value = "train",
       .choices = {"train", "validation", "test"}}};
  const Attributes options = read_options(L, index, kSchema, "run:log");
  Place place{split_from_name(options.text("split")).value(), {}};
  if (options.has("step")) place.step = options.integer("step");
  return place;
}

// A number, or a tensor of one element, which the engine reads.
double read_logged_number(lua_State* L, int index, const std::string& name) {
  if (lua_type(L, index) == LUA_TNUMBER) return lua_tonumber(L, index);
  check(is_tensor(L, index), Fault::usage, "run:log: '{}' must be a number or a tensor, got {}", name,
        type_name(L, index));
  lua_getfield(L, index, "item");
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
  check(lua_type(L, -1) == LUA_TNUMBER, Fault::usage, "run:log: '{}' must be a real number, got {}", name,
        type_name(L, -1));
  const double number = lua_tonumber(L, -1);
  return lua_pop(L, 1), number;
}

void log_table(lua_State* L, RecordedRun& run, const Place& place) {
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "run:log: each number needs a name, got {}",
          type_name(L, -2));
    const std::string name = lua_tostring(L, -2);
    run.log(name, read_logged_number(L, lua_gettop(L), name), place.split, place.step);
    lua_pop(L, 1);
  }
}

// run:log(name, value[, {step=, split=}]) or run:log({name = value, …}[, options])
int log_to_run(lua_State* L) {
  RecordedRun& run = open_run_at(L, "run:log");
  if (lua_istable(L, 2)) return log_table(L, run, read_place(L, 3)), 0;
  const std::string name = read_string(L, 2, "run:log", "a name");
  check(!name.empty(), Fault::usage, "run:log: the name is empty");
  const Place place = read_place(L, 4);
  return run.log(name, read_logged_number(L, 3, name), place.split, place.step), 0;
}

// run:artifact(path[, {name=, kind=, step=}])
int add_artifact_to_run(lua_State* L) {
  RecordedRun& run = open_run_at(L, "run:artifact");
  const std::string path = read_string(L, 2, "run:artifact", "a file");
  const Attributes options = read_options(L, 3, artifact_options(), "run:artifact");
  if (border(L).mode() == Border::Mode::check) return 0;
  return run.artifact(read_artifact(path, options)), 0;
}

int add_note(lua_State* L) {
  open_run_at(L, "run:note").note(read_string(L, 2, "run:note", "a text"));
  return 0;
}

int add_tag(lua_State* L) {
  open_run_at(L, "run:tag").tag(read_string(L, 2, "run:tag", "a word"));
  return 0;
}

// run:finish([{status=, reason=}])
int finish_run(lua_State* L) {
  static const std::vector<Attribute> kSchema{
      {.name = "status",
       .type = AttributeType::text,
       .doc = "how it ended",
       .value = "done",
       .choices = {"done", "failed", "interrupted"}},
      {.name = "reason", .type = AttributeType::text, .doc = "why it ended so", .value = ""}};
  RecordedRun& run = get<RecordedRun>(L, 1);
  const Attributes options = read_options(L, 2, kSchema, "run:finish");
  run.finish(run_status_from_name(options.text("status")).value(), options.text("reason"));
  return 0;
}

int index_run(lua_State* L) {
  const RecordedRun& run = get<RecordedRun>(L, 1);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (key != "name") return 0;
  return push_text(L, run.name()), 1;
}

std::string text_of_run(void* object) {
  const RecordedRun& run = *static_cast<RecordedRun*>(object);
  return "Run " + (run.kept() ? run.name() : std::string("without a history"));
}

}  // namespace

void open_recorded_run(lua_State* L) {
  define_class<RecordedRun>(L, {
                                   .methods = {{"log", guarded<log_to_run>},
                                               {"artifact", guarded<add_artifact_to_run>},
                                               {"note", guarded<add_note>},
                                               {"tag", guarded<add_tag>},
                                               {"finish", guarded<finish_run>}},
                                   .index = index_run,
                                   .text = text_of_run,
                               });
  add_functions(L, {{"run", guarded<begin_run>}});
}

}  // namespace orrery::lua
