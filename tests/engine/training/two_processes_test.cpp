#include <array>
#include <cstdio>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "runtime/core/content_hash.h"
#include "tests/engine/training/experiment.h"

namespace orrery {
namespace {

std::string hash_of_trained_weights() {
  testing::SmallRun small(12, true);
  small.optimize("AdamW", small.loss, {{"lr", 0.01}});
  small.set("epochs", testing::whole(3));
  small.run();
  std::string bytes;
  for (const auto& [key, tensor] : small.weights()) {
    bytes.append(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
  }
  return content_hash(bytes);
}

// What the other process runs.
TEST(TwoProcessesTest, DISABLED_PrintsItsHash) {
  std::printf("weights %s\n", hash_of_trained_weights().c_str());
}

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 256> buffer{};
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe)) output += buffer.data();
  EXPECT_TRUE(pipe && pclose(pipe) == 0) << output;
  return output;
}

TEST(TwoProcessesTest, SameSeedGivesBitEqualWeightsInAnotherProcess) {
  std::array<char, 4096> program{};
  ASSERT_GT(readlink("/proc/self/exe", program.data(), program.size() - 1), 0);
  const std::string output =
      output_of(std::string("'") + program.data() +
                "' --gtest_also_run_disabled_tests --gtest_filter='*DISABLED_PrintsItsHash' 2>&1");
  EXPECT_NE(output.find("weights " + hash_of_trained_weights()), std::string::npos) << output;
}

}  // namespace
}  // namespace orrery
