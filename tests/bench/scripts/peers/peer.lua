--- What the twins of PyTorch's scripts share: training that is timed, and the line that says how it went.

local ffi = require "ffi"
local orrery = require "orrery"

ffi.cdef [[
typedef struct { long seconds, nanoseconds; } orrery_bench_time;
int clock_gettime(int, orrery_bench_time *);
]]

local M = {}

local function now()
  local time = ffi.new "orrery_bench_time"
  ffi.C.clock_gettime(1, time)  -- CLOCK_MONOTONIC
  return tonumber(time.seconds) + tonumber(time.nanoseconds) * 1e-9
end

-- The most memory that this process has had.
local function peak_kib()
  for line in io.lines "/proc/self/status" do
    local kib = line:match "^VmHWM:%s+(%d+)"
    if kib then return tonumber(kib) end
  end
end

local function run(g, optimizer, config, options)
  options.optimizer, options.threads, options.precision = optimizer, config.threads, config.precision
  if config.engine ~= "" then options.engine = config.engine end
  options.profile, options.history, options.progress = "off", false, false
  orrery.manager(g, options):run()
end

-- The losses of the first steps.
local function first_losses(g, optimizer, config)
  local losses = {}
  run(g, optimizer, config, { max_steps = config.losses, callbacks = {
    batch_end = function(at) losses[#losses + 1] = ("%.17g"):format(at.batch.loss) end,
  } })
  print(('{"losses":[%s]}'):format(table.concat(losses, ",")))
end

-- The time of an epoch, over all but the first.
local function time_of_epoch(g, optimizer, config)
  local start, steps, seconds
  run(g, optimizer, config, { epochs = config.epochs + 1, callbacks = {
    epoch_end = function(at)
      if at.epoch == 1 then start, steps = now(), at.steps end
      seconds = now() - start
    end,
  } })
  print(('{"seconds":%.9g,"steps":%d,"peak_kib":%d}'):format(seconds / config.epochs, steps, peak_kib()))
end

--- Trains by the settings `epochs` (after one that is not timed), `threads`, `losses`, `engine` and,
--- where it has one, `precision` of a script, and prints what came of it.
---@param g orrery.Graph
---@param optimizer orrery.Optimizer
---@param config { epochs: integer, threads: integer, losses: integer, engine: string, precision?: string }
function M.train(g, optimizer, config)
  local measure = config.losses > 0 and first_losses or time_of_epoch
  measure(g, optimizer, config)
end

return M
