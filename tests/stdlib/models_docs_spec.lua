-- docs/models.md names every model with its options and the number of its parameters.
local lu = require "luaunit"
local core = require "orrery.core"
local models = require "orrery.models"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/models_docs_spec%.lua$"

-- name → { options = { … }, parameters = … }
local function rows()
  local found = {}
  for name, options, parameters in core.read_file(root .. "docs/models.md"):gmatch
    "\n| `([%w_]+)` | ([^|]*) | ([%d,]+) |" do
    local row = { options = {}, parameters = tonumber((parameters:gsub(",", ""))) }
    for option in options:gmatch "`([%w_]+)`" do table.insert(row.options, option) end
    table.sort(row.options)
    found[name] = row
  end
  return found
end

TestModelsPage = {}

function TestModelsPage:test_lists_every_model_and_no_other()
  local listed = {}
  for name in pairs(rows()) do listed[#listed + 1] = name end
  table.sort(listed)
  lu.assertEquals(listed, models.names())
end

function TestModelsPage:test_lists_the_options()
  for name, row in pairs(rows()) do
    local options = {}
    for option in pairs(models.defaults(name)) do options[#options + 1] = option end
    table.sort(options)
    lu.assertEquals(row.options, options, name)
  end
end

function TestModelsPage:test_counts_the_parameters()
  for name, row in pairs(rows()) do
    lu.assertEquals(models.graph(name):describe().parameters, row.parameters, name)
  end
end

os.exit(lu.LuaUnit.run())
