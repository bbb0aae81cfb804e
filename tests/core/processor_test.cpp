#include "runtime/core/processor.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orrery {
namespace {

using testing::HasSubstr;

// Linux tells the same in a file of its own.
std::string first_line(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return line + " ";
  return "";
}

TEST(ProcessorTest, IsWhatTheSystemTells) {
  const std::string flags = first_line("flags");
  if (flags.empty()) GTEST_SKIP() << "/proc/cpuinfo tells no flags";
  const Processor here = processor_here();
  EXPECT_THAT(first_line("vendor_id"), HasSubstr(": " + here.vendor + " "));
  EXPECT_THAT(first_line("model name"), HasSubstr(here.name));
  EXPECT_EQ(here.avx2, flags.find(" avx2 ") != std::string::npos);
  EXPECT_EQ(here.fma, flags.find(" fma ") != std::string::npos);
  EXPECT_EQ(here.avx512, flags.find(" avx512f ") != std::string::npos);
}

}  // namespace
}  // namespace orrery
