--- Draws graphs; apart from the rest, so that what draws nothing loads no drawing library.

local core = require "orrery.core"

local found, module = pcall(require, "orrery.render_core")
if not found then
  core.fail("run", "drawing is not available: " .. tostring(module):match "^[^\n]*",
    "Orrery was built without its renderers: configure with -DORRERY_RENDERERS=ON.")
end

return module
