#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <ATen/core/Tensor.h>

namespace orrery {

/// Makes the batches of an epoch on threads, ahead of who takes them, in order and at most so many ahead.
/// What making a batch throws comes out when that batch is taken. Made, used and destroyed by one thread;
/// destroying it waits for the batches that are being made. Does not copy.
class Prefetcher {
 public:
  using Batch = std::vector<at::Tensor>;
  /// Called on several threads at once, with gradients off and without LibTorch's own threads.
  using Make = std::function<Batch(std::int64_t number)>;

  /// For the batches `first` … `last`-1. REQUIRES: workers ≥ 1, ahead ≥ 1.
  Prefetcher(Make make, std::int64_t first, std::int64_t last, int workers, std::int64_t ahead);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The batch after the one taken last. REQUIRES: there is one.
  Batch take();

 private:
  struct Made {
    Batch batch;
    std::exception_ptr failure;
  };

  void work();

  Make make_;
  std::int64_t last_;
  std::int64_t ahead_;
  std::mutex lock_;
  std::condition_variable room_, ready_;
  std::int64_t next_;   ///< not yet begun
  std::int64_t taken_;  ///< the next to be taken
  bool stopped_ = false;
  std::map<std::int64_t, Made> made_;
  std::vector<std::thread> threads_;
};

}  // namespace orrery
