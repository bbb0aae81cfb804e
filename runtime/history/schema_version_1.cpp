#include "runtime/history/schema_version_1.h"

namespace orrery {

const char* const kSchemaVersion1 = R"sql(
CREATE TABLE graphs (
  graph_id INTEGER PRIMARY KEY,
  structural_hash TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  canonical_json TEXT NOT NULL,
  parameter_count INTEGER CHECK (parameter_count >= 0),
  UNIQUE (structural_hash, text_hash)
) STRICT;

CREATE TABLE blocks (
  block_id INTEGER PRIMARY KEY,
  graph_id INTEGER NOT NULL REFERENCES graphs ON DELETE CASCADE,
  path TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  parent_id INTEGER REFERENCES blocks,
  node_count INTEGER NOT NULL CHECK (node_count >= 0),
  UNIQUE (graph_id, path),
  CHECK ((path = '') = (parent_id IS NULL))
) STRICT;
CREATE INDEX blocks_by_parent ON blocks (parent_id);

CREATE TABLE runs (
  run_id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE CHECK (length(uid) = 32),
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'interrupted')),
  exit_reason TEXT NOT NULL DEFAULT '',
  started_unix_ms INTEGER NOT NULL,
  ended_unix_ms INTEGER,
  heartbeat_unix_ms INTEGER NOT NULL,
  host TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  pid_namespace TEXT NOT NULL,
  process_id INTEGER NOT NULL,
  process_start_ticks INTEGER NOT NULL,
  device TEXT NOT NULL,
  thread_count INTEGER CHECK (thread_count > 0),
  seed INTEGER,
  orrery_version TEXT NOT NULL,
  libtorch_version TEXT,
  git_commit TEXT,
  git_dirty INTEGER CHECK (git_dirty IN (0, 1)),
  working_folder TEXT NOT NULL,
  command_json TEXT NOT NULL,
  config_json TEXT NOT NULL,
  script_path TEXT NOT NULL,
  script_text ANY CHECK (typeof(script_text) IN ('text', 'blob')),
  script_hash TEXT NOT NULL,
  graph_id INTEGER REFERENCES graphs,
  CHECK ((status = 'running') = (ended_unix_ms IS NULL))
) STRICT;
CREATE INDEX runs_by_start ON runs (started_unix_ms);
CREATE INDEX runs_by_graph ON runs (graph_id);
CREATE INDEX runs_running ON runs (run_id) WHERE status = 'running';

CREATE TABLE epochs (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  seconds REAL NOT NULL CHECK (seconds >= 0),
  steps INTEGER NOT NULL CHECK (steps >= 0),
  samples INTEGER NOT NULL CHECK (samples >= 0),
  ended_unix_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  name TEXT NOT NULL,
  value REAL,
  is_nan INTEGER NOT NULL DEFAULT 0 CHECK (is_nan = (value IS NULL)),
  PRIMARY KEY (run_id, epoch, split, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE quantities (
  quantity_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  unit TEXT NOT NULL,
  is_steady INTEGER NOT NULL CHECK (is_steady IN (0, 1)),
  meaning TEXT NOT NULL
) STRICT;
INSERT INTO quantities VALUES
  (1, 'forward_seconds', 's', 0, 'wall time of the forward pass'),
  (2, 'backward_seconds', 's', 0, 'wall time of the backward pass'),
  (3, 'device_seconds', 's', 0, 'time on the accelerator, forward and backward'),
  (4, 'tmu_bytes', 'B', 1, 'unique bytes of the output tensors'),
  (5, 'tgu_bytes', 'B', 1, 'unique bytes of the output tensors'' gradients'),
  (6, 'lmu_bytes', 'B', 1, 'bytes of parameters and buffers'),
  (7, 'lgu_bytes', 'B', 1, 'bytes of the parameters'' gradients'),
  (8, 'optimizer_bytes', 'B', 1, 'bytes of the optimizer''s state'),
  (9, 'peak_bytes', 'B', 0, 'highest reading of the allocator inside the block'),
  (10, 'flops', 'FLOP', 1, 'floating-point operations of one step');

CREATE TABLE block_profiles (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  block_id INTEGER NOT NULL REFERENCES blocks,
  quantity_id INTEGER NOT NULL REFERENCES quantities,
  count INTEGER NOT NULL CHECK (count > 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL GENERATED ALWAYS AS (sum / count) VIRTUAL,
  sum REAL NOT NULL,
  PRIMARY KEY (run_id, epoch, block_id, quantity_id),
  CHECK (min <= max)
) STRICT, WITHOUT ROWID;

CREATE TABLE block_sizes (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  block_id INTEGER NOT NULL REFERENCES blocks,
  quantity_id INTEGER NOT NULL REFERENCES quantities,
  from_epoch INTEGER NOT NULL CHECK (from_epoch >= 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL NOT NULL,
  PRIMARY KEY (run_id, block_id, quantity_id, from_epoch),
  CHECK (min <= max)
) STRICT, WITHOUT ROWID;

CREATE TABLE block_totals (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  block_id INTEGER NOT NULL REFERENCES blocks,
  quantity_id INTEGER NOT NULL REFERENCES quantities,
  count INTEGER NOT NULL CHECK (count > 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL GENERATED ALWAYS AS (sum / count) VIRTUAL,
  sum REAL NOT NULL,
  PRIMARY KEY (run_id, block_id, quantity_id),
  CHECK (min <= max)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  path TEXT NOT NULL,
  kind TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  hash TEXT NOT NULL DEFAULT '',
  written_unix_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (run_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag, run_id);

CREATE TABLE notes (
  note_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  written_unix_ms INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX notes_by_run ON notes (run_id);

CREATE VIEW run_summary AS
SELECT r.run_id, r.name AS run, r.status,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.started_unix_ms / 1000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.ended_unix_ms / 1000.0, 'unixepoch') AS ended,
       (coalesce(r.ended_unix_ms, r.heartbeat_unix_ms) - r.started_unix_ms) / 1000.0 AS seconds,
       (SELECT count(*) FROM epochs e WHERE e.run_id = r.run_id AND e.epoch > 0) AS epochs,
       (SELECT m.value FROM metrics m WHERE m.run_id = r.run_id AND m.split = 'train' AND m.name = 'loss'
        ORDER BY m.epoch DESC LIMIT 1) AS train_loss,
       (SELECT m.value FROM metrics m WHERE m.run_id = r.run_id AND m.split = 'validation' AND m.name = 'loss'
        ORDER BY m.epoch DESC LIMIT 1) AS validation_loss,
       r.device, r.thread_count, r.seed, r.host, g.parameter_count, g.structural_hash,
       r.git_commit, r.git_dirty, r.script_path, r.exit_reason,
       (SELECT group_concat(t.tag, ', ') FROM tags t WHERE t.run_id = r.run_id) AS tags
FROM runs r LEFT JOIN graphs g USING (graph_id);

CREATE VIEW run_config AS
SELECT r.run_id, r.name AS run, j.key, j.type,
       CASE WHEN j.type IN ('object', 'array') THEN j.value
            WHEN j.type IN ('true', 'false') THEN j.type
            ELSE j.atom END AS value
FROM runs r, json_each(r.config_json) j;

CREATE VIEW metric_curve AS
SELECT m.run_id, r.name AS run, m.name AS metric, m.split, m.epoch, m.value, m.is_nan
FROM metrics m JOIN runs r USING (run_id);

CREATE VIEW metric_range AS
SELECT d.run_id, d.run, d.metric, d.split, d.points, d.lowest,
       (SELECT min(m.epoch) FROM metrics m WHERE m.run_id = d.run_id AND m.split = d.split
        AND m.name = d.metric AND m.value = d.lowest) AS lowest_epoch,
       d.highest,
       (SELECT min(m.epoch) FROM metrics m WHERE m.run_id = d.run_id AND m.split = d.split
        AND m.name = d.metric AND m.value = d.highest) AS highest_epoch,
       (SELECT m.value FROM metrics m WHERE m.run_id = d.run_id AND m.epoch = d.last_epoch
        AND m.split = d.split AND m.name = d.metric) AS last,
       d.last_epoch, d.nans
FROM (SELECT m.run_id, r.name AS run, m.name AS metric, m.split, count(*) AS points, min(m.value) AS lowest,
             max(m.value) AS highest, max(m.epoch) AS last_epoch, sum(m.is_nan) AS nans
      FROM runs r JOIN metrics m ON m.run_id = r.run_id
      GROUP BY m.run_id, r.name, m.name, m.split) d;

CREATE VIEW epoch_metrics AS
SELECT m.run_id, r.name AS run, m.epoch, m.name AS metric,
       max(m.value) FILTER (WHERE m.split = 'train') AS train,
       max(m.value) FILTER (WHERE m.split = 'validation') AS validation,
       max(m.value) FILTER (WHERE m.split = 'test') AS test,
       e.seconds
FROM metrics m JOIN runs r ON r.run_id = m.run_id
LEFT JOIN epochs e ON e.run_id = m.run_id AND e.epoch = m.epoch
GROUP BY m.run_id, r.name, m.epoch, m.name;

CREATE VIEW block_cost AS
SELECT r.run_id, r.name AS run, b.path, b.title, b.node_count,
       max(t.count) FILTER (WHERE t.quantity_id = 1 AND d.block_id = b.block_id) AS steps,
       sum(t.sum) FILTER (WHERE t.quantity_id = 1 AND d.block_id = b.block_id) AS own_forward_seconds,
       sum(t.sum) FILTER (WHERE t.quantity_id = 1) AS forward_seconds,
       sum(t.sum) FILTER (WHERE t.quantity_id = 2 AND d.block_id = b.block_id) AS own_backward_seconds,
       sum(t.sum) FILTER (WHERE t.quantity_id = 2) AS backward_seconds,
       sum(t.sum) FILTER (WHERE t.quantity_id = 3 AND d.block_id = b.block_id) AS own_device_seconds,
       sum(t.sum) FILTER (WHERE t.quantity_id = 3) AS device_seconds,
       sum(t.max) FILTER (WHERE t.quantity_id = 4 AND d.block_id = b.block_id) AS own_tmu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 4) AS tmu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 5 AND d.block_id = b.block_id) AS own_tgu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 5) AS tgu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 6 AND d.block_id = b.block_id) AS own_lmu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 6) AS lmu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 7 AND d.block_id = b.block_id) AS own_lgu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 7) AS lgu_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 8 AND d.block_id = b.block_id) AS own_optimizer_bytes,
       sum(t.max) FILTER (WHERE t.quantity_id = 8) AS optimizer_bytes,
       max(t.max) FILTER (WHERE t.quantity_id = 9) AS peak_bytes,
       sum(t.sum) FILTER (WHERE t.quantity_id = 10 AND d.block_id = b.block_id) AS own_flops,
       sum(t.sum) FILTER (WHERE t.quantity_id = 10) AS flops
FROM runs r
JOIN blocks b ON b.graph_id = r.graph_id
JOIN blocks d ON d.graph_id = b.graph_id
 AND (d.path = b.path OR b.path = '' OR substr(d.path, 1, length(b.path) + 1) = b.path || '/')
LEFT JOIN block_totals t ON t.run_id = r.run_id AND t.block_id = d.block_id
GROUP BY r.run_id, r.name, b.block_id;

CREATE VIEW block_epochs AS
SELECT p.run_id, r.name AS run, p.epoch, b.path, q.name AS quantity, q.unit, p.count, p.min, p.max, p.mean, p.sum
FROM block_profiles p JOIN runs r ON r.run_id = p.run_id
JOIN blocks b ON b.block_id = p.block_id JOIN quantities q ON q.quantity_id = p.quantity_id
UNION ALL
SELECT s.run_id, r.name, e.epoch, b.path, q.name, q.unit, NULL, s.min, s.max, s.mean, NULL
FROM epochs e JOIN runs r ON r.run_id = e.run_id
JOIN block_sizes s ON s.run_id = e.run_id AND s.from_epoch =
  (SELECT max(l.from_epoch) FROM block_sizes l WHERE l.run_id = s.run_id AND l.block_id = s.block_id
   AND l.quantity_id = s.quantity_id AND l.from_epoch <= e.epoch)
JOIN blocks b ON b.block_id = s.block_id JOIN quantities q ON q.quantity_id = s.quantity_id;
)sql";

}  // namespace orrery
