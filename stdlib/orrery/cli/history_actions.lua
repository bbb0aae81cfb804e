--- The actions of `orrery history`: each is a file of cli/history/ that returns what a verb returns,
--- `{ group =, summary =, usage =, operands =, options =, main = }`. `group` is one of `groups`.

local core = require "orrery.core"
local options = require "orrery.cli.options"

local library = debug.getinfo(1, "S").source:match "^@(.*)/history_actions%.lua$"

local M = {}

--- What the actions are for, in the order in which the help lists them.
M.groups = {
  { name = "ask", title = "Asking" },
  { name = "keep", title = "Keeping order" },
  { name = "move", title = "Other files and tools" },
  { name = "run", title = "Running" },
}

--- The names of all actions, sorted.
---@return string[]
function M.names()
  local names = {}
  for _, file in ipairs(core.list_folder(library .. "/history")) do
    names[#names + 1] = file:match "^(.*)%.lua$"
  end
  table.sort(names)
  return names
end

-- Which other actions have an option: the remedy of the one that has not.
local function elsewhere(name, option)
  local having = {}
  for _, other in ipairs(M.names()) do
    for _, each in ipairs(options.own(require("orrery.cli.history." .. other))) do
      if each.name == option and other ~= name then having[#having + 1] = other end
    end
  end
  if not having[1] then return nil end
  return ("It is an option of %s; see 'orrery history %s --help'."):format(table.concat(having, ", "), name)
end

--- Is there an action of that name?
---@param name string
function M.has(name)
  return name:find "^[%w_-]+$" ~= nil and core.exists(("%s/history/%s.lua"):format(library, name))
end

--- An action as a verb of the program; an unknown one is an error with the nearest known.
---@param name string
---@param remedy? string
---@return table verb
function M.action(name, remedy)
  if not M.has(name) then
    core.fail("usage", ("history has no action '%s'%s"):format(name, core.nearest(name, M.names())),
      remedy or "See 'orrery history --help'.")
  end
  local action = require("orrery.cli.history." .. name)
  action.name = "history " .. name
  action.elsewhere = setmetatable(action.elsewhere or {},
    { __index = function(_, option) return elsewhere(name, option) end })
  return action
end

-- Options before the action: `--db FILE show`. Those with a value behind them take the next word along.
local function takes_next(word)
  for _, option in ipairs(options.of(M.action "list")) do
    if "--" .. option.name == word then return option.value ~= nil end
  end
  return false
end

-- `orrery history 4`: a run stands where the action should.
local function remedy_of(words, word)
  local db = "orrery.db"
  for at, each in ipairs(words) do
    db = each:match "^%-%-db=(.+)$" or (each == "--db" and words[at + 1]) or db
  end
  if M.has(word) or not core.exists(db) then return nil end
  local opened, history = pcall(core.history, db)
  if not opened then return nil end
  local is_run = pcall(history.resolve, history, word)
  history:release()
  return is_run and ("Did you mean 'orrery history show %s'?"):format(word) or nil
end

local function place_of_action(words)
  local at = 1
  while words[at] and words[at]:sub(1, 1) == "-" do at = at + (takes_next(words[at]) and 2 or 1) end
  return words[at] and at
end

--- The action that the words behind `history` name, and the words without its name: `list` where there is
--- none. Nothing where they only ask for the help of all.
---@param words string[]
---@return table? action
---@return string[] words
function M.of(words)
  local at = place_of_action(words)
  if not at then
    for _, word in ipairs(words) do
      if word == "--help" or word == "-h" then return nil, words end
    end
    return M.action "list", words
  end
  local rest = { [0] = words[0] }
  for place, word in ipairs(words) do
    if place ~= at then rest[#rest + 1] = word end
  end
  return M.action(words[at], remedy_of(words, words[at])), rest
end

return M
