local core = require "orrery.core"
local explanation = require "orrery.cli.explanation"
local json = require "orrery.cli.json"
local script = require "orrery.cli.script"
local stream = require "orrery.cli.stream"

local schema = "orrery.explain/1"

-- The graphs that a script trains, where it trains any.
local function trained(graphs)
  local found = {}
  for _, graph in ipairs(graphs) do
    if core.plans(graph)[1] then found[#found + 1] = graph end
  end
  return found[1] and found or graphs
end

return {
  summary = "Shows how a training step is computed, and what it costs.",
  usage = "orrery explain SCRIPT [key=value…] [--all] [--measure] [--plain] [--json]",
  operands = { { name = "SCRIPT", doc = "a Lua file; key=value behind it changes its orrery.config" } },
  options = {
    { name = "all", doc = "every step, also of what repeats" },
    { name = "measure", doc = "tries the step without each pass, too, and tells what the pass gains" },
    { name = "graph", value = "NAME", doc = "which graph of the script" },
    { name = "plain", doc = "no colours" },
    { name = "json",
      doc = "one JSON object a line: steps, segments, passes, recomputed blocks, shared memory, totals" },
  },
  takes_config = true,
  notes = "The script runs up to the first call that would train. Its first batch goes forward and backward "
    .. "a few times, under the static plan and under autograd in turns; nothing is updated or written. "
    .. "Peak memory is that beside weights and batch, allocations are LibTorch's in one step. "
    .. "own N: this program's kernel, in segment N; in NAME: in one pass with NAME; ATen: LibTorch's kernel; "
    .. "rule: LibTorch's derivative kernels, ordered ahead; autograd: recorded while it goes forward. "
    .. "The backward pass goes through the steps in reverse. "
    .. "Passes change a plan so that it takes less time: the nodes that each computes otherwise or not at "
    .. "all, and the bytes that need not be moved forward. The manager's skip_passes leaves them out.",
  examples = { "orrery explain digits.lua --measure", "orrery explain gpt.lua layers=8 --all" },
  main = function(given, words)
    words.verb = "explain"
    local options = given.options
    stream.plain = options.plain or false
    local graphs, ended = script.check(given[1], words, given.config)
    local graph = script.pick(trained(graphs), given[1], options.graph, ended)
    core.set_mode "run"
    local found = core.engine().explain(graph, { by_hand = ended == "manager:batches",
      measures = options.measure or false })
    if not options.json then return explanation.print(graph, found, options.all) end
    for _, object in ipairs(explanation.objects(graph, found)) do json.line(schema, object) end
  end,
}
