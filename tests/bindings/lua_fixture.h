#pragma once

#include <string>

#include <gtest/gtest.h>

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "bindings/lua_state.h"
#include "tests/files/places.h"

namespace orrery::lua {

/// A LuaJIT state as the program opens it, with the module `orrery` of the build on its paths.
class LuaTest : public ::testing::Test {
 protected:
  LuaTest() : state_(open_state()), L(state_.get()) {
    const std::string folder = in_build("lua/");
    run("package.path = '" + folder + "?.lua;" + folder + "?/init.lua;' .. package.path; package.cpath = '" +
        folder + "?.so'");
  }

  // Every test leaves the stack as it was.
  void TearDown() override { EXPECT_EQ(lua_gettop(L), 0) << "values were left on the stack"; }

  /// Runs a text as a script of that name; fails the test on an error.
  void run(const std::string& text, const std::string& name = "@test.lua") {
    EXPECT_EQ(error_of(text, name), "");
  }

  /// The error that a text ends with; empty for none.
  std::string error_of(const std::string& text, const std::string& name = "@test.lua") {
    int status = luaL_loadbuffer(L, text.data(), text.size(), name.c_str());
    if (status == 0) status = lua_pcall(L, 0, 0, 0);
    if (status == 0) return "";
    const std::string error = lua_tostring(L, -1) ? lua_tostring(L, -1) : "(no text)";
    lua_pop(L, 1);
    return error;
  }

  /// What `return <expression>` gives, as text.
  std::string eval(const std::string& expression, const std::string& name = "@test.lua") {
    const std::string text = "return tostring((function() return " + expression + " end)())";
    EXPECT_EQ(luaL_loadbuffer(L, text.data(), text.size(), name.c_str()), 0);
    lua_pcall(L, 0, 1, 0);
    const std::string result = lua_tostring(L, -1) ? lua_tostring(L, -1) : "(no text)";
    lua_pop(L, 1);
    return result;
  }

  void set_function(const char* name, lua_CFunction function) {
    lua_pushcfunction(L, function);
    lua_setglobal(L, name);
  }

  OwnState state_;
  lua_State* L;
};

}  // namespace orrery::lua
