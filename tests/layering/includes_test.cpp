#include "tests/layering/includes.h"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/places.h"

namespace orrery::layering {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A small tree of sources with one include in it.
class Tree {
 public:
  Tree() : root_(fs::temp_directory_path() / ("orrery-layering-" + std::to_string(getpid()))) {
    fs::remove_all(root_);
    write("runtime/core/error.h", "#pragma once\n");
    write("runtime/graph/graph.h", "#pragma once\n");
  }
  ~Tree() { fs::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

TEST(IncludesTest, AreReadWithTheirLinesAndForms) {
  const auto found =
      includes_of("#pragma once\n#include <map>\n\n  #  include \"runtime/core/error.h\"  // why\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].header, "map");
  EXPECT_FALSE(found[0].quoted);
  EXPECT_EQ(found[1].header, "runtime/core/error.h");
  EXPECT_TRUE(found[1].quoted);
  EXPECT_EQ(found[1].line, 4);
}

TEST(IncludesTest, APlantedRightIncludePasses) {
  const Tree tree;
  tree.write("runtime/graph/node.cpp", "#include \"runtime/core/error.h\"\n");
  EXPECT_THAT(faults_below(tree.root()), IsEmpty());
}

TEST(IncludesTest, APlantedWrongIncludeIsNamedWithFileAndLine) {
  const Tree tree;
  tree.write("runtime/core/names.cpp", "\n#include \"runtime/graph/graph.h\"\n");
  EXPECT_THAT(faults_below(tree.root()),
              ElementsAre(HasSubstr("runtime/core/names.cpp:2: includes runtime/graph/graph.h: "
                                    "runtime/core may not include runtime/graph")));
}

TEST(IncludesTest, APlantedLibraryIsFoundInAnyFolder) {
  const Tree tree;
  tree.write("renderers/styles/box.h", "#include <torch/types.h>\n");
  tree.write("runtime/graph/deep/er/x.cpp", "#include <lua.hpp>\n");
  tree.write("bindings/x.cpp", "#include <cairo.h>\n");
  EXPECT_EQ(faults_below(tree.root()).size(), 3u);
}

TEST(IncludesTest, AQuotedIncludeThatIsNoPathFromTheRootIsAFault) {
  const Tree tree;
  tree.write("runtime/core/names.cpp", "#include \"error.h\"\n");
  EXPECT_THAT(faults_below(tree.root()), ElementsAre(HasSubstr("paths from the root")));
}

TEST(IncludesTest, OfOrreryKeepToTheLayers) {
  EXPECT_GT(sources_below(in_source("")), 20);
  for (const std::string& fault : faults_below(in_source(""))) ADD_FAILURE() << fault;
}

}  // namespace
}  // namespace orrery::layering
