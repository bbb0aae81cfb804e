#include <fmt/format.h>

#include "bindings/border.h"
#include "bindings/history_object.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "runtime/core/names.h"
#include "runtime/history/queries.h"

namespace orrery::lua {

namespace {

HistoryReader& self(lua_State* L) { return get<HistoryReader>(L, 1); }

struct PushCell {
  lua_State* L;
  void operator()(std::monostate) const { lua_pushnil(L); }
  // Beyond 2^53 a Lua number would be another one: such an integer comes as its digits.
  void operator()(std::int64_t value) const {
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    if (value > kExact || value < -kExact) return push_text(L, std::to_string(value));
    lua_pushnumber(L, static_cast<double>(value));
  }
  void operator()(double value) const { lua_pushnumber(L, value); }
  void operator()(const std::string& value) const { push_text(L, value); }
  void operator()(const Blob& value) const { push_text(L, value.bytes); }
};

void push_columns(lua_State* L, const std::vector<std::string>& columns) {
  lua_createtable(L, static_cast<int>(columns.size()), 0);
  for (size_t i = 0; i < columns.size(); ++i) {
    push_text(L, columns[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

// By place, with nil for NULL: two columns may have one name.
void push_row(lua_State* L, const Row& row) {
  lua_createtable(L, static_cast<int>(row.size()), 0);
  for (size_t i = 0; i < row.size(); ++i) {
    std::visit(PushCell{L}, row[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
}

// { columns = { name, … }, rows = { { cell, … }, … } }
void push_table(lua_State* L, const Table& table) {
  luaL_checkstack(L, 8, "too many values");
  lua_createtable(L, 0, 2);
  push_columns(L, table.columns);
  lua_setfield(L, -2, "columns");
  lua_createtable(L, static_cast<int>(table.rows.size()), 0);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    push_row(L, table.rows[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "rows");
}

const std::vector<Attribute>& filter_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "status",
       .type = AttributeType::text,
       .doc = "runs in this state only",
       .choices = {"running", "done", "failed", "interrupted"}},
      {.name = "tag", .type = AttributeType::text, .doc = "runs with this tag only", .value = ""},
      {.name = "name", .type = AttributeType::text, .doc = "runs with this in their name", .value = ""},
      {.name = "hash",
       .type = AttributeType::text,
       .doc = "runs of the graph with this structural hash",
       .value = ""},
      {.name = "like", .type = AttributeType::text, .doc = "runs of this run's architecture", .value = ""},
      {.name = "where",
       .type = AttributeType::text,
       .doc = "runs that this holds for, such as lr<0.01 and status=done",
       .value = ""},
      {.name = "sort",
       .type = AttributeType::text,
       .doc = "by columns, metrics or settings, separated by commas; - before one that falls",
       .value = ""},
      {.name = "columns",
       .type = AttributeType::text,
       .doc = "these columns, metrics or settings, separated by commas, instead of the usual columns",
       .value = ""},
      {.name = "settings",
       .type = AttributeType::boolean,
       .doc = "also the settings that differ between the runs, as config.lr",
       .value = false},
      {.name = "limit", .doc = "at most so many; 0: all", .value = std::int64_t{0}, .min = 0}};
  return kSchema;
}

// history:list([{status=, tag=, name=, hash=, like=, where=, sort=, columns=, settings=, limit=}]) → table,
// newest first unless sorted
int list(lua_State* L) {
  const Attributes options = read_options(L, 2, filter_schema(), "history:list");
  RunFilter filter{.tag = options.text("tag"),
                   .name_part = options.text("name"),
                   .structural_hash = options.text("hash"),
                   .like = options.text("like"),
                   .where = options.text("where"),
                   .sort = options.text("sort"),
                   .columns = options.text("columns"),
                   .settings = options.boolean("settings"),
                   .limit = options.integer("limit")};
  if (options.has("status")) filter.status = run_status_from_name(options.text("status"));
  return push_table(L, self(L).list(filter)), 1;
}

std::int64_t run_argument(lua_State* L, int index = 2) {
  return self(L).resolve(lua_isnoneornil(L, index)           ? "last"
                         : lua_type(L, index) == LUA_TNUMBER ? lua_tostring(L, index)
                                                             : read_string(L, index, "history", "a run"));
}

void set_table(lua_State* L, const char* key, const Table& table) {
  push_table(L, table);
  lua_setfield(L, -2, key);
}

void set_text(lua_State* L, const char* key, const std::string& text) {
  push_text(L, text);
  lua_setfield(L, -2, key);
}

// history:show([run]) → all that is known of a run, which is given as `resolve_run` takes it
int show(lua_State* L) {
  const RunDetail detail = self(L).show(run_argument(L));
  lua_newtable(L);
  set_text(L, "uid", detail.uid);
  set_text(L, "orrery_version", detail.orrery_version);
  set_text(L, "libtorch_version", detail.libtorch_version);
  set_text(L, "working_folder", detail.working_folder);
  push_columns(L, detail.command);
  lua_setfield(L, -2, "command");
  set_text(L, "config_json", detail.config_json);
  set_text(L, "script_text", detail.script_text);
  set_text(L, "script_hash", detail.script_hash);
  set_table(L, "summary", detail.summary);
  set_table(L, "config", detail.config);
  set_table(L, "metrics", detail.metrics);
  set_table(L, "ranges", detail.ranges);
  set_table(L, "blocks", detail.blocks);
  set_table(L, "parts", detail.parts);
  set_table(L, "artifacts", detail.artifacts);
  set_table(L, "notes", detail.notes);
  set_table(L, "events", detail.events);
  set_table(L, "machine", detail.machine);
  push_columns(L, detail.rising);
  lua_setfield(L, -2, "rising");
  return 1;
}

// history:blocks([run]) → the view block_cost of a run
int blocks(lua_State* L) { return push_table(L, self(L).blocks(run_argument(L))), 1; }

// history:nodes([run]) → the view node_cost of a run
int nodes(lua_State* L) { return push_table(L, self(L).nodes(run_argument(L))), 1; }

// history:changes(before, after) → { { kind=, what=, path=, item=, before=, after= }, … }
int changes(lua_State* L) {
  const std::int64_t before = run_argument(L, 2), after = run_argument(L, 3);
  const std::vector<GraphChange> found = self(L).graph_changes(before, after);
  lua_createtable(L, static_cast<int>(found.size()), 0);
  for (std::size_t i = 0; i < found.size(); ++i) {
    lua_createtable(L, 0, 6);
    set_text(L, "kind", std::string(name(found[i].kind)));
    set_text(L, "what", found[i].what);
    set_text(L, "path", found[i].path);
    set_text(L, "item", found[i].item);
    set_text(L, "before", found[i].before);
    set_text(L, "after", found[i].after);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// history:resolve([run]) → its number
int resolve(lua_State* L) { return lua_pushnumber(L, static_cast<double>(run_argument(L))), 1; }

// history:more_is_better(name) → whether runs are the better the more they have of a column, metric or
// setting
int more_is_better(lua_State* L) {
  return lua_pushboolean(L, self(L).more_is_better(read_string(L, 2, "history", "a metric"))), 1;
}

// history:block_epochs([run]) → every quantity of every block and epoch
int block_epochs(lua_State* L) { return push_table(L, self(L).block_epochs(run_argument(L))), 1; }

const std::vector<Attribute>& sql_schema() {
  static const std::vector<Attribute> kSchema{{.name = "timeout",
                                               .type = AttributeType::real,
                                               .doc = "seconds that SQLite may take",
                                               .value = 60.0,
                                               .min = 0.001,
                                               .max = 1e6}};
  return kSchema;
}

SqlLimits sql_limits(lua_State* L, int index) {
  SqlLimits limits;
  if (!lua_isnoneornil(L, index)) {
    const Attributes options = read_options(L, index, sql_schema(), "history:sql");
    limits.time = std::chrono::milliseconds(static_cast<std::int64_t>(options.real("timeout") * 1000));
  }
  limits.stop = [runtime = border(L).runtime] { return runtime->stop.load() != 0; };
  return limits;
}

// history:sql(text, on_row[, {timeout=60}]) calls on_row(row, columns) for each row; false from it ends the
// statement. Returns the columns.
int sql(lua_State* L) {
  const std::string text = read_string(L, 2, "history:sql", "a statement");
  check(lua_isfunction(L, 3), Fault::usage, "history:sql: expected a function for the rows, got {}",
        type_name(L, 3));
  lua_settop(L, 4);
  const SqlLimits limits = sql_limits(L, 4);
  lua_newtable(L);
  lua_replace(L, 4);
  RowSink sink;
  sink.columns = [L](const std::vector<std::string>& columns) {
    push_columns(L, columns);
    lua_replace(L, 4);
  };
  sink.row = [L](const Row& row) {
    lua_pushvalue(L, 3);
    push_row(L, row);
    lua_pushvalue(L, 4);
    lua_call(L, 2, 1);
    const bool go_on = lua_isnil(L, -1) || lua_toboolean(L, -1);
    lua_pop(L, 1);
    return go_on && border(L).runtime->stop.load() == 0;
  };
  self(L).sql(text, limits, sink);
  return 1;
}

std::string text_of_history(void* object) {
  return "History " + static_cast<HistoryReader*>(object)->path().string();
}

// core.history(path) → reader
int open_reader(lua_State* L) {
  return push(L, std::make_shared<HistoryReader>(read_string(L, 1, "history", "a file"))), 1;
}

}  // namespace

void open_history(lua_State* L) {
  define_class<HistoryReader>(L, {
                                     .methods = {{"list", guarded<list>},
                                                 {"resolve", guarded<resolve>},
                                                 {"more_is_better", guarded<more_is_better>},
                                                 {"show", guarded<show>},
                                                 {"blocks", guarded<blocks>},
                                                 {"nodes", guarded<nodes>},
                                                 {"changes", guarded<changes>},
                                                 {"block_epochs", guarded<block_epochs>},
                                                 {"sql", guarded<sql>},
                                                 {"export", guarded<export_runs>}},
                                     .text = text_of_history,
                                 });
  add_functions(L, {{"history", guarded<open_reader>}});
}

}  // namespace orrery::lua
