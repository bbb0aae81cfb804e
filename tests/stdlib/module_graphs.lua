--- What specifications of modules share: a graph to call them in, and the keys of what they own.

local orrery = require "orrery"

local M = {}

--- The keys of a module's or graph's state, in order.
function M.keys_of(owner)
  local list = {}
  for i, entry in ipairs(owner:state()) do list[i] = entry.key end
  return list
end

--- A graph and its input of these sizes behind the batch.
function M.graph(...)
  local g = orrery.graph "g"
  return g, g:input { x = { shape = { ... } } }
end

return M
