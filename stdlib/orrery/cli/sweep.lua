--- Runs a script once for each combination of its settings' values: each is a process and a run of its own.

local choices = require "orrery.choices"
local core = require "orrery.core"
local detached = require "orrery.cli.detached"
local numbers = require "orrery.cli.numbers"
local run_list = require "orrery.cli.run_list"
local stream = require "orrery.cli.stream"
local sweeps = require "orrery.sweeps"

local M = {}

--- What `orrery.config` of a swept script ends with.
local Swept = { __tostring = function() return "the script's settings have several values" end }

--- From now on several values for a setting end the script; `axes_of` finds them in the error.
function M.watch()
  choices.taken = function(axes) error(setmetatable({ axes = axes }, Swept), 0) end
end

--- The settings with several values that ended a script; nil of any other error.
function M.axes_of(failure)
  return getmetatable(failure) == Swept and failure.axes or nil
end

--- Every combination, the last setting changing fastest, as lists of `{ key =, value = }`.
function M.grid(axes)
  local combinations = { {} }
  for _, axis in ipairs(axes) do
    local longer = {}
    for _, before in ipairs(combinations) do
      for _, value in ipairs(axis.values) do
        local one = { unpack(before) }
        one[#one + 1] = { key = axis.key, value = value }
        longer[#longer + 1] = one
      end
    end
    combinations = longer
  end
  return combinations
end

--- `count` of the combinations, drawn without repetition.
function M.drawn(combinations, count, seed)
  math.randomseed(seed)
  for at = 1, math.min(count, #combinations) do
    local other = math.random(at, #combinations)
    combinations[at], combinations[other] = combinations[other], combinations[at]
  end
  for at = #combinations, count + 1, -1 do combinations[at] = nil end
  return combinations
end

--- The combinations that a file lists: `lr=0.1 depth=2`, one a line; `#` begins a comment.
function M.listed(path)
  local combinations, number = {}, 0
  for line in (core.read_file(path) .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    local one = {}
    for word in line:gsub("#.*", ""):gmatch "%S+" do
      local key, value = word:match "^([%a_][%w_.]*)=(.*)$"
      if not key then
        local place = ("%s:%d"):format(path, number)
        core.fail("input_file", ("%s: expected settings such as lr=0.1, got '%s'"):format(place, word))
      end
      one[#one + 1] = { key = key, value = value }
    end
    if one[1] then combinations[#combinations + 1] = one end
  end
  if not combinations[1] then core.fail("input_file", path .. " lists no settings") end
  return combinations
end

local function text_of(combination)
  local words = {}
  for at, setting in ipairs(combination) do words[at] = setting.key .. "=" .. setting.value end
  return table.concat(words, " ")
end

-- The command line of one run: the sweep's own, with one value for each setting that has several.
local function arguments_of(sweep, at)
  local words = { core.program(), "run", sweep.script }
  local swept = {}
  for _, setting in ipairs(sweep.combinations[at]) do
    swept[setting.key] = true
    words[#words + 1] = setting.key .. "=" .. setting.value
  end
  for _, setting in ipairs(sweep.config) do
    if not swept[setting.key] then words[#words + 1] = setting.key .. "=" .. setting.value end
  end
  for _, option in ipairs(sweep.options) do
    local value = option.name == "name" and option.value .. "-" .. at or option.value
    words[#words + 1] = value and ("--%s=%s"):format(option.name, value) or "--" .. option.name
  end
  if stream.no_color then words[#words + 1] = "--no-color" end
  if sweep.rest[1] then words[#words + 1] = "--" end
  for _, word in ipairs(sweep.rest) do words[#words + 1] = word end
  return words
end

local function begin(sweep, at)
  local log = sweep.jobs > 1 and ("%s/%d.log"):format(sweep.logs, at) or ""
  local where = log ~= "" and " · " .. log or ""
  stream.say(("%d/%d: %s%s"):format(at, #sweep.combinations, text_of(sweep.combinations[at]), where))
  sweep.runs[at] = { began = core.clock() }
  return arguments_of(sweep, at), log
end

-- Signals that end programs, by number: shells give 128 and it as the exit code.
local signals = { [1] = "SIGHUP", [2] = "SIGINT", [4] = "SIGILL", [6] = "SIGABRT", [7] = "SIGBUS",
  [8] = "SIGFPE", [9] = "SIGKILL", [11] = "SIGSEGV", [15] = "SIGTERM" }

local function words_of_code(code)
  if code == 0 then return "done" end
  local signal = signals[code - 128]
  return "ended with exit code " .. code .. (signal and (" (%s)"):format(signal) or "")
end

local function ended(sweep, at, code, process)
  local run = sweep.runs[at]
  run.code, run.process = code, process
  if sweep.jobs == 1 and code == 0 then return end
  local how = words_of_code(code)
  local took = numbers.seconds(core.clock() - run.began)
  stream.say(("%d/%d: %s in %s"):format(at, #sweep.combinations, how, took))
end

-- Which run each process made, of those that began since: numbers of processes are used again.
local function runs_by_process(history, since)
  local found = {}
  local statement = "SELECT run_id, process_id FROM runs WHERE started_unix_ms >= %d"
  history:sql(statement:format(since), function(row) found[row[2]] = row[1] end)
  return found
end

local function settings_of(sweep)
  local titles, known = {}, {}
  for _, combination in ipairs(sweep.combinations) do
    for _, setting in ipairs(combination) do
      if not known[setting.key] then titles[#titles + 1] = setting.key end
      known[setting.key] = true
    end
  end
  return titles
end

local function cells_of(titles, combination)
  local values, cells = {}, {}
  for _, setting in ipairs(combination) do values[setting.key] = setting.value end
  for at, title in ipairs(titles) do cells[at] = values[title] or "" end
  return cells
end

-- Files that several of the runs have written, as the history has them: each time over the one before.
local function overwritten(sweep, history, ids)
  local runs, paths = {}, {}
  for at, run in ipairs(sweep.runs) do runs[at] = ids[run.process] or -1 end
  local statement = "SELECT path FROM artifacts WHERE run_id IN (%s) GROUP BY path HAVING count(*) > 1"
  history:sql(statement:format(table.concat(runs, ", ")), function(row) paths[#paths + 1] = row[1] end)
  return paths
end

-- The runs in the sweep's order, as the history has them, with their settings before.
local function compared(sweep, history, ids)
  local found, rows = history:list {}, {}
  local titles, columns = settings_of(sweep), {}
  for at, title in ipairs(titles) do columns[at] = title end
  for _, name in ipairs(found.columns) do columns[#columns + 1] = name end
  for at, run in ipairs(sweep.runs) do
    for _, row in ipairs(found.rows) do
      if row[1] == ids[run.process] then
        local cells = cells_of(titles, sweep.combinations[at])
        for place = 1, #found.columns do cells[#titles + place] = row[place] end
        rows[#rows + 1] = cells
      end
    end
  end
  return { columns = columns, rows = rows }, #titles
end

local function print_comparison(sweep, file)
  local history = core.history(file)
  local ids = runs_by_process(history, sweep.since)
  local found, settings = compared(sweep, history, ids)
  if found.rows[1] then run_list.print(found, settings) end
  if #found.rows >= sweeps.least_runs then
    stream.say(("orrery history sweep%s tells which settings mattered"):format(
      detached.db_words(core.absolute_path(file))))
  end
  local paths = overwritten(sweep, history, ids)
  if not paths[1] then return end
  local said = "several runs wrote %s: the last one's is there. --checkpoint keeps each run's in its folder"
  stream.say(said:format(table.concat(paths, " and ")))
end

local function exit_code(sweep)
  for _, run in ipairs(sweep.runs) do
    if run.code ~= 0 then return run.code end
  end
  return 0
end

--- Runs all combinations, `jobs` at a time on shares of the cores, and prints what the history has of them.
---@param sweep table script, combinations, config, options (switches without a value), rest (words for the
---  script), jobs
---@return integer exit_code the first run's that failed
function M.run(sweep)
  sweep.runs, sweep.since = {}, os.time() * 1000
  if sweep.jobs > 1 then
    sweep.logs = os.date "runs/sweep-%Y%m%d-%H%M%S"
    core.make_folder(sweep.logs)
  end
  core.be_parent()
  stream.say(("%s of %s"):format(numbers.count(#sweep.combinations, "run"), sweep.script))
  core.run_programs(#sweep.combinations, sweep.jobs,
    function(at) return begin(sweep, at) end,
    function(at, code, process) ended(sweep, at, code, process) end)
  local file = "orrery.db"
  for _, option in ipairs(sweep.options) do
    if option.name == "history" then file = option.value end
  end
  if core.exists(file) then print_comparison(sweep, file) end
  return exit_code(sweep)
end

return M
