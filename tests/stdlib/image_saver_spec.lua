-- Tensors become images and come back; what torchvision makes of the same tensors is in fixtures/images
-- (scripts/dev/make_image_fixtures.py).
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local refusal = require("refusal").here
local optim, data = orrery.optim, orrery.data

local fixtures = debug.getinfo(1, "S").source:match "^@(.*)stdlib/" .. "fixtures/images/"

local function path(name) return child.folder .. "/" .. name end

local function bytes(file) return orrery.load_image(file, { dtype = "uint8" }) end

local function batch() return orrery.arange(360, { dtype = "float32" }):view(5, 3, 4, 6) / 360 * 1.4 - 0.2 end

TestSaveImage = {}

local function assert_as_torchvision(name, tensor, options)
  orrery.save_image(tensor, path(name), options)
  lu.assertTrue(bytes(path(name)):equal(bytes(fixtures .. name)), name)
end

function TestSaveImage:test_makes_the_pixels_that_torchvision_makes()
  assert_as_torchvision("grid.png", batch(), { nrow = 2, padding = 1, pad_value = 0.5 })
  assert_as_torchvision("normalized.png", batch(), { normalize = true, scale_each = true })
  assert_as_torchvision("ranged.png", batch(),
    { nrow = 5, padding = 0, normalize = true, value_range = { -0.1, 0.9 } })
  assert_as_torchvision("grey.png", batch()[0][0])
end

function TestSaveImage:test_comes_back()
  orrery.manual_seed(1)
  local image = orrery.randint(0, 256, { 3, 5, 7 }):to "uint8"
  orrery.save_image(image, path "bytes.png")
  lu.assertTrue(bytes(path "bytes.png"):equal(image))
  orrery.save_image(orrery.load_image(path "bytes.png"), path "again.PNG")
  lu.assertTrue(bytes(path "again.PNG"):equal(image))
  local smooth = orrery.linspace(0, 1, 16 * 16):view(1, 16, 16)
  orrery.save_image(smooth, path "smooth.jpg", { quality = 95 })
  local grey = orrery.load_image(path "smooth.jpg", { mode = "grey" })
  lu.assertEquals(grey.shape, { 1, 16, 16 })
  lu.assertTrue((grey - smooth):abs():amax():item() < 0.03)
end

function TestSaveImage:test_undoes_a_normalization()
  local image = orrery.tensor { { { 0, 0.2 } }, { { 0.4, 0.6 } }, { { 0.8, 1 } } }
  local mean, std = { 0.5, 0.4, 0.3 }, { 0.2, 0.25, 0.5 }
  local shape = { 3, 1, 1 }
  local normalized = (image - orrery.tensor(mean):view(shape)) / orrery.tensor(std):view(shape)
  orrery.save_image(normalized, path "image.png", { mean = mean, std = std })
  lu.assertEquals(bytes(path "image.png"):tolist(), { { { 0, 51 } }, { { 102, 153 } }, { { 204, 255 } } })
  orrery.save_image(image * 4 - 2, path "clamped.png")
  lu.assertEquals(bytes(path "clamped.png"):tolist(), { { { 0, 0 } }, { { 0, 102 } }, { { 255, 255 } } })
end

function TestSaveImage:test_takes_nan_for_black()
  orrery.save_image(orrery.zeros(1, 2, 2) / 0, path "nan.png")
  lu.assertEquals(bytes(path "nan.png"):amax():item(), 0)
end

function TestSaveImage:test_says_what_does_not_fit()
  local function save(tensor, file, options)
    return refusal(function() orrery.save_image(tensor, file or path "x.png", options) end)
  end
  lu.assertStrContains((save(orrery.zeros(2, 4, 4))), "an image is (C, H, W) with one or three channels")
  lu.assertStrContains((save(orrery.zeros(3))), "got (3)")
  lu.assertStrContains((save(orrery.zeros(3, 2, 2), path "x.gif")), "written as .png, .jpg or .jpeg")
  lu.assertStrContains((save(orrery.zeros(3, 2, 2), nil, { mean = { 1, 2 } })),
    "mean must have one number, or one for each of the 3 channels, got 2")
  lu.assertStrContains((save(orrery.zeros(3, 2, 2), nil, { nrows = 2 })), "did you mean 'nrow'?")
  lu.assertEquals(select(2, save(orrery.zeros(3, 2, 2), "/nowhere/x.png")), "write")
  local _, fault = refusal(function() local _ = orrery.load_image(path "none.png") end)
  lu.assertEquals(fault, "input_file")
end

function TestSaveImage:test_writes_nothing_while_a_script_is_checked()
  child.write("checked.lua", [[
    local orrery = require "orrery"
    orrery.save_image(orrery.zeros(3, 2, 2), "checked.png")
    local g = orrery.graph "later"
    g:output(g:input({ x = { shape = { 2 } } }):relu())
  ]])
  local code, out = child.orrery "check checked.lua"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "ok: graph later")
  lu.assertNil(child.read "checked.png")
end

function TestSaveImage:test_grids_are_tensors_too()
  lu.assertEquals(orrery.make_grid(batch(), { nrow = 2 }).shape, { 3, 20, 18 })
end

TestImageSaver = {}

local function painted(options)
  local g = orrery.graph "paint"
  local x = g:input(data.tensors { x = orrery.zeros(2, 3, 2, 2), batch = 2 })
  local picture = g:parameter("picture", { 1, 3, 2, 2 }, { init = "zeros" })
  local loss = ((picture - 2) * (picture - 2) + x * 0):mean()
  options.what = options.what or picture
  local saver = orrery.saver(options.path or path "picture.png", {
    what = options.what, mean = options.mean, std = options.std, process = options.process })
  orrery.manager(g, { optimizer = optim.SGD({ picture }, { lr = 6, loss = loss }), saver = saver, epochs = 1,
    history = false, progress = false }):run()
end

function TestImageSaver:test_writes_what_was_optimised()
  painted { mean = { 0.5 }, std = { 0.25 } }
  -- One step leads from 0 to 6 · 2 · 2 / 12 = 2, which is 2 · 0.25 + 0.5 of white.
  lu.assertEquals(bytes(path "picture.png"):tolist()[1][1][1], 255)
  painted { path = path "half.png", process = function(t) return t * 0.25 end }
  lu.assertEquals(bytes(path "half.png"):tolist()[1][1][1], 128)
end

function TestImageSaver:test_says_that_a_graph_is_no_image()
  lu.assertStrContains((refusal(function() local _ = orrery.saver(path "graph.png") end)),
    "writes the whole graph, which has no image\n  Say what")
end

child.finish(lu.LuaUnit.run())
