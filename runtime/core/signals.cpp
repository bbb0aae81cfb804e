#include "runtime/core/signals.h"

#include <csignal>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

// A handler gets nothing but the signal's number, so what it needs must be found from anywhere.
struct Target {
  std::atomic<std::atomic<int>*> stop{nullptr};
  void (*also)(void*) = nullptr;
  void* argument = nullptr;
};
Target target;
struct sigaction before[2], before_saving;
std::atomic<int> saves{0};

void handle(int signal) {
  std::atomic<int>* stop = target.stop.load();
  if (!stop) return;
  if (stop->exchange(signal) != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  if (target.also) target.also(target.argument);
}

void count_save(int) { ++saves; }

}  // namespace

int saves_asked() { return saves.load(std::memory_order_relaxed); }

StopSignals::StopSignals(std::atomic<int>& stop, void (*also)(void*), void* argument) {
  invariant(target.stop.load() == nullptr, "two StopSignals at one time");
  target.also = also;
  target.argument = argument;
  target.stop = &stop;
  struct sigaction action = {};
  action.sa_handler = handle;
  // Reads go on after the handler: whoever waits asks the flag.
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < 2; ++i) {
    sigaction(kSignals[i], nullptr, &before[i]);
    // nohup and background jobs of a shell ignore them on purpose.
    if (before[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
  action.sa_handler = count_save;
  sigaction(SIGUSR1, &action, &before_saving);
}

StopSignals::~StopSignals() {
  for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &before[i], nullptr);
  sigaction(SIGUSR1, &before_saving, nullptr);
  target.stop = nullptr;
}

}  // namespace orrery
