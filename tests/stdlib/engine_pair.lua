--- One training twice from the same seed: by the static plan, and as autograd records it.

local lu = require "luaunit"
local orrery = require "orrery"

local M = {}

--- Trains what `build(graph)` makes: a loss or a list of optimizers, a table of manager options. Gives the
--- loss of each batch, the weights behind the last one, and the summary.
---@param engine "plan"|"autograd"
---@param build fun(g: orrery.Graph, precision?: string): table, table
---@param precision? string "64-true": all in double precision
function M.train(engine, build, precision)
  for _ = 1, 2 do collectgarbage() end  -- earlier models, of up to 2 GB
  orrery.manual_seed(1)
  local g = orrery.graph "g"
  local losses = {}
  local optimizers, options = build(g)
  options.optimizers, options.engine, options.precision = optimizers, engine, precision
  options.callbacks = options.callbacks or {}
  local told = options.callbacks.before_backward
  options.callbacks.before_backward = function(report)
    for _, loss in ipairs(report.losses) do losses[#losses + 1] = loss:item() end
    if told then told(report) end
  end
  options.history, options.progress, options.device = false, false, "cpu"
  local summary = orrery.manager(g, options):run()
  local weights = {}
  for _, entry in ipairs(g:state()) do weights[entry.key] = entry.parameter.data:clone() end
  return losses, weights, summary
end

local function largest(tensor) return tensor:numel() > 0 and tensor:to("float64"):abs():max():item() or 0 end

local function is_number(value) return value == value and math.abs(value) < math.huge end

--- Each number of one list lies beside that of the other.
function M.assert_same_losses(got, wanted, relative, what)
  lu.assertTrue(#wanted > 0, what)
  lu.assertEquals(#got, #wanted, what)
  for at, value in ipairs(wanted) do
    lu.assertTrue(is_number(value), what)
    local margin = relative * math.max(math.abs(value), 1e-3)
    lu.assertAlmostEquals(got[at], value, margin, ("%s, loss %d"):format(what, at))
  end
end

--- As `assert_same_losses`, of the weights: `relative` to the largest of their tensor, or 1e-2.
function M.assert_same_weights(got, wanted, relative, what)
  lu.assertTrue(next(wanted) ~= nil, what)
  for key, weight in pairs(wanted) do
    local off = largest(got[key]:to("float64") - weight:to("float64"))
    lu.assertTrue(off <= relative * math.max(largest(weight), 1e-2),
      ("%s, %s: off by %g"):format(what, key, off))
  end
end

--- Both engines, in single and in double precision; gives what the plan gave in single precision.
function M.assert_alike(build, what)
  local losses, weights, summary
  for precision, margin in pairs { ["32-true"] = 1e-4, ["64-true"] = 1e-9 } do
    local name = ("%s in %s"):format(what, precision)
    local planned, ends, done = M.train("plan", build, precision)
    local wanted, wanted_ends = M.train("autograd", build, precision)
    M.assert_same_losses(planned, wanted, margin, name)
    M.assert_same_weights(ends, wanted_ends, margin * 10, name)
    if precision == "32-true" then losses, weights, summary = planned, ends, done end
  end
  return losses, weights, summary
end

return M
