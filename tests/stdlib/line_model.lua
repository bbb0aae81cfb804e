-- The smallest training: a line through 32 points, in this process or as the head of a script of its own.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local M = {}

-- A graph that learns y = 2 x from 32 samples; in scripts of their own, too.
M.script = [[
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
orrery.manual_seed(0)
local x = orrery.linspace(-1, 1, 32):view(32, 1)
local g = orrery.graph "line"
local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8 })
local y = nn.Linear(1, 1)(input)
local loss = nn.MSELoss()(y, target)
local optimizer = optim.SGD(g:parameters(), { lr = 0.2, loss = loss })
]]

--- A manager of it, its graph, output, loss and optimizer.
function M.manager(options)
  local x = orrery.linspace(-1, 1, 32):view(32, 1)
  local g = orrery.graph "line"
  local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8 })
  local y = nn.Linear(1, 1)(input)
  local loss = nn.MSELoss()(y, target)
  options = options or {}
  local optimizer = optim[options.optimizer_kind or "SGD"](g:parameters(), { lr = 0.2, loss = loss })
  options.optimizer_kind = nil
  options.optimizer, options.history, options.progress = optimizer, options.history or false, false
  return orrery.manager(g, options), g, y, loss, optimizer
end

--- Status and reason of the last run in the history of the scripts' folder.
function M.last_status()
  local query = "select status, exit_reason from runs order by run_id desc limit 1"
  local code, out, err = child.shell(("%s history sql '%s' --json"):format(child.program, query))
  lu.assertEquals({ code, err }, { 0, "" })
  return out
end

return M
