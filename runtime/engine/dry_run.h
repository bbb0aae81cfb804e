#pragma once

#include <vector>

#include "runtime/engine/engine.h"

namespace orrery {

/// Something is computed only to see what comes out: a turn in which no generator moves on.
class DryRun {
 public:
  explicit DryRun(Engine& engine);
  DryRun(const DryRun&) = delete;
  DryRun& operator=(const DryRun&) = delete;
  ~DryRun();

 private:
  Engine& engine_;
  Engine::Turn turn_;
  at::Tensor generator_;
};

/// Tensors on the CPU to try an operation on, the same at every call: reals between 0 and 1 no two of which
/// are alike, so that matrices have inverses; zeros of other dtypes. Undefined where a type is null.
std::vector<at::Tensor> sample_tensors(const std::vector<const TensorType*>& types);

/// The types of tensors that came out.
std::vector<TensorType> types_of(const std::vector<at::Tensor>& tensors);

}  // namespace orrery
