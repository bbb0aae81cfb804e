#include "runtime/history/writer_thread.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace orrery {

TEST(WriterThreadTest, JobsAreDoneInOrderOnAnotherThread) {
  std::vector<int> done;
  std::thread::id where;
  WriterThread thread;
  for (int i = 0; i < 100; ++i) {
    thread.post([&, i] {
      done.push_back(i);
      where = std::this_thread::get_id();
    });
  }
  thread.wait();
  ASSERT_EQ(done.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[static_cast<std::size_t>(i)], i);
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(WriterThreadTest, WhoPostsDoesNotWait) {
  std::atomic<bool> may_go_on{false}, done{false};
  WriterThread thread;
  thread.post([&] {
    while (!may_go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    done = true;
  });
  EXPECT_FALSE(done);
  may_go_on = true;
  thread.wait();
  EXPECT_TRUE(done);
}

TEST(WriterThreadTest, ItEndsAfterItsJobs) {
  int done = 0;
  {
    WriterThread thread;
    for (int i = 0; i < 10; ++i) thread.post([&] { ++done; });
  }
  EXPECT_EQ(done, 10);
}

TEST(WriterThreadTest, AfterAStopTheNextJobBeginsAnotherThread) {
  int done = 0;
  WriterThread thread;
  thread.stop();
  thread.post([&] { ++done; });
  thread.stop();
  EXPECT_EQ(done, 1);
  thread.post([&] { ++done; });
  thread.wait();
  EXPECT_EQ(done, 2);
}

TEST(WriterThreadTest, ItTakesNoSignals) {
  bool blocked = false;
  WriterThread thread;
  thread.post([&] {
    sigset_t held_back;
    pthread_sigmask(SIG_SETMASK, nullptr, &held_back);
    blocked = sigismember(&held_back, SIGINT) == 1 && sigismember(&held_back, SIGTERM) == 1;
  });
  thread.wait();
  EXPECT_TRUE(blocked);
  sigset_t own;
  pthread_sigmask(SIG_SETMASK, nullptr, &own);
  EXPECT_EQ(sigismember(&own, SIGINT), 0);
}

TEST(WriterThreadTest, AChildOfItsProcessNeitherWorksNorWaits) {
  WriterThread thread;
  thread.post([] {});
  thread.wait();
  const pid_t child = fork();
  if (child == 0) {
    bool worked = false;
    thread.post([&] { worked = true; });
    thread.wait();
    thread.stop();
    const bool own = thread.is_own_process();
    thread.~WriterThread();
    _exit(worked || own ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace orrery
