--- torch.nn.utils: gradients clipped by hand, parameters as one vector, parameters computed from others.
---
---     nn.utils.clip_grad_norm_(model:parameters(), 1.0)
---     local conv = nn.utils.parametrizations.weight_norm(nn.Conv1d(16, 16, 3))

local core = require "orrery.core"
local arguments = require "orrery.nn.arguments"

local function engine_function(name)
  return function(...) return core.engine()[name](...) end
end

---@class orrery.nn.utils
local M = {
  --- Scales the gradients of parameters so that their common norm is at most `max_norm`; gives the norm
  --- before: (parameters, max_norm, norm_type = 2, error_if_nonfinite = false).
  clip_grad_norm_ = engine_function "clip_grad_norm_",
  --- Brings each element of the gradients into ±clip_value: (parameters, clip_value).
  clip_grad_value_ = engine_function "clip_grad_value_",
  --- All parameters of a list behind one another, as one tensor of one dimension.
  parameters_to_vector = engine_function "parameters_to_vector",
  --- Copies such a vector's parts back: (vector, parameters).
  vector_to_parameters = engine_function "vector_to_parameters",
  --- Computes a layer's parameter from others, inside every step, and returns the layer:
  --- (layer, name = "weight", …).
  parametrizations = {},
  parametrize = {
    --- Is the layer's parameter (none: any of them) computed from others?
    is_parametrized = core.is_parametrized,
    --- Makes a parameter of a computed tensor again, and returns the layer: (layer, tensor_name,
    --- leave_parametrized = true). It keeps the value that is computed now, or gets its original's back.
    remove_parametrizations = function(layer, ...)
      local o = arguments.read("nn.utils.parametrize.remove_parametrizations", {
        { "tensor_name", "string", required = true }, { "leave_parametrized", "boolean", default = true },
      }, ...)
      local name, keeps = o.tensor_name, o.leave_parametrized
      local value = keeps and core.is_parametrized(layer, name) and layer[name].data
      local parameter = core.remove_parametrization(layer, name, not keeps)
      if value then parameter.data:copy_(value) end
      return layer
    end,
  },
}

for _, kind in ipairs(core.parametrizations()) do
  M.parametrizations[kind.name] = function(...) return core.parametrize(kind.name, ...) end
end

return M
