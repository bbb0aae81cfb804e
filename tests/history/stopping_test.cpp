#include "runtime/history/stopping.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/history/history_fixture.h"

namespace orrery {

class StoppingTest : public HistoryTest {
 protected:
  /// A child that writes a run, says so, and waits for a signal.
  pid_t begin_run(bool ignores_interrupts = false) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
      if (ignores_interrupts) std::signal(SIGINT, SIG_IGN);
      HistoryWriter writer(options(), run_info("live"));
      if (write(ends[1], "x", 1) != 1) _exit(1);
      while (true) pause();
    }
    char begun = 0;
    EXPECT_EQ(read(ends[0], &begun, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return child;
  }
  static int signal_that_ended(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  std::string refusal() {
    return message_of([&] { ask_to_stop(raw(), 1); });
  }
};

TEST_F(StoppingTest, TheProcessGetsTheSignalOfCtrlC) {
  const pid_t child = begin_run();
  EXPECT_EQ(ask_to_stop(raw(), 1), child);
  EXPECT_EQ(signal_that_ended(child), SIGINT);
}

TEST_F(StoppingTest, AProcessThatIgnoresCtrlCGetsTheOther) {
  const pid_t child = begin_run(true);
  EXPECT_EQ(ask_to_stop(raw(), 1), child);
  EXPECT_EQ(signal_that_ended(child), SIGTERM);
}

TEST_F(StoppingTest, ARunThatIsOverIsNotStopped) {
  HistoryWriter(options(), run_info("over")).finish(RunStatus::done, "");
  EXPECT_EQ(refusal(), "over is over: done");
  EXPECT_NE(message_of([&] { ask_to_stop(raw(), 7); }).find("there is no run 7"), std::string::npos);
}

TEST_F(StoppingTest, ALaterProcessWithTheSameNumberIsLeftAlone) {
  const pid_t child = begin_run();
  raw().execute("UPDATE runs SET process_start_ticks = process_start_ticks - 1");
  EXPECT_EQ(refusal(), "the process of live has ended already");
  EXPECT_EQ(waitpid(child, nullptr, WNOHANG), 0);
  kill(child, SIGKILL);
  EXPECT_EQ(signal_that_ended(child), SIGKILL);
}

TEST_F(StoppingTest, RunsElsewhereAreRefusedWithWords) {
  const HistoryWriter writer(options(), run_info("far"));
  const std::string here = raw().text("SELECT host FROM runs");
  raw().execute("UPDATE runs SET pid_namespace = 'pid:[1]'");
  EXPECT_EQ(
      refusal(),
      fmt::format("far runs in another container of {}\n  Stop it there: orrery history stop RUN.", here));
  raw().execute("UPDATE runs SET host = 'cluster-7'");
  EXPECT_EQ(
      refusal(),
      fmt::format("far runs on cluster-7, and this is {}\n  Stop it there: orrery history stop RUN.", here));
}

}  // namespace orrery
