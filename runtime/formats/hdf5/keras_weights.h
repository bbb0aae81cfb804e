#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/formats/hdf5/keras_variables.h"
#include "runtime/graph/layer.h"

namespace orrery {

/// Gives layers of a graph the weights that a file of Keras has for them, in the order of axes and gates that
/// Orrery has: matrices and kernels are turned, the gates z, r, h of a GRU become r, z, n; where Keras adds
/// one bias, the second is 0. Elements are read when a tensor is first needed.
class KerasWeights {
 public:
  KerasWeights(std::shared_ptr<const Hdf5File> file, const KerasModel& model)
      : variables_(std::move(file), model) {}

  /// A layer that was made for a layer of Keras (`path`: `shared/pixel`), or for the part of it that is
  /// called so: `pointwise`. What does not fit is kept for `check_all_fit`.
  void begin(Layer& layer, const KerasLayer& theirs, const std::string& path, const std::string& part);
  /// Throws `Error(Fault::input_file)` that names all that is missing, does not fit, or was not taken.
  void check_all_fit() const;

 private:
  KerasVariables variables_;
  std::vector<std::string> faults_;
};

}  // namespace orrery
