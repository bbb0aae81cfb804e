--- How a training run goes, for programs to read: what `orrery run --json` prints, one object a line.
---
---     {"kind":"start","run":"calm-owl-3","device":"cpu","epochs":2,…}         a manager's run begins
---     {"kind":"validation","epoch":1,"trained":3,"validation":{"loss":0.3}}   one within an epoch
---     {"kind":"epoch","epoch":1,"train":{"loss":0.4},"validation":{…},…}
---     {"kind":"artifact","what":"checkpoint","path":"…","steps":12}           or weights, values, image
---     {"kind":"test","samples":360,"test":{…}}
---     {"kind":"end","status":"done","steps":12,…}                             or "failed", "interrupted"
---     {"kind":"script","ok":true,"exit_code":0}                               always the last

local json = require "orrery.cli.json"
local stream = require "orrery.cli.stream"

local M = { schema = "orrery.run/1" }

-- A reader that waits for the next epoch gets it at once.
local function write(kind, object)
  object.kind = kind
  json.line(M.schema, object)
  stream.out:flush()
end

--- A table of callbacks for one run.
function M.callbacks()
  local steps_per_epoch
  return {
    train_start = function(facts)
      steps_per_epoch = facts.steps_per_epoch
      write("start", facts)
    end,
    validation_end = function(report)
      if report.trained == steps_per_epoch then return end
      write("validation", { epoch = report.epoch, trained = report.trained, validation = report.validation })
    end,
    epoch_end = function(report) write("epoch", report) end,
    checkpoint_saved = function(report)
      write("artifact", { what = "checkpoint", path = report.path, steps = report.steps })
    end,
    test_end = function(report) write("test", report) end,
    exception = function(report)
      write("end", { status = report.stopped and "interrupted" or "failed", message = report.message })
    end,
    train_end = function(summary)
      for at, path in ipairs(summary.files) do
        write("artifact", { what = summary.file_kinds[at], path = path })
      end
      summary.files, summary.file_kinds, summary.status = nil, nil, "done"
      write("end", summary)
    end,
  }
end

--- The script is over.
---@param exit_code integer
---@param failure? string what ended it
---@param fault? string the failure's kind
function M.script_over(exit_code, failure, fault)
  write("script", { ok = exit_code == 0, exit_code = exit_code, fault = fault, message = failure })
end

return M
