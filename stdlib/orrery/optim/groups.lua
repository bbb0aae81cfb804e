--- Groups of an optimizer by the names of parameters: no weight decay for biases, learning rates by layer.

local core = require "orrery.core"

local M = {}

-- What is trained, once each, under the names of `owner:state()`.
local function named_parameters(owner)
  local trained, named = {}, {}
  for _, parameter in ipairs(owner:parameters()) do trained[parameter] = true end
  for _, entry in ipairs(owner:state()) do
    if trained[entry.parameter] then named[#named + 1] = entry end
    trained[entry.parameter] = nil
  end
  return named
end

local function check_rule(rule, at)
  local pattern = type(rule) == "table" and rule.pattern
  if type(pattern) ~= "string" then
    core.fail("usage", ("optim.groups: rule %d must be a table such as %s"):format(at,
      '{ pattern = "bias$", weight_decay = 0 }'))
  end
  local fine, problem = pcall(string.find, "", pattern)
  if not fine then
    core.fail("usage", ("optim.groups: rule %d has no pattern of Lua: %s"):format(at,
      problem:gsub("^.-:%d+: ", "")))
  end
end

-- The numbers of the rules that hold for a name, and what they ask for together.
local function matched(name, rules, used)
  local numbers, options = {}, {}
  for at, rule in ipairs(rules) do
    if name:find(rule.pattern) then
      numbers[#numbers + 1], used[at] = at, true
      for option, value in pairs(rule) do options[option] = value end
    end
  end
  options.pattern = nil
  return table.concat(numbers, " "), options
end

local function check_used(rules, used, named)
  for at, rule in ipairs(rules) do
    if not used[at] then
      local names = {}
      for i = 1, math.min(#named, 4) do names[i] = named[i].key end
      local message = 'optim.groups: no parameter\'s name matches the pattern "%s" of rule %d'
      local known = ("Names are %s%s."):format(table.concat(names, ", "), #named > 4 and ", …" or "")
      core.fail("usage", message:format(rule.pattern, at), known)
    end
  end
end

--- The parameters of a graph, block, layer or module in groups, by their names as in `state()`
--- (`features.conv2d.bias`).
---
---     optim.AdamW(optim.groups(g, {
---       { pattern = "bias$", weight_decay = 0 },
---       { pattern = "^features%.", lr = 1e-4 },
---     }), { lr = 1e-3, loss = loss })
---
--- A rule holds where `string.find` finds its pattern (Lua's: `%.` is a dot, `$` the end). All rules that
--- hold for a name give their options, later ones win; parameters without a rule have the optimizer's. A
--- pattern that finds nothing is an error.
---@param owner orrery.Graph|orrery.Block|orrery.Layer|orrery.Module
---@param rules table[] `{ pattern =, <options of the optimizer> }`
---@return orrery.ParameterGroup[]
function M.groups(owner, rules)
  for at, rule in ipairs(rules) do check_rule(rule, at) end
  local named = named_parameters(owner)
  local made, by_rules, used = {}, {}, {}
  for _, entry in ipairs(named) do
    local numbers, options = matched(entry.key, rules, used)
    local group = by_rules[numbers]
    if not group then
      options.params = {}
      group, by_rules[numbers], made[#made + 1] = options, options, options
    end
    group.params[#group.params + 1] = entry.parameter
  end
  check_used(rules, used, named)
  return made
end

--- Rules for `optim.groups` with a learning rate for each layer: the last pattern has `lr`, each before it
--- `decay` times that of the next.
---
---     local rules = optim.layerwise({ "^embed", "^block1", "^block2", "^head" }, { lr = 1e-3, decay = 0.8 })
---     optim.AdamW(optim.groups(g, rules), { loss = loss })
---
---@param patterns string[] from the input to the output
---@param options { lr: number, decay: number }
---@return table[]
function M.layerwise(patterns, options)
  local rules = {}
  for option in pairs(options) do
    if option ~= "lr" and option ~= "decay" then
      core.fail("usage", ("optim.layerwise: unknown option '%s' (known: lr, decay)"):format(tostring(option)))
    end
  end
  for _, option in ipairs { "lr", "decay" } do
    if type(options[option]) ~= "number" then
      core.fail("usage", ("optim.layerwise: %s must be a number"):format(option))
    end
  end
  for at, pattern in ipairs(patterns) do
    rules[at] = { pattern = pattern, lr = options.lr * options.decay ^ (#patterns - at) }
  end
  return rules
end

return M
