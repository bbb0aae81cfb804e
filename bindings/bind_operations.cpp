#include <algorithm>
#include <map>

#include "bindings/border.h"
#include "bindings/governed.h"
#include "bindings/lua_args.h"
#include "bindings/operator_methods.h"
#include "runtime/ops/operations.h"

namespace orrery::lua {
namespace {

void set_text(lua_State* L, const char* key, const std::string& text) {
  if (text.empty()) return;
  push_text(L, text);
  lua_setfield(L, -2, key);
}

void set_flag(lua_State* L, const char* key, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, key);
}

void set_number(lua_State* L, const char* key, const std::optional<double>& number) {
  if (!number) return;
  lua_pushnumber(L, *number);
  lua_setfield(L, -2, key);
}

void set_texts(lua_State* L, const char* key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  lua_createtable(L, static_cast<int>(texts.size()), 0);
  for (size_t i = 0; i < texts.size(); ++i) {
    push_text(L, texts[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, key);
}

const char* word(AttributeType type) {
  switch (type) {
    case AttributeType::boolean: return "boolean";
    case AttributeType::integer: return "integer";
    case AttributeType::real: return "real";
    case AttributeType::number: return "number";
    case AttributeType::text: return "text";
    case AttributeType::sizes: return "sizes";
    case AttributeType::integers: return "integers";
    case AttributeType::reals: return "reals";
    case AttributeType::shape: return "shape";
    case AttributeType::dtype: return "dtype";
    case AttributeType::tensor: return "tensor";
  }
  return "";
}

const char* word(Port::Kind kind) {
  switch (kind) {
    case Port::Kind::required: return "required";
    case Port::Kind::optional: return "optional";
    case Port::Kind::variadic: return "variadic";
    case Port::Kind::number: return "number";
    case Port::Kind::optional_number: return "optional_number";
  }
  return "";
}

const char* word(Alias::Kind kind) {
  switch (kind) {
    case Alias::Kind::view: return "view";
    case Alias::Kind::maybe_view: return "maybe_view";
    case Alias::Kind::overwrite: return "overwrite";
  }
  return "";
}

void push_attribute(lua_State* L, const Attribute& attribute) {
  lua_newtable(L);
  set_text(L, "name", attribute.name);
  set_text(L, "type", word(attribute.type));
  set_text(L, "doc", attribute.doc);
  set_text(L, "allowed", describe(attribute));
  push_value(L, attribute.value);
  lua_setfield(L, -2, "default");
  set_flag(L, "required", attribute.required);
  set_flag(L, "told_by_input", attribute.told_by_input);
  set_flag(L, "at_call", attribute.at_call);
  set_flag(L, "variadic", attribute.variadic);
  set_flag(L, "or_boolean", attribute.or_boolean);
  set_flag(L, "several", attribute.several);
  set_number(L, "min", attribute.min);
  set_number(L, "max", attribute.max);
  set_flag(L, "above_min", attribute.above_min);
  set_flag(L, "below_max", attribute.below_max);
  if (attribute.type == AttributeType::sizes || attribute.type == AttributeType::reals)
    set_number(L, "count", attribute.count);
  set_texts(L, "choices", attribute.choices);
  set_texts(L, "or_text", attribute.or_text);
}

void set_attributes(lua_State* L, const std::vector<Attribute>& attributes) {
  lua_createtable(L, static_cast<int>(attributes.size()), 0);
  for (size_t i = 0; i < attributes.size(); ++i) {
    push_attribute(L, attributes[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "options");
}

void set_ports(lua_State* L, const std::vector<Port>& ports) {
  lua_createtable(L, static_cast<int>(ports.size()), 0);
  for (size_t i = 0; i < ports.size(); ++i) {
    lua_createtable(L, 0, 4);
    set_text(L, "name", ports[i].name);
    set_text(L, "kind", word(ports[i].kind));
    set_text(L, "doc", ports[i].doc);
    set_flag(L, "label", ports[i].label);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "inputs");
}

void set_aliases(lua_State* L, const Descriptor& operation) {
  lua_createtable(L, static_cast<int>(operation.aliases.size()), 0);
  for (size_t i = 0; i < operation.aliases.size(); ++i) {
    const Alias& alias = operation.aliases[i];
    lua_createtable(L, 0, 3);
    set_text(L, "kind", word(alias.kind));
    set_text(L, "output", operation.outputs[alias.output]);
    set_text(L, "input", operation.inputs[alias.input].name);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, "aliases");
}

void push_operation(lua_State* L, const Descriptor& operation) {
  luaL_checkstack(L, 8, "too many values");
  lua_newtable(L);
  set_text(L, "name", operation.name);
  set_text(L, "kind", operation.kind == OperationKind::layer ? "layer" : "transform");
  set_text(L, "category", std::string(name(operation.category)));
  set_text(L, "doc", operation.doc);
  set_ports(L, operation.inputs);
  set_texts(L, "order", operation.order);
  set_texts(L, "synonyms", operations(*border(L).runtime).synonyms(operation.name));
  set_attributes(L, operation.attributes);
  set_texts(L, "outputs", operation.outputs);
  set_aliases(L, operation);
  set_flag(L, "outputs_vary", operation.outputs_vary);
  set_number(L, "method_port", operation.method_port);
  set_flag(L, "from_graph", operation.from_graph());
  set_flag(L, "in_place", operation.in_place);
  set_flag(L, "draws", operation.draws);
  set_flag(L, "differs_in_training", operation.differs_in_training);
  set_flag(L, "differentiable", operation.differentiable);
  set_text(L, "symbol", operation.symbol);
  set_text(L, "torch", operation.torch);
  set_text(L, "onnx", operation.onnx);
  set_text(L, "transform", operation.transform);
}

const Descriptor& operation_named(lua_State* L, const std::string& name) {
  const Registry& known = operations(*border(L).runtime);
  const bool operators =
      !known.find(name) && std::ranges::find(operator_methods(), name) != operator_methods().end();
  check(
      !operators, Fault::usage,
      "'{0}' is no operation of Orrery's own but one of LibTorch's registry: x:{0}(…), orrery.aten.{0}(x, …)",
      name);
  return known.get(name);
}

// core.operations() → all of them, core.operations(name) → one, or an error with the nearest name
int list_operations(lua_State* L) {
  if (!lua_isnoneornil(L, 1))
    return push_operation(L, operation_named(L, read_string(L, 1, "operations", "a name"))), 1;
  lua_newtable(L);
  int at = 0;
  for (const auto& operation : operations(*border(L).runtime).all()) {
    push_operation(L, *operation);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

// core.find_operation(name) → whether there is an operation of that name or synonym
int find_operation(lua_State* L) {
  const std::string name = read_string(L, 1, "find_operation", "a name");
  return lua_pushboolean(L, operations(*border(L).runtime).find(name) != nullptr), 1;
}

int list_optimizers(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const OptimizerKind& kind : optimizer_kinds()) {
    push_described(L, kind.name, kind.doc, kind.attributes);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

int list_data_sources(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const DataSourceKind& kind : data_source_kinds()) {
    push_described(L, kind.name, kind.doc, data_source_attributes(kind.name));
    std::vector<std::string> lists;
    for (const TextListOption& list : kind.lists) lists.push_back(list.name);
    set_texts(L, "lists", lists);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

int list_data_transforms(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const DataTransformKind& kind : data_transform_kinds()) {
    push_described(L, kind.name, kind.doc, kind.attributes);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

int list_manager_options(lua_State* L) {
  push_described(L, "manager", "Runs a graph: trains, validates, records.", manager_attributes());
  lua_getfield(L, -1, "options");
  return 1;
}

// core.manager_groups() → the options that are tables of their own
int list_manager_groups(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const ManagerGroup& group : manager_groups()) {
    push_described(L, group.name, group.doc, group.attributes);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

// core.saver_options() → those that are plain values
int list_saver_options(lua_State* L) {
  push_described(L, "saver", "Writes chosen tensors when a run ends or is best.", saver_attributes());
  lua_getfield(L, -1, "options");
  return 1;
}

int list_classes(lua_State* L) { return push_classes(L), 1; }

}  // namespace

void push_described(lua_State* L, const std::string& name, const std::string& doc,
                    const std::vector<Attribute>& attributes) {
  lua_newtable(L);
  set_text(L, "name", name);
  set_text(L, "doc", doc);
  set_attributes(L, attributes);
}

void open_operations(lua_State* L) {
  add_functions(L, {{"operations", guarded<list_operations>},
                    {"find_operation", guarded<find_operation>},
                    {"optimizers", guarded<list_optimizers>},
                    {"data_sources", guarded<list_data_sources>},
                    {"data_transforms", guarded<list_data_transforms>},
                    {"manager_options", guarded<list_manager_options>},
                    {"manager_groups", guarded<list_manager_groups>},
                    {"saver_options", guarded<list_saver_options>},
                    {"classes", guarded<list_classes>}});
}

}  // namespace orrery::lua
