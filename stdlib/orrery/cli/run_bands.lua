--- Runs that differ only in their seed, taken together: the mean of their curves with a band.

local core = require "orrery.core"

local M = {}

-- A config without what tells repetitions apart.
local function settings_of(run)
  local config = core.parse_json(run.config_json, "the config of " .. run.name)
  config.seed = nil
  return config
end

local function words_of(value) return type(value) == "string" and value or core.json(value) end

-- The settings whose values are not the same in all groups, sorted.
local function differing(groups)
  local values, names = {}, {}
  for _, group in ipairs(groups) do
    for key in pairs(group.config) do values[key] = true end
  end
  for key in pairs(values) do
    local first = words_of(groups[1].config[key] == nil and "" or groups[1].config[key])
    for _, group in ipairs(groups) do
      if words_of(group.config[key] == nil and "" or group.config[key]) ~= first then
        names[#names + 1] = key
        break
      end
    end
  end
  table.sort(names)
  return names
end

local function number_words(value)
  return type(value) == "number" and ("%.6g"):format(value) or words_of(value)
end

local function name_of(group, keys)
  local words = {}
  for _, key in ipairs(keys) do
    local value = group.config[key]
    words[#words + 1] = value == nil and "without " .. key or key .. "=" .. number_words(value)
  end
  if not words[1] then return #group.runs == 1 and group.runs[1].name or ("%d runs"):format(#group.runs) end
  return table.concat(words, ", ")
end

--- Groups of runs of one script and architecture with equal settings but for the seed, in the order of their
--- first runs: `runs`, `config`, and a `name` of the settings that tell the groups apart.
function M.groups(runs)
  local groups = {}
  for _, run in ipairs(runs) do
    local config = settings_of(run)
    local key = core.json { config, run.script_path or "", run.structural_hash or "" }
    if not groups[key] then
      groups[key] = { runs = {}, config = config }
      groups[#groups + 1] = groups[key]
    end
    groups[key].runs[#groups[key].runs + 1] = run
  end
  local keys, known = differing(groups), {}
  for _, group in ipairs(groups) do
    group.name = name_of(group, keys)
    known[group.name] = (known[group.name] or 0) + 1
    if known[group.name] > 1 then group.name = ("%s (%d)"):format(group.name, known[group.name]) end
  end
  return groups
end

local function is_finite(value) return value == value and math.abs(value) ~= math.huge end

local function spread(values, mean, kind)
  if kind == "range" then return math.min(unpack(values)), math.max(unpack(values)) end
  local sum = 0
  for _, value in ipairs(values) do sum = sum + (value - mean) ^ 2 end
  local deviation = #values > 1 and math.sqrt(sum / (#values - 1)) or 0
  return mean - deviation, mean + deviation
end

local function mean_of(values)
  local sum = 0
  for _, value in ipairs(values) do sum = sum + value end
  return sum / #values
end

-- Curves beside each other, point by point: by x, or by place where x is a time.
local function rows_of(curves, by_place)
  local rows, order = {}, {}
  for _, curve in ipairs(curves) do
    for at, x in ipairs(curve.x) do
      local key = by_place and at or x
      if not rows[key] then
        rows[key] = { key = key, xs = {}, ys = {} }
        order[#order + 1] = rows[key]
      end
      local row = rows[key]
      row.xs[#row.xs + 1] = x
      if is_finite(curve.y[at]) then row.ys[#row.ys + 1] = curve.y[at] end
    end
  end
  table.sort(order, function(a, b) return a.key < b.key end)
  return order
end

--- The mean of curves with a band: from the least to the largest (`range`), or the sample standard deviation
--- on both sides (`sd`). Each point is of those runs that have one there; where none is finite, a gap.
---@param curves { x: number[], y: number[] }[]
---@param kind "range"|"sd"
---@param by_place boolean points go together by their place, as epochs do over time
function M.together(curves, kind, by_place)
  local band = { x = {}, y = {}, lower = {}, upper = {} }
  for at, row in ipairs(rows_of(curves, by_place)) do
    local mean = row.ys[1] and mean_of(row.ys) or 0 / 0
    band.x[at], band.y[at], band.lower[at], band.upper[at] = mean_of(row.xs), mean, mean, mean
    if row.ys[1] then band.lower[at], band.upper[at] = spread(row.ys, mean, kind) end
  end
  return band
end

return M
