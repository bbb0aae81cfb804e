#include "runtime/engine/profile/kernel_calls.h"

#include <memory>
#include <utility>

#include <ATen/record_function.h>

namespace orrery {
namespace {

// LibTorch's callbacks are plain functions. One pair of them, however many listen: more would tell of each
// call several times. The latest listener is told.
struct Listeners {
  std::vector<KernelCalls*> all;
  std::uint64_t handle = 0;
};
thread_local Listeners listeners;

std::unique_ptr<at::ObserverContext> call_begins(const at::RecordFunction& call) {
  if (!listeners.all.empty()) listeners.all.back()->begin_call(call.name());
  return nullptr;
}

void call_ends(const at::RecordFunction&, at::ObserverContext*) {
  if (!listeners.all.empty()) listeners.all.back()->end_call();
}

double seconds_of_nanoseconds(std::int64_t time) { return static_cast<double>(time) * 1e-9; }

}  // namespace

KernelCalls::KernelCalls(const Timeline& times, ProfileClock clock) : times_(times), clock_(clock) {
  listeners.all.push_back(this);
  if (listeners.all.size() == 1)
    listeners.handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(call_begins, call_ends).scopes({at::RecordScope::FUNCTION}));
}

KernelCalls::~KernelCalls() {
  std::erase(listeners.all, this);
  if (listeners.all.empty()) at::removeCallback(listeners.handle);
}

void KernelCalls::begin_call(const char* name) { open_.push_back({name, times_.part(), clock_.now(), 0}); }

void KernelCalls::end_call() {
  if (open_.empty()) return;  // it began before there was somebody to listen
  const Call call = std::move(open_.back());
  open_.pop_back();
  const std::int64_t elapsed = clock_.now() - call.begin;
  (open_.empty() ? called_ : open_.back().inside) += elapsed;
  rows_[{unit_, call.part, call.name}].add(seconds_of_nanoseconds(elapsed - call.inside));
}

// A call may go on across the border (autograd tells of a node's gradients within one): it counts where it
// ends.
void KernelCalls::turn(int unit, std::int64_t elapsed) {
  const std::int64_t own = elapsed - std::exchange(called_, 0);
  if (unit_ >= 0 && own > 0) rows_[{unit_, times_.part(), kOwn}].add(seconds_of_nanoseconds(own));
  unit_ = unit;
}

std::vector<KernelCalls::Row> KernelCalls::take() {
  std::vector<Row> rows;
  for (auto& [key, seconds] : rows_) {
    const auto& [unit, part, name] = key;
    rows.push_back({unit, part, name, seconds});
  }
  rows_.clear();
  return rows;
}

}  // namespace orrery
