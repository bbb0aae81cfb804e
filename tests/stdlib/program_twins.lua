--- What the twins in scripts/dev/make_program_fixtures.py computed, and what both sides are made of.
local lu = require "luaunit"
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/"
local twins = orrery.load_tensors(root .. "tests/fixtures/programs/programs.safetensors")

local M = { f64 = { dtype = "float64" } }

--- Sines, in the given shape.
function M.waves(shape, start)
  local numel = 1
  for _, size in ipairs(shape) do numel = numel * size end
  return (orrery.arange(numel, M.f64) * 0.61 + (start or 0)):sin():view(shape)
end

function M.tokens(rows, length, step, known)
  return (orrery.arange(rows * length) * step):long():remainder(known):view(rows, length)
end

--- Whole numbers.
function M.whole(list) return orrery.tensor(list, { dtype = "int64" }) end

--- Two linear layers with a tanh between them.
function M.Perceptron(wide, hidden, out)
  local net = nn.Module()
  net.first = nn.Linear(wide, hidden, M.f64)
  net.second = nn.Linear(hidden, out, M.f64)
  function net:forward(x) return self.second(self.first(x):tanh()) end
  return net
end

--- A convolution whose features are averaged over all places.
function M.Pooled()
  local net = nn.Module()
  net.conv = nn.Conv2d(1, 2, 3, { padding = 1, dtype = "float64" })
  net.fc = nn.Linear(2, 2, M.f64)
  function net:forward(x) return self.fc(self.conv(x):relu():mean { 2, 3 }) end
  return net
end

--- The rows of all three batches, and the batches.
function M.regression()
  local x, target = M.waves { 12, 3 }, M.waves({ 12, 1 }, 2)
  local batches = {}
  for at = 0, 8, 4 do batches[#batches + 1] = { x = x:narrow(0, at, 4), target = target:narrow(0, at, 4) } end
  return { x = x, target = target, batch = 4 }, batches
end

--- A step of a loop on tensors; its loss as a number.
function M.minimise(optimizer, loss)
  optimizer:zero_grad()
  loss:backward()
  optimizer:step()
  return loss:item()
end

--- The parameters of several nets in one list.
function M.parameters(...)
  local all = {}
  for _, net in ipairs { ... } do
    for _, parameter in ipairs(net:parameters()) do all[#all + 1] = parameter end
  end
  return all
end

--- A manager that reports to nobody.
function M.manager(g, options)
  options.history, options.progress, options.device = false, false, "cpu"
  return orrery.manager(g, options)
end

--- Runs a manager; the loss of every step, or those with the names, told from the means of the epoch so far.
function M.losses_of_run(g, options, names)
  local losses, sums = {}, {}
  options.callbacks = { batch_end = function(report)
    if report.step == 1 then sums = {} end
    for _, name in ipairs(names or { "loss" }) do
      local sum = report.train[name] * report.step
      losses[#losses + 1] = sum - (sums[name] or 0)
      sums[name] = sum
    end
  end }
  M.manager(g, options):run()
  return losses
end

--- A new graph whose inputs are tensors.
function M.graph(rows)
  local g = orrery.graph "program"
  return g, g:input(data.tensors(rows))
end

local function assert_equals(name, got, wanted)
  lu.assertEquals(got:numel(), wanted:numel(), name)
  if wanted:numel() == 0 then return end
  local error = (got - wanted):abs():max():item()
  lu.assertTrue(error <= 1e-10 * wanted:abs():max():item(), ("%s is off by %.3g"):format(name, error))
end

local function flat(tensors)
  local parts = {}
  for i, tensor in ipairs(tensors) do parts[i] = tensor:detach():to("float64"):flatten() end
  return orrery.cat(parts)
end

--- Begins a program: the seed of all twins.
function M.begin() orrery.manual_seed(1) end

--- Holds losses and trained tensors against the twin's.
function M.follows(name, losses, results)
  assert_equals(name .. ".losses", orrery.tensor(losses, M.f64), twins[name .. ".losses"])
  assert_equals(name .. ".results", flat(results), twins[name .. ".results"])
end

return M
