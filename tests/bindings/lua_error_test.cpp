#include "bindings/lua_error.h"

#include <memory>

#include "tests/bindings/lua_fixture.h"

namespace orrery::lua {
namespace {

// Counts the objects that are alive, so that a destructor that was passed over shows.
int living = 0;
struct Counted {
  Counted() { ++living; }
  ~Counted() { --living; }
};

int raise_lua_error(lua_State* L) {
  Counted on_the_stack;
  auto on_the_heap = std::make_unique<Counted>();
  return luaL_error(L, "a Lua error");
}

int check_argument(lua_State* L) {
  Counted counted;
  luaL_checknumber(L, 1);
  return 0;
}

int throw_error(lua_State*) {
  Counted counted;
  throw Error(Fault::input_file, "the file is damaged", {}, "Fetch it again.");
}

int throw_standard(lua_State*) { throw std::out_of_range("index 7 of 3"); }
int throw_no_memory(lua_State*) { throw std::bad_alloc(); }
int throw_finding(lua_State*) {
  throw CheckError(
      {{.code = "shape-mismatch", .site = {"model.lua", 12}, .message = "fc expects 3 features, got 4"}});
}

int call_back(lua_State* L) {
  Counted counted;
  lua_pushvalue(L, 1);
  lua_call(L, 0, 0);
  return 0;
}

class LuaErrorTest : public LuaTest {
 protected:
  void SetUp() override {
    living = 0;
    set_function("raise_lua_error", guarded<raise_lua_error>);
    set_function("check_argument", guarded<check_argument>);
    set_function("throw_error", guarded<throw_error>);
    set_function("throw_standard", guarded<throw_standard>);
    set_function("throw_no_memory", guarded<throw_no_memory>);
    set_function("throw_finding", guarded<throw_finding>);
    set_function("call_back", guarded<call_back>);
  }
};

TEST_F(LuaErrorTest, RunsDestructorsWhenALuaErrorCrossesAFrame) {
  EXPECT_NE(error_of("raise_lua_error()").find("a Lua error"), std::string::npos);
  EXPECT_EQ(living, 0);
}

TEST_F(LuaErrorTest, RunsDestructorsWhenAnArgumentIsRefused) {
  EXPECT_NE(error_of("check_argument('x')").find("number expected"), std::string::npos);
  EXPECT_EQ(living, 0);
}

TEST_F(LuaErrorTest, RunsDestructorsOfEveryFrameOfNestedCalls) {
  EXPECT_NE(error_of("call_back(function() call_back(raise_lua_error) end)").find("a Lua error"),
            std::string::npos);
  EXPECT_EQ(living, 0);
}

TEST_F(LuaErrorTest, RunsDestructorsInLoopsThatTheCompilerHasTaken) {
  luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_ON);
  run(R"(
    local failures = 0
    for i = 1, 20000 do
      if not pcall(raise_lua_error) then failures = failures + 1 end
      if not pcall(throw_error) then failures = failures + 1 end
      if not pcall(call_back, throw_standard) then failures = failures + 1 end
    end
    assert(failures == 60000)
  )");
  EXPECT_EQ(living, 0);
}

TEST_F(LuaErrorTest, KeepsTheTextOfAnyStandardException) {
  EXPECT_EQ(error_of("throw_standard()"), "test.lua:1: index 7 of 3");
}

TEST_F(LuaErrorTest, PutsTheScriptLineBeforeAMessageAndTheRemedyBehind) {
  EXPECT_EQ(error_of("\n\nthrow_error()"), "test.lua:3: the file is damaged\n  Fetch it again.");
}

TEST_F(LuaErrorTest, KeepsTheLineThatAMessageBrings) {
  EXPECT_EQ(error_of("throw_finding()"), "model.lua:12: fc expects 3 features, got 4");
}

TEST_F(LuaErrorTest, GivesScriptsAPlainTextThatTheyCanSearch) {
  run("local ok, text = pcall(throw_error) assert(not ok and type(text) == 'string' and text:find "
      "'damaged')");
}

TEST_F(LuaErrorTest, LeavesLuaErrorValuesAlone) {
  run("local value = {} local ok, got = pcall(call_back, function() error(value) end) assert(got == value)");
  EXPECT_EQ(living, 0);
}

TEST_F(LuaErrorTest, RemembersTheFaultBehindAText) {
  const std::string text = error_of("throw_error()");
  const ErrorRecord* record = border(L).find_error(text);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->fault, Fault::input_file);
  EXPECT_NE(border(L).find_error("while loading: " + text), nullptr);
  EXPECT_EQ(border(L).find_error("another text"), nullptr);
}

TEST_F(LuaErrorTest, RemembersTheFindingsOfACheck) {
  const ErrorRecord* record = border(L).find_error(error_of("throw_finding()"));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->fault, Fault::check);
  ASSERT_EQ(record->findings.size(), 1u);
  EXPECT_EQ(record->findings[0].code, "shape-mismatch");
}

TEST_F(LuaErrorTest, TellsMissingMemoryApart) {
  const ErrorRecord* record = border(L).find_error(error_of("throw_no_memory()"));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->fault, Fault::memory);
}

TEST_F(LuaErrorTest, RefusesEveryBoundCallAfterAStopWasAskedFor) {
  border(L).runtime->stop = 2;
  EXPECT_EQ(error_of("throw_standard()"), "test.lua:1: interrupted");
  EXPECT_EQ(border(L).find_error("test.lua:1: interrupted")->fault, Fault::interrupted);
  border(L).runtime->stop = 15;
  EXPECT_EQ(border(L).find_error(error_of("throw_standard()"))->fault, Fault::terminated);
}

int end_here(lua_State* L) {
  border(L).end_script_if_checking("manager:run");
  return 0;
}

TEST_F(LuaErrorTest, EndsACheckedScriptAlsoWhenItCatchesTheError) {
  set_function("train", guarded<end_here>);
  run("train()");
  border(L).set_mode(Border::Mode::check);
  EXPECT_NE(error_of("pcall(train) check_argument(1)").find("ended at manager:run"), std::string::npos);
  EXPECT_EQ(border(L).ended_at(), "manager:run");
  border(L).forget_end();
  run("check_argument(1)");
}

}  // namespace
}  // namespace orrery::lua
