-- What is saved comes back; what cannot be written leaves nothing behind.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local line_model = require "line_model"
local refusal = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local program, shell = child.program, child.shell

local function path(name) return child.folder .. "/" .. name end

local function node(g, wanted)
  for _, value in ipairs(g:nodes()) do
    if value.path == wanted then return value end
  end
end

local function keys(tensors)
  local names = {}
  for name in pairs(tensors) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function network()
  local g = orrery.graph "net"
  local x, label = g:input(data.tensors {
    x = orrery.randn(6, 4), label = orrery.tensor({ 0, 1, 2, 0, 1, 2 }, { dtype = "int64" }), batch = 3 })
  local body = g:block("body", function(v) return nn.Linear(4, 8)(v):relu() end)
  local logits = nn.Linear(8, 3, { name = "head" })(body(x))
  local loss = nn.CrossEntropyLoss()(logits, label)
  return g, body, logits, loss
end

TestSave = {}

function TestSave:test_a_graph_comes_back_whole()
  local g, _, logits, loss = network()
  local manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
    epochs = 1, history = false, progress = false })
  manager:run()
  orrery.save(g, path "net.safetensors")
  lu.assertEquals(keys(orrery.load_tensors(path "net.safetensors")),
    { "body.linear.bias", "body.linear.weight", "head.bias", "head.weight" })
  local again = orrery.load(path "net.safetensors")
  lu.assertEquals(tostring(again):match "^%w+", "Graph")
  lu.assertEquals(#again:parameters(), 4)
  lu.assertTrue(again:parameters()[1]:equal(g:parameters()[1]))
  local code, out = shell(program .. " summary net.safetensors")
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "body")
  lu.assertNotNil(logits)
end

function TestSave:test_a_loaded_model_computes_as_the_saved_one()
  local g, _, logits, loss = network()
  local source = data.tensors {
    x = orrery.ones(4, 4), label = orrery.zeros(4, { dtype = "int64" }), batch = 4 }
  local function results(graph, value, number)
    local metrics = { value = orrery.metrics.mean(number) }
    local manager = orrery.manager(graph, { metrics = metrics, history = false })
    return manager:evaluate(source).value, manager:predict(value, source)
  end
  orrery.save(g, path "model.safetensors")
  local again = orrery.load(path "model.safetensors")
  local before, rows = results(g, logits, loss)
  local after, same = results(again, node(again, logits.path), node(again, loss.path))
  lu.assertEquals(after, before)
  lu.assertTrue(same:equal(rows))
end

function TestSave:test_a_block_a_layer_and_tensors()
  local _, body = network()
  orrery.save(body, path "body.safetensors")
  lu.assertEquals(keys(orrery.load_tensors(path "body.safetensors")), { "linear.bias", "linear.weight" })
  local fc = nn.Linear(2, 2)
  orrery.save(fc, path "fc.safetensors")
  local before = fc.weight:clone()
  orrery.no_grad(function() fc.weight:zero_() end)
  orrery.load(fc, path "fc.safetensors")
  lu.assertTrue(fc.weight:equal(before))
  orrery.save({ a = orrery.arange(3), b = orrery.ones(2, { dtype = "float64" }) }, path "tensors.safetensors")
  local read = orrery.load_tensors(path "tensors.safetensors")
  lu.assertEquals(read.a:tolist(), { 0, 1, 2 })
  lu.assertEquals(read.b.dtype, "float64")
end

function TestSave:test_a_block_that_only_computed_on_tensors()
  local block = orrery.graph("g"):block("b", function(x) return nn.Linear(2, 1)(nn.Linear(2, 2)(x)) end)
  lu.assertStrContains((refusal(orrery.save, block, path "b.safetensors")), "was not called yet")
  block(orrery.ones(1, 2))
  orrery.save(block, path "b.safetensors")
  lu.assertEquals(keys(orrery.load_tensors(path "b.safetensors")),
    { "linear.bias", "linear.weight", "linear_2.bias", "linear_2.weight" })
end

function TestSave:test_says_what_does_not_fit()
  local text, fault = refusal(function() orrery.save(3, path "x.safetensors") end)
  lu.assertEquals(fault, "usage")
  lu.assertStrMatches(text, ".*save_spec%.lua:%d+: save: expected a graph, a block or a layer, got a number")
  lu.assertStrContains((refusal(function()
    orrery.save({ orrery.zeros(1) }, path "x.safetensors")
  end)), "names as keys")
  lu.assertStrContains((refusal(function() orrery.save(nn.Linear(1, 1)) end)), "save: expected a path")
  text, fault = refusal(function() local _ = orrery.load(path "none.safetensors") end)
  lu.assertEquals(fault, "input_file")
  lu.assertStrContains(text, "none.safetensors")
  orrery.save({ a = orrery.zeros(1) }, path "weights.safetensors")
  text, fault = refusal(function() local _ = orrery.load(path "weights.safetensors") end)
  lu.assertEquals(fault, "input_file", text)
  text, fault = refusal(function() orrery.load(nn.Linear(1, 1), path "weights.safetensors") end)
  lu.assertEquals(fault, "input_file", text)
  lu.assertStrContains(text, "weight")
  local report = orrery.load(nn.Linear(1, 1), path "weights.safetensors", { strict = false })
  lu.assertEquals(report, { missing = { "weight", "bias" }, unexpected = { "a" } })
end

function TestSave:test_refuses_damaged_files()
  local g = network()
  orrery.save(g, path "whole.safetensors")
  local text = core.read_file(path "whole.safetensors")
  local function damaged(bytes)
    local file = assert(io.open(path "damaged.safetensors", "wb"))
    file:write(bytes)
    file:close()
    local message, fault = refusal(function() local _ = orrery.load(path "damaged.safetensors") end)
    lu.assertEquals(fault, "input_file", message)
    lu.assertStrContains(message, "damaged.safetensors")
  end
  for _, length in ipairs { 0, 4, 8, 100, #text - 1 } do damaged(text:sub(1, length)) end
  damaged(("\255"):rep(8) .. text:sub(9))
  damaged(text:sub(1, 8) .. "}" .. text:sub(10))
end

TestArtifacts = {}

local script = [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local function network(name)
  local g = orrery.graph(name)
  local x, target = g:input(data.tensors { x = orrery.zeros(4, 1), target = orrery.zeros(4, 1), batch = 2 })
  local y = nn.Linear(1, 1)(x)
  local loss = nn.MSELoss()(y, target)
  local optimizer = orrery.optim.SGD(g:parameters(), { loss = loss })
  return g, function(options)
    options.optimizer = optimizer
    return orrery.manager(g, options)
  end, y
end
]]

-- What the history lists: `run kind path`, in that order.
local function artifacts(text)
  shell "rm -f orrery.db*"
  child.write("artifacts.lua", script .. text)
  local code, _, err = shell(program .. " run artifacts.lua --no-progress")
  lu.assertEquals({ code, err }, { 0, "" })
  local query = "select r.name || ' ' || a.kind || ' ' || a.path as file from artifacts a "
    .. "join runs r using (run_id) where a.bytes > 0 and a.hash like 'xxh128:%' order by 1"
  local _, out = shell(('%s history sql "%s" --json'):format(program, query))
  local files = {}
  for file in out:gmatch '"([^"]- [^"]- [^"]-)"' do files[#files + 1] = file end
  return files
end

function TestArtifacts:test_of_a_run_are_what_its_script_wrote()
  lu.assertEquals(artifacts [[
    local g, manager = network "net"
    manager { name = "only", saver = orrery.saver("end.safetensors"), callbacks = {
      epoch_end = function() orrery.save(g, "epoch.safetensors") end } }:run()
    orrery.save(g, "after.safetensors")
    orrery.save({ a = orrery.zeros(2) }, "table.safetensors")
    orrery.save(g, "/dev/null")]],
    { "only weights after.safetensors", "only weights end.safetensors", "only weights epoch.safetensors",
      "only weights table.safetensors" })
end

function TestArtifacts:test_of_savers_of_values_are_no_weights()
  lu.assertEquals(artifacts [[
    local g, manager, y = network "net"
    manager { name = "only", savers = { orrery.saver("y.safetensors", { values = y }),
      orrery.saver("y.png", { values = y }) } }:run()]],
    { "only image y.png", "only values y.safetensors" })
end

function TestArtifacts:test_belong_to_the_last_run_of_their_graph()
  lu.assertEquals(artifacts [[
    local a, manage_a = network "a"
    local b, manage_b = network "b"
    orrery.save(a, "before.safetensors")
    local manager = manage_a { name = "first" }
    manager:run()
    manage_b { name = "other" }:run()
    orrery.save(a, "a.safetensors")
    orrery.save(b, "b.safetensors")
    manager:run()
    orrery.save(a, "again.safetensors")]],
    { "first weights a.safetensors", "first weights before.safetensors", "first-2 weights again.safetensors",
      "other weights b.safetensors" })
end

function TestArtifacts:test_have_drawings_among_them()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
  lu.assertEquals(artifacts [[
    local g, manager = network "net"
    orrery.render(g, "before.svg")
    for batch in manager { name = "loop" }:batches() do orrery.render(g, "within.svg") break end
    orrery.render(g, "after.svg")]],
    { "loop diagram after.svg", "loop diagram before.svg", "loop diagram within.svg" })
end

function TestArtifacts:test_are_not_listed_without_a_history()
  lu.assertEquals(artifacts [[
    local g, manager = network "net"
    manager { name = "kept" }:run()
    manager { history = false }:run()
    orrery.save(g, "net.safetensors")]], {})
end

TestFaults = {}

local later = [[
local orrery = require "orrery"
orrery.save({ a = orrery.zeros(1024, 1024) }, arg[1])]]

function TestFaults:setUp()
  local file = assert(io.open(path "save.lua", "w"))
  file:write(later)
  file:close()
end

function TestFaults:test_a_folder_that_is_not_there()
  local code, out, err = shell(program .. " run save.lua nowhere/x.safetensors")
  lu.assertEquals({ code, out }, { 7, "" })
  lu.assertStrContains(err, "save.lua:2: ")
  lu.assertStrContains(err, "nowhere")
end

function TestFaults:test_a_folder_in_the_place_of_the_file()
  shell "mkdir -p taken.safetensors"
  lu.assertEquals(shell(program .. " run save.lua taken.safetensors"), 7)
end

function TestFaults:test_a_full_disk_leaves_nothing_and_keeps_what_was_there()
  shell "mkdir -p small"
  local mounted = shell "mount -t tmpfs -o size=1m tmpfs small"
  lu.skipIf(mounted ~= 0, "no small file system can be mounted here")
  shell "echo before > small/x.safetensors"
  local code, _, err = shell(program .. " run save.lua small/x.safetensors")
  local _, left = shell "ls -A small; cat small/x.safetensors"
  shell "umount small"
  lu.assertEquals(code, 7, err)
  lu.assertStrContains(err, "save.lua:2: ")
  lu.assertEquals(left, "x.safetensors\nbefore\n")
end

function TestFaults:test_a_folder_that_may_only_be_read()
  shell "mkdir -p fixed"
  local mounted = shell "mount -t tmpfs -o ro tmpfs fixed"
  lu.skipIf(mounted ~= 0, "no file system can be mounted here")
  local code, _, err = shell(program .. " run save.lua fixed/x.safetensors")
  shell "umount fixed"
  lu.assertEquals(code, 7, err)
  lu.assertStrContains(err, "save.lua:2: ")
end

TestSavers = {}

function TestSavers:test_process_what_they_write()
  local file = child.folder .. "/sevens.safetensors"
  line_model.manager({ saver = orrery.saver(file, { what = "linear", process = function(t)
    return t:mul_(0) + 7
  end }) }):run()
  local tensors = orrery.load_tensors(file)
  lu.assertEquals(tensors["linear.weight"]:item(), 7)
  lu.assertEquals(tensors["linear.bias"]:item(), 7)
end

function TestSavers:test_write_a_single_weight()
  local g, _, _, loss = network()
  local savers = { orrery.saver(path "head.safetensors", { what = "head" }) }
  for name, what in pairs { key = "body.linear.weight", slashes = "body/linear/weight",
    ending = "linear.weight", object = g:parameters()[1] } do
    savers[#savers + 1] = orrery.saver(path(name .. ".npy"), { what = what })
  end
  savers[#savers + 1] = orrery.saver(path "one.safetensors", { what = g:parameters()[3] })
  orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), savers = savers,
    epochs = 1, history = false, progress = false }):run()
  for _, name in ipairs { "key", "slashes", "ending", "object" } do
    lu.assertEquals(#child.read(name .. ".npy"), 128 + 4 * 8 * 4)
    lu.assertEquals(child.read(name .. ".npy"), child.read "key.npy")
  end
  local one = orrery.load_tensors(path "one.safetensors")
  lu.assertEquals(keys(one), { "head.weight" })
  lu.assertEquals(one["head.weight"]:tolist(),
    orrery.load_tensors(path "head.safetensors")["head.weight"]:tolist())
end

function TestSavers:test_refuse_what_is_no_single_weight()
  local function trained(what)
    local g, _, _, loss = network()
    orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 1,
      saver = orrery.saver(path "x.npy", { what = what }), history = false, progress = false }):run()
  end
  lu.assertErrorMsgContains("cannot tell which 'weight' is meant: body.linear.weight, head.weight", trained,
    "weight")
  local other = network()
  lu.assertErrorMsgContains(
    "Saver of graph 'net' writes the parameter 'weight', which is none of the graph's", trained,
    other:parameters()[1])
  lu.assertErrorMsgContains("saver: expected a block, layer, parameter, value or path, got a number", trained,
    3)
end

function TestSavers:test_fail_with_the_line_of_their_function()
  local manager = line_model.manager { saver = orrery.saver("x.safetensors", { what = "linear",
    process = function() error "no ink" end }) }
  lu.assertErrorMsgContains("save_spec.lua:" .. debug.getinfo(1, "l").currentline - 1 .. ": no ink",
    manager.run, manager)
  local nothing = line_model.manager { saver = orrery.saver("x.safetensors", { what = "linear",
    process = function() end }) }
  lu.assertErrorMsgContains("a saver's process", nothing.run, nothing)
end

function TestSavers:test_are_checked_completely()
  lu.assertErrorMsgContains("saver: process must be a function, got a number", orrery.saver, "x.safetensors",
    { what = "linear", process = 3 })
  lu.assertErrorMsgContains("the saver of x.safetensors writes the whole graph, which has no process",
    orrery.saver, "x.safetensors", { process = print })
  lu.assertErrorMsgContains("did you mean 'save_top_k'", orrery.saver, "x.safetensors", { save_topk = 3 })
end

TestLoadingParts = {}

function TestLoadingParts:test_patterns_and_prefixes_choose_and_rename()
  local file = child.folder .. "/other.safetensors"
  orrery.save({ ["net.linear.weight"] = orrery.full({ 1, 1 }, 3), ["net.head.bias"] = orrery.zeros(1) }, file)
  local _, g = line_model.manager()
  local before = g:parameters()[2].data:item()
  local report = orrery.load_weights(g, file, { strict = false, map = { ["net."] = "" } })
  lu.assertEquals(report, { missing = { "linear.bias" }, unexpected = { "head.bias" } })
  lu.assertEquals(g:parameters()[1].data:item(), 3)
  lu.assertEquals(g:parameters()[2].data:item(), before)
  report = orrery.load_weights(g, file, { match = { "*.weight" }, map = { ["net."] = "" } })
  lu.assertEquals(report, { missing = {}, unexpected = {} })
  lu.assertErrorMsgContains("nothing of ", orrery.load_weights, g, file, { strict = false, match = "head.*" })
  lu.assertErrorMsgContains("load_weights: map must be a table of prefixes", orrery.load_weights, g, file,
    { map = "net." })
end

child.finish(lu.LuaUnit.run())
