#pragma once

namespace orrery {

/// The tables of an MLflow tracking store at revision cfd24bdc0731 (MLflow 1.12): the first that knows killed
/// runs. Every later MLflow finds tables missing when it opens such a file and brings it forward by its own
/// migrations. Source: mlflow/store/db_migrations of github.com/mlflow/mlflow.
extern const char* const kMlflowSchema;

}  // namespace orrery
