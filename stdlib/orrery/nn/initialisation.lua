--- First values as torch.nn.init gives them, number for number.
---
---     nn.init.kaiming_normal_(conv.weight, { nonlinearity = "relu" })
---     nn.init.zeros_(head)                                       -- every parameter of a layer
---     nn.init.apply(g, "features/**/weight", nn.init.xavier_uniform)
---
--- Each function takes a parameter or a tensor, or what owns parameters: a layer, block or graph, of which
--- it fills those whose number of dimensions fits. It has PyTorch's options in PyTorch's order and is also
--- known without the trailing underscore. Before the engine opens, the draws are kept in their order.

local core = require "orrery.core"

---@class orrery.nn.init
local M = {
  calculate_gain = core.calculate_gain,
}

-- The parameters of what owns some, modules made in Lua among it; nil for a parameter or a tensor.
local function owned_by(target)
  if type(target) == "table" and target.state then target = target:state() end
  return core.parameters_of(target)
end

local function fill_all(kind, owned, ...)
  local filled = 0
  for _, each in ipairs(owned) do
    if core.can_initialise(kind, each.parameter) then
      core.initialise(kind, each.parameter, ...)
      filled = filled + 1
    end
  end
  if filled == 0 then
    core.fail("usage", ("nn.init.%s: there is no parameter that it fills"):format(kind))
  end
end

for _, kind in ipairs(core.initialisations()) do
  local function fill(target, ...)
    local owned = owned_by(target)
    if owned then
      fill_all(kind.name, owned, ...)
    else
      core.initialise(kind.name, target, ...)
    end
    return target
  end
  M[kind.name] = fill
  M[kind.name .. "_"] = fill
end

local function split(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do parts[#parts + 1] = part end
  return parts
end

-- `*` stands for anything within a part.
local function part_pattern(part)
  return "^" .. part:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*") .. "$"
end

local function matches(parts, at, pattern, next)
  if next > #pattern then return at > #parts end
  if pattern[next] == "**" then
    for skipped = at, #parts + 1 do
      if matches(parts, skipped, pattern, next + 1) then return true end
    end
    return false
  end
  return at <= #parts and parts[at]:find(part_pattern(pattern[next])) ~= nil
    and matches(parts, at + 1, pattern, next + 1)
end

--- Fills the parameters whose path fits a pattern, in their order. `*` stands for anything within a part of
--- the path, `**` for any number of parts: `features/**/weight`.
---@param target orrery.Graph|orrery.Block|orrery.BlockFunction|orrery.Layer
---@param pattern string
---@param init string|fun(parameter: orrery.Parameter, ...) a function of nn.init, its name, or an own one
---@param ... any the function's options
---@return integer filled how many parameters fitted
function M.apply(target, pattern, init, ...)
  local owned = owned_by(target)
  if not owned then
    core.fail("usage", "nn.init.apply: expected a graph, block or layer whose parameters the pattern chooses")
  end
  if type(pattern) ~= "string" then
    core.fail("usage", "nn.init.apply: expected a pattern such as 'block/*/weight', got a " .. type(pattern))
  end
  local fill = type(init) == "string" and M[init] or init
  if type(fill) ~= "function" then
    core.fail("usage", "nn.init.apply: expected a function of nn.init or its name, got a " .. type(fill))
  end
  local wanted, filled = split(pattern), 0
  for _, each in ipairs(owned) do
    if matches(split((each.key:gsub("%.", "/"))), 1, wanted, 1) then
      fill(each.parameter, ...)
      filled = filled + 1
    end
  end
  if filled == 0 then
    core.fail("usage", ("nn.init.apply: no parameter fits '%s'"):format(pattern),
      "Paths are those of g:state(), with slashes: block/layer/weight.")
  end
  return filled
end

return setmetatable(M, {
  __index = function(_, name)
    local names = {}
    for known in pairs(M) do names[#names + 1] = known end
    core.fail("usage", ("nn.init has no '%s'%s"):format(tostring(name), core.nearest(tostring(name), names)))
  end,
})
