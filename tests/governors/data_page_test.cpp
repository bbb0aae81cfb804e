// docs/data.md tells of every source, option of batches and transform.
#include <gtest/gtest.h>

#include "runtime/governors/data_source.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

void expect_named(const std::string& name) {
  static const std::string page = content_of(in_source("docs/data.md"));
  const bool named = page.find("`" + name + "`") != std::string::npos ||
                     page.find("`" + name + " ") != std::string::npos ||
                     page.find("`" + name + "(") != std::string::npos;
  EXPECT_TRUE(named) << name;
}

TEST(DataPageTest, NamesEverySource) {
  for (const DataSourceKind& kind : data_source_kinds())
    expect_named(kind.name == "part" ? "split" : kind.name);  // what a part is made by
}

TEST(DataPageTest, NamesEveryOptionOfBatches) {
  for (const Attribute& attribute : loader_attributes()) expect_named(attribute.name);
}

TEST(DataPageTest, NamesEveryTransform) {
  for (const DataTransformKind& kind : data_transform_kinds()) expect_named(kind.name);
}

}  // namespace
}  // namespace orrery
