#include "runtime/history/schema_version_4.h"

namespace orrery {

const char* const kSchemaVersion4 = R"sql(
INSERT INTO quantities VALUES
  (11, 'bytes_moved', 'B', 1, 'bytes that the operations read and write in one step'),
  (12, 'scratch_bytes', 'B', 1, 'most bytes that were allocated and given back within one operation'),
  (13, 'grad_norm', '1', 0, 'Euclidean norm of the parameters'' gradients'),
  (14, 'update_ratio', '1', 0, 'norm of the parameters'' change in one step, divided by their norm'),
  (15, 'allocated_bytes', 'B', 1, 'all that the allocator had handed out when the epoch ended; of the graph itself'),
  (16, 'allocated_peak_bytes', 'B', 1, 'the most that it had handed out since the process began; of the graph itself'),
  (17, 'arena_bytes', 'B', 1, 'buffers of the plan, which nodes share; of the graph itself'),
  (18, 'remainder_bytes', 'B', 1, 'allocated, and neither parameters, nor buffers, nor an optimizer''s, nor the plan''s; of the graph itself');

CREATE TABLE projects (
  project_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

CREATE TABLE machines (
  machine_id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  processor TEXT NOT NULL,
  core_count INTEGER NOT NULL CHECK (core_count >= 0),
  memory_bytes INTEGER NOT NULL CHECK (memory_bytes >= 0),
  gpu TEXT NOT NULL,
  os TEXT NOT NULL,
  UNIQUE (host, processor, core_count, memory_bytes, gpu, os)
) STRICT;

CREATE TABLE roofs (
  machine_id INTEGER NOT NULL REFERENCES machines ON DELETE CASCADE,
  device TEXT NOT NULL,
  thread_count INTEGER NOT NULL CHECK (thread_count >= 0),
  gflop_per_second REAL NOT NULL CHECK (gflop_per_second > 0),
  gb_per_second REAL NOT NULL CHECK (gb_per_second > 0),
  measured_unix_ms INTEGER NOT NULL,
  PRIMARY KEY (machine_id, device, thread_count)
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN project_id INTEGER REFERENCES projects;
ALTER TABLE runs ADD COLUMN machine_id INTEGER REFERENCES machines;
ALTER TABLE runs ADD COLUMN parent_uid TEXT CHECK (length(parent_uid) = 32);
ALTER TABLE runs ADD COLUMN resumed_from TEXT;
ALTER TABLE runs ADD COLUMN log_lines_dropped INTEGER NOT NULL DEFAULT 0 CHECK (log_lines_dropped >= 0);
ALTER TABLE runs ADD COLUMN trashed_unix_ms INTEGER;
CREATE INDEX runs_by_project ON runs (project_id);
CREATE INDEX runs_by_machine ON runs (machine_id);
CREATE INDEX runs_by_parent ON runs (parent_uid);

CREATE TABLE rising_metrics (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  name TEXT NOT NULL,
  PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;
INSERT INTO rising_metrics SELECT DISTINCT run_id, name FROM metrics
WHERE name IN ('accuracy', 'precision', 'recall', 'f1_score', 'auroc', 'peak_signal_noise_ratio',
               'structural_similarity_index_measure', 'r2_score');
CREATE INDEX metrics_by_name ON metrics (name, split, run_id, value);

ALTER TABLE artifacts ADD COLUMN sha256 TEXT CHECK (length(sha256) = 64);

ALTER TABLE block_profiles ADD COLUMN p50 REAL;
ALTER TABLE block_profiles ADD COLUMN p95 REAL;

CREATE TABLE nodes (
  node_id INTEGER PRIMARY KEY,
  graph_id INTEGER NOT NULL REFERENCES graphs ON DELETE CASCADE,
  block_id INTEGER NOT NULL REFERENCES blocks ON DELETE CASCADE,
  path TEXT NOT NULL,
  operation TEXT NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  UNIQUE (graph_id, path)
) STRICT;
CREATE INDEX nodes_by_block ON nodes (block_id);

CREATE TABLE node_profiles (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  node_id INTEGER NOT NULL REFERENCES nodes,
  quantity_id INTEGER NOT NULL REFERENCES quantities,
  count INTEGER NOT NULL CHECK (count > 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL GENERATED ALWAYS AS (sum / count) VIRTUAL,
  sum REAL NOT NULL,
  p50 REAL,
  p95 REAL,
  PRIMARY KEY (run_id, epoch, node_id, quantity_id),
  CHECK (min <= max)
) STRICT, WITHOUT ROWID;

CREATE TABLE node_sizes (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  node_id INTEGER NOT NULL REFERENCES nodes,
  quantity_id INTEGER NOT NULL REFERENCES quantities,
  from_epoch INTEGER NOT NULL CHECK (from_epoch >= 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL NOT NULL,
  PRIMARY KEY (run_id, node_id, quantity_id, from_epoch),
  CHECK (min <= max)
) STRICT, WITHOUT ROWID;

CREATE TABLE node_totals (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  node_id INTEGER NOT NULL REFERENCES nodes,
  quantity_id INTEGER NOT NULL REFERENCES quantities,
  count INTEGER NOT NULL CHECK (count > 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL GENERATED ALWAYS AS (sum / count) VIRTUAL,
  sum REAL NOT NULL,
  PRIMARY KEY (run_id, node_id, quantity_id),
  CHECK (min <= max)
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
  part_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  meaning TEXT NOT NULL
) STRICT;
INSERT INTO parts VALUES
  (1, 'data_wait', 'waiting for the next batch'),
  (2, 'copy', 'copying the batch to the device'),
  (3, 'forward', 'forward pass'),
  (4, 'backward', 'backward pass'),
  (5, 'optimizer', 'updates of the optimizers'),
  (6, 'validation', 'validation'),
  (7, 'checkpoint', 'writing checkpoints and savers'' files'),
  (8, 'callbacks', 'the script''s callbacks'),
  (9, 'other', 'the rest of the step'),
  (10, 'step', 'the whole of the step: the sum of the other parts');

CREATE TABLE part_profiles (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  part_id INTEGER NOT NULL REFERENCES parts,
  count INTEGER NOT NULL CHECK (count > 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL GENERATED ALWAYS AS (sum / count) VIRTUAL,
  sum REAL NOT NULL,
  p50 REAL,
  p95 REAL,
  PRIMARY KEY (run_id, epoch, part_id),
  CHECK (min <= max)
) STRICT, WITHOUT ROWID;

CREATE TABLE kernels (
  kernel_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE kernel_profiles (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  node_id INTEGER REFERENCES nodes,
  part_id INTEGER NOT NULL REFERENCES parts,
  kernel_id INTEGER NOT NULL REFERENCES kernels,
  device TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  min REAL NOT NULL,
  max REAL NOT NULL,
  mean REAL GENERATED ALWAYS AS (sum / count) VIRTUAL,
  sum REAL NOT NULL,
  CHECK (min <= max)
) STRICT;
CREATE UNIQUE INDEX kernel_profiles_once
  ON kernel_profiles (run_id, epoch, ifnull(node_id, 0), part_id, kernel_id, device);

CREATE TABLE step_profiles (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  step INTEGER NOT NULL CHECK (step >= 0),
  position INTEGER NOT NULL CHECK (position >= 0),
  node_id INTEGER REFERENCES nodes,
  part_id INTEGER NOT NULL REFERENCES parts,
  begin_ns INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL CHECK (duration_ns >= 0),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  thread INTEGER NOT NULL CHECK (thread >= 0),
  PRIMARY KEY (run_id, step, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE logs (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  line INTEGER NOT NULL CHECK (line > 0),
  stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
  written_unix_ms INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  event_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  happened_unix_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind <> ''),
  epoch INTEGER CHECK (epoch >= 0),
  step INTEGER CHECK (step >= 0),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_run ON events (run_id, happened_unix_ms);

CREATE VIEW kept_runs AS SELECT * FROM runs WHERE trashed_unix_ms IS NULL;

DROP VIEW run_config;
CREATE VIEW run_config AS
SELECT r.run_id, r.name AS run, j.key, j.type,
       CASE WHEN j.type IN ('object', 'array') THEN j.value
            WHEN j.type IN ('true', 'false') THEN j.type
            ELSE j.atom END AS value
FROM kept_runs r, json_each(r.config_json) j;

DROP VIEW metric_curve;
CREATE VIEW metric_curve AS
SELECT m.run_id, r.name AS run, m.name AS metric, m.split, m.epoch, m.value, m.is_nan
FROM metrics m JOIN kept_runs r USING (run_id);

DROP VIEW metric_range;
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
      FROM kept_runs r JOIN metrics m ON m.run_id = r.run_id
      GROUP BY m.run_id, r.name, m.name, m.split) d;

DROP VIEW epoch_metrics;
CREATE VIEW epoch_metrics AS
SELECT m.run_id, r.name AS run, m.epoch, m.name AS metric,
       max(m.value) FILTER (WHERE m.split = 'train') AS train,
       max(m.value) FILTER (WHERE m.split = 'validation') AS validation,
       max(m.value) FILTER (WHERE m.split = 'test') AS test,
       e.seconds
FROM metrics m JOIN kept_runs r ON r.run_id = m.run_id
LEFT JOIN epochs e ON e.run_id = m.run_id AND e.epoch = m.epoch
GROUP BY m.run_id, r.name, m.epoch, m.name;

DROP VIEW step_curve;
CREATE VIEW step_curve AS
SELECT m.run_id, r.name AS run, m.name AS metric, m.split, m.step, m.epoch, m.value, m.is_nan,
       (m.logged_unix_ms - r.started_unix_ms) / 1000.0 AS seconds
FROM step_metrics m JOIN kept_runs r USING (run_id);

DROP VIEW run_summary;
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
       (SELECT group_concat(t.tag, ', ') FROM tags t WHERE t.run_id = r.run_id) AS tags,
       p.name AS project, r.parent_uid, r.resumed_from
FROM kept_runs r LEFT JOIN graphs g USING (graph_id) LEFT JOIN projects p USING (project_id);

DROP VIEW block_cost;
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
       sum(t.sum) FILTER (WHERE t.quantity_id = 10) AS flops,
       sum(t.sum) FILTER (WHERE t.quantity_id = 11 AND d.block_id = b.block_id) AS own_bytes_moved,
       sum(t.sum) FILTER (WHERE t.quantity_id = 11) AS bytes_moved,
       max(t.max) FILTER (WHERE t.quantity_id = 12) AS scratch_bytes,
       max(t.mean) FILTER (WHERE t.quantity_id = 13 AND d.block_id = b.block_id) AS own_grad_norm,
       max(t.mean) FILTER (WHERE t.quantity_id = 14 AND d.block_id = b.block_id) AS own_update_ratio
FROM kept_runs r
JOIN blocks b ON b.graph_id = r.graph_id
JOIN blocks d ON d.graph_id = b.graph_id
 AND (d.path = b.path OR b.path = '' OR substr(d.path, 1, length(b.path) + 1) = b.path || '/')
LEFT JOIN block_totals t ON t.run_id = r.run_id AND t.block_id = d.block_id
GROUP BY r.run_id, r.name, b.block_id;

DROP VIEW block_epochs;
CREATE VIEW block_epochs AS
SELECT p.run_id, r.name AS run, p.epoch, b.path, q.name AS quantity, q.unit, p.count, p.min, p.max, p.mean, p.sum,
       p.p50, p.p95
FROM block_profiles p JOIN kept_runs r ON r.run_id = p.run_id
JOIN blocks b ON b.block_id = p.block_id JOIN quantities q ON q.quantity_id = p.quantity_id
UNION ALL
SELECT s.run_id, r.name, e.epoch, b.path, q.name, q.unit, NULL, s.min, s.max, s.mean, NULL, NULL, NULL
FROM epochs e JOIN kept_runs r ON r.run_id = e.run_id
JOIN block_sizes s ON s.run_id = e.run_id AND s.from_epoch =
  (SELECT max(l.from_epoch) FROM block_sizes l WHERE l.run_id = s.run_id AND l.block_id = s.block_id
   AND l.quantity_id = s.quantity_id AND l.from_epoch <= e.epoch)
JOIN blocks b ON b.block_id = s.block_id JOIN quantities q ON q.quantity_id = s.quantity_id;

CREATE VIEW node_cost AS
SELECT r.run_id, r.name AS run, n.path, n.operation, n.position, b.path AS block,
       max(t.count) FILTER (WHERE t.quantity_id = 1) AS steps,
       max(t.sum) FILTER (WHERE t.quantity_id = 1) AS forward_seconds,
       max(t.sum) FILTER (WHERE t.quantity_id = 2) AS backward_seconds,
       max(t.sum) FILTER (WHERE t.quantity_id = 3) AS device_seconds,
       max(t.max) FILTER (WHERE t.quantity_id = 4) AS tmu_bytes,
       max(t.max) FILTER (WHERE t.quantity_id = 5) AS tgu_bytes,
       max(t.max) FILTER (WHERE t.quantity_id = 6) AS lmu_bytes,
       max(t.max) FILTER (WHERE t.quantity_id = 7) AS lgu_bytes,
       max(t.max) FILTER (WHERE t.quantity_id = 8) AS optimizer_bytes,
       max(t.max) FILTER (WHERE t.quantity_id = 9) AS peak_bytes,
       max(t.sum) FILTER (WHERE t.quantity_id = 10) AS flops,
       max(t.sum) FILTER (WHERE t.quantity_id = 11) AS bytes_moved,
       max(t.max) FILTER (WHERE t.quantity_id = 12) AS scratch_bytes,
       max(t.mean) FILTER (WHERE t.quantity_id = 13) AS grad_norm,
       max(t.mean) FILTER (WHERE t.quantity_id = 14) AS update_ratio
FROM kept_runs r
JOIN node_totals t ON t.run_id = r.run_id
JOIN nodes n ON n.node_id = t.node_id
JOIN blocks b ON b.block_id = n.block_id
GROUP BY r.run_id, r.name, n.node_id;

CREATE VIEW node_epochs AS
SELECT p.run_id, r.name AS run, p.epoch, n.path, q.name AS quantity, q.unit, p.count, p.min, p.max, p.mean, p.sum,
       p.p50, p.p95
FROM node_profiles p JOIN kept_runs r ON r.run_id = p.run_id
JOIN nodes n ON n.node_id = p.node_id JOIN quantities q ON q.quantity_id = p.quantity_id
UNION ALL
SELECT s.run_id, r.name, e.epoch, n.path, q.name, q.unit, NULL, s.min, s.max, s.mean, NULL, NULL, NULL
FROM epochs e JOIN kept_runs r ON r.run_id = e.run_id
JOIN node_sizes s ON s.run_id = e.run_id AND s.from_epoch =
  (SELECT max(l.from_epoch) FROM node_sizes l WHERE l.run_id = s.run_id AND l.node_id = s.node_id
   AND l.quantity_id = s.quantity_id AND l.from_epoch <= e.epoch)
JOIN nodes n ON n.node_id = s.node_id JOIN quantities q ON q.quantity_id = s.quantity_id;

CREATE VIEW part_epochs AS
SELECT p.run_id, r.name AS run, p.epoch, a.name AS part, p.count, p.min, p.max, p.mean, p.sum, p.p50, p.p95
FROM part_profiles p JOIN kept_runs r ON r.run_id = p.run_id JOIN parts a ON a.part_id = p.part_id;

CREATE VIEW part_cost AS
SELECT p.run_id, r.name AS run, a.name AS part, sum(p.count) AS count, sum(p.sum) AS seconds,
       min(p.min) AS shortest_seconds, max(p.max) AS longest_seconds
FROM kept_runs r JOIN part_profiles p ON p.run_id = r.run_id JOIN parts a ON a.part_id = p.part_id
GROUP BY p.run_id, r.name, p.part_id;

CREATE VIEW kernel_cost AS
SELECT p.run_id, r.name AS run, n.path AS node, a.name AS part, k.name AS kernel, p.device,
       sum(p.count) AS calls, sum(p.sum) AS seconds, min(p.min) AS shortest_seconds, max(p.max) AS longest_seconds
FROM kept_runs r JOIN kernel_profiles p ON p.run_id = r.run_id
JOIN kernels k ON k.kernel_id = p.kernel_id JOIN parts a ON a.part_id = p.part_id
LEFT JOIN nodes n ON n.node_id = p.node_id
GROUP BY p.run_id, r.name, p.node_id, p.part_id, p.kernel_id, p.device;

CREATE VIEW step_spans AS
SELECT s.run_id, r.name AS run, s.step, s.position, n.path AS node, n.operation, a.name AS part,
       s.begin_ns, s.duration_ns, s.bytes, s.thread
FROM step_profiles s JOIN kept_runs r ON r.run_id = s.run_id JOIN parts a ON a.part_id = s.part_id
LEFT JOIN nodes n ON n.node_id = s.node_id;

CREATE VIEW run_log AS
SELECT l.run_id, r.name AS run, l.line, l.stream,
       strftime('%Y-%m-%dT%H:%M:%fZ', l.written_unix_ms / 1000.0, 'unixepoch') AS written, l.text
FROM logs l JOIN kept_runs r ON r.run_id = l.run_id;

CREATE VIEW run_events AS
SELECT e.run_id, r.name AS run,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.happened_unix_ms / 1000.0, 'unixepoch') AS happened,
       e.kind, e.epoch, e.step, e.text
FROM events e JOIN kept_runs r ON r.run_id = e.run_id;

CREATE VIEW best_runs AS
SELECT d.run_id, d.run, d.metric, d.split, d.place, d.best,
       (SELECT min(m.epoch) FROM metrics m WHERE m.name = d.metric AND m.split = d.split
        AND m.run_id = d.run_id AND m.value = d.best) AS best_epoch,
       d.is_rising, d.status
FROM (SELECT c.*, rank() OVER (PARTITION BY c.metric, c.split
                               ORDER BY CASE WHEN c.is_rising THEN -c.best ELSE c.best END) AS place
      FROM (SELECT m.run_id, r.name AS run, m.name AS metric, m.split, r.status,
                   g.name IS NOT NULL AS is_rising,
                   CASE WHEN g.name IS NULL THEN min(m.value) ELSE max(m.value) END AS best
            FROM metrics m JOIN kept_runs r ON r.run_id = m.run_id
            LEFT JOIN rising_metrics g ON g.run_id = m.run_id AND g.name = m.name
            WHERE m.value IS NOT NULL
            GROUP BY m.name, m.split, m.run_id) c) d;

CREATE VIEW same_architecture AS
SELECT r.run_id, r.name AS run, o.run_id AS other_id, o.name AS other, g.structural_hash, o.status
FROM kept_runs r JOIN graphs g ON g.graph_id = r.graph_id
JOIN graphs h ON h.structural_hash = g.structural_hash
JOIN kept_runs o ON o.graph_id = h.graph_id AND o.run_id <> r.run_id;
)sql";

}  // namespace orrery
