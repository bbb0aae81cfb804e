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

local function fail(name, text, remedy)
  core.fail("usage", ("nn.functional.%s: %s"):format(name, text), remedy)
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

local function scaled(x, y, o)
  if o.weight then y = y * of_channels(x, o.weight) end
  return o.bias and y + of_channels(x, o.bias) or y
end

--- (x, num_groups, weight, bias, eps = 1e-5)
function M.group_norm(x, num_groups, ...)
  local o = read("group_norm", weights, ...)
  return scaled(x, nn.GroupNorm(num_groups, x:size(1), { eps = o.eps, affine = false })(x), o)
end

local function statistics(by_batch, by_default)
  return {
    { "running_mean", "any" }, { "running_var", "any" }, { "weight", "any" }, { "bias", "any" },
    { by_batch, "boolean", default = by_default }, { "momentum", "number", default = 0.1 },
    { "eps", "number", default = 1e-5, min = 0 },
  }
end

-- In a forward function a module's own buffer is a constant of the graph.
local function is_buffer(tensor)
  local kind = getmetatable(tensor)
  return kind == "Parameter" or kind == "Value" and tensor.operation == "Constant"
end

-- In a graph, with the statistics of what comes in; running ones follow them in the buffers of a module.
local function norm_of_batch(name, layer, x, o)
  local mean, variance = o.running_mean, o.running_var
  local tracks = mean ~= nil
  if tracks and not (is_buffer(mean) and is_buffer(variance)) then
    fail(name, "in a graph running_mean and running_var are followed where they are buffers of a module",
      'Make them with module:register_buffer("running_mean", tensor).')
  end
  return nn[layer](x:size(1), { eps = o.eps, momentum = o.momentum, affine = false,
    track_running_stats = tracks, running_mean = mean, running_var = variance })(x)
end

-- `layers` by the number of dimensions.
local function norm_of_channels(name, by_batch, layers, x, o)
  if not layers[x:dim()] then
    fail(name, ("the input must be (N, C, …) of %s dimensions, got %d"):format(layers.dims, x:dim()))
  end
  if not o[by_batch] and not (o.running_mean and o.running_var) then
    fail(name, by_batch .. " = false needs running_mean and running_var")
  end
  if not graph_of(x, o.weight, o.bias, o.running_mean, o.running_var) then
    return core.engine().aten[name](x, o.weight, o.bias, o.running_mean, o.running_var, o[by_batch],
      o.momentum, o.eps, true)
  end
  if o[by_batch] then return scaled(x, norm_of_batch(name, layers[x:dim()], x, o), o) end
  local deviation = (of_channels(x, o.running_var) + o.eps):sqrt()
  return scaled(x, (x - of_channels(x, o.running_mean)) / deviation, o)
end

local batch_norms = { dims = "2 to 5", [2] = "BatchNorm1d", [3] = "BatchNorm1d", [4] = "BatchNorm2d",
  [5] = "BatchNorm3d" }
local instance_norms = { dims = "3 to 5", [3] = "InstanceNorm1d", [4] = "InstanceNorm2d",
  [5] = "InstanceNorm3d" }

--- (x, running_mean, running_var, weight, bias, training = false, momentum = 0.1, eps = 1e-5); with
--- `training = true` in a graph with running statistics the mode of the run decides, as for layers.
function M.batch_norm(x, ...)
  local o = read("batch_norm", statistics("training", false), ...)
  if o.training and not graph_of(x) and x:dim() > 1 and x:numel() == x:size(1) then
    fail("batch_norm", ("training needs more than one number for each channel, got (%s)"):format(
      table.concat(x.shape, ", ")))
  end
  return norm_of_channels("batch_norm", "training", batch_norms, x, o)
end

--- (x, running_mean, running_var, weight, bias, use_input_stats = true, momentum = 0.1, eps = 1e-5); in a
--- graph with running statistics the mode of the run decides, as for layers.
function M.instance_norm(x, ...)
  local o = read("instance_norm", statistics("use_input_stats", true), ...)
  if o.use_input_stats and not graph_of(x) and x:dim() > 2 and x:numel() == x:size(0) * x:size(1) then
    fail("instance_norm", ("use_input_stats needs more than one spatial element, got (%s)"):format(
      table.concat(x.shape, ", ")))
  end
  return norm_of_channels("instance_norm", "use_input_stats", instance_norms, x, o)
end

--- (x, size, alpha = 1e-4, beta = 0.75, k = 1)
function M.local_response_norm(x, ...) return nn.LocalResponseNorm(...)(x) end

--- The rows of a table that whole numbers choose: (input, weight)
function M.embedding(input, weight, ...)
  read("embedding", {}, ...)
  return beside(input, weight)[input]
end

local bag = {
  { "offsets", "any" }, { "max_norm", "number", min = 0 }, { "norm_type", "number", default = 2 },
  { "scale_grad_by_freq", "boolean", default = false }, { "mode", "string", default = "mean" },
  { "sparse", "boolean", default = false }, { "per_sample_weights", "any" },
  { "include_last_offset", "boolean", default = false }, { "padding_idx", "integer" },
}
local bag_modes = { sum = 0, mean = 1, max = 2 }

local function bag_mode(o)
  local mode = bag_modes[o.mode]
  if mode then return mode end
  fail("embedding_bag", ("mode must be 'sum', 'mean' or 'max', got '%s'"):format(o.mode))
end

-- Bags of one length, as a list with offsets.
local function listed(input, o)
  if input:dim() == 1 then return input, o.offsets, o.per_sample_weights end
  if o.offsets then fail("embedding_bag", "offsets go with indices of one dimension") end
  local bags = input:select(1, 0):ones_like():cumsum(0) - 1
  return input:flatten(), bags * input:size(1), o.per_sample_weights and o.per_sample_weights:flatten()
end

local function shorten_rows(input, weight, o)
  if graph_of(input, weight) then
    fail("embedding_bag", "in a graph max_norm is for nn.EmbeddingBag, which owns its table")
  end
  local engine = core.engine()
  engine.no_grad(function() engine.aten.embedding_renorm_(weight, input, o.max_norm, o.norm_type) end)
end

--- The rows of a table that whole numbers choose, joined to one for each bag: (input, weight, offsets,
--- max_norm, norm_type = 2, scale_grad_by_freq = false, mode = "mean", sparse = false, per_sample_weights,
--- include_last_offset = false, padding_idx); the gradient is dense.
function M.embedding_bag(input, weight, ...)
  local o = read("embedding_bag", bag, ...)
  local mode = bag_mode(o)
  if o.max_norm then shorten_rows(input, weight, o) end
  local indices, offsets, weights_of = listed(input, o)
  return (core.engine().aten.embedding_bag(weight, indices, offsets, o.scale_grad_by_freq, mode, false,
    weights_of, o.include_last_offset, o.padding_idx))
end

--- A convolution over (T, N, C): (x, weight, bias, pad = 0)
function M.conv_tbc(x, weight, bias, ...)
  local o = read("conv_tbc", { { "pad", "integer", default = 0 } }, ...)
  return core.engine().aten.conv_tbc(x, weight, bias, o.pad)
end

local enlarged = { { "size", "any" }, { "scale_factor", "any" } }

--- (x, size, scale_factor, mode = "nearest", align_corners)
function M.upsample(x, ...)
  local schema = { enlarged[1], enlarged[2], { "mode", "string" }, { "align_corners", "boolean" } }
  return core.transform "interpolate" (x, read("upsample", schema, ...))
end

--- (x, size, scale_factor)
function M.upsample_nearest(x, ...)
  return core.transform "interpolate" (x, read("upsample_nearest", enlarged, ...))
end

--- With align_corners = true: (x, size, scale_factor)
function M.upsample_bilinear(x, ...)
  local o = read("upsample_bilinear", enlarged, ...)
  o.mode, o.align_corners = "bilinear", true
  return core.transform "interpolate" (x, o)
end

local reduced = {
  none = function(losses) return losses end,
  mean = function(losses) return losses:mean() end,
  sum = function(losses) return losses:sum() end,
}

--- (anchor, positive, negative, { distance_function, margin = 1, swap = false, reduction = "mean" })
function M.triplet_margin_with_distance_loss(anchor, positive, negative, ...)
  local name = "triplet_margin_with_distance_loss"
  local o = read(name, {
    { "distance_function", "function", default = core.transform "pairwise_distance" },
    { "margin", "number", default = 1 }, { "swap", "boolean", default = false },
    { "reduction", "string", default = "mean" },
  }, ...)
  local reduce = reduced[o.reduction]
    or fail(name, ("reduction must be 'none', 'mean' or 'sum', got '%s'"):format(o.reduction))
  local near, far = o.distance_function(anchor, positive), o.distance_function(anchor, negative)
  if o.swap then far = far:minimum(o.distance_function(positive, negative)) end
  return reduce((near - far + o.margin):clamp_min(0))
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

-- What writes into a tensor.
for name in ("celu_ elu_ hardtanh_ leaky_relu_ relu_ rrelu_ selu_ threshold_"):gmatch "%S+" do
  M[name] = function(x, ...) return x[name](x, ...) end
end

return M
