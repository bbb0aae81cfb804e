--- The lazy variants of torch.nn: `nn.LazyLinear(10)` is nn.Linear with its first option left out, so that
--- the first input tells it.

local core = require "orrery.core"

local left_out = { in_features = true, in_channels = true, num_features = true }

-- `{ 10, bias = false }` → 10, { bias = false }
local function spread(options)
  local named, given = {}, {}
  for key, value in pairs(options) do
    if type(key) ~= "number" then named[key] = value end
  end
  for at = 1, #options do given[at] = options[at] end
  given[#options + 1] = named
  return unpack(given, 1, #options + 1)
end

--- The constructor of the lazy variant of a layer.
---@param name string without "Lazy"
---@return fun(...): orrery.Layer
return function(name)
  local layer = core.layer(name)
  if not left_out[(core.operations(name).options[1] or {}).name] then
    core.fail("usage", ("nn.Lazy%s: a %s learns no size from its input"):format(name, name),
      ("Write nn.%s."):format(name))
  end
  return function(...)
    local only = select("#", ...) == 1 and ...
    if type(only) == "table" and #only > 0 then return layer(nil, spread(only)) end
    return layer(nil, ...)
  end
end
