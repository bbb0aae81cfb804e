#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace orrery {

/// How closely a run is measured; each takes in what stands before it.
enum class ProfileLevel {
  off,
  block,  ///< times and memory of each block, and of the parts of a step
  node,   ///< the same of each node
  step,   ///< besides, every single piece of the steps of a window
  kernel  ///< as node, and the ATen calls under each node
};

/// What the manager's option `profile` asks for.
struct ProfileChoice {
  /// The window where `step` comes without one.
  static constexpr std::int64_t kSteps = 20;
  /// Pieces are kept in memory until they are written: so many steps are the most.
  static constexpr std::int64_t kMostSteps = 10'000;

  ProfileLevel level = ProfileLevel::block;
  /// The first and the last step of the window, counted over the whole run from 1.
  std::int64_t first = 1, last = kSteps;
};

/// `off`, `block`, `node`, `step`, `step:100-120`, `step:100`, `kernel`. Nothing for another text: windows
/// that begin before step 1, end before they begin, or have more than kMostSteps among them.
std::optional<ProfileChoice> profile_choice(const std::string& text);

}  // namespace orrery
