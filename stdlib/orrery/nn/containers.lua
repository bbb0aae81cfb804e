--- Containers: modules whose children are given, named "0", "1", … as PyTorch names them.
---
---     local net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
---     local logits = net(image)
---
--- Children stand one after another or in one list; `{ "fc1", nn.Linear(784, 128) }` gives one another name,
--- and so does the child's own. A function may stand where a layer without parameters would.

local core = require "orrery.core"
local children = require "orrery.nn.children"
local module = require "orrery.nn.module"

local M = {}

local function fail(text, ...) core.fail("usage", text:format(...)) end

local function is_plain(value) return type(value) == "table" and getmetatable(value) == nil end

local function is_named(entry) return is_plain(entry) and type(entry[1]) == "string" end

local function is_known(known, key)
  for _, name in ipairs(known) do
    if name == key then return true end
  end
end

-- What is no option goes to `known.others`, if there is such a table.
local function take_options(kind, given, known, options)
  for key, value in pairs(given) do
    if type(key) ~= "number" then
      local found = is_known(known, key)
      if not found and not known.others then
        fail("nn.%s: unknown option '%s'%s", kind, tostring(key), core.nearest(tostring(key), known))
      end
      (found and options or known.others)[key] = value
    end
  end
end

local function refuse_nothing(kind, place)
  core.fail("usage", ("nn.%s: child %d is nil"):format(kind, place), "Is its name spelt right?")
end

-- Children behind a hole would be left out.
local function add_children(kind, given, list)
  local count = 0
  for place, child in ipairs(given) do count, list[#list + 1] = place, child end
  for key in pairs(given) do
    if type(key) == "number" and key > count then refuse_nothing(kind, count + 1) end
  end
end

-- The list of children, and the options beside it.
local function split(kind, known, ...)
  local list, options = {}, {}
  for at = 1, select("#", ...) do
    local argument = select(at, ...)
    if is_plain(argument) and not is_named(argument) then
      take_options(kind, argument, known, options)
      add_children(kind, argument, list)
    elseif argument == nil then
      refuse_nothing(kind, at)
    else
      list[#list + 1] = argument
    end
  end
  return list, options
end

-- Gives the children their names, and the module its options.
local function read(kind, known, ...)
  known[#known + 1], known[#known + 2] = "name", "title"
  local list, options = split(kind, known, ...)
  options.children = {}
  for at, child in ipairs(list) do
    options.children[at] = is_named(child) and { child[1], child[2] } or { tostring(at - 1), child }
  end
  return options
end

-- Each result goes into the next child.
local function in_turn(self, at, ...)
  if not self[at] then return ... end
  return in_turn(self, at + 1, self[at](...))
end

-- Of what its children are now.
local function another_sequential(self, facts, refuse)
  local record, list = children.record(self), {}
  for at, name in ipairs(record.names) do
    list[at] = { name, module.another(record.by_name[name], refuse) }
  end
  return M.Sequential(list, { name = facts.name, title = facts.title })
end

--- Applies its children in turn.
function M.Sequential(...)
  local facts = read("Sequential", {}, ...)
  function facts.forward(self, ...) return in_turn(self, 1, ...) end
  local made
  function facts.copy(refuse) return another_sequential(made, facts, refuse) end
  made = module.new("Sequential", facts)
  return made
end

--- n children in turn, each made by `make(i)`, i from 1.
---@param n integer
---@param make fun(i: integer): orrery.Layer|orrery.Module
function M.Repeat(n, make, options)
  if type(n) ~= "number" or n < 0 or n > 65536 or n % 1 ~= 0 then
    fail("nn.Repeat: n must be a whole number up to 65536, got %s", tostring(n))
  end
  if type(make) ~= "function" then
    fail("nn.Repeat: expected the function that makes each child, got a %s", module.kind_of(make))
  end
  local list = {}
  for i = 1, n do
    list[i] = make(i)
    if list[i] == nil then fail("nn.Repeat: child %d is nil: does make lack a return?", i) end
  end
  local facts = read("Repeat", {}, list, options or {})
  function facts.forward(self, ...) return in_turn(self, 1, ...) end
  return module.new("Repeat", facts)
end

--- Adds its input to what its children make of it in turn; `shortcut` changes the input before.
function M.Residual(...)
  local facts = read("Residual", { "shortcut" }, ...)
  local body = #facts.children
  if facts.shortcut then facts.children[body + 1] = { "shortcut", facts.shortcut } end
  function facts.forward(self, x)
    local h = x
    for at = 1, body do h = self[at](h) end
    return h + (self[body + 1] and self[body + 1](x) or x)
  end
  return module.new("Residual", facts)
end

-- The children's results: of one input that goes to all, or of one input each.
local function side_by_side(kind, self, ...)
  local inputs, results = select("#", ...), {}
  if inputs ~= 1 and inputs ~= #self then
    fail("nn.%s has %d children: it takes 1 input or %d, got %d", kind, #self, #self, inputs)
  end
  for at, child in ipairs(self) do results[at] = child((select(inputs == 1 and 1 or at, ...))) end
  return results
end

--- Applies its children side by side and gives all their results: to one input, or to one each.
function M.Parallel(...)
  local facts = read("Parallel", {}, ...)
  function facts.forward(self, ...) return unpack(side_by_side("Parallel", self, ...)) end
  return module.new("Parallel", facts)
end

--- The same, with the results joined along `dim`: the channels unless told.
function M.Concat(...)
  local facts = read("Concat", { "dim" }, ...)
  local dim = facts.dim or 1
  function facts.forward(self, ...)
    return core.transform "cat" (side_by_side("Concat", self, ...), { dim = dim })
  end
  return module.new("Concat", facts)
end

--- Children for a loop: `forward(list, …)` says what they do together; without it the list is only looped
--- over, and each child called alone.
function M.ModuleList(...)
  local facts = read("ModuleList", { "forward" }, ...)
  facts.looped = not facts.forward
  facts.forward = facts.forward or function()
    fail "nn.ModuleList: give it a forward function, or call its children one by one"
  end
  return module.new("ModuleList", facts)
end

-- Those with a name, in the order in which they were made; the rest are members.
local function sort_named(others)
  local named, members = {}, {}
  for key, value in pairs(others) do
    if children.owns_state(value) then
      named[#named + 1] = { key, value, order = module.order_of(value) or math.huge }
    else
      members[key] = value
    end
  end
  table.sort(named, function(a, b)
    if a.order ~= b.order then return a.order < b.order end
    return a[1] < b[1]
  end)
  return named, members
end

--- Children and what they do together, as a class of PyTorch's nn.Module is written:
---
---     local net = nn.Module {
---       fc1 = nn.Linear(784, 128), fc2 = nn.Linear(128, 10),
---       forward = function(self, x) return self.fc2(self.fc1(x):relu()) end,
---     }
---
--- or member by member: `local net = nn.Module()`, then `net.fc1 = …` and `function net:forward(x) … end`.
--- The state has the children in the order in which they were made or set. Other members stay what they are.
function M.Module(...)
  local others = {}
  local facts = read("Module", { "forward", others = others }, ...)
  if select("#", ...) > 0 and type(facts.forward) ~= "function" then
    fail "nn.Module: forward is required: what its children do together"
  end
  local named, members = sort_named(others)
  for _, entry in ipairs(named) do facts.children[#facts.children + 1] = entry end
  local made = module.new("Module", facts)
  for key, value in pairs(members) do made[key] = value end
  return made
end

return M
