local core = require "orrery.core"
local json = require "orrery.cli.json"
local machine = require "orrery.cli.machine"
local numbers = require "orrery.cli.numbers"
local roof = require "orrery.cli.roof"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

-- Each check gives what it found; an error says what is missing, with its remedy behind the first line.
-- `needed`: without it the program does not do its work.

local function own_place()
  local folder = debug.getinfo(1, "S").source:match "^@(.*)/verbs/doctor%.lua$"
  local version = core.version()
  return ("Orrery %s, %s, SQLite %s, Lua files in %s"):format(version.orrery, version.luajit, version.sqlite,
    folder)
end

local function build() return machine.build(core.version()) end

local function engine()
  local facts = core.engine().facts()
  return ("LibTorch %s in %s"):format(facts.libtorch, facts.torch_folder)
end

-- What the engine knows of the machine; why it cannot be opened is told once.
local function facts()
  local opened, found = pcall(core.engine)
  if not opened then error("not known: the engine cannot be opened", 0) end
  return found.facts()
end

local function processor() return machine.processor(facts()) end
local function mkl() return machine.mkl(facts()) end
local function threads() return machine.threads(facts(), os.getenv "OMP_NUM_THREADS") end
local function allocator() return machine.allocator(facts()) end

local function cuda()
  return machine.cuda(facts(), core.exists "/proc/driver/nvidia/version", os.getenv "CUDA_VISIBLE_DEVICES")
end

local function drawing()
  local graph = core.graph "doctor"
  graph:input { x = { shape = { 1 } } }
  local drawings = require "orrery.drawing"
  drawings.drawing(graph, { format = "pdf" })
  return "PDF, SVG and PNG, with the font DejaVu Sans; " .. drawings.libraries()
end

local function folder_is_writable(folder)
  local file = ("%s/.orrery-doctor-%d"):format(folder, math.floor(core.clock() * 1e6) % 1e9)
  core.write_file(file, "")
  os.remove(file)
  return folder .. " can be written to"
end

local function history(file)
  if not core.exists(file) then return ("no %s here yet: the first run makes it"):format(file) end
  return ("%s holds %s"):format(file, numbers.count(#core.history(file):list({}).rows, "run"))
end

local function digits()
  core.data("digits") {}
  return "the handwritten digits"
end

local function fashion()
  core.data("fashion_mnist") {}
  return "Fashion-MNIST"
end

-- Takes two seconds, so only where it is asked for.
local function measured_roof(file, again)
  local kept = core.exists(file) and file or nil
  local roofs = core.engine().measure_roofs(kept, again)
  local words, remedy = roof.words(roofs, kept)
  return words, roofs, remedy
end

local function terminal()
  local width = stream.out:width()
  if not width then return "the output is no terminal" end
  local locale = os.getenv "LC_ALL" or os.getenv "LC_CTYPE" or os.getenv "LANG" or ""
  local colours = stream.out:paint("bold", "") == "" and "no colours" or "colours"
  local words = ("%d columns, %s"):format(width, colours)
  if not locale:lower():find "utf%-?8" and locale ~= "" and locale ~= "C.UTF-8" then
    core.fail("run", ("%s, but the locale '%s' is no UTF-8"):format(words, locale),
      "Set LANG=C.UTF-8, else lines and bars look broken.")
  end
  return words
end

local function checks(file, with_roof, again)
  local all = {
    { name = "program", needed = true, run = own_place },
    { name = "build", run = build },
    { name = "engine", needed = true, run = engine },
    { name = "processor", run = processor },
    { name = "MKL", run = mkl },
    { name = "threads", run = threads },
    { name = "allocator", run = allocator },
    { name = "CUDA", run = cuda },
    { name = "drawing", needed = true, run = drawing },
    { name = "digits", needed = true, run = digits },
    { name = "Fashion-MNIST", run = fashion },
    { name = "folder", needed = true,
      run = function() return folder_is_writable(core.absolute_path ".") end },
    { name = "temporary files",
      run = function() return folder_is_writable(os.getenv "TMPDIR" or "/tmp") end },
    { name = "history", needed = true, run = function() return history(file) end },
    { name = "terminal", run = terminal },
  }
  local function roof_of_machine() return measured_roof(file, again) end
  if with_roof then all[#all + 1] = { name = "roof", run = roof_of_machine } end
  return all
end

-- An error as what is wrong and what to do; the line of this file says nothing to anybody.
local function split(failure)
  local words = tostring(failure):gsub("^[^\n]-%.lua:%d+: ", "")
  local first, rest = words:match "^([^\n]*)\n?%s*(.*)$"
  return first, rest ~= "" and rest or nil
end

local function run(check)
  local done, words, roofs, advice = pcall(check.run)
  if done then
    return { kind = advice and "note" or "ok", name = check.name, found = words, remedy = advice,
      needed = check.needed or false, roofs = roofs }
  end
  local what, remedy = split(words)
  return { kind = check.needed and "missing" or "note", name = check.name, found = what, remedy = remedy,
    needed = check.needed or false }
end

local marks = { ok = { "green", "ok     " }, missing = { "red", "missing" }, note = { "yellow", "note   " } }

local function print_result(result)
  local mark = marks[result.kind]
  local room = math.max((stream.out:width() or 110) - 26, 30)
  stream.out:write(stream.out:paint(mark[1], mark[2]), "  ", text.pad(result.name, 16))
  for at, line in ipairs(text.wrap(result.found, room)) do
    stream.out:write(at == 1 and "" or (" "):rep(25), line, "\n")
  end
  for _, line in ipairs(result.remedy and text.wrap(result.remedy, room) or {}) do
    stream.out:write((" "):rep(25), line, "\n")
  end
end

return {
  summary = "Tells what is found, what is missing or slows training, and how to mend it.",
  usage = "orrery doctor [--db FILE] [--roof] [--again] [--json]",
  options = {
    { name = "db", value = "FILE", doc = "the history to look at", default = "orrery.db" },
    { name = "roof",
      doc = "also measures what the processor and its memory can do at the most, for the history to keep" },
    { name = "again", doc = "what --roof measures takes the place of what the history knows, even of more" },
    { name = "json", doc = "one JSON object a line and check" },
  },
  notes = "Opens the engine. What it prints belongs into a bug report. Exit code 1 when something is missing "
    .. "that is needed.",
  main = function(given)
    local missing, options = 0, given.options
    if options.again and not options.roof then
      core.fail("usage", "--again is for --roof", "Say both: orrery doctor --roof --again.")
    end
    for _, check in ipairs(checks(options.db or "orrery.db", options.roof, options.again)) do
      local result = run(check)
      if result.kind == "missing" then missing = missing + 1 end
      if given.options.json then json.line("orrery.doctor/1", result) else print_result(result) end
    end
    if not given.options.json then
      stream.out:write("\n", missing == 0 and "Nothing is missing.\n" or
        ("%s missing.\n"):format(missing == 1 and "One thing that is needed is"
          or missing .. " things that are needed are"))
    end
    return missing > 0 and 1 or 0
  end,
}
