// Lua functions as operations: orrery.transform.
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bindings/border.h"
#include "bindings/engine_door.h"
#include "bindings/json.h"
#include "bindings/lua_args.h"
#include "bindings/lua_transform.h"
#include "runtime/core/content_hash.h"
#include "runtime/core/names.h"
#include "runtime/graph/probe.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

constexpr const char* kDeclare =
    "Declare it: orrery.transform(name, fn, { shape = function(x) return { x[1], 10 } end }).";

// The script's own text where there is one, else what was compiled from it.

int append(lua_State*, const void* piece, size_t size, void* text) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(piece), size);
  return 0;
}

lua_Debug about_function(lua_State* L, int function) {
  lua_Debug about;
  lua_pushvalue(L, function);
  lua_getinfo(L, ">S", &about);
  return about;
}

SourceSite place_of(lua_State* L, int function) {
  const lua_Debug about = about_function(L, function);
  const bool file = about.source[0] == '@';
  return {file ? about.source + 1 : about.short_src, about.linedefined};
}

std::string source_hash(lua_State* L, int function) {
  const lua_Debug about = about_function(L, function);
  std::string text = border(L).sites.text(about.source, about.linedefined, about.lastlinedefined);
  if (text.empty() && !lua_iscfunction(L, function)) {
    lua_pushvalue(L, function);
    lua_dump(L, append, &text);
    lua_pop(L, 1);
  }
  return content_hash(text);
}

// Options.

struct DeclaredOutputs {
  std::optional<int> count;
  std::vector<std::string> names;
};

DeclaredOutputs read_outputs(lua_State* L, int index) {
  if (index == 0) return {};
  if (lua_type(L, index) == LUA_TNUMBER) {
    const std::int64_t count = read_integer(L, index, "transform", "outputs");
    check(count >= 1, Fault::usage, "transform: outputs must be at least 1, got {}", count);
    return {static_cast<int>(count), {}};
  }
  check(lua_istable(L, index) && lua_objlen(L, index) > 0, Fault::usage,
        "transform: outputs must be their number or a list of their names, got {}", type_name(L, index));
  DeclaredOutputs outputs;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    outputs.names.push_back(read_string(L, -1, "transform", "the name of an output"));
    lua_pop(L, 1);
  }
  outputs.count = static_cast<int>(outputs.names.size());
  return outputs;
}

KeptValue read_function(lua_State* L, int index, const char* option) {
  if (index == 0) return {};
  check(lua_isfunction(L, index), Fault::usage, "transform: {} must be a function, got {}", option,
        type_name(L, index));
  return {L, index, border(L).kept};
}

// Shapes.

void push_type(lua_State* L, const TensorType& type) {
  push_shape(L, type.shape);
  push_text(L, std::string(name(type.dtype)));
  lua_setfield(L, -2, "dtype");
}

TensorType read_type(lua_State* L, int index, const LuaTransform& transform, DType dtype) {
  check(lua_istable(L, index), Fault::usage,
        "{}: its shape function gives a list of sizes for each output, such as {{ x[1], 10 }}, got {}",
        transform.name, type_name(L, index));
  TensorType type{read_shape(L, index, transform.name.c_str(), "a shape"), dtype};
  lua_getfield(L, index, "dtype");
  if (lua_isnil(L, -1)) return type;
  const std::string word = read_string(L, -1, transform.name.c_str(), "a dtype");
  const auto given = dtype_from_name(word);
  check(given.has_value(), Fault::usage, "{}: its shape function gives the dtype '{}', which there is not",
        transform.name, word);
  type.dtype = *given;
  return type;
}

std::vector<TensorType> declared_types(const LuaTransform& transform, const ShapeContext& context,
                                       const std::string& arguments) {
  std::vector<TensorType> types;
  transform.call([&](lua_State* L) {
    luaL_checkstack(L, context.input_count() + 8, "too many values");
    transform.shape.push(L);
    for (int i = 0; i < context.input_count(); ++i) push_type(L, context.input(i));
    lua_call(L, context.input_count() + push_json_items(L, arguments), LUA_MULTRET);
    const int count = lua_gettop(L);
    for (int i = 1; i <= count; ++i) types.push_back(read_type(L, i, transform, context.input(0).dtype));
  });
  check(!types.empty(), Fault::usage, "{}: its shape function gives nothing", transform.name);
  return types;
}

std::string listed(const std::vector<const TensorType*>& types) {
  std::vector<std::string> words;
  for (const TensorType* type : types)
    words.push_back(fmt::format("{} {}", str(type->shape), name(type->dtype)));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::vector<TensorType> probed_types(const LuaTransform& transform,
                                     const std::vector<const TensorType*>& inputs,
                                     const std::string& arguments) {
  invariant(static_cast<bool>(transform.trial), "a transform without a shape is equipped before it is used");
  const auto trial = [&](const std::vector<const TensorType*>& sized) {
    try {
      return transform.trial(sized, arguments);
    } catch (const LuaFailure& failure) {
      throw Error(Fault::run,
                  fmt::format("{} failed on {} in the dry run that finds its shape: {}", transform.name,
                              listed(sized), failure.what()),
                  {}, kDeclare);
    }
  };
  try {
    return probe_types(inputs, trial);
  } catch (const Error& error) {
    if (error.fault() != Fault::check) throw;
    throw Error(
        Fault::check,
        fmt::format("the shape of {} cannot be told from dry runs: {}", transform.name, error.message()), {},
        kDeclare);
  }
}

std::vector<TensorType> types_of(const LuaTransform& transform, const ShapeContext& context) {
  const std::string& arguments = context.attributes().text(kTransformArguments);
  std::vector<const TensorType*> inputs;
  for (int i = 0; i < context.input_count(); ++i) inputs.push_back(&context.input(i));
  std::vector<TensorType> types;
  try {
    types = transform.shape ? declared_types(transform, context, arguments)
                            : probed_types(transform, inputs, arguments);
  } catch (const LuaFailure& failure) {
    fail(Fault::run, "{}: its shape function failed: {}", transform.name, failure.what());
  }
  const int count = static_cast<int>(types.size());
  check(count == transform.outputs.value_or(count), Fault::check, "{} gives {} outputs, {} were declared",
        transform.name, count, transform.outputs.value_or(count));
  return types;
}

// Making.

int equip_transform(lua_State* L) {
  push_engine_function(L, "equip_transform");
  lua_insert(L, 1);
  return lua_call(L, 1, 0), 0;
}

std::shared_ptr<const OwnKernel> kernel_of(LuaTransform& transform) {
  if (!transform.kernel) transform.values->run([&](lua_State* L) { equip(L, transform.shared_from_this()); });
  return transform.kernel;
}

Descriptor describe(LuaTransform& transform, const DeclaredOutputs& outputs) {
  Descriptor d;
  d.name = transform.name;
  d.category = Category::own;
  d.doc = "A function of the script.";
  d.inputs = {{.name = "inputs", .kind = Port::Kind::variadic, .doc = "what the function is called with"}};
  d.attributes = {{.name = kTransformArguments,
                   .type = AttributeType::text,
                   .doc = "what follows the inputs, as a JSON array",
                   .value = "[]"},
                  {.name = kTransformSource,
                   .type = AttributeType::text,
                   .doc = "hash of the function's text",
                   .value = ""}};
  if (!outputs.names.empty()) d.outputs = outputs.names;
  d.outputs_vary = outputs.names.empty();
  d.node_name = transform.name;
  d.shape = [&transform](ShapeContext& context) { return types_of(transform, context); };
  d.own = [&transform] { return kernel_of(transform); };
  return d;
}

void check_name(lua_State* L, const std::string& name) {
  check(valid_name(name), Fault::usage,
        "transform: '{}' cannot be a name: it is empty or has a '/' or control characters", name);
  check(name.find("::") == std::string::npos, Fault::usage,
        "transform: '{}' cannot be a name: '::' is for LibTorch's operators", name);
  check(!operations(*border(L).runtime).named(name), Fault::usage,
        "transform: '{}' is an operation already: give the function another name", name);
}

std::shared_ptr<LuaTransform> new_transform(lua_State* L, const std::string& name, int function) {
  check_name(L, name);
  auto made = std::make_shared<LuaTransform>();
  made->name = name;
  made->source = source_hash(L, function);
  made->place = place_of(L, function);
  made->values = border(L).kept;
  made->function = read_function(L, function, "fn");
  made->origin = border(L).sites.origin(L, nullptr, Expression::call("transform"));
  return made;
}

// Calls.

// A table must read back as it was: a list or a map of plain data, with numbers that JSON has.
void require_plain(lua_State* L, int index, const std::string& what) {
  luaL_checkstack(L, 4, "too many values");
  const int type = lua_type(L, index);
  check(type != LUA_TNUMBER || std::isfinite(lua_tonumber(L, index)), Fault::usage,
        "{} is {}: it must be a finite number, since graphs keep it", what, lua_tonumber(L, index));
  check(type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING ||
            type == LUA_TTABLE,
        Fault::usage, "{} is {}: what follows the tensors are numbers, texts, booleans and tables of them",
        what, type_name(L, index));
  if (type != LUA_TTABLE) return;
  size_t entries = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    ++entries;
    require_plain(L, lua_gettop(L), what);
    lua_pop(L, 1);
  }
  const size_t length = lua_objlen(L, index);
  check(length == 0 || length == entries, Fault::usage, "{} is both a list and a map", what);
}

int compute(lua_State* L, const LuaTransform& transform) {
  const int arguments = lua_gettop(L);
  if (transform.backward) {
    push_engine_function(L, "apply_own_gradient");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_insert(L, 1);
    lua_call(L, arguments + 1, LUA_MULTRET);
  } else {
    transform.function.push(L);
    lua_insert(L, 1);
    lua_call(L, arguments, LUA_MULTRET);
  }
  return lua_gettop(L);
}

// The operands stand first; where none of the arguments is a Value, everything is the function's own matter.
std::vector<int> leading_operands(lua_State* L, const std::string& name) {
  std::vector<int> operands;
  for (int i = 1; i <= lua_gettop(L) && is_operand(L, i); ++i) operands.push_back(i);
  for (int i = static_cast<int>(operands.size()) + 1; i <= lua_gettop(L); ++i)
    check(!is<GraphValue>(L, i), Fault::usage, "{}: values and tensors come first, argument {} is a Value",
          name, i);
  return operands;
}

// upvalue: the transform
int call_transform(lua_State* L) {
  const auto transform = share<LuaTransform>(L, lua_upvalueindex(1));
  const std::vector<int> operands = leading_operands(L, transform->name);
  const auto graph = graph_of(L, operands);
  if (!graph) return compute(L, *transform);
  const std::string arguments = read_arguments(L, static_cast<int>(operands.size()) + 1, transform->name);
  if (!transform->shape) equip(L, transform);
  graph->hold(operation_of(transform));
  const Expression written =
      Expression::call(transform->origin.label.empty() ? transform->name : transform->origin.label);
  const Origin origin = border(L).sites.origin(L, transform.get(), written);
  Attributes options =
      checked_attributes(transform->descriptor.attributes,
                         {{kTransformArguments, arguments}, {kTransformSource, transform->source}});
  const std::vector<Value> inputs = values_of(L, operands, graph);
  return push_outputs(L, graph, graph->apply(transform->descriptor, std::move(options), inputs, origin));
}

void push_callable(lua_State* L, const std::shared_ptr<LuaTransform>& transform) {
  border(L).sites.note(L, transform.get());
  push(L, transform);
  lua_pushcclosure(L, guarded<call_transform>, 1);
}

// core.make_transform(name, fn[, { outputs =, shape =, backward = }]) → a function of values and of tensors
int make_transform(lua_State* L) {
  const std::string name = read_string(L, 1, "transform", "a name");
  check(lua_isfunction(L, 2), Fault::usage, "transform: '{}' must be a function, got {}", name,
        type_name(L, 2));
  Extras extras{{"outputs", 0}, {"shape", 0}, {"backward", 0}};
  read_options(L, 3, {}, "transform", &extras);
  const auto made = new_transform(L, name, 2);
  const DeclaredOutputs outputs = read_outputs(L, extras.at("outputs"));
  made->outputs = outputs.count;
  made->shape = read_function(L, extras.at("shape"), "shape");
  made->backward = read_function(L, extras.at("backward"), "backward");
  made->descriptor = describe(*made, outputs);
  return push_callable(L, made), 1;
}

}  // namespace

void LuaTransform::call(const std::function<void(lua_State* L)>& action) const {
  try {
    values->run(action);
  } catch (const LuaFailure& failure) {
    const std::string text = failure.what();
    if (text.find(place.file + ":") != std::string::npos) throw;
    throw LuaFailure(place.str() + ": " + text);
  }
}

std::string read_arguments(lua_State* L, int first, const std::string& name) {
  std::string text;
  for (int i = first; i <= lua_gettop(L); ++i) {
    require_plain(L, i, fmt::format("{}: argument {}", name, i));
    text += (i > first ? "," : "") + json_of(L, i);
  }
  return "[" + text + "]";
}

std::shared_ptr<const Descriptor> operation_of(const std::shared_ptr<LuaTransform>& transform) {
  return {transform, &transform->descriptor};
}

std::shared_ptr<LuaTransform> transform_at(lua_State* L, int index, const std::string& name) {
  check(lua_isfunction(L, index), Fault::usage, "the transform '{}' must be a function, got {}", name,
        type_name(L, index));
  if (lua_iscfunction(L, index) && lua_getupvalue(L, index, 1)) {
    const bool transform = is<LuaTransform>(L, -1);
    auto found = transform ? share<LuaTransform>(L, -1) : nullptr;
    lua_pop(L, 1);
    if (found) return found;
  }
  auto made = new_transform(L, name, index);
  made->descriptor = describe(*made, {});
  return made;
}

void equip(lua_State* L, const std::shared_ptr<LuaTransform>& transform) {
  if (transform->kernel) return;
  lua_pushcfunction(L, guarded<equip_transform>);
  push(L, transform);
  lua_call(L, 1, 0);
}

void open_transform(lua_State* L) {
  define_class<LuaTransform>(L, {});
  add_functions(L, {{"make_transform", guarded<make_transform>}});
}

}  // namespace orrery::lua
