--- How fast the forward pass of a run's blocks was, and how near to what the machine can do.

local cost_tree = require "orrery.cli.cost_tree"
local numbers = require "orrery.cli.numbers"

local M = {}

--- What `M.of` gives, as programs read it.
M.names = { "gflop_per_second", "gb_per_second", "share_of_roof" }

-- Shorter than this a step's work is no more than reading the clock, or was done in another node's pass.
local least_seconds = 1e-6

local function fixed_point(number) return ("%.3f"):format(number) end
local function percent(share) return ("%.1f %%"):format(share * 100) end

local roof_of = [[
SELECT f.gflop_per_second, f.gb_per_second, f.thread_count
FROM runs r LEFT JOIN machines m USING (machine_id)
LEFT JOIN machines o ON o.host = m.host AND o.processor = m.processor AND o.core_count = m.core_count
LEFT JOIN roofs f ON f.machine_id = o.machine_id AND f.device = r.device AND f.thread_count = r.thread_count
WHERE r.run_id = %d AND r.device = 'cpu' ORDER BY f.measured_unix_ms DESC LIMIT 1]]

--- What the machine of a run can do at the most with the run's threads: the newest that
--- `orrery doctor --roof` kept, an empty table where it kept none. Nothing of an accelerator: its forward
--- seconds are those of asking for the work, and there is no rate in them.
---@param history orrery.History
---@param run? string|integer
---@return { gflop_per_second?: number, gb_per_second?: number, threads?: integer }?
function M.roof(history, run)
  local roof
  history:sql(roof_of:format(history:resolve(run)), function(row)
    roof = { gflop_per_second = row[1], gb_per_second = row[2], threads = row[3] }
  end)
  return roof
end

local function share_of(gflop_per_second, gb_per_second, roof)
  if not roof.threads or not (gflop_per_second or gb_per_second) then return nil end
  return math.max((gflop_per_second or 0) / roof.gflop_per_second, (gb_per_second or 0) / roof.gb_per_second)
end

--- The achieved rates of the forward pass: FLOPs and bytes moved, divided by its seconds. The share is that
--- of the roof which is nearer, as in Williams, Waterman and Patterson, "Roofline", 2009. Nothing is told of
--- less than 1 µs a step.
---@param row table of `block_cost` or `node_cost`, by the columns' names
---@param own string `own_` for the block without those inside, else nothing
---@param steps integer that were measured
---@param roof? table what `M.roof` gives
---@return number? gflop_per_second
---@return number? gb_per_second
---@return number? share from 0; above 1 where the data stay in the processor's caches
function M.of(row, own, steps, roof)
  local seconds = row[own .. "forward_seconds"]
  if not roof or not seconds or seconds < least_seconds * math.max(steps, 1) then return nil end
  local flops, bytes = row[own .. "flops"], row[own .. "bytes_moved"]
  local gflop_per_second, gb_per_second = flops and flops / seconds / 1e9, bytes and bytes / seconds / 1e9
  return gflop_per_second, gb_per_second, share_of(gflop_per_second, gb_per_second, roof)
end

--- Adds to the table of a run's blocks the columns of `M.names`, with what is inside and, as `own_`, without.
---@param blocks { columns: string[], rows: any[][] } as `history:blocks` gives them
---@param roof? table what `M.roof` gives
function M.add(blocks, roof)
  local rows, columns = cost_tree.objects(blocks), blocks.columns
  local steps, first = cost_tree.steps(rows), #columns
  for at, row in ipairs(rows) do
    for place, own in ipairs { "", "own_" } do
      local rates, before = { M.of(row, own, steps, roof) }, first + (place - 1) * #M.names
      for each = 1, #M.names do blocks.rows[at][before + each] = rates[each] end
    end
  end
  for _, own in ipairs { "", "own_" } do
    for _, name in ipairs(M.names) do columns[#columns + 1] = own .. name end
  end
end

--- The columns of a table that show them; those without any are left out.
---@return table[] as cli/forms takes them
function M.columns()
  local columns = {}
  for at, title in ipairs { "GFLOP/s", "GB/s", "of roof" } do
    columns[at] = { title = title, right = true, drops = true, show = at == 3 and percent or fixed_point }
  end
  return columns
end

--- What the rates of a table are of, in words.
---@param roof table what `M.roof` gives
---@return string
function M.words(roof)
  local which = "FLOPs and rates are those of the forward pass"
  if not roof.threads then return which .. "; orrery doctor --roof measures what the machine can do" end
  return ("%s; of roof: of the nearer of %.1f GFLOP/s and %.1f GB/s, measured with %s"):format(which,
    roof.gflop_per_second, roof.gb_per_second, numbers.count(roof.threads, "thread"))
end

return M
