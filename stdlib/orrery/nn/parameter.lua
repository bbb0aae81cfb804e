--- Parameters that belong to no layer, as torch.nn.Parameter: members of a module.
---
---     nn.Module {
---       scale = nn.Parameter(orrery.ones(8)), forward = function(self, x) return x * self.scale end,
---     }

local core = require "orrery.core"

local M = {}

--- A parameter that begins with a tensor's values, or of a shape with the options of `g:parameter`:
--- `nn.Parameter({ 1, 8 }, { init = "normal", b = 0.02 })`, zeros unless told.
---@param data orrery.Tensor|integer[]
---@param options? orrery.Leaf
---@return orrery.Parameter
function M.Parameter(data, options)
  if getmetatable(data) ~= "Tensor" then return (core.free_parameter(data, options)) end
  local parameter, is_new = core.free_parameter(data.shape, { dtype = data.dtype })
  if is_new then core.engine().no_grad(function() parameter:copy_(data) end) end
  return parameter
end

return M
