#pragma once

#include "runtime/engine/profile/recorder.h"

namespace orrery {

/// While it lives, time belongs to a part of the step; afterwards to the one before.
class [[nodiscard]] PartScope {
 public:
  /// Null: nobody measures.
  PartScope(Recorder* recorder, StepPart part)
      : recorder_(recorder), before_(recorder ? recorder->enter(part) : part) {}
  ~PartScope() {
    if (recorder_) recorder_->enter(before_);
  }
  PartScope(const PartScope&) = delete;
  PartScope& operator=(const PartScope&) = delete;

 private:
  Recorder* recorder_;
  StepPart before_;
};

}  // namespace orrery
