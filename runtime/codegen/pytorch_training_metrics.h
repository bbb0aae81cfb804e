#pragma once

#include <functional>
#include <string>

#include "runtime/codegen/pytorch_training.h"

namespace orrery {

/// How a metric is computed: as the mean of what `of_batch` says over samples, or by torchmetrics' object
/// `made`, which is given the tensors of each batch.
struct PytorchMetric {
  std::string of_batch;
  std::string made;
  std::string arguments;  ///< of its `update`: `logits, label`
};

/// `name`: what a value is called. A function of the script becomes one that a person has to write.
PytorchMetric pytorch_metric(const Metric& metric, const std::function<std::string(const Value&)>& name,
                             PytorchTraining& script);

}  // namespace orrery
