--- How runs differ: a list of what was found, which the verb `compare` prints in any form.
---
--- A difference has `section` (config, environment, metric, graph, time, memory), `item` (the setting, metric
--- or block), `measure` (of a metric `best` or `last`, of a graph what changed) and `values`, one a run, nil
--- where a run has none. `same` is true where all runs agree.

local cost_tree = require "orrery.cli.cost_tree"

local M = {}

local function all_same(values, count)
  for at = 2, count do
    local both_nan = values[at] ~= values[at] and values[1] ~= values[1]
    if values[at] ~= values[1] and not both_nan then return false end
  end
  return true
end

-- Collects values by item, in the order in which items come up.
local function collector(count)
  local order, known = {}, {}
  local function add(section, item, measure, at, value)
    local key = section .. "\0" .. item .. "\0" .. (measure or "")
    if not known[key] then
      known[key] = { section = section, item = item, measure = measure, values = {} }
      order[#order + 1] = known[key]
    end
    known[key].values[at] = value
  end
  local function done()
    for _, each in ipairs(order) do each.same = all_same(each.values, count) end
    return order
  end
  return add, done
end

local function add_config(add, at, detail)
  for _, row in ipairs(cost_tree.objects(detail.config)) do
    add("config", row.key, nil, at, row.value == nil and row.type or row.value)
  end
end

local function commit_of(run)
  if not run.git_commit then return nil end
  return run.git_commit:sub(1, 12) .. (run.git_dirty == 1 and ", with changes" or "")
end

-- A run from another folder, or a repeated one, names the same file by another path.
local function script_of(run, folder)
  local path = run.script_path
  if not path or path == "" or path == "-" or path:find "^/" then return path end
  return folder .. "/" .. path:gsub("^%./", "")
end

local function memory_of(machine)
  return machine.memory_bytes and ("%.1f GiB"):format(machine.memory_bytes / 2 ^ 30) or nil
end

local function add_environment(add, at, detail)
  local run = cost_tree.objects(detail.summary)[1]
  local machine = cost_tree.objects(detail.machine)[1] or {}
  for _, fact in ipairs {
    { "script", script_of(run, detail.working_folder) }, { "script text", detail.script_hash:sub(1, 12) },
    { "commit", commit_of(run) },
    { "command", table.concat(detail.command, " ") }, { "folder", detail.working_folder },
    { "Orrery", detail.orrery_version }, { "LibTorch", detail.libtorch_version }, { "device", run.device },
    { "threads", run.thread_count }, { "seed", run.seed }, { "host", run.host },
    { "processor", machine.processor }, { "cores", machine.core_count }, { "memory", memory_of(machine) },
    { "GPU", machine.gpu }, { "system", machine.os },
  } do
    add("environment", fact[1], nil, at, fact[2] ~= "" and fact[2] or nil)
  end
end

local short_split = { train = "train", validation = "val", test = "test" }

local function add_metrics(add, at, detail)
  local rising = {}
  for _, metric in ipairs(detail.rising) do rising[metric] = true end
  for _, range in ipairs(cost_tree.objects(detail.ranges)) do
    if not range.metric:find "^gradients/" and not range.metric:find "^weights/" then
      local item = short_split[range.split] .. " " .. range.metric
      local best = range.lowest
      if rising[range.metric] then best = range.highest end
      add("metric", item, "best", at, best == nil and 0 / 0 or best)
      add("metric", item, "last", at, range.last == nil and 0 / 0 or range.last)
    end
  end
end

local function add_costs(add, at, blocks)
  for _, by in ipairs { "time", "memory" } do
    local entries = cost_tree.entries(blocks, by)
    local steps = cost_tree.steps(entries)
    for _, entry in ipairs(entries) do
      local cost = cost_tree.in_units(entry.own, by, steps)
      if entry.path == "" then cost = cost_tree.in_units(entry.whole, by, steps) end
      if cost then add(by, entry.path, nil, at, cost) end
    end
  end
end

-- What a run's graph has that the first one's has not, and the other way round.
local function add_graph(add, at, changes)
  for _, change in ipairs(changes) do
    if change.kind == "changed" then
      add("graph", change.path, change.item, 1, change.before ~= "" and change.before or nil)
      add("graph", change.path, change.item, at, change.after ~= "" and change.after or nil)
    else
      local words = change.what .. (change.item ~= "" and " " .. change.item or "")
      add("graph", change.path, nil, change.kind == "added" and at or 1, words)
    end
  end
end

-- The words without those that name a run again: the best one may be the last.
local function different(history, words)
  local runs, known, again = {}, {}, {}
  for _, word in ipairs(words) do
    local id = history:resolve(word)
    if known[id] then
      again[#again + 1] = word
    else
      runs[#runs + 1], known[id] = word, word
    end
  end
  return runs, again
end

--- The differences of runs; graphs are compared with the first one's. A run named twice is there once.
---@param history orrery.History
---@param words string[] as a person names them
---@return table[] differences
---@return string[] names of the runs
---@return string[] again the words that named a run of the others
function M.of(history, words)
  local runs, again = different(history, words)
  local add, done = collector(#runs)
  local details, names = {}, {}
  for at, run in ipairs(runs) do
    details[at] = history:show(run)
    names[at] = cost_tree.objects(details[at].summary)[1].run
  end
  for at, detail in ipairs(details) do add_config(add, at, detail) end
  for at, detail in ipairs(details) do add_environment(add, at, detail) end
  for at, detail in ipairs(details) do add_metrics(add, at, detail) end
  for at = 2, #runs do add_graph(add, at, history:changes(runs[1], runs[at])) end
  for at, detail in ipairs(details) do add_costs(add, at, detail.blocks) end
  return done(), names, again
end

return M
