--- What `--json` prints: one object a line, each with the name and version of its form.

local core = require "orrery.core"
local stream = require "orrery.cli.stream"

local M = {}

--- JSON's null: no number.
M.null = 0 / 0

local Array = { __array = true }

--- Marks a table as an array, also when it is empty.
function M.array(list) return setmetatable(list, Array) end

--- A row of the history as an object, NULL as JSON's null.
---@param row any[] cells by place
---@param columns string[]
function M.object(row, columns)
  local object = {}
  for at, name in ipairs(columns) do
    object[name] = row[at] == nil and M.null or row[at]
  end
  return object
end

--- A table of the history as an array of objects.
---@param found { columns: string[], rows: any[][] }
function M.objects(found)
  local list = {}
  for at, row in ipairs(found.rows) do list[at] = M.object(row, found.columns) end
  return M.array(list)
end

--- Prints an object. `schema` is `orrery.<verb>/<version>`; the version grows when a field goes or changes
--- its meaning.
---@param schema string
---@param object table
function M.line(schema, object)
  object.schema = schema
  stream.out:write(core.json(object), "\n")
end

return M
