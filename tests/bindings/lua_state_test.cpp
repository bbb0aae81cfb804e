#include "bindings/lua_state.h"

#include <cstdio>
#include <fstream>

#include "tests/bindings/lua_fixture.h"

namespace orrery::lua {
namespace {

class LuaStateTest : public LuaTest {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir();
    run("bytecode = string.dump(function() return 1 end)");
    run("local f = io.open('" + folder_ + "orrery_compiled.lua', 'wb') f:write(bytecode) f:close()");
    run("local f = io.open('" + folder_ + "orrery_text.lua', 'w') f:write('return ...') f:close()");
    run("folder = '" + folder_ + "'");
  }
  void TearDown() override {
    std::remove((folder_ + "orrery_compiled.lua").c_str());
    std::remove((folder_ + "orrery_text.lua").c_str());
    LuaTest::TearDown();
  }

  std::string folder_;
};

TEST_F(LuaStateTest, RefusesBytecodeInEveryLoader) {
  run("assert(not load(bytecode)) assert(not loadstring(bytecode)) assert(not loadfile(folder .. "
      "'orrery_compiled.lua'))");
  run("assert(not load(function() local b = bytecode bytecode2, bytecode = bytecode, nil return b end)) "
      "bytecode = bytecode2");
  run("assert(not pcall(dofile, folder .. 'orrery_compiled.lua'))");
  run("package.path = folder .. '?.lua' assert(not pcall(require, 'orrery_compiled'))");
}

TEST_F(LuaStateTest, RefusesBytecodeAlsoWhenItsModeIsAskedFor) {
  run("for _, mode in ipairs { 'b', 'bt', 'tb' } do assert(not load(bytecode, 'x', mode)) end");
  run("assert(not loadfile(folder .. 'orrery_compiled.lua', 'b'))");
  EXPECT_EQ(eval("select(2, load('return 1', 'x', 'b'))"), "bytecode is not loaded: only Lua text is");
}

TEST_F(LuaStateTest, LoadsTextAsLuaDoes) {
  run("assert(load('return 1')() == 1) assert(loadstring('return 2')() == 2)");
  run("local parts = { 'return ', '3' } assert(load(function() return table.remove(parts, 1) end)() == 3)");
  run("assert(load('return x', 'chunk', 't', { x = 4 })() == 4)");
  run("assert(loadfile(folder .. 'orrery_text.lua')(5) == 5) assert(dofile(folder .. 'orrery_text.lua') == "
      "nil)");
  run("package.path = folder .. '?.lua' assert(require 'orrery_text' == 'orrery_text')");
  EXPECT_EQ(eval("select(2, load('return (', '@x.lua'))"), "x.lua:1: unexpected symbol near '<eof>'");
}

TEST_F(LuaStateTest, KeepsTheWordsOfAModuleThatIsNotThere) {
  EXPECT_NE(error_of("require 'no_such_module'").find("module 'no_such_module' not found"),
            std::string::npos);
}

TEST_F(LuaStateTest, NamesFileAndLineOfASyntaxError) {
  try {
    push_chunk(L, "local x = 1\nlocal = 2\n", "bad.lua");
    FAIL() << "a syntax error was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::run);
    EXPECT_NE(std::string(error.what()).find("bad.lua:2:"), std::string::npos) << error.what();
  }
}

TEST_F(LuaStateTest, RefusesAScriptOfBytecode) {
  try {
    push_chunk(L, "\x1bLJ\x02", "compiled.lua");
    FAIL() << "bytecode was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input_file);
  }
}

TEST_F(LuaStateTest, TakesScriptsWithShebangMarkAndWindowsLines) {
  for (const char* text :
       {"#!/usr/bin/env orrery\nx = 1", "\xEF\xBB\xBFx = 1", "x = 1\r\nx = x\r\n", "x = 1"}) {
    push_chunk(L, text, "script.lua");
    EXPECT_EQ(lua_pcall(L, 0, 0, 0), 0);
    EXPECT_EQ(eval("x"), "1");
  }
}

int ask_to_stop(lua_State* L) {
  border(L).runtime->stop = 2;
  stop_lua(L);
  return 0;
}

TEST_F(LuaStateTest, StopsALoopThatCallsNothing) {
  set_function("ask_to_stop", ask_to_stop);
  const std::string error = error_of("ask_to_stop() while true do end");
  EXPECT_EQ(error, "test.lua:1: interrupted");
  forget_stop(L);
}

TEST_F(LuaStateTest, StopsALoopThatCatchesTheStop) {
  set_function("ask_to_stop", ask_to_stop);
  EXPECT_EQ(error_of("ask_to_stop() while true do pcall(function() while true do end end) end"),
            "test.lua:1: interrupted");
  forget_stop(L);
}

TEST_F(LuaStateTest, LetsTheLibrarysOwnLinesFinish) {
  set_function("ask_to_stop", ask_to_stop);
  border(L).sites.add_library("@library/");
  run("ask_to_stop() done = 0 for i = 1, 10000 do done = done + 1 end", "@library/loop.lua");
  forget_stop(L);
  EXPECT_EQ(eval("done"), "10000");
}

TEST_F(LuaStateTest, ClosesManyStatesWithoutLeftovers) {
  for (int i = 0; i < 100; ++i) {
    OwnState other = open_state();
    const std::weak_ptr<Runtime> runtime = border(other.get()).runtime;
    EXPECT_FALSE(runtime.expired());
    other.reset();
    EXPECT_TRUE(runtime.expired());
  }
}

}  // namespace
}  // namespace orrery::lua
