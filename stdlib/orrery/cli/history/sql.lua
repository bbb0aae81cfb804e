local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local function cell_text(cell)
  if cell == nil then return "NULL" end
  return type(cell) == "number" and numbers.plain(cell) or cell
end

local function shown_columns(columns, rows)
  local shown = {}
  for place, name in ipairs(columns) do
    local right = #rows > 0
    for _, row in ipairs(rows) do right = right and (row[place] == nil or type(row[place]) == "number") end
    shown[place] = { title = name, right = right, shrinks = not right }
  end
  return shown
end

local function ask(history, statement, options)
  local limit, rows, more = options.limit or (options.json and math.huge or 1000), {}, false
  local columns = history:sql(statement, function(row, columns)
    if #rows >= limit then
      more = true
      return false
    end
    rows[#rows + 1] = options.json and true or row
    if options.json then json.line("orrery.history.sql/1", { row = json.object(row, columns) }) end
  end)
  if options.json or #columns == 0 then return end
  local cells = {}
  for at, row in ipairs(rows) do
    cells[at] = {}
    for place = 1, #columns do cells[at][place] = cell_text(row[place]) end
  end
  tables.print(cells, shown_columns(columns, rows))
  if more then stream.say(("there are more rows than %d: --limit shows more"):format(limit)) end
end

return {
  group = "ask",
  summary = "Answers a question of your own in SQL; nothing can be changed by it.",
  usage = "orrery history sql 'SELECT …' [--limit N] [--json]",
  operands = { { name = "STATEMENT", doc = "one SELECT; '-' reads it from stdin" } },
  options = {
    history_file.option,
    { name = "limit", value = "N", type = "integer", min = 1,
      doc = "at most so many rows (default: 1000, with --json all)" },
    { name = "json", doc = "one JSON object a line" },
  },
  notes = "docs/history.md explains the tables and views.",
  examples = { "orrery history sql 'SELECT run, validation_loss FROM run_summary ORDER BY 2'" },
  main = function(given)
    ask(history_file.open(given), given[1] == "-" and io.read "*a" or given[1], given.options)
  end,
}
