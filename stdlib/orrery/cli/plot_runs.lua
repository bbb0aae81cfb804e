--- Plots of runs' metrics: which curves there are, and how `orrery.plot` shall draw them.

local bands = require "orrery.cli.run_bands"
local core = require "orrery.core"
local curves_of_run = require "orrery.cli.run_curves"
local parameter_statistics = require "orrery.cli.parameter_statistics"

local M = {}

local most_panels = 4
local splits = { "train", "validation", "test" }
local prefixes = { train_ = "train", val_ = "validation", validation_ = "validation", test_ = "test" }
-- Dashes of the splits, by whether there is only one: what is validated matters most, and is a whole line.
local dashes_of_split = { validation = 1, train = 2, test = 3 }

--- The metric that a word names: `loss`, `val_loss`. Nothing of what no run of the history has.
---@param history orrery.History
---@param word string
---@return { metric: string, split?: string }?
function M.metric_of(history, word)
  if curves_of_run.is_metric(history, word) then return { metric = word } end
  for prefix, split in pairs(prefixes) do
    local rest = word:sub(#prefix + 1)
    if word:sub(1, #prefix) == prefix and curves_of_run.is_metric(history, rest) then
      return { metric = rest, split = split }
    end
  end
end

-- Metrics that a person asks for: not the statistics of parameters, not the numbers of single classes.
local function is_plain(name) return not parameter_statistics.has(name) and not name:find("[", 1, true) end

local function loss_first(names)
  table.sort(names, function(a, b)
    if (a == "loss") ~= (b == "loss") then return a == "loss" end
    return a < b
  end)
  return names
end

local function names_in(runs, plain)
  local names, known = {}, {}
  for _, run in ipairs(runs) do
    for _, curve in ipairs(run.curves) do
      if not known[curve.metric] and (not plain or is_plain(curve.metric)) then
        known[curve.metric], names[#names + 1] = true, curve.metric
      end
    end
  end
  return loss_first(names)
end

--- The plain metrics of all runs of a history, the loss first.
function M.metric_names(history)
  local names = {}
  for _, name in ipairs(curves_of_run.names(history)) do
    if is_plain(name) then names[#names + 1] = name end
  end
  return loss_first(names)
end

--- Reads the runs with their curves over `x`; without one, over epochs where there are any, else over steps.
---@return table[] runs
---@return string x
function M.read(history, ids, x)
  local runs, over = {}, x or "epoch"
  for at, id in ipairs(ids) do
    runs[at] = curves_of_run.run(history, id)
    runs[at].curves = curves_of_run.of(history, id, over)
  end
  if x or names_in(runs)[1] then return runs, over end
  return M.read(history, ids, "step")
end

-- Why a run has nothing to plot, and what to do.
local function fail_without_numbers(runs)
  local run = runs[1]
  if run.status == "running" then
    core.fail("usage", ("run '%s' has no numbers yet: its first epoch goes on"):format(run.name),
      "Plot it again later; 'orrery history watch' shows when an epoch ends.")
  end
  core.fail("usage", ("run '%s' has no metrics"):format(run.name),
    run.status == "done" and "A manager records its loss each epoch; a script's own numbers come by run:log."
      or ("It ended before its first epoch did; 'orrery history show %d' tells why."):format(run.run_id))
end

local function fail_without_metric(runs, metric, names)
  local whose = #runs == 1 and ("run '%s' has"):format(runs[1].name) or "these runs have"
  core.fail("usage", ("%s no metric '%s'%s"):format(whose, metric, core.nearest(metric, names)),
    ("Metrics: %s."):format(table.concat(names, ", ")))
end

--- The metrics to be shown: those asked for, each checked, else the loss and the next of the plain ones; and
--- the names of those that are left out.
---@param runs table[]
---@param asked { metric: string, split?: string }[]
function M.metrics(runs, asked)
  local all = names_in(runs)
  if not all[1] then fail_without_numbers(runs) end
  local known = {}
  for _, name in ipairs(all) do known[name] = true end
  for _, one in ipairs(asked) do
    if not known[one.metric] then fail_without_metric(runs, one.metric, names_in(runs, true)) end
  end
  if asked[1] then return asked, {} end
  local chosen, rest = {}, {}
  for at, name in ipairs(names_in(runs, true)) do
    if at <= most_panels then chosen[at] = { metric = name } else rest[#rest + 1] = name end
  end
  if not chosen[1] then chosen[1] = { metric = all[1] } end
  return chosen, rest
end

local function curve_of(run, metric, split)
  for _, curve in ipairs(run.curves) do
    if curve.metric == metric and curve.split == split then return curve end
  end
end

-- One panel a metric; `val_loss` and `train_loss` share that of the loss.
local function panels_of(metrics)
  local panels = {}
  for _, one in ipairs(metrics) do
    local panel = panels[one.metric]
    if not panel then
      panel = { metric = one.metric, splits = {} }
      panels[one.metric], panels[#panels + 1] = panel, panel
    end
    for _, split in ipairs(one.split and { one.split } or splits) do panel.splits[split] = true end
  end
  return panels
end

local function add_series(series, who, split, curve)
  series[#series + 1] = { who = who.name, place = who.place, split = split, x = curve.x, y = curve.y,
    lower = curve.lower, upper = curve.upper }
end

-- One line a run and split.
local function add_runs(series, runs, metric, split)
  for place, run in ipairs(runs) do
    local curve = curve_of(run, metric, split)
    if curve then add_series(series, { name = run.name, place = place }, split, curve) end
  end
end

local function smoothed_first(curve, span)
  return span and { x = curve.x, y = require("orrery.drawing").smoothed(curve.y, span) } or curve
end

-- One line a group of runs that differ in their seeds, and split.
local function add_groups(series, groups, metric, split, how)
  for place, group in ipairs(groups) do
    local curves = {}
    for _, run in ipairs(group.runs) do
      local curve = curve_of(run, metric, split)
      if curve then curves[#curves + 1] = smoothed_first(curve, how.smooth) end
    end
    if curves[1] then
      add_series(series, { name = group.name, place = place }, split,
        bands.together(curves, how.band, how.x == "time"))
    end
  end
end

local function only_split(chosen)
  local only = next(chosen)
  return not next(chosen, only) and only or nil
end

--- What a panel shows: `loss`; `validation loss` where that alone was asked for.
function M.panel_name(panel) return (panel.only and panel.only .. " " or "") .. panel.metric end

--- The curves of each panel, by metric: `metric`, `only` (the split, where one was asked for), and
--- `series` of `who`, `place` (of the run or group), `split`, `x`, `y`, and with bands `lower` and `upper`.
---@param runs table[]
---@param metrics { metric: string, split?: string }[]
---@param how { band?: "range"|"sd", smooth?: number, x: string }
---@return table[] panels
---@return table[]? groups of runs, with bands
function M.panels(runs, metrics, how)
  local panels = panels_of(metrics)
  local groups = how.band and bands.groups(runs)
  for _, panel in ipairs(panels) do
    panel.series = {}
    for _, split in ipairs(splits) do
      if panel.splits[split] and groups then
        add_groups(panel.series, groups, panel.metric, split, how)
      elseif panel.splits[split] then
        add_runs(panel.series, runs, panel.metric, split)
      end
    end
    panel.only = only_split(panel.splits)
    panel.splits = nil
  end
  return panels, groups
end

--- The runs that none of the metrics are of, by their names.
function M.left_out(runs, metrics)
  local names = {}
  for _, run in ipairs(runs) do
    local has = false
    for _, curve in ipairs(run.curves) do
      for _, one in ipairs(metrics) do
        has = has or (curve.metric == one.metric and (not one.split or curve.split == one.split))
      end
    end
    if not has then names[#names + 1] = run.name end
  end
  return names
end

-- Who and which splits there are, over all panels.
local function legend_of(panels)
  local who, splits_there, places, bands_there = {}, {}, {}, false
  for _, panel in ipairs(panels) do
    for _, series in ipairs(panel.series) do
      if not places[series.place] then
        places[series.place] = true
        who[#who + 1] = { name = series.who, place = series.place }
      end
      splits_there[series.split] = true
      bands_there = bands_there or series.lower ~= nil
    end
  end
  local several = {}
  for _, split in ipairs(splits) do
    if splits_there[split] then several[#several + 1] = split end
  end
  return who, several, bands_there
end

-- The eighth run has the first one's colour, and not its mark.
local function mark_of(place) return (place - 1 + math.floor((place - 1) / 7)) % 7 + 1 end

-- One run: a colour a split. Several: a colour and a mark a run, and dashes a split.
local function entries_of(who, several, has_bands)
  local entries = {}
  if #who > 1 then
    for at, one in ipairs(who) do
      entries[at] = { name = one.name, color = one.place, mark = mark_of(one.place), dashes = 1,
        band = has_bands }
    end
  end
  for at, split in ipairs(several) do
    if #several > 1 or #who == 1 then
      entries[#entries + 1] = { name = split, color = #who == 1 and at or nil,
        dashes = #several > 1 and dashes_of_split[split] or 1, band = has_bands and #who == 1 }
    end
  end
  return entries
end

local function axis_of(over, longest)
  if over == "epoch" then return { label = "epoch", whole = true }, 1 end
  if over == "step" then return { label = "step" }, 1 end
  if longest > 3 * 3600 then return { label = "time", unit = "h" }, 3600 end
  if longest > 300 then return { label = "time", unit = "min" }, 60 end
  return { label = "time", unit = "s" }, 1
end

-- What a reader cannot see by looking.
local function caption_of(how)
  local smoothed = how.smooth and ("moving average over %.6g"):format(how.smooth)
  if how.band then
    local band = how.band == "sd" and "their standard deviation" or "their range"
    return ("Means of runs that differ in their seed%s; bands: %s."):format(
      smoothed and ", each a " .. smoothed or "", band)
  end
  return smoothed and ("Strong lines: %s. Faint: the numbers themselves."):format(smoothed) or nil
end

local function longest_of(panels)
  local longest = 0
  for _, panel in ipairs(panels) do
    for _, series in ipairs(panel.series) do longest = math.max(longest, series.x[#series.x] or 0) end
  end
  return longest
end

local function divided(values, by)
  if by == 1 then return values end
  local result = {}
  for at, value in ipairs(values) do result[at] = value / by end
  return result
end

-- A single number is a point: it needs its mark to be seen.
local function drawn(series, looks, by)
  local color = looks.several_runs and series.place or looks.place_of_split[series.split]
  local lonely = #series.x == 1
  return { x = divided(series.x, by), y = series.y, lower = series.lower, upper = series.upper,
    smooth = not series.lower and looks.smooth or nil, color = color,
    mark = (looks.several_runs and mark_of(series.place)) or (lonely and color) or nil,
    dashes = looks.several_splits and dashes_of_split[series.split] or 1 }
end

--- The options of `orrery.plot` for panels.
---@param panels table[] as `panels` gives them
---@param how { x: string, smooth?: number, log?: boolean, band?: "range"|"sd" }
function M.figure(panels, how)
  local who, several, has_bands = legend_of(panels)
  local place_of_split = {}
  for at, split in ipairs(several) do place_of_split[split] = at end
  local looks = { several_runs = #who > 1, several_splits = #several > 1, place_of_split = place_of_split,
    smooth = how.smooth }
  local axis, by = axis_of(how.x, longest_of(panels))
  local figure = { x = axis, panels = {}, entries = entries_of(who, several, has_bands),
    caption = caption_of(how) }
  for at, panel in ipairs(panels) do
    local series = {}
    for place, one in ipairs(panel.series) do series[place] = drawn(one, looks, by) end
    figure.panels[at] = { y = { label = M.panel_name(panel), log = how.log }, series = series }
  end
  return figure
end

return M
