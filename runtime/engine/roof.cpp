#include "runtime/engine/roof.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/thread_choice.h"

namespace orrery {
namespace {

constexpr std::int64_t kSide = 1024;
constexpr std::int64_t kElements = 32 << 20;  // 128 MiB of each array
constexpr double kBillion = 1e9;

double best_seconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kTime{330};
  constexpr int kLeast = 3;
  double best = std::numeric_limits<double>::infinity();
  const auto end = Clock::now() + kTime;
  for (int done = 0; done < kLeast || Clock::now() < end; ++done) {
    const auto begun = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begun).count());
  }
  return best;
}

double gflop_per_second() {
  const at::Tensor a = at::rand({kSide, kSide}), b = at::rand({kSide, kSide});
  at::Tensor product = at::empty({kSide, kSide});
  return 2.0 * kSide * kSide * kSide / kBillion / best_seconds([&] { at::mm_out(product, a, b); });
}

// The arrays are written before they are read: memory that nobody has touched is no memory.
double gb_per_second() {
  at::Tensor a = at::zeros({kElements});
  const at::Tensor b = at::ones({kElements}), c = at::ones({kElements});
  return 3.0 * kElements * sizeof(float) / kBillion / best_seconds([&] { at::add_out(a, b, c, 3); });
}

}  // namespace

std::vector<RoofRecord> measure_roofs(Engine& engine) {
  const int before = engine.threads(), all = allowed_cores();
  std::vector<RoofRecord> roofs;
  for (const int threads : {1, all}) {
    if (!roofs.empty() && threads == 1) break;  // there is one core
    engine.use_threads(threads);
    const Engine::Turn turn(engine);
    const c10::AutoGradMode off(false);
    roofs.push_back({"cpu", threads, gflop_per_second(), gb_per_second()});
  }
  engine.use_threads(before);
  return roofs;
}

}  // namespace orrery
