--- What specs of operations that a script brings share: small graphs, and errors with a line of the spec.

local lu = require "luaunit"
local core = require "orrery.core"
local orrery = require "orrery"

local M = {}

--- The text of an error, which names a line inside the function.
function M.refusal(action, fault)
  local done, text = pcall(action)
  lu.assertFalse(done)
  local lines = debug.getinfo(action, "S")
  local file, line = text:match "([%w_]+%.lua):(%d+): "
  local named = file == lines.short_src:match "[%w_]+%.lua$" and tonumber(line)
  lu.assertTrue(named and named >= lines.linedefined and named <= lines.lastlinedefined, text)
  if fault then lu.assertEquals(core.error_info(text).fault, fault, text) end
  return text
end

--- The sizes of a value as text.
function M.shape(value)
  local sizes = {}
  for i, size in ipairs(value.shape) do sizes[i] = tostring(size) end
  return table.concat(sizes, ", ")
end

--- A graph and its input's values x1, x2, … of these sizes.
function M.values(...)
  local g = orrery.graph "net"
  local fields = {}
  for i, sizes in ipairs { ... } do fields[i] = { name = "x" .. i, shape = sizes } end
  return g, g:input(fields)
end

--- The tensors of values for a batch of tensors x1, x2, ….
function M.computed(g, wanted, tensors)
  local source = { batch = tensors[1]:size(0) }
  for i, tensor in ipairs(tensors) do source["x" .. i] = tensor end
  local manager = orrery.manager(g, { history = false, progress = false })
  return manager:predict(wanted, orrery.data.tensors(source))
end

--- Trains what `make` builds for a moment.
function M.train(make)
  orrery.seed(3)
  local g = orrery.graph "net"
  local x, label = g:input(orrery.data.tensors { x = orrery.randn(8, 4), label = orrery.zeros(8,
    { dtype = "int64" }), batch = 4 })
  local h = make(orrery.nn.Linear(4, 6)(x))
  local loss = orrery.nn.CrossEntropyLoss()(orrery.nn.Linear(6, 3)(h), label)
  local manager = orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
    epochs = 3,
    history = false, progress = false })
  manager:run()
  local numbers = {}
  for i, parameter in ipairs(g:parameters()) do numbers[i] = parameter:tolist() end
  return numbers
end

return M
