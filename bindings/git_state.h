#pragma once

#include <optional>
#include <string>

namespace orrery::lua {

/// The commit that a folder's files are at, as `git` says it.
struct GitState {
  std::string top;  ///< the repository's folder
  std::string commit;
  bool dirty = false;  ///< a tracked file differs from the commit
};

/// Nothing where there is no repository, no commit, or no git.
std::optional<GitState> git_state(const std::string& folder);

}  // namespace orrery::lua
