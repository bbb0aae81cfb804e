local lu = require "luaunit"
local core = require "orrery.core"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/meta_spec%.lua$"

local function stub(name)
  return core.read_file(root .. "stdlib/orrery/meta/" .. name)
end

TestStubs = {}

function TestStubs:test_generated_ones_fit_the_descriptions()
  for name, text in pairs(dofile(root .. "scripts/dev/lua_stubs.lua")) do
    if stub(name) ~= text then
      lu.fail(name .. " is out of date: build/orrery run scripts/dev/lua_stubs.lua stdlib/orrery/meta")
    end
  end
end

function TestStubs:test_are_lua()
  for _, name in ipairs { "orrery.lua", "value.lua", "graph.lua", "nn.lua", "nn_init.lua", "modules.lua",
    "optim.lua", "lr_scheduler.lua", "data.lua", "manager.lua", "metrics.lua" } do
    lu.assertIsFunction(loadstring(stub(name), name), name)
  end
end

function TestStubs:test_name_every_method_of_every_class_and_no_other()
  local text = stub "orrery.lua"
  for class, members in pairs(core.classes()) do
    local found = {}
    for name in text:gmatch("\nfunction " .. class .. ":([%w_]+)%(") do found[#found + 1] = name end
    table.sort(found)
    table.sort(members)
    if class ~= "SharedBlock" then lu.assertEquals(found, members, class) end
  end
end

function TestStubs:test_name_every_member_of_the_module()
  local text = stub "orrery.lua"
  for name in pairs(require "orrery") do
    if not text:find("---@field " .. name .. " ", 1, true) and not core.transform(name) then
      lu.assertTrue(name == "render" or name == "save", name)
    end
  end
end

os.exit(lu.LuaUnit.run())
