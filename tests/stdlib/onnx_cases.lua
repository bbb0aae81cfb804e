-- ONNX's own conformance models (Debian's libonnx-testdata): what becomes of each here.
local core = require "orrery.core"
local orrery = require "orrery"

local M = { folder = "/usr/share/libonnx-testdata/data" }

local function lines_of(command)
  local pipe, lines = assert(io.popen(command)), {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

--- The folders of all models, sorted; none where the package is not installed.
function M.list()
  return lines_of("find " .. M.folder .. " -name model.onnx -printf '%h\\n' 2>/dev/null | LC_ALL=C sort")
end

local function tensor(file) return core.onnx_tensor_graph(file):compile()() end

-- The files hold bfloat16 as the bits of unsigned integers, which are int32 here.
local function as_declared(data, dtype)
  if dtype ~= "bfloat16" or data.dtype == "bfloat16" then return data end
  return orrery.aten.view(data:to "int16", "bfloat16")
end

-- NaN is equal to NaN, and nothing is missing or of another size.
local function alike(left, right)
  if tostring(left.shape) ~= tostring(right.shape) then
    return false, ("shape %s, expected %s"):format(left.shape, right.shape)
  end
  if left:numel() == 0 then return true end
  local a, b = left:to "float64", right:to "float64"
  if a:isnan():ne(b:isnan()):any():item() then return false, "NaN in other places" end
  a, b = a:nan_to_num(0, math.huge, -math.huge), b:nan_to_num(0, math.huge, -math.huge)
  -- ONNX's files cut numbers off that do not fit into bfloat16, where others round.
  if a:allclose(b, left.dtype == "bfloat16" and 1 / 128 or 1e-3, 1e-5) then return true end
  return false, ("off by %g"):format(a:sub(b):abs():max():item())
end

-- Random numbers can be compared with nothing.
local draws = { bernoulli = true, rand = true, randn = true, rand_like = true, randn_like = true,
  normal = true, uniform = true, multinomial = true }

local function text_of(fault) return tostring(type(fault) == "table" and fault.message or fault) end

-- Inputs that decide shapes are bound, as the refusal asks.
local function import(folder, files)
  local bound = {}
  for _ = 1, 20 do
    local done, graph = pcall(core.import_onnx, folder .. "/model.onnx", { tensors = bound })
    if done then return graph, nil, bound end
    local news = false
    for name in (text_of(graph):match "values = { (.-) }" or ""):gmatch "%['([^']*)'%]" do
      news = news or files[name] and not bound[name]
      bound[name] = files[name]
    end
    if not news then return nil, text_of(graph) end
  end
end

-- `input_0.pb` is the first input that is no initializer.
local function files_of(folder, set, names, what)
  local files = {}
  for at, name in ipairs(names) do
    local file = ("%s/%s/%s_%d.pb"):format(folder, set, what, at - 1)
    if core.exists(file) then files[name] = file end
  end
  return files
end

-- The dtypes of the inputs that are fields.
local function fields_of(graph, names, bound)
  local fields, outputs = {}, {}
  for _, node in ipairs(graph:describe().nodes) do
    outputs = node.kind == "input" and node.outputs or outputs
  end
  local left = {}
  for _, name in ipairs(names.inputs) do left[#left + 1] = not bound[name] and name or nil end
  for at, output in ipairs(outputs) do fields[left[at]] = output.dtype end
  return fields
end

local function compare(graph, folder, set, names, bound)
  local compiled, fields = graph:compile(), fields_of(graph, names, bound)
  local batch, inputs = {}, files_of(folder, set, names.inputs, "input")
  for _, name in ipairs(compiled.inputs) do batch[name] = as_declared(tensor(inputs[name]), fields[name]) end
  local results = next(batch) and compiled(batch) or compiled()
  local outputs = files_of(folder, set, names.outputs, "output")
  for _, name in ipairs(names.outputs) do
    local result = #compiled.outputs == 1 and type(results) ~= "table" and results or results[name]
    if outputs[name] then
      local same, why = alike(result, as_declared(tensor(outputs[name]), result.dtype))
      if not same then return false, ("output %s: %s"):format(name, why) end
    end
  end
  return true
end

--- The graph of a model, and what `compare` is told of it; nil and why where it is refused.
function M.open(folder)
  local known, names = pcall(core.onnx_names, folder .. "/model.onnx")
  if not known then return nil, text_of(names) end
  local graph, why, bound = import(folder, files_of(folder, "test_data_set_0", names.inputs, "input"))
  return graph, why or { names = names, bound = bound }
end

--- Whether a graph gives the results of a model's first test, and why not.
function M.compare(graph, folder, told)
  return compare(graph, folder, "test_data_set_0", told.names, told.bound)
end

--- What becomes of one: "passed", "refused" (the file or its operators), "wrong" (other numbers), "drawn"
--- (random numbers, which nothing can be compared with), or "failed"; and why.
function M.run(folder)
  local graph, told = M.open(folder)
  if not graph then return "refused", told end
  for _, node in ipairs(graph:describe().nodes) do
    if draws[node.operation] then return "drawn", node.operation end
  end
  for set = 0, 8 do
    local name = "test_data_set_" .. set
    if not core.exists(("%s/%s/output_0.pb"):format(folder, name)) then break end
    local done, same, reason = pcall(compare, graph, folder, name, told.names, told.bound)
    if not done then return "failed", text_of(same) end
    if not same then return "wrong", reason end
  end
  return "passed"
end

--- Runs all, or those whose folder matches: counts by outcome, and each folder with its outcome and why.
function M.run_all(pattern)
  local counts, told = {}, {}
  for _, folder in ipairs(M.list()) do
    if not pattern or folder:find(pattern) then
      local outcome, why = M.run(folder)
      counts[outcome] = (counts[outcome] or 0) + 1
      told[#told + 1] = { folder = folder:sub(#M.folder + 2), outcome = outcome, why = why }
    end
  end
  return counts, told
end

return M
