#include "runtime/history/machine.h"

#include <fstream>

#include "tests/history/history_fixture.h"

namespace orrery {

class KeptRoofTest : public HistoryTest {
 protected:
  std::optional<RoofRecord> keep(double gflops, double gbs, bool disturbed = false, bool again = false) {
    return keep_better_roof(path_, machine_here(), {"cpu", 2, gflops, gbs}, disturbed, again, ++now_);
  }
  std::string known() const {
    const auto roof = kept_roof(path_, machine_here(), "cpu", 2);
    return roof ? fmt::format("{} {}", roof->gflop_per_second, roof->gb_per_second) : "none";
  }
};

TEST_F(KeptRoofTest, TheFirstOfAQuietMachineIsKept) {
  EXPECT_EQ(keep(90, 20)->gflop_per_second, 90);
  EXPECT_EQ(known(), "90 20");
}

TEST_F(KeptRoofTest, TheFirstOfABusyMachineIsNot) {
  EXPECT_FALSE(keep(30, 5, true));
  EXPECT_EQ(known(), "none");
}

TEST_F(KeptRoofTest, ALowerOneChangesNothing) {
  keep(90, 20);
  for (const bool disturbed : {false, true}) {
    const auto kept = keep(80, 19, disturbed);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->gflop_per_second, 90);
    EXPECT_EQ(known(), "90 20");
  }
}

// Whatever hindered it, the machine has done as much.
TEST_F(KeptRoofTest, OfEachNumberTheLargerIsKept) {
  keep(90, 20);
  keep(95, 10, true);
  EXPECT_EQ(known(), "95 20");
  keep(50, 21);
  EXPECT_EQ(known(), "95 21");
}

TEST_F(KeptRoofTest, AgainItTakesThePlaceOfWhatIsKnown) {
  keep(90, 20);
  keep(80, 19, true, true);
  EXPECT_EQ(known(), "80 19");
}

TEST_F(KeptRoofTest, ThoseOfOtherThreadsAreOthers) {
  keep(90, 20);
  const RoofRecord one{"cpu", 1, 45, 15};
  EXPECT_EQ(keep_better_roof(path_, machine_here(), one, false, false, ++now_)->gflop_per_second, 45);
  EXPECT_EQ(known(), "90 20");
}

class AcceleratorsTest : public HistoryTest {
 protected:
  void has(const std::string& device, const std::string& information) {
    std::filesystem::create_directories(folder_ / "gpus" / device);
    std::ofstream(folder_ / "gpus" / device / "information") << information;
  }
  std::string told() const { return accelerators_of(folder_ / "gpus"); }
};

TEST_F(AcceleratorsTest, WithoutADriverThereAreNone) { EXPECT_EQ(told(), ""); }

TEST_F(AcceleratorsTest, OneIsToldByItsModel) {
  has("0000:01:00.0", "Model: \t\t NVIDIA H200\nIRQ:   \t\t 64\n");
  EXPECT_EQ(told(), "NVIDIA H200");
}

TEST_F(AcceleratorsTest, SeveralAreCounted) {
  has("0000:01:00.0", "Model: \t\t NVIDIA H200\n");
  has("0000:02:00.0", "Model: \t\t NVIDIA H200\n");
  has("0000:03:00.0", "IRQ: 1\nModel: \t NVIDIA A100-SXM4-80GB\n");
  has("0000:04:00.0", "IRQ: 1\n");
  EXPECT_EQ(told(), "NVIDIA A100-SXM4-80GB, 2 × NVIDIA H200");
}

TEST_F(AcceleratorsTest, TheRunsMachineIsKeptWithThem) {
  RunInfo run = run_info();
  run.machine.gpu = "NVIDIA H200";
  HistoryWriter(options(), run).finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT gpu FROM machines JOIN runs USING (machine_id)"), "NVIDIA H200");
}

}  // namespace orrery
