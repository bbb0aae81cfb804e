-- Savers of what a graph computes.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local refusal = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local function path(name) return child.folder .. "/" .. name end

-- The line below which it is called, for messages that name lines.
local function line() return debug.getinfo(2, "l").currentline end

local function keys(tensors)
  local names = {}
  for name in pairs(tensors) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local points = orrery.arange(12, { dtype = "float32" }):view(6, 2) / 12

-- A graph with a hidden layer y and its Gram matrix, over 6 points in batches of 4 and 2.
local function small()
  orrery.manual_seed(1)
  local g = orrery.graph "small"
  local x = g:input(data.tensors { x = points, batch = 4 })
  local y = nn.Linear(2, 3, { name = "fc" })(x)
  local gram = y:transpose(0, 1):matmul(y)
  local loss = (gram - 1):pow(2):mean()
  local function manager(options)
    options.optimizer = optim.SGD(g:parameters(), { lr = 0.05, loss = loss })
    options.history, options.progress = false, false
    return orrery.manager(g, options), options.optimizer
  end
  return { g = g, x = x, y = y, gram = gram, loss = loss, manager = manager }
end

local last = { x = points:narrow(0, 4, 2) }

TestSaverValues = {}

function TestSaverValues:test_are_what_manager_evaluate_gives_for_the_last_batch()
  local net = small()
  local wanted = { gram = net.gram, hidden = net.y, x = net.x }
  local manager = net.manager { epochs = 2,
    saver = orrery.saver(path "values.safetensors", { values = wanted }) }
  local summary = manager:run()
  lu.assertEquals(summary.files, { path "values.safetensors" })
  local written = orrery.load_tensors(path "values.safetensors")
  lu.assertEquals(keys(written), { "gram", "hidden", "x" })
  for name, tensor in pairs(manager:evaluate(wanted, last)) do
    lu.assertTrue(written[name]:equal(tensor), name)
  end
  lu.assertTrue(written.x:equal(last.x))
end

function TestSaverValues:test_are_named_by_their_paths_in_a_list()
  local net = small()
  net.manager { saver = orrery.saver(path "list.safetensors", { values = { net.y, net.gram } }) }:run()
  lu.assertEquals(keys(orrery.load_tensors(path "list.safetensors")), { "fc", net.gram.path })
end

function TestSaverValues:test_of_layers_are_what_they_compute_and_what_stands_for_their_weights()
  local net = small()
  net.manager { savers = { orrery.saver(path "computed.safetensors", { values = net.y }),
    orrery.saver(path "weights.safetensors", { what = net.y }) } }:run()
  lu.assertEquals(orrery.load_tensors(path "computed.safetensors").fc.shape, { 2, 3 })
  lu.assertEquals(keys(orrery.load_tensors(path "weights.safetensors")), { "fc.bias", "fc.weight" })
end

function TestSaverValues:test_are_one_tensor_for_several_readers()
  local net = small()
  local shared = net.gram:relu()
  for _, name in ipairs { "tanh", "exp", "sigmoid" } do net.g:output(shared[name](shared)) end
  local manager = net.manager { saver = orrery.saver(path "shared.safetensors", { values = { s = shared } }) }
  lu.assertEquals(net.g:check(), {})
  manager:run()
  local written = orrery.load_tensors(path "shared.safetensors")
  lu.assertTrue(written.s:equal(manager:evaluate({ s = shared }, last).s))
end

function TestSaverValues:test_are_written_every_so_many_epochs_and_at_the_end()
  local net = small()
  net.manager { epochs = 3, saver = orrery.saver(path "every-{epoch}-{loss:.1f}.safetensors",
    { values = net.gram, every = 2 }) }:run()
  local _, listed = child.shell "ls every-*"
  lu.assertStrMatches(listed, "every%-2%-[%d.]+%.safetensors\nevery%-3%-[%d.]+%.safetensors\n")
end

function TestSaverValues:test_are_processed_and_written_for_numpy()
  local net = small()
  local shape
  net.manager { saver = orrery.saver(path "row.npy", { values = net.gram, process = function(t)
    shape = t.shape
    t:zero_()
    return t:sum(0)
  end }) }:run()
  lu.assertEquals(shape, { 3, 3 })
  lu.assertEquals(#core.read_file(path "row.npy"), 128 + 3 * 4)
end

function TestSaverValues:test_become_images_as_leaves_do()
  local g = orrery.graph "paint"
  local x = g:input(data.tensors { x = orrery.zeros(2, 3, 2, 2), batch = 2 })
  local picture = g:parameter("picture", { 1, 3, 2, 2 }, { init = "zeros" })
  local loss = ((picture - 2) * (picture - 2) + x * 0):mean()
  local saver = orrery.saver(path "half.png", { values = picture * 0.5, mean = 0.25, std = 0.25 })
  orrery.manager(g, { optimizer = optim.SGD({ picture }, { lr = 6, loss = loss }), saver = saver, epochs = 1,
    history = false, progress = false }):run()
  -- One step leads from 0 to 6 · 2 · 2 / 12 = 2, whose half is 1 · 0.25 + 0.25 of white.
  local pixels = orrery.load_image(path "half.png", { dtype = "uint8" })
  lu.assertEquals(pixels:tolist()[1], { { 128, 128 }, { 128, 128 } })
end

function TestSaverValues:test_are_written_when_a_loop_by_hand_ends()
  local net = small()
  local manager, optimizer = net.manager {
    saver = orrery.saver(path "hand.safetensors", { values = { gram = net.gram } }) }
  for batch in manager:batches() do optimizer:step(manager:forward(batch).loss) end
  lu.assertTrue(orrery.load_tensors(path "hand.safetensors").gram:equal(
    manager:evaluate({ gram = net.gram }, last).gram))
end

function TestSaverValues:test_are_of_the_first_batch_when_no_step_was_made()
  local net = small()
  local manager
  manager = net.manager { saver = orrery.saver(path "none.safetensors", { values = { y = net.y } }),
    validate = data.tensors { x = points, batch = 5 },
    callbacks = { train_start = function() manager:stop() end } }
  lu.assertEquals(manager:run().steps, 0)
  lu.assertEquals(orrery.load_tensors(path "none.safetensors").y.shape, { 4, 3 })
end

function TestSaverValues:test_are_not_written_in_a_fast_dev_run()
  local net = small()
  net.manager { fast_dev_run = true, saver = orrery.saver(path "dev.safetensors", { values = net.y }) }:run()
  lu.assertNil(child.read "dev.safetensors")
end

TestRefusedSaverValues = {}

local function saver(options, file)
  local made = orrery.saver(file or "x.safetensors", options)
  return made
end

function TestRefusedSaverValues:test_are_no_values()
  local net = small()
  local text, fault = refusal(saver, { values = 3 })
  lu.assertEquals(fault, "usage")
  lu.assertStrContains(text, "saver: values: expected Values, got a number")
  lu.assertStrContains((refusal(saver, { values = { y = "y" } })), "expected Values, got a string")
  lu.assertStrContains((refusal(saver, { values = {} })), "expected Values, got an empty table")
  lu.assertStrContains((refusal(saver, { value = net.y })), "did you mean 'values'?")
end

function TestRefusedSaverValues:test_are_several_where_one_is_written_or_weights_too()
  local net = small()
  lu.assertStrContains((refusal(saver, { values = { a = net.y, b = net.gram } }, "x.npy")),
    "a NumPy file holds one tensor, and the saver of x.npy has 2 values: a, b, …\n"
    .. "  Make a saver for each, or write a .safetensors.")
  lu.assertStrContains((refusal(saver, { values = { net.y, net.y } })),
    "the saver of x.safetensors has two values called 'fc'")
  lu.assertStrContains((refusal(saver, { what = "fc", values = net.gram })),
    "both what and values are given to the saver of x.safetensors")
end

function TestRefusedSaverValues:test_are_no_image()
  local net = small()
  local here = line() + 1
  local manager = net.manager { saver = orrery.saver("x.png", { values = net.gram:sum() }) }
  local text, fault = refusal(function() manager:run() end)
  lu.assertEquals(fault, "check")
  lu.assertStrContains(text, (":%d: the saver of x.png cannot write sum as an image: expected (C, H, W) "
    .. "with one or three channels, (H, W), or a batch (N, C, H, W), got () float32"):format(here))
  lu.assertStrContains(text, "Give the saver process = function(t) … end")
  lu.assertEquals(net.g:check()[1].code, "saver-value-no-image")
end

function TestRefusedSaverValues:test_are_of_another_graph()
  local other, net = small(), small()
  local manager = net.manager { saver = saver { values = other.y } }
  lu.assertStrContains((refusal(function() manager:run() end)),
    "Saver of graph 'small' writes fc, which belongs to")
end

local function in_a_loop()
  local g = orrery.graph "steps"
  local x = g:input(data.tensors { x = orrery.ones(3, 2), batch = 3 })
  local fc, inside = nn.Linear(2, 2), nil
  local h = orrery.scan(function(h, slice)
    inside = (fc(slice) + h):tanh()
    return inside, inside
  end, g:zeros(2), x)
  local optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = h:sum() })
  local function manager(value)
    return orrery.manager(g, { optimizer = optimizer, saver = saver({ values = value }, path "h.npy"),
      history = false, progress = false })
  end
  return manager, inside, h
end

function TestRefusedSaverValues:test_are_computed_anew_in_each_step_of_a_loop()
  local manager, inside = in_a_loop()
  local refused = manager(inside)
  lu.assertStrContains((refusal(function() refused:run() end)),
    "which is computed anew in each step of the loop scan\n  Return it from the loop's function")
end

function TestRefusedSaverValues:test_are_computed_in_a_loop_of_a_graph_that_has_run()
  local manager, inside, h = in_a_loop()
  manager(h):run()
  lu.assertEquals(#core.read_file(path "h.npy"), 128 + 2 * 4)
  local refused = manager(inside)
  local text = refusal(function() refused:run() end)
  lu.assertStrContains(text, "which is computed anew in each step of the loop scan")
end

function TestRefusedSaverValues:test_of_what_that_holds_no_weights_are_told_of_values()
  local net = small()
  local manager = net.manager { saver = saver { what = net.gram } }
  local text = refusal(function() manager:run() end)
  lu.assertStrContains(text, "has nothing to write")
  lu.assertStrContains(text, "What is computed is written by values = { … }.")
end

child.finish(lu.LuaUnit.run())
