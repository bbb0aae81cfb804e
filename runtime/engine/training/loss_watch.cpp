#include "runtime/engine/training/loss_watch.h"

#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/core/error.h"

namespace orrery {

LossWatch::LossWatch(std::vector<std::string> names, std::int64_t steps)
    : names_(std::move(names)), steps_(steps) {}

void LossWatch::begin(std::int64_t epoch, std::int64_t seen) {
  epoch_ = epoch;
  seen_ = seen;
  checked_ = seen;
}

void LossWatch::see(const std::vector<at::Tensor>& losses, std::int64_t step) {
  invariant(losses.size() == names_.size() && step >= seen_ - 1 && step < steps_,
            "a loss watch saw losses that it was not told of");
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < losses.size(); ++i) {
    if (losses[i].is_cpu()) {
      const double value = losses[i].item<double>();
      if (!std::isfinite(value)) diverged(i, step, value);
    } else {
      if (!kept_.defined()) {
        kept_ = at::zeros({steps_, static_cast<std::int64_t>(names_.size())},
                          losses[i].options().dtype(at::kDouble));
      }
      const at::Tensor kept = kept_[step][static_cast<std::int64_t>(i)];
      // Of several losses of one step the first that is not finite stays.
      if (step < seen_)
        kept.copy_(at::where(kept.isfinite(), losses[i].to(at::kDouble), kept));
      else
        kept.copy_(losses[i]);
    }
  }
  seen_ = step + 1;
}

void LossWatch::check() {
  if (!kept_.defined() || checked_ == seen_) return;
  const at::Tensor fresh = kept_.narrow(0, checked_, seen_ - checked_).to(at::kCPU);
  for (std::int64_t step = 0; step < fresh.size(0); ++step) {
    for (std::int64_t loss = 0; loss < fresh.size(1); ++loss) {
      const double value = fresh[step][loss].item<double>();
      if (!std::isfinite(value)) diverged(static_cast<size_t>(loss), checked_ + step, value);
    }
  }
  checked_ = seen_;
}

void LossWatch::diverged(size_t loss, std::int64_t step, double value) const {
  throw Error(Fault::diverged,
              fmt::format("the loss '{}' became {} in epoch {}, step {} of {}", names_[loss],
                          std::isnan(value) ? "NaN" : "infinite", epoch_, step + 1, steps_),
              {}, "Lower the learning rate, or look for NaN and very large numbers in the data.");
}

}  // namespace orrery
