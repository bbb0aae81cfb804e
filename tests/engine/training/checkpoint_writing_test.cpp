// Runs that are killed, stopped or refused by the disk while they write a checkpoint.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/signals.h"
#include "runtime/files/paths.h"
#include "tests/engine/training/resumable.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Resumable;
using testing::weights_of_a_whole_run;
using testing::whole;

void expect_no_temporaries(const std::string& folder) {
  EXPECT_THAT(list_folder(folder), Each(Not(EndsWith(".orrery-tmp"))));
}

/// Runs in a process of its own, with files of its own; gives how that ended.
int status_of_run(const std::string& folder, const std::function<void(FaultyFiles&)>& prepare) {
  const pid_t child = fork();
  if (child == 0) {
    FaultyFiles files;
    prepare(files);
    Resumable run(folder);
    run.ask("checkpoint", {{"dirpath", folder}, {"every_n_steps", whole(8)}, {"save_top_k", whole(2)}});
    run.files = &files;
    const StopSignals signals(run.runtime.stop, nullptr, nullptr);
    try {
      run.run();
    } catch (const Error& error) {
      _exit(static_cast<int>(error.fault()));
    } catch (const std::exception&) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

// From what it left, or anew where that is nothing.
void expect_to_go_on(const std::string& folder) {
  const bool any = exists(folder + "/last.safetensors") || exists(folder + "/previous.safetensors");
  Resumable run(folder);
  if (any) run.resume();
  EXPECT_EQ(run.run().steps, Resumable::kSteps);
  EXPECT_THAT(run.warnings, IsEmpty());
  EXPECT_TRUE(testing::bit_equal(run.weights(), weights_of_a_whole_run()));
  expect_no_temporaries(folder);
}

TEST(CheckpointWritingTest, KilledAtAnyFileOperationItGoesOnFromAWholeCheckpoint) {
  const int stride = getenv("ORRERY_TEST_FULL") ? 1 : 3;
  int killed = 0;
  for (int operation = 1;; operation += stride, ++killed) {
    SCOPED_TRACE(operation);
    const TemporaryFolder folder;
    const int status = status_of_run(folder.path(), [&](FaultyFiles& files) { files.kill_at = operation; });
    if (!WIFSIGNALED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    expect_to_go_on(folder.path());
    if (HasFailure()) break;
  }
  EXPECT_GT(killed, 10);
}

TEST(CheckpointWritingTest, SigtermAtAnyFileOperationLetsTheFileBeWrittenAndEndsTheRun) {
  const int stride = getenv("ORRERY_TEST_FULL") ? 1 : 7;
  int stopped = 0;
  for (int operation = 1;; operation += stride, ++stopped) {
    SCOPED_TRACE(operation);
    const TemporaryFolder folder;
    const int status = status_of_run(folder.path(), [&](FaultyFiles& files) {
      files.before = [&files, operation](const std::string&) {
        if (files.operations() + 1 == operation) raise(SIGTERM);
      };
    });
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 0) break;
    EXPECT_EQ(WEXITSTATUS(status), 143);
    expect_no_temporaries(folder.path());
    expect_to_go_on(folder.path());
    if (HasFailure()) break;
  }
  EXPECT_GT(stopped, 5);
}

// The run goes to its end, and another goes on from the newest checkpoint that there is.
void expect_to_lose_checkpoints_only(const std::string& folder, FaultyFiles& files) {
  Resumable run(folder), again(folder);
  run.files = &files;
  EXPECT_EQ(run.run().steps, Resumable::kSteps);
  EXPECT_LE(run.warnings.size(), 1u);
  for (const std::string& warning : run.warnings) EXPECT_THAT(warning, HasSubstr("; the run goes on"));
  EXPECT_GE(run.warnings.size(), files.ever_after ? 1u : 0u);
  EXPECT_TRUE(testing::bit_equal(run.weights(), weights_of_a_whole_run()));
  again.resume();
  EXPECT_EQ(again.run().steps, Resumable::kSteps);
  EXPECT_TRUE(testing::bit_equal(again.weights(), weights_of_a_whole_run()));
}

// In the middle of a run that nothing disturbs.
int middle_operation() {
  const TemporaryFolder folder;
  FaultyFiles counting;
  Resumable run(folder.path());
  run.files = &counting;
  run.run();
  return counting.operations() / 2;
}

void expect_fault_to_cost_checkpoints_only(int fail_at, int reason, bool ever_after) {
  SCOPED_TRACE(fmt::format("operation {}, reason {}", fail_at, reason));
  const TemporaryFolder folder;
  FaultyFiles files;
  files.fail_at = fail_at;
  files.reason = reason;
  files.ever_after = ever_after;
  expect_to_lose_checkpoints_only(folder.path(), files);
}

// In every fifth operation of the third quarter.
void expect_faults_to_cost_checkpoints_only(int reason, bool ever_after) {
  const int half = middle_operation();
  for (int operation = half; operation < half + half / 2; operation += 5)
    expect_fault_to_cost_checkpoints_only(operation, reason, ever_after);
}

TEST(CheckpointWritingTest, ADiskThatIsFullFromThenOnCostsCheckpointsButNeitherTheRunNorTheOlderOnes) {
  expect_faults_to_cost_checkpoints_only(ENOSPC, true);
}

TEST(CheckpointWritingTest, SoDoesWhateverElseTheDiskRefuses) {
  const int half = middle_operation();
  for (const int reason : {EDQUOT, EROFS, EXDEV, EACCES})
    expect_fault_to_cost_checkpoints_only(half, reason, true);
}

TEST(CheckpointWritingTest, AnOperationThatFailsOnceCostsOneCheckpointAtMost) {
  expect_faults_to_cost_checkpoints_only(EXDEV, false);
}

}  // namespace
}  // namespace orrery
