local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").text
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

TestGraph = {}

local function classifier(g)
  local image, label = g:input(data.digits { batch = 64 })
  local logits = nn.Linear(64, 10)(image:flatten(1))
  return logits, label, nn.CrossEntropyLoss()(logits, label)
end

function TestGraph:test_reads_fields_from_a_data_source()
  local source = data.digits { batch = 64, split = "test" }
  local image, label = orrery.graph():input(source)
  lu.assertEquals(image.dtype, "float32")
  lu.assertEquals(label.dtype, "int64")
  lu.assertEquals(source.batch, 64)
  lu.assertTrue(source.length > 0)
  lu.assertEquals(#source.classes, 10)
end

function TestGraph:test_takes_fields_by_name_labels_last_or_as_a_list()
  local a, b, label = orrery.graph():input {
    label = { shape = {}, dtype = "int64", label = true },
    b = { shape = { 2 } },
    a = { shape = { 3 } },
  }
  lu.assertEquals({ a.shape[2], b.shape[2], label.dtype }, { 3, 2, "int64" })
  local fields = { { name = "z", shape = { 5 } }, { name = "a", shape = { 6 } } }
  local second, first = orrery.graph():input(fields)
  lu.assertEquals({ second.shape[2], first.shape[2] }, { 5, 6 })
end

function TestGraph:test_refuses_a_second_input()
  local g = orrery.graph()
  g:input { x = { shape = { 2 } } }
  lu.assertStrContains(refusal(function() g:input { x = { shape = { 2 } } } end), "has an input already")
end

function TestGraph:test_names_what_is_wrong_with_a_field()
  lu.assertStrContains(refusal(function()
    orrery.graph():input { x = { shpae = { 2 } } }
  end), "did you mean 'shape'?")
  lu.assertStrContains(refusal(function() orrery.graph():input { x = 3 } end), "field 'x'")
  lu.assertStrContains(refusal(function() orrery.graph():input {} end), "expected a data source")
  lu.assertStrContains(refusal(function() orrery.graph():input(3) end), "expected a data source")
end

function TestGraph:test_makes_parameters_and_constants()
  local g = orrery.graph()
  local x = g:input { x = { shape = { 4 } } }
  local scale = g:parameter("scale", { 4 }, { init = "ones" })
  local y = x * scale + g:constant({ 4 }, { init = "constant", a = 2 })
  lu.assertTrue(y.requires_grad)
  lu.assertEquals(g:state()[1].key, "scale")
  lu.assertStrContains(refusal(function() g:parameter("scale", { 4 }) end), "the name 'scale' is taken")
  lu.assertStrContains(refusal(function() g:parameter("s", { -1 }) end), "size 1 of the shape")
  lu.assertStrContains(refusal(function()
    g:parameter("s", { 4 }, { init = "one" })
  end), "did you mean 'ones'?")
end

function TestGraph:test_uses_a_layers_parameter_as_a_value()
  local g = orrery.graph()
  local x = g:input { x = { shape = { 8 } } }
  local fc = nn.Linear(8, 8)
  local y = fc(x)
  lu.assertEquals((y:matmul(fc.weight)).operation, "matmul")
  lu.assertEquals((fc.bias * y).operation, "mul")
end

function TestGraph:test_finalizes_once_and_is_immutable_then()
  local g = orrery.graph()
  local x = g:input { x = { shape = { 4 } } }
  g:output(nn.Linear(4, 2)(x))
  lu.assertEquals(g:finalize(), {})
  lu.assertTrue(g.finalized)
  lu.assertEquals(g:finalize(), {})
  lu.assertStrContains(refusal(function() x:relu() end), "finalized")
end

function TestGraph:test_reports_all_findings_together()
  local g = orrery.graph()
  local logits = classifier(g)
  logits:relu()
  optim.SGD(g:parameters(), { lr = 0.1, loss = logits })
  local codes = {}
  for _, finding in ipairs(g:check()) do
    codes[finding.code] = finding
    lu.assertStrContains(finding.file, "graph_spec.lua")
  end
  local text = refusal(function() g:finalize() end)
  lu.assertEquals(core.error_info(text).exit_code, 3)
  lu.assertTrue(#core.error_info(text).findings >= 1)
  lu.assertNotNil(next(codes))
end

function TestGraph:test_keeps_its_hash_under_other_names_and_lines()
  local function make(name)
    local g = orrery.graph(name)
    local x = g:input { x = { shape = { 4 } } }
    local a, b = nn.Linear(4, 2, { name = name })(x), x:relu()
    g:output(a, b)
    return g:hash()
  end
  lu.assertEquals(make "one", make "two")
end

function TestGraph:test_writes_canonical_json()
  local g = orrery.graph "g"
  g:output(g:input({ x = { shape = { 4 } } }):relu())
  lu.assertStrContains(g:json(), '"format":"orrery.graph"')
end

function TestGraph:test_describes_itself_in_plain_tables()
  local g = orrery.graph "g"
  local fc = nn.Linear(8, 4)
  local body = g:block("body", function(x) return fc(x):relu() end)
  body(g:input { x = { shape = { 8 } } })
  local all, sized = g:describe(), g:describe { N = 32 }
  lu.assertEquals({ #all.blocks, #all.nodes, all.parameters, all.trainable }, { 2, 3, 36, 36 })
  local linear = all.nodes[2]
  lu.assertEquals({ linear.path, linear.block }, { "body/linear", "body" })
  lu.assertEquals({ linear.kind, linear.operation }, { "layer", "Linear" })
  lu.assertEquals({ linear.parameters, linear.shared, linear.inputs[1] }, { 36, false, "input" })
  lu.assertEquals({ linear.outputs[1].text, tostring(linear.outputs[1].bytes) }, { "(N, 4)", "16*N" })
  lu.assertEquals({ sized.nodes[2].outputs[1].text, sized.nodes[2].outputs[1].bytes }, { "(32, 4)", 512 })
  lu.assertEquals(sized.nodes[2].flops, 2 * 32 * 8 * 4)
  lu.assertEquals(linear.options, { in_features = 8, out_features = 4 })
end

function TestGraph:test_counts_a_shared_layer_once()
  local g = orrery.graph "g"
  local fc = nn.Linear(8, 8)
  fc(fc(g:input { x = { shape = { 8 } } }))
  local all = g:describe()
  lu.assertEquals({ all.parameters, all.nodes[2].shared, all.nodes[3].shared }, { 72, false, true })
  lu.assertEquals(all.nodes[2].owner, all.nodes[3].owner)
end

function TestGraph:test_prints_its_size()
  local g = orrery.graph "digits"
  g:input { x = { shape = { 4 } } }
  lu.assertEquals(tostring(g), "Graph digits (1 node)")
end

function TestGraph:test_assumes_facts_about_symbols()
  local g = orrery.graph()
  g:assume { N = 16 }
  lu.assertEquals(g:input({ x = { shape = { 4 } } }):size(0), 16)
  lu.assertStrContains(refusal(function() g:assume { N = 1.5 } end), "assume")
end

TestGovernors = {}

function TestGovernors:test_reads_options_as_pytorch_names_them()
  local g = orrery.graph()
  local _, _, loss = classifier(g)
  local optimizer = optim.AdamW(g:parameters(), { lr = 3e-3, loss = loss })
  lu.assertEquals(optimizer.lr, 3e-3)
  lu.assertEquals(optimizer.kind, "AdamW")
  lu.assertStrContains(tostring(optimizer), "AdamW(2 tensors, lr=0.003)")
  lu.assertStrContains(refusal(function() optim.AdmaW() end), "did you mean 'AdamW'?")
  lu.assertStrContains(refusal(function() optim.AdamW(g:parameters(), { lr = -1 }) end), "lr must be")
  lu.assertStrContains(refusal(function()
    optim.AdamW(g:parameters(), { weight_dekay = 1 })
  end), "did you mean 'weight_decay'?")
  lu.assertStrContains(refusal(function() optim.AdamW() end), "expected the parameters first")
  lu.assertStrContains(refusal(function() optim.AdamW({ 3 }) end), "got a number")
  lu.assertStrContains(refusal(function() optim.AdamW({}) end), "empty")
end

function TestGovernors:test_takes_groups()
  local fc = nn.Linear(4, 2)
  local optimizer = optim.SGD({ { params = { fc.weight }, lr = 0.5 }, { params = fc.bias } }, { lr = 0.1 })
  lu.assertEquals(optimizer.lr, 0.5)
  lu.assertStrContains(refusal(function()
    optim.SGD({ { params = { fc.weight }, lrr = 1 } }, { lr = 0.1 })
  end), "did you mean 'lr'?")
end

function TestGovernors:test_makes_a_manager()
  local g = orrery.graph()
  local logits, label, loss = classifier(g)
  local manager = orrery.manager(g, {
    optimizer = optim.AdamW(g:parameters(), { lr = 3e-3, loss = loss }),
    metrics = { accuracy = metrics.accuracy(logits, label) },
    validate = data.digits { batch = 256, split = "test" },
    epochs = 3,
  })
  lu.assertEquals(manager.epochs, 3)
  lu.assertTrue(rawequal(manager.graph, g))
  lu.assertEquals(g:check(), {})
end

function TestGovernors:test_a_loss_and_a_metric_count_as_read()
  local g = orrery.graph()
  local logits, label, loss = classifier(g)
  g:output(logits)
  local far = (logits * 2):mean()
  local optimizer = optim.SGD(g:parameters(), { lr = 1, loss = loss })
  lu.assertEquals(g:check()[1].code, "dangling-node")
  local followed = { far = metrics.mean(far), hit = metrics.accuracy(logits, label) }
  orrery.manager(g, { optimizer = optimizer, metrics = followed })
  lu.assertEquals(g:check(), {})
end

function TestGovernors:test_refuses_an_optimizer_made_inside_a_block()
  local g = orrery.graph()
  local _, _, loss = classifier(g)
  local inner = g:block("inner", function() optim.SGD(g:parameters(), { lr = 1, loss = loss }) end)
  lu.assertStrContains(refusal(function() inner() end), "cannot be made inside a block's function")
end

function TestGovernors:test_names_what_is_wrong_with_a_manager()
  local g = orrery.graph()
  local logits, label, loss = classifier(g)
  lu.assertStrContains(refusal(function() orrery.manager(g, { epohcs = 3 }) end), "did you mean 'epochs'?")
  lu.assertStrContains(refusal(function()
    orrery.manager(g, { optimizer = 3 })
  end), "optimizer must be Optimizer")
  lu.assertStrContains(refusal(function()
    orrery.manager(g, { metrics = { a = loss } })
  end), "must be Metric")
  lu.assertStrContains(refusal(function()
    orrery.manager(g, { callbacks = { epoch_ned = print } })
  end), "did you mean 'epoch_end'?")
  lu.assertStrContains(refusal(function() metrics.accuracy(label, logits) end), "accuracy")
end

function TestGovernors:test_checks_data_sources_at_once()
  lu.assertStrContains(refusal(function() data.digit {} end), "did you mean 'digits'?")
  lu.assertStrContains(refusal(function() data.digits { bach = 3 } end), "did you mean 'batch'?")
  local text = refusal(function() data.csv { path = "/no/such/file.csv" } end)
  lu.assertEquals(core.error_info(text).exit_code, 4)
end

function TestGovernors:test_ends_a_checked_script_at_its_first_training_call()
  core.set_mode "check"
  local g = orrery.graph()
  local _, _, loss = classifier(g)
  local manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 1, loss = loss }) })
  pcall(function() manager:run() end)
  local ended = core.ended()
  local refused = not pcall(function() g:hash() end)
  core.go_on()
  local kept = #core.graphs()
  core.set_mode "run"
  lu.assertEquals(ended, "manager:run")
  lu.assertTrue(refused)
  lu.assertEquals(kept, 1)
end

os.exit(lu.LuaUnit.run())
