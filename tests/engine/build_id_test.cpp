#include "runtime/engine/build_id.h"

#include <algorithm>
#include <string_view>

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(BuildIdTest, TheEnginesLibraryHasOne) {
  const std::string id = engine_build_id();
  EXPECT_GE(id.size(), 16u);
  EXPECT_TRUE(std::ranges::all_of(id, [](char digit) {
    return std::string_view("0123456789abcdef").find(digit) != std::string_view::npos;
  })) << id;
  EXPECT_EQ(engine_build_id(), id);
}

}  // namespace
}  // namespace orrery
