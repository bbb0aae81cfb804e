--- Makes the manager of a graph that was read from VizML's JSON: its data, first values, optimizers, savers.

local core = require "orrery.core"

-- The names of MNIST's files, as its makers gave them.
local mnist_files = { [true] = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte" },
  [false] = { "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" } }

local function from_folder(folder, path)
  return (path:sub(1, 1) == "/" or folder == "") and path or folder .. "/" .. path
end

local function file_in(folder, name)
  for _, ending in ipairs { "", ".gz" } do
    if core.exists(folder .. "/" .. name .. ending) then return folder .. "/" .. name .. ending end
  end
  core.fail("input_file", ("there is no '%s' in '%s', nor '%s.gz'"):format(name, folder, name),
    "An MNIST node reads the four IDX files of a folder: its own path, or data=FOLDER.")
end

-- As VizML does: all batches are equally large.
local function largest_divisor(length, most)
  for size = math.min(most, length), 2, -1 do
    if length % size == 0 then return size end
  end
  return 1
end

local function digits(options, folder, given)
  local data = require "orrery.data"
  local function open(batch)
    local where = given.data or options.path and from_folder(folder, options.path)
    local split = options.train and "train" or "test"
    if not where then return data.fashion_mnist { split = split, batch = batch } end
    local names = mnist_files[options.train]
    return data.idx { images = file_in(where, names[1]), labels = file_in(where, names[2]), classes = 10,
      batch = batch }
  end
  return open(largest_divisor(#open(1), given.batch or options.max_batch_size))
end

-- What a node's tensor begins with.
local tensors = {}

function tensors.ImageTensor(options, folder)
  local orrery = require "orrery"
  local image = orrery.load_image(from_folder(folder, options.path)):unsqueeze(0)
  if not options.imsize then return image end
  local size = options.imsize
  return orrery.nn.functional.interpolate(image, { size = size, mode = "bilinear", antialias = true })
end

function tensors.SavedTensor(options, folder)
  local _, tensor = next(core.engine().load_tensors(from_folder(folder, options.path)))
  return tensor
end

function tensors.RandomTensor(options) return core.engine().randn(options.size) end

function tensors.ConstantTensor(options) return core.engine().full(options.size, options.value) end

-- What feeds the input.
local function source_of(tensor, folder, given)
  if tensor.kind == "MNIST" then return digits(tensor.options, folder, given) end
  for _, name in ipairs { "data", "batch" } do
    if given[name] then
      core.fail("usage", ("import: %s is for an MNIST node, and the input is %s"):format(name, tensor.kind))
    end
  end
  local first = tensors[tensor.kind](tensor.options, folder)
  local field = tensor.kind == "ImageTensor" and "image" or "tensor"
  return require("orrery.data").tensors { [field] = first, batch = first:size(0) }
end

-- Constants whose numbers stand in files or in the nodes; the others were drawn with the layers.
local function fill_constants(run, folder)
  local orrery = require "orrery"
  for _, tensor in ipairs(run.tensors) do
    local first
    if tensor.parameter and tensor.kind == "Normalize" then
      first = orrery.tensor(tensor.numbers):view(-1, 1, 1)
    elseif tensor.parameter and (tensor.kind == "ImageTensor" or tensor.kind == "SavedTensor") then
      first = tensors[tensor.kind](tensor.options, folder)
    end
    if first then
      local data = tensor.parameter.data
      orrery.no_grad(function() data:copy_(first) end)
    end
  end
end

-- Of layers that were imported under names of that file; without such, under the graph's own.
local function load_weights(graph, run, file)
  local orrery = require "orrery"
  if next(run.imported) == nil then return orrery.load_weights(graph, file) end
  local map, wanted = {}, {}
  for name, key in pairs(run.imported) do
    map[name .. "."], wanted[key] = key .. ".", name
  end
  local missing = {}
  for _, key in ipairs(orrery.load_weights(graph, file, { strict = false, map = map }).missing) do
    local name = wanted[key:match "^(.*)%.[^.]*$"]
    if name then missing[#missing + 1] = name .. key:match "%.[^.]*$" end
  end
  if missing[1] then
    table.sort(missing)
    core.fail("input_file", ("'%s' lacks tensors that the graph imports: %s"):format(file,
      table.concat(missing, ", ")))
  end
end

local function optimizer_of(update)
  local options, updated = { loss = update.loss }, {}
  for name, value in pairs(update.options) do options[name] = value end
  for _, list in ipairs { update.leaves, update.parameters } do
    for _, each in ipairs(list) do updated[#updated + 1] = each end
  end
  return require("orrery.optim")[update.kind](updated, options)
end

local function savers_of(graph, run)
  local savers = {}
  for at, saved in ipairs(run.saved) do
    savers[at] = core.saver(saved.path, { values = { image = saved.value } })
  end
  local path = run.manager.model_save_path
  if path and path ~= "" then
    local is_file = path:find "%.safetensors$"
    if not is_file then path = ("%s/%s.safetensors"):format((path:gsub("/+$", "")), graph.name) end
    savers[#savers + 1] = core.saver(path)
  end
  return savers[1] and savers or nil
end

--- The manager that the graph's own Manager node asks for; nil where it has none.
---@param graph orrery.Graph from `core.read_vizml`
---@param folder string where the paths of its nodes begin
---@param given { weights?: string, data?: string, batch?: integer }
---@return orrery.Manager?
return function(graph, folder, given)
  local run = core.vizml_run(graph)
  fill_constants(run, folder)
  if given.weights then load_weights(graph, run, given.weights) end
  if not run.manager then return nil end
  local optimizers = {}
  for at, update in ipairs(run.updates) do optimizers[at] = optimizer_of(update) end
  return core.manager(graph, { train = source_of(run.tensors[1], folder, given),
    optimizers = optimizers[1] and optimizers or nil, savers = savers_of(graph, run),
    epochs = run.manager.epochs, device = run.manager.device_name })
end
