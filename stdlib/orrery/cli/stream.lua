--- The two streams of the program: stdout for data, stderr for messages; whether each is a terminal, how
--- wide it is, and whether it shall be coloured.

local core = require "orrery.core"
local words = require "orrery.cli.text"

-- plain: nothing is drawn again, and nothing coloured; json: stdout is for objects alone; quiet: only errors
-- and warnings are said; verbose: errors of scripts come with their traceback.
local M = { no_color = false, plain = false, json = false, quiet = false, verbose = false }

local codes = {
  bold = "1", dim = "2", red = "31", green = "32", yellow = "33", blue = "34", cyan = "36",
}

local function set(name)
  local value = os.getenv(name)
  return value ~= nil and value ~= ""
end

local function coloured(terminal)
  if M.no_color or M.plain then return false end
  if set "FORCE_COLOR" then return os.getenv "FORCE_COLOR" ~= "0" end
  if set "NO_COLOR" or os.getenv "TERM" == "dumb" then return false end
  return terminal
end

local Stream = {}
Stream.__index = Stream

--- Columns of the terminal; nil where the stream is none, and nothing need be cut.
function Stream:width() return self.columns end

--- Can a line be drawn again?
function Stream:redraws() return self.columns ~= nil and os.getenv "TERM" ~= "dumb" and not M.plain end

--- The text in a colour: bold, dim, red, green, yellow, blue, cyan.
function Stream:paint(colour, text)
  if not coloured(self.columns ~= nil) then return text end
  return ("\27[%sm%s\27[0m"):format(codes[colour], text)
end

-- What the verbs end with when nobody reads any more.
local Closed = { __tostring = function() return "the output was closed" end }

--- True of the error that ends a verb whose reader left.
function M.is_closed(failure) return getmetatable(failure) == Closed end

--- Writes; a reader that left ends the verb quietly, a full disk with an error.
function Stream:write(...)
  local done, reason, number = self.file:write(...)
  if done then return end
  if number == 32 then error(setmetatable({}, Closed), 0) end
  core.fail("write", ("the output could not be written: %s"):format(reason))
end

--- What was written reaches its reader now.
function Stream:flush() self.file:flush() end

--- Writes lines.
function Stream:lines(lines)
  for _, line in ipairs(lines) do self:write(line, "\n") end
end

-- A terminal's width, unless COLUMNS says otherwise.
local function columns_of(name)
  local told = core.terminal(name)
  return told and (tonumber(os.getenv "COLUMNS") or told)
end

M.out = setmetatable({ file = io.stdout, columns = columns_of "stdout" }, Stream)
M.err = setmetatable({ file = io.stderr, columns = columns_of "stderr" }, Stream)

local function end_open_line()
  if not M.err.line_open then return end
  io.stderr:write "\n"
  M.err.line_open = false
end

--- Says something to the person at the terminal: `orrery: …` on stderr.
function M.say(text)
  if M.quiet then return end
  end_open_line()
  io.stderr:write(M.err:paint("bold", "orrery:"), " ", text, "\n")
end

-- Lines too wide for the terminal are broken at blanks, with the indentation of the first. What a ^ below
-- points into stays as it is.
local function fitted(message, width)
  local lines, source = {}, {}
  for line in (message .. "\n"):gmatch "(.-)\n" do source[#source + 1] = line end
  for at, line in ipairs(source) do
    local indent = line:match "^ *"
    local parts = { line }
    if words.width(line) > width and not (source[at + 1] or ""):find "^ *%^" then
      parts = words.wrap(line, width - #indent)
      for place, part in ipairs(parts) do parts[place] = indent .. part end
    end
    lines[#lines + 1] = table.concat(parts, "\n")
  end
  return table.concat(lines, "\n")
end

--- Tells what went wrong. A script's line comes first, where editors and terminals find it.
function M.blame(text)
  end_open_line()
  local site, rest = text:match "^([^:\n]+:%d+:)(.*)$"
  local head = site or "orrery:"
  local message = head .. (site and rest or " " .. text)
  if M.err:width() then message = fitted(message, M.err:width()) end
  io.stderr:write(M.err:paint("red", head), message:sub(#head + 1), "\n")
end

return M
