local core = require "orrery.core"
local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local stream = require "orrery.cli.stream"
local words = require "orrery.cli.sql_words"

-- A table is collected before it is printed, the other forms are printed as they come.
local most_rows = { table = 1000, json = 1e6, csv = 1e6, plain = 1e6 }
local most_bytes = { table = 2 ^ 26, json = 2 ^ 30, csv = 2 ^ 30, plain = 2 ^ 30 }

local function size_of(row, count)
  local size = 8 * count
  for place = 1, count do
    if type(row[place]) == "string" then size = size + #row[place] end
  end
  return size
end

-- Where more was asked for than is given: in a table a remark, else an error, for a program reads the rest.
local function say_more(form, told, remedy)
  if form == "table" then return stream.say(("%s; %s"):format(told, remedy)) end
  stream.out:flush()
  core.fail("run", told, remedy .. ".")
end

local function looks(columns, rows)
  local shown = {}
  for place, name in ipairs(columns) do
    local right = #rows > 0
    for _, row in ipairs(rows) do right = right and (row[place] == nil or type(row[place]) == "number") end
    shown[place] = { name = name, title = name, right = right, shrinks = not right }
  end
  return shown
end

local function names_of(columns)
  local named = {}
  for place, name in ipairs(columns) do named[place] = { name = name } end
  return named
end

-- A column may have any name, also `schema`: in JSON a row is an object of its own.
local function writer(form, columns)
  if form ~= "json" then return forms.writer(form, "", names_of(columns)) end
  return function(row) json.line("orrery.history.sql/2", { row = json.object(row, columns) }) end
end

local function ask(history, statement, options)
  local form = forms.of(options)
  local limit, rows, count, size = options.limit or most_rows[form], {}, 0, 0
  local add, fewer
  local function begin(columns) add = writer(form, columns) end
  local columns = history:sql(statement, function(row, columns)
    count, size = count + 1, size + size_of(row, #columns)
    fewer = count > limit and "rows" or size > most_bytes[form] and "bytes"
    if fewer then return false end
    if not add then begin(columns) end
    add(row)
    rows[#rows + 1] = form == "table" and row or nil
  end, { timeout = options.timeout or 10 })
  if not add then begin(columns) end
  if form == "table" and #columns > 0 then forms.table(looks(columns, rows), rows, "NULL") end
  if fewer == "bytes" then
    say_more(form, ("the answer is longer than %d MB"):format(most_bytes[form] / 2 ^ 20),
      "ask for fewer columns or rows")
  elseif fewer and not (options.limit and form ~= "table") then
    say_more(form, ("there are more rows than %d"):format(limit), "--limit shows more")
  end
end

local function statement_of(given)
  local file = given.options.file
  if file and given[1] then core.fail("usage", "the statement is given twice, as a word and with --file") end
  if file then return core.read_file(file) end
  if given[1] == "-" then return io.read "*a" end
  if given[1] then return given[1] end
  core.fail("usage", "there is no statement: orrery history sql 'SELECT …'",
    "'orrery history sql .help' tells what can be asked.")
end

return {
  group = "ask",
  summary = "Answers a question of your own in SQL; nothing can be changed by it.",
  usage = "orrery history sql ['SELECT …' | - | .help | .tables | .schema [NAME]] [--file FILE]",
  operands = {
    { name = "STATEMENT", optional = true, repeated = true,
      doc = "one SELECT, in quotes; '-': from stdin; .tables: what there is; .schema: how it is made" },
  },
  options = forms.behind {
    history_file.option,
    { name = "file", short = "f", value = "FILE", doc = "reads the statement from a file" },
    { name = "limit", value = "N", type = "integer", min = 1,
      doc = "at most so many rows (default: a table 1000, the other forms a million)" },
    { name = "timeout", value = "SECONDS", type = "number", min = 0.001,
      doc = "ends a statement that takes longer", default = "10" },
  },
  notes = "docs/history.md explains the tables and views.",
  examples = { "orrery history sql 'SELECT run, validation_loss FROM run_summary ORDER BY 2'",
    "orrery history sql .schema block_cost", "orrery history sql --file question.sql --csv" },
  main = function(given)
    local statement = statement_of(given)
    local word, argument = statement:match "^%s*(%.%a*)%s*(%S*)%s*$"
    local history = history_file.open(given)
    if word then return words.answer(history, word, given[2] or argument) end
    if given[2] then
      core.fail("usage", ("'%s' is one word too many"):format(given[2]),
        "The statement is one word: put it in quotes.")
    end
    ask(history, statement, given.options)
  end,
}
