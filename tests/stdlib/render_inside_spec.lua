-- What users write and draw into single boxes: labels, colours, notes, plots of runs and weights.

local lu = require "luaunit"
local child = require "cli_child"
local core = require "orrery.core"
local orrery = require "orrery"
local refusal = require("refusal").text

local has_renderers = pcall(require, "orrery.render_core")

local function net()
  local g = orrery.graph "net"
  local x = g:input { x = { shape = { 8 } } }
  local body = g:block("body", function(y)
    return orrery.nn.ReLU()(orrery.nn.Linear(8, 8, { name = "first" })(y))
  end)
  g:output(orrery.nn.Linear(8, 2, { name = "last" })(body(x)))
  return g
end

-- The boxes of a drawing by path.
local function boxes(options)
  local found = {}
  local layout = core.parse_json(require("orrery.drawing").layout(net(), options), "the layout")
  for _, box in ipairs(layout.boxes) do
    if box.path then found[box.path] = box end
  end
  return found
end

-- As `histogram` of numbers, little-endian, in a file with the tensors one after another.
local function write_weights(name, tensors)
  local ffi = require "ffi"
  local header, data, at = {}, {}, 0
  for _, tensor in ipairs(tensors) do
    local cells = ffi.new(tensor.type .. "[?]", #tensor.values, tensor.values)
    data[#data + 1] = ffi.string(cells, ffi.sizeof(cells))
    header[#header + 1] = ('"%s":{"dtype":"%s","shape":[%d],"data_offsets":[%d,%d]}'):format(tensor.name,
      tensor.dtype, #tensor.values, at, at + ffi.sizeof(cells))
    at = at + ffi.sizeof(cells)
  end
  local text = "{" .. table.concat(header, ",") .. "}"
  local size = ffi.string(ffi.new("uint64_t[1]", #text), 8)
  return child.write(name, size .. text .. table.concat(data))
end

TestBoxes = {}

function TestBoxes:setUp() lu.skipIf(not has_renderers, "this build has no renderers") end

function TestBoxes:test_a_function_labels_nodes_in_one_or_two_lines()
  local found = boxes {
    label = function(node)
      if node.name == "first" then return node.operation:upper() end
      if node.kind == "layer" then return node.name .. "\n" .. node.parameters end
    end,
  }
  lu.assertEquals({ found["body/first"].title, found["body/first"].detail }, { "LINEAR", nil })
  lu.assertEquals({ found.last.title, found.last.detail }, { "last", "18" })
  lu.assertEquals(found.x, nil)
end

function TestBoxes:test_notes_and_colours_go_by_path_or_pattern_and_full_paths_count_for_more()
  local found = boxes {
    notes = { body = "twice as wide" }, colors = { ["*st"] = "#ff0000", last = "#00ff00" },
  }
  lu.assertEquals(found.body.beside, { "twice as wide" })
  lu.assertEquals(found["body/first"].fill, "#ff0000")
  lu.assertEquals(found.last.fill, "#00ff00")
  lu.assertNil(found.body.fill)
end

function TestBoxes:test_plots_are_lists_of_numbers_or_what_a_function_gives()
  local found = boxes { inside = { last = { bars = { 1, 3 }, title = "w", left = "0", right = "1" } } }
  lu.assertEquals(found.last.insets,
    { { kind = "bars", title = "w", ends = { "0", "1" }, values = { { 1, 3 } } } })
  found = boxes {
    inside = function(node)
      if node.name == "first" then return { { lines = { 3, 2 } }, { lines = { { 1, 2 }, { 2, 3 } } } } end
    end,
  }
  lu.assertEquals(found["body/first"].insets[1].values, { { 3, 2 } })
  lu.assertEquals(found["body/first"].insets[2].values, { { 1, 2 }, { 2, 3 } })
  lu.assertNil(found.last.insets)
end

function TestBoxes:test_an_image_stands_inside()
  local root = arg[0]:match "^(.*)/tests/stdlib/"
  local image = root .. "/docs/pictures/digits.png"
  local found = boxes { inside = { last = { image = image, title = "digits" } } }
  lu.assertEquals(found.last.insets, { { kind = "image", title = "digits" } })
  lu.assertTrue(found.last.at[4] > boxes({}).last.at[4] + 20)
  lu.assertStrContains(refusal(boxes, { inside = { last = { image = "none.png" } } }), "none.png")
end

function TestBoxes:test_refuses_what_it_cannot_draw()
  local function refused(options) return refusal(boxes, options) end
  lu.assertStrContains(refused { label = "x" }, "label must be a function of a node, got string")
  lu.assertStrContains(refused { label = function() return 1 end }, "'input' must be a text, got number")
  lu.assertStrContains(refused { notes = { bodi = "x" } }, "no block and no node is called 'bodi'"
    .. " (did you mean 'body'?)")
  lu.assertStrContains(refused { colors = { body = "red" } }, "the colour of body must be a colour such as")
  lu.assertStrContains(refused { inside = { last = { 1, 2 } } }, "expected a table with lines or bars")
  lu.assertStrContains(refused { inside = { last = { lines = {} } } }, "nothing to draw in an empty list")
  lu.assertStrContains(refused { inside = { last = { line = { 1 } } } }, "unknown field 'line'")
  lu.assertStrContains(refused { inside = "weigths" }, "(did you mean 'weights'?)")
  lu.assertStrContains(refused { inside = "curves" }, "where do the curves come from?")
  lu.assertStrContains(refused { weights = "w.safetensors" }, "which is not asked for")
end

TestHistograms = {}

local function histograms(file, bins)
  local read = require("orrery.weight_histograms").read
  return read(file, function(name) return name ~= "other" end, bins)
end

function TestHistograms:test_count_what_lies_between_the_least_and_the_most()
  local file = write_weights("w.safetensors", {
    { name = "single", type = "float", dtype = "F32", values = { 0, 1, 1, 4, 3.9, 0 / 0, 1 / 0 } },
    { name = "double", type = "double", dtype = "F64", values = { -2, 2 } },
    { name = "other", type = "float", dtype = "F32", values = { 1 } },
    { name = "whole", type = "int32_t", dtype = "I32", values = { 1, 2 } },
    { name = "equal", type = "float", dtype = "F32", values = { 5, 5 } },
    { name = "spoilt", type = "float", dtype = "F32", values = { 0 / 0 } },
  })
  lu.assertEquals(histograms(file, 4), {
    single = { least = 0, most = 4, counts = { 1, 2, 0, 2 } },
    double = { least = -2, most = 2, counts = { 1, 0, 0, 1 } },
    equal = { least = 5, most = 5, counts = { 2, 0, 0, 0 } },
  })
end

function TestHistograms:test_read_half_precision()
  local file = write_weights("half.safetensors", {
    -- 1, -2, 0.5, the least subnormal, infinity
    { name = "half", type = "uint16_t", dtype = "F16", values = { 0x3c00, 0xc000, 0x3800, 0x0001, 0x7c00 } },
    { name = "brain", type = "uint16_t", dtype = "BF16", values = { 0x3f80, 0xc000, 0x3f00, 0x7f80 } },
  })
  local found = histograms(file, 3)
  lu.assertEquals(found.half, { least = -2, most = 1, counts = { 1, 0, 3 } })
  lu.assertEquals(found.brain, { least = -2, most = 1, counts = { 1, 0, 2 } })
end

function TestHistograms:test_stand_in_the_boxes_of_their_layers()
  lu.skipIf(not has_renderers, "this build has no renderers")
  local file = write_weights("net.safetensors", {
    { name = "body.first.weight", type = "float", dtype = "F32", values = { -1, 1, 1 } },
    { name = "model.last.weight", type = "float", dtype = "F32", values = { 1, 2 } },
    { name = "last.bias", type = "float", dtype = "F32", values = { 1, 2 } },
  })
  local found = boxes { inside = "weights", weights = file }
  local inset = found["body/first"].insets[1]
  lu.assertEquals({ inset.kind, inset.title, inset.ends }, { "bars", "weight", { "−1", "1" } })
  lu.assertEquals(#inset.values[1], 40)
  lu.assertEquals(#found.last.insets, 1)
end

function TestHistograms:test_of_activations_stand_where_the_values_are_made()
  lu.skipIf(not has_renderers, "this build has no renderers")
  local file = write_weights("values.safetensors", {
    { name = "body/relu", type = "float", dtype = "F32", values = { 0, 0, 2 } },
    { name = "last:output", type = "float", dtype = "F32", values = { -1, 1 } },
    { name = "stranger", type = "float", dtype = "F32", values = { 1, 2 } },
  })
  local found = boxes { inside = "activations", values = file }
  local inset = found["body/relu"].insets[1]
  lu.assertEquals({ inset.kind, inset.title, inset.ends }, { "bars", "activation", { "0", "2" } })
  lu.assertEquals(found.last.insets[1].title, "output")
  lu.assertNil(found["body/first"].insets)
  local other = write_weights("other.safetensors",
    { { name = "stranger", type = "float", dtype = "F32", values = { 1, 2 } } })
  lu.assertStrContains(refusal(boxes, { inside = "activations", values = other }), "holds no values of what")
  lu.assertStrContains(refusal(boxes, { inside = "activations" }), "where do the activations come from?")
  lu.assertStrContains(refusal(boxes, { values = file }), "which is not asked for")
end

TestRuns = {}

child.write("train.lua", child.training:gsub("CALLBACKS", "nil")
  :gsub("manager:run%(%)", "manager:run()\norrery.save(g, 'tiny.safetensors')")
  :gsub("epochs = config.epochs,", "epochs = config.epochs, log_gradients = { by = 'parameter' },"))

local function render(words)
  local code, out, err = child.orrery("render " .. words)
  lu.assertEquals({ code, err }, { 0, "" }, words)
  return out
end

-- The plots in the box of a path.
local function plots(words, path)
  local layout = core.parse_json(render(words .. " -o - --format json"), "the layout")
  for _, box in ipairs(layout.boxes) do
    if box.path == path then return box.insets end
  end
end

function TestRuns:setUp()
  lu.skipIf(not has_renderers, "this build has no renderers")
  if self.recorded then return end
  lu.assertEquals(child.orrery "run train.lua", 0)
  TestRuns.recorded = true
end

function TestRuns:test_losses_and_metrics_stand_where_their_values_are_made()
  for _, what in ipairs { "last", "train.lua --run last" } do
    local loss = plots(what .. " --inside curves", "cross_entropy_loss")
    lu.assertEquals(#loss, 1)
    lu.assertStrMatches(loss[1].title, "loss [%d.]+, val [%d.]+")
    lu.assertEquals({ #loss[1].values, #loss[1].values[1], loss[1].ends }, { 2, 2, { "epoch 1", "2" } })
    lu.assertStrMatches(plots(what .. " --inside curves", "fc")[1].title, "accuracy [%d.]+, val [%d.]+")
  end
end

function TestRuns:test_gradients_stand_with_their_layers()
  local found = plots("last --inside gradients", "fc")
  lu.assertStrMatches(found[1].title, "‖bias gradient‖ [%d.e-]+")
  lu.assertStrMatches(found[2].title, "‖weight gradient‖ [%d.e-]+")
  lu.assertEquals({ #found, #found[1].values, #found[1].values[1] }, { 2, 1, 2 })
end

function TestRuns:test_weights_come_from_a_file_or_the_drawn_model()
  local weight = plots("tiny.safetensors --inside weights", "fc")[1]
  lu.assertEquals({ weight.kind, weight.title }, { "bars", "weight" })
  lu.assertEquals(plots("train.lua --inside weights --weights tiny.safetensors", "fc")[1], weight)
end

function TestRuns:test_activations_are_what_a_saver_of_the_run_wrote()
  local script = child.read "train.lua"
  child.write("saved.lua", (script:gsub("epochs = config.epochs,",
    "epochs = config.epochs, saver = orrery.saver('out.safetensors', { values = { logits } }),")))
  lu.assertEquals(child.orrery "run saved.lua --name saved", 0)
  local found = plots("saved --inside activations", "fc")
  lu.assertEquals({ #found, found[1].kind, found[1].title }, { 1, "bars", "activation" })
  lu.assertEquals(plots("saved.lua --inside activations --values out.safetensors", "fc"), found)
  local code, _, err = child.orrery "render last~1 --inside activations -o -"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "left no file of values")
end

function TestRuns:test_the_command_line_labels_paints_and_notes()
  child.write("label.lua", "return function(node) return node.path == 'fc' and 'scores' or nil end")
  local text = render "last --label label.lua --paint 'fc=#abcdef' --note 'fc=ten of them' -o - --format json"
  lu.assertStrContains(text, '"title":"scores"')
  lu.assertStrContains(text, '"fill":"#abcdef","beside":["ten of them"]')
  local code, _, err = child.orrery "render last --note fc -o -"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--note takes PATH=TEXT, got 'fc'")
end

child.finish(lu.LuaUnit.run())
