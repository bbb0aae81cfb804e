--- Draws graphs; apart from the rest, so that what draws nothing loads no drawing library.

local core = require "orrery.core"
local overlay = require "orrery.overlay"

local found, module = pcall(require, "orrery.render_core")
if not found then
  core.fail("run", "drawing is not available: " .. tostring(module):match "^[^\n]*",
    "Orrery was built without its renderers: configure with -DORRERY_RENDERERS=ON.")
end

local M = setmetatable({}, { __index = module })

--- Writes the drawing of a graph to a file.
function M.render(graph, path, options)
  return module.render(graph, path, overlay.resolve(options or {}, graph))
end

--- The bytes of the file.
function M.drawing(graph, options) return module.drawing(graph, overlay.resolve(options or {}, graph)) end

--- The geometry as JSON.
function M.layout(graph, options) return module.layout(graph, overlay.resolve(options or {}, graph)) end

return M
