#include "runtime/history/schema_version_3.h"

namespace orrery {

const char* const kSchemaVersion3 = R"sql(
CREATE TABLE thread_choices (
  structural_hash TEXT NOT NULL,
  batch TEXT NOT NULL,
  machine TEXT NOT NULL,
  build TEXT NOT NULL,
  thread_count INTEGER NOT NULL CHECK (thread_count > 0),
  chosen_unix_ms INTEGER NOT NULL,
  PRIMARY KEY (structural_hash, batch, machine, build)
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN thread_reason TEXT;
)sql";

}  // namespace orrery
