// The commands that need no tensor open no LibTorch, seen from outside by strace.

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/places.h"
#include "tests/layering/command.h"

namespace orrery::layering {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const fs::path kProgram = std::filesystem::path(in_build("orrery"));
const std::string kScript = in_source("examples/01_digits.lua");

// Runs the program in an empty folder and keeps the names of the files that it opened.
class StartupTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program("strace")) GTEST_SKIP() << "strace is not installed";
    if (run("strace -o /dev/null true").status != 0) GTEST_SKIP() << "strace is not allowed here";
    if (!fs::exists(kProgram)) GTEST_SKIP() << "the program is not part of this build";
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

  std::string files_opened_by(const std::string& arguments, const std::string& environment = "") {
    const fs::path log = folder_ / "strace.log";
    // LeakSanitizer refuses to work in a traced process.
    const Finished done =
        run("cd '" + folder_.string() + "' && ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=open,openat " +
            environment + " -o '" + log.string() + "' '" + kProgram.string() + "' " + arguments);
    EXPECT_EQ(done.status, 0) << done.output;
    std::ifstream lines(log);
    std::string opened;
    for (std::string line; std::getline(lines, line);)
      if (line.find(" = -1 ") == line.npos) opened += line + "\n";
    return opened;
  }

 private:
  fs::path folder_ = fs::temp_directory_path() / ("orrery-startup-" + std::to_string(getpid()));
};

const auto opens_libtorch = AnyOf(HasSubstr("libtorch"), HasSubstr("libc10"));

TEST_F(StartupTest, OfVersionOpensNoLibTorch) {
  EXPECT_THAT(files_opened_by("--version"), Not(opens_libtorch));
}

TEST_F(StartupTest, OfCheckOpensNoLibTorch) {
  const std::string files = files_opened_by("check '" + kScript + "'");
  EXPECT_THAT(files, HasSubstr("01_digits.lua"));
  EXPECT_THAT(files, Not(opens_libtorch));
}

TEST_F(StartupTest, OfSummaryOpensNoLibTorch) {
  EXPECT_THAT(files_opened_by("summary '" + kScript + "'"), Not(opens_libtorch));
}

TEST_F(StartupTest, OfRenderOpensNoLibTorch) {
  const std::string files = files_opened_by("render '" + kScript + "' -o drawn.pdf");
  EXPECT_THAT(files, HasSubstr("drawn.pdf"));
  EXPECT_THAT(files, Not(opens_libtorch));
}

TEST_F(StartupTest, OfPlottingOpensNoLibTorch) {
  write("runs.lua",
        "local orrery = require 'orrery'\n"
        "local run = orrery.run { name = 'falling' }\n"
        "for step = 1, 3 do run:log('loss', 1 / step) end\n"
        "run:finish()\n"
        "orrery.plot('drawn.pdf', { series = { { y = { 1, 2, 3 } } } })\n");
  const std::string drawn = files_opened_by("run runs.lua");
  EXPECT_THAT(drawn, HasSubstr("drawn.pdf"));
  EXPECT_THAT(drawn, Not(opens_libtorch));
  const std::string plotted = files_opened_by("history plot falling loss -o plotted.pdf");
  EXPECT_THAT(plotted, HasSubstr("plotted.pdf"));
  EXPECT_THAT(plotted, Not(opens_libtorch));
}

TEST_F(StartupTest, OfASweepsPictureOpensNoLibTorch) {
  write("runs.lua",
        "local orrery = require 'orrery'\n"
        "for lr = 1, 4 do\n"
        "  local run = orrery.run { config = { lr = lr } }\n"
        "  run:log('loss', 1 / lr)\n"
        "  run:finish()\n"
        "end\n");
  EXPECT_THAT(files_opened_by("run runs.lua"), Not(opens_libtorch));
  const std::string drawn = files_opened_by("history sweep 1 2 3 4 -o sweep.pdf");
  EXPECT_THAT(drawn, HasSubstr("sweep.pdf"));
  EXPECT_THAT(drawn, Not(opens_libtorch));
}

TEST_F(StartupTest, OfAProgramThatOpensLibTorchIsSeen) {
  const fs::path engine = std::filesystem::path(in_build("lib/liborrery_engine.so"));
  if (!fs::exists(engine)) GTEST_SKIP() << "the engine is not part of this build";
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer wants to be the first library that is loaded";
#endif
  EXPECT_THAT(files_opened_by("--version", "-E LD_PRELOAD='" + engine.string() + "'"), opens_libtorch);
}

}  // namespace
}  // namespace orrery::layering
