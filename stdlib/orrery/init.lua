--- Orrery: script, check, train, profile and draw neural networks.
---
---     local orrery = require "orrery"
---     local g = orrery.graph "digits"
---
--- Nothing here is global, and nothing needs the engine before the first tensor, training or saving.

local core = require "orrery.core"

-- Errors and nodes name the script's own lines: the files beside this one are not the script's.
core.add_library((debug.getinfo(1, "S").source:gsub("init%.lua$", "")))

---@class orrery
local M = {
  nn = require "orrery.nn",
  optim = require "orrery.optim",
  data = require "orrery.data",
  metrics = require "orrery.metrics",
  models = require "orrery.models",
  config = require "orrery.config",
  graph = core.graph,
  diff = core.diff,
  manager = core.manager,
  saver = core.saver,
  history = require "orrery.history",
  operations = core.operations,
  transform = core.make_transform,
  seed = core.seed,
  manual_seed = core.seed,
  version = core.version().orrery,
}

--- Draws a graph into a file; its ending tells the format: pdf, svg, png or another.
---
---     orrery.render(g, "digits.pdf", { fuse = true, collapse = "encoder/*", theme = "paper" })
---     orrery.render(g, "cost.pdf", { overlay = "forward", run = "last" })
---
---@param graph orrery.Graph
---@param path string
---@param options? orrery.RenderOptions
function M.render(graph, path, options)
  return require("orrery.drawing").render(graph, path, options or {})
end

--- Writes a graph as source code, as data or as a model of ONNX, as `orrery export` does; the file's ending
--- tells what, or `to`: "pytorch", "keras", "lua", "onnx", "json", "vizml" or "dot".
---
---     orrery.export(g, "digits.py")
---     orrery.export(g, "digits.onnx")
---
--- Of ONNX, which has the weights as they are now, `opset` is the version of its operators (13 to 22, by
--- default 18); with `weights = "beside"` they stand in `<path>.data`. What the other side cannot say is
--- refused, all of it at once.
---@param graph orrery.Graph
---@param path string
---@param options? { to?: string, opset?: integer, weights?: "inside"|"beside" }
function M.export(graph, path, options) return require("orrery.export").write(graph, path, options) end

--- The graph of a file: Orrery's JSON, VizML's, a model of ONNX or Keras, a program of torch.export, or a
--- saved model's, by what it holds. A graph of VizML that has a Manager comes with it.
---
---     local g = orrery.import "net.json"
---     local g, manager = orrery.import("mnist.json", { data = "mnist" })
---     manager:run()
---
--- `weights` is a file of the weights it begins with: those of VizML's layers with an `import_layer` under
--- that name, others under the graph's own. `data` is the folder of the IDX files of an MNIST node, `batch`
--- replaces its `max_batch_size`.
---@param path string
---@param options? orrery.ImportOptions
---@return orrery.Graph graph, orrery.Manager? manager
function M.import(path, options) return require "orrery.import"(path, options) end

--- Plots curves into a file; its ending tells the format: pdf, svg or png. NaN makes a gap.
---
---     orrery.plot("loss.pdf", { x = "epoch", y = { label = "loss", log = true }, series = {
---       { name = "training", y = { 2.3, 0.9, 0.4, 0.3 } },
---       { name = "validation", y = { 2.4, 1.1, 0.8 }, lower = { 2.2, 1, 0.6 }, upper = { 2.6, 1.3, 1.1 } },
---     } })
---
--- `smooth` draws a moving average over the numbers, `panels` several plots under each other with one x axis.
---@param path string
---@param options orrery.PlotOptions
function M.plot(path, options) return require "orrery.plot"(path, options) end

--- A loop over dimension 0 of `xs`, whose length may be a symbol: `fn(carry, x)` gets what the step before
--- returned as its carry and one slice of `xs`, and returns the next carry and a `y`. The last carry comes
--- back, and every y, stacked. As jax.lax.scan; gradients flow through all steps.
---
---     local h, hs = orrery.scan(function(h, x)
---       h = (wx(x) + wh(h)):tanh()
---       return h, h
---     end, h0, xs)
---
--- `carry`, `x` and `y` are each one value, or a table of values (a list, or with names; tables inside are
--- allowed); `y` may be nil. A carry keeps its shape and dtype. On values the function is called once, and
--- what it makes becomes a block of the graph, called `name`; what depends on neither carry nor `x` is
--- computed once, but for random draws. On tensors it is called for each slice, and the layers that it makes
--- in the first step serve the others. Without a slice the carry comes back as it is and the stacks are
--- empty; on tensors the function is then tried on zeros, to learn their shapes.
---@generic Carry
---@param fn fun(carry: Carry, x: any): Carry, any
---@param carry Carry what the first step gets
---@param xs any values or tensors of one length along dimension 0
---@param options? { name?: string, reverse?: boolean } the block's name; `reverse` begins with the last slice
---@return Carry carry
---@return any ys
function M.scan(fn, carry, xs, options)
  return require("orrery.scan").scan(fn, carry, xs, options)
end

--- Begins a run of the history that no manager trains: what is logged to it stands beside the managers' runs,
--- with the script, its config and the state of its repository. A run that is open when the script ends has
--- ended as the script did.
---
---     local run = orrery.run { name = "bandit", config = { epsilon = 0.1 }, tags = { "baseline" } }
---     for step = 1, 100 do run:log { reward = play() } end
---     run:artifact "arms.csv"
---     run:finish()
---
--- `config` is that of `orrery.config` unless another is given.
---@param options? orrery.RunOptions
---@return orrery.Run
function M.run(options)
  local rest, config = options, nil
  if type(options) == "table" and options.config ~= nil then
    rest = {}
    for key, value in pairs(options) do rest[key] = value end
    config, rest.config = core.json(options.config), nil
  end
  return core.run(rest, config)
end

local owners = { Module = true, Model = true, Layer = true, BlockFunction = true }

-- Several of them by name: their keys begin with the names, in alphabetical order.
local function state_of_several(named)
  local names, entries = {}, {}
  for name in pairs(named) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    for _, entry in ipairs(named[name]:state()) do
      entries[#entries + 1] = { key = name .. "." .. entry.key, parameter = entry.parameter }
    end
  end
  return entries
end

-- Modules and models are tables to the engine, which knows their state.
local function owner(what)
  local kind = getmetatable(what)
  if kind == "Module" or kind == "Model" then return what:state() end
  if type(what) ~= "table" or kind ~= nil then return what end
  local name, first = next(what)
  return type(name) == "string" and owners[getmetatable(first)] and state_of_several(what) or what
end

--- Writes the weights of a graph, block, layer or module, and with a graph its structure, as one
--- safetensors file; of several modules under the names of a table.
---
---     orrery.save(g, "digits.safetensors")
---     orrery.save({ generator = netG, discriminator = netD }, "gan.safetensors")
---
---@param what orrery.Graph|orrery.Block|orrery.BlockFunction|orrery.Layer|orrery.Module|table
---@param path string
---@param options? table
function M.save(what, path, options)
  core.end_if_checking "orrery.save"
  return core.engine().save(owner(what), path, options)
end

local of_a_part = { from = true, to = true, trainable = true, name = true }

--- The graph that `orrery.save` wrote, or of a `.onnx`, `.pt2`, `.keras` or `.h5`, with its weights. With
--- `from`, `to`, `trainable` or `name` it is a block function, which builds the model, or the part of it from
--- one block or node to others, in the graph of the values that it is called with; `to` may be a list, whose
--- values it gives one after the other; with `trainable = false` the part is frozen.
---
---     local trunk = orrery.load("vgg.safetensors", { to = { "relu1", "relu3" }, trainable = false })
---     local low, high = trunk(image)
---
--- `transforms` gives the script's own functions that the model has, by name. Of a model of ONNX (`.onnx`)
--- `shapes` gives inputs other sizes than the file tells, and `values` those inputs that decide sizes:
---
---     local g = orrery.load("net.onnx", { shapes = { image = { "N", 3, 224, 224 } },
---       values = { size = { 2, 3 } } })
---
---@param path string
---@param options? orrery.LoadOptions
---@return orrery.Graph|orrery.Loaded
function M.load(path, options, ...)
  options = options or {}
  if type(path) ~= "string" or type(options) ~= "table" then
    return require "orrery.named_weights".load(owner(path), options, ...)
  end
  local whole, part = {}, {}
  for key, value in pairs(options) do (of_a_part[key] and part or whole)[key] = value end
  local graph
  local reader = path:find "%.pt2$" and "pt2_graph" or (path:find "%.keras$" or path:find "%.h5$"
    or path:find "%.hdf5$") and "keras_graph"
  if reader then
    local odd = next(whole)
    if odd then
      core.fail("usage", ("load: a %s takes no option '%s'"):format(
        reader == "pt2_graph" and "program of torch.export" or "model of Keras", odd))
    end
    graph = core[reader](path)
  else
    graph = path:find "%.onnx$" and core.import_onnx(path, whole) or core.engine().load(path, whole)
  end
  return next(part) ~= nil and require "orrery.loaded"(graph, part) or graph
end

--- Copies the weights of a file (safetensors, a set's index.json, PyTorch's .pt, .pth or .pt2, .npz, a whole
--- model of Keras) into a graph, block, layer or module, or into a table of them. `prefix` chooses a part of
--- the file, whose keys then lack it: `model` of a checkpoint, `module` of what a DataParallel saved. `map`
--- renames what the file's keys begin with, the longest prefix once; `"keras"` stands for Keras' names.
--- Without it older and other names that torchvision and Hugging Face have for the same tensors are known
--- (docs/weights.md), and a `.keras` or `.h5` goes by the keys of its own graph.
--- `match` loads only those keys of the graph that fit a pattern or one of a list (`*` any characters, `?`
--- one); `transpose` names keys in the same way whose matrices the file keeps turned over; with
--- `strict = false` what is missing and unexpected is returned, not refused.
---
---     orrery.load_weights(g, "backbone.safetensors",
---       { strict = false, match = "features.*", map = { ["backbone."] = "" } })
---     orrery.load_weights(g, "checkpoint.pt", { prefix = "model" })
---
---@param what orrery.Graph|orrery.Block|orrery.BlockFunction|orrery.Layer|orrery.Module|table
---@param path string
---@param options? orrery.WeightOptions
---@return { missing: string[], unexpected: string[] }
function M.load_weights(what, path, options)
  return require "orrery.named_weights".load(owner(what), path, options)
end

local engine_functions = {}
for _, name in ipairs(require "orrery.engine_functions") do
  engine_functions[name] = true
end

-- `orrery.linalg.inv(x)` is the operation `linalg_inv`, as in PyTorch; what is not there may be an
-- operation of the plain name, such as `cross`.
local function operations_called(prefix)
  return setmetatable({}, {
    __index = function(group, name)
      local whole = prefix .. tostring(name)
      local found = core.transform(whole) or core.transform(tostring(name))
      if engine_functions[whole] then found = core.engine()[whole] end
      if not found then
        local names = {}
        for _, operation in ipairs(core.operations()) do
          names[#names + 1] = operation.name:match("^" .. prefix .. "(.+)")
        end
        core.fail("usage", ("orrery.%s has no '%s'%s"):format(prefix:sub(1, -2), tostring(name),
          core.nearest(tostring(name), names)))
      end
      group[name] = found
      return found
    end,
  })
end

M.linalg = operations_called "linalg_"
M.fft = operations_called "fft_"
-- `x[{orrery.newaxis, {}}]`: a new dimension of size 1.
M.newaxis = "newaxis"

local function known_names()
  local names = {}
  for name in pairs(M) do names[#names + 1] = name end
  for name in pairs(engine_functions) do names[#names + 1] = name end
  for _, operation in ipairs(core.operations()) do
    if operation.kind == "transform" then names[#names + 1] = operation.name end
  end
  return names
end

-- Operations (`orrery.cat`) and what the engine brings (`orrery.zeros`), when first asked for.
local function find(_, name)
  local found = type(name) == "string" and core.transform(name)
  if not found and engine_functions[name] then
    found = core.engine()[name]
  end
  if found == nil or found == false then
    local hint = core.nearest(tostring(name), known_names())
    core.fail("usage", ("orrery has no '%s'%s"):format(tostring(name), hint),
      "LibTorch's own operators are methods of tensors, t:max(), and functions of orrery.aten.")
  end
  M[name] = found
  return found
end

return setmetatable(M, { __index = find })
