#pragma once

#include "runtime/engine/data/dataset.h"
#include "runtime/engine/data/samples.h"

namespace orrery {

/// A set in memory as samples.
class MemorySamples : public Samples {
 public:
  explicit MemorySamples(Dataset set) : set_(std::move(set)) {}

  std::int64_t length() const override { return set_.length; }
  std::vector<at::Tensor> at(std::int64_t index, std::int64_t) const override {
    std::vector<at::Tensor> fields;
    for (const at::Tensor& tensor : set_.tensors) fields.push_back(tensor.select(0, index));
    return fields;
  }
  const Dataset* in_memory() const override { return &set_; }

 private:
  Dataset set_;
};

}  // namespace orrery
