--- Tables that fit the terminal.
---
---     table.print({ { "conv1", 160 } }, { { title = "layer" }, { title = "parameters", right = true } })
---
--- Where the columns do not fit, those that may be cut (`shrinks`) are cut first, then those that may be left
--- out (`optional`, the last first), then all are cut; where even that is too narrow, each row becomes a list.

local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local M = {}

local gap = 2
local least = 6

local function widths_of(rows, columns)
  local widths = {}
  for at, column in ipairs(columns) do
    widths[at] = text.width(column.title)
    for _, row in ipairs(rows) do
      widths[at] = math.max(widths[at], text.width(row[column.place]))
    end
  end
  return widths
end

local function sum(widths)
  local all = gap * math.max(#widths - 1, 0)
  for _, width in ipairs(widths) do all = all + width end
  return all
end

-- Takes columns' widths down, the widest first, until all fit. False when they cannot.
local function shrink(widths, columns, limit, may)
  while sum(widths) > limit do
    local widest
    for at, column in ipairs(columns) do
      if may(column) and widths[at] > least and (not widest or widths[at] > widths[widest]) then widest = at end
    end
    if not widest then return false end
    widths[widest] = widths[widest] - 1
  end
  return true
end

local function last_optional(columns)
  for at = #columns, 1, -1 do
    if columns[at].optional then return at end
  end
end

-- The columns that are shown, and their widths; nil when there is no room.
local function fit(rows, columns, limit)
  local shown, widths = {}, {}
  for at, column in ipairs(columns) do shown[at] = column end
  while true do
    widths = widths_of(rows, shown)
    if not limit or shrink(widths, shown, limit, function(column) return column.shrinks end) then
      return shown, widths
    end
    local at = last_optional(shown)
    if not at then break end
    table.remove(shown, at)
  end
  if shrink(widths, shown, limit, function() return true end) then return shown, widths end
end

local function paint(out, colour, words)
  if not colour then return words end
  return out:paint(colour, words)
end

local function line_of(out, cells, columns, widths, colour_of)
  local parts = {}
  for at, column in ipairs(columns) do
    local words = text.pad(text.cut(cells[at], widths[at]), widths[at], column.right)
    parts[at] = paint(out, colour_of(column), words)
  end
  return (table.concat(parts, (" "):rep(gap)):gsub(" +$", ""))
end

local function as_lists(out, rows, columns)
  local lines = {}
  for _, row in ipairs(rows) do
    for _, column in ipairs(columns) do
      lines[#lines + 1] = out:paint("bold", column.title) .. " " .. row[column.place]
    end
    lines[#lines + 1] = ""
  end
  return lines
end

--- The lines of a table. A cell is text or nil; `colours` of a row, if there, holds colours by column.
---@param rows table[] cells by place; `colour` or `colours` of a row
---@param columns table[] title, right, shrinks, optional
---@param out? table the stream whose width and colours count: stdout
---@return string[]
function M.lines(rows, columns, out)
  out = out or stream.out
  local plain = {}
  for at, column in ipairs(columns) do column.place = at end
  for at, row in ipairs(rows) do
    plain[at] = { source = row }
    for place = 1, #columns do plain[at][place] = text.plain(row[place] and tostring(row[place]) or "") end
  end
  local shown, widths = fit(plain, columns, out:width())
  if not shown then return as_lists(out, plain, columns) end
  local titles = {}
  for at, column in ipairs(shown) do titles[at] = column.title end
  local lines = { line_of(out, titles, shown, widths, function() return "bold" end) }
  for _, row in ipairs(plain) do
    local cells = {}
    for at, column in ipairs(shown) do cells[at] = row[column.place] end
    lines[#lines + 1] = line_of(out, cells, shown, widths, function(column)
      return row.source.colour or (row.source.colours and row.source.colours[column.place])
    end)
  end
  return lines
end

--- Prints a table on stdout.
function M.print(rows, columns) stream.out:lines(M.lines(rows, columns)) end

return M
