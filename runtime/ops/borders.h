#pragma once

#include <string>
#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

/// What is added at either end of one axis; negative numbers take away.
struct Border {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

/// What a border holds, in torch.nn.functional.pad's words.
const std::vector<std::string>& border_modes();

/// The size of an axis with its border. Stops when the input is too small for that: reflection needs more
/// elements than it adds, wrapping around no fewer, and what is taken away must be there. `word` is the
/// axis's: `wide`.
Dim bordered(ShapeContext& context, int port, const Dim& size, const Border& border, const std::string& mode,
             const std::string& word);

}  // namespace orrery
