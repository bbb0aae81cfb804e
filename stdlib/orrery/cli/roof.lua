--- What `orrery doctor --roof` measured, in words.

local numbers = require "orrery.cli.numbers"

local M = {}

local function rates(roof)
  return ("%.1f GFLOP/s in matrix products, %.1f GB/s from and to memory"):format(roof.gflop_per_second,
    roof.gb_per_second)
end

local function is_same(roof, other)
  return roof.gflop_per_second == other.gflop_per_second and roof.gb_per_second == other.gb_per_second
end

-- What the history makes of one roof, behind what was measured.
local function kept_words(roof, file)
  if not roof.kept then return ("not kept in %s"):format(file) end
  if is_same(roof, roof.kept) then return ("kept in %s"):format(file) end
  return ("%s has %s"):format(file, rates(roof.kept))
end

local function disturbance(roofs)
  local others, cores, disturbed = 0, 1, false
  for _, roof in ipairs(roofs) do
    if roof.disturbed then
      disturbed = true
      others, cores = math.max(others, roof.others), roof.cores
    end
  end
  if not disturbed then return nil end
  if others < 0.05 * cores then return "the machine was busy: its best was much better than its usual" end
  return ("the machine was busy: other work had %.1f of %s meanwhile"):format(others,
    numbers.count(cores, "core"))
end

--- What was found, and what to do where the machine was busy.
---@param roofs table[] as the engine's `measure_roofs` gives them
---@param file? string the history that keeps them
---@return string words
---@return string? remedy
function M.words(roofs, file)
  local parts = {}
  for at, roof in ipairs(roofs) do
    parts[at] = ("%s: %s"):format(numbers.count(roof.threads, "thread"), rates(roof))
    if file then parts[at] = ("%s, %s"):format(parts[at], kept_words(roof, file)) end
  end
  local busy = disturbance(roofs)
  if not busy then return table.concat(parts, "; ") end
  parts[#parts + 1] = busy
  return table.concat(parts, "; "), "It can do more than that. Measure once more while it does nothing else; "
    .. "with --again the history keeps what was measured, whatever it knew."
end

return M
