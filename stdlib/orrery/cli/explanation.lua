--- What `orrery explain` prints: a few lines that sum up, the steps, the segments, the passes.

local numbers = require "orrery.cli.numbers"
local step_tree = require "orrery.cli.step_tree"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"
local text = require "orrery.cli.text"
local thread_reasons = require "orrery.cli.thread_reasons"

local M = {}

local title_width = 14

-- Also where nobody tells how wide a page is.
local widest = 100

local columns = {
  { title = "#", right = true },
  { title = "layer", shrinks = true },
  { title = "operation", optional = true },
  { title = "forward" },
  { title = "backward" },
  { title = "output shape" },
  { title = "bytes", right = true },
}

local segment_columns = {
  { title = "segment", right = true },
  { title = "steps" },
  { title = "arena", right = true },
  { title = "buffers", right = true },
  { title = "saved", right = true },
}

local pass_columns = {
  { title = "pass" },
  { title = "nodes", right = true },
  { title = "not moved", right = true },
  { title = "with", right = true },
  { title = "without", right = true },
  { title = "gain", right = true },
  { title = "which", shrinks = true, least = 20 },
}

-- So many nodes of a pass are named.
local named = 3

local function page_width() return math.min(stream.out:width() or widest, widest) end

local function line(title, words)
  local parts = text.wrap(words, math.max(page_width() - title_width, title_width))
  for at, part in ipairs(parts) do
    stream.out:write(text.pad(at == 1 and title or "", title_width), part, "\n")
  end
end

local function computed(word, step, at)
  if word == "own" then return "own " .. step.segment end
  if word == "fused" then return step.fused_into < at and "in above" or "in below" end
  if word == "aten" then return "ATen" end
  return word == "none" and "" or word
end

-- How many steps are computed so.
local function count(steps, pass, word)
  local found = 0
  for _, step in ipairs(steps) do
    if step[pass] == word then found = found + 1 end
  end
  return found
end

local function used(found)
  if found.engine == "autograd" then return "autograd: " .. found.why_not end
  local own, fused = count(found.steps, "forward", "own"), count(found.steps, "forward", "fused")
  local islands = count(found.steps, "backward", "autograd")
  local parts = {}
  if own > 0 then
    parts[#parts + 1] = ("%s by own kernels in %s"):format(numbers.count(own, "step"),
      numbers.count(#found.segments, "segment"))
  end
  if fused > 0 then parts[#parts + 1] = fused .. " fused into them" end
  parts[#parts + 1] = count(found.steps, "forward", "aten") .. " by ATen"
  parts[#parts + 1] = islands == 0 and "no autograd" or islands .. " under autograd"
  local words = "the plan: " .. table.concat(parts, ", ")
  return found.unlowered and ("%s; no own kernels: %s"):format(words, found.unlowered) or words
end

--- Whether a run on a GPU replays whole steps, in words.
---@param word string "captured", or why not
---@return string
function M.captured(word)
  if word == "captured" then return "a run captures the whole step with its update, and replays it" end
  return "not captured: " .. word
end

local function bytes_words(bytes) return bytes < 1000 and bytes .. " B" or numbers.megabytes(bytes) end

local function updates_words(updates)
  if updates.why_not then return "behind the backward pass: " .. updates.why_not end
  if updates.within_backward == 0 then return "behind the backward pass: no tensor has 65.54 kB" end
  local folded = updates.folded > 0 and (", %d of them in the place of their gradient"):format(updates.folded)
  return ("%d of %s within the backward pass%s, %s of gradients never held at once"):format(
    updates.within_backward, numbers.count(updates.parameters, "tensor"), folded or "",
    bytes_words(updates.bytes))
end

-- Both engines' figures, where both were tried.
local function compared(found, key, show)
  local recorded = show(found.autograd[key]) .. " with autograd"
  return found.plan and show(found.plan[key]) .. " with the plan, " .. recorded or recorded
end

-- How much less the plan takes, and what else there is to say.
local function saving(found, key, more)
  local parts = { found.plan and found.plan[key] > 0
    and ("%.2f ×"):format(found.autograd[key] / found.plan[key]) or nil }
  parts[#parts + 1] = more
  return parts[1] and (" (%s)"):format(table.concat(parts, ", ")) or ""
end

-- Which blocks are computed again, how much of them, and what all of it costs and saves.
local function print_recomputed(found)
  for at, row in ipairs(found.recomputed) do
    local name = row.block == "" and "the whole graph" or row.block
    line(at == 1 and "recomputed" or "", row.recomputed == 0
      and name .. ": nothing, since no gradient passes it"
      or ("%s: %d of %s, %s dropped until the backward pass"):format(name, row.recomputed,
        numbers.count(row.steps, "step"), numbers.megabytes(row.bytes)))
  end
  local kept, now = found.keeping, found[found.engine]
  if not kept then return end
  line("", ("keeping them: %s (%.2f ×), %s (%.2f ×)"):format(numbers.moment(kept.seconds),
    kept.seconds / now.seconds, numbers.megabytes(kept.peak_bytes), kept.peak_bytes / now.peak_bytes))
end

-- Whether the run computes branches at the same time.
local function has_branches(passes)
  for _, pass in ipairs(passes) do
    if pass.pass == "branches_side_by_side" then return #pass.nodes > 0 and not pass.untaken end
  end
end

-- Which values lie in the same memory, which a profile counts once.
local function print_shared(found, all)
  local most = all and #found.shared or 5
  for at = 1, math.min(#found.shared, most) do
    local set = found.shared[at]
    line(at == 1 and "shared memory" or "", ("%s: %s"):format(numbers.megabytes(set.bytes),
      table.concat(set.values, ", ")))
  end
  if #found.shared > most then line("", ("… %d more, with --all"):format(#found.shared - most)) end
end

local function sum_up(graph, found, all)
  local words = ("  forward and backward of a batch of %d on %s, %s"):format(found.samples, found.device,
    numbers.count(found.threads, "thread"))
  local name = text.cut(graph.name, page_width())
  local apart = text.width(name) + text.width(words) > page_width() and "\n" or ""
  stream.out:write(stream.out:paint("bold", name), apart, words, "\n")
  line("threads", ("%d, %s%s"):format(found.threads, thread_reasons[found.thread_reason],
    has_branches(found.passes) and "; small branches side by side" or ""))
  line("engine", used(found))
  line("updates", updates_words(found.updates))
  if found.cuda_graph then line("CUDA graph", M.captured(found.cuda_graph)) end
  line("median time", compared(found, "seconds", numbers.moment)
    .. saving(found, "seconds", "of " .. found.repetitions))
  line("peak memory", compared(found, "peak_bytes", numbers.megabytes) .. saving(found, "peak_bytes"))
  line("allocations", compared(found, "allocations", numbers.thousands))
  print_recomputed(found)
  print_shared(found, all)
end

local function fold_words(row)
  if row.period == 1 then return ("… %d more like it"):format(row.times) end
  return ("… these %d, %d × more"):format(row.period, row.times)
end

local function cells_of(row)
  local range = row.first == row.last and row.first or row.first .. "–" .. row.last
  local bytes = row.bytes > 0 and bytes_words(row.bytes) or ""
  if row.kind == "fold" then
    return { range, row.tree .. fold_words(row), "", "", "", "", bytes, colour = "dim" }
  end
  if row.kind == "block" then
    return { range, row.tree .. row.name, "block", "", "", "", bytes,
      colours = { [2] = "cyan", [3] = "cyan" } }
  end
  local step = row.step
  return { range, row.tree .. row.name, step.operation, computed(step.forward, step, row.first),
    computed(step.backward, step, row.first), row.output, bytes }
end

local function print_steps(graph, found, all)
  local rows = {}
  for at, row in ipairs(step_tree.of(graph:describe(), found.steps, all)) do
    rows[at] = cells_of(row)
  end
  stream.out:write "\n"
  tables.print(rows, columns, widest)
end

local function print_segments(segments)
  if #segments == 0 then return end
  local rows = {}
  for at, segment in ipairs(segments) do
    local saved = segment.buffer_bytes > 0 and 1 - segment.arena_bytes / segment.buffer_bytes or 0
    rows[at] = { at, ("%d–%d"):format(segment.first, segment.first + segment.count - 1),
      bytes_words(segment.arena_bytes), bytes_words(segment.buffer_bytes),
      segment.buffer_bytes > 0 and ("%.0f %%"):format(math.max(saved, 0) * 100) or "" }
  end
  stream.out:write "\n"
  tables.print(rows, segment_columns, widest)
end

-- `a, b, c, …`
local function first_of(nodes)
  local names = {}
  for at = 1, math.min(#nodes, named) do names[at] = nodes[at] end
  if #nodes > named then names[#names + 1] = "…" end
  return table.concat(names, ", ")
end

local function where_of(pass)
  if #pass.nodes == 0 then return "" end
  return pass.untaken and "not taken: " or pass.evaluation and "in evaluation: " or ""
end

local function pass_cells(pass)
  if pass.off then return { pass.pass, "off", colour = "dim" } end
  local cells = { pass.pass, #pass.nodes, pass.bytes > 0 and bytes_words(pass.bytes) or "", "", "", "",
    where_of(pass) .. first_of(pass.nodes) }
  if pass.seconds then
    cells[4], cells[5] = numbers.moment(pass.seconds), numbers.moment(pass.seconds_without)
    cells[6] = ("%.2f ×"):format(pass.seconds_without / pass.seconds)
  end
  return cells
end

-- What was not measured takes no columns.
local function print_passes(passes)
  local rows, measured = {}, false
  for at, pass in ipairs(passes) do
    rows[at] = pass_cells(pass)
    measured = measured or pass.seconds ~= nil
  end
  local shown = {}
  for place, column in ipairs(pass_columns) do
    if measured or place < 4 or place > 6 then shown[#shown + 1] = column end
  end
  if not measured then
    for at, row in ipairs(rows) do rows[at] = { row[1], row[2], row[3], row[7], colour = row.colour } end
  end
  stream.out:write "\n"
  tables.print(rows, shown, widest)
end

-- Each reason once, with the steps that it is of.
local function print_islands(steps)
  local reasons, of = {}, {}
  for _, step in ipairs(steps) do
    if step.why then
      if not of[step.why] then
        reasons[#reasons + 1], of[step.why] = step.why, {}
      end
      table.insert(of[step.why], step.path)
    end
  end
  if reasons[1] then stream.out:write "\n" end
  for _, why in ipairs(reasons) do line("autograd", why .. ": " .. table.concat(of[why], ", ")) end
end

--- Prints an explanation for people.
---@param graph orrery.Graph
---@param found table what the engine's explain gave
---@param all? boolean also what repeats
function M.print(graph, found, all)
  sum_up(graph, found, all)
  print_steps(graph, found, all)
  print_segments(found.segments)
  print_passes(found.passes)
  print_islands(found.steps)
end

-- The backward pass goes through the steps from the last to the first.
local function number_backward(steps)
  local number = 0
  for at = #steps, 1, -1 do
    if steps[at].backward ~= "none" then
      number = number + 1
      steps[at].backward_step = number
    end
  end
end

--- The same as objects: the steps, the segments, the passes, the recomputed blocks, the shared memory, the
--- totals.
---@param graph orrery.Graph
---@param found table
---@return table[]
function M.objects(graph, found)
  local objects = {}
  number_backward(found.steps)
  for at, step in ipairs(found.steps) do
    step.kind, step.step = "step", at
    objects[#objects + 1] = step
  end
  for at, segment in ipairs(found.segments) do
    segment.kind, segment.segment = "segment", at
    objects[#objects + 1] = segment
  end
  for _, pass in ipairs(found.passes) do
    pass.kind, pass.count = "pass", #pass.nodes
    objects[#objects + 1] = pass
  end
  for _, row in ipairs(found.recomputed) do
    row.kind = "recomputed"
    objects[#objects + 1] = row
  end
  for _, set in ipairs(found.shared) do
    set.kind = "shared"
    objects[#objects + 1] = set
  end
  objects[#objects + 1] = { kind = "totals", graph = graph.name, engine = found.engine,
    why_not = found.why_not, unlowered = found.unlowered, updates = found.updates, plan = found.plan,
    autograd = found.autograd, keeping = found.keeping,
    repetitions = found.repetitions, threads = found.threads, thread_reason = found.thread_reason,
    samples = found.samples, device = found.device, cuda_graph = found.cuda_graph }
  return objects
end

return M
