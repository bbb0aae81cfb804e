#pragma once

#include <string>
#include <vector>

#include "runtime/engine/training/metric_sum.h"

namespace orrery {

/// The name of a file with numbers in it: `epoch={epoch}-val_loss={val_loss}`, `{val_loss:.3f}`. Numbers are
/// written with four digits (`%.4g`) unless a form is given: `.3f`, `.2e`, `.5g`, `03d`. Value type.
class NumberedName {
 public:
  explicit NumberedName(std::string pattern) : pattern_(std::move(pattern)) {}

  /// The names that stand in it.
  std::vector<std::string> names() const;
  /// Throws `Error(Fault::usage)` beginning with `what` unless all of them are known.
  void check_names(const std::string& what, const std::vector<std::string>& known) const;
  /// With the numbers put in; `none` for one that is not there.
  std::string with(const std::vector<NamedNumber>& numbers) const;

 private:
  std::string pattern_;
};

}  // namespace orrery
