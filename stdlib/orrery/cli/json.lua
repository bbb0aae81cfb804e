--- What `--json` prints: one object a line, each with the name and version of its form.

local core = require "orrery.core"
local stream = require "orrery.cli.stream"

local M = {}

--- JSON's null: no number.
M.null = 0 / 0

local Array = { __array = true }

--- Marks a table as an array, also when it is empty.
function M.array(list) return setmetatable(list, Array) end

local texts = { [math.huge] = "Infinity", [-math.huge] = "-Infinity" }

--- A cell of the history: NULL is JSON's null, what JSON has no number for is "NaN", "Infinity", "-Infinity".
function M.cell(cell)
  if cell == nil then return M.null end
  if cell ~= cell then return "NaN" end
  return texts[cell] or cell
end

--- A row of the history as an object.
---@param row any[] cells by place
---@param columns string[]
function M.object(row, columns)
  local object = {}
  for at, name in ipairs(columns) do object[name] = M.cell(row[at]) end
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
