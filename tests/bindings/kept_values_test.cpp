#include "bindings/kept_values.h"

#include <memory>
#include <thread>

#include <gmock/gmock.h>

#include "tests/bindings/lua_fixture.h"

namespace orrery::lua {
namespace {

using testing::HasSubstr;

class KeptValuesTest : public LuaTest {
 protected:
  // The value of an expression.
  KeptValue kept(const std::string& expression) {
    run("kept = " + expression);
    lua_getglobal(L, "kept");
    KeptValue value(L, -1, values());
    lua_pop(L, 1);
    run("kept = nil");
    return value;
  }
  const std::shared_ptr<KeptValues>& values() { return border(L).kept; }

  // What a kept function gives.
  double call(const KeptValue& function) {
    double result = 0;
    values()->run([&](lua_State* T) {
      function.push(T);
      lua_call(T, 0, 1);
      result = lua_tonumber(T, -1);
    });
    return result;
  }

  std::string failure_of(const KeptValue& function) {
    try {
      call(function);
    } catch (const LuaFailure& failure) {
      return failure.what();
    }
    return "nothing was thrown";
  }
};

TEST_F(KeptValuesTest, LiveAsLongAsTheirObject) {
  run("weak = setmetatable({}, { __mode = 'k' }); watched = function() return 7 end; weak[watched] = true");
  auto value = std::make_unique<KeptValue>(kept("watched"));
  run("watched = nil; collectgarbage()");
  EXPECT_EQ(eval("next(weak) ~= nil"), "true");
  EXPECT_EQ(call(*value), 7);
  value.reset();
  const KeptValue next = kept("5");
  run("collectgarbage()");
  EXPECT_EQ(eval("next(weak)"), "nil");
}

TEST_F(KeptValuesTest, DieOnAnyThreadAndAfterTheState) {
  auto early = std::make_unique<KeptValue>(kept("{}")), late = std::make_unique<KeptValue>(kept("{}"));
  std::thread([&] { early.reset(); }).join();
  const std::shared_ptr<KeptValues> all = values();
  EXPECT_TRUE(all->callable());
  std::thread([&] { EXPECT_FALSE(all->callable()); }).join();
  const KeptValue more = kept("{}");
  OwnState other = open_state();
  {
    lua_pushnumber(other.get(), 1);
    const KeptValue outlives(other.get(), -1, border(other.get()).kept);
    const std::shared_ptr<KeptValues> closed = border(other.get()).kept;
    other.reset();
    EXPECT_FALSE(closed->callable());
  }
  late.reset();
}

TEST_F(KeptValuesTest, SayWhatLuaRaised) {
  EXPECT_EQ(failure_of(kept("function() error 'no' end")), "test.lua:1: no");
  EXPECT_THAT(failure_of(kept("function() error { code = 3 } end")), HasSubstr("code = 3"));
  EXPECT_EQ(call(kept("function() return 1 end")), 1);
}

TEST_F(KeptValuesTest, LetExceptionsOfTheActionPassAsTheyAre) {
  EXPECT_THROW(values()->run([](lua_State*) { throw Error(Fault::write, "full"); }), Error);
  EXPECT_EQ(call(kept("function() return 1 end")), 1);
}

TEST_F(KeptValuesTest, AStopStaysAStop) {
  const KeptValue function = kept("function() return require('orrery.core').graph('x') end");
  call(function);
  border(L).runtime->stop = 2;
  EXPECT_THROW(call(function), Error);
  border(L).runtime->stop = 0;
}

const KeptValue* called = nullptr;

int call_inner(lua_State* L) {
  double result = 0;
  border(L).kept->run([&](lua_State* T) {
    called->push(T);
    lua_call(T, 0, 1);
    result = lua_tonumber(T, -1);
  });
  return lua_pushnumber(L, result), 1;
}

// A call may lead to the next one, also from a coroutine that it has resumed.
TEST_F(KeptValuesTest, CallsNest) {
  const KeptValue inner = kept("function() return 5 end");
  const KeptValue outer = kept(R"(function()
    local again = coroutine.wrap(function() return call_inner() end)
    return again() + call_inner() + 1
  end)");
  called = &inner;
  set_function("call_inner", guarded<call_inner>);
  EXPECT_EQ(call(outer), 11);
}

}  // namespace
}  // namespace orrery::lua
