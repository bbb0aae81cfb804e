-- Runs another script and prints a line as soon as its manager has finished a training step.
local orrery = require "orrery"
local make_manager = orrery.manager

function orrery.manager(graph, options)
  options.callbacks = {
    batch_end = function()
      print "stepped"
      io.stdout:flush()
    end,
  }
  return make_manager(graph, options)
end

dofile(arg[1])
