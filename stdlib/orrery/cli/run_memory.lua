--- The memory of a run's blocks over its epochs: VizML's four quantities, each with its least and its most.

local sql_rows = require "orrery.sql_rows"

local M = {}

--- The quantities in VizML's order.
M.quantities = {
  { name = "tmu_bytes", short = "TMU", words = "output tensors" },
  { name = "tgu_bytes", short = "TGU", words = "their gradients" },
  { name = "lmu_bytes", short = "LMU", words = "parameters and buffers" },
  { name = "lgu_bytes", short = "LGU", words = "gradients of parameters" },
}

local sizes_of = [[
SELECT path, quantity, epoch, min, max, mean FROM block_epochs
WHERE run_id = %d AND quantity IN ('tmu_bytes', 'tgu_bytes', 'lmu_bytes', 'lgu_bytes') AND epoch > 0
ORDER BY path, quantity, epoch]]

--- What is asked here, for the test that looks at how SQLite answers it.
M.statements = { sizes_of:format(1) }

-- All blocks that a path lies in, itself among them: `a/b` lies in "", `a` and `a/b`.
local function around(path)
  local paths = { "" }
  for at = 1, #path do
    if path:sub(at, at) == "/" then paths[#paths + 1] = path:sub(1, at - 1) end
  end
  if path ~= "" then paths[#paths + 1] = path end
  return paths
end

local function curve_of(blocks, path, quantity)
  if not blocks[path] then
    blocks[path] = { path = path }
    blocks[#blocks + 1] = blocks[path]
  end
  local block = blocks[path]
  block[quantity] = block[quantity] or { at = {}, x = {}, y = {}, lower = {}, upper = {} }
  return block[quantity]
end

local function add(curve, row)
  local at = curve.at[row.epoch]
  if not at then
    at = #curve.x + 1
    curve.at[row.epoch], curve.x[at] = at, row.epoch
    curve.y[at], curve.lower[at], curve.upper[at] = 0, 0, 0
  end
  curve.y[at] = curve.y[at] + row.mean / 1024
  curve.lower[at] = curve.lower[at] + row.min / 1024
  curve.upper[at] = curve.upper[at] + row.max / 1024
end

--- The blocks of a run with the blocks inside them, by path: each has a curve in KiB for each quantity that
--- was measured, with `x` (epochs), `y` (mean of the steps), `lower` and `upper`. Bounds of a block with
--- others inside are the sums of theirs.
function M.of(history, id)
  local blocks = {}
  for _, row in ipairs(sql_rows.of(history, sizes_of:format(id))) do
    for _, path in ipairs(around(row.path)) do add(curve_of(blocks, path, row.quantity), row) end
  end
  for _, block in ipairs(blocks) do
    for _, quantity in ipairs(M.quantities) do
      if block[quantity.name] then block[quantity.name].at = nil end
    end
  end
  table.sort(blocks, function(a, b) return a.path < b.path end)
  return blocks
end

return M
