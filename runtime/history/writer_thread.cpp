#include "runtime/history/writer_thread.h"

#include <csignal>
#include <system_error>
#include <unistd.h>

namespace orrery {
namespace {

/// Threads that are begun meanwhile take no signals: these are for whoever runs the run.
class SignalsHeldBack {
 public:
  SignalsHeldBack() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsHeldBack() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

WriterThread::WriterThread() : process_(getpid()) {}

// The thread of a parent process is not there to be waited for.
WriterThread::~WriterThread() {
  if (is_own_process()) {
    stop();
  } else if (thread_.joinable()) {
    thread_.detach();
  }
}

bool WriterThread::is_own_process() const { return getpid() == process_; }

bool WriterThread::has_thread() {
  if (thread_.joinable()) return true;
  try {
    const SignalsHeldBack held_back;
    thread_ = std::thread([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void WriterThread::post(std::function<void()> job) {
  if (!is_own_process()) return;
  if (!has_thread()) return job();
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void WriterThread::wait() {
  if (!is_own_process()) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !busy_; });
}

void WriterThread::stop() {
  if (!is_own_process() || !thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  ending_ = false;
}

void WriterThread::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !jobs_.empty() || ending_; });
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    busy_ = true;
    lock.unlock();
    job();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace orrery
