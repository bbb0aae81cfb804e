local check = require "orrery.verbs.check"
local core = require "orrery.core"
local drawing_options = require "orrery.cli.drawing_options"
local json = require "orrery.cli.json"
local live_page = require "orrery.cli.live_page"
local loaded_files = require "orrery.cli.loaded_files"
local numbers = require "orrery.cli.numbers"
local picture_size = require "orrery.cli.picture_size"
local render = require "orrery.verbs.render"
local script = require "orrery.cli.script"
local stream = require "orrery.cli.stream"

-- An editor that saves several files at once is one change.
local quiet = 0.005

-- One drawing, by a process of its own: nothing of a script stays for the next one.

local function is_model(file) return file:find "%.safetensors$" ~= nil end

-- The graph with what the checks find of it told; nil for a script that broke a rule while it built one.
local function checked(given, words)
  if is_model(given[1]) then
    local graph = render.open(given, words)
    return graph, check.check_graph(graph) > 0 and 3 or 0
  end
  local code, graphs, ended = check.check_one(given, words)
  return graphs and script.pick(graphs, given[1], given.options.graph, ended), code
end

local function draw(given, words, pictures)
  words.verb = "render"
  local graph, code = checked(given, words)
  for _, output in ipairs(graph and (given.options.output or { false }) or {}) do
    local file = render.draw(graph, graph.name, given.options, output or nil)
    if file ~= "-" then live_page.announce(file) end
    pictures[#pictures + 1] = { file = file, size = file ~= "-" and picture_size.words(file) or nil }
  end
  return code
end

local function draw_and_tell(given, words)
  local told = { files = loaded_files.record(), pictures = json.array {} }
  local done, result = pcall(draw, given, words, told.pictures)
  local file = assert(io.open(given.options.tell, "wb"))
  file:write(core.json(told))
  file:close()
  if not done then error(result, 0) end
  return result
end

-- The watch over them.

-- What the process for one drawing told: the files that it read and the pictures that it wrote.
local function draw_apart(words)
  local told = os.tmpname()
  local command = { core.program(), "watch", "--tell", told, unpack(words) }
  local code
  stream.out:flush()
  local done, failure = pcall(core.run_programs, 1, 1, function() return command, "" end,
    function(_, exit_code) code = exit_code end)
  local file = io.open(told, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  os.remove(told)
  if not done then error(failure, 0) end
  if text == "" then
    stream.blame(("the drawing ended with exit code %d"):format(code or 1))
    return { files = {}, pictures = {} }
  end
  return core.parse_json(text, "what a drawing told")
end

-- `last`: the pictures that there are, and when each was drawn.
local function tell_pictures(told, seconds, last)
  for _, picture in ipairs(told.pictures) do
    if picture.size then
      if not last[picture.file] then last[#last + 1] = picture.file end
      last[picture.file] = os.date "%H:%M:%S"
      stream.out:write(("%s: %s, in %s\n"):format(picture.file, picture.size, numbers.moment(seconds)))
    end
  end
  if told.pictures[1] then return end
  for _, file in ipairs(last) do
    stream.out:write(("%s stays as it was at %s\n"):format(file, last[file]))
  end
end

local function tell_saved(saved)
  stream.out:write("\n", stream.out:paint("dim", ("%s %s saved"):format(os.date "%H:%M:%S",
    table.concat(saved, ", ") .. (saved[2] and " were" or " was"))), "\n")
end

-- Files that were saved after the last drawing had read them, and before they were watched.
local function saved_before(told)
  local saved = {}
  for file, stamp in pairs(told.files) do
    if core.file_stamp(file) ~= stamp then saved[#saved + 1] = file end
  end
  table.sort(saved)
  return saved
end

-- The files that are saved next, as the user would name them; nil when a stop is asked for.
local function next_save(watch, told, shown)
  local saved, known = saved_before(told), {}
  while not saved[1] do
    if core.stopped() then return nil end
    saved = watch:wait(1)
  end
  for at, file in ipairs(saved) do saved[at], known[file] = shown(file), true end
  for _, file in ipairs(watch:wait(quiet)) do
    if not known[file] then saved[#saved + 1] = shown(file) end
  end
  return saved
end

local function follow(given, words, last)
  local watch, known = core.watch_files(), { [core.absolute_path(given[1])] = true }
  local here = core.absolute_path "."
  local function shown(file) return file:sub(1, #here + 1) == here .. "/" and file:sub(#here + 2) or file end
  for _, name in ipairs { "theme", "label", "cues", "weights", "values", "image" } do
    local file = given.options[name]
    if file and core.exists(file) then known[core.absolute_path(file)] = true end
  end
  for file in pairs(known) do watch:add(file) end
  local began = core.clock()
  while true do
    local told = draw_apart(words)
    tell_pictures(told, core.clock() - began, last)
    stream.out:flush()
    for file in pairs(told.files) do known[file] = true end
    for file in pairs(known) do watch:add(file) end
    local saved = next_save(watch, told, shown)
    began = core.clock()
    if not saved then return end
    tell_saved(saved)
  end
end

-- What could never be drawn is told now, not after each save.
local function require_sense(given)
  local word, options = given[1], given.options
  if word == "-" or not core.exists(word) then
    core.fail("usage", ("there is no file '%s' to watch"):format(word),
      "watch draws a script or a saved model whenever it is saved; 'orrery render' draws once.")
  end
  for _, output in ipairs(options.output or {}) do
    if output ~= "-" then drawing_options.format_of(output, options.format) end
  end
end

local function options()
  local all = {}
  for at, option in ipairs(drawing_options.list) do all[at] = option end
  all[1] = { name = "output", short = "o", value = "FILE", repeated = true,
    doc = "a file to write, may be given again; none: the graph's name, but a text to stdout" }
  all[#all + 1] = { name = "tell", value = "FILE", hidden = true, doc = "draws once and tells what it read" }
  return all
end

return {
  summary = "Checks and draws anew whenever the script, or what it requires, is saved.",
  usage = "orrery watch SCRIPT|MODEL [-o FILE]… [key=value…] [--option value…]",
  operands = { { name = "SCRIPT|MODEL", doc = "a Lua file, or a saved .safetensors file" } },
  options = options,
  takes_config = true,
  notes = "Takes the options of 'orrery render'. What the checks find, and errors of the script, stand in "
    .. "the terminal; the last good picture stays until there is a better one. A viewer that loads a file "
    .. "again when it changes shows each as it is drawn. Ctrl-C ends.",
  examples = { "orrery watch digits.lua -o digits.pdf", "orrery watch digits.lua --format text",
    "orrery watch model.lua -o model.svg -o model.png --depth 2" },
  main = function(given, words)
    if given.options.tell then return draw_and_tell(given, words) end
    require_sense(given)
    stream.say(("watching %s; Ctrl-C ends"):format(given[1]))
    local last = {}
    local done, failure = pcall(follow, given, words, last)
    for _, file in ipairs(last) do live_page.forget(file) end
    if core.stopped() then
      stream.say "no longer watching"
    elseif not done then
      error(failure, 0)
    end
  end,
}
