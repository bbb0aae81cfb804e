--- Data sources: `data.digits { batch = 64, shuffle = true }`, `data.csv { path = "train.csv.gz" }`.
---
--- Headers are read at once, so that a graph knows its shapes; the samples are loaded by the engine.

local core = require "orrery.core"

---@class orrery.data
local M = {}

return setmetatable(M, {
  __index = function(_, kind)
    local source = core.data(kind)
    M[kind] = source
    return source
  end,
})
