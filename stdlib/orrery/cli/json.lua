--- What `--json` prints: one object a line, each with the name and version of its form.

local core = require "orrery.core"
local stream = require "orrery.cli.stream"

local M = {}

--- JSON's null: no number.
M.null = 0 / 0

local Array = { __array = true }

--- Marks a table as an array, also when it is empty.
function M.array(list) return setmetatable(list, Array) end

--- Prints an object. `schema` is `orrery.<verb>/<version>`; the version grows when a field goes or changes
--- its meaning.
---@param schema string
---@param object table
function M.line(schema, object)
  object.schema = schema
  stream.out:write(core.json(object), "\n")
end

return M
