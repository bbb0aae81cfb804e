#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <lua.hpp>

#include "bindings/lua_error.h"
#include "bindings/lua_ref.h"

namespace orrery::lua {

/// The userdata of every bound object: a shared pointer behind a mark. Empty after `release`, `__gc`.
struct Box {
  static constexpr std::uint64_t kMark = 0x4f52524552590001;
  std::uint64_t mark = kMark;
  std::shared_ptr<void> object;
  const void* identity = nullptr;   ///< what the userdata is found by
  const void* metatable = nullptr;  ///< its class's
  const char* type = "";            ///< its class's name
  bool has_fields = false;
};

/// What Lua calls a bound type; specialised beside the type's binding:
/// `template <> struct LuaClass<Graph> { static constexpr const char* name = "Graph"; };`
template <class T>
struct LuaClass;

/// How a class is made known to a state. Every class also has the member `release()`, which forgets the
/// C++ object now; again does nothing, and any other use says that it was released.
struct ClassSpec {
  std::vector<luaL_Reg> methods = {};
  /// Metamethods beside those that every class has (`__gc`, `__eq`, `__tostring`, `__metatable`, `__index`).
  std::vector<luaL_Reg> metamethods = {};
  /// Asked when no method has the key: (object, key) → value, or nothing for the standard message about
  /// an unknown member. May be null.
  lua_CFunction index = nullptr;
  /// What a person wants to read.
  std::string (*text)(void* object) = nullptr;
  /// Called before the object is let go, by `release` or the collector. May be null.
  void (*released)(lua_State* L, void* object) = nullptr;
};

// What the templates below stand on; types are names here.
void define_class(lua_State* L, const char* name, ClassSpec spec);
/// The box at an index if it belongs to the class, else null. Looks at the metatable itself, then at
/// size and mark.
Box* box_at(lua_State* L, int index, const char* name);
/// Pushes the one userdata of an identity if it lives; pushes nothing and returns false else.
bool push_existing(lua_State* L, const char* name, const void* identity);
void push_new(lua_State* L, const char* name, std::shared_ptr<void> object, const void* identity);
/// The live object; throws `Error(Fault::usage)`: "expected a Graph, got a string", "… was released".
void* object_at(lua_State* L, int index, const char* name);
/// Calls `visit` with the box of each living userdata of a class.
void visit_objects(lua_State* L, const char* name, const std::function<void(Box&)>& visit);

/// Makes a class known to a state; again does nothing.
template <class T>
void define_class(lua_State* L, ClassSpec spec) {
  define_class(L, LuaClass<T>::name, std::move(spec));
}

/// True for a userdata of the class, also a released one.
template <class T>
bool is(lua_State* L, int index) {
  return box_at(L, index, LuaClass<T>::name) != nullptr;
}

/// The object at an index. Throws unless it is a live one of the class.
template <class T>
T& get(lua_State* L, int index) {
  return *static_cast<T*>(object_at(L, index, LuaClass<T>::name));
}

/// The same, shared.
template <class T>
std::shared_ptr<T> share(lua_State* L, int index) {
  object_at(L, index, LuaClass<T>::name);
  return std::static_pointer_cast<T>(box_at(L, index, LuaClass<T>::name)->object);
}

/// Releases every living object of the class that the condition holds for.
template <class T>
void release_where(lua_State* L, const std::function<bool(T&)>& condition) {
  visit_objects(L, LuaClass<T>::name, [&](Box& box) {
    if (!condition(*static_cast<T*>(box.object.get()))) return;
    box.object = nullptr;
    box.identity = nullptr;
  });
}

/// Pushes the userdata of an object; the same userdata while one lives.
template <class T>
void push(lua_State* L, std::shared_ptr<T> object) {
  const void* identity = object.get();
  if (!push_existing(L, LuaClass<T>::name, identity)) {
    push_new(L, LuaClass<T>::name, std::const_pointer_cast<std::remove_const_t<T>>(object), identity);
  }
}

/// Pushes all classes of the state with the names of their methods: { Graph = { "block", … }, … }.
void push_classes(lua_State* L);

/// The name of the value's type as messages say it: `a number`, `a Graph`, `nil`.
std::string type_name(lua_State* L, int index);

/// Pushes the object's own table, made when first asked for: for Lua values that it holds. The
/// collector sees through it. REQUIRES: a userdata made by `push_new`.
void push_fields(lua_State* L, int index);

}  // namespace orrery::lua
