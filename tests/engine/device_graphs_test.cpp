#include "runtime/engine/device_graphs.h"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/device.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(DeviceGraphsTest, NothingIsCapturedOnTheCpu) {
  const FoundGraphs found = find_graphs(at::kCPU);
  EXPECT_EQ(found.graphs, nullptr);
  EXPECT_EQ(found.why_not, "steps are captured on CUDA devices, this one is cpu");
}

TEST(DeviceGraphsTest, ALibraryThatIsNotThereIsSaid) {
  const GraphsLibrary library = open_graphs_library("/nowhere/liborrery_cuda.so");
  EXPECT_EQ(library.make, nullptr);
  EXPECT_EQ(library.why_not,
            "this build has no liborrery_cuda.so: `./dev setup --cuda` fetches what it is built with");
}

TEST(DeviceGraphsTest, AFileThatIsNoLibraryIsSaid) {
  const std::string path = ::testing::TempDir() + "no_library.so";
  std::ofstream(path) << "words";
  const GraphsLibrary library = open_graphs_library(path);
  std::filesystem::remove(path);
  EXPECT_EQ(library.make, nullptr);
  EXPECT_THAT(library.why_not, AllOf(StartsWith("no_library.so cannot be opened: "), HasSubstr(path)));
}

TEST(DeviceGraphsTest, ALibraryWithoutTheEntryIsOfAnotherVersion) {
  Dl_info info;
  ASSERT_NE(dladdr(reinterpret_cast<void*>(&std::abort), &info), 0);
  const GraphsLibrary library = open_graphs_library(info.dli_fname);
  EXPECT_EQ(library.make, nullptr);
  EXPECT_THAT(library.why_not, HasSubstr(" is of another version of Orrery"));
}

TEST(DeviceGraphsTest, TheLibraryOfThisBuildOpensWhereThereIsADriver) {
  open_cuda_library();
  if (cuda_device_count() == 0) GTEST_SKIP() << "there is no CUDA device";
  if (!graphs_library().make) GTEST_SKIP() << graphs_library().why_not;
  EXPECT_NE(find_graphs(at::Device(at::kCUDA, 0)).graphs, nullptr);
}

}  // namespace
}  // namespace orrery
