--- The table of runs: what matters most comes first, columns that are empty in all rows are left out.

local numbers = require "orrery.cli.numbers"
local run_page = require "orrery.cli.run_page"
local tables = require "orrery.cli.table"

local M = {}

local fixed = {
  run_id = { rank = 1, title = "id", right = true },
  run = { rank = 1, title = "run", shrinks = true, least = 20 },
  status = { rank = 1, title = "status" },
  started = { rank = 5, title = "started", show = run_page.time, optional = true },
  seconds = { rank = 4, title = "took", right = true, show = numbers.seconds, optional = true },
  epochs = { rank = 1, title = "epochs", right = true },
  device = { rank = 6, title = "device", optional = true },
  parameter_count = { rank = 7, title = "parameters", right = true, show = numbers.thousands,
    optional = true },
  tags = { rank = 8, title = "tags", shrinks = true, optional = true },
  exit_reason = { rank = 9, title = "why it ended", shrinks = true, optional = true },
}

local colours = { done = "green", failed = "red", interrupted = "yellow", running = "cyan" }

-- What matters most comes first, and goes last where there is little room.
local function rank_of_metric(name)
  local rank = name:find "^validation_" and 2 or 3
  return name:find "_loss$" and rank + 0.5 or rank
end

local function metric_column(name)
  return { rank = rank_of_metric(name), title = name:gsub("^validation_", "val_"), right = true,
    show = numbers.plain, optional = true }
end

-- The columns of the table; empty ones are left out.
local function list_columns(found, settings)
  local columns = {}
  for place, name in ipairs(found.columns) do
    local column = { name = name, source = place }
    local setting = place <= settings and { rank = 0, title = name, right = true }
    local look = setting or fixed[name] or metric_column(name)
    for key, value in pairs(look) do column[key] = value end
    local used = false
    for _, row in ipairs(found.rows) do used = used or (row[place] ~= nil and row[place] ~= "") end
    if used then columns[#columns + 1] = column end
  end
  table.sort(columns, function(a, b)
    if a.rank == b.rank then return a.source < b.source end
    return a.rank < b.rank
  end)
  return columns
end

--- Prints runs as `history:list` gives them; so many `settings` are columns before the history's own.
---@param found { columns: string[], rows: any[][] }
---@param settings? integer
function M.print(found, settings)
  local columns, rows = list_columns(found, settings or 0), {}
  for at, row in ipairs(found.rows) do
    rows[at] = { colours = {} }
    for place, column in ipairs(columns) do
      local cell = row[column.source]
      if cell ~= nil then rows[at][place] = column.show and column.show(cell) or tostring(cell) end
      if column.name == "status" then rows[at].colours[place] = colours[cell] end
    end
  end
  tables.print(rows, columns)
end

return M
