--- The command line of a verb, checked completely against one table.
---
---     options = {
---       { name = "json", doc = "one JSON object a line" },                     -- a switch
---       { name = "output", short = "o", value = "FILE", doc = "where to write" },
---       { name = "depth", value = "N", type = "integer", min = 0, doc = "…" },
---       { name = "epochs", also = "max-epochs", value = "N", doc = "…" },       -- another name for it
---       { name = "resume", alone = "last", value = "WHERE", doc = "…" },        -- may stand without one
---       { name = "set", repeated = true, value = "KEY=VALUE", doc = "…" },      -- again and again: a list
---       { name = "epochs", value = "N", doc = "…", hidden = true },             -- not listed by --help
---     },
---     elsewhere = { ["save-every"] = "Say --every-n-steps." },                  -- remedies for no options
---
--- An option is given as `--name value`, `--name=value`, `-o value`; a switch as `--name`. Words that are no
--- options are the verb's operands; `key=value` among them set the script's config where the verb says so,
--- and `-word` is one of them where the verb `takes_signed` words.

local core = require "orrery.core"

local M = {}

local common = {
  { name = "help", short = "h", doc = "shows this" },
  { name = "plugin", value = "FILE", doc = "loads a plug-in's operations first" },
  { name = "no-color", doc = "no colours, as the variable NO_COLOR" },
}

--- The options that a verb lists itself.
function M.own(verb)
  local own = verb.options or {}
  return type(own) == "function" and own() or own
end

--- All options that a verb takes.
function M.of(verb)
  local all = {}
  for _, option in ipairs(M.own(verb)) do all[#all + 1] = option end
  for _, option in ipairs(common) do all[#all + 1] = option end
  return all
end

--- The words that an option's value is one of; nil for any. A function gives them when they are asked for.
function M.choices(option)
  return type(option.choices) == "function" and option.choices() or option.choices
end

local function help_of(verb)
  return ("See 'orrery %s--help'"):format(verb.name and verb.name .. " " or "")
end

local function misuse(verb, message, remedy) core.fail("usage", message, remedy or help_of(verb) .. ".") end

-- Refuses an option that the verb does not have: one that others call so, the nearest, or a script's setting.
local function refuse_unknown(verb, names, word, value)
  local name = word:match "^%-%-(.+)$"
  local remedy = name and verb.elsewhere and verb.elsewhere[name]
  local hint = name and not remedy and core.nearest(word, names) or ""
  if name and verb.takes_config and not remedy and hint == "" then
    remedy = ("%s; a setting of the script's orrery.config has no dashes: %s=%s"):format(help_of(verb),
      (name:gsub("-", "_")), value and value:sub(1, 1) ~= "-" and value or "…")
  end
  misuse(verb, ("there is no option %s%s"):format(word, hint), remedy)
end

-- The option that a word names, and whether it turns it on; `value` is what stands behind it.
local function find(verb, options, word, value)
  local names = {}
  for _, option in ipairs(options) do
    local is_short = option.short and "-" .. option.short == word
    if is_short or "--" .. option.name == word then return option, true end
    if option.also and "--" .. option.also == word then return option, true end
    if option.switchable and "--no-" .. option.name == word then return option, false end
    names[#names + 1] = "--" .. option.name
    if option.also then names[#names + 1] = "--" .. option.also end
  end
  refuse_unknown(verb, names, word, value)
end

local function number_of(verb, option, words)
  local number = tonumber(words)
  if not number or number ~= number or (option.type == "integer" and number % 1 ~= 0) then
    misuse(verb, ("--%s takes %s, got '%s'"):format(option.name,
      option.type == "integer" and "a whole number" or "a number", words))
  end
  if option.min and number < option.min then
    misuse(verb, ("--%s is at least %s, got %s"):format(option.name, option.min, words))
  end
  return number
end

local function value_of(verb, option, words)
  if option.type == "integer" or option.type == "number" then return number_of(verb, option, words) end
  local choices = M.choices(option)
  if not choices then return words end
  for _, choice in ipairs(choices) do
    if choice == words then return words end
  end
  misuse(verb, ("--%s is one of %s, got '%s'%s"):format(option.name, table.concat(choices, ", "), words,
    core.nearest(words, choices)))
end

local function is_setting(word) return word:match "^[%a_][%w_.]*=" end

-- A switch may stand alone; one that counts also takes a number, and one with words one of them.
local function is_value_of_switch(option, word)
  for _, known in ipairs(option.words or {}) do
    if word == known then return true end
  end
  return word == "true" or word == "false" or (option.counts and word and word:match "^%d+$" ~= nil)
end

-- What an option stands for that has no value behind it; nil for one that has, and one that needs it.
local function value_alone(option, following)
  if option.switchable then return not is_value_of_switch(option, following) and "true" or nil end
  return (not following or following:sub(1, 1) == "-") and option.alone or nil
end

-- Reads the option at place `at`; the place of its last word.
local function read_option(verb, options, words, at, given)
  local name, attached = words[at]:match "^(%-%-[^=]+)=(.*)$"
  local option, on = find(verb, options, name or words[at], attached or words[at + 1])
  if not option.value or not on then
    if attached then misuse(verb, ("--%s takes no value"):format(option.name)) end
    given.options[option.name] = on
    return at
  end
  if not attached then
    local alone = value_alone(option, words[at + 1])
    if alone then
      given.options[option.name] = alone
      return at
    end
    at = at + 1
    attached = words[at]
    if not attached then
      misuse(verb, ("--%s needs a value: --%s %s"):format(option.name, option.name, option.value))
    end
  end
  local value = value_of(verb, option, attached)
  if option.repeated then
    local all = given.options[option.name] or {}
    all[#all + 1], value = value, all
  end
  given.options[option.name] = value
  return at
end

-- `-word` is an operand where the verb takes signed words and has no option of that letter.
local function is_option(verb, options, word)
  if word:sub(1, 1) ~= "-" or word == "-" or tonumber(word) then return false end
  if not verb.takes_signed or word:sub(1, 2) == "--" then return true end
  for _, option in ipairs(options) do
    if option.short and "-" .. option.short == word then return true end
  end
  return false
end

local function check_operands(verb, given)
  local operands = verb.operands or {}
  for at, operand in ipairs(operands) do
    if not given[at] and not operand.optional then
      misuse(verb, ("%s is missing: %s"):format(operand.name, verb.usage))
    end
  end
  local last = operands[#operands]
  if #given > #operands and not verb.takes_rest and not (last and last.repeated) then
    misuse(verb, ("'%s' is one word too many"):format(given[#operands + 1]))
  end
end

--- Reads the words behind a verb. Gives the operands by place, `options` by name, `config` (overrides,
--- where the verb takes them) and `rest` (what a script is given).
---@param verb table
---@param words string[]
---@return table given
function M.read(verb, words)
  local options, given, at = M.of(verb), { options = {}, config = {}, rest = {} }, 1
  local operands = verb.operands or {}
  while at <= #words do
    local word = words[at]
    if word == "--" then
      local into = verb.takes_rest and given.rest or given
      for i = at + 1, #words do into[#into + 1] = words[i] end
      break
    elseif is_option(verb, options, word) then
      at = read_option(verb, options, words, at, given)
    elseif verb.takes_config and #given > 0 and is_setting(word) then
      given.config[#given.config + 1] = { key = word:match "^(.-)=", value = word:match "=(.*)$" }
    elseif verb.takes_rest and #given >= #operands then
      given.rest[#given.rest + 1] = word
    else
      given[#given + 1] = word
    end
    at = at + 1
  end
  if not given.options.help then check_operands(verb, given) end
  return given
end

return M
