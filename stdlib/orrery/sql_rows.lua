--- What a SELECT of a history answers, as tables by the columns' names.

local M = {}

--- A text as SQL writes it.
---@param words string|number
---@return string
function M.quoted(words) return "'" .. tostring(words):gsub("'", "''") .. "'" end

--- All rows of a statement; NULL is nil.
---@param reader orrery.History
---@param statement string
---@return table[]
function M.of(reader, statement)
  local found = {}
  reader:sql(statement, function(row, columns)
    local object = {}
    for at, name in ipairs(columns) do object[name] = row[at] end
    found[#found + 1] = object
  end)
  return found
end

return M
