#pragma once

#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/engine/execution/recomputed.h"

namespace orrery {

/// What the steps of a recomputed part began with beside what they read: random numbers, the buffers of their
/// layers, and which of those were training. The engine outlives it.
class RecomputedStart {
 public:
  /// As it is now. `devices`: where the steps compute. REQUIRES: a turn of the engine.
  RecomputedStart(Engine& engine, const RecomputedPart& part, const std::vector<at::Device>& devices);

  /// While one lives, all that is what it was then; afterwards again what it was before. What is computed in
  /// between changes buffers and random numbers for nobody else. May be made several times.
  class [[nodiscard]] Again {
   public:
    explicit Again(const RecomputedStart& start);
    Again(const Again&) = delete;
    Again& operator=(const Again&) = delete;
    ~Again();

   private:
    const RecomputedStart& start_;
    std::vector<at::Tensor> generators_;
    std::vector<std::shared_ptr<TensorBox>> buffers_;
    std::vector<bool> training_;
  };

 private:
  std::vector<LayerPtr> layers_;
  std::vector<bool> training_;  ///< beside `layers_`
  std::vector<ParameterPtr> buffers_;
  std::vector<at::Tensor> copies_;      ///< of the buffers
  std::vector<at::Device> devices_;     ///< whose generators count
  std::vector<at::Tensor> generators_;  ///< their states
};

}  // namespace orrery
