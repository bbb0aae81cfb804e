local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refused = require("refusal").text

TestConfig = {}

local function override(settings)
  local list = {}
  for key, value in pairs(settings) do list[#list + 1] = { key = key, value = value } end
  core.set_overrides { config = list }
end

local function refusal(defaults) return refused(orrery.config, defaults) end

function TestConfig:tearDown() override {} end

function TestConfig:test_gives_the_defaults()
  local defaults = { lr = 0.1, name = "a", deep = { x = true } }
  lu.assertEquals(orrery.config(defaults), { lr = 0.1, name = "a", deep = { x = true } })
end

function TestConfig:test_leaves_the_scripts_table_alone()
  override { lr = "0.5" }
  local defaults = { lr = 0.1 }
  lu.assertEquals(orrery.config(defaults).lr, 0.5)
  lu.assertEquals(defaults.lr, 0.1)
end

function TestConfig:test_keeps_types()
  override { lr = "1e-2", on = "false", name = "7", sizes = "1,2,3", ["deep.width"] = "64" }
  local config = orrery.config { lr = 0.1, on = true, name = "a", sizes = { 4 }, deep = { width = 8 } }
  lu.assertEquals(config, { lr = 0.01, on = false, name = "7", sizes = { 1, 2, 3 }, deep = { width = 64 } })
end

function TestConfig:test_names_the_nearest_setting()
  override { epocs = "3" }
  lu.assertStrContains(refusal { epochs = 1 }, "the script has no setting 'epocs' (did you mean 'epochs'?)")
end

function TestConfig:test_refuses_values_of_another_type()
  override { lr = "fast" }
  lu.assertStrContains(refusal { lr = 0.1 }, "lr must be a number, got 'fast'")
  override { on = "1" }
  lu.assertStrContains(refusal { on = true }, "on must be true or false")
  override { sizes = "1,x" }
  lu.assertStrContains(refusal { sizes = { 1 } }, "sizes must be a list")
end

function TestConfig:test_refuses_settings_that_no_command_line_could_set()
  lu.assertStrContains(refusal { print }, "settings have names")
  lu.assertStrContains(refusal { f = print }, "f is a function")
  lu.assertStrContains(refusal(3), "expected a table")
end

function TestConfig:test_refuses_a_manager_when_a_setting_was_not_read()
  override { lr = "0.5" }
  local g = orrery.graph()
  g:input { x = { shape = { 2 } } }
  local done, text = pcall(orrery.manager, g, {})
  lu.assertFalse(done)
  lu.assertStrContains(text, "'lr=0.5' sets nothing")
end

function TestConfig:test_refuses_settings_that_hold_themselves()
  local settings = { lr = 1 }
  settings.model = settings
  lu.assertStrContains(refusal(settings), "config: tables of settings lie in each other more than 32 deep")
end

function TestConfig:test_becomes_json_with_sorted_keys()
  lu.assertEquals(core.json { b = 1, a = { 1.5, true, "x" } }, '{"a":[1.5,true,"x"],"b":1}')
end

os.exit(lu.LuaUnit.run())
