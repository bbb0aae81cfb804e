local core = require "orrery.core"
local insets = require "orrery.insets"
local label_file = require "orrery.cli.label_file"
local model = require "orrery.cli.model"
local overlay = require "orrery.overlay"
local stream = require "orrery.cli.stream"
local table_file = require "orrery.table_file"

-- By the ending that a file of it has.
local formats = {
  pdf = "pdf", svg = "svg", png = "png", tex = "tikz", tikz = "tikz", json = "json", dot = "dot", gv = "dot",
  mmd = "mermaid", mermaid = "mermaid", txt = "text", text = "text", html = "html", htm = "html",
}
local names = { "pdf", "svg", "png", "tikz", "html", "json", "dot", "mermaid", "text" }
local endings = { tikz = "tex", mermaid = "mmd", text = "txt" }

local passed = { "style", "depth", "expand", "collapse", "hide", "aside", "fuse", "direction", "dtypes",
  "parameters", "color", "cues", "inside", "weights", "overlay", "run", "history", "scale", "own", "per",
  "numbers", "caption", "fit", "findings", "dpi", "ascii", "image", "batch" }
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

local function drawing_options(given)
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

-- A name of a graph or run may hold what a file's name must not.
local function file_for(name, format)
  return (name:gsub("[^%w_.-]", "_")) .. "." .. (endings[format] or format or "pdf")
end

local function format_of(file, given)
  if given then return given end
  local ending = file:match "%.(%w+)$"
  if formats[ending] then return formats[ending] end
  local known = {}
  for one in pairs(formats) do known[#known + 1] = one end
  table.sort(known)
  core.fail("usage", ("'%s' does not tell a format%s"):format(file, core.nearest(ending or "", known)),
    "End the name in .pdf, .svg, .png, .tex, .html, .json, .dot, .mmd or .txt, or give --format.")
end

-- The graph that the command line names, and what its picture is called. What a run has measured colours its
-- own graph.
local function open(given, words)
  local options = given.options
  local opened = { config = given.config, input = model.read_input(options.input), graph = options.graph,
    history = options.history or "orrery.db" }
  local graph, _, run = model.open(given[1], opened, words)
  if not graph then
    core.fail("input_file", given[1] .. " holds weights alone: there is no graph to draw",
      "orrery.save(graph, file) keeps the graph too.")
  end
  local measured = options.overlay and not overlay.of_graph[options.overlay]
  if run and (measured or options.inside and not options.weights) then options.run = options.run or run end
  if options.inside == "weights" and not options.run and given[1]:find "%.safetensors$" then
    options.weights = options.weights or given[1]
  end
  return graph, run or graph.name
end

-- Draws to the file that is asked for, `-` being stdout; gives its name.
local function draw(graph, name, options, output)
  local file = output or options.format == "text" and "-" or file_for(name, options.format)
  local drawing = require "orrery.drawing"
  local how = drawing_options(options)
  if file == "-" then
    how.format = options.format or "pdf"
    stream.out:write(drawing.drawing(graph, how))
    return file
  end
  how.format = format_of(file, options.format)
  drawing.render(graph, file, how)
  return file
end

return {
  open = open,
  drawing_options = drawing_options,
  format_of = format_of,
  draw = draw,
  summary = "Draws the architecture: PDF, SVG, PNG, TikZ, HTML, text, dot, Mermaid or JSON.",
  usage = "orrery render SCRIPT|MODEL|NAME|RUN [-o FILE] [--format FORMAT] [--option value…]",
  operands = { { name = "SCRIPT|MODEL|NAME|RUN",
    doc = "a Lua file, a saved .safetensors file, a model of the zoo (resnet18, …), or a run of the history "
      .. "(last, best:val_loss)" } },
  options = {
    { name = "output", short = "o", value = "FILE",
      doc = "the file to write, '-' for stdout; none: the graph's name, but a text to stdout" },
    { name = "format", value = "FORMAT", choices = names,
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
      doc = "small plots inside boxes: losses and metrics of a run, its gradients, histograms of weights" },
    { name = "weights", value = "FILE", doc = "the .safetensors file of those weights; none: the run's" },
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
      doc = "on a page, breaks long chains into columns or rows (on)" },
    { name = "dpi", value = "N", type = "number", min = 1, doc = "dots per inch of a PNG", default = "150" },
    { name = "columns", value = "N", type = "integer", min = 20, max = 10000,
      doc = "the most that a row of a text has; none: the terminal's, else 80" },
    { name = "ascii", doc = "a text in ASCII alone" },
    { name = "input", value = "SIZES", doc = "the input's shape of a model of the zoo, batch first" },
    { name = "graph", value = "NAME", doc = "which graph of the script" },
  },
  takes_config = true,
  examples = { "orrery render digits.lua", "orrery render resnet18 --depth 2 -o resnet18.svg",
    "orrery render digits.lua --overlay forward --run last -o cost.pdf",
    "orrery render best:val_loss --overlay time",
    "orrery render digits.lua --format text" },
  main = function(given, words)
    words.verb = "render"
    local graph, name = open(given, words)
    local file = draw(graph, name, given.options, given.options.output)
    if file ~= "-" then stream.out:write(file, "\n") end
  end,
}
