#pragma once

#include <string>
#include <vector>

#include "runtime/core/error.h"

namespace orrery {

enum class Severity { error, warning };

/// One broken rule: what the checks report.
struct Finding {
  std::string code;  ///< stable, such as `shape-mismatch`; documented in docs/invariants.md
  Severity severity = Severity::error;
  SourceSite site;       ///< the line to look at
  std::string path;      ///< the node, block or governor: `encoder/conv2`
  std::string message;   ///< one sentence with path, expected and got
  std::string expected;  ///< empty where it does not apply
  std::string got;
  std::string remedy;  ///< what to do now; may be empty
  int port = -1;       ///< which of the node's inputs is at fault; -1: none in particular

  /// `train.lua:42: message` and, on a second line, the remedy.
  std::string str() const;
};

/// Thrown when a graph breaks one or more rules; `what()` holds every finding. Exit code 3.
class CheckError : public Error {
 public:
  explicit CheckError(std::vector<Finding> findings);

  const std::vector<Finding>& findings() const { return findings_; }

 private:
  std::vector<Finding> findings_;
};

/// Throws a `CheckError` with all findings when at least one of them is an error.
void throw_if_broken(const std::vector<Finding>& findings);

}  // namespace orrery
