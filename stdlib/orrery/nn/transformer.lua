--- The transformers of torch.nn, composed of attention, linear layers and normalisations under PyTorch's
--- names: Vaswani et al., "Attention Is All You Need" (2017).
---
---     local layer = nn.TransformerEncoderLayer(512, 8, { batch_first = true })
---     local encoder = nn.TransformerEncoder(layer, 6)
---     local memory = encoder(source, { src_key_padding_mask = padding })
---
--- Masks are PyTorch's: booleans that are true where nothing may be seen, or numbers that are added to the
--- scores. They follow the inputs in PyTorch's order, or in a table by name.

local core = require "orrery.core"
local arguments = require "orrery.nn.arguments"
local children = require "orrery.nn.children"
local module = require "orrery.nn.module"
local nn = require "orrery.nn"

local M = {}

local function fail(text, ...) core.fail("usage", text:format(...)) end

-- Options that all of them share, behind the first ones.
local function layer_options(...)
  local options = { ... }
  for _, option in ipairs {
    { "dim_feedforward", "integer", default = 2048, min = 1 },
    { "dropout", "number", default = 0.1, min = 0, max = 1 },
    { "activation", "any", default = "relu" },
    { "layer_norm_eps", "number", default = 1e-5 },
    { "batch_first", "boolean", default = false },
    { "norm_first", "boolean", default = false },
    { "bias", "boolean", default = true },
    { "dtype", "string" },
    { "name", "string" },
  } do options[#options + 1] = option end
  return options
end

local width = { "d_model", "integer", required = true, min = 1 }
local heads = { "nhead", "integer", required = true, min = 1 }
local of_layer = layer_options(width, heads)

local activations = { relu = nn.ReLU, gelu = function() return nn.GELU() end }

-- A word, a layer, or a function of values. What may have parameters becomes the last of the `list` of
-- children. Gives a function that finds the activation in the module.
local function add_activation(list, what, given)
  if type(given) == "string" then
    if not activations[given] then
      fail("%s: activation must be 'relu', 'gelu', a layer or a function, got '%s'", what, given)
    end
    given = activations[given]()
  elseif children.owns_state(given) and children.kind_of(given) ~= "Parameter" then
    list[#list + 1] = { "activation", given }
    local at = #list
    return function(self) return self[at] end
  elseif type(given) ~= "function" then
    fail("%s: activation must be 'relu', 'gelu', a layer or a function, got a %s", what,
      children.kind_of(given))
  end
  return function() return given end
end

local function with_another_activation(kind, o)
  local options = {}
  for name, value in pairs(o) do options[name] = value end
  if not children.owns_state(o.activation) then return options end
  options.activation = module.another(o.activation, function(what)
    core.fail("usage", ("nn.%s: activation: a %s cannot be copied"):format(kind, what),
      "Give what copies the layer a function that makes each.")
  end)
  return options
end

-- Masks in PyTorch's order, or by name in a table.
local function read_masks(what, names, first, ...)
  if type(first) ~= "table" or getmetatable(first) ~= nil then return first, ... end
  local masks = {}
  for name, mask in pairs(first) do
    local at
    for i, known in ipairs(names) do at = known == name and i or at end
    local hint = at and "" or core.nearest(tostring(name), names)
    if not at then fail("%s: unknown mask '%s'%s", what, tostring(name), hint) end
    masks[at] = mask
  end
  return unpack(masks, 1, #names)
end

local function attention(o)
  return nn.MultiheadAttention(o.d_model, o.nhead, {
    dropout = o.dropout, bias = o.bias, batch_first = o.batch_first, need_weights = false, dtype = o.dtype,
  })
end

local function norm(o)
  return nn.LayerNorm(o.d_model, { eps = o.layer_norm_eps, bias = o.bias, dtype = o.dtype })
end

-- What layers of encoder and decoder share: two linear layers, and as many normalisations and dropouts as
-- they have parts.
local function add_common(list, o, parts)
  local function add(name, child) list[#list + 1] = { name, child } end
  add("linear1", nn.Linear(o.d_model, o.dim_feedforward, { bias = o.bias, dtype = o.dtype }))
  add("dropout", nn.Dropout(o.dropout))
  add("linear2", nn.Linear(o.dim_feedforward, o.d_model, { bias = o.bias, dtype = o.dtype }))
  for i = 1, parts do add("norm" .. i, norm(o)) end
  for i = 1, parts do add("dropout" .. i, nn.Dropout(o.dropout)) end
end

-- Adds what a part makes of the normalised input, or normalises the sum: part i of a layer.
local function residual(self, o, i, x, part)
  local normalise, drop = self["norm" .. i], self["dropout" .. i]
  if o.norm_first then return x + drop(part(normalise(x))) end
  return normalise(x + drop(part(x)))
end

local function feed_forward(self, act)
  return function(h) return self.linear2(self.dropout(act(self.linear1(h)))) end
end

local function make(kind, o, list, forward)
  return module.new(kind, {
    name = o.name, children = list, forward = forward, title = kind,
    copy = function() return M[kind](with_another_activation(kind, o)) end,
  })
end

--- Self-attention and two linear layers, each with a residual connection and a normalisation.
---@return orrery.Module
function M.TransformerEncoderLayer(...)
  local what = "nn.TransformerEncoderLayer"
  local o = arguments.read(what, of_layer, ...)
  local masks = { "src_mask", "src_key_padding_mask" }
  local list = { { "self_attn", attention(o) } }
  add_common(list, o, 2)
  local act = add_activation(list, what, o.activation)
  return make("TransformerEncoderLayer", o, list, function(self, src, ...)
    local mask, padding = read_masks(what, masks, ...)
    local h = residual(self, o, 1, src, function(x) return (self.self_attn(x, x, x, padding, mask)) end)
    return residual(self, o, 2, h, feed_forward(self, act(self)))
  end)
end

--- The same with a second attention, to the encoder's results.
---@return orrery.Module
function M.TransformerDecoderLayer(...)
  local what = "nn.TransformerDecoderLayer"
  local o = arguments.read(what, of_layer, ...)
  local masks = { "tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask" }
  local list = { { "self_attn", attention(o) }, { "multihead_attn", attention(o) } }
  add_common(list, o, 3)
  local act = add_activation(list, what, o.activation)
  return make("TransformerDecoderLayer", o, list, function(self, tgt, memory, ...)
    local mask, memory_mask, padding, memory_padding = read_masks(what, masks, ...)
    local h = residual(self, o, 1, tgt, function(x) return (self.self_attn(x, x, x, padding, mask)) end)
    h = residual(self, o, 2, h, function(x)
      return (self.multihead_attn(x, memory, memory, memory_padding, memory_mask))
    end)
    return residual(self, o, 3, h, feed_forward(self, act(self)))
  end)
end

-- Copies of a layer in turn: the first input is what each changes, the rest goes to all.
local function stack(layer, count)
  local layers = {}
  for i = 1, count do layers[i] = { tostring(i - 1), module.copy(layer) } end
  return module.new("ModuleList", {
    children = layers,
    forward = function(self, x, ...)
      for _, each in ipairs(self) do x = each(x, ...) end
      return x
    end,
  })
end

local function read_stack(what, layer, ...)
  local o = arguments.read(what, {
    { layer, "any", required = true }, { "num_layers", "integer", required = true, min = 1, max = 65536 },
    { "norm", "any" }, { "name", "string" },
  }, ...)
  local list = { { "layers", stack(o[layer], o.num_layers) } }
  if o.norm then list[2] = { "norm", o.norm } end
  return o, list
end

--- Copies of an encoder layer, one after the other.
---@return orrery.Module
function M.TransformerEncoder(...)
  local what = "nn.TransformerEncoder"
  local o, list = read_stack(what, "encoder_layer", ...)
  local masks = { "mask", "src_key_padding_mask" }
  return make("TransformerEncoder", o, list, function(self, src, ...)
    local h = self.layers(src, read_masks(what, masks, ...))
    return o.norm and self.norm(h) or h
  end)
end

--- Copies of a decoder layer, one after the other.
---@return orrery.Module
function M.TransformerDecoder(...)
  local what = "nn.TransformerDecoder"
  local o, list = read_stack(what, "decoder_layer", ...)
  local masks = { "tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask" }
  return make("TransformerDecoder", o, list, function(self, tgt, memory, ...)
    local h = self.layers(tgt, memory, read_masks(what, masks, ...))
    return o.norm and self.norm(h) or h
  end)
end

local of_transformer = layer_options(
  { "d_model", "integer", default = 512, min = 1 }, { "nhead", "integer", default = 8, min = 1 },
  { "num_encoder_layers", "integer", default = 6, min = 1, max = 65536 },
  { "num_decoder_layers", "integer", default = 6, min = 1, max = 65536 })

local function coder(coder_kind, layer_kind, o, count)
  return M[coder_kind](M[layer_kind] {
    d_model = o.d_model, nhead = o.nhead, dim_feedforward = o.dim_feedforward, dropout = o.dropout,
    activation = o.activation, layer_norm_eps = o.layer_norm_eps, batch_first = o.batch_first,
    norm_first = o.norm_first, bias = o.bias, dtype = o.dtype,
  }, count, norm(o))
end

local function transformer(...)
  local what = "nn.Transformer"
  local o = arguments.read(what, of_transformer, ...)
  local list = {
    { "encoder", coder("TransformerEncoder", "TransformerEncoderLayer", o, o.num_encoder_layers) },
    { "decoder", coder("TransformerDecoder", "TransformerDecoderLayer", o, o.num_decoder_layers) },
  }
  local masks = {
    "src_mask", "tgt_mask", "memory_mask", "src_key_padding_mask", "tgt_key_padding_mask",
    "memory_key_padding_mask",
  }
  local made = make("Transformer", o, list, function(self, src, tgt, ...)
    local of_src, of_tgt, of_memory, src_padding, tgt_padding, memory_padding = read_masks(what, masks, ...)
    local memory = self.encoder(src, of_src, src_padding)
    return self.decoder(tgt, memory, of_tgt, of_memory, tgt_padding, memory_padding)
  end)
  for _, parameter in ipairs(made:parameters()) do
    if #parameter.shape > 1 then nn.init.xavier_uniform_(parameter) end
  end
  return made
end

--- Encoder and decoder: `nn.Transformer { d_model = 512, batch_first = true } (source, target, masks)`.
M.Transformer = setmetatable({
  --- Keeps each place from seeing later ones: 0 where it may look, minus infinity elsewhere.
  generate_square_subsequent_mask = function(size)
    local orrery = require "orrery"
    return orrery.full({ size, size }, -math.huge):triu(1)
  end,
}, { __call = function(_, ...) return transformer(...) end })

return M
