local lu = require "luaunit"
local core = require "orrery.core"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/meta_spec%.lua$"
local folder = root .. "stdlib/orrery/meta/"

local function stub(name)
  return core.read_file(folder .. name)
end

local function stubs()
  local texts = {}
  local listing = io.popen("ls '" .. folder .. "'")
  for name in listing:lines() do texts[name] = stub(name) end
  listing:close()
  return texts
end

-- The stubs of what stands in C++ but is no operation are written by hand.
local function hand_written()
  local texts = {}
  for _, text in pairs(stubs()) do
    if not text:find("do not edit", 1, true) then texts[#texts + 1] = text end
  end
  return table.concat(texts)
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
  for name, text in pairs(stubs()) do lu.assertIsFunction(loadstring(text, name), name) end
end

function TestStubs:test_declare_every_type_that_they_name()
  local declared, text = {}, ""
  for _, part in pairs(stubs()) do text = text .. part end
  for name in text:gmatch "%-%-%-@class (orrery[%w_.]*)" do declared[name] = true end
  for name in text:gmatch "%-%-%-@alias (orrery[%w_.]*)" do declared[name] = true end
  for name in text:gmatch "orrery%.%u%w*" do lu.assertTrue(declared[name], name) end
end

function TestStubs:test_name_every_method_of_every_class_and_no_other()
  lu.assertEquals(tostring(require "orrery".tensor(1):dim()), "0") -- so that the engine's classes are there
  local text = hand_written()
  for class, members in pairs(core.classes()) do
    local found = {}
    for name in text:gmatch("\nfunction " .. class .. ":([%w_]+)%(") do found[#found + 1] = name end
    table.sort(found)
    table.sort(members)
    if class ~= "SharedBlock" then lu.assertEquals(found, members, class) end
  end
end

function TestStubs:test_or_the_module_itself_document_every_member_of_it()
  local text, own = hand_written(), core.read_file(root .. "stdlib/orrery/init.lua")
  local function expect(name)
    local field, definition = "---@field " .. name .. " ", "\nfunction M." .. name .. "("
    lu.assertNotNil(text:find(field, 1, true) or own:find(definition, 1, true), name)
  end
  for name in pairs(require "orrery") do
    if not core.transform(name) then expect(name) end
  end
  for _, name in ipairs(require "orrery.engine_functions") do expect(name) end
end

os.exit(lu.LuaUnit.run())
