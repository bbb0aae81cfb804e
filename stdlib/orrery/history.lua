--- The history for scripts: runs, their metrics and what their blocks cost, as plain tables.
---
---     local history = orrery.history.open "orrery.db"
---     for run in history:runs { where = "lr<0.01 and status=done", sort = "val_loss" } do
---       print(run.name, run.config.lr, run.validation_loss)
---     end
---     local best = history:run "best:val_loss"
---     for _, block in ipairs(best:blocks()) do print(block.path, block.forward_seconds) end
---     history:close()
---
--- What is asked for is read then, so a run that goes on has more of it later.

local core = require "orrery.core"
local sql_rows = require "orrery.sql_rows"

local M = {}

local quoted = sql_rows.quoted

-- A run.

local Run = {}
Run.__index = Run
Run.__tostring = function(run) return ("Run %s (%s)"):format(run.name, run.status) end

-- NaN is kept apart from what is not there.
local function with_nan(rows)
  for _, row in ipairs(rows) do
    if row.is_nan == 1 then row.value = 0 / 0 end
    row.is_nan = nil
  end
  return rows
end

local function of_view(run, view, order)
  local statement = "SELECT * FROM %s WHERE run_id = %d ORDER BY %s"
  local rows = run.history:rows(statement:format(view, run.id, order))
  for _, row in ipairs(rows) do row.run_id, row.run = nil, nil end
  return rows
end

--- The values of its metrics over the epochs: `epoch`, `metric`, `split`, `value`.
function Run:metrics(metric, split)
  local chosen = metric and " AND metric = " .. quoted(metric) or ""
  if split then chosen = chosen .. " AND split = " .. quoted(split) end
  local statement = "SELECT epoch, metric, split, value, is_nan FROM metric_curve WHERE run_id = %d%s "
    .. "ORDER BY metric, split, epoch"
  return with_nan(self.history:rows(statement:format(self.id, chosen)))
end

--- Its values at steps: `step`, `epoch`, `metric`, `split`, `value`, `seconds` since its start.
function Run:steps(metric, split)
  local chosen = metric and " AND metric = " .. quoted(metric) or ""
  if split then chosen = chosen .. " AND split = " .. quoted(split) end
  local statement = "SELECT step, epoch, metric, split, value, seconds, is_nan FROM step_curve "
    .. "WHERE run_id = %d%s ORDER BY metric, split, step"
  return with_nan(self.history:rows(statement:format(self.id, chosen)))
end

--- What its blocks cost over the whole run: the columns of the view `block_cost`.
function Run:blocks() return of_view(self, "block_cost", "path") end

--- Every quantity of every block and epoch: the columns of the view `block_epochs`.
function Run:block_epochs() return of_view(self, "block_epochs", "epoch, path, quantity") end

--- What it printed: `line`, `stream`, `written`, `text`.
function Run:logs() return of_view(self, "run_log", "line") end

--- What happened in it: `happened`, `kind`, `epoch`, `step`, `text`.
function Run:events() return of_view(self, "run_events", "happened") end

--- The files that it left: `path`, `kind`, `bytes`, `hash`, `name`, `step`.
function Run:artifacts()
  local statement = "SELECT path, kind, bytes, hash, name, step FROM artifacts WHERE run_id = %d "
    .. "ORDER BY path"
  return self.history:rows(statement:format(self.id))
end

--- Its notes as texts, the oldest first.
function Run:notes()
  local statement = "SELECT text FROM notes WHERE run_id = %d ORDER BY note_id"
  local notes = self.history:rows(statement:format(self.id))
  for at, note in ipairs(notes) do notes[at] = note.text end
  return notes
end

-- The history.

local History = {}
History.__index = History
History.__tostring = function(history)
  return ("History %s%s"):format(history.path, history.reader and "" or " (closed)")
end

local function reader_of(history)
  if history.reader then return history.reader end
  core.fail("usage", ("the history %s was closed"):format(history.path),
    "Open it again: orrery.history.open.")
end

for _, method in ipairs { "list", "show", "resolve", "more_is_better", "blocks", "nodes", "changes",
  "block_epochs", "sql", "export" } do
  History[method] = function(history, ...)
    local reader = reader_of(history)
    return reader[method](reader, ...)
  end
end

--- The rows of one SELECT as tables by the columns' names; NULL is nil.
function History:rows(statement) return sql_rows.of(self, statement) end

local run_of = [[
SELECT run_id AS id, name, uid, status, exit_reason AS reason, config_json, command_json, parent_uid,
       resumed_from, working_folder AS folder, script_path AS script
FROM runs WHERE run_id = %d]]

-- A row of `history:list` with what else belongs to the run.
local function as_run(history, row, columns)
  local run = {}
  for at, name in ipairs(columns) do run[name] = row[at] end
  for name, value in pairs(history:rows(run_of:format(run.run_id))[1]) do run[name] = value end
  run.config = core.parse_json(run.config_json, "the config of " .. run.name)
  run.command = core.parse_json(run.command_json, "the command of " .. run.name)
  run.tags = {}
  local statement = "SELECT tag FROM tags WHERE run_id = %d ORDER BY tag"
  for at, row_of_tag in ipairs(history:rows(statement:format(run.id))) do run.tags[at] = row_of_tag.tag end
  run.run_id, run.run, run.config_json, run.command_json, run.exit_reason = nil, nil, nil, nil, nil
  run.history = history
  return setmetatable(run, Run)
end

--- Iterates over runs, the newest first unless sorted.
function History:runs(filter)
  local found, at = self:list(filter or {}), 0
  return function()
    at = at + 1
    local row = found.rows[at]
    return row and as_run(self, row, found.columns)
  end
end

--- One run: by number, name or the beginning of it, `last`, `last~2`, `best:val_loss`.
function History:run(word)
  local id = self:resolve(word or "last")
  local found = self:list { where = ("run_id=%d"):format(id) }
  return as_run(self, found.rows[1], found.columns)
end

--- The runs of a sweep, the best first, and how much each setting explains; see `orrery.sweeps`.
function History:sweep(asked) return require("orrery.sweeps").of(self, asked or {}) end

--- Closes the file; again does nothing.
function History:close()
  if self.reader then self.reader:release() end
  self.reader = nil
end

--- Opens a history for reading. A file that is none is refused.
function M.open(path)
  return setmetatable({ path = path, reader = core.history(path) }, History)
end

return setmetatable(M, { __call = function(_, path) return M.open(path) end })
