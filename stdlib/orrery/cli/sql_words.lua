--- What `orrery history sql` answers besides SQL: `.tables`, `.schema`, `.help`.

local core = require "orrery.core"
local stream = require "orrery.cli.stream"

local M = {}

local function objects_of(history)
  local objects = {}
  history:sql("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
    .. "ORDER BY type = 'view' DESC, type = 'index', name", function(row)
    objects[#objects + 1] = { type = row[1], name = row[2], sql = row[3] }
  end)
  return objects
end

local function names_of(objects, type)
  local names = {}
  for _, object in ipairs(objects) do
    if not type or object.type == type then names[#names + 1] = object.name end
  end
  return names
end

local answers = {}

answers[".tables"] = function(history)
  local objects = objects_of(history)
  for _, kind in ipairs { "view", "table" } do
    for _, name in ipairs(names_of(objects, kind)) do stream.out:write(("%-6s %s\n"):format(kind, name)) end
  end
end

answers[".schema"] = function(history, name)
  local objects, found = objects_of(history), false
  for _, object in ipairs(objects) do
    if name == "" or object.name == name then
      found = true
      stream.out:write(object.sql, ";\n\n")
    end
  end
  if found then return end
  core.fail("usage", ("there is no table or view '%s'%s"):format(name, core.nearest(name, names_of(objects))),
    "'.tables' lists them.")
end

answers[".help"] = function()
  stream.out:lines {
    "One SELECT, VALUES, WITH … SELECT or EXPLAIN; nothing can be changed, attached or loaded by it.",
    "",
    "  .tables         lists the views and tables: views are made for people",
    "  .schema [NAME]  shows how one of them, or each, is made",
    "  .help           shows this",
    "",
    "The statement is one word in quotes, a file (--file) or stdin (-). It may take 10 seconds unless",
    "--timeout says otherwise. Columns and their meaning: docs/history.md.",
    "",
    "  SELECT run, status, validation_loss FROM run_summary ORDER BY validation_loss LIMIT 10",
    "  SELECT path, forward_seconds FROM block_cost WHERE run = 'brave-otter-12' ORDER BY 2 DESC",
    "  SELECT epoch, value FROM metric_curve WHERE run = 'brave-otter-12' AND metric = 'loss'",
  }
end

--- Answers a word that begins with a dot; an unknown one is an error with the nearest known.
---@param history orrery.History
---@param word string
---@param argument string
function M.answer(history, word, argument)
  local answer = answers[word]
  if not answer then
    local names = { ".tables", ".schema", ".help" }
    core.fail("usage", ("there is no word '%s'%s"):format(word, core.nearest(word, names)),
      "They are .tables, .schema and .help.")
  end
  if argument ~= "" and word ~= ".schema" then
    core.fail("usage", ("'%s' is one word too many behind %s"):format(argument, word))
  end
  answer(history, argument)
end

return M
