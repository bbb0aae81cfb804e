#include "runtime/core/error.h"

#include <gtest/gtest.h>

#include "runtime/core/content_hash.h"

namespace orrery {
namespace {

TEST(ErrorTest, SaysLineThenMessageThenRemedy) {
  const Error error(Fault::check, "conv1 expects 3 channels, got 1", {"train.lua", 42}, "Use 1.");
  EXPECT_STREQ(error.what(), "train.lua:42: conv1 expects 3 channels, got 1\n  Use 1.");
  EXPECT_EQ(static_cast<int>(error.fault()), 3);
}

TEST(ErrorTest, LeavesOutWhatIsUnknown) { EXPECT_STREQ(Error(Fault::run, "no").what(), "no"); }

TEST(ErrorTest, CheckBlamesTheUserOnlyWhenBroken) {
  EXPECT_NO_THROW(check(true, Fault::run, "{}", 1));
  EXPECT_THROW(check(false, Fault::run, "{}", 1), Error);
}

TEST(ErrorTest, InvariantNamesItsOwnLine) {
  try {
    invariant(false, "the plan is empty");
    FAIL();
  } catch (const InvariantFailure& failure) {
    EXPECT_NE(std::string(failure.what()).find("error_test.cpp"), std::string::npos);
    EXPECT_NE(std::string(failure.what()).find("the plan is empty"), std::string::npos);
  }
}

TEST(ContentHashTest, IsXxh3Of128Bits) {
  EXPECT_EQ(content_hash(""), "99aa06d3014798d86001c324468d497f");  // xxHash's own test vector for no bytes
  EXPECT_NE(content_hash("a"), content_hash("b"));
}

}  // namespace
}  // namespace orrery
