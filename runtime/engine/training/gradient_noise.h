#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "runtime/engine/training/checkpoint.h"
#include "runtime/governors/manager.h"

namespace orrery {

/// Adds normal noise of variance eta / (1 + t)^gamma to the gradients of an optimizer's update t, from 0:
/// Neelakantan et al. 2015, "Adding gradient noise improves learning for very deep networks"
/// (arXiv:1511.06807), where it comes behind clipping. Drawn from a generator of its own a device, so that
/// nothing else that is random changes, and continued by checkpoints. Used within the engine's turns.
class GradientNoise {
 public:
  /// Null when the manager has no `gradient_noise`. `seed`: the run's.
  static std::unique_ptr<GradientNoise> of(const Manager& manager, std::uint64_t seed);
  /// `options`: of the manager's table `gradient_noise`.
  GradientNoise(const Attributes& options, std::uint64_t seed);

  /// The gradients that this optimizer, one of the manager's from 0, is about to step with; undefined ones
  /// stay so. New tensors, since gradients may share memory.
  void add(size_t optimizer, std::vector<at::Tensor>& gradients);

  void save(Checkpoint& to) const;
  /// Begins anew from a checkpoint of a run without noise.
  void load(const Checkpoint& from);

 private:
  at::Generator& generator(const at::Device& device);

  double eta_, gamma_;
  std::uint64_t seed_;
  std::map<size_t, std::int64_t> updates_;           ///< by optimizer
  std::map<std::string, at::Generator> generators_;  ///< by device, made when it is needed
};

}  // namespace orrery
