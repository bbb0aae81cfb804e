-- `orrery import` and `export` of graphs as data, and the verbs that take such files.
local lu = require "luaunit"
local child = require "cli_child"
local core = require "orrery.core"
local orrery = child.orrery

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/cli_import_spec%.lua$"
local vizml = root .. "tests/fixtures/vizml/"

child.write("digits.lua", child.training)

local function copy_of_mnist() child.write("mnist.json", core.read_file(vizml .. "mnist.json")) end

TestExportData = {}

function TestExportData:test_json_is_the_graph_as_it_is_kept()
  local code, out, err = orrery "export lenet5 --to json"
  lu.assertEquals({ code, out, err }, { 0, "lenet5.json\n", "" })
  local text = child.read "lenet5.json"
  local graph = require("orrery").import(child.folder .. "/lenet5.json")
  lu.assertEquals(graph:json() .. "\n", text)
  lu.assertEquals(graph:hash(), require("orrery").models.graph("lenet5", {}):hash())
end

function TestExportData:test_dot_is_what_render_draws()
  local _, exported = orrery "export lenet5 --to dot -o -"
  local _, drawn = orrery "render lenet5 --format dot -o -"
  lu.assertEquals(exported, drawn)
  lu.assertStrMatches(exported, "digraph.*")
end

function TestExportData:test_vizml_has_a_script_with_its_manager()
  child.write("sgd.lua", [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local g = orrery.graph "picture"
local x = g:input(data.random { shape = { 3, 8, 8 }, length = 4, batch = 2 })
local y = nn.Conv2d(3, 3, 3, { padding = 1 })(x):relu()
local loss = nn.MSELoss()(y, x)
local optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.5, loss = loss })
orrery.manager(g, { optimizer = optimizer, epochs = 3 }):run()
]])
  local code, out, err = orrery "export sgd.lua --to vizml"
  lu.assertEquals({ code, out, err }, { 0, "picture.vizml.json\n", "" })
  code, out = orrery "run picture.vizml.json --json"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, '"epoch":3')
end

function TestExportData:test_vizml_lists_all_that_it_has_no_node_for()
  local code, _, err = orrery "export mobilenet_v3_small --to vizml -o -"
  lu.assertEquals(code, 3)
  lu.assertStrContains(err, "VizML's JSON cannot say:")
  lu.assertStrContains(err, "VizML has no such node")
end

function TestExportData:test_from_lua_by_ending_or_by_name()
  local g, export = require("orrery").models.graph("lenet5", {}), require("orrery").export
  export(g, child.folder .. "/a.json")
  export(g, child.folder .. "/a.txt", { to = "json" })
  lu.assertEquals(child.read "a.json", child.read "a.txt")
  lu.assertErrorMsgContains("export: 'a.odt' does not tell what to write", export, g, "a.odt")
  lu.assertErrorMsgContains("did you mean 'json'?", export, g, "a", { to = "jsn" })
end

TestImport = {}

function TestImport:setUp() copy_of_mnist() end

function TestImport:test_writes_vizml_as_the_graph_itself()
  local code, out, err = orrery "import mnist.json --to json -o net.json"
  lu.assertEquals({ code, out, err }, { 0, "net.json\n", "" })
  local own = require("orrery").import(child.folder .. "/net.json")
  lu.assertEquals(own:hash(), core.read_vizml(child.read "mnist.json", "mnist.json"):hash())
end

function TestImport:test_writes_what_was_read_again()
  lu.assertEquals((orrery "import mnist.json --to vizml -o again.json"), 0)
  lu.assertEquals((orrery "import again.json --to vizml -o third.json"), 0)
  lu.assertEquals(child.read "third.json", child.read "again.json")
end

function TestImport:test_tells_by_the_ending_what_to_write()
  lu.assertEquals((orrery "import mnist.json -o net.dot"), 0)
  lu.assertStrMatches(child.read "net.dot", "digraph.*")
  lu.assertEquals((orrery "import mnist.json -o net.vizml.json"), 0)
  lu.assertStrContains(child.read "net.vizml.json", '"links"')
end

function TestImport:test_writes_a_script()
  lu.skipIf(not core.lua_code, "graphs are not written as Lua yet")
  lu.assertEquals((orrery "import mnist.json --to-lua -o net.lua"), 0)
  lu.assertEquals((orrery "check net.lua"), 0)
end

function TestImport:test_does_not_write_over_what_it_reads()
  local code, _, err = orrery "import mnist.json --to json"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "this would write over 'mnist.json', which is read")
end

function TestImport:test_asks_what_to_write()
  local code, _, err = orrery "import mnist.json"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--to says what to write")
  code, _, err = orrery "import mnist.json --to-lua --to json"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "both --to-lua and --to json are given")
end

function TestImport:test_files_without_a_graph_are_told_apart()
  child.write("other.json", '{"cells": [], "metadata": {}}')
  child.write("page.json", "<!DOCTYPE html><html>not found</html>")
  child.write("pointer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n")
  child.write("cut.json", child.read("mnist.json"):sub(1, 200))
  child.write("empty.json", "")
  local cases = {
    { "other.json", "'other.json' is JSON, but no graph: expected Orrery's JSON (with `format`) or " },
    { "other.json", "or VizML's (with `nodes` and `links`); it has the keys cells, metadata" },
    { "page.json", "not JSON" },
    { "pointer.json", "Git LFS" },
    { "cut.json", "'cut.json': not valid JSON" },
    { "empty.json", "'empty.json'" },
    { "none.json", "there is no file 'none.json'" },
    { "digits.lua", "'digits.lua' holds no graph that is known" },
  }
  for _, case in ipairs(cases) do
    local code, out, err = orrery("import " .. case[1] .. " --to json -o -")
    lu.assertEquals({ code, out }, { 4, "" }, case[1])
    lu.assertStrContains(err, case[2])
  end
end

function TestImport:test_findings_of_a_graph_name_the_file()
  local text = child.read("mnist.json"):gsub('"784"', '"700"')
  child.write("wrong.json", text)
  local code, _, err = orrery "import wrong.json --to json -o -"
  lu.assertEquals(code, 3)
  lu.assertStrContains(err, "'wrong.json'")
  lu.assertStrContains(err, "layer_Linear_0 (Linear) expects")
end

TestVerbs = {}

function TestVerbs:setUp()
  copy_of_mnist()
  if not child.read "lenet5.json" then orrery "export lenet5 --to json" end
end

function TestVerbs:test_take_a_graph_in_json()
  for _, file in ipairs { "lenet5.json", "mnist.json" } do
    lu.assertEquals((orrery("render " .. file .. " -o net.svg")), 0)
    lu.assertStrContains(child.read "net.svg", "<svg")
    local code, out = orrery("summary " .. file)
    lu.assertEquals(code, 0)
    lu.assertStrContains(out, "Parameters")
    lu.assertEquals((orrery("export " .. file .. " --to pytorch -o -")), 0)
  end
  local _, summary = orrery "summary mnist.json"
  lu.assertStrContains(summary, "109,386")
end

function TestVerbs:test_check_tells_what_a_graph_in_json_breaks()
  local code, out = orrery "check lenet5.json"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "ok: graph lenet5")
end

function TestVerbs:test_diff_compares_a_file_with_the_model()
  local code, out = orrery "diff lenet5.json lenet5"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "same")
end

function TestVerbs:test_run_needs_to_be_told_how_to_train()
  local code, _, err = orrery "run lenet5.json"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "'lenet5.json' says nothing about training")
end

-- A script's text is kept for the history; a model's 70 MB are none.
function TestVerbs:test_large_models_are_checked_without_being_read_as_text()
  child.write("large.lua", [[
local orrery = require "orrery"
local g = orrery.graph "large"
g:output(orrery.nn.Linear(4200, 4200)(g:input { x = { shape = { 4200 } } }))
orrery.export(g, "large.onnx")
]])
  lu.assertEquals((child.orrery "run large.lua -q"), 0)
  local code, out, err = child.orrery "check large.onnx"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "ok: graph ")
end

TestOpsCatalogue = {}

local function catalogue()
  local _, out = orrery "ops --json"
  local entries = {}
  for line in out:gmatch "[^\n]+" do entries[#entries + 1] = core.parse_json(line, "a line") end
  return entries
end

function TestOpsCatalogue:test_has_what_a_graph_is_made_of_and_trained_by()
  local names = {}
  for _, entry in ipairs(catalogue()) do
    lu.assertEquals(entry.schema, "orrery.ops/1")
    for _, key in ipairs { "name", "kind", "doc", "options" } do lu.assertNotNil(entry[key], entry.name) end
    names[entry.kind .. " " .. entry.name] = true
  end
  for _, wanted in ipairs { "layer Conv2d", "transform relu", "optimizer AdamW", "schedule StepLR",
    "metric accuracy", "data idx", "data_transform Normalize", "initialisation xavier_uniform",
    "parametrization weight_norm", "manager manager", "manager_table early_stopping", "saver saver" } do
    lu.assertTrue(names[wanted], wanted)
  end
end

function TestOpsCatalogue:test_options_tell_type_and_range()
  for _, entry in ipairs(catalogue()) do
    for _, option in ipairs(entry.options) do
      for _, key in ipairs { "name", "type", "doc", "allowed" } do
        lu.assertNotNil(option[key], entry.name .. " " .. tostring(option.name))
      end
    end
  end
  local _, conv = orrery "ops Conv2d --json"
  local padding
  for _, option in ipairs(core.parse_json(conv, "Conv2d").options) do
    if option.name == "padding" then padding = option end
  end
  lu.assertEquals(padding.count, 2)
  lu.assertEquals(padding.min, 0)
  lu.assertEquals(padding.or_text, { "same", "valid" })
end

function TestOpsCatalogue:test_shows_what_is_no_operation()
  local code, out = orrery "ops SGD"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "momentum")
  code, out = orrery "ops early_stopping --json"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, '"kind":"manager_table"')
end

-- The zoo against the schema, by a validator of others.
TestSchema = {}

local validate = [[
import json, sys, jsonschema
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
jsonschema.Draft7Validator.check_schema(validator.schema)
for name in sys.argv[2:]:
    for error in validator.iter_errors(json.load(open(name))):
        print(name, error.json_path, error.message[:200])
]]

function TestSchema:test_allows_the_graphs_of_the_zoo()
  local python
  for _, each in ipairs { os.getenv "ORRERY_PYTHON" or "python3", "python3" } do
    if os.execute(each .. " -c 'import jsonschema' 2>/dev/null") == 0 then python = each end
  end
  lu.skipIf(not python, "no Python has jsonschema")
  child.write("validate.py", validate)
  local zoo = require("orrery").models
  for _, name in ipairs(zoo.names()) do child.write("zoo_" .. name .. ".json", zoo.graph(name, {}):json()) end
  local _, out, err = child.shell(python .. " validate.py '" .. root .. "docs/graph.schema.json' zoo_*.json")
  lu.assertEquals({ out, err }, { "", "" })
end

child.finish(lu.LuaUnit.run())
