local core = require "orrery.core"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local run_list = require "orrery.cli.run_list"
local run_page = require "orrery.cli.run_page"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

-- A row of the history as an object, NULL as JSON's null.
local function object_of(row, columns)
  local object = {}
  for at, name in ipairs(columns) do
    object[name] = row[at] == nil and json.null or row[at]
  end
  return object
end

local function as_objects(found)
  local list = {}
  for at, row in ipairs(found.rows) do list[at] = object_of(row, found.columns) end
  return json.array(list)
end

-- list

local function list(history, given)
  local options = given.options
  local filter = { limit = options.limit or 0, status = options.status, name = options.name or "" }
  local found = history:list(filter)
  if options.json then
    for _, row in ipairs(found.rows) do json.line("orrery.history.list/1", object_of(row, found.columns)) end
  elseif #found.rows == 0 then
    stream.say "no runs"
  else
    run_list.print(found)
  end
end

-- show

local function show(history, given)
  local detail = history:show(given[2] or "last")
  if not given.options.json then return run_page.print(detail, given.options.limit or 12) end
  for _, name in ipairs { "config", "metrics", "ranges", "blocks", "artifacts", "notes" } do
    detail[name] = as_objects(detail[name])
  end
  detail.summary = object_of(detail.summary.rows[1], detail.summary.columns)
  detail.command = json.array(detail.command)
  json.line("orrery.history.show/1", detail)
end

-- sql

local function cell_text(cell)
  if cell == nil then return "NULL" end
  return type(cell) == "number" and numbers.plain(cell) or cell
end

local function sql_columns(columns, rows)
  local shown = {}
  for place, name in ipairs(columns) do
    local right = #rows > 0
    for _, row in ipairs(rows) do right = right and (row[place] == nil or type(row[place]) == "number") end
    shown[place] = { title = name, right = right, shrinks = not right }
  end
  return shown
end

local function sql(history, given)
  local statement = given[2]
  if not statement then
    core.fail("usage", "there is no statement: orrery history sql 'SELECT …'",
      "docs/history.md explains the tables.")
  end
  if statement == "-" then statement = io.read "*a" end
  local limit, rows, more = given.options.limit or (given.options.json and math.huge or 1000), {}, false
  local columns = history:sql(statement, function(row, columns)
    if #rows >= limit then
      more = true
      return false
    end
    rows[#rows + 1] = given.options.json and true or row
    if given.options.json then json.line("orrery.history.sql/1", { row = object_of(row, columns) }) end
  end)
  if given.options.json or #columns == 0 then return end
  local cells = {}
  for at, row in ipairs(rows) do
    cells[at] = {}
    for place = 1, #columns do cells[at][place] = cell_text(row[place]) end
  end
  tables.print(cells, sql_columns(columns, rows))
  if more then stream.say(("there are more rows than %d: --limit shows more"):format(limit)) end
end

-- export

local formats = { "csv", "tensorboard", "mlflow", "chrome", "speedscope", "folded" }

local function export(history, given)
  local runs, asked = {}, 0
  for at = 2, #given do runs[at - 1] = given[at] end
  for _, format in ipairs(formats) do
    local path = given.options[format]
    if path then
      asked = asked + 1
      local done = history:export(format, path, runs)
      for _, file in ipairs(done.files) do stream.say("wrote " .. file) end
      for _, file in ipairs(done.left_out) do
        stream.say(("left out: '%s' cannot be read any more"):format(file))
      end
    end
  end
  if asked > 0 then return end
  core.fail("usage", "nothing says what to export to", "Give --csv, --tensorboard, --mlflow, --chrome, --speedscope or --folded.")
end

local actions = { list = list, show = show, sql = sql, export = export }

-- Beside --db, which all of them heed.
local heeded = {
  list = { limit = true, status = true, name = true, json = true },
  show = { limit = true, json = true },
  sql = { limit = true, json = true },
  export = { csv = true, tensorboard = true, mlflow = true, chrome = true, speedscope = true, folded = true },
}

local function refuse_unheeded(action, given)
  for _, name in ipairs { "limit", "status", "name", "csv", "tensorboard", "mlflow", "chrome", "speedscope",
    "folded", "json" } do
    if given.options[name] ~= nil and not heeded[action][name] then
      core.fail("usage", ("--%s is no option of 'history %s'"):format(name, action),
        "See 'orrery history --help'.")
    end
  end
end

return {
  summary = "Asks what earlier runs did and what they cost.",
  usage = "orrery history [list | show [RUN] | sql 'SELECT …' | export RUN…] [--db FILE] [--json]",
  operands = {
    { name = "ACTION", optional = true,
      doc = "list: all runs · show: one run · sql: your own question · export: for other tools" },
    { name = "RUN", optional = true, repeated = true,
      doc = "name or number of a run, last, last~2 (show, export); the statement, '-' for stdin (sql)" },
  },
  options = {
    { name = "db", value = "FILE", doc = "the history", default = "orrery.db" },
    { name = "limit", value = "N", type = "integer", min = 1, doc = "at most so many rows; of show: epochs" },
    { name = "status", value = "WORD", choices = { "running", "done", "failed", "interrupted" },
      doc = "list: runs in this state" },
    { name = "name", value = "TEXT", doc = "list: runs with this in their name" },
    { name = "csv", value = "PATH", doc = "export: a table of all numbers; into a folder, a table a run" },
    { name = "tensorboard", value = "FOLDER", doc = "export: event files, a folder a run" },
    { name = "mlflow", value = "PATH", doc = "export: a tracking store of MLflow's, an SQLite file" },
    { name = "chrome", value = "FILE", doc = "export: a step profile for Perfetto and chrome://tracing" },
    { name = "speedscope", value = "FILE", doc = "export: a step profile for speedscope" },
    { name = "folded", value = "FILE", doc = "export: a step profile as folded stacks, for flame graphs" },
    { name = "json", doc = "one JSON object a line" },
  },
  notes = "docs/history.md explains the tables and views.",
  examples = { "orrery history list --limit 10", "orrery history show last",
    "orrery history sql 'SELECT run, validation_loss FROM run_summary ORDER BY 2'",
    "orrery history export last last~1 --tensorboard logs" },
  main = function(given)
    local word = given[1] or "list"
    local action = actions[word]
    if not action then
      local hint = core.nearest(word, { "list", "show", "sql", "export" })
      core.fail("usage", ("history has no action '%s'%s"):format(word, hint),
        "See 'orrery history --help'.")
    end
    refuse_unheeded(word, given)
    local extra = action == list and given[2] or action ~= export and given[3]
    if extra then core.fail("usage", ("'%s' is one word too many"):format(extra)) end
    local file = given.options.db or "orrery.db"
    if not core.exists(file) then
      core.fail("input_file", ("there is no history '%s'"):format(file),
        "Run a script here first, or name another file with --db.")
    end
    return action(core.history(file), given)
  end,
}
