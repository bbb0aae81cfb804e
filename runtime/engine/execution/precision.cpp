#include "runtime/engine/execution/precision.h"

#include <ATen/autocast_mode.h>

#include "runtime/core/error.h"

namespace orrery {

Precision::Precision(const std::string& word) {
  if (word == "bf16-mixed") lower_ = at::kBFloat16;
  if (word == "16-mixed") lower_ = at::kHalf;
  invariant(lower_ || word.ends_with("-true") || word == "32" || word == "64",
            "a precision that nobody described");
}

Precision::Scope::Scope(const Precision& precision, c10::DeviceType device)
    : active_(precision.lower_.has_value()), device_(device) {
  if (!active_) return;
  enabled_before_ = at::autocast::is_autocast_enabled(device_);
  before_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, *precision.lower_);
  at::autocast::increment_nesting();
}

// A weight that an update changes must be cast anew in the next step.
Precision::Scope::~Scope() {
  if (!active_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, enabled_before_);
  at::autocast::set_autocast_dtype(device_, before_);
}

}  // namespace orrery
