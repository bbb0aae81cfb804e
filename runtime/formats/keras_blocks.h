#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/formats/keras_model.h"

namespace orrery {

/// Where a layer stands: the blocks around it, the outermost first, and its name within them.
struct KerasPlace {
  std::vector<std::string> blocks;
  std::string name;
};

/// The places that the names of a model's layers tell: `a/b` lies in block `a`; so do all whose names begin
/// alike with a numbered block (`block1_conv1`, `conv2_block1_add`), where there are two or more of them.
std::map<std::string, KerasPlace> keras_places(const KerasModel& model);

}  // namespace orrery
