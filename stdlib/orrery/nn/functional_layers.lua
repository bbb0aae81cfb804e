--- Functions of torch.nn.functional that are no single operation here: layers without tensors of their own,
--- given the weights.

local arguments = require "orrery.nn.arguments"
local core = require "orrery.core"
local graph_of = require "orrery.graph_of"
local nn = require "orrery.nn"

local M = {}

local function read(name, options, ...)
  return arguments.read("nn.functional." .. name, options, ...)
end

local weights = { { "weight", "any" }, { "bias", "any" }, { "eps", "number", default = 1e-5 } }

-- Beside values of a graph a parameter is one: what is computed of it elsewhere would not be trained.
local function beside(x, tensor)
  local graph = graph_of(x)
  return graph and getmetatable(tensor) == "Parameter" and graph:constant(tensor) or tensor
end

-- A number for each channel, dimension 1.
local function of_channels(x, numbers)
  local shape = { -1 }
  for _ = 3, x:dim() do shape[#shape + 1] = 1 end
  return beside(x, numbers):reshape(shape)
end

--- (x, normalized_shape, weight, bias, eps = 1e-5)
function M.layer_norm(x, normalized_shape, ...)
  local o = read("layer_norm", weights, ...)
  local y = nn.LayerNorm(normalized_shape, { eps = o.eps, elementwise_affine = false })(x)
  if o.weight then y = y * o.weight end
  return o.bias and y + o.bias or y
end

--- (x, normalized_shape, weight, eps)
function M.rms_norm(x, normalized_shape, ...)
  local o = read("rms_norm", { { "weight", "any" }, { "eps", "number" } }, ...)
  local y = nn.RMSNorm(normalized_shape, { eps = o.eps, elementwise_affine = false })(x)
  return o.weight and y * o.weight or y
end

--- (x, num_groups, weight, bias, eps = 1e-5)
function M.group_norm(x, num_groups, ...)
  local o = read("group_norm", weights, ...)
  local y = nn.GroupNorm(num_groups, x:size(1), { eps = o.eps, affine = false })(x)
  if o.weight then y = y * of_channels(x, o.weight) end
  return o.bias and y + of_channels(x, o.bias) or y
end

--- (x, size, alpha = 1e-4, beta = 0.75, k = 1)
function M.local_response_norm(x, ...) return nn.LocalResponseNorm(...)(x) end

--- The rows of a table that whole numbers choose: (input, weight)
function M.embedding(input, weight, ...)
  read("embedding", {}, ...)
  return beside(input, weight)[input]
end

--- Draws that are nearly one-hot, or are when hard: Jang et al., "Categorical Reparameterization with
--- Gumbel-Softmax" (2016). (logits, tau = 1, hard = false, dim = -1)
function M.gumbel_softmax(logits, ...)
  local o = read("gumbel_softmax", {
    { "tau", "number", default = 1 }, { "hard", "boolean", default = false },
    { "dim", "integer", default = -1 },
  }, ...)
  local noise = -core.transform "exponential" (logits:zeros_like()):log()
  local soft = ((logits + noise) / o.tau):softmax(o.dim)
  if not o.hard then return soft end
  local chosen = soft:argmax(o.dim, true)
  local one = soft:zeros_like():scatter(o.dim, chosen, 1)
  return one - soft:detach() + soft
end

return M
