local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local stream = require "orrery.cli.stream"

local formats = { "csv", "tensorboard", "mlflow" }

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
  if asked > 0 then return end
  core.fail("usage", "nothing says what to export to", "Give --csv, --tensorboard or --mlflow.")
end

return {
  group = "move",
  summary = "Writes runs for other tools: CSV, TensorBoard, MLflow.",
  usage = "orrery history export [RUN…] [--csv PATH] [--tensorboard FOLDER] [--mlflow PATH]",
  operands = {
    { name = "RUN", optional = true, repeated = true, doc = "number or name of a run, last, last~2" },
  },
  options = {
    history_file.option,
    { name = "csv", value = "PATH", doc = "a table of all numbers; into a folder, a table a run" },
    { name = "tensorboard", value = "FOLDER", doc = "event files, a folder a run" },
    { name = "mlflow", value = "PATH", doc = "a tracking store of MLflow's, an SQLite file" },
  },
  examples = { "orrery history export last --csv loss.csv",
    "orrery history export last last~1 --tensorboard logs" },
  main = function(given)
    local runs = {}
    for at, run in ipairs(given) do runs[at] = run end
    export(history_file.open(given), runs, given.options)
  end,
}
