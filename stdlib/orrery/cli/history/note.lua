local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local stream = require "orrery.cli.stream"

local function from_editor(editor)
  local path = os.tmpname()
  local status = os.execute(("%s '%s'"):format(editor, path))
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then file:close() end
  os.remove(path)
  if status ~= 0 and status ~= true then
    core.fail("run", ("the editor '%s' failed, and nothing was noted"):format(editor))
  end
  return text
end

local function text_of(given)
  if given[2] and given[2] ~= "-" then return given[2] end
  if given[2] == "-" or not core.terminal "stdin" then return io.read "*a" end
  local editor = os.getenv "VISUAL" or os.getenv "EDITOR"
  if editor and editor ~= "" then return from_editor(editor) end
  core.fail("usage", "there is no text to note", "Give it behind the run, or set EDITOR to an editor.")
end

return {
  group = "keep",
  summary = "Writes a note to a run.",
  usage = "orrery history note RUN [TEXT]",
  operands = {
    { name = "RUN", doc = "number or name of a run, last, last~2" },
    { name = "TEXT", optional = true,
      doc = "the note; '-': what stdin has. Without one stdin is read or, on a terminal, $VISUAL or $EDITOR "
        .. "opened" },
  },
  options = { history_file.option },
  notes = "'orrery history show RUN' shows the notes.",
  examples = { "orrery history note last 'the second half of the data was missing'",
    "git diff | orrery history note last -" },
  main = function(given)
    local keeper = keeping.open(given)
    local run = keeping.facts(given, { keeper:resolve(given[1]) })[1]
    keeper:add_note(run.run_id, (text_of(given):gsub("%s+$", "")))
    stream.say("noted to " .. run.name)
  end,
}
