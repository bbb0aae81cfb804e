#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/engine/training/metric_sum.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// Norm, least and greatest number, share of zeros and count of NaN and infinities of a graph's parameters or
/// of their gradients, over an epoch: of the whole graph, and of each block with those inside it or of each
/// parameter. One thread; each look waits for a device. The graph outlives it.
class ParameterStatistics {
 public:
  /// `what`: begins the numbers' names: `gradients`. `by_block`: else by parameter.
  ParameterStatistics(const Graph& graph, std::string what, bool by_block);

  /// Adds a tensor of each of some parameters to the look that goes on; undefined ones are passed over.
  void see(const std::vector<ParameterPtr>& parameters, const std::vector<at::Tensor>& tensors);
  /// Ends the look: a norm is that of all that it saw.
  void end_look();
  /// What an epoch's looks saw, and begins anew: the means of norms and of shares, the least and greatest
  /// numbers of all looks (NaN where one was), the sum of the counts. Names: `gradients/norm` of the whole
  /// graph, `gradients/features/conv/norm` of a block; min, max, zeros, nonfinite.
  std::vector<NamedNumber> take_epoch();

  /// REQUIRES: no look goes on.
  void save(Checkpoint& to) const;
  void load(const Checkpoint& from);

 private:
  /// Of one look: a part of a graph's numbers.
  struct Look {
    double squares = 0, least = 0, greatest = 0, zeros = 0, nonfinite = 0, count = 0;
    void add(const Look& other);
  };
  /// Of an epoch.
  struct Sum {
    double looks = 0, norms = 0, least = 0, greatest = 0, zeros = 0, nonfinite = 0;
    void add(const Look& look);
  };
  static Look looked(const at::Tensor& tensor);

  std::string what_;
  std::map<const Parameter*, std::vector<std::string>> parts_;  ///< that a parameter belongs to
  std::map<std::string, Look> looks_;                           ///< that goes on; by part
  std::map<std::string, Sum> sums_;                             ///< by part; the whole graph is ""
};

}  // namespace orrery
