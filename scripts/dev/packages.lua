-- Nets of others, for check_packages.py, which puts each beside its inputs: FOLDER/name.onnx or name.pt, and
-- FOLDER/name.in.safetensors. Writes what Orrery computes (name.out), draws the net (name.png), trains it a
-- few steps and writes what it computes then (name.tuned), and exports it as tuned: ONNX, PyTorch, Keras.
--
--     orrery run scripts/dev/packages.lua folder=DIR only=NAME
local orrery = require "orrery"
local nn, F = orrery.nn, orrery

local config = orrery.config { folder = "", only = "" }
local function path(ending) return ("%s/%s%s"):format(config.folder, config.only, ending) end

-- The three nets of MTCNN, as facenet-pytorch names their layers.
local function conv(x, at, from, to, kernel)
  x = nn.Conv2d(from, to, kernel, { name = "conv" .. at })(x)
  return nn.PReLU(to, { name = "prelu" .. at })(x)
end

local function pool(x, size) return nn.MaxPool2d(size, 2, { ceil_mode = true })(x) end

local function dense(x, at, from, to)
  x = nn.Linear(from, to, { name = "dense" .. at })(x:permute { 0, 3, 2, 1 }:flatten(1))
  return nn.PReLU(to, { name = "prelu" .. at })(x)
end

local function head(x, at, from, to) return nn.Linear(from, to, { name = "dense" .. at })(x) end

local mtcnn = {}

function mtcnn.pnet(x)
  x = pool(conv(x, 1, 3, 10, 3), 2)
  x = conv(conv(x, 2, 10, 16, 3), 3, 16, 32, 3)
  local face = nn.Conv2d(32, 2, 1, { name = "conv4_1" })(x):softmax(1)
  return nn.Conv2d(32, 4, 1, { name = "conv4_2" })(x), face
end

function mtcnn.rnet(x)
  x = pool(conv(x, 1, 3, 28, 3), 3)
  x = conv(pool(conv(x, 2, 28, 48, 3), 3), 3, 48, 64, 2)
  x = dense(x, 4, 576, 128)
  local face = head(x, "5_1", 128, 2):softmax(1)
  return head(x, "5_2", 128, 4), face
end

function mtcnn.onet(x)
  x = pool(conv(x, 1, 3, 32, 3), 3)
  x = pool(conv(x, 2, 32, 64, 3), 3)
  x = conv(pool(conv(x, 3, 64, 64, 3), 2), 4, 64, 128, 2)
  x = dense(x, 5, 1152, 256)
  local face = head(x, "6_1", 256, 2):softmax(1)
  return head(x, "6_2", 256, 4), head(x, "6_3", 256, 10), face
end

-- Silero's net by hand, with the names of its .safetensors file; below, those of its TorchScript archive.
local function silero_net(g)
  local input, state = g:input { input = { shape = { 576 } },
    state = { shape = { 2, "N", 128 }, batch = false } }
  local x = input:pad({ 0, 64 }, "reflect"):unsqueeze(1)
  x = nn.Conv1d(1, 258, 256, { stride = 128, bias = false, name = "stft_conv" })(x)
  x = (x:narrow(1, 0, 129):square() + x:narrow(1, 129, 129):square()):sqrt()
  for at, sizes in ipairs { { 129, 128, 1 }, { 128, 64, 2 }, { 64, 64, 2 }, { 64, 128, 1 } } do
    local options = { stride = sizes[3], padding = 1, name = "conv" .. at }
    x = nn.Conv1d(sizes[1], sizes[2], 3, options)(x):relu()
  end
  local h, c = nn.LSTMCell(128, 128, { name = "lstm_cell" })(x:squeeze(-1), state:select(0, 0),
    state:select(0, 1))
  x = nn.Conv1d(128, 1, 1, { name = "final_conv" })(h:unsqueeze(-1):relu()):sigmoid()
  return x:squeeze(1):mean { 1 }:unsqueeze(1):named "output", F.stack({ h, c }, 0):named "stateN"
end

local weights = {
  silero_vad_safetensors = { ending = ".safetensors" },
  silero_vad_jit = { ending = ".jit", options = { prefix = "_model", map = {
    ["stft.forward_basis_buffer"] = "stft_conv.weight", ["decoder.rnn"] = "lstm_cell",
    ["encoder.0.reparam_conv"] = "conv1", ["encoder.1.reparam_conv"] = "conv2",
    ["encoder.2.reparam_conv"] = "conv3", ["encoder.3.reparam_conv"] = "conv4",
    ["decoder.decoder.2"] = "final_conv" } } },
}

-- What orrery.load is told of a file, and which output a carried input gets in the next step.
local function silero(rate, samples)
  return { options = { values = rate and { sr = rate },
    shapes = { input = { "N", samples }, state = { 2, "N", 128 } } }, carried = { state = "stateN" } }
end

local files = {
  magika = {},
  silero_vad = silero(16000, 576),
  silero_vad_8k = silero(8000, 288),
  silero_vad_16k_op15 = silero(16000, 576),
  silero_vad_half = silero(nil, 576),
  silero_vad_op18_ifless = silero(16000, 576),
  silero_vad_openvino_16k = { carried = { state = "stateN" } },
  silero_vad_16k_sequence = { carried = { h = "hn", c = "cn" } },
}

local inputs = orrery.load_tensors(path ".in.safetensors")

-- A net's outputs for one step after the other, by name and step.
local function computed(net, carried)
  local given, kept, steps = {}, {}, 0
  for name, tensor in pairs(inputs) do
    if carried[name] then given[name] = tensor
    elseif not name:find "^tune%." then steps = tensor.shape[1] end
  end
  for step = 1, steps do
    local fields = {}
    for _, name in ipairs(net.inputs) do fields[name] = given[name] or inputs[name][{ step - 1 }] end
    local out = net(fields)
    if #net.outputs == 1 then out = { [net.outputs[1]] = out } end
    for input, output in pairs(carried) do given[input] = out[output] end
    for name, tensor in pairs(out) do kept[("%s.%d"):format(name, step)] = tensor end
  end
  return kept
end

local function by_place(results)
  local named = {}
  for at, value in ipairs(results) do named["out_" .. at] = value end
  return named
end

-- Samples to train on, with their target.
local function samples()
  local data = {}
  for name, tensor in pairs(inputs) do
    local field = name:match "^tune%.(.*)"
    if field then data[field] = tensor end
  end
  return data
end

local losses_of = {}

function losses_of.magika(target, scores) return orrery.nll_loss(scores:log(), target) end

function losses_of.silero(target, speech) return F.binary_cross_entropy(speech:flatten(0), target) end

function losses_of.mtcnn(target, ...)
  local outputs = { ... }
  local loss = orrery.nll_loss(outputs[#outputs]:flatten(1):log(), target)
  for at = 1, #outputs - 1 do loss = loss + outputs[at]:pow(2):mean() end
  return loss
end

-- Trains a few steps on all samples at once; `apply` gives a graph's results for its fields by name.
local function tune(apply, loss_of)
  orrery.manual_seed(1)
  local g, data = orrery.graph(config.only), samples()
  local names, fields = {}, {}
  for name in pairs(data) do names[#names + 1] = name end
  table.sort(names, function(a, b) return (a == "target" and "~" or a) < (b == "target" and "~" or b) end)
  data.batch = data.target.shape[1]
  if data.batch == 1 then g:assume { N = 1 } end  -- of files that say so
  for at, value in ipairs { g:input(orrery.data.tensors(data)) } do fields[names[at]] = value end
  local results = { apply(fields, g) }
  local loss = loss_of(fields.target, unpack(results))
  g:output(unpack(results))
  local losses = {}
  orrery.manager(g, { history = false, epochs = 10, checkpoint = false,
    optimizer = orrery.optim.Adam(g:parameters(), { lr = 3e-4, loss = loss }),
    callbacks = { epoch_end = function(report) losses[#losses + 1] = report.train.loss end } }):run()
  print(("loss %.4f … %.4f"):format(losses[1], losses[#losses]))
  return g, results
end

-- What the tuned net computes for the samples, and the net in other forms.
local function export(g, results)
  orrery.save(g:compile(by_place(results))(samples()), path ".tuned.out.safetensors")
  orrery.save(g, path ".tuned.safetensors")
  orrery.export(g, path ".tuned.onnx")
  orrery.export(g, path ".py")
  local written, why = pcall(orrery.export, g, path ".keras.py", { to = "keras" })
  print(written and "Keras: written" or "Keras: " .. tostring(why):gsub("%s+", " "))
end

local function same_in_lua(g)
  orrery.export(g, path ".lua")
  print(dofile(path ".lua"):hash() == g:hash() and "Lua: the same graph" or "Lua: ANOTHER GRAPH")
end

-- One row of states for each sample stands behind the sizes that come first.
local function state_of(field) return field:permute { 1, 0, 2 } end

local function do_file(case)
  local file, options = path ".onnx", case.options or {}
  local g = orrery.load(file, options)
  orrery.save(computed(g:compile(), case.carried or {}), path ".out.safetensors")
  orrery.render(g, path ".png")
  same_in_lua(g)
  local part = { trainable = true, name = "net", values = options.values, shapes = options.shapes }
  local net = orrery.load(file, part)
  local function apply(fields, tuned)
    local given = {}
    for at, name in ipairs(net.inputs) do
      local field = fields[name] or tuned:constant(inputs[name])
      given[at] = fields[name] and (case.carried or {})[name] and state_of(field) or field
    end
    return net(unpack(given))
  end
  export(tune(apply, config.only == "magika" and losses_of.magika or losses_of.silero))
end

local function do_mtcnn(build)
  local g, size = orrery.graph(config.only), inputs["tune.x"].shape[3]
  local any_size = config.only == "pnet"
  local x = g:input { x = { shape = any_size and { 3, "H", "W" } or { 3, size, size } } }
  local results = { build(x) }
  g:output(unpack(results))
  orrery.load_weights(g, path ".pt")
  orrery.save(computed(g:compile(by_place(results)), {}), path ".out.safetensors")
  orrery.render(g, path ".png")
  same_in_lua(g)
  orrery.save(g, path ".read.safetensors")
  local function apply(fields) return orrery.load(path ".read.safetensors", { name = "net" })(fields.x) end
  export(tune(apply, losses_of.mtcnn))
end

local function do_weights(case)
  local g = orrery.graph(config.only)
  g:output(silero_net(g))
  orrery.load_weights(g, path(case.ending), case.options)
  orrery.save(computed(g:compile(), { state = "stateN" }), path ".out.safetensors")
  same_in_lua(g)
end

if mtcnn[config.only] then
  do_mtcnn(mtcnn[config.only])
elseif weights[config.only] then
  do_weights(weights[config.only])
else
  do_file(files[config.only])
end
