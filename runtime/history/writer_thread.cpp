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

WriterThread::WriterThread() : process_(getpid()), shared_(std::make_unique<Shared>()) {}

// In a child the thread is not there to be waited for, and what it waited at can never be taken down.
WriterThread::~WriterThread() {
  if (is_own_process()) {
    stop();
  } else {
    static_cast<void>(shared_.release());
  }
}

bool WriterThread::is_own_process() const { return getpid() == process_; }

bool WriterThread::has_thread() {
  if (shared_->thread.joinable()) return true;
  try {
    const SignalsHeldBack held_back;
    shared_->thread = std::thread([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void WriterThread::post(std::function<void()> job) {
  if (!is_own_process()) return;
  if (!has_thread()) return job();
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->jobs.push_back(std::move(job));
  }
  shared_->changed.notify_all();
}

void WriterThread::wait() {
  if (!is_own_process()) return;
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [this] { return shared_->jobs.empty() && !shared_->busy; });
}

void WriterThread::stop() {
  if (!is_own_process() || !shared_->thread.joinable()) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->changed.notify_all();
  shared_->thread.join();
  shared_->ending = false;
}

void WriterThread::work() {
  Shared& shared = *shared_;
  std::unique_lock lock(shared.mutex);
  while (true) {
    shared.changed.wait(lock, [&] { return !shared.jobs.empty() || shared.ending; });
    if (shared.jobs.empty()) return;
    const auto job = std::move(shared.jobs.front());
    shared.jobs.pop_front();
    shared.busy = true;
    lock.unlock();
    job();
    lock.lock();
    shared.busy = false;
    shared.changed.notify_all();
  }
}

}  // namespace orrery
