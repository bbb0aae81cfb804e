--- What `orrery run --dry-run` tells: what the managers of a script would train, write, and where.

local core = require "orrery.core"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local run_lines = require "orrery.cli.run_lines"
local stream = require "orrery.cli.stream"

local M = {}

local function of_source(source)
  return ("%s (%s, %d a batch)"):format(source.kind, numbers.count(source.samples, "sample"), source.batch)
end

local function trained(plan)
  local parts = { numbers.count(plan.epochs, "epoch") .. " on " .. plan.device }
  if plan.train then parts[#parts + 1] = "data " .. of_source(plan.train) end
  if plan.validate then parts[#parts + 1] = "validation " .. of_source(plan.validate) end
  if plan.max_steps then parts[#parts + 1] = "at most " .. numbers.count(plan.max_steps, "step") end
  if plan.max_time then parts[#parts + 1] = "at most " .. plan.max_time end
  if plan.resume then parts[#parts + 1] = "going on from " .. plan.resume end
  return table.concat(parts, " · ")
end

-- As a run decides it: runs/NAME beside the history; without a history it has no name made up.
local function checkpoints(plan)
  if not plan.checkpoint then return nil end
  if plan.checkpoint.dirpath then return plan.checkpoint.dirpath end
  local kept = plan.history ~= ""
  local beside = core.absolute_path(kept and plan.history or "orrery.db"):match "^(.*)/[^/]*$"
  return ("%s/runs/%s"):format(beside, plan.name or (kept and "NAME" or "run"))
end

-- The files and folders that a run would write, as { what =, path = }.
local function written(plan)
  local files = {}
  if plan.history ~= "" then files[1] = { what = "history", path = plan.history } end
  local folder = checkpoints(plan)
  if folder then files[#files + 1] = { what = "checkpoints", path = folder } end
  for _, saver in ipairs(plan.savers) do
    files[#files + 1] = { what = "saver", path = saver.path }
  end
  return files
end

local function tell(name, plan)
  stream.out:write(("would train %s: %s\n"):format(name, trained(plan)))
  local files = written(plan)
  for _, file in ipairs(files) do stream.out:write(("would write %s (%s)\n"):format(file.path, file.what)) end
  if not files[1] then stream.out:write "would write nothing\n" end
end

--- Tells of each graph's managers. `ended`: the call that the script came to.
---@param graphs orrery.Graph[]
---@param ended? string
---@param as_json? boolean
function M.tell(graphs, ended, as_json)
  for _, graph in ipairs(graphs) do
    for _, plan in ipairs(core.plans(graph)) do
      if as_json then
        json.line(run_lines.schema, { kind = "plan", graph = graph.name, epochs = plan.epochs,
          device = plan.device, train = plan.train, validate = plan.validate, resume = plan.resume,
          writes = json.array(written(plan)) })
      else
        tell(graph.name, plan)
      end
    end
  end
  if not as_json then
    stream.out:write(("nothing was trained or written: the script ran %s\n"):format(
      ended and "up to " .. ended or "to its end"))
  end
end

return M
