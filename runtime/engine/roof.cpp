#include "runtime/engine/roof.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <unistd.h>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/thread_choice.h"

namespace orrery {
namespace {

constexpr std::int64_t kSide = 1024;
constexpr std::int64_t kElements = 32 << 20;  // 128 MiB of each array
constexpr double kBillion = 1e9;

using RoofClock = std::chrono::steady_clock;

double seconds_between(RoofClock::time_point begin, RoofClock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

std::vector<double> repeated(const std::function<void()>& work) {
  constexpr std::chrono::milliseconds kTime{330};
  constexpr size_t kLeast = 3;
  std::vector<double> seconds;
  const auto end = RoofClock::now() + kTime;
  while (seconds.size() < kLeast || RoofClock::now() < end) {
    const auto begun = RoofClock::now();
    work();
    seconds.push_back(seconds_between(begun, RoofClock::now()));
  }
  return seconds;
}

// Of all processes and of what a hypervisor took, since the machine was started; 0 where the system does not
// tell.
double seconds_of_all() {
  std::ifstream file("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, soft = 0, stolen = 0;
  file >> cpu >> user >> nice >> system >> idle >> waiting >> interrupts >> soft >> stolen;
  return (user + nice + system + interrupts + soft + stolen) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds_of_this_process() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / kBillion;
}

class EngineWork : public RoofWork {
 public:
  explicit EngineWork(Engine& engine) : engine_(engine), threads_(engine.threads()) {}
  ~EngineWork() override { engine_.use_threads(threads_); }

  double gflop_of_product() const override { return 2.0 * kSide * kSide * kSide / kBillion; }
  double gb_of_triad() const override { return 3.0 * kElements * sizeof(float) / kBillion; }

  std::vector<double> products(int threads) override {
    return with(threads, [] {
      const at::Tensor a = at::rand({kSide, kSide}), b = at::rand({kSide, kSide});
      at::Tensor product = at::empty({kSide, kSide});
      return repeated([&] { at::mm_out(product, a, b); });
    });
  }
  // The arrays are written before they are read: memory that nobody has touched is no memory.
  std::vector<double> triads(int threads) override {
    return with(threads, [] {
      at::Tensor a = at::zeros({kElements});
      const at::Tensor b = at::ones({kElements}), c = at::ones({kElements});
      return repeated([&] { at::add_out(a, b, c, 3); });
    });
  }

  double now() override { return seconds_between({}, RoofClock::now()); }
  double of_others() override { return seconds_of_all() - seconds_of_this_process(); }
  int cores() const override { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

 private:
  std::vector<double> with(int threads, const std::function<std::vector<double>()>& work) {
    engine_.use_threads(threads);
    const Engine::Turn turn(engine_);
    const c10::AutoGradMode off(false);
    return work();
  }

  Engine& engine_;
  const int threads_;
};

double best_of(const std::vector<double>& seconds) { return *std::ranges::min_element(seconds); }

double spread_of(std::vector<double> seconds) {
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::ranges::nth_element(seconds, middle);
  const double median = *middle;
  return median / best_of(seconds) - 1;
}

MeasuredRoof measure_roof(RoofWork& work, int threads) {
  const double begun = work.now(), before = work.of_others();
  const std::vector<double> products = work.products(threads), triads = work.triads(threads);
  const double took = work.now() - begun, others = work.of_others() - before;
  return {.roof = {"cpu", threads, work.gflop_of_product() / best_of(products),
                   work.gb_of_triad() / best_of(triads)},
          .others = took > 0 ? std::max(others / took, 0.0) : 0,
          .spread = std::max(spread_of(products), spread_of(triads)),
          .cores = work.cores()};
}

}  // namespace

std::vector<MeasuredRoof> measure_roofs(RoofWork& work, int threads) {
  std::vector<MeasuredRoof> roofs{measure_roof(work, 1)};
  if (threads > 1) roofs.push_back(measure_roof(work, threads));
  return roofs;
}

std::vector<MeasuredRoof> measure_roofs(Engine& engine) {
  EngineWork work(engine);
  return measure_roofs(work, allowed_cores());
}

}  // namespace orrery
