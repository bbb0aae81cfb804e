#include "bindings/engine/logging.h"

#include <ATen/ATen.h>

#include "bindings/artifact_options.h"
#include "bindings/border.h"
#include "bindings/engine/tensor.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "runtime/engine/training/image_files.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"
#include "runtime/governors/image_options.h"
#include "runtime/history/artifact.h"

namespace orrery::lua {
namespace {

const std::vector<Attribute>& log_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "step", .doc = "kept at this step; none: at the batch's, if its turn has come", .min = 0},
      {.name = "on_step",
       .type = AttributeType::boolean,
       .doc = "kept at its step; none: while a batch is trained on"},
      {.name = "on_epoch",
       .type = AttributeType::boolean,
       .doc = "goes into the mean of the epoch; none: when on_step does not hold"},
      {.name = "batch_size", .doc = "weight in the mean; none: the samples of the batch", .min = 1},
      {.name = "split",
       .type = AttributeType::text,
       .doc = "whose number it is; none: that of the data that go through the graph",
       .choices = {"train", "validation", "test"}}};
  return kSchema;
}

std::optional<std::int64_t> given_count(const Attributes& options, const char* name) {
  return options.has(name) ? std::optional(options.integer(name)) : std::nullopt;
}

std::optional<bool> given_truth(const Attributes& options, const char* name) {
  return options.has(name) ? std::optional(options.boolean(name)) : std::nullopt;
}

RunLog::Use read_use(lua_State* L, int index) {
  const Attributes options = read_options(L, index, log_schema(), "manager:log");
  RunLog::Use use{given_count(options, "step"), given_truth(options, "on_step"),
                  given_truth(options, "on_epoch"), given_count(options, "batch_size"), std::nullopt};
  if (options.has("split")) use.split = split_from_name(options.text("split"));
  return use;
}

at::Tensor read_logged(lua_State* L, int index, const std::string& name) {
  if (lua_type(L, index) == LUA_TNUMBER) return at::scalar_tensor(lua_tonumber(L, index), at::kDouble);
  check(is_tensor(L, index), Fault::usage, "manager:log: '{}' must be a number or a tensor, got {}", name,
        type_name(L, index));
  return read_tensor(L, index, "manager:log").detach();
}

// The log of the manager's last run, at 1; null when none has begun.
RunLog* log_of_manager(lua_State* L) {
  StackGuard guard(L);
  push_fields(L, 1);
  lua_getfield(L, -1, "log");
  return is<RunLog>(L, -1) ? &get<RunLog>(L, -1) : nullptr;
}

RunLog& open_log_of_manager(lua_State* L, const char* function) {
  RunLog* log = log_of_manager(L);
  check(log && log->open(), Fault::usage, "{}: no run of this manager is going on", function);
  return *log;
}

void log_each(lua_State* L, RunLog& log, const RunLog::Use& use) {
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    check(lua_type(L, -2) == LUA_TSTRING, Fault::usage, "manager:log: each number needs a name, got {}",
          type_name(L, -2));
    const std::string name = lua_tostring(L, -2);
    log.log(name, read_logged(L, lua_gettop(L), name), use);
    lua_pop(L, 1);
  }
}

// manager:log(name, value[, options]) or manager:log({name = value, …}[, options])
int manager_log(lua_State* L) {
  RunLog& log = open_log_of_manager(L, "manager:log");
  if (lua_istable(L, 2)) return log_each(L, log, read_use(L, 3)), 0;
  const std::string name = read_string(L, 2, "manager:log", "a name");
  check(!name.empty(), Fault::usage, "manager:log: the name is empty");
  const RunLog::Use use = read_use(L, 4);
  return log.log(name, read_logged(L, 3, name), use), 0;
}

// Into the run that goes on, else into the last that the graph had.
void list_file(lua_State* L, ArtifactRecord file) {
  RunLog* log = log_of_manager(L);
  if (log && log->open()) return log->artifact(std::move(file));
  push_fields(L, 1);
  lua_getfield(L, -1, "graph");
  border(L).files.add(share<Graph>(L, -1), std::move(file), border(L).runtime->log);
  lua_pop(L, 2);
}

// manager:artifact(path[, {name=, kind=, step=}])
int manager_artifact(lua_State* L) {
  const std::string path = read_string(L, 2, "manager:artifact", "a file");
  const Attributes options = read_options(L, 3, artifact_options(), "manager:artifact");
  return list_file(L, read_artifact(path, options)), 0;
}

// Where a sample goes: `runs/NAME/samples/digits-12.png` beside the history. A name may have folders.
std::string sample_path(const RunLog& log, const std::string& name, std::int64_t step, const char* ending) {
  return fmt::format("{}/samples/{}-{}.{}", log.folder(), name, step, ending);
}

std::string read_sample_name(lua_State* L, const char* function) {
  std::string name = read_string(L, 2, function, "a name");
  const bool leaves = name.starts_with('/') || ("/" + name + "/").find("/../") != std::string::npos;
  check(!name.empty() && !name.ends_with('/') && !leaves, Fault::usage,
        "{}: '{}' cannot be the name of a file inside the run's folder", function, name);
  return name;
}

const Attribute& sample_step() {
  static const Attribute kStep{.name = "step", .doc = "the step that it shows; none: the run's", .min = 0};
  return kStep;
}

// Without a history there is nothing that a sample could belong to.
void log_sample(lua_State* L, const char* function, const char* kind, const char* ending,
                const Attributes& options, const std::function<void(const std::string&)>& write) {
  RunLog& log = open_log_of_manager(L, function);
  const std::string name = read_sample_name(L, function);
  if (log.run_name().empty()) return;
  const std::int64_t step = given_count(options, "step").value_or(log.step());
  const std::string path = sample_path(log, name, step, ending);
  create_directories(parent_folder(path));
  write(path);
  ArtifactRecord file = artifact_of_file(kind, path);
  file.name = name;
  file.step = step;
  log.artifact(std::move(file));
}

// manager:log_text(name, text[, {step=}])
int manager_log_text(lua_State* L) {
  const std::string text = read_string(L, 3, "manager:log_text", "a text");
  const Attributes options = read_options(L, 4, {sample_step()}, "manager:log_text");
  log_sample(L, "manager:log_text", "text", "txt", options,
             [&](const std::string& path) { write_atomically(path, std::string_view(text)); });
  return 0;
}

// manager:log_image(name, tensor[, {step=, nrow=, normalize=, …}]): the options of orrery.save_image
int manager_log_image(lua_State* L) {
  static const std::vector<Attribute> kSchema = [] {
    std::vector<Attribute> schema = image_attributes();
    schema.push_back(sample_step());
    return schema;
  }();
  const at::Tensor tensor = read_tensor(L, 3, "manager:log_image").detach();
  const Attributes options = read_options(L, 4, kSchema, "manager:log_image");
  log_sample(L, "manager:log_image", "image", "png", options,
             [&](const std::string& path) { write_tensor_image(engine(L), path, tensor, options); });
  return 0;
}

}  // namespace

std::shared_ptr<RunLog> begin_log(lua_State* L, int manager) {
  auto log = std::make_shared<RunLog>();
  push_fields(L, manager);
  push(L, log);
  lua_setfield(L, -2, "log");
  lua_pop(L, 1);
  return log;
}

void open_logging(lua_State* L) {
  define_class<RunLog>(L, {});
  add_functions(L, {{"manager_log", guarded<manager_log>},
                    {"manager_artifact", guarded<manager_artifact>},
                    {"manager_log_text", guarded<manager_log_text>},
                    {"manager_log_image", guarded<manager_log_image>}});
}

}  // namespace orrery::lua
