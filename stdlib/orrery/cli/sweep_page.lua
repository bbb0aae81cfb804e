--- What `orrery history sweep` prints: the runs of a sweep, and what its settings explain.

local forms = require "orrery.cli.forms"
local numbers = require "orrery.cli.numbers"
local sparkline = require "orrery.cli.sparkline"
local stream = require "orrery.cli.stream"
local sweeps = require "orrery.sweeps"
local text = require "orrery.cli.text"

local M = {}

local bar_width = 12
local shown_runs = 20

-- Below this share of the variance a forest has found hardly more than chance.
local telling = 0.25

local status_colours = { done = "green", failed = "red", interrupted = "yellow", running = "cyan" }

local function percent(share) return share and ("%.1f %%"):format(share * 100) or "" end
local function signed(number) return number and ("%+.2f"):format(number) or "" end

local function heading(words) stream.out:write(stream.out:paint("bold", words), "\n") end

local function dim(words)
  for _, line in ipairs(text.wrap(words, stream.out:width() or 110)) do
    stream.out:write(stream.out:paint("dim", line), "\n")
  end
end

-- The runs.

local function columns_of(sweep)
  local columns = {
    { name = "run_id", title = "id", right = true },
    { name = "run", title = "run", shrinks = true, least = 18 },
    { name = "status", title = "status", colours = status_colours },
  }
  for _, setting in ipairs(sweep.settings) do
    columns[#columns + 1] = { name = setting.key, title = setting.key, right = setting.is_number,
      optional = true, shrinks = not setting.is_number }
  end
  columns[#columns + 1] = { name = sweep.metric, title = sweep.metric, right = true, rank = -1 }
  if sweep.metric ~= "took" and sweep.metric ~= "seconds" then
    columns[#columns + 1] = { name = "seconds", title = "took", right = true, show = numbers.seconds,
      optional = true }
  end
  return columns
end

local function row_of(sweep, run)
  local row = { run.id, run.name, run.status }
  for at, setting in ipairs(sweep.settings) do row[3 + at] = run.settings[setting.key] end
  row[4 + #sweep.settings], row[5 + #sweep.settings] = run.value, run.seconds
  return row
end

--- The runs as cli/forms prints them.
---@param sweep table as `sweeps.of` gives it
---@param options table
function M.runs(sweep, options)
  local rows, most = {}, options.limit or math.huge
  for at = 1, math.min(#sweep.runs, most) do rows[at] = row_of(sweep, sweep.runs[at]) end
  return { schema = "orrery.history.sweep/1", columns = columns_of(sweep), rows = rows }
end

-- The settings.

local setting_names = { "setting", "importance", "correlation", "least", "largest", "values", "best" }

local function best_value(sweep, key)
  local best = sweep.runs[1]
  return best and best.settings[key]
end

--- The settings as cli/forms prints them; `best` is the value that the best run has.
---@param sweep table as `sweeps.of` gives it
function M.settings(sweep)
  local columns, rows = {}, {}
  for place, name in ipairs(setting_names) do columns[place] = { name = name } end
  for at, setting in ipairs(sweep.settings) do
    local values = setting.values
    rows[at] = { setting.key, setting.importance, setting.correlation, setting.is_number and values[1] or nil,
      setting.is_number and values[#values] or nil, #values, best_value(sweep, setting.key) }
  end
  return { schema = "orrery.history.importance/1", columns = columns, rows = rows }
end

local function shown(value)
  if value == nil then return "" end
  return type(value) == "number" and numbers.plain(value) or value
end

-- `0.001, 0.01, 0.1`; of many numbers the ends.
local function tried(setting)
  local words = {}
  for at, value in ipairs(setting.values) do words[at] = shown(value) end
  if #words <= 4 then return table.concat(words, ", ") end
  if setting.is_number then return ("%s … %s (%d)"):format(words[1], words[#words], #words) end
  return ("%s, … (%d)"):format(table.concat(words, ", ", 1, 3), #words)
end

local setting_columns = {
  { title = "setting", shrinks = true, least = 10 },
  { title = "importance", right = true, show = percent, drops = true },
  { title = "", drops = true, optional = true },
  { title = "correlation", right = true, show = signed, drops = true },
  { title = "best run", right = true },
  { title = "tried", shrinks = true, optional = true },
}

local function print_settings(sweep)
  local rows = {}
  for at, setting in ipairs(sweep.settings) do
    rows[at] = { setting.key, setting.importance,
      setting.importance and sparkline.bar(setting.importance, bar_width), setting.correlation,
      shown(best_value(sweep, setting.key)), tried(setting), colours = { [3] = "cyan" } }
  end
  forms.table(setting_columns, rows)
end

-- What stands below: how it was made, and how far it goes.

local function method_words(sweep)
  local of = sweep.is_log and "the logarithm of " .. sweep.metric or sweep.metric
  local words = { ("importance: the share of the variance of %s over %s that a setting explains by itself "
    .. "(functional ANOVA on a random forest)"):format(of, numbers.count(sweep.counted, "run")) }
  if #sweep.settings > 1 then
    words[2] = ("what settings do together explains %s"):format(percent(sweep.interactions))
  end
  words[#words + 1] = "correlation: Spearman's, with " .. sweep.metric
  return table.concat(words, "; ")
end

--- Whether hardly more than chance was found.
---@param sweep table as `sweeps.of` gives it
function M.is_doubtful(sweep) return not (sweep.explained and sweep.explained >= telling) end

local function doubt_words(sweep)
  if not M.is_doubtful(sweep) then return nil end
  local told = sweep.explained and math.max(sweep.explained, 0) or 0
  return ("These runs are too few, or the settings matter too little, to tell: of runs that it has not seen "
    .. "the forest explains %s of the variance."):format(percent(told))
end

local function left_out_words(sweep)
  local odd, unended = 0, 0
  for _, run in ipairs(sweep.runs) do
    if run.status ~= "done" then
      unended = unended + 1
    elseif not sweeps.is_finite(run.value) then
      odd = odd + 1
    end
  end
  local words = {}
  if unended > 0 then words[1] = numbers.count(unended, "run") .. " not done" end
  if odd > 0 then
    words[#words + 1] = ("%s with no finite %s"):format(numbers.count(odd, "run"), sweep.metric)
  end
  return words[1] and "Not counted: " .. table.concat(words, ", ") .. "."
end

local function print_importance(sweep)
  if not sweep.settings[1] then return dim(sweep.reason) end
  heading "Settings"
  print_settings(sweep)
  if sweep.reason then
    local left_out = left_out_words(sweep)
    return dim(("No importance: %s.%s"):format(sweep.reason, left_out and " " .. left_out or ""))
  end
  dim(method_words(sweep))
  for _, words in ipairs { doubt_words(sweep) or false, left_out_words(sweep) or false } do
    if words then dim(words) end
  end
  for _, key in ipairs(sweep.labels) do
    dim(("%s is another one in every run, and tells nothing."):format(key))
  end
end

-- ` of train.lua`, where all are of one script.
local function script_words(sweep)
  local script = sweep.runs[1].script or ""
  for _, run in ipairs(sweep.runs) do
    if run.script ~= script then return "" end
  end
  return script ~= "" and " of " .. text.plain(script:match "[^/]*$") or ""
end

--- `12 runs of train.lua by best:val_loss`
---@param sweep table as `sweeps.of` gives it
---@return string
function M.title(sweep)
  return ("%s%s by %s"):format(numbers.count(#sweep.runs, "run"), script_words(sweep), sweep.metric)
end

--- Prints a sweep as two tables.
---@param sweep table as `sweeps.of` gives it
---@param options table
function M.print(sweep, options)
  if not options.importance then
    heading(("%s, the %s the better"):format(M.title(sweep), sweep.rising and "higher" or "lower"))
    local answer = M.runs(sweep, { limit = options.limit or shown_runs })
    forms.table(answer.columns, answer.rows)
    local more = #sweep.runs - #answer.rows
    if more > 0 then dim(("%s more: --limit %d"):format(numbers.count(more, "run"), #sweep.runs)) end
    stream.out:write "\n"
  end
  print_importance(sweep)
end

return M
