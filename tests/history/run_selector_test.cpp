#include "runtime/history/run_selector.h"

#include "tests/history/history_fixture.h"

namespace orrery {

class RunSelectorTest : public HistoryTest {
 protected:
  void record(const std::string& name) {
    HistoryWriter(options(), run_info(name)).finish(RunStatus::done, "");
  }
  std::int64_t resolve(const std::string& text) { return HistoryReader(path_, clock()).resolve(text); }
  std::string refusal(const std::string& text) {
    return message_of([&] { resolve(text); });
  }
};

TEST_F(RunSelectorTest, TakesNumberNameLastAndPrefix) {
  for (const char* name : {"alpha", "alpine", "beta"}) record(name);
  EXPECT_EQ(resolve("1"), 1);
  EXPECT_EQ(resolve("alpine"), 2);
  EXPECT_EQ(resolve("last"), 3);
  EXPECT_EQ(resolve("last~2"), 1);
  EXPECT_EQ(resolve("b"), 3);
  EXPECT_EQ(resolve("alph"), 1);
  EXPECT_EQ(resolve(raw().text("SELECT uid FROM runs WHERE run_id = 2")), 2);
  EXPECT_EQ(resolve(raw().text("SELECT substr(uid, 1, 12) FROM runs WHERE run_id = 2")), 2);
}

TEST_F(RunSelectorTest, AWholeNameWinsOverALongerOne) {
  record("alpha");
  record("alpha-long");
  EXPECT_EQ(resolve("alpha"), 1);
}

TEST_F(RunSelectorTest, AnAmbiguousPrefixNamesTheRuns) {
  record("alpha");
  record("alpine");
  EXPECT_NE(refusal("al").find("'al' fits several runs: alpine, alpha"), std::string::npos) << refusal("al");
  for (int i = 0; i < 5; ++i) record("alps");
  EXPECT_NE(refusal("al").find(", …\n"), std::string::npos) << refusal("al");
}

TEST_F(RunSelectorTest, AnUnknownNameSuggestsTheNearest) {
  record("brave-otter-1");
  EXPECT_NE(refusal("brave-oter-1").find("did you mean 'brave-otter-1'?"), std::string::npos);
  EXPECT_EQ(refusal("zebra").find("did you mean"), std::string::npos);
}

TEST_F(RunSelectorTest, RefusesWhatIsNotThere) {
  record("alpha");
  EXPECT_NE(refusal("last~1").find("there are only 1 runs"), std::string::npos);
  for (const char* text :
       {"7", "", "99999999999999999999", "last~", "last~x", "last~-1", "%", "*", "a'b", "\xff"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
}

TEST_F(RunSelectorTest, AnEmptyHistoryIsSaid) {
  open_history(path_, Access::create, std::chrono::milliseconds(100));
  EXPECT_NE(refusal("last").find("there are no runs in"), std::string::npos);
}

}  // namespace orrery
