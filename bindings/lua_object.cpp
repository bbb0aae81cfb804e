#include "bindings/lua_object.h"

#include <algorithm>
#include <cstring>

#include "bindings/border.h"
#include "runtime/core/names.h"

namespace orrery::lua {
namespace {

constexpr const char* kClasses = "orrery.classes";

// Kept by the class's functions as their upvalue, so that it lives as long as they do.
struct ClassRecord {
  std::string name;
  ClassSpec spec;
};

std::string registry_key(const char* name) { return std::string("orrery.class.") + name; }

// Where a class's metatable keeps its userdata by their identities, weakly.
constexpr int kObjects = 1;

ClassRecord& class_of(lua_State* L) {
  return **static_cast<ClassRecord**>(lua_touserdata(L, lua_upvalueindex(1)));
}

std::string with_article(const std::string& name) {
  const bool vowel = !name.empty() && std::string("AEIOaeio").find(name[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + name;
}

int forget_class(lua_State* L) {
  auto held = static_cast<ClassRecord**>(lua_touserdata(L, 1));
  delete *held;
  *held = nullptr;
  return 0;
}

void push_class(lua_State* L, const char* name, ClassSpec spec) {
  auto held = static_cast<ClassRecord**>(lua_newuserdata(L, sizeof(ClassRecord*)));
  *held = new ClassRecord{name, std::move(spec)};
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, forget_class);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
}

// Members are refused when unknown: a mistyped one would otherwise be a nil that fails elsewhere.
int unknown_member(lua_State* L, const ClassRecord& record) {
  std::vector<std::string> names{"release"};
  for (const luaL_Reg& method : record.spec.methods) names.emplace_back(method.name);
  const std::string key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : type_name(L, 2);
  fail(Fault::usage, "{} has no member '{}'{}", with_article(record.name), key, did_you_mean(key, names));
  return 0;
}

// upvalues: class, methods
int index_member(lua_State* L) {
  ClassRecord& record = class_of(L);
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(2));
  if (!lua_isnil(L, -1)) return 1;
  lua_settop(L, 2);
  if (record.spec.index) {
    object_at(L, 1, record.name.c_str());
    if (const int results = record.spec.index(L)) return results;
  }
  return unknown_member(L, record);
}

int text_of_object(lua_State* L) {
  ClassRecord& record = class_of(L);
  Box* box = box_at(L, 1, record.name.c_str());
  check(box != nullptr, Fault::usage, "expected {}, got {}", with_article(record.name), type_name(L, 1));
  const std::string text = !box->object       ? record.name + " (released)"
                           : record.spec.text ? record.spec.text(box->object.get())
                                              : record.name;
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

// Only the entry that is this very userdata: a younger one may stand for the same object.
void forget_identity(lua_State* L, const ClassRecord& record, const void* identity) {
  luaL_getmetatable(L, registry_key(record.name.c_str()).c_str());
  lua_rawgeti(L, -1, kObjects);
  lua_pushlightuserdata(L, const_cast<void*>(identity));
  lua_rawget(L, -2);
  if (lua_rawequal(L, -1, 1)) {
    lua_pushlightuserdata(L, const_cast<void*>(identity));
    lua_pushnil(L);
    lua_rawset(L, -4);
  }
  lua_pop(L, 3);
}

void let_go(lua_State* L, ClassRecord& record, Box& box) {
  if (!box.object) return;
  std::shared_ptr<void> object = std::move(box.object);
  box.object = nullptr;
  forget_identity(L, record, box.identity);
  if (record.spec.released) record.spec.released(L, object.get());
}

int release_object(lua_State* L) {
  ClassRecord& record = class_of(L);
  Box* box = box_at(L, 1, record.name.c_str());
  check(box != nullptr, Fault::usage, "release: expected {}, got {}", with_article(record.name),
        type_name(L, 1));
  let_go(L, record, *box);
  return 0;
}

// Scripts can reach it (debug.getmetatable) and call it by hand, with anything.
int collect_object(lua_State* L) {
  ClassRecord& record = class_of(L);
  if (Box* box = box_at(L, 1, record.name.c_str())) let_go(L, record, *box);
  return 0;
}

int same_object(lua_State* L) {
  const char* name = class_of(L).name.c_str();
  const Box* a = box_at(L, 1, name);
  const Box* b = box_at(L, 2, name);
  lua_pushboolean(L, a && b && (a == b || (a->object && a->object == b->object)));
  return 1;
}

// Gives the function at the top the class as upvalue and stores it in the metatable below.
void set_metamethod(lua_State* L, int metatable, int record, const char* key, lua_CFunction function) {
  lua_pushvalue(L, record);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, metatable, key);
}

void push_methods(lua_State* L, int record, const ClassSpec& spec) {
  lua_newtable(L);
  for (const luaL_Reg& method : spec.methods) {
    lua_pushcfunction(L, method.func);
    lua_setfield(L, -2, method.name);
  }
  set_metamethod(L, lua_gettop(L), record, "release", guarded_always<release_object>);
}

void push_weak_table(lua_State* L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

void fill_metatable(lua_State* L, int metatable, int record, const ClassSpec& spec) {
  set_metamethod(L, metatable, record, "__gc", guarded_always<collect_object>);
  set_metamethod(L, metatable, record, "__eq", guarded_always<same_object>);
  set_metamethod(L, metatable, record, "__tostring", guarded_always<text_of_object>);
  lua_pushvalue(L, record);
  push_methods(L, record, spec);
  lua_pushcclosure(L, guarded<index_member>, 2);
  lua_setfield(L, metatable, "__index");
  for (const luaL_Reg& method : spec.metamethods) {
    lua_pushcfunction(L, method.func);
    lua_setfield(L, metatable, method.name);
  }
}

// classes: the table of all classes is on top.
void list_class(lua_State* L, const char* name, const ClassSpec& spec) {
  lua_createtable(L, static_cast<int>(spec.methods.size()), 0);
  for (size_t i = 0; i < spec.methods.size(); ++i) {
    lua_pushstring(L, spec.methods[i].name);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, name);
}

}  // namespace

void define_class(lua_State* L, const char* name, ClassSpec spec) {
  border(L);
  StackGuard guard(L);
  if (!luaL_newmetatable(L, registry_key(name).c_str())) return;
  const int metatable = lua_gettop(L);
  push_class(L, name, spec);
  fill_metatable(L, metatable, metatable + 1, spec);
  lua_pushstring(L, name);
  lua_setfield(L, metatable, "__metatable");
  push_weak_table(L);
  lua_rawseti(L, metatable, kObjects);
  push_classes(L);
  list_class(L, name, spec);
}

void push_classes(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, kClasses);
  if (lua_istable(L, -1)) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, kClasses);
}

// Asked for every argument of every call, so it looks nothing up. `debug.setmetatable` can put our metatable
// on any userdata: size and mark are looked at, too.
Box* box_at(lua_State* L, int index, const char* name) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_objlen(L, index) != sizeof(Box)) return nullptr;
  Box* box = static_cast<Box*>(lua_touserdata(L, index));
  if (box->mark != Box::kMark || !lua_getmetatable(L, index)) return nullptr;
  const bool same = lua_topointer(L, -1) == box->metatable;
  lua_pop(L, 1);
  return same && std::strcmp(box->type, name) == 0 ? box : nullptr;
}

bool push_existing(lua_State* L, const char* name, const void* identity) {
  luaL_checkstack(L, 4, "too many values");
  luaL_getmetatable(L, registry_key(name).c_str());
  invariant(lua_istable(L, -1), "an object of a class that was not defined was pushed");
  lua_rawgeti(L, -1, kObjects);
  lua_pushlightuserdata(L, const_cast<void*>(identity));
  lua_rawget(L, -2);
  if (lua_isnil(L, -1)) return lua_pop(L, 3), false;
  lua_replace(L, -3);
  lua_pop(L, 1);
  return true;
}

void push_new(lua_State* L, const char* name, std::shared_ptr<void> object, const void* identity) {
  luaL_checkstack(L, 5, "too many values");
  Box* box = new (lua_newuserdata(L, sizeof(Box))) Box;
  luaL_getmetatable(L, registry_key(name).c_str());
  invariant(lua_istable(L, -1), "an object of a class that was not defined was pushed");
  box->metatable = lua_topointer(L, -1);
  box->type = name;
  lua_rawgeti(L, -1, kObjects);
  lua_pushvalue(L, -2);
  lua_setmetatable(L, -4);
  box->object = std::move(object);
  box->identity = identity;
  lua_pushlightuserdata(L, const_cast<void*>(identity));
  lua_pushvalue(L, -4);
  lua_rawset(L, -3);
  lua_pop(L, 2);
}

void* object_at(lua_State* L, int index, const char* name) {
  Box* box = box_at(L, index, name);
  if (!box) fail(Fault::usage, "expected {}, got {}", with_article(name), type_name(L, index));
  if (!box->object) fail(Fault::usage, "this {} was released and cannot be used any more", name);
  return box->object.get();
}

void visit_objects(lua_State* L, const char* name, const std::function<void(Box&)>& visit) {
  StackGuard guard(L);
  luaL_checkstack(L, 4, "too many values");
  luaL_getmetatable(L, registry_key(name).c_str());
  lua_rawgeti(L, -1, kObjects);
  const int objects = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, objects)) {
    Box& box = *static_cast<Box*>(lua_touserdata(L, -1));
    lua_pop(L, 1);
    if (!box.object) continue;
    visit(box);
    if (box.object) continue;
    // Assigning nil to the entry at hand is what a traversal allows.
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, objects);
  }
}

std::string type_name(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
    lua_getfield(L, -1, "__metatable");
    const char* text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : nullptr;
    const std::string name = text ? with_article(text) : "a userdata of another kind";
    lua_pop(L, 2);
    return name;
  }
  const int type = lua_type(L, index);
  if (type == LUA_TNONE) return "nothing";
  if (type == LUA_TNIL) return "nil";
  return with_article(lua_typename(L, type));
}

void push_fields(lua_State* L, int index) {
  index = index < 0 ? lua_gettop(L) + 1 + index : index;
  Box* box = static_cast<Box*>(lua_touserdata(L, index));
  luaL_checkstack(L, 2, "too many values");
  if (box->has_fields) return lua_getfenv(L, index);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfenv(L, index);
  box->has_fields = true;
}

}  // namespace orrery::lua
