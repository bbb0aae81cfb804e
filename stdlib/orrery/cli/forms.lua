--- The four forms in which an answer is printed: a table for people; JSON, CSV or plain lines for programs.
---
---     forms.print(given.options, {
---       schema = "orrery.history.list/2",
---       columns = { { name = "run_id", title = "id", right = true }, … },   -- as cli/table takes them
---       rows = { { 7, "brave-otter-1" }, … },                               -- as the history gives them
---     })
---
--- | | table | `--json` | `--csv` | `--plain` |
--- |---|---|---|---|---|
--- | NULL | nothing (`NULL` where `nulls` is set) | `null` | nothing | nothing |
--- | NaN, infinity | `NaN`, `inf`, `-inf` | as text | as they are | as they are |
--- | numbers | as many digits as matter | all digits | all digits | all digits |
--- | line breaks | `↵` | escaped | quoted | `\n`, tabs `\t`, a backslash twice |
--- | titles | yes | keys | the names | none |

local core = require "orrery.core"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local M = {}

--- What a verb lists among its options.
M.options = {
  { name = "json", doc = "one JSON object a line" },
  { name = "csv", doc = "comma-separated, the first line with the names" },
  { name = "plain", doc = "separated by tabs, without titles and colours, all digits" },
}

--- A verb's options with those of the forms behind them.
---@param options table[]
---@return table[]
function M.behind(options)
  for _, option in ipairs(M.options) do options[#options + 1] = option end
  return options
end

--- The form that the options ask for.
---@param options table
---@return "json"|"csv"|"plain"|"table"
function M.of(options)
  local form
  for _, option in ipairs(M.options) do
    if options[option.name] then
      if form then
        core.fail("usage", ("--%s and --%s exclude each other"):format(form, option.name))
      end
      form = option.name
    end
  end
  return form or "table"
end

local function word_of(cell)
  if cell == nil then return "" end
  return type(cell) == "number" and numbers.exact(cell) or tostring(cell)
end

local function csv_cell(cell)
  local word = word_of(cell)
  return word:find '[,"\r\n]' and '"' .. word:gsub('"', '""') .. '"' or word
end

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\" }

local function plain_cell(cell) return (word_of(cell):gsub("[\n\r\t\\]", escapes)) end

local function line_of(row, count, cell_of, separator)
  local cells = {}
  for place = 1, count do cells[place] = cell_of(row[place]) end
  return table.concat(cells, separator) .. "\n"
end

local function names_of(columns)
  local names = {}
  for place, column in ipairs(columns) do names[place] = column.name end
  return names
end

--- What prints rows one at a time, as they come; for a table nothing is printed before the end.
---@param form string
---@param schema string of the objects
---@param columns table[]
---@return fun(row: any[]) add
function M.writer(form, schema, columns)
  local names = names_of(columns)
  if form == "json" then
    return function(row) json.line(schema, json.object(row, names)) end
  end
  if form == "table" then return function() end end
  local cell_of, separator = csv_cell, ","
  if form == "plain" then cell_of, separator = plain_cell, "\t" end
  if form == "csv" then stream.out:write(line_of(names, #names, csv_cell, ",")) end
  return function(row) stream.out:write(line_of(row, #names, cell_of, separator)) end
end

local function shown(cell, column, nulls)
  if cell == nil then return nulls end
  if column.show then return column.show(cell) end
  return type(cell) == "number" and numbers.plain(cell) or tostring(cell)
end

-- Only those that say something, where a column may be left out.
local function used_columns(columns, rows)
  local used = {}
  for place, column in ipairs(columns) do
    local says = not column.drops
    for _, row in ipairs(rows) do says = says or (row[place] ~= nil and row[place] ~= "") end
    column.source = place
    if says then used[#used + 1] = column end
  end
  table.sort(used, function(a, b)
    if (a.rank or 0) == (b.rank or 0) then return a.source < b.source end
    return (a.rank or 0) < (b.rank or 0)
  end)
  return used
end

--- Prints rows as a table. Besides what cli/table takes, a column may have `show` (cell → text), `colours`
--- (by cell), `rank` (its place), `drops` (left out where it is empty).
---@param columns table[]
---@param rows any[][]
---@param nulls? string what stands for NULL
function M.table(columns, rows, nulls)
  local used, cells = used_columns(columns, rows), {}
  for at, row in ipairs(rows) do
    cells[at] = { colours = {} }
    for place, column in ipairs(used) do
      local cell = row[column.source]
      cells[at][place] = shown(cell, column, nulls)
      cells[at].colours[place] = column.colours and column.colours[cell]
        or row.colours and row.colours[column.source]
    end
  end
  tables.print(cells, used)
end

--- Prints an answer in the form that the options ask for.
---@param options table
---@param answer { schema: string, columns: table[], rows: any[][], nulls?: string }
function M.print(options, answer)
  local form = M.of(options)
  if form == "table" then return M.table(answer.columns, answer.rows, answer.nulls) end
  local add = M.writer(form, answer.schema, answer.columns)
  for _, row in ipairs(answer.rows) do add(row) end
end

return M
