--- Tables that fit the terminal.
---
---     table.print({ { "conv1", 160 } }, { { title = "layer" }, { title = "parameters", right = true } })
---
--- Where the columns do not fit, those that may become narrower (`shrinks`: cut, `wraps`: broken into
--- lines) do so first, then those that may be left out go (`optional`, the last first), then all are
--- cut; where even that is too wide, each row becomes a list.

local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local M = {}

local gap = 2
local least = 6

-- Where nothing else bounds a cell: one of 10,000 letters would push all others away.
local longest = 200

-- More of a cell no terminal shows: what is behind need not be measured.
local most_bytes = 20000

-- Narrower than this says little: an optional column rather goes.
local least_of_wrapped = 16

local function widths_of(rows, columns)
  local widths = {}
  for at, column in ipairs(columns) do
    local widest = text.width(column.title)
    for _, row in ipairs(rows) do widest = math.max(widest, row.widths[at]) end
    widths[at] = widest
  end
  return widths
end

local function widths_by_place(all, columns)
  local widths = {}
  for at, column in ipairs(columns) do widths[at] = all[column.place] end
  return widths
end

local function sum(widths)
  local all = gap * math.max(#widths - 1, 0)
  for _, width in ipairs(widths) do all = all + width end
  return all
end

-- Takes columns' widths down, the widest first, until all fit. False when they cannot.
local function shrink(widths, columns, limit, least_of)
  while sum(widths) > limit do
    local widest
    for at, column in ipairs(columns) do
      local bound = least_of(column)
      if bound and widths[at] > bound and (not widest or widths[at] > widths[widest]) then widest = at end
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

local function gently(column)
  if column.wraps then return least_of_wrapped end
  return column.shrinks and (column.least or least)
end

local function harshly() return least end

-- The columns that are shown, and their widths; nil when there is no room.
local function fit(rows, columns, limit)
  local shown, all = {}, widths_of(rows, columns)
  for at, column in ipairs(columns) do shown[at] = column end
  while true do
    local widths = widths_by_place(all, shown)
    if not limit or shrink(widths, shown, limit, gently) then return shown, widths end
    local at = last_optional(shown)
    if not at then return shrink(widths, shown, limit, harshly) and shown or nil, widths end
    table.remove(shown, at)
  end
end

-- The lines that a cell takes, which is `wide`.
local function parts_of(cell, wide, width, column)
  if wide <= width then return { cell } end
  if not column.wraps then return { text.cut(cell, width) } end
  local parts = {}
  for _, line in ipairs(text.wrap(cell, width)) do
    for _, part in ipairs(text.broken(line, width)) do parts[#parts + 1] = part end
  end
  return parts
end

-- On a terminal that writes from right to left, a cell in such letters would move the cells around it: it
-- stands between U+2068 and U+2069.
local function isolated(out, cell)
  if not out:width() or not text.right_to_left(cell) then return cell end
  return "\226\129\168" .. cell .. "\226\129\169"
end

-- A cell in its column; one of as many bytes as columns has plain letters alone.
local function padded(out, part, width, column)
  local wide = text.width(part)
  if wide ~= #part then part = isolated(out, part) end
  local blanks = (" "):rep(width - wide)
  return column.right and blanks .. part or part .. blanks
end

local function add_row(lines, out, cells, wide, columns, widths, colour_of)
  local parts, height = {}, 1
  for at, column in ipairs(columns) do
    parts[at] = parts_of(cells[at], wide[at], widths[at], column)
    height = math.max(height, #parts[at])
  end
  for number = 1, height do
    local words = {}
    for at, column in ipairs(columns) do
      local colour = colour_of(column)
      words[at] = padded(out, parts[at][number] or "", widths[at], column)
      if colour then words[at] = out:paint(colour, words[at]) end
    end
    lines[#lines + 1] = table.concat(words, (" "):rep(gap)):match "^.*[^ ]" or ""
  end
end

local function as_lists(out, rows, columns)
  local lines, left = {}, 0
  for _, column in ipairs(columns) do left = math.max(left, text.width(column.title)) end
  for _, row in ipairs(rows) do
    for _, column in ipairs(columns) do
      lines[#lines + 1] = out:paint("bold", text.pad(column.title, left)) .. "  " .. row[column.place]
    end
    lines[#lines + 1] = ""
  end
  return lines
end

-- A cell as it is shown, and its width.
local function measured(cell, bounded)
  if cell == nil then return "", 0 end
  local shown = text.plain(tostring(cell):sub(1, most_bytes))
  local width = text.width(shown)
  if not bounded or width <= longest then return shown, width end
  shown = text.cut(shown, longest)
  return shown, text.width(shown)
end

--- The lines of a table. A cell is text or nil; `colours` of a row, if there, holds colours by column.
---@param rows table[] cells by place; `colour` or `colours` of a row
---@param columns table[] title, right, shrinks (to `least`), wraps, optional
---@param out? table the stream whose width and colours count: stdout
---@param widest? integer columns at the most, also where the stream is no terminal
---@return string[]
function M.lines(rows, columns, out, widest)
  out = out or stream.out
  local plain = {}
  for at, column in ipairs(columns) do column.place = at end
  for at, row in ipairs(rows) do
    plain[at] = { source = row, widths = {} }
    for place, column in ipairs(columns) do
      plain[at][place], plain[at].widths[place] = measured(row[place], not out:width() and not column.wraps)
    end
  end
  local shown, widths = fit(plain, columns, widest and math.min(out:width() or widest, widest) or out:width())
  if not shown then return as_lists(out, plain, columns) end
  local titles, of_titles = {}, {}
  for at, column in ipairs(shown) do titles[at], of_titles[at] = column.title, text.width(column.title) end
  local lines = {}
  add_row(lines, out, titles, of_titles, shown, widths, function() return "bold" end)
  for _, row in ipairs(plain) do
    local cells, wide = {}, {}
    for at, column in ipairs(shown) do cells[at], wide[at] = row[column.place], row.widths[column.place] end
    add_row(lines, out, cells, wide, shown, widths, function(column)
      return row.source.colour or (row.source.colours and row.source.colours[column.place])
    end)
  end
  return lines
end

--- Prints a table on stdout.
function M.print(rows, columns, widest) stream.out:lines(M.lines(rows, columns, nil, widest)) end

return M
