--- State dicts: the tensors of a state by their keys, and such tensors copied into a state.

local core = require "orrery.core"
local arguments = require "orrery.nn.arguments"

local M = {}

local function fail(text, ...) core.fail("usage", text:format(...)) end

local function shape_text(shape) return "(" .. table.concat(shape, ", ") .. ")" end

--- Refuses what cannot be copied into a parameter for its kind or shape.
function M.check_fits(what, key, parameter, value)
  local kind = getmetatable(value)
  if kind ~= "Tensor" and kind ~= "Parameter" then
    fail("%s: '%s' must be a tensor, got a %s", what, key, type(value))
  end
  local wanted, got = shape_text(parameter.shape), shape_text(value.shape)
  if wanted ~= got then fail("%s: '%s' has shape %s, got one of %s", what, key, wanted, got) end
end

--- The tensors of `entries`, as `module:state()` lists them, by key.
function M.by_key(entries)
  local dict = {}
  for _, entry in ipairs(entries) do dict[entry.key] = entry.parameter.data end
  return dict
end

local function keys_without(keys, others)
  local found = {}
  for key in pairs(keys) do
    if others[key] == nil then found[#found + 1] = tostring(key) end
  end
  table.sort(found)
  return found
end

local function refuse(report)
  local parts = {}
  for _, what in ipairs { "missing", "unexpected" } do
    local keys = table.concat(report[what], ", ")
    if keys ~= "" then parts[#parts + 1] = what .. ": " .. keys end
  end
  if #parts == 0 then return end
  core.fail("usage", "load_state_dict: the keys differ; " .. table.concat(parts, "; "),
    "{ strict = false } takes those that fit.")
end

local function read_strict(options)
  if options == nil then return true end
  return arguments.read("load_state_dict", { { "strict", "boolean", default = true } }, options).strict
end

--- Copies the tensors of `dict` into `entries`; nothing is copied unless all of it fits.
---@return { missing: string[], unexpected: string[] }
function M.copy(entries, dict, options)
  if type(dict) ~= "table" then
    fail("load_state_dict: expected a table of tensors by key, got a %s", type(dict))
  end
  local strict, own, shared = read_strict(options), {}, {}
  for _, entry in ipairs(entries) do own[entry.key] = entry.parameter end
  local report = { missing = keys_without(own, dict), unexpected = keys_without(dict, own) }
  if strict then refuse(report) end
  for key, parameter in pairs(own) do
    if dict[key] ~= nil then
      M.check_fits("load_state_dict", key, parameter, dict[key])
      shared[key] = parameter
    end
  end
  core.engine().no_grad(function()
    for key, parameter in pairs(shared) do parameter:copy_(dict[key]) end
  end)
  return report
end

return M
