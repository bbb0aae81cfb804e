#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/history/records.h"

namespace orrery {

/// One run as other tools take it.
struct ExportedRun {
  /// One number of a curve.
  struct Point {
    std::int64_t step = 0;
    UnixMilliseconds at = 0;
    double value = 0;  ///< may be NaN
  };
  /// `train_loss` over epochs; `train_loss_step` over steps where the run has both, else `train_loss` too.
  struct Curve {
    std::string name;
    bool over_epochs = false;
    std::string split;   ///< `train`, `validation`, `test`
    std::string metric;  ///< `loss`
    std::vector<Point> points;
  };
  struct File {
    std::string path;
    std::string kind;
    std::string name;
    std::optional<std::int64_t> step;
    UnixMilliseconds at = 0;
  };

  /// Of a step that was kept whole: of a part, or of a node within it.
  struct Piece {
    std::int64_t step = 0;
    std::string node;  ///< path; empty: the part itself
    std::string part;  ///< `forward`
    std::int64_t begin_ns = 0, duration_ns = 0;
  };

  std::string uid, name, status;
  UnixMilliseconds started = 0;
  std::optional<UnixMilliseconds> ended;
  std::string script_path;
  std::optional<std::string> git_commit;
  std::string device;
  std::optional<std::int64_t> seed;
  std::string working_folder;
  /// The config's first level; arrays and objects as JSON.
  std::vector<std::pair<std::string, std::string>> config;
  std::vector<std::string> tags;
  std::vector<std::string> notes;
  std::vector<Curve> curves;
  std::vector<File> files;
  std::vector<Piece> pieces;
};

}  // namespace orrery
