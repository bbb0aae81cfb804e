#include <functional>
#include <random>
#include <signal.h>
#include <sys/wait.h>
#include <thread>

#include "tests/history/history_fixture.h"

namespace orrery {

/// Several processes and their deaths.
class HistoryProcessesTest : public HistoryTest {
 protected:
  static pid_t in_child(const std::function<void()>& body) {
    const pid_t child = fork();
    if (child != 0) return child;
    try {
      body();
    } catch (const std::exception& error) {
      fprintf(stderr, "%s\n", error.what());
      _exit(1);
    }
    _exit(0);
  }

  static int status_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }

  /// Writes whole epochs until it is killed, and says each committed one through the pipe. Every second one
  /// waits for the file; the others go on, as a run does.
  void write_for_ever(int pipe_end) {
    HistoryOptions own = options();
    own.warn = [](const std::string&) { _exit(2); };
    HistoryWriter writer(own, run_info());
    for (std::int64_t epoch = 1;; ++epoch) {
      if (epoch % 2 == 0) {
        hand_over_epoch(writer, epoch);
        continue;
      }
      write_epoch(writer, epoch);
      if (write(pipe_end, &epoch, sizeof epoch) != sizeof epoch) _exit(3);
    }
  }

  static std::int64_t last_told(int pipe_end) {
    std::int64_t epoch = 0, next = 0;
    while (read(pipe_end, &next, sizeof next) == sizeof next) epoch = next;
    return epoch;
  }
};

TEST_F(HistoryProcessesTest, WritersInSeveralProcessesLoseNothing) {
  const int kProcesses = getenv("ORRERY_TEST_FULL") ? 8 : 3;
  constexpr int kEpochs = 25;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(in_child([&] {
      HistoryOptions own = options();
      own.patience = std::chrono::seconds(60);
      own.warn = [](const std::string& message) {
        fprintf(stderr, "%s\n", message.c_str());
        _exit(2);
      };
      HistoryWriter writer(own, run_info());
      for (int epoch = 1; epoch <= kEpochs; ++epoch) hand_over_epoch(writer, epoch);
      writer.finish(RunStatus::done, "");
      if (!writer.loss().empty()) _exit(3);
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(status_of(child), 0);
  EXPECT_EQ(raw().text("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(count("SELECT count(*) FROM runs WHERE status = 'done'"), kProcesses);
  EXPECT_EQ(count("SELECT count(*) FROM epochs"), kProcesses * kEpochs);
  EXPECT_EQ(count("SELECT count(*) FROM metrics"), 2 * kProcesses * kEpochs);
  EXPECT_EQ(count("SELECT count(*) FROM block_profiles"), 2 * kProcesses * kEpochs);
  EXPECT_EQ(count("SELECT count(*) FROM graphs"), 1);
}

TEST_F(HistoryProcessesTest, SeveralProcessesMakeOneFile) {
  for (int round = 0; round < 40; ++round) {
    path_.replace_filename(fmt::format("made_{}.db", round));
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i) {
      children.push_back(in_child([&] { open_history(path_, Access::create, std::chrono::seconds(60)); }));
    }
    for (const pid_t child : children) ASSERT_EQ(status_of(child), 0) << "round " << round;
  }
}

TEST_F(HistoryProcessesTest, AKilledWriterLeavesWholeEpochs) {
  const int rounds = getenv("ORRERY_TEST_FULL") ? 200 : 10;
  std::mt19937 random(20261121);
  for (int round = 0; round < rounds; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = in_child([&] { write_for_ever(ends[1]); });
    close(ends[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    kill(child, SIGKILL);
    ASSERT_EQ(WTERMSIG(status_of(child)), SIGKILL);
    const std::int64_t told = last_told(ends[0]);
    close(ends[0]);
    if (!std::filesystem::exists(path_) || std::filesystem::file_size(path_) == 0) continue;
    const HistoryReader reader(path_, clock());
    ASSERT_EQ(raw().text("PRAGMA integrity_check"), "ok") << "round " << round;
    ASSERT_EQ(count("SELECT count(*) FROM runs WHERE status = 'running'"), 0);
    if (told == 0) continue;
    // Every epoch that was told is there, and each one that is there is whole.
    const auto of_run = [&](const char* what) {
      return count(fmt::format("SELECT {} WHERE run_id = (SELECT max(run_id) FROM runs)", what));
    };
    const std::int64_t epochs = of_run("count(*) FROM epochs");
    ASSERT_GE(epochs, told) << "round " << round;
    ASSERT_EQ(of_run("count(*) FROM metrics"), 2 * epochs);
    ASSERT_EQ(of_run("count(*) FROM block_profiles"), 2 * epochs);
    ASSERT_EQ(of_run("sum(count) FROM block_totals"), 30 * epochs);
  }
}

TEST_F(HistoryProcessesTest, AChildOfTheRunsProcessLeavesItsHistoryAlone) {
  HistoryWriter writer(options(), run_info());
  write_epoch(writer, 1);
  const pid_t child = in_child([&] {
    writer.metric({2, Split::train, "loss", 7});
    writer.end_epoch({2, 1, 1, 1});
    writer.wait();
    writer.finish(RunStatus::failed, "by the child");
    writer.~HistoryWriter();
  });
  EXPECT_EQ(status_of(child), 0);
  write_epoch(writer, 2);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT status || epochs FROM run_summary"), "done2");
  EXPECT_EQ(count("SELECT count(*) FROM metrics WHERE value = 7"), 0);
}

TEST_F(HistoryProcessesTest, ARunWhoseProcessDiedIsInterrupted) {
  const pid_t child = in_child([&] {
    HistoryWriter writer(options(), run_info());
    write_epoch(writer, 1);
    kill(getpid(), SIGKILL);
  });
  status_of(child);
  EXPECT_EQ(raw().text("SELECT status FROM runs"), "running");
  const HistoryReader reader(path_, clock());
  EXPECT_EQ(at(reader.list(), 0, "status"), Cell(std::string("interrupted")));
  EXPECT_EQ(raw().text("SELECT status || ' ' || (ended_unix_ms = heartbeat_unix_ms) FROM runs"),
            "interrupted 1");
}

TEST_F(HistoryProcessesTest, ARunWhoseProcessLivesIsRunning) {
  const HistoryWriter writer(options(), run_info());
  now_ += 10 * kSilenceLimit;
  EXPECT_EQ(at(HistoryReader(path_, clock()).list(), 0, "status"), Cell(std::string("running")));
}

TEST_F(HistoryProcessesTest, AnotherWriterMarksTheDeadToo) {
  status_of(in_child([&] {
    const HistoryWriter writer(options(), run_info());
    kill(getpid(), SIGKILL);
  }));
  const HistoryWriter writer(options(), run_info());
  EXPECT_EQ(raw().text("SELECT group_concat(status) FROM (SELECT status FROM runs ORDER BY run_id)"),
            "interrupted,running");
}

}  // namespace orrery
