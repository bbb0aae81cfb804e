-- Calls of the Lua API with arguments that nobody would give it, by the ten thousand. Each ends in a result,
-- or in one message that names the script's line and tells of nothing inside.
--
-- A round is made from its own seed, which a failure names: ORRERY_TEST_SEED=<seed> repeats that round alone,
-- and writes each call to the standard error before it is made, for the case that none comes back.

local lu = require "luaunit"
local orrery = require "orrery"
local kinds = require "random_kinds"
local Pool = require "random_pool"

local rounds, calls_per_round = os.getenv "ORRERY_TEST_FULL" and 1500 or 150, 200
local seed = tonumber(os.getenv "ORRERY_TEST_SEED")
local first_seed = 20250

-- What a message of ours never holds.
local insides = {
  "invariant", "std::", "c10::", "at::", "torch::", "orrery::", "bad_alloc", "Exception raised from",
  "\nframe #", "INTERNAL ASSERT", "enforce fail", "%.cpp:%d", "%.h:%d", "basic_string", "vector::", "map::at",
  "length_error", "please report",
}

local function fault_of(message)
  if type(message) ~= "string" then return "no text but a " .. type(message) end
  local first = message:match "^[^\n]*"
  if not first:find "random_[%l_]+%.lua:%d+: %S" then return "no line of the script" end
  for _, inside in ipairs(insides) do
    if message:find(inside) then return "tells of the inside: " .. inside end
  end
end

local function word(value)
  local told, text = pcall(tostring, value)
  if not told then return "no text" end
  return type(value) == "string" and ("%q"):format(value:sub(1, 40)) or (text:gsub("\n.*", "…"))
end

local function in_words(value)
  if type(value) ~= "table" or getmetatable(value) or next(value) == nil then return word(value) end
  local parts = {}
  for key, item in pairs(value) do
    parts[#parts + 1] = (type(key) == "number" and "" or word(key) .. " = ") .. word(item)
    if #parts == 8 then break end
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function described(call)
  local parts = {}
  for i = 1, call.arguments.n do parts[i] = in_words(call.arguments[i]) end
  return call.name .. "(" .. table.concat(parts, ", ") .. ")"
end

local function made(call) return pcall(call.run, unpack(call.arguments, 1, call.arguments.n)) end

-- Makes a call; the pool keeps what it gives. Returns what is wrong with a failure.
local function attempt(call, pool)
  if seed then io.stderr:write(described(call), "\n") end
  local results = { made(call) }
  if results[1] then
    for i = 2, math.min(#results, 4) do pool:keep(results[i]) end
    return nil
  end
  local fault = fault_of(results[2])
  return fault and ("%s: %s\n%s"):format(fault, described(call), tostring(results[2]))
end

local kind_names = {}
for name in pairs(kinds) do kind_names[#kind_names + 1] = name end
table.sort(kind_names)

local function round(own_seed)
  math.randomseed(own_seed)
  -- What layers of the last round were too large to draw is told at the first tensor.
  pcall(orrery.zeros, 1)
  local pool = Pool.new()
  for _ = 1, calls_per_round do
    local fault = attempt(kinds[kind_names[math.random(#kind_names)]](pool), pool)
    if fault then lu.fail(("seed %d: %s"):format(own_seed, fault)) end
  end
end

TestRandomCalls = {}

function TestRandomCalls:test_end_in_a_result_or_in_one_message_with_the_scripts_line()
  if seed then return round(seed) end
  for at = 1, rounds do round(first_seed + at) end
end

os.exit(lu.LuaUnit.run())
