--- Draws graphs; apart from the rest, so that what draws nothing loads no drawing library.

local box_changes = require "orrery.box_changes"
local core = require "orrery.core"
local overlay = require "orrery.overlay"
local table_file = require "orrery.table_file"

local found, module = pcall(require, "orrery.render_core")
if not found then
  core.fail("run", "drawing is not available: " .. tostring(module):match "^[^\n]*",
    "Orrery was built without its renderers: configure with -DORRERY_RENDERERS=ON.")
end

local M = setmetatable({}, { __index = module })

-- Cues in a file of Lua are the table that it returns; those in JSON the renderer reads.
local function resolved(options, graph)
  options = overlay.resolve(box_changes.resolve(options or {}, graph), graph)
  local file = type(options) == "table" and options.cues
  if type(file) ~= "string" or not file:match "%.lua$" then return options end
  local copy = {}
  for name, value in pairs(options) do copy[name] = value end
  copy.cues = table_file(file, "cues")
  return copy
end

--- Writes the drawing of a graph to a file.
function M.render(graph, path, options) return module.render(graph, path, resolved(options, graph)) end

--- The bytes of the file.
function M.drawing(graph, options) return module.drawing(graph, resolved(options, graph)) end

--- The geometry as JSON.
function M.layout(graph, options) return module.layout(graph, resolved(options, graph)) end

return M
