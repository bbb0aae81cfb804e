--- The runs of a sweep, which of their settings differ, and how much each of these tells of a metric.

local core = require "orrery.core"
local sql_rows = require "orrery.sql_rows"
local variance_shares = require "orrery.variance_shares"

local M = {}

--- With fewer runs nothing is said of settings.
M.least_runs = 4

-- More values of a setting are taken together, neighbours with neighbours.
local most_levels = 32

-- A metric that spans so much is looked at by its logarithm.
local wide = 100

-- Which runs.

local last_sweep = [[
SELECT r.parent_uid AS uid FROM kept_runs r
WHERE r.parent_uid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM runs p WHERE p.uid = r.parent_uid)
  AND EXISTS (SELECT 1 FROM kept_runs o WHERE o.parent_uid = r.parent_uid AND o.run_id <> r.run_id)
ORDER BY r.run_id DESC LIMIT 1]]

local sweep_of = [[
SELECT CASE WHEN p.uid IS NULL THEN r.parent_uid END AS uid, r.name FROM kept_runs r
LEFT JOIN runs p ON p.uid = r.parent_uid WHERE r.run_id = %d]]

local function ids_of(rows)
  local ids = {}
  for at, row in ipairs(rows) do ids[at] = row.run_id end
  return ids
end

local function of_parent(reader, uid)
  local statement = "SELECT run_id FROM kept_runs WHERE parent_uid = %s ORDER BY run_id"
  return ids_of(sql_rows.of(reader, statement:format(sql_rows.quoted(uid))))
end

-- The sweep that one run came from, or the last sweep.
local function of_one(reader, word)
  local statement = word and sweep_of:format(reader:resolve(word)) or last_sweep
  local found = sql_rows.of(reader, statement)[1]
  if found and found.uid then return of_parent(reader, found.uid) end
  if word then
    core.fail("usage", ("the run '%s' is of no sweep"):format(found.name),
      "Name several runs, or give --where.")
  end
  core.fail("usage", "the history has no sweep",
    "'orrery run SCRIPT lr=0.1,0.01' makes one. Other runs are compared by their names, or with --where.")
end

local function of_condition(reader, where)
  local found, ids = reader:list { where = where, columns = "id", sort = "id" }, {}
  for at, row in ipairs(found.rows) do ids[at] = row[1] end
  if not ids[1] then core.fail("usage", "no run fits the condition") end
  return ids
end

local function of_words(reader, words)
  local ids, known = {}, {}
  for _, word in ipairs(words) do
    local id = reader:resolve(word)
    if not known[id] then ids[#ids + 1] = id end
    known[id] = true
  end
  return ids
end

local function chosen(reader, asked)
  local words = asked.runs or {}
  if asked.where then
    if words[1] then core.fail("usage", "runs are named, and a condition is given", "Give one of both.") end
    return of_condition(reader, asked.where)
  end
  return #words > 1 and of_words(reader, words) or of_one(reader, words[1])
end

-- What is known of them.

-- None of the statistics, and of no class of its own, as `f1[3]`.
local function is_whole(name)
  return not (name:find "^gradients/" or name:find "^weights/" or name:find("[", 1, true))
end

-- What a run is judged by unless told: its best loss, of validation if it has one.
local function usual_metric(reader, ids)
  local statement = "SELECT DISTINCT split, name FROM metrics WHERE run_id = %d ORDER BY split DESC, name"
  for _, id in ipairs(ids) do
    local first
    for _, row in ipairs(sql_rows.of(reader, statement:format(id))) do
      local name = ("best:%s_%s"):format(row.split == "validation" and "val" or row.split, row.name)
      if row.name == "loss" and row.split ~= "test" then return name end
      first = first or (is_whole(row.name) and name)
    end
    if first then return first end
  end
  core.fail("usage", "the runs have no metric", "Say with --metric what they are judged by, such as took.")
end

-- `{ model = { width = 8 }, sizes = { 1, 2 } }` → `model.width`, and `sizes` as a text.
local function flattened(config, before, into)
  for key, value in pairs(config) do
    local name = before .. key
    if type(value) == "table" and value[1] ~= nil then
      into[name] = core.json(value)
    elseif type(value) == "table" then
      flattened(value, name .. ".", into)
    elseif type(value) == "boolean" then
      into[name] = tostring(value)
    elseif value == value then
      into[name] = value
    end
  end
  return into
end

local function read_runs(reader, ids, metric)
  local wanted, runs, by_id = {}, {}, {}
  for _, id in ipairs(ids) do wanted[id] = true end
  local first, last = math.huge, -math.huge
  for _, id in ipairs(ids) do first, last = math.min(first, id), math.max(last, id) end
  local range = ("id>=%d and id<=%d"):format(first, last)
  local found = reader:list { where = range, sort = "id", columns = "id,run,status,took," .. metric }
  for _, row in ipairs(found.rows) do
    if wanted[row[1]] then
      local run = { id = row[1], name = row[2], status = row[3], seconds = row[4], value = row[5] }
      runs[#runs + 1], by_id[run.id] = run, run
    end
  end
  local statement = "SELECT run_id, config_json, script_path FROM runs WHERE run_id BETWEEN %d AND %d"
  for _, row in ipairs(sql_rows.of(reader, statement:format(first, last))) do
    local run = by_id[row.run_id]
    if run then
      run.script = row.script_path
      run.settings = flattened(core.parse_json(row.config_json, "the config of " .. run.name), "", {})
    end
  end
  return runs
end

--- Whether a metric's value can be compared: there, and neither NaN nor infinite.
function M.is_finite(value)
  return type(value) == "number" and value == value and math.abs(value) ~= math.huge
end

local function best_first(runs, rising)
  table.sort(runs, function(a, b)
    local first, second = M.is_finite(a.value), M.is_finite(b.value)
    if first ~= second then return first end
    if not first or a.value == b.value then return a.id < b.id end
    if rising then return a.value > b.value end
    return a.value < b.value
  end)
end

-- Which settings differ.

local function less(a, b)
  if type(a) == type(b) then return a < b end
  return type(a) == "number"
end

local function values_of(runs, key)
  local values, known, numbers = {}, {}, true
  for _, run in ipairs(runs) do
    local value = run.settings[key]
    if value ~= nil and not known[value] then
      known[value], values[#values + 1] = true, value
      numbers = numbers and type(value) == "number"
    end
  end
  table.sort(values, less)
  return values, numbers
end

local function keys_of(runs)
  local keys, known = {}, {}
  for _, run in ipairs(runs) do
    for key in pairs(run.settings) do
      if not known[key] then known[key], keys[#keys + 1] = true, key end
    end
  end
  table.sort(keys)
  return keys
end

-- A text that no two runs share names them: it tells nothing of others.
local function differing(runs)
  local settings, labels = {}, {}
  for _, key in ipairs(keys_of(runs)) do
    local values, numbers = values_of(runs, key)
    if not numbers and #values == #runs and #runs >= M.least_runs then
      labels[#labels + 1] = key
    elseif #values > 1 then
      settings[#settings + 1] = { key = key, values = values, is_number = numbers }
    end
  end
  return settings, labels
end

-- How much each tells.

local function levels_of(setting)
  local level_of, values = {}, setting.values
  local bins = math.min(#values, setting.is_number and most_levels or #values)
  for at, value in ipairs(values) do level_of[value] = math.ceil(at * bins / #values) end
  return level_of, bins
end

-- Runs as rows of levels; what a run lacks is a level of its own.
local function rows_of(runs, settings)
  local features, rows = {}, {}
  for at in ipairs(runs) do rows[at] = {} end
  for place, setting in ipairs(settings) do
    local level_of, count = levels_of(setting)
    local lacking
    for at, run in ipairs(runs) do
      local level = level_of[run.settings[setting.key]]
      lacking = lacking or not level
      rows[at][place] = level or count + 1
    end
    features[place] = { count = count + (lacking and 1 or 0), categories = not setting.is_number }
  end
  return features, rows
end

local function targets_of(runs)
  local least, largest = math.huge, -math.huge
  for _, run in ipairs(runs) do
    least, largest = math.min(least, run.value), math.max(largest, run.value)
  end
  local targets, is_log = {}, least > 0 and largest / least >= wide
  for at, run in ipairs(runs) do targets[at] = is_log and math.log10(run.value) or run.value end
  return targets, is_log, least == largest
end

-- Equal values share the mean of their places.
local function ranks_of(values)
  local order, ranks = {}, {}
  for at = 1, #values do order[at] = at end
  table.sort(order, function(a, b) return values[a] < values[b] end)
  local first = 1
  while first <= #order do
    local last = first
    while order[last + 1] and values[order[last + 1]] == values[order[first]] do last = last + 1 end
    for at = first, last do ranks[order[at]] = (first + last) / 2 end
    first = last + 1
  end
  return ranks
end

--- Spearman's rank correlation: from −1 to 1; nil where one of both lists is all the same.
---@param xs number[]
---@param ys number[]
---@return number?
function M.rank_correlation(xs, ys)
  local a, b, mean = ranks_of(xs), ranks_of(ys), (#xs + 1) / 2
  local both, first, second = 0, 0, 0
  for at = 1, #xs do
    local x, y = a[at] - mean, b[at] - mean
    both, first, second = both + x * y, first + x * x, second + y * y
  end
  return first > 0 and second > 0 and both / math.sqrt(first * second) or nil
end

local function correlation_of(runs, setting)
  local xs, ys = {}, {}
  for _, run in ipairs(runs) do
    local value = run.settings[setting.key]
    if value ~= nil then xs[#xs + 1], ys[#ys + 1] = value, run.value end
  end
  return #xs >= 3 and M.rank_correlation(xs, ys) or nil
end

-- Only runs that came to their end are comparable.
local function counted(runs)
  local kept = {}
  for _, run in ipairs(runs) do
    if run.status == "done" and M.is_finite(run.value) then kept[#kept + 1] = run end
  end
  return kept
end

local function too_few(count)
  return ("%d run%s too few to tell what the settings do: %d are the least"):format(count,
    count == 1 and " is" or "s are", M.least_runs)
end

-- Those of the settings that differ between the runs which count, too.
local function still_differing(settings, runs)
  local kept = {}
  for _, setting in ipairs(settings) do
    local first = runs[1].settings[setting.key]
    for _, run in ipairs(runs) do
      if run.settings[setting.key] ~= first then
        kept[#kept + 1] = setting
        break
      end
    end
  end
  return kept
end

-- What cannot be told is told with the reason.
local function weigh(sweep)
  local runs = counted(sweep.runs)
  sweep.counted = #runs
  for _, setting in ipairs(sweep.settings) do
    setting.correlation = setting.is_number and correlation_of(runs, setting) or nil
  end
  if not sweep.settings[1] then return "no setting differs between the runs" end
  if #runs < M.least_runs then return too_few(#runs) end
  local targets, is_log, all_same = targets_of(runs)
  if all_same then return ("%s is the same in all runs"):format(sweep.metric) end
  sweep.is_log = is_log
  local settings = still_differing(sweep.settings, runs)
  local features, rows = rows_of(runs, settings)
  local shares, explained = variance_shares.of(features, rows, targets)
  if not shares then return too_few(#runs) end
  local rest = 1
  for at, setting in ipairs(settings) do
    setting.importance, rest = shares[at], rest - shares[at]
  end
  sweep.interactions, sweep.explained = math.max(rest, 0), explained
end

--- Runs of a sweep, the best first, with the settings that differ between them, the most important first.
---
--- `importance` is the share of the metric's variance that a setting explains by itself (see
--- `variance_shares`), `interactions` what they explain together, `explained` what a forest that was grown on
--- some of the runs tells of others; `correlation` is Spearman's. Runs that are not done, or whose metric is
--- NaN, infinite or not there, do not count. Where nothing can be said of the settings, `reason` says why.
--- A setting that is the same in all runs that count has no importance.
---@param reader orrery.History
---@param asked { runs?: (string|integer)[], where?: string, metric?: string }
---@return table sweep
function M.of(reader, asked)
  local ids = chosen(reader, asked)
  local metric = asked.metric or usual_metric(reader, ids)
  local sweep = { metric = metric, rising = reader:more_is_better(metric) }
  sweep.runs = read_runs(reader, ids, metric)
  for _, run in ipairs(sweep.runs) do
    if type(run.value) == "string" then
      core.fail("usage", ("'%s' is no number that runs could be judged by"):format(metric))
    end
  end
  best_first(sweep.runs, sweep.rising)
  sweep.settings, sweep.labels = differing(sweep.runs)
  sweep.reason = weigh(sweep)
  table.sort(sweep.settings, function(a, b)
    local first, second = a.importance or 0, b.importance or 0
    if first == second then return a.key < b.key end
    return first > second
  end)
  return sweep
end

return M
