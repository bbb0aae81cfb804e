--- What models of the zoo compute, for comparing with what code that was written of them does.
local lu = require "luaunit"
local child = require "cli_child"

local M = {}

-- Saves the model, and prints 16 of its numbers, as the scripts that run its code do.
local script = [[
local orrery = require "orrery"
local config = orrery.config { name = "", sizes = "", kind = "" }
local sizes = {}
for size in config.sizes:gmatch "%d+" do sizes[#sizes + 1] = tonumber(size) end
orrery.manual_seed(3)
local g = orrery.graph "zoo"
local is_text = config.kind == "tokens"
local field = { shape = { unpack(sizes, 2) }, dtype = is_text and "int64" or "float32" }
local results = { orrery.models[config.name] {} (g:input { given = field }) }
for _, result in ipairs(results) do g:output(result) end
local manager = orrery.manager(g, {})
orrery.manual_seed(7)
local given = is_text and orrery.randint(0, 100, sizes) or orrery.randn(sizes)
local flat = (manager:predict(results, orrery.data.tensors { given = given })):flatten()
orrery.save(g, "zoo.safetensors")
local words, last = {}, flat:numel() - 1
for i = 0, 15 do words[i + 1] = ("%.17g"):format(flat[math.floor((2 * i * last + 15) / 30)]:item()) end
print(table.concat(words, " "))
]]

--- Writes zoo.safetensors, and gives a text of 16 numbers of what the model computes.
---@param name string one of the zoo
---@param given string sizes of its input, and its kind: `2x3x64x64`, `2x12 tokens`
---@return string
function M.of(name, given)
  local sizes, kind = given:match "^(%S+) ?(.*)$"
  child.write("zoo.lua", script)
  local code, own, err = child.orrery(("run zoo.lua name=%s sizes=%s kind=%s -q"):format(name, sizes, kind))
  lu.assertEquals({ code, err }, { 0, "" }, name)
  return own
end

local function read(text)
  local found = {}
  for word in text:gmatch "%S+" do found[#found + 1] = tonumber(word) end
  return found
end

--- Do the texts have 16 numbers each that differ by no more than this part of the largest?
function M.assert_near(theirs, own, tolerance, name)
  local wanted, got, largest = read(own), read(theirs), 0
  lu.assertEquals(#got, 16, name)
  for _, value in ipairs(wanted) do largest = math.max(largest, math.abs(value)) end
  for at, value in ipairs(wanted) do lu.assertAlmostEquals(got[at], value, tolerance * largest, name) end
end

return M
