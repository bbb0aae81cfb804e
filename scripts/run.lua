local core = require "orrery.core"
local detached = require "orrery.cli.detached"
local run_lines = require "orrery.cli.run_lines"
local script = require "orrery.cli.script"
local stream = require "orrery.cli.stream"
local sweep = require "orrery.cli.sweep"

local placeholders = { integer = "N", real = "NUMBER", number = "NUMBER", boolean = "BOOL", text = "TEXT" }

-- Short names that other trainers have for options of the manager.
local also_called = {
  epochs = "max-epochs",
  accumulate_grad_batches = "accumulate",
  gradient_clip_val = "grad-clip",
  ["early_stopping.patience"] = "patience",
  ["checkpoint.dirpath"] = "ckpt-dir",
  ["checkpoint.save_top_k"] = "save-top-k",
}

-- What others have and this has in several parts, or somewhere else.
local elsewhere = {
  ["limit-batches"] = "Say --limit-train-batches N, --limit-val-batches N, or both.",
  ["save-every"] = "Say --checkpoint.every-n-epochs N or --checkpoint.every-n-steps N.",
  workers = "Workers are the data's: data.image_folder { root = …, workers = 4 }.",
}

-- `early_stopping.min_delta` is given as --early-stopping.min-delta.
local function described(option, key)
  return {
    name = key:gsub("_", "-"),
    key = key,
    also = also_called[key],
    alone = key == "resume" and "last" or nil,
    value = placeholders[option.type] or "VALUE",
    doc = option.doc .. ((option.choices or option.or_text) and ": " .. option.allowed or ""),
    default = option.default ~= nil and tostring(option.default) or nil,
    switchable = option.type == "boolean" or option.or_boolean,
    counts = option.or_boolean,
    words = option.or_text,
  }
end

-- The manager's own options, under the names that they have on a command line: those that are tables as a
-- switch, and with each of their entries.
local function options()
  local all = {}
  for at, option in ipairs(core.manager_options()) do all[at] = described(option, option.name) end
  for _, group in ipairs(core.manager_groups()) do
    local doc = group.doc:gsub("^%u", string.lower):gsub("%.$", "")
    all[#all + 1] = described({ type = "boolean", doc = doc }, group.name)
    for _, option in ipairs(group.options) do
      all[#all + 1] = described(option, group.name .. "." .. option.name)
    end
  end
  return all
end

local function manager_overrides(given)
  local overrides = {}
  for _, option in ipairs(options()) do
    local value = given.options[option.name]
    if value ~= nil then overrides[#overrides + 1] = { key = option.key, value = tostring(value) } end
  end
  return overrides
end

-- Options of a sweep, which are none of the manager's.
local sweep_options = {
  { name = "jobs", value = "N", type = "integer", min = 1, default = "1",
    doc = "of a sweep: so many runs at a time, each with its share of the cores" },
  { name = "samples", value = "N", type = "integer", min = 1,
    doc = "of a sweep: so many of the combinations, drawn at random" },
  { name = "sweep-seed", value = "N", type = "integer", min = 0, default = "0", doc = "of --samples" },
  { name = "sweep-file", value = "FILE", doc = "runs once for each line of it: lr=0.1 depth=2" },
}

-- Of a graph in a file, which runs as a script does.
local graph_options = {
  { name = "weights", value = "FILE", doc = "of a graph in JSON: the weights it begins with" },
}

-- How the program behaves while the script runs.
local switches = {
  { name = "dry-run", short = "n",
    doc = "builds and checks all, and says what would be trained and written; does neither" },
  { name = "quiet", short = "q", doc = "no progress and no messages but warnings and errors" },
  { name = "verbose", short = "v", doc = "an error of the script comes with its traceback" },
  { name = "json",
    doc = "stdout is one JSON object a line: how each run goes; what the script prints goes to stderr" },
  { name = "plain", doc = "no colours, and no line that is drawn again" },
  { name = "detach",
    doc = "runs it in the background and prints the run's name; what it prints is kept in the history" },
  { name = "no-input", doc = "what the script reads from stdin ends at once" },
}

local function all_options()
  local all = options()
  for _, more in ipairs { sweep_options, graph_options, switches } do
    for _, option in ipairs(more) do all[#all + 1] = option end
  end
  return all
end

local function behave(given)
  local asked = given.options
  if asked.quiet and asked.verbose then core.fail("usage", "both --quiet and --verbose are given") end
  stream.json, stream.plain = asked.json or false, asked.plain or false
  stream.quiet, stream.verbose = asked.quiet or false, asked.verbose or false
  if asked.quiet then core.only_warnings() end
  script.no_input = asked["no-input"] or false
end

-- The script's own `progress` is about the bar.
local function implied_by(given, overrides)
  if not given.options.json then return {} end
  overrides[#overrides + 1] = { key = "progress", value = "true" }
  return { progress = true }
end

local function dry_run(given, words)
  given.manager, given.arguments = manager_overrides(given), given.rest
  local form = given.options.json and run_lines.schema
  local code, graphs, ended = require("orrery.verbs.check").check_one(given, words, form)
  if code == 0 then require("orrery.cli.plan").tell(graphs, ended, given.options.json) end
  return code
end

local function run_script(given, words)
  local overrides = manager_overrides(given)
  local implied = implied_by(given, overrides)
  script.run(given[1], words, { config = given.config, manager = overrides }, given.rest,
    { implied = implied, on_exit = given.options.json and run_lines.script_over })
end

local function run_sweep(given, combinations)
  detached.refuse_sweep()
  if given.options.json then
    core.fail("usage", "--json is for one run, and these settings make several",
      "The history has them: orrery history list --json.")
  end
  local passed, config = {}, {}
  local function pass(name)
    local value = given.options[name]
    if value ~= nil then passed[#passed + 1] = { name = name, value = tostring(value) } end
  end
  for _, option in ipairs(options()) do pass(option.name) end
  pass "plugin"
  for _, switch in ipairs(switches) do
    if given.options[switch.name] then passed[#passed + 1] = { name = switch.name } end
  end
  for at, setting in ipairs(given.config) do config[at] = setting end
  if given.options.samples then
    combinations = sweep.drawn(combinations, given.options.samples, given.options["sweep-seed"] or 0)
  end
  return sweep.run { script = given[1], combinations = combinations, config = config, options = passed,
    rest = given.rest, jobs = not given.options["dry-run"] and given.options.jobs or 1 }
end

local function require_a_sweep(given)
  for _, setting in ipairs(given.config) do
    if setting.value:find(",", 1, true) then return end
  end
  for _, option in ipairs(sweep_options) do
    if given.options[option.name] then
      core.fail("usage", ("--%s sets nothing: no setting has several values"):format(option.name),
        "Give one several: lr=0.1,0.01, or a file of settings with --sweep-file.")
    end
  end
end

return {
  summary = "Runs a script.",
  usage = "orrery run SCRIPT [key=value…] [--option value…] [-- ARGUMENTS…]",
  operands = { { name = "SCRIPT",
    doc = "a Lua file, '-' for stdin; key=value behind it changes its orrery.config, other words are its "
      .. "arguments" } },
  options = all_options,
  elsewhere = elsewhere,
  takes_config = true,
  takes_rest = true,
  notes = "The options override those of the script's manager. Settings with several values make a sweep: a "
    .. "run for each combination, each in a process of its own, compared at the end. The lines of --json are "
    .. "described in docs/training.md.",
  examples = { "orrery run digits.lua lr=0.01 --epochs 5",
    "orrery run digits.lua --device cpu --name first-try",
    "orrery run digits.lua lr=0.1,0.01 batch=64,128 --jobs 2", "orrery run digits.lua --dry-run",
    "orrery run --detach digits.lua" },
  main = function(given, words)
    words.verb = "run"
    if given.options.weights then
      given.config[#given.config + 1] = { key = "weights", value = given.options.weights }
    end
    if given.options.detach then return detached.run(given, words) end
    detached.prepare()
    behave(given)
    if given.options["sweep-file"] then return run_sweep(given, sweep.listed(given.options["sweep-file"])) end
    require_a_sweep(given)
    sweep.watch()
    local done, result = pcall(given.options["dry-run"] and dry_run or run_script, given, words)
    local axes = not done and sweep.axes_of(result)
    if axes then return run_sweep(given, sweep.grid(axes)) end
    if not done then error(result, 0) end
    return result
  end,
}
