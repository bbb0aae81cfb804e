#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <sys/types.h>
#include <thread>

namespace orrery {

/// Does jobs on a thread of its own, one after another, in the order in which they came. The thread begins
/// with the first job and takes no signals. Where no thread can be had, `post` does the job itself. In a
/// child made by fork(), which has no such thread, nothing is done any more.
///
/// Called by one thread at a time. What jobs do happens before `wait` returns.
class WriterThread {
 public:
  WriterThread();
  /// After all jobs.
  ~WriterThread();
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  /// The job must not throw.
  void post(std::function<void()> job);
  /// Until all jobs are done.
  void wait();
  /// Until all jobs are done and the thread has ended; the next job begins another.
  void stop();
  /// False in a child made by fork().
  bool is_own_process() const;

 private:
  bool has_thread();
  void work();

  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> jobs;
    bool busy = false;
    bool ending = false;
    std::thread thread;
  };

  pid_t process_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace orrery
