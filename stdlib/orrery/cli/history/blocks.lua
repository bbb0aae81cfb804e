local core = require "orrery.core"
local cost_rates = require "orrery.cli.cost_rates"
local cost_tree = require "orrery.cli.cost_tree"
local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local kernel_table = require "orrery.cli.kernel_table"
local numbers = require "orrery.cli.numbers"
local run_costs = require "orrery.cli.run_costs"
local sparkline = require "orrery.cli.sparkline"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local fused_mark = " ≈"
local fused_words = "≈ one pass computes the node and another one, and its time is split by predicted cost"

-- Whether what is told of a node rests on a predicted part of a pass's time; its memory and FLOPs do not.
local function is_split(entry, by)
  return entry.is_node and entry.row.fused_share and (by == "time" or entry.rates and entry.rates[1]) and true
end

local function name_of(entry, by)
  if entry.path == "" then return "(whole graph)" end
  local name = ("  "):rep(entry.depth) .. entry.path:match "[^/]*$"
  if not entry.is_node then return name end
  return ("%s (%s)%s"):format(name, entry.operation, is_split(entry, by) and fused_mark or "")
end

local function fixed_point(number) return number and ("%.3f"):format(number) or "" end
local function percent(share) return share and ("%.1f %%"):format(share * 100) or "" end

-- With the FLOPs go the rates of the whole and the share of the roof, in the entries' `rates`.
local function add_rates(entries, roof)
  local steps = cost_tree.steps(entries)
  for _, entry in ipairs(entries) do entry.rates = { cost_rates.of(entry.row, "", steps, roof) } end
end

local function print_tree(entries, by, roof)
  local measure, steps, rows = cost_tree.measures[by], cost_tree.steps(entries), {}
  local has_rates, has_split = false, false
  for at, entry in ipairs(entries) do
    local rates = entry.rates or {}
    has_rates = has_rates or rates[1] ~= nil or rates[2] ~= nil
    has_split = has_split or is_split(entry, by)
    rows[at] = { name_of(entry, by), cost_tree.in_units(entry.whole, by, steps),
      cost_tree.in_units(entry.own, by, steps), entry.share,
      entry.share and sparkline.bar(entry.share, 20), rates[1], rates[2], rates[3],
      colours = { [5] = entry.is_node and "blue" or "cyan" } }
  end
  local columns = {
    { title = "block", shrinks = true, least = 16 },
    { title = ("%s %s"):format(measure.title, measure.unit), right = true, show = fixed_point },
    { title = "own", right = true, show = fixed_point },
    { title = "share", right = true, show = percent },
    { title = "", optional = true },
  }
  for _, column in ipairs(cost_rates.columns()) do columns[#columns + 1] = column end
  forms.table(columns, rows)
  local what = ("of one step, the mean of %s"):format(numbers.thousands(steps))
  if by == "memory" then what = "outputs, parameters, gradients and the optimizer's state, at most" end
  local words = ("%s, with the blocks inside; own: without them"):format(what)
  if has_rates then words = words .. "; " .. cost_rates.words(roof) end
  if has_split then words = words .. "; " .. fused_words end
  for _, line in ipairs(text.wrap(words, stream.out:width() or 110)) do
    stream.out:write(stream.out:paint("dim", line), "\n")
  end
end

local function columns_for(by, nodes)
  local unit = ({ time = "seconds", memory = "bytes", flops = "flops" })[by]
  local columns = { { name = "path" }, { name = "kind" }, { name = "operation" }, { name = "depth" },
    { name = "steps" }, { name = unit }, { name = "own_" .. unit }, { name = "share" } }
  local more = nodes and { "fused_share" } or {}
  for _, name in ipairs(by == "flops" and cost_rates.names or {}) do more[#more + 1] = name end
  for _, name in ipairs(more) do columns[#columns + 1] = { name = name } end
  return columns
end

local function rows_of(entries, nodes)
  local rows = {}
  for at, entry in ipairs(entries) do
    local rates = entry.rates or {}
    rows[at] = { entry.path, entry.is_node and "node" or "block", entry.operation, entry.depth, entry.steps,
      entry.whole, entry.own, entry.share }
    local last = 8
    if nodes then
      last = 9
      rows[at][last] = entry.is_node and entry.row.fused_share or nil
    end
    for each = 1, #cost_rates.names do rows[at][last + each] = rates[each] end
  end
  return rows
end

local function down_to(entries, depth)
  local kept = {}
  for _, entry in ipairs(entries) do
    if entry.depth <= depth then kept[#kept + 1] = entry end
  end
  return kept
end

local function entries_of(history, run, options)
  local nodes = options.nodes and history:nodes(run.id) or nil
  if nodes and not nodes.rows[1] then
    core.fail("usage", ("the nodes of run '%s' were not profiled"):format(run.name),
      "Train with --profile node to have them.")
  end
  return cost_tree.entries(history:blocks(run.id), options.by or "time", nodes)
end

local facts_of = [[
SELECT r.run_id AS id, r.name, r.graph_id,
       EXISTS (SELECT 1 FROM epochs e WHERE e.run_id = r.run_id AND e.epoch > 0) AS has_epochs,
       EXISTS (SELECT 1 FROM block_totals t WHERE t.run_id = r.run_id) AS has_costs
FROM runs r WHERE r.run_id = %d]]

-- Why a run has no costs of blocks at all; nil where it has some.
local function reason_of(run)
  if not run.graph_id then return "has no graph: orrery.run recorded it, without a manager" end
  if run.has_costs == 1 then return nil end
  if run.has_epochs == 0 then return "has no epoch that was measured" end
  return "was not profiled: it was trained with --profile off"
end

local function require_one_view(options)
  for _, name in ipairs { "by", "depth", "nodes" } do
    if options.kernels and options[name] then
      core.fail("usage", ("--kernels and --%s exclude each other"):format(name))
    end
  end
end

return {
  group = "ask",
  summary = "Shows what each block of a run cost, as a tree with bars.",
  usage = "orrery history blocks [RUN] [--by time|memory|flops] [--depth N] [--nodes | --kernels]",
  operands = { history_file.run_operand },
  options = forms.behind {
    history_file.option,
    { name = "by", value = "WHAT", choices = { "time", "memory", "flops" },
      doc = "what is shown, the dearest first", default = "time" },
    { name = "depth", value = "N", type = "integer", min = 0,
      doc = "blocks down to this depth; 0: the whole alone" },
    { name = "nodes", doc = "the nodes below their blocks, where the run profiled them" },
    { name = "kernels", doc = "the calls of LibTorch under the nodes, where the run profiled them" },
  },
  notes = "Nodes are there of runs with --profile node, calls of runs with --profile kernel. Memory is the "
    .. "sum of " .. run_costs.memory_kinds .. " and of the optimizer's state.",
  examples = { "orrery history blocks", "orrery history blocks best:val_loss --by memory --depth 2" },
  main = function(given)
    local options = given.options
    local form, by = forms.of(options), options.by or "time"
    require_one_view(options)
    local history = history_file.open(given)
    local run = sql_rows.of(history, facts_of:format(history:resolve(given[1])))[1]
    local reason = reason_of(run)
    if reason and (options.nodes or options.kernels) then
      core.fail("usage", ("run '%s' %s"):format(run.name, reason))
    end
    if options.kernels then return kernel_table.print(history, run.id, run.name, options) end
    local entries = entries_of(history, run, options)
    local all = entries[1]
    if form == "table" and not (all and all.whole) then
      reason = reason or ("has no %s of blocks"):format(cost_tree.measures[by].title)
      return stream.say(("run '%s' %s"):format(run.name, reason))
    end
    local roof = by == "flops" and cost_rates.roof(history, run.id) or nil
    if by == "flops" then add_rates(entries, roof) end
    if options.depth then entries = down_to(entries, options.depth) end
    if form == "table" then return print_tree(entries, by, roof) end
    forms.print(options, { schema = "orrery.history.blocks/1", columns = columns_for(by, options.nodes),
      rows = rows_of(entries, options.nodes) })
  end,
}
