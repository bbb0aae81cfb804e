local lu = require "luaunit"
local child = require "cli_child"
local core = require "orrery.core"
local machine = require "orrery.cli.machine"
local refused = require("refusal").text

-- A machine on which nothing is slow, with some of its facts changed.
local function facts(changed)
  local all = { threads = 2, cores = 2, machine_cores = 2, allocator_advised = true, mmap_threshold = 2 ^ 25,
    trim_threshold = 2e9, cuda_library = true, cuda_devices = 1, processor_vendor = "AuthenticAMD",
    processor = "AMD EPYC 9V74", avx2 = true, fma = true, avx512 = true, mkl_override = "in force",
    mkl_reason = "", no_cuda_graphs = "" }
  for name, value in pairs(changed or {}) do all[name] = value end
  return all
end

TestMachine = {}

function TestMachine:test_tells_of_the_processor_and_its_vectors()
  lu.assertEquals(machine.processor(facts()), "AMD EPYC 9V74, AVX2, FMA, AVX-512")
  lu.assertEquals(machine.processor(facts { avx512 = false }), "AMD EPYC 9V74, AVX2, FMA")
  local old = facts { avx2 = false, fma = false, avx512 = false, processor = "" }
  lu.assertStrContains(refused(machine.processor, old),
    "a processor that tells no name, neither AVX2 nor FMA\n")
  old.processor_vendor = ""  -- another family of processors has vectors of its own
  lu.assertEquals(machine.processor(old), "a processor that tells no name, neither AVX2 nor FMA")
end

function TestMachine:test_tells_what_became_of_the_override()
  lu.assertEquals(machine.mkl(facts()), "told to take its fast paths on this processor")
  lu.assertStrContains(machine.mkl(facts { mkl_override = "not needed" }), "the processor is Intel's")
  local off = refused(machine.mkl, facts { mkl_override = "turned off" })
  lu.assertStrContains(off, "Unset ORRERY_MKL_OVERRIDE")
  lu.assertStrContains(refused(machine.mkl, facts { mkl_override = "unsuitable" }), "left to itself")
  local text = refused(machine.mkl, facts { mkl_override = "not possible", mkl_reason = "a reason" })
  lu.assertStrContains(text, "MKL cannot be told to take its fast paths: a reason\n")
  lu.assertStrContains(text, "link liborrery_engine before LibTorch")
end

function TestMachine:test_compares_threads_with_cores()
  lu.assertEquals(machine.threads(facts()), "2 threads for 2 cores")
  lu.assertEquals(machine.threads(facts { threads = 1 }), "1 thread for 2 cores")
  lu.assertEquals(machine.threads(facts { machine_cores = 64 }, "2"),
    "2 threads for 2 cores of the machine's 64 (affinity or control group), OMP_NUM_THREADS is 2")
  local many = refused(machine.threads, facts { threads = 3 })
  lu.assertStrContains(many, "3 threads for 2 cores: they hinder each other\n")
  lu.assertStrContains(many, "Set OMP_NUM_THREADS=2.")
  local few = refused(machine.threads, facts { threads = 1 }, "1")
  lu.assertStrContains(few, "1 thread for 2 cores, OMP_NUM_THREADS is 1\n")
  lu.assertStrContains(few, "unset OMP_NUM_THREADS")
end

function TestMachine:test_tells_the_thresholds_of_the_allocator()
  lu.assertStrContains(machine.allocator(facts()), "33.55 MB in its heap (mmap threshold), 2000.00 MB")
  lu.assertStrContains(refused(machine.allocator, facts { allocator_advised = false }), "did not take")
end

function TestMachine:test_tells_why_there_is_no_device()
  lu.assertEquals(machine.cuda(facts(), true), "1 device; training steps are captured as CUDA graphs")
  local without = facts { no_cuda_graphs = "this build has no liborrery_cuda.so" }
  lu.assertStrContains(refused(machine.cuda, without, true),
    "1 device; training steps are not captured as CUDA graphs: " .. without.no_cuda_graphs)
  local none = facts { cuda_devices = 0 }
  lu.assertEquals(refused(machine.cuda, none, false), "no NVIDIA driver: everything runs on the CPU")
  lu.assertStrContains(refused(machine.cuda, none, true), "nvidia-smi")
  lu.assertStrContains(refused(machine.cuda, none, true, "-1"), "CUDA_VISIBLE_DEVICES is '-1'")
  none.cuda_library = false
  lu.assertStrContains(refused(machine.cuda, none, true), "./dev setup --cuda")
end

function TestMachine:test_tells_of_slow_builds()
  for _, build in ipairs { "Release", "RelWithDebInfo" } do
    lu.assertEquals(machine.build { build = build, sanitizers = "" }, build)
  end
  lu.assertStrContains(refused(machine.build, { build = "Debug", sanitizers = "" }), "./dev build")
  lu.assertStrContains(refused(machine.build, { build = "RelWithDebInfo", sanitizers = "address" }),
    "RelWithDebInfo, with sanitizers: address\n")
end

local roof = require "orrery.cli.roof"

-- Roofs as they are measured with one thread and with two, with some of their facts changed.
local function roofs(changed)
  local all = {}
  for threads = 1, 2 do
    all[threads] = { threads = threads, gflop_per_second = 90, gb_per_second = 20, cores = 2, others = 0.01,
      disturbed = false }
    for name, value in pairs(changed) do all[threads][name] = value end
  end
  return all
end

TestRoof = {}

function TestRoof:test_of_a_quiet_machine_is_kept_where_there_is_a_history()
  local words, remedy = roof.words(roofs {})
  lu.assertEquals(words, "1 thread: 90.0 GFLOP/s in matrix products, 20.0 GB/s from and to memory; "
    .. "2 threads: 90.0 GFLOP/s in matrix products, 20.0 GB/s from and to memory")
  lu.assertNil(remedy)
  words = roof.words(roofs { kept = { gflop_per_second = 90, gb_per_second = 20 } }, "runs.db")
  lu.assertStrContains(words, "1 thread: 90.0 GFLOP/s in matrix products, 20.0 GB/s from and to memory, "
    .. "kept in runs.db; 2 threads: ")
end

function TestRoof:test_says_what_was_known_better()
  local words, remedy = roof.words(roofs { kept = { gflop_per_second = 95, gb_per_second = 20 } }, "runs.db")
  lu.assertStrContains(words, "runs.db has 95.0 GFLOP/s in matrix products, 20.0 GB/s from and to memory")
  lu.assertNil(remedy)
end

function TestRoof:test_of_a_busy_machine_says_so()
  local words, remedy = roof.words(roofs { disturbed = true, others = 1.42 }, "runs.db")
  lu.assertStrContains(words, ", not kept in runs.db; ")
  lu.assertStrContains(words, "; the machine was busy: other work had 1.4 of 2 cores meanwhile")
  lu.assertStrContains(remedy, "It can do more than that.")
  lu.assertStrContains(remedy, "--again")
  words = roof.words(roofs { disturbed = true })
  lu.assertStrContains(words, "; the machine was busy: its best was much better than its usual")
end

TestDoctor = {}

function TestDoctor:test_refuses_again_without_a_roof()
  local code, _, err = child.orrery "doctor --again"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--again is for --roof")
end

-- Exit code and what is printed, without the breaks of its lines.
local function told(command)
  local code, out = child.shell(command .. " doctor")
  return code, out:gsub("%s+", " ")
end

function TestDoctor:test_tells_what_belongs_into_a_bug_report()
  local code, out = told(child.program)
  lu.assertEquals(code, 0, out)
  for _, words in ipairs { "SQLite 3.", "build", "LibTorch 2.", "/torch", "processor", "MKL", "threads",
    "allocator", "cairo 1.", "pango 1.", "FreeType 2." } do
    lu.assertStrContains(out, words)
  end
end

function TestDoctor:test_measures_the_roof_where_it_is_asked_for()
  child.write("kept.lua", 'require("orrery").run { name = "first", history = "roof.db" }:finish()')
  local made, said = child.shell(child.program .. " run kept.lua")
  lu.assertEquals(made, 0, said)
  -- Whatever else the machine has to do meanwhile.
  local code, out = child.shell(child.program .. " doctor --roof --again --db roof.db")
  lu.assertEquals(code, 0, out)
  local line = out:gsub("%s+", " ")
  lu.assertStrContains(line, " roof 1 thread: %d+%.%d GFLOP/s in matrix products, %d+%.%d GB/s", true)
  lu.assertStrContains(line, ", kept in roof.db")
  local asked, rows = child.shell(child.program .. " history sql --db roof.db --json "
    .. [["SELECT count(*) AS roofs FROM roofs WHERE device = 'cpu' AND thread_count = 1"]])
  lu.assertEquals(asked, 0, rows)
  lu.assertStrContains(rows, "1")
  lu.assertNotStrContains(select(2, told(child.program)), "GFLOP/s")
end

-- The program that runs this spec; lua and other hosts have the engine library's function.
function TestDoctor:test_answers_mkl_from_the_program()
  lu.assertStrMatches(core.engine().facts().mkl_answered_by, ".*orrery")
end

function TestDoctor:test_refuses_other_settings_of_the_override_by_name()
  local code, out = told("ORRERY_MKL_OVERRIDE=off " .. child.program)
  lu.assertEquals(code, 1)
  lu.assertStrContains(out, "missing engine")
  lu.assertStrContains(out, "ORRERY_MKL_OVERRIDE must be 0 (leave MKL to itself) or 1, got 'off'")
  lu.assertStrContains(out, "MKL not known: the engine cannot be opened")
end

-- The program and its Lua files in another folder, without the module that brings the engine.
function TestDoctor:test_names_the_engine_that_is_not_there()
  child.shell(([[mkdir -p bare/lua && cp BUILD/orrery bare && ln -s BUILD/lib BUILD/fonts bare &&
    ln -s BUILD/lua/orrery BUILD/lua/orrery.so bare/lua]]):gsub("BUILD", (child.program:match "^(.*)/")))
  local code, out = told "./bare/orrery"
  lu.assertEquals(code, 1, out)
  lu.assertStrContains(out, "missing engine")
  lu.assertStrContains(out, "orrery_engine_lua.so")
  lu.assertStrContains(out, "note threads not known: the engine cannot be opened")
  lu.assertStrContains(out, "ok drawing")
end

child.finish(lu.LuaUnit.run())
