--- The curves of runs: what their metrics were over epochs, steps or time.
---
---     for _, curve in ipairs(run_curves.of(history, run, "epoch")) do
---       print(curve.metric, curve.split, curve.x[1], curve.y[1])
---     end

local sql_rows = require "orrery.sql_rows"

local M = {}

local runs_of = [[
SELECT r.run_id, r.name, r.config_json, r.status, r.script_path, g.structural_hash
FROM runs r LEFT JOIN graphs g USING (graph_id) WHERE r.run_id = %d]]

local epochs_of = [[
SELECT e.epoch, e.steps, (e.ended_unix_ms - r.started_unix_ms) / 1000.0 AS seconds
FROM epochs e JOIN runs r ON r.run_id = e.run_id
WHERE e.run_id = %d AND e.epoch > 0 ORDER BY e.epoch]]

local by_epoch = [[
SELECT metric, split, epoch, value, is_nan FROM metric_curve
WHERE run_id = %d AND epoch > 0 ORDER BY metric, split, epoch]]

local by_step = [[
SELECT metric, split, step, seconds, value, is_nan FROM step_curve
WHERE run_id = %d ORDER BY metric, split, step]]

local named = "SELECT 1 AS found FROM metrics WHERE name = %s LIMIT 1"

-- The index on names is asked for one after the other: epochs have each of them again and again.
local next_name = "SELECT name FROM metrics WHERE name > %s ORDER BY name LIMIT 1"

--- All that is asked here, for the test that looks at how SQLite answers it.
M.statements = { runs_of:format(1), epochs_of:format(1), by_epoch:format(1), by_step:format(1),
  named:format "'loss'", next_name:format "''" }

--- What is known of a run: `run_id`, `name`, `config_json`, `status`, `script_path`, `structural_hash`.
function M.run(history, id) return sql_rows.of(history, runs_of:format(id))[1] end

--- Does any run of the history have a metric of that name?
function M.is_metric(history, name)
  return sql_rows.of(history, named:format(sql_rows.quoted(name)))[1] ~= nil
end

--- The names of all metrics of the history, the first 200.
function M.names(history)
  local names, last = {}, ""
  for at = 1, 200 do
    local row = sql_rows.of(history, next_name:format(sql_rows.quoted(last)))[1]
    if not row then break end
    names[at], last = row.name, row.name
  end
  return names
end

local function add_point(curves, row, x)
  local key = row.split .. " " .. row.metric
  local curve = curves[key]
  if not curve then
    curve = { metric = row.metric, split = row.split, x = {}, y = {} }
    curves[key], curves[#curves + 1] = curve, curve
  end
  curve.x[#curve.x + 1] = x
  curve.y[#curve.y + 1] = row.is_nan == 1 and 0 / 0 or row.value
end

-- Where the end of each epoch lies, by its number.
local function ends_of(history, id, over)
  local ends, steps = {}, 0
  for _, epoch in ipairs(sql_rows.of(history, epochs_of:format(id))) do
    steps = steps + epoch.steps
    ends[epoch.epoch] = over == "step" and steps or epoch.seconds
  end
  return ends
end

local function curves_by_epoch(history, id, over)
  local ends, curves = over ~= "epoch" and ends_of(history, id, over), {}
  for _, row in ipairs(sql_rows.of(history, by_epoch:format(id))) do
    local x = row.epoch
    if ends then x = ends[row.epoch] end
    if x then add_point(curves, row, x) end
  end
  return curves
end

local function curves_by_step(history, id, over)
  local curves = {}
  for _, row in ipairs(sql_rows.of(history, by_step:format(id))) do
    add_point(curves, row, over == "step" and row.step or row.seconds)
  end
  return curves
end

local function both(first, second)
  for _, curve in ipairs(second) do
    local key = curve.split .. " " .. curve.metric
    if not first[key] then first[key], first[#first + 1] = curve, curve end
  end
  return first
end

--- The curves of a run over `epoch`, `step` or `time` (seconds since its start). Over steps and time, what
--- was logged at steps goes first; other metrics lie at the ends of their epochs.
---@param history orrery.History
---@param id integer
---@param over "epoch"|"step"|"time"
---@return { metric: string, split: string, x: number[], y: number[] }[]
function M.of(history, id, over)
  if over == "epoch" then return curves_by_epoch(history, id, over) end
  return both(curves_by_step(history, id, over), curves_by_epoch(history, id, over))
end

return M
