#include "runtime/history/schema_version_2.h"

namespace orrery {

const char* const kSchemaVersion2 = R"sql(
CREATE TABLE step_metrics (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  name TEXT NOT NULL,
  step INTEGER NOT NULL CHECK (step >= 0),
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  value REAL,
  is_nan INTEGER NOT NULL DEFAULT 0 CHECK (is_nan = (value IS NULL)),
  logged_unix_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, split, name, step)
) STRICT, WITHOUT ROWID;

ALTER TABLE artifacts ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE artifacts ADD COLUMN step INTEGER CHECK (step >= 0);

CREATE VIEW step_curve AS
SELECT m.run_id, r.name AS run, m.name AS metric, m.split, m.step, m.epoch, m.value, m.is_nan,
       (m.logged_unix_ms - r.started_unix_ms) / 1000.0 AS seconds
FROM step_metrics m JOIN runs r USING (run_id);
)sql";

}  // namespace orrery
