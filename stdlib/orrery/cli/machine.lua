--- What of the machine decides how fast nets train, in words; from the engine's facts (engine:facts()).
-- Each function gives what is found; an error tells of what slows training, with what to do about it.

local core = require "orrery.core"
local numbers = require "orrery.cli.numbers"

local M = {}

local function note(words, remedy) core.fail("run", words, remedy) end

--- The processor and its vector instructions.
function M.processor(facts)
  local name = facts.processor ~= "" and facts.processor or "a processor that tells no name"
  local has = {}
  for _, extension in ipairs { { "avx2", "AVX2" }, { "fma", "FMA" }, { "avx512", "AVX-512" } } do
    if facts[extension[1]] then has[#has + 1] = extension[2] end
  end
  local words = ("%s, %s"):format(name, #has > 0 and table.concat(has, ", ") or "neither AVX2 nor FMA")
  if facts.processor_vendor ~= "" and not (facts.avx2 and facts.fma) then
    note(words, "LibTorch computes several times faster with AVX2 and FMA; a virtual machine may hide them.")
  end
  return words
end

local overrides = {
  ["in force"] = { "told to take its fast paths on this processor" },
  ["not needed"] = { "takes its fast paths by itself: the processor is Intel's" },
  ["turned off"] = { "not told that it may take its fast paths: ORRERY_MKL_OVERRIDE is 0",
    "Unset ORRERY_MKL_OVERRIDE: training may take half as long again without." },
  ["unsuitable"] = { "left to itself: the processor lacks what MKL's fast paths need",
    "Nothing is to be done, but another processor." },
}

--- Whether MKL, which LibTorch computes matrix products with, takes its fast paths.
function M.mkl(facts)
  local told = overrides[facts.mkl_override]
  if not told then
    note("MKL cannot be told to take its fast paths: " .. facts.mkl_reason,
      "Start the program without LD_PRELOAD; in a host of your own, link liborrery_engine before LibTorch.")
  end
  if told[2] then note(told[1], told[2]) end
  return told[1]
end

--- Threads against the cores that this process may use; `setting` is OMP_NUM_THREADS or nil.
function M.threads(facts, setting)
  local cores = numbers.count(facts.cores, "core")
  if facts.cores < facts.machine_cores then
    cores = ("%s of the machine's %d (affinity or control group)"):format(cores, facts.machine_cores)
  end
  local words = ("%s for %s"):format(numbers.count(facts.threads, "thread"), cores)
  if setting then words = ("%s, OMP_NUM_THREADS is %s"):format(words, setting) end
  if facts.threads > facts.cores then
    note(words .. ": they hinder each other", ("Set OMP_NUM_THREADS=%d."):format(facts.cores))
  elseif setting and facts.threads < facts.cores then
    note(words, "Large nets train faster with all cores: unset OMP_NUM_THREADS.")
  end
  return words
end

--- What the C library's allocator was asked to keep.
function M.allocator(facts)
  if not facts.allocator_advised then
    note("the C library did not take the thresholds that keep buffers from step to step",
      "Training may be up to 1.6 times slower; glibc's allocator takes them.")
  end
  return ("keeps blocks below %s in its heap (mmap threshold), %s freed at most (trim threshold)"):format(
    numbers.megabytes(facts.mmap_threshold), numbers.megabytes(facts.trim_threshold))
end

--- The devices; `driver` tells whether NVIDIA's is there, `visible` is CUDA_VISIBLE_DEVICES or nil.
function M.cuda(facts, driver, visible)
  if facts.cuda_devices > 0 then
    local devices = numbers.count(facts.cuda_devices, "device")
    if facts.no_cuda_graphs == "" then return devices .. "; training steps are captured as CUDA graphs" end
    note(devices .. "; training steps are not captured as CUDA graphs: " .. facts.no_cuda_graphs,
      "Each kernel of a step is then launched by itself, which slows small nets.")
  end
  if not driver then error("no NVIDIA driver: everything runs on the CPU", 0) end
  if not facts.cuda_library then
    note("an NVIDIA driver is there, and LibTorch's CUDA library is not", "Build with './dev setup --cuda'.")
  end
  local words = "NVIDIA's driver and LibTorch's CUDA library are there, and no device is found"
  if visible then
    note(("%s: CUDA_VISIBLE_DEVICES is '%s'"):format(words, visible), "Unset CUDA_VISIBLE_DEVICES.")
  end
  note(words, "See what nvidia-smi tells: the driver may be too old for this LibTorch.")
end

--- How the program was built (core.version()).
function M.build(version)
  if version.sanitizers ~= "" then
    note(("%s, with sanitizers: %s"):format(version.build, version.sanitizers),
      "It is for finding faults in Orrery; './dev build' makes the program that trains fast.")
  elseif not version.build:find "^Rel" then
    note(version.build, "'./dev build' makes the program that trains fast.")
  end
  return version.build
end

return M
