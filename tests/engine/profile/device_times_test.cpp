#include "runtime/engine/profile/device_times.h"

#include <set>

#include <gtest/gtest.h>

namespace orrery {
namespace {

/// A device whose queue the test lets go on.
struct ToldDevice {
  std::vector<double> at;  ///< seconds, by mark
  std::set<int> used;
  int done = 0;  ///< so many were passed since the beginning
  int put = 0;
  std::vector<int> order;
  double work = 0;  ///< asked of the device so far, in seconds
};

class ToldMarks : public DeviceMarks {
 public:
  explicit ToldMarks(ToldDevice& device) : device_(device) {}
  int put() override {
    int mark = 0;
    while (device_.used.contains(mark)) ++mark;
    device_.used.insert(mark);
    device_.at.resize(std::max<size_t>(device_.at.size(), static_cast<size_t>(mark) + 1));
    device_.at[static_cast<size_t>(mark)] = device_.work;
    device_.order.push_back(mark);
    return mark;
  }
  bool passed(int mark) override {
    const auto end = device_.order.begin() + device_.done;
    return std::find(device_.order.begin(), end, mark) != end;
  }
  double seconds_between(int first, int last) override {
    EXPECT_TRUE(passed(first) && passed(last));
    return device_.at[static_cast<size_t>(last)] - device_.at[static_cast<size_t>(first)];
  }
  void give_back(int mark) override { device_.used.erase(mark); }

 private:
  ToldDevice& device_;
};

struct TimedDevice {
  // A step of units 3 and 5, then 3 again: 1 s, 2 s and 4 s.
  void step() {
    times.turn(3);
    device.work += 1;
    times.turn(5);
    device.work += 2;
    times.turn(3);
    device.work += 4;
    times.turn(-1);
    device.work += 100;
  }

  ToldDevice device;
  DeviceTimes times{std::make_unique<ToldMarks>(device)};
};

TEST(DeviceTimesTest, NothingIsToldBeforeTheDeviceIsThere) {
  TimedDevice run;
  run.step();
  run.times.end_step();
  EXPECT_TRUE(run.times.take().empty());
  run.device.done = 3;
  EXPECT_TRUE(run.times.take().empty());
  run.device.done = 4;
  const auto steps = run.times.take();
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0], (DeviceTimes::OfStep{{3, 5.0}, {5, 2.0}}));
  EXPECT_TRUE(run.times.take().empty());
}

TEST(DeviceTimesTest, StepsComeInTheirOrderAsTheDeviceGoesOn) {
  TimedDevice run;
  for (int step = 0; step < 3; ++step) {
    run.step();
    run.times.end_step();
  }
  run.device.done = 9;
  EXPECT_EQ(run.times.take().size(), 2U);
  run.device.done = 12;
  EXPECT_EQ(run.times.take().size(), 1U);
}

TEST(DeviceTimesTest, MarksAreUsedAgain) {
  TimedDevice run;
  for (int step = 0; step < 50; ++step) {
    run.step();
    run.times.end_step();
    run.device.done = static_cast<int>(run.device.order.size());
    EXPECT_EQ(run.times.take().size(), 1U);
  }
  EXPECT_TRUE(run.device.used.empty());
  EXPECT_EQ(run.device.at.size(), 4U);
}

TEST(DeviceTimesTest, AUnitThatGoesOnNeedsNoMark) {
  TimedDevice run;
  run.times.turn(3);
  run.times.turn(3);
  EXPECT_EQ(run.device.order.size(), 1U);
}

TEST(DeviceTimesTest, AStepThatIsForgottenLeavesNoMarkBehind) {
  TimedDevice run;
  run.times.turn(3);
  run.times.turn(5);
  run.times.forget_step();
  EXPECT_TRUE(run.device.used.empty());
  run.step();
  run.times.end_step();
  run.device.done = static_cast<int>(run.device.order.size());
  ASSERT_EQ(run.times.take().size(), 1U);
}

TEST(DeviceMarksTest, TheProcessorHasNoQueue) { EXPECT_EQ(device_marks(c10::Device(c10::kCPU)), nullptr); }

}  // namespace
}  // namespace orrery
