--- What the runs of two graphs measured of their blocks, block by block: how much more or less it became.

local numbers = require "orrery.cli.numbers"
local overlay = require "orrery.overlay"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local M = {}

local shown_blocks = 12

local function seconds_words(seconds)
  if seconds >= 0.9995 then return ("%.3g s"):format(seconds) end
  if seconds >= 0.9995e-3 then return ("%.3g ms"):format(seconds * 1e3) end
  return ("%.3g µs"):format(seconds * 1e6)
end

local function bytes_words(bytes)
  local words = numbers.short(bytes)
  return words .. (words:find " " and "B" or " B")
end

local measures = {
  { word = "time", title = "Time of one step", write = seconds_words },
  { word = "memory", title = "Tensors, parameters and their gradients", write = bytes_words },
}

-- A run may have been made without a profile.
local function amounts(run, word)
  local found, overlay_of_run = pcall(overlay.of_run, word, run.word, run.file)
  return found and overlay_of_run or nil
end

local function add(rows, path, before, after)
  if before or after then
    rows[#rows + 1] = { path = path, before = before, after = after, delta = (after or 0) - (before or 0) }
  end
end

-- The whole graph first, then the blocks by themselves that changed most.
local function rows_of(blocks, before, after)
  local rows, whole = {}, {}
  for _, entry in ipairs(blocks) do
    local old, new = entry.before and entry.old_path, entry.after and entry.path
    if entry.path == "" then
      add(whole, "(whole graph)", before.total[""], after.total[""])
    end
    add(rows, entry.path == "" and "(outside of blocks)" or entry.path, old and before.blocks[old],
      new and after.blocks[new])
  end
  for at, row in ipairs(rows) do row.place = at end
  table.sort(rows, function(a, b)
    if math.abs(a.delta) == math.abs(b.delta) then return a.place < b.place end
    return math.abs(a.delta) > math.abs(b.delta)
  end)
  table.insert(rows, 1, whole[1])
  return rows
end

--- Lists of { path, before, after, delta } by measure: `time` in seconds, `memory` in bytes.
---@param differences table of core.diff
---@param runs table two of { word =, file = }
function M.of(differences, runs)
  local found = {}
  for _, measure in ipairs(measures) do
    local before, after = amounts(runs[1], measure.word), amounts(runs[2], measure.word)
    if before and after then
      found[#found + 1] = { measure = measure, rows = rows_of(differences.blocks, before, after) }
    end
  end
  return found
end

local function difference(row, write)
  if not row.before or not row.after then return "" end
  if row.delta == 0 then return "=" end
  local sign = row.delta > 0 and "+" or "−"
  local part = row.before == 0 and "" or (" (%s%.1f %%)"):format(sign, math.abs(row.delta) / row.before * 100)
  return sign .. write(math.abs(row.delta)) .. part
end

--- Prints them; without `all` the blocks that changed most.
function M.print(found, all)
  for _, each in ipairs(found) do
    stream.out:write("\n", stream.out:paint("bold", each.measure.title), "\n")
    local rows, write = {}, each.measure.write
    for at, row in ipairs(each.rows) do
      if all or at <= shown_blocks + 1 then
        rows[at] = { row.path, row.before and write(row.before) or "", row.after and write(row.after) or "",
          difference(row, write) }
      end
    end
    tables.print(rows, { { title = "block", shrinks = true, least = 12 }, { title = "before", right = true },
      { title = "after", right = true }, { title = "difference", right = true } })
    if #rows < #each.rows then
      stream.out:write(stream.out:paint("dim", ("%s more changed less: --all shows them"):format(
        numbers.count(#each.rows - #rows, "block"))), "\n")
    end
  end
end

return M
