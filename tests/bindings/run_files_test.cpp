#include "bindings/run_files.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/temporary_folder.h"

namespace orrery::lua {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct RunFilesTest : ::testing::Test {
  RunFilesTest() {
    log.sink = [this](Log::Level level, const std::string& text) {
      if (level == Log::Level::warning) warnings.push_back(text);
    };
  }

  TemporaryFolder folder;
  Log log;
  std::vector<std::string> warnings;
  RunFiles files;
};

TEST_F(RunFilesTest, WhatCannotBeReadAnyMoreIsSaidOnce) {
  files.add(nullptr, "image", folder / "gone.png", log);
  files.add(nullptr, "image", folder / "gone_too.png", log);
  EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr("gone.png' is not listed in the history.\n  "),
                                          HasSubstr("there is no such file"))));
}

TEST_F(RunFilesTest, FilesAndPipesAreNotSpokenOf) {
  folder.put("there.png", "png");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  files.add(nullptr, "image", folder / "there.png", log);
  files.add(nullptr, "image", folder / "pipe", log);
  EXPECT_THAT(warnings, IsEmpty());
}

}  // namespace
}  // namespace orrery::lua
