#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/codegen/pytorch_training.h"

namespace orrery {

/// Writes functions that give batches of a source of data, and what they need: `def train_loader():`.
/// Orrery's own random choices (orders, shares, random data) become PyTorch's, which are others.
class PytorchData {
 public:
  explicit PytorchData(PytorchTraining& script) : script_(script) {}

  /// `in_order`: as the source stands, whatever it says of shuffling. Tells whether PyTorch can say it; where
  /// it cannot, the function raises NotImplementedError.
  bool add_loader(const std::string& name, const DataSource& source, bool in_order);

 private:
  std::string set_of(const DataSource& source);
  std::string stored_set(const DataSource& source);
  std::string with_transforms(const DataSource& source, const std::string& set);
  std::string transform(const DataSource& source, const std::vector<std::string>& first);
  std::string transform_call(const DataTransform& transform);
  std::string digits(const DataSource& source);
  std::string images_in_idx(const std::string& images, const std::string& labels, bool scale);
  std::string arrays(const DataSource& source);
  std::string table(const DataSource& source);
  std::string image_folder(const DataSource& source);
  std::string random(const DataSource& source);
  std::string concatenated(const DataSource& source);
  std::string subset(const DataSource& source);
  std::string share(const DataSource& source);
  std::string refuse(const std::string& why);
  std::string own_function(const std::string& wanted, const std::string& sentence, const std::string& body);
  void need(const std::string& import) { script_.imports.insert(import); }
  void add_helper(const char* name);

  PytorchTraining& script_;
  std::vector<std::string> refused_;  ///< of the loader that is being written
  std::set<std::string> helpers_;
  std::map<std::string, std::string> functions_;  ///< names of functions by what they do
};

}  // namespace orrery
