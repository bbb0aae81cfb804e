#pragma once

#include <filesystem>
#include <span>

#include "runtime/history/exported_run.h"

namespace orrery {

/// Writes runs into the SQLite file of an MLflow tracking store (`mlflow ui --backend-store-uri
/// sqlite:///FILE`), in one transaction; the file is made when it is missing. They come into the experiment
/// `orrery`, under their uid: a run that is there already is written anew, but for what MLflow's users added.
/// Config values become params, tags and notes tags; curves keep their names, with the epoch or the step as
/// MLflow's step. An interrupted run is KILLED. Artifacts are not copied.
///
/// Throws `Error(Fault::write)` when SQLite refuses, `Error(Fault::input_file)` for a file that is there and
/// is no tracking store. Format: mlflow/store/tracking/dbmodels/models.py of github.com/mlflow/mlflow
/// (infinities are the largest doubles; a NaN is 0 with `is_nan`).
void export_to_mlflow(const std::filesystem::path& path, std::span<const ExportedRun> runs);

}  // namespace orrery
