local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local history_merging = require "orrery.cli.history_merging"
local stream = require "orrery.cli.stream"

local formats = { "csv", "tensorboard", "mlflow", "chrome", "speedscope", "folded" }

-- A history of its own, made anew or one that gets more runs.
local function into_history(given, history, words)
  local path, ids, names = given.options.history, {}, {}
  if core.absolute_path(path) == core.absolute_path(history_file.path(given)) then
    core.fail("usage", ("'%s' has these runs already"):format(path), "Name another file with --history.")
  end
  for at, word in ipairs(words[1] and words or { "last" }) do
    ids[at] = history:resolve(word)
    names[ids[at]] = history:show(word).summary.rows[1][2]
  end
  history_merging.copy(core.keep_history(path, true), history_file.path(given), ids, names, path)
end

local function export(history, runs, options)
  local asked = 0
  for _, format in ipairs(formats) do
    local path = options[format]
    if path then
      asked = asked + 1
      local done = history:export(format, path, runs)
      for _, file in ipairs(done.files) do stream.say("wrote " .. file) end
      for _, file in ipairs(done.left_out) do
        stream.say(("left out: '%s' cannot be read any more"):format(file))
      end
    end
  end
  if asked > 0 or options.history then return end
  core.fail("usage", "nothing says what to export to",
    "Give --history, --csv, --tensorboard, --mlflow, --chrome, --speedscope or --folded.")
end

return {
  group = "move",
  summary = "Writes runs into a history of their own, or for CSV, TensorBoard, MLflow and trace viewers.",
  usage = "orrery history export [RUN…] [--history FILE] [--csv PATH] [--tensorboard FOLDER] [--mlflow PATH] "
    .. "[--chrome FILE] [--speedscope FILE] [--folded FILE]",
  operands = {
    { name = "RUN", optional = true, repeated = true, doc = "number or name of a run, last, last~2" },
  },
  options = {
    history_file.option,
    { name = "history", value = "FILE", doc = "a history of its own, with all that belongs to the runs" },
    { name = "csv", value = "PATH", doc = "a table of all numbers; into a folder, a table a run" },
    { name = "tensorboard", value = "FOLDER", doc = "event files, a folder a run" },
    { name = "mlflow", value = "PATH", doc = "a tracking store of MLflow's, an SQLite file" },
    { name = "chrome", value = "FILE", doc = "a step profile for Perfetto and chrome://tracing" },
    { name = "speedscope", value = "FILE", doc = "a step profile for speedscope" },
    { name = "folded", value = "FILE", doc = "a step profile as folded stacks, for flame graphs" },
  },
  examples = { "orrery history export best:val_loss --history best.db",
    "orrery history export last --csv loss.csv",
    "orrery history export last last~1 --tensorboard logs" },
  main = function(given)
    local runs = {}
    for at, run in ipairs(given) do runs[at] = run end
    local history = history_file.open(given)
    if given.options.history then into_history(given, history, runs) end
    export(history, runs, given.options)
  end,
}
