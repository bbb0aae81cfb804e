#include "runtime/history/thread_choices.h"

#include "tests/history/history_fixture.h"

namespace orrery {

class ThreadChoicesTest : public HistoryTest {
 protected:
  static ThreadKey key() {
    return {"5eed", "image float32 (64, 1, 28, 28)", "EPYC, 2 cores", "Orrery 0.1.0"};
  }

  std::optional<int> kept(const ThreadKey& of) const { return kept_threads(path_, of); }
};

TEST_F(ThreadChoicesTest, WhatIsKeptIsFoundAgain) {
  keep_threads(path_, key(), 2, now_);
  EXPECT_EQ(kept(key()), 2);
  EXPECT_EQ(count("SELECT chosen_unix_ms FROM thread_choices"), now_);
}

TEST_F(ThreadChoicesTest, EveryPartOfTheKeyCounts) {
  keep_threads(path_, key(), 2, now_);
  for (auto part : {&ThreadKey::structural_hash, &ThreadKey::batch, &ThreadKey::machine, &ThreadKey::build}) {
    ThreadKey other = key();
    other.*part += "'";
    EXPECT_EQ(kept(other), std::nullopt);
    keep_threads(path_, other, 1, now_);
    EXPECT_EQ(kept(other), 1);
  }
  EXPECT_EQ(kept(key()), 2);
}

TEST_F(ThreadChoicesTest, ALaterChoiceReplacesAnEarlierOne) {
  keep_threads(path_, key(), 2, now_);
  keep_threads(path_, key(), 1, now_ + 1);
  EXPECT_EQ(kept(key()), 1);
  EXPECT_EQ(count("SELECT count(*) FROM thread_choices"), 1);
}

TEST_F(ThreadChoicesTest, ThereIsNoneWithoutAHistoryAndLookingMakesNone) {
  EXPECT_EQ(kept(key()), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ThreadChoicesTest, AFileThatIsNoHistoryIsLeftAsItIs) {
  write_file(path_, "epoch,loss\n");
  keep_threads(path_, key(), 2, now_);
  EXPECT_EQ(kept(key()), std::nullopt);
  EXPECT_EQ(read_file(path_), "epoch,loss\n");
}

TEST_F(ThreadChoicesTest, ALockedHistoryIsNotWaitedForLong) {
  keep_threads(path_, key(), 2, now_);
  Database other = raw();
  const Transaction writing(other);
  keep_threads(path_, key(), 1, now_);
  EXPECT_EQ(kept(key()), 2);
}

}  // namespace orrery
