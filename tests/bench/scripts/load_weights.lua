-- Loads 500 MB of weights into a model that has values; prints how many bytes that took at most, beside what
-- the process had before, and the size of the file. The file is removed.
local orrery = require "orrery"
local core = require "orrery.core"
local nn = orrery.nn

local config = orrery.config { ending = "safetensors", layers = 30, width = 2040 }

local function status(field)
  for line in io.lines "/proc/self/status" do
    local kib = line:match("^" .. field .. ":%s+(%d+)")
    if kib then return tonumber(kib) * 1024 end
  end
end

local function size_of(path)
  local file = assert(io.open(path, "rb"))
  local size = file:seek "end"
  file:close()
  return size
end

local layers = {}
for at = 1, config.layers do layers[at] = nn.Linear(config.width, config.width) end
local model = nn.Sequential(unpack(layers))
local path = os.tmpname() .. ".safetensors"
orrery.save(model, path)
if config.ending ~= "safetensors" then
  local other = path:gsub("safetensors$", config.ending)
  core.convert_weights(path, other)
  os.remove(path)
  path = other
end
collectgarbage()
local before = status "VmRSS"
local reset = assert(io.open("/proc/self/clear_refs", "w"))
reset:write "5"       -- the peak begins anew (proc(5))
reset:close()
orrery.load_weights(model, path)
print(("%.0f %.0f"):format(status "VmHWM" - before, size_of(path)))
os.remove(path)
