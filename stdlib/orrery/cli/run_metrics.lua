--- The metrics on a run's page: each with its curve, its best and its last value, then the epochs as a table.

local numbers = require "orrery.cli.numbers"
local parameter_statistics = require "orrery.cli.parameter_statistics"
local sparkline = require "orrery.cli.sparkline"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local M = {}

local curve_width = 24
local splits = { "train", "validation", "test" }
local short_split = { train = "train", validation = "val", test = "test" }

local function heading(words) stream.out:write("\n", stream.out:paint("bold", words), "\n") end

--- A metric's value as a page shows it.
function M.value(value)
  if value == nil then return "" end
  return value == value and ("%.4g"):format(value) or "NaN"
end

-- Without the statistics, which have tables of their own, and the numbers of single classes, `f1[3]`; and how
-- many those are.
local function of_the_run(rows)
  local kept, names, count = {}, {}, 0
  for _, row in ipairs(rows) do
    if parameter_statistics.has(row.metric) then
      names[row.metric] = true
    elseif not row.metric:find("[", 1, true) then
      kept[#kept + 1] = row
    elseif not names[row.metric] then
      names[row.metric], count = true, count + 1
    end
  end
  return kept, count
end

local function loss_first(columns)
  local sorted = {}
  for _, is_loss in ipairs { true, false } do
    for _, column in ipairs(columns) do
      if (column.metric == "loss") == is_loss then sorted[#sorted + 1] = column end
    end
  end
  return sorted
end

--- Epochs as rows, metric and split as columns.
---@param metrics table[] rows of `epoch_metrics`
---@return table[] columns
---@return table[] epochs
function M.curves(metrics)
  local columns, known, epochs, order = {}, {}, {}, {}
  for _, row in ipairs(metrics) do
    for _, split in ipairs(splits) do
      local name = split .. " " .. row.metric
      if row[split] and not known[name] then
        known[name] = true
        columns[#columns + 1] = { split = split, metric = row.metric }
      end
    end
    if not epochs[row.epoch] then
      epochs[row.epoch] = { epoch = row.epoch, seconds = row.seconds }
      order[#order + 1] = epochs[row.epoch]
    end
    epochs[row.epoch][row.metric] = row
  end
  return loss_first(columns), order
end

-- At most `limit` epochs, evenly, the last always among them.
local function thinned(epochs, limit)
  if #epochs <= limit then return epochs, false end
  local kept, last = {}, 0
  for i = 1, limit do
    local at = limit == 1 and #epochs or math.floor(1 + (i - 1) * (#epochs - 1) / (limit - 1) + 0.5)
    if at ~= last then kept[#kept + 1] = epochs[at] end
    last = at
  end
  return kept, true
end

local function curve_of(epochs, range)
  local values = {}
  for at, epoch in ipairs(epochs) do
    values[at] = epoch[range.metric] and epoch[range.metric][range.split] or nil
  end
  return #epochs > 1 and sparkline.curve(values, #epochs, curve_width) or ""
end

local function print_summary(ranges, epochs, rising)
  heading "Metrics"
  local rows, nans = {}, false
  for at, range in ipairs(loss_first(ranges)) do
    nans = nans or (range.nans or 0) > 0
    local value, epoch = range.lowest, range.lowest_epoch
    if rising[range.metric] then value, epoch = range.highest, range.highest_epoch end
    rows[at] = { short_split[range.split] .. " " .. range.metric, curve_of(epochs, range),
      value and M.value(value) or "NaN", epoch and numbers.plain(epoch) or "",
      range.last and M.value(range.last) or "NaN", (range.nans or 0) > 0 and numbers.plain(range.nans) or "",
      colours = { [2] = "cyan" } }
  end
  tables.print(rows, { { title = "metric", shrinks = true }, { title = "curve", optional = true },
    { title = "best", right = true }, { title = "epoch", right = true }, { title = "last", right = true },
    nans and { title = "NaN", right = true } or nil })
end

local function print_epochs(columns, all, limit)
  local epochs, fewer = thinned(all, limit)
  heading(fewer and ("Epochs (%d of %d)"):format(#epochs, #all) or "Epochs")
  local shown, rows = { { title = "epoch", right = true } }, {}
  for at, column in ipairs(columns) do
    shown[at + 1] = { title = short_split[column.split] .. " " .. column.metric, right = true,
      optional = at > 2 }
  end
  shown[#shown + 1] = { title = "took", right = true, optional = true }
  for at, epoch in ipairs(epochs) do
    rows[at] = { numbers.plain(epoch.epoch) }
    for place, column in ipairs(columns) do
      rows[at][place + 1] = M.value(epoch[column.metric] and epoch[column.metric][column.split])
    end
    rows[at][#columns + 2] = epoch.seconds and numbers.seconds(epoch.seconds) or ""
  end
  tables.print(rows, shown)
end

--- Prints the metrics of a run.
---@param metrics table[] rows of `epoch_metrics`
---@param ranges table[] rows of `metric_range`
---@param rising string[] metrics that are better the larger they are
---@param limit integer epochs that are shown
function M.print(metrics, ranges, rising, limit)
  local rises = {}
  for _, metric in ipairs(rising) do rises[metric] = true end
  local kept, hidden = of_the_run(metrics)
  if #kept > 0 then
    local columns, epochs = M.curves(kept)
    print_summary((of_the_run(ranges)), epochs, rises)
    -- What belongs to no epoch is in the summary already.
    if epochs[#epochs].epoch > 0 then print_epochs(columns, epochs, limit) end
  end
  if hidden == 0 then return end
  stream.out:write(("%d numbers of single classes are in the view metric_curve\n"):format(hidden))
end

return M
