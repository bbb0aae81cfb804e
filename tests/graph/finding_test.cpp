#include "runtime/graph/finding.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

Finding fault(int line, std::string message) {
  return {.code = "shape-mismatch", .site = {"train.lua", line}, .message = std::move(message)};
}

Finding warning(int line, std::string message) {
  Finding finding = fault(line, std::move(message));
  finding.severity = Severity::warning;
  return finding;
}

TEST(FindingTest, BeginsWithItsLineAndEndsWithTheRemedy) {
  Finding finding = fault(42, "conv2 expects 64 channels, got 32");
  EXPECT_EQ(finding.str(), "train.lua:42: conv2 expects 64 channels, got 32");
  finding.remedy = "Give it 32.";
  EXPECT_EQ(finding.str(), "train.lua:42: conv2 expects 64 channels, got 32\n  Give it 32.");
  finding.site = {};
  EXPECT_EQ(finding.str(), "conv2 expects 64 channels, got 32\n  Give it 32.");
}

TEST(CheckErrorTest, OfOneFindingKeepsItsParts) {
  Finding finding = fault(42, "wrong");
  finding.remedy = "Mend it.";
  const CheckError error({finding});
  EXPECT_STREQ(error.what(), "train.lua:42: wrong\n  Mend it.");
  EXPECT_EQ(error.fault(), Fault::check);
  EXPECT_EQ(error.site(), finding.site);
  EXPECT_EQ(error.remedy(), "Mend it.");
  EXPECT_EQ(error.findings().size(), 1u);
}

TEST(CheckErrorTest, OfSeveralHoldsAllWithTheErrorsFirst) {
  const CheckError error({warning(1, "odd"), fault(2, "wrong"), fault(3, "bad")});
  EXPECT_STREQ(error.what(), "train.lua:2: wrong\ntrain.lua:3: bad\ntrain.lua:1: warning: odd");
  EXPECT_EQ(error.findings().size(), 3u);
}

TEST(CheckErrorTest, WithoutAFindingIsOrrerysOwnFault) { EXPECT_THROW(CheckError({}), InvariantFailure); }

TEST(ThrowIfBrokenTest, WarningsAloneStopNothing) {
  EXPECT_NO_THROW(throw_if_broken({}));
  EXPECT_NO_THROW(throw_if_broken({warning(1, "odd")}));
  EXPECT_THROW(throw_if_broken({warning(1, "odd"), fault(2, "wrong")}), CheckError);
}

}  // namespace
}  // namespace orrery
