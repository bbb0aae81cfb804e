#include "runtime/engine/training/numbered_name.h"

#include <gtest/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

const std::vector<NamedNumber> kNumbers = {{"epoch", 3}, {"step", 1200}, {"val_loss", 0.123456}};

TEST(NumberedNameTest, PutsNumbersIntoAName) {
  EXPECT_EQ(NumberedName("epoch={epoch}-val_loss={val_loss}").with(kNumbers), "epoch=3-val_loss=0.1235");
  EXPECT_EQ(NumberedName("{step}").with(kNumbers), "1200");
  EXPECT_EQ(NumberedName("plain").with(kNumbers), "plain");
  EXPECT_EQ(NumberedName("{accuracy}").with(kNumbers), "none");
}

TEST(NumberedNameTest, TakesForms) {
  EXPECT_EQ(NumberedName("{epoch:03d} {val_loss:.2f} {val_loss:.1e}").with(kNumbers), "003 0.12 1.2e-01");
  EXPECT_EQ(NumberedName("{epoch:wide}").with(kNumbers), "{epoch:wide}");
}

TEST(NumberedNameTest, RefusesNumbersThatNobodyFollows) {
  NumberedName("{epoch}-{val_loss:.2f}").check_names("filename", {"epoch", "val_loss"});
  EXPECT_EQ(error_of(Fault::usage, [] { NumberedName("{val_los}").check_names("filename", {"val_loss"}); }),
            "filename asks for {val_los}, which nobody follows (did you mean 'val_loss'?)");
}

}  // namespace
}  // namespace orrery
