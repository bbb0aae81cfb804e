#include "bindings/lua_object.h"

#include "tests/bindings/lua_fixture.h"

namespace orrery::lua {

namespace {
struct Counter {
  int value = 0;
};
struct Lamp {};
}  // namespace

template <>
struct LuaClass<Counter> {
  static constexpr const char* name = "Counter";
};
template <>
struct LuaClass<Lamp> {
  static constexpr const char* name = "Lamp";
};

namespace {

int value(lua_State* L) { return lua_pushnumber(L, get<Counter>(L, 1).value), 1; }
int half(lua_State* L) {
  if (std::string(lua_tostring(L, 2)) != "half") return 0;
  return lua_pushnumber(L, get<Counter>(L, 1).value / 2.0), 1;
}
std::string text(void* object) {
  return "Counter at " + std::to_string(static_cast<Counter*>(object)->value);
}

class LuaObjectTest : public LuaTest {
 protected:
  void SetUp() override {
    define_class<Counter>(L, {.methods = {{"value", guarded<value>}}, .index = half, .text = text});
    define_class<Lamp>(L, {});
    counter_ = std::make_shared<Counter>(Counter{6});
    set("counter", counter_);
    set("lamp", std::make_shared<Lamp>());
  }

  template <class T>
  void set(const char* name, std::shared_ptr<T> object) {
    push(L, std::move(object));
    lua_setglobal(L, name);
  }

  std::shared_ptr<Counter> counter_;
};

TEST_F(LuaObjectTest, CallsMethodsAndPrintsWhatAPersonWantsToRead) {
  EXPECT_EQ(eval("counter:value()"), "6");
  EXPECT_EQ(eval("counter.half"), "3");
  EXPECT_EQ(eval("tostring(counter)"), "Counter at 6");
}

TEST_F(LuaObjectTest, NamesTheNearestMemberOfAnUnknownOne) {
  EXPECT_EQ(error_of("counter:valeu()"),
            "test.lua:1: a Counter has no member 'valeu' (did you mean 'value'?)");
}

TEST_F(LuaObjectTest, RefusesUserdataOfOthers) {
  EXPECT_EQ(error_of("counter.value(io.stdout)"),
            "test.lua:1: expected a Counter, got a userdata of another kind");
  EXPECT_EQ(error_of("counter.value(lamp)"), "test.lua:1: expected a Counter, got a Lamp");
  EXPECT_EQ(error_of("counter.value({})"), "test.lua:1: expected a Counter, got a table");
  EXPECT_EQ(error_of("counter.value()"), "test.lua:1: expected a Counter, got nothing");
  EXPECT_EQ(error_of("counter.value(newproxy(true))"),
            "test.lua:1: expected a Counter, got a userdata of another kind");
}

TEST_F(LuaObjectTest, RefusesForeignUserdataThatWearsItsMetatable) {
  run(R"(
    local meta = debug.getmetatable(counter)
    for _, foreign in ipairs { io.tmpfile(), newproxy(true) } do
      debug.setmetatable(foreign, meta)
      assert(not pcall(counter.value, foreign))
      debug.setmetatable(foreign, nil)
    end
  )");
}

TEST_F(LuaObjectTest, HidesItsMetatable) {
  EXPECT_EQ(eval("getmetatable(counter)"), "Counter");
  EXPECT_NE(error_of("setmetatable(counter, {})"), "");
}

TEST_F(LuaObjectTest, GivesOneUserdataPerObject) {
  set("same", counter_);
  set("other", std::make_shared<Counter>(Counter{6}));
  EXPECT_EQ(eval("rawequal(counter, same)"), "true");
  EXPECT_EQ(eval("({ [counter] = 'found' })[same]"), "found");
  EXPECT_EQ(eval("counter == other"), "false");
}

TEST_F(LuaObjectTest, ForgetsTheObjectAtReleaseAndSaysSoLater) {
  run("counter:release()");
  EXPECT_EQ(counter_.use_count(), 1);
  EXPECT_EQ(error_of("counter:value()"), "test.lua:1: this Counter was released and cannot be used any more");
  EXPECT_EQ(eval("tostring(counter)"), "Counter (released)");
  EXPECT_EQ(eval("counter == counter"), "true");
}

TEST_F(LuaObjectTest, MayBeReleasedTwice) {
  run("counter:release() counter:release()");
  EXPECT_EQ(counter_.use_count(), 1);
}

TEST_F(LuaObjectTest, MakesANewUserdataForAnObjectWhoseOldOneWasReleased) {
  run("old = counter counter:release()");
  set("counter", counter_);
  EXPECT_EQ(eval("counter:value()"), "6");
  run("old:release() collectgarbage()");
  set("again", counter_);
  EXPECT_EQ(eval("rawequal(counter, again)"), "true");
}

TEST_F(LuaObjectTest, SurvivesItsFinalizerCalledByHand) {
  run(R"(
    local gc = debug.getmetatable(counter).__gc
    gc(counter) gc(counter) gc(lamp) gc(io.stdout) gc(nil) gc({}) gc()
  )");
  EXPECT_EQ(counter_.use_count(), 1);
  EXPECT_NE(error_of("counter:value()"), "");
  run("counter, lamp = nil, nil collectgarbage() collectgarbage()");
}

TEST_F(LuaObjectTest, LetsGoWhenCollected) {
  run("counter = nil collectgarbage() collectgarbage()");
  EXPECT_EQ(counter_.use_count(), 1);
}

TEST_F(LuaObjectTest, LetsGoWhenTheStateCloses) {
  auto object = std::make_shared<Counter>();
  {
    OwnState other = open_state();
    define_class<Counter>(other.get(), {});
    push(other.get(), object);
    lua_setglobal(other.get(), "kept");
  }
  EXPECT_EQ(object.use_count(), 1);
}

TEST_F(LuaObjectTest, HoldsLuaValuesWithoutKeepingCyclesAlive) {
  push(L, counter_);
  push_fields(L, -1);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "itself");
  lua_pop(L, 2);
  run("counter = nil collectgarbage() collectgarbage()");
  EXPECT_EQ(counter_.use_count(), 1);
}

TEST_F(LuaObjectTest, WorksWhileEverythingElseIsStopped) {
  border(L).runtime->stop = 2;
  EXPECT_EQ(eval("tostring(counter)"), "Counter at 6");
  EXPECT_EQ(error_of("counter:value()"), "test.lua:1: interrupted");
  run("local release = debug.getmetatable(counter).__gc release(counter)");
  EXPECT_EQ(counter_.use_count(), 1);
}

}  // namespace
}  // namespace orrery::lua
