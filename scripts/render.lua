local core = require "orrery.core"
local drawing_options = require "orrery.cli.drawing_options"
local model = require "orrery.cli.model"
local overlay = require "orrery.overlay"
local stream = require "orrery.cli.stream"

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
  local plotted = options.inside and not (options.weights or options.values)
  if run and (measured or plotted) then options.run = options.run or run end
  if options.inside == "weights" and not options.run and given[1]:find "%.safetensors$" then
    options.weights = options.weights or given[1]
  end
  return graph, run or graph.name
end

-- Draws to the file that is asked for, `-` being stdout; gives its name.
local function draw(graph, name, options, output)
  local file = output or options.format == "text" and "-" or drawing_options.file_for(name, options.format)
  local drawing = require "orrery.drawing"
  local how = drawing_options.read(options)
  if file == "-" then
    how.format = options.format or "pdf"
    stream.out:write(drawing.drawing(graph, how))
    return file
  end
  how.format = drawing_options.format_of(file, options.format)
  drawing.render(graph, file, how)
  return file
end

return {
  open = open,
  draw = draw,
  summary = "Draws the architecture: PDF, SVG, PNG, TikZ, HTML, text, dot, Mermaid or JSON.",
  usage = "orrery render SCRIPT|MODEL|NAME|RUN [-o FILE] [--format FORMAT] [--option value…]",
  operands = { { name = "SCRIPT|MODEL|NAME|RUN",
    doc = "a Lua file, a saved .safetensors file, a model of the zoo (resnet18, …), or a run of the history "
      .. "(last, best:val_loss)" } },
  options = drawing_options.list,
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
