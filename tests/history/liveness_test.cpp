#include "runtime/history/liveness.h"

#include <gtest/gtest.h>

namespace orrery {

class LivenessTest : public testing::Test {
 protected:
  const ProcessIdentity self_ = this_process();
  const UnixMilliseconds now_ = 1'700'000'000'000;
};

TEST_F(LivenessTest, ThisProcessIsKnownAndAlive) {
  EXPECT_FALSE(self_.host.empty());
  EXPECT_FALSE(self_.boot_id.empty());
  EXPECT_FALSE(self_.pid_namespace.empty());
  EXPECT_GT(self_.start_ticks, 0);
  EXPECT_EQ(self_, this_process());
  EXPECT_FALSE(has_ended(self_, 0, self_, now_));
}

TEST_F(LivenessTest, ALaterProcessWithTheSameNumberIsAnother) {
  ProcessIdentity earlier = self_;
  earlier.start_ticks -= 1;
  EXPECT_TRUE(has_ended(earlier, now_, self_, now_));
}

TEST_F(LivenessTest, ANumberThatNobodyHasMeansTheEnd) {
  ProcessIdentity gone = self_;
  gone.process_id = 999'999'999;
  EXPECT_TRUE(has_ended(gone, now_, self_, now_));
}

TEST_F(LivenessTest, ARestartOfTheSameHostEndsItsRuns) {
  ProcessIdentity before = self_;
  before.boot_id = "another";
  EXPECT_TRUE(has_ended(before, now_, self_, now_));
}

TEST_F(LivenessTest, ElsewhereOnlyALongSilenceTells) {
  ProcessIdentity elsewhere = self_;
  elsewhere.host = "another";
  elsewhere.boot_id = "another";
  ProcessIdentity container = self_;
  container.pid_namespace = "pid:[1]";
  for (const ProcessIdentity& writer : {elsewhere, container}) {
    EXPECT_FALSE(has_ended(writer, now_ - kSilenceLimit, self_, now_));
    EXPECT_TRUE(has_ended(writer, now_ - kSilenceLimit - 1, self_, now_));
  }
}

}  // namespace orrery
