#include "runtime/history/schema_version_5.h"

namespace orrery {

const char* const kSchemaVersion5 = R"sql(
INSERT INTO quantities VALUES
  (19, 'fused_share', '1', 1, 'part of the time of a pass that computes several nodes, by predicted cost; of nodes alone');

DROP VIEW node_cost;
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
       max(t.mean) FILTER (WHERE t.quantity_id = 14) AS update_ratio,
       max(t.mean) FILTER (WHERE t.quantity_id = 19) AS fused_share
FROM kept_runs r
JOIN node_totals t ON t.run_id = r.run_id
JOIN nodes n ON n.node_id = t.node_id
JOIN blocks b ON b.block_id = n.block_id
GROUP BY r.run_id, r.name, n.node_id;
)sql";

}  // namespace orrery
