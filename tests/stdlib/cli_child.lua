--- Runs the program that runs the spec, as a child in a folder of its own.

-- The children run in other folders.
local M = { program = arg[-1]:find "^/" and arg[-1] or os.getenv "PWD" .. "/" .. arg[-1] }

M.folder = os.tmpname()
os.remove(M.folder)
os.execute("mkdir " .. M.folder)

--- Writes a file into the folder; gives its path.
function M.write(name, text)
  local path = M.folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

function M.read(name)
  local file = io.open(M.folder .. "/" .. name, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

--- Runs a shell command in the folder, without colours; gives exit code, stdout and stderr.
function M.shell(command)
  local whole = ("cd %s && (unset FORCE_COLOR COLUMNS; %s) 2>%s/.stderr; echo \"exit $?\""):format(M.folder,
    command, M.folder)
  local pipe = io.popen(whole)
  local out = pipe:read "*a"
  pipe:close()
  return tonumber(out:match "exit (%d+)\n$"), (out:gsub("exit %d+\n$", "")), M.read ".stderr"
end

--- Runs `orrery WORDS`.
function M.orrery(words) return M.shell(M.program .. " " .. words) end

--- A script that trains for a moment on the digits.
M.training = [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local config = orrery.config { lr = 0.1, epochs = 2 }
local g = orrery.graph "tiny"
local image, label = g:input(data.digits { batch = 256 })
local logits = nn.Linear(64, 10, { name = "fc" })(image:flatten(1))
local loss = nn.CrossEntropyLoss()(logits, label)
local manager = orrery.manager(g, {
  optimizer = orrery.optim.SGD(g:parameters(), { lr = config.lr, loss = loss }),
  metrics = { accuracy = orrery.metrics.accuracy(logits, label) },
  validate = data.digits { batch = 256, split = "test" },
  epochs = config.epochs, device = "cpu", callbacks = CALLBACKS,
})
manager:run()
]]

--- That script, with other text where `changes` says so.
function M.script(changes)
  local text = M.training
  for from, to in pairs(changes or {}) do
    text = text:gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%")))
  end
  return text
end

--- Runs a script's text with these words behind it.
function M.run(text, words)
  M.write("script.lua", text)
  return M.orrery("run script.lua " .. (words or ""))
end

--- The lines of a text that are not empty.
function M.lines(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

--- Ends the spec: the folder goes, the tests' code is the program's.
function M.finish(code)
  os.execute("rm -rf " .. M.folder)
  os.exit(code)
end

return M
