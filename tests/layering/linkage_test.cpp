// What the built libraries and programs link: LibTorch stays behind the engine, cairo behind the renderers,
// and no module brings a Lua of its own.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/files/places.h"
#include "tests/layering/command.h"

namespace orrery::layering {
namespace {

namespace fs = std::filesystem;

const fs::path kBuild = in_build("");

bool any_begins(const std::vector<std::string>& names, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
  });
}

const std::vector<std::string> kTorch = {"libtorch", "libc10"};
const std::vector<std::string> kLua = {"liblua"};
const std::vector<std::string> kCairo = {"libcairo", "libpango"};

struct Rule {
  const char* file;                       // below the build folder
  std::vector<std::string> never_loaded;  // by it or by what it needs
  std::vector<std::string> never_needed;  // by itself
};

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

const Rule kRules[] = {
    {"lib/liborrery.so", joined(joined(kTorch, kLua), kCairo), {}},
    {"lib/liborrery_renderers.so", joined(kTorch, kLua), {}},
    {"lib/liborrery_engine.so", joined(kLua, kCairo), {}},
    {"lib/liborrery_cuda.so", joined(kLua, kCairo), {}},
    {"orrery", kTorch, kCairo},
    {"lua/orrery.so", joined(kTorch, kLua), kCairo},
    {"lua/orrery_engine_lua.so", kLua, kCairo},
};

class LinkageTest : public testing::TestWithParam<Rule> {};

TEST_P(LinkageTest, KeepsToItsLibraries) {
  const fs::path file = kBuild / GetParam().file;
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not part of this build";
  EXPECT_FALSE(any_begins(loaded_with(file), GetParam().never_loaded))
      << testing::PrintToString(loaded_with(file));
  EXPECT_FALSE(any_begins(needed_by(file), GetParam().never_needed))
      << testing::PrintToString(needed_by(file));
}

INSTANTIATE_TEST_SUITE_P(Files, LinkageTest, testing::ValuesIn(kRules), [](const auto& rule) {
  std::string name = rule.param.file;
  std::ranges::replace_if(
      name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

TEST(LinkageTest, OfTheEngineIsSeenByBothWaysOfLooking) {
  const fs::path engine = kBuild / "lib/liborrery_engine.so";
  if (!fs::exists(engine)) GTEST_SKIP() << "the engine is not part of this build";
  EXPECT_TRUE(any_begins(needed_by(engine), {"libtorch_cpu.so"}));
  EXPECT_TRUE(any_begins(loaded_with(engine), {"libc10.so"}));
}

TEST(LinkageTest, OfEveryModuleIsWithoutALuaOfItsOwn) {
  if (!fs::exists(kBuild / "lua")) GTEST_SKIP() << "the bindings are not part of this build";
  int modules = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kBuild / "lua")) {
    if (entry.path().extension() != ".so") continue;
    ++modules;
    EXPECT_FALSE(any_begins(loaded_with(entry.path()), kLua)) << entry.path();
  }
  EXPECT_GT(modules, 0);
}

}  // namespace
}  // namespace orrery::layering
