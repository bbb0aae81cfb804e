#include "bindings/tensor_account.h"

#include "tests/bindings/lua_fixture.h"

namespace orrery::lua {

namespace {
// Stands for a tensor: so many bytes that Lua's collector does not see.
struct Buffer {
  std::int64_t bytes = 0;
};
std::int64_t most_alive = 0;
}  // namespace

template <>
struct LuaClass<Buffer> {
  static constexpr const char* name = "Buffer";
};

namespace {

constexpr std::int64_t kMiB = 1 << 20;

int make_buffer(lua_State* L) {
  TensorAccount& tensors = border(L).tensors;
  const auto bytes = static_cast<std::int64_t>(lua_tonumber(L, 1));
  tensors.allocated(L, bytes);
  most_alive = std::max(most_alive, tensors.live());
  return push(L, std::make_shared<Buffer>(Buffer{bytes})), 1;
}

void released(lua_State* L, void* buffer) { border(L).tensors.freed(static_cast<Buffer*>(buffer)->bytes); }

class TensorAccountTest : public LuaTest {
 protected:
  void SetUp() override {
    define_class<Buffer>(L, {.released = released});
    set_function("buffer", guarded<make_buffer>);
    most_alive = 0;
  }
};

TEST_F(TensorAccountTest, KeepsALoopOfTemporariesSmall) {
  run("for i = 1, 10000 do local b = buffer(4 * 2^20) end");
  EXPECT_LT(most_alive, 256 * kMiB);
  EXPECT_LE(border(L).tensors.maximum(), 100 * kMiB);
}

TEST_F(TensorAccountTest, KeepsTemporariesSmallBesideManyLiveTables) {
  run("kept = {} for i = 1, 200000 do kept[i] = { i } end for i = 1, 2000 do local b = buffer(4 * 2^20) end");
  EXPECT_LT(most_alive, 256 * kMiB);
}

TEST_F(TensorAccountTest, RaisesTheMaximumWhenMuchIsKept) {
  run("kept = {} for i = 1, 100 do kept[i] = buffer(4 * 2^20) end");
  EXPECT_EQ(border(L).tensors.live(), 400 * kMiB);
  EXPECT_GE(border(L).tensors.maximum(), 400 * kMiB);
  run("for i = 1, 1000 do local b = buffer(4 * 2^20) end");
  EXPECT_LT(most_alive, 700 * kMiB);
}

TEST_F(TensorAccountTest, CountsAReleasedBufferOnce) {
  run("local b = buffer(4 * 2^20) b:release() b:release() b = nil collectgarbage() collectgarbage()");
  EXPECT_EQ(border(L).tensors.live(), 0);
}

TEST_F(TensorAccountTest, WorksWhileTheScriptHoldsTheCollector) {
  run("collectgarbage 'stop' for i = 1, 1000 do local b = buffer(4 * 2^20) end");
  EXPECT_LT(most_alive, 256 * kMiB);
}

}  // namespace
}  // namespace orrery::lua
