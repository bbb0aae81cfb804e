#include "runtime/engine/data/prefetcher.h"

#include <dlfcn.h>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

// A worker computes on its own thread alone: the teams of several workers would take the cores from the
// model's. LibTorch's own call would set it for the whole process (MKL), OpenMP's holds for the calling
// thread. It is asked for by name, since the LibTorch wheel brings an OpenMP library of its own.
void compute_alone() {
  at::get_num_threads();  // takes over the process's number, once a thread
  using SetThreads = void (*)(int);
  if (const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads")))
    set_threads(1);
}

}  // namespace

Prefetcher::Prefetcher(Make make, std::int64_t first, std::int64_t last, int workers, std::int64_t ahead)
    : make_(std::move(make)), last_(last), ahead_(ahead), next_(first), taken_(first) {
  invariant(workers >= 1 && ahead >= 1, "batches are read ahead without workers");
  threads_.reserve(static_cast<size_t>(workers));
  try {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // Fewer workers do the same work; none cannot.
    if (threads_.empty())
      throw Error(Fault::run, "the system gives no thread to read data on", {}, "Give the data workers = 0.");
  }
}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard guard(lock_);
    stopped_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Prefetcher::work() {
  compute_alone();
  const c10::NoGradGuard no_grad;
  std::unique_lock guard(lock_);
  for (;;) {
    room_.wait(guard, [this] { return stopped_ || next_ == last_ || next_ < taken_ + ahead_; });
    if (stopped_ || next_ == last_) return;
    const std::int64_t number = next_++;
    guard.unlock();
    Made made;
    try {
      made.batch = make_(number);
    } catch (...) {
      made.failure = std::current_exception();
    }
    guard.lock();
    made_.emplace(number, std::move(made));
    ready_.notify_one();
  }
}

Prefetcher::Batch Prefetcher::take() {
  std::unique_lock guard(lock_);
  invariant(taken_ < last_, "a batch was taken behind the last");
  ready_.wait(guard, [this] { return made_.contains(taken_); });
  Made made = std::move(made_.extract(taken_).mapped());
  ++taken_;
  guard.unlock();
  room_.notify_all();
  if (made.failure) std::rethrow_exception(made.failure);
  return std::move(made.batch);
}

}  // namespace orrery
