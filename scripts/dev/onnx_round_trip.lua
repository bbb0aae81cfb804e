-- Imports ONNX's conformance models, or those that fit a pattern, writes each again, as Lua and as ONNX, and
-- reads that: the script makes a graph of the same structural hash, the model gives the same results.
--     orrery run scripts/dev/onnx_round_trip.lua [PATTERN]
local root = debug.getinfo(1, "S").source:match "^@(.*)scripts/dev/[^/]*$"
package.path = root .. "tests/stdlib/?.lua;" .. package.path
local orrery = require "orrery"
local cases = require "onnx_cases"

local written = os.tmpname()

local function as_lua(graph)
  orrery.export(graph, written, { to = "lua" })
  local again = dofile(written)
  return again:hash() == graph:hash(), "another graph"
end

local function as_onnx(graph, folder, told)
  orrery.export(graph, written, { to = "onnx" })
  return cases.compare(orrery.import(written), folder, told)
end

-- "same", "refused" (what the form cannot say), "other" or "failed" (what was written cannot be read).
local function outcome(form, ...)
  local done, same, why = pcall(form, ...)
  if done then return same and "same" or "other", why end
  local text = tostring(same)
  return text:find "cannot say" and "refused" or "failed", text
end

local counts = {}
for _, folder in ipairs(cases.list()) do
  local graph, told = cases.open(folder)
  if graph and folder:find(arg[1] or "") then
    for name, form in pairs { Lua = as_lua, ONNX = as_onnx } do
      local what, why = outcome(form, graph, folder, told)
      local kind = name .. " " .. what
      counts[kind] = (counts[kind] or 0) + 1
      if what ~= "same" then print(kind, folder:match "[^/]*$", (tostring(why):gsub("%s+", " "))) end
    end
  end
end
os.remove(written)
for kind, count in pairs(counts) do print(("%5d %s"):format(count, kind)) end
