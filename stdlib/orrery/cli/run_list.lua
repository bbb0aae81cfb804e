--- The table of runs: what matters most comes first, columns that are empty in all rows are left out.

local forms = require "orrery.cli.forms"
local numbers = require "orrery.cli.numbers"
local run_page = require "orrery.cli.run_page"

local M = {}

local status_colours = { done = "green", failed = "red", interrupted = "yellow", running = "cyan" }

local fixed = {
  run_id = { rank = 1, title = "id", right = true },
  run = { rank = 1, title = "run", shrinks = true, least = 20 },
  status = { rank = 1, title = "status", colours = status_colours },
  started = { rank = 5, title = "started", show = run_page.time, optional = true },
  seconds = { rank = 4, title = "took", right = true, show = numbers.seconds, optional = true },
  epochs = { rank = 1, title = "epochs", right = true },
  device = { rank = 6, title = "device", optional = true },
  parameter_count = { rank = 7, title = "parameters", right = true, show = numbers.thousands,
    optional = true },
  tags = { rank = 8, title = "tags", shrinks = true, optional = true },
  exit_reason = { rank = 9, title = "why it ended", shrinks = true, optional = true },
}

-- Other names of the same columns.
local same = { id = "run_id", name = "run", took = "seconds", parameters = "parameter_count",
  reason = "exit_reason", ended = "started" }

-- Titles of the columns here. A setting of such a name is called as conditions ask for it: config.NAME.
local titles = {}
for _, column in pairs(fixed) do titles[column.title] = true end

local function title_of_setting(name) return (titles[name] and "config." or "") .. name end

-- What matters most comes first, and goes last where there is little room: validation, what most runs have.
local function rank_of_metric(name, share)
  local rank = name:find "^validation_" and 2 or 3
  return rank + (name:find "_loss$" and 0.05 or 0) + 0.9 * (1 - share)
end

local function look_of(name, is_number, share)
  if fixed[name] then return fixed[name] end
  local setting = name:match "^config%.(.*)$"
  if setting then
    return { rank = 1.5, title = title_of_setting(setting), right = is_number, shrinks = true,
      optional = true }
  end
  return { rank = rank_of_metric(name, share), title = name:gsub("^validation_", "val_"), right = true,
    optional = true }
end

local function is_number(found, place)
  for _, row in ipairs(found.rows) do
    if row[place] ~= nil and type(row[place]) ~= "number" then return false end
  end
  return true
end

-- Of how many of the runs there is something.
local function share_of(found, place)
  local count = 0
  for _, row in ipairs(found.rows) do count = count + (row[place] ~= nil and 1 or 0) end
  return count / math.max(#found.rows, 1)
end

--- The columns of a table of runs as `history:list` gives them; so many `settings` stand before.
---@param found { columns: string[], rows: any[][] }
---@param settings? integer
---@return table[] columns as cli/forms takes them
function M.columns(found, settings)
  local columns = {}
  for place, name in ipairs(found.columns) do
    local column = { name = name, drops = true }
    local setting = place <= (settings or 0) and { rank = 0, title = title_of_setting(name), right = true }
    local look = setting or look_of(name, is_number(found, place), share_of(found, place))
    for key, value in pairs(look) do column[key] = value end
    columns[place] = column
  end
  return columns
end

--- The columns that somebody chose: in this order, under these names.
---@param found { columns: string[], rows: any[][] }
---@return table[] columns
function M.chosen_columns(found)
  local columns = {}
  for place, name in ipairs(found.columns) do
    local look = fixed[same[name] or name] or {}
    local number = is_number(found, place)
    columns[place] = { name = name, title = name, right = number, shrinks = not number, show = look.show,
      colours = look.colours }
  end
  return columns
end

--- Prints runs as `history:list` gives them; so many `settings` are columns before the history's own.
---@param found { columns: string[], rows: any[][] }
---@param settings? integer
function M.print(found, settings) forms.table(M.columns(found, settings), found.rows) end

return M
