#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/formats/hdf5/hdf5_file.h"
#include "runtime/formats/keras_model.h"

namespace orrery {

/// A variable that Keras saved of a layer.
struct KerasVariable {
  std::string part;  ///< within the layer: `cell`, `forward_layer/cell`; of older files empty
  const Hdf5Dataset* dataset = nullptr;
  bool taken = false;
};

/// Which dataset of a file is which variable of a model.
///
/// Keras 3 (`.keras`, `.weights.h5`): `layers/<kind>_<count>/<part>/vars/<number>`, where layers of a kind
/// are counted in the model's order and models within models have `layers` again. Before that, and in `.h5`
/// of any Keras: a group for each layer by its name, at the file's outermost or in `model_weights`, whose
/// attribute `weight_names` lists its datasets in order; those of a model within are one layer's.
/// Source: keras 3.15, saving/saving_lib.py and legacy/saving/legacy_h5_format.py.
class KerasVariables {
 public:
  /// Throws `Error(Fault::input_file)` for a file of neither kind, and for one that holds weights which are
  /// not read, all of them at once.
  KerasVariables(std::shared_ptr<const Hdf5File> file, const KerasModel& model);

  const std::shared_ptr<const Hdf5File>& file() const { return file_; }
  /// The next variable of a layer (`shared/pixel`) that was not taken; null where there is none. Of a part:
  /// older files know none, and have the variables of all parts in turn.
  const Hdf5Dataset* take(const std::string& layer, const std::string& part);
  /// What nobody took, by layer; states of random generators are not meant to be.
  std::vector<std::string> left() const;

 private:
  void add_saved(const KerasModel& model, const std::string& group, const std::string& path);
  void add_named(const KerasModel& model, const std::string& group);
  void add_within(const KerasModel& model, std::vector<std::string> datasets, const std::string& path);
  std::vector<std::string> list(const std::string& group, const std::string& name) const;
  void add(const std::string& layer, const std::string& dataset);

  std::shared_ptr<const Hdf5File> file_;
  bool knows_parts_ = false;
  std::map<std::string, std::vector<KerasVariable>> variables_;
};

}  // namespace orrery
