--- Weights of Keras' networks, `keras.applications` and others, for networks of the zoo that are the same.
---
---     numpy.savez("vgg16.npz", **{w.path: w.numpy() for w in model.weights})      # in Keras
---     orrery.load_weights(g, "vgg16.npz", { map = "keras" })
---
--- Keras keeps kernels as (height, width, in, out) and matrices as (in, out), and its pictures have their
--- channels last, which tells in the first matrix behind a flattened picture. Source: keras 3.12,
--- applications/vgg16.py, vgg19.py and densenet.py.

local core = require "orrery.core"
local state_dict = require "orrery.nn.state_dict"

local M = {}

-- A table for each network: of each layer of Keras the layer here. `flattened`: what a matrix's inputs were
-- before they stood in a row, as (channels, height, width).
local tables = {}

local function add(name, layers, flattened)
  tables[#tables + 1] = { name = name, layers = layers, flattened = flattened or {} }
end

local function add_vgg(name, counts)
  local layers, place = {}, 0
  for stage, count in ipairs(counts) do
    for number = 1, count do
      layers[("block%d_conv%d"):format(stage, number)] = "features." .. place
      place = place + 2
    end
    place = place + 1
  end
  layers.fc1, layers.fc2, layers.predictions = "classifier.0", "classifier.3", "classifier.6"
  add(name, layers, { fc1 = { 512, 7, 7 } })
end

add_vgg("vgg16", { 2, 2, 3, 3, 3 })
add_vgg("vgg19", { 2, 2, 4, 4, 4 })

local function add_densenet(name, counts)
  local layers = { conv1_conv = "features.conv0", conv1_bn = "features.norm0", bn = "features.norm5",
    predictions = "classifier" }
  for stage, count in ipairs(counts) do
    for number = 1, count do
      local theirs = ("conv%d_block%d_"):format(stage + 1, number)
      local ours = ("features.denseblock%d.denselayer%d."):format(stage, number)
      layers[theirs .. "0_bn"], layers[theirs .. "1_conv"] = ours .. "norm1", ours .. "conv1"
      layers[theirs .. "1_bn"], layers[theirs .. "2_conv"] = ours .. "norm2", ours .. "conv2"
    end
    if stage < #counts then
      layers[("pool%d_bn"):format(stage + 1)] = ("features.transition%d.norm"):format(stage)
      layers[("pool%d_conv"):format(stage + 1)] = ("features.transition%d.conv"):format(stage)
    end
  end
  add(name, layers)
end

add_densenet("densenet121", { 6, 12, 24, 16 })
add_densenet("densenet169", { 6, 12, 32, 32 })
add_densenet("densenet201", { 6, 12, 48, 32 })

-- Keras counted from 1 once, and counts from none today.
add("keras_mnist_cnn",
  { conv2d_1 = "conv2d_1", conv2d_2 = "conv2d_2", dense_1 = "dense_1", dense_2 = "dense_2" },
  { dense_1 = { 64, 12, 12 } })
add("keras_mnist_cnn",
  { conv2d = "conv2d_1", conv2d_1 = "conv2d_2", dense = "dense_1", dense_1 = "dense_2" },
  { dense = { 64, 12, 12 } })

local slots = {
  kernel = "weight", bias = "bias", gamma = "weight", beta = "bias", moving_mean = "running_mean",
  moving_variance = "running_var",
}

--- The networks that have a table.
---@return string[]
function M.networks()
  local names = {}
  for _, each in ipairs(tables) do
    if names[#names] ~= each.name then names[#names + 1] = each.name end
  end
  return names
end

-- `block1_conv1/kernel`, `block1_conv1/kernel:0` and `model/block1_conv1/kernel` → layer and slot.
local function parts_of(name)
  local layer, slot = name:gsub(":%d+$", ""):match "([^/]+)/([^/]+)$"
  return layer, slots[slot]
end

-- The keys that a table gives for the names of a file; nil where it lacks a layer, or the graph a key.
local function keys_by(each, names, wanted)
  local keys = {}
  for _, name in ipairs(names) do
    local layer, slot = parts_of(name)
    local ours = layer and slot and each.layers[layer]
    local key = ours and ours .. "." .. slot
    if not key or not wanted[key] then return nil end
    keys[name] = key
  end
  return keys
end

local function gives_all(keys, wanted)
  local given = {}
  for _, key in pairs(keys) do given[key] = true end
  for key in pairs(wanted) do
    if not given[key] then return false end
  end
  return true
end

--- The table that gives all names of a file a key of the graph and all keys a name, and these keys.
---@param names string[] of the file
---@param wanted table<string, any> keys of the graph
---@return table? network name, layers, flattened
---@return table<string, string>? keys
function M.recognise(names, wanted)
  for _, each in ipairs(tables) do
    local keys = keys_by(each, names, wanted)
    if keys and gives_all(keys, wanted) then return each, keys end
  end
end

--- A tensor of Keras as PyTorch has it.
---@param tensor orrery.Tensor
---@param flattened? integer[] channels, height, width
---@return orrery.Tensor
function M.turned(tensor, flattened)
  if #tensor.shape == 4 then return tensor:permute(3, 2, 0, 1) end
  if #tensor.shape ~= 2 then return tensor end
  if not flattened then return tensor:t() end
  local channels, height, width = unpack(flattened)
  return tensor:reshape(height, width, channels, tensor.shape[2]):permute(3, 2, 0, 1):flatten(1)
end

local function refuse(path)
  core.fail("input_file",
    ("the names in '%s' are not those of a network of Keras that fits the graph"):format(path),
    ("Tables are there for %s. Keras' ResNet50 is not torchvision's: its strides lie in other convolutions.")
      :format(table.concat(M.networks(), ", ")))
end

-- What counts batches is PyTorch's alone, and keeps its number.
local function without_counters(state)
  local entries, wanted = {}, {}
  for _, entry in ipairs(state) do
    if not entry.key:find "num_batches_tracked$" then
      entries[#entries + 1] = entry
      wanted[entry.key] = true
    end
  end
  return entries, wanted
end

--- Copies the weights of a file that was saved from Keras.
---@param state orrery.Entry[]
---@param path string
---@param options orrery.WeightOptions prefix; others have no meaning here
---@return { missing: string[], unexpected: string[] }
function M.load(state, path, options)
  for key in pairs(options) do
    if key ~= "map" and key ~= "prefix" then
      core.fail("usage", ("load_weights: %s has no meaning beside map = 'keras'"):format(tostring(key)))
    end
  end
  local tensors, names = core.engine().load_tensors(path, options.prefix), {}
  for name in pairs(tensors) do names[#names + 1] = name end
  local entries, wanted = without_counters(state)
  local network, keys = M.recognise(names, wanted)
  if not network then refuse(path) end
  local dict = {}
  for name, key in pairs(keys) do
    local layer = parts_of(name)
    dict[key] = M.turned(tensors[name], network.flattened[layer])
  end
  return state_dict.copy(entries, dict)
end

return M
