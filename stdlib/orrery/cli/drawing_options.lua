--- What drawings of graphs take on the command line, for the verbs that draw: render, diff and watch.

local core = require "orrery.core"
local insets = require "orrery.insets"
local label_file = require "orrery.cli.label_file"
local overlay = require "orrery.overlay"
local stream = require "orrery.cli.stream"
local table_file = require "orrery.table_file"

local M = {}

-- Asked when a format is wanted, not before: it opens the libraries that draw.
local function known() return require("orrery.drawing").formats() end

--- The names of the formats that there are.
---@return string[]
function M.formats()
  local names = {}
  for at, format in ipairs(known()) do names[at] = format.name end
  return names
end

local passed = { "style", "depth", "expand", "collapse", "hide", "aside", "governors", "fuse", "direction",
  "dtypes", "parameters", "color", "cues", "inside", "weights", "values", "overlay", "run", "history",
  "scale", "own", "per", "numbers", "caption", "fit", "findings", "dpi", "ascii", "image", "batch" }
local switches = { "shapes", "fold", "names", "legend", "wrap" }

local function theme_of(word)
  return word and word:match "%.lua$" and table_file(word, "theme") or word
end

-- { "features=edges", … } → { features = "edges" }
local function by_path(words, option, value)
  if not words then return nil end
  local found = {}
  for _, word in ipairs(words) do
    local path, text = word:match "^([^=]+)=(.*)$"
    if not path then
      core.fail("usage", ("--%s takes PATH=%s, got '%s'"):format(option, value, word))
    end
    found[path] = text
  end
  return found
end

--- The options of a drawing that the command line gives.
---@param given table
---@return table
function M.read(given)
  local options = { theme = theme_of(given.theme) }
  for _, name in ipairs(passed) do options[name] = given[name] end
  options.history = (given.overlay or given.inside) and given.history
  options.label = given.label and label_file.read(given.label)
  options.notes = by_path(given.note, "note", "TEXT")
  options.colors = by_path(given.paint, "paint", "COLOUR")
  options.all_shapes = given["all-shapes"]
  options.columns = given.columns or math.max(20, stream.out:width() or 80)
  options.width_mm = given["width-mm"]
  options.height_mm = given["height-mm"]
  options.min_font = given["min-font"]
  options.edge_width = given["edge-width"]
  for _, name in ipairs(switches) do
    if given[name] ~= nil then options[name] = given[name] == "true" or given[name] == true end
  end
  return options
end

--- The file of a drawing that nobody named; a name of a graph or run may hold what a file's name must not.
---@param name string
---@param format string?
---@return string
function M.file_for(name, format)
  local ending = "pdf"
  for _, one in ipairs(format and known() or {}) do
    if one.name == format then ending = one.endings[1] end
  end
  return (name:gsub("[^%w_.-]", "_")) .. "." .. ending
end

--- The format that is asked for, or else told by the file's ending.
---@param file string
---@param asked string?
---@return string
function M.format_of(file, asked)
  if asked then return asked end
  local ending = file:match "%.(%w+)$"
  local found, endings, first = nil, {}, {}
  for _, format in ipairs(known()) do
    first[#first + 1] = "." .. format.endings[1]
    for _, one in ipairs(format.endings) do
      endings[#endings + 1] = one
      if one == ending then found = format.name end
    end
  end
  if found then return found end
  core.fail("usage", ("'%s' does not tell a format%s"):format(file, core.nearest(ending or "", endings)),
    ("End the name in %s or %s, or give --format."):format(table.concat(first, ", ", 1, #first - 1),
      first[#first]))
end

--- The options, as verbs list them.
M.list = {
  { name = "output", short = "o", value = "FILE",
    doc = "the file to write, '-' for stdout; none: the graph's name, but a text to stdout" },
  { name = "format", value = "FORMAT", choices = M.formats,
    doc = "of the file; none: by its name's ending, else pdf" },
  { name = "style", value = "STYLE", choices = { "box", "lenet", "volume", "unrolled", "rolled" },
    doc = "how a network looks", default = "box" },
  { name = "depth", value = "N", type = "integer", min = 0,
    doc = "blocks inside so many others become one box" },
  { name = "expand", value = "PATTERN", repeated = true,
    doc = "shows these blocks open, whatever the depth; * stands for any characters" },
  { name = "collapse", value = "PATTERN", repeated = true, doc = "makes one box of each of these blocks" },
  { name = "fold", value = "BOOL", switchable = true,
    doc = "draws a chain of equal blocks once, with their number (on)" },
  { name = "hide", value = "WHAT", repeated = true,
    doc = "leaves out paths, patterns, activations, constants, dropout, labels, losses, norms, outputs" },
  { name = "aside", value = "WHAT", repeated = true,
    doc = "lists paths, patterns, constants, labels, losses, parameters apart, with marks beside what they "
      .. "feed" },
  { name = "governors",
    doc = "draws optimizers with their schedules, and savers, with a letter at what they update or save" },
  { name = "fuse", doc = "tells activations, norms and dropout on their layer's box" },
  { name = "direction", value = "WORD", choices = { "south", "east", "north", "west" },
    doc = "where the data flow" },
  { name = "shapes", value = "BOOL", switchable = true, doc = "shapes where they change" },
  { name = "all-shapes", doc = "shapes beside all lines" },
  { name = "names", value = "BOOL", switchable = true, doc = "names that people gave (on)" },
  { name = "dtypes", doc = "dtypes beside all lines" },
  { name = "parameters", doc = "numbers of parameters" },
  { name = "color", value = "BY", choices = { "kind", "structure", "device", "dtype" },
    doc = "what the colours tell" },
  { name = "paint", value = "PATH=COLOUR", repeated = true,
    doc = "gives blocks or nodes a colour such as #ffd0a0; * stands for any characters" },
  { name = "note", value = "PATH=TEXT", repeated = true, doc = "writes a note beside a block or node" },
  { name = "label", value = "FILE", doc = "a .lua file that returns function(node) → the box's text" },
  { name = "inside", value = "WHAT", choices = insets.names,
    doc = "small plots inside boxes: losses and metrics of a run, its gradients, histograms of weights and "
      .. "activations" },
  { name = "weights", value = "FILE", doc = "the .safetensors file of those weights; none: the run's" },
  { name = "values", value = "FILE",
    doc = "the .safetensors file of those activations, as a saver of values writes it; none: the run's" },
  { name = "theme", value = "NAME|FILE", doc = "light, dark, paper, colour-blind, or a .lua file" },
  { name = "overlay", value = "QUANTITY", choices = overlay.names,
    doc = "colours by what a run has measured; flops and parameters need no run" },
  { name = "run", value = "RUN",
    doc = "the run of the overlay, as orrery history takes it; none: the one that is drawn" },
  { name = "history", also = "db", value = "FILE", doc = "the history of runs", default = "orrery.db" },
  { name = "scale", value = "SCALE", choices = { "linear", "log", "rank" }, doc = "of the overlay" },
  { name = "own", doc = "collapsed blocks show what they cost without the blocks inside" },
  { name = "per", value = "LEVEL", choices = { "block", "node" },
    doc = "what an overlay colours; none: nodes where they are known" },
  { name = "numbers", doc = "writes the overlay's amounts on the boxes" },
  { name = "edge-width", value = "BY", choices = { "even", "bytes", "elements" },
    doc = "makes lines as wide as their tensors are large" },
  { name = "batch", value = "N", type = "integer", min = 1, doc = "samples at once, for the width of lines",
    default = "1" },
  { name = "legend", value = "BOOL", switchable = true, doc = "explains the kinds of boxes" },
  { name = "caption", value = "TEXT", doc = "stands under the drawing" },
  { name = "image", value = "FILE", doc = "a PNG or JPEG for the first input's face (lenet, volume)" },
  { name = "fit", value = "PAGE", choices = { "a4", "ieee-column", "neurips-column", "slide" },
    doc = "breaks chains and opens as many blocks as the page has room for, with legible text" },
  { name = "findings", doc = "marks what the checks find" },
  { name = "cues", value = "FILE", doc = "what a view exported: blocks open and shut, titles, tags" },
  { name = "width-mm", value = "MM", type = "number", min = 0, doc = "width of the page" },
  { name = "height-mm", value = "MM", type = "number", min = 0,
    doc = "height of the page: breaks long chains into columns, and fits as --fit does" },
  { name = "min-font", value = "PT", type = "number", min = 1, max = 72,
    doc = "the smallest text on a page", default = "6" },
  { name = "wrap", value = "BOOL", switchable = true,
    doc = "breaks chains longer than the page, and ribbons of two pages and more, into columns or rows "
      .. "(on)" },
  { name = "dpi", value = "N", type = "number", min = 1, doc = "dots per inch of a PNG", default = "150" },
  { name = "columns", value = "N", type = "integer", min = 20, max = 10000,
    doc = "the most that a row of a text has; none: the terminal's, else 80" },
  { name = "ascii", doc = "a text in ASCII alone" },
  { name = "input", value = "SIZES", doc = "the input's shape of a model of the zoo, batch first" },
  { name = "graph", value = "NAME", doc = "which graph of the script" },
}

return M
