--- torch.nn.utils: gradients clipped by hand, parameters as one vector, parameters computed from others.
---
---     nn.utils.clip_grad_norm_(model:parameters(), 1.0)
---     local conv = nn.utils.parametrizations.weight_norm(nn.Conv1d(16, 16, 3))

local core = require "orrery.core"
local arguments = require "orrery.nn.arguments"

local function refuse_unknown(what, members, remedies)
  return setmetatable(members, {
    __index = function(_, name)
      local names = {}
      for known in pairs(members) do names[#names + 1] = known end
      local hint = remedies and remedies[name] and "" or core.nearest(tostring(name), names)
      core.fail("usage", ("%s has no '%s'%s"):format(what, tostring(name), hint), remedies and remedies[name])
    end,
  })
end

local masked = "There are no packed sequences: pad_sequence and a mask of the lengths do for them."

-- (sequences, batch_first = false, padding_value = 0): tensors (L, …) of one rank as (longest, N, …)
local function pad_sequence(sequences, ...)
  local o = arguments.read("nn.utils.rnn.pad_sequence", {
    { "batch_first", "boolean", default = false }, { "padding_value", "number", default = 0 },
  }, ...)
  local longest, padded = 0, {}
  for _, each in ipairs(sequences) do longest = math.max(longest, each:size(0)) end
  local pad = core.transform "pad"
  for at, each in ipairs(sequences) do
    local sides = {}
    for _ = 2, each:dim() do sides[#sides + 1], sides[#sides + 2] = 0, 0 end
    sides[#sides + 1], sides[#sides + 2] = 0, longest - each:size(0)
    padded[at] = pad(each, sides, { value = o.padding_value })
  end
  return core.transform "stack"(padded, { dim = o.batch_first and 0 or 1 })
end

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
  --- pad_sequence: tensors of several lengths as one, (longest, N, …):
  --- (sequences, batch_first = false, padding_value = 0).
  rnn = refuse_unknown("nn.utils.rnn", { pad_sequence = pad_sequence }, {
    pack_padded_sequence = masked, pad_packed_sequence = masked, pack_sequence = masked,
  }),
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

refuse_unknown("nn.utils.parametrizations", M.parametrizations)
return refuse_unknown("nn.utils", M, {
  weight_norm = "nn.utils.parametrizations.weight_norm is PyTorch's newer one.",
  spectral_norm = "nn.utils.parametrizations.spectral_norm is PyTorch's newer one.",
})
