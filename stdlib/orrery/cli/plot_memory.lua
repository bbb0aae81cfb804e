--- Plots of the memory that a run's blocks took: VizML's four quantities over the epochs.

local core = require "orrery.core"
local run_memory = require "orrery.cli.run_memory"

local M = {}

local most_blocks = 7

--- The blocks of a run as `run_memory.of` gives them; an error where they were not profiled.
function M.read(history, run)
  local blocks = run_memory.of(history, run.run_id)
  if not blocks[1] then
    core.fail("usage", ("the blocks of run '%s' were not profiled"):format(run.name),
      run.status == "running" and "Its first epoch goes on: plot it again later."
        or "Train with --profile block, as runs do unless told otherwise, and at least one epoch to its end.")
  end
  return blocks
end

local function name_of(path) return path == "" and "whole graph" or path end

local function paths_of(blocks)
  local paths = {}
  for _, block in ipairs(blocks) do
    if block.path ~= "" then paths[#paths + 1] = block.path end
  end
  return paths
end

--- The blocks of these paths; an unknown one is an error with the nearest.
function M.chosen(blocks, wanted, run)
  local found = {}
  for at, path in ipairs(wanted) do
    for _, block in ipairs(blocks) do
      if block.path == path then found[at] = block end
    end
    if not found[at] then
      local paths = paths_of(blocks)
      core.fail("usage", ("run '%s' has no profiled block '%s'%s"):format(run.name, path,
        core.nearest(path, paths)), paths[1] and ("Blocks: %s."):format(table.concat(paths, ", "))
        or "Its graph has no blocks: leave --block away.")
    end
  end
  return found
end

local function most_of(block)
  local most = 0
  for _, quantity in ipairs(run_memory.quantities) do
    local curve = block[quantity.name]
    for _, size in ipairs(curve and curve.upper or {}) do most = math.max(most, size) end
  end
  return most
end

--- The outermost blocks, those that take most first, and how many are left out; without blocks the whole
--- graph.
function M.outermost(blocks)
  local outer = {}
  for _, block in ipairs(blocks) do
    if block.path ~= "" and not block.path:find("/", 1, true) then outer[#outer + 1] = block end
  end
  if not outer[1] then return { blocks[1] }, 0 end
  for at, block in ipairs(outer) do block.most, block.at = most_of(block), at end
  table.sort(outer, function(a, b)
    if a.most == b.most then return a.at < b.at end
    return a.most > b.most
  end)
  local kept = {}
  for at = 1, math.min(most_blocks, #outer) do kept[at] = outer[at] end
  for _, block in ipairs(outer) do block.most, block.at = nil, nil end
  return kept, #outer - #kept
end

local function series_of(curve, name, place)
  return { name = name, x = curve.x, y = curve.y, lower = curve.lower, upper = curve.upper, color = place,
    dashes = place, mark = #curve.x == 1 and place or nil }
end

-- Blocks side by side: a panel a quantity.
local function panel_of_quantity(blocks, quantity)
  local series = {}
  for place, block in ipairs(blocks) do
    if block[quantity.name] then
      series[#series + 1] = series_of(block[quantity.name], name_of(block.path), place)
    end
  end
  return { y = { label = ("%s: %s"):format(quantity.short, quantity.words), unit = "KiB", zero = true },
    series = series }
end

-- Quantities side by side: a panel a block.
local function panel_of_block(block)
  local series = {}
  for place, quantity in ipairs(run_memory.quantities) do
    if block[quantity.name] then
      series[#series + 1] = series_of(block[quantity.name],
        ("%s, %s"):format(quantity.short, quantity.words), place)
    end
  end
  return { y = { label = name_of(block.path), unit = "KiB", zero = true }, series = series }
end

local caption = "Mean of the steps of each epoch, with a band from the least to the most. 1 KiB is 1,024 "
  .. "bytes: what VizML calls KB."

--- The options of `orrery.plot`: a panel a quantity for several blocks, a panel a block for those asked for.
function M.figure(blocks, by_block)
  local figure = { x = { label = "epoch", whole = true }, panels = {}, caption = caption }
  if by_block or #blocks == 1 then
    for at, block in ipairs(blocks) do figure.panels[at] = panel_of_block(block) end
    return figure
  end
  for _, quantity in ipairs(run_memory.quantities) do
    local panel = panel_of_quantity(blocks, quantity)
    if panel.series[1] then figure.panels[#figure.panels + 1] = panel end
  end
  return figure
end

return M
