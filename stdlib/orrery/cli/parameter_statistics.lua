--- Statistics of gradients and weights on a run's page. The history keeps them as metrics of the training:
--- `gradients/norm` of the whole graph, `weights/features/conv/max` of a block.

local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"
local text = require "orrery.cli.text"

local M = {}

local measures = { "norm", "min", "max", "zeros", "nonfinite" }

-- What, part and measure of a metric's name; nothing of another metric's.
local function parts_of(name)
  local what, rest = name:match "^(gradients)/(.+)$"
  if not what then what, rest = name:match "^(weights)/(.+)$" end
  if not what then return end
  local part, measure = rest:match "^(.*)/([^/]+)$"
  return what, part or "", measure or rest
end

--- Whether a metric is one of them.
function M.has(name) return parts_of(name) ~= nil end

-- The parts with their numbers in the last epoch that has some.
local function of_last_epoch(metrics, wanted)
  local epoch, parts, known = 0, {}, {}
  for _, row in ipairs(metrics) do
    if parts_of(row.metric) == wanted then epoch = math.max(epoch, row.epoch) end
  end
  for _, row in ipairs(metrics) do
    local what, part, measure = parts_of(row.metric)
    if what == wanted and row.epoch == epoch then
      if not known[part] then
        known[part] = { part = part }
        parts[#parts + 1] = known[part]
      end
      known[part][measure] = row.train or 0 / 0
    end
  end
  table.sort(parts, function(a, b) return a.part < b.part end)
  return parts, epoch
end

local function cell(value, measure)
  if value == nil then return "" end
  if measure == "zeros" and value == value then return ("%.1f %%"):format(value * 100) end
  return value == value and ("%.4g"):format(value) or "NaN"
end

--- Prints a table of the gradients and one of the weights, as they were in the last epoch.
---@param metrics table[] rows with epoch, metric, train
function M.print(metrics)
  for _, what in ipairs { "gradients", "weights" } do
    local parts, epoch = of_last_epoch(metrics, what)
    local rows, columns = {}, { { title = what, shrinks = true } }
    for at, measure in ipairs(measures) do columns[at + 1] = { title = measure, right = true } end
    for at, part in ipairs(parts) do
      rows[at] = { part.part == "" and "(whole graph)" or "  " .. text.plain(part.part) }
      for place, measure in ipairs(measures) do rows[at][place + 1] = cell(part[measure], measure) end
    end
    if #parts > 0 then
      local title = ("%s in epoch %s"):format(what:gsub("^%l", string.upper), numbers.plain(epoch))
      stream.out:write("\n", stream.out:paint("bold", title), "\n")
      tables.print(rows, columns)
    end
  end
end

return M
