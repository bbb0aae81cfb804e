local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery

child.write("tiny.lua", child.training)
child.write("none.lua", "print 'no graph here'")
child.write("wrong.lua", (child.training:gsub("loss = loss", "loss = logits")))
child.write("mismatch.lua", (child.training:gsub("Linear%(64", "Linear(63")))

local verbs = { "check", "convert", "diff", "doctor", "explain", "export", "help", "history", "import",
  "inspect", "ops", "peek", "predict", "render", "run", "summary", "version", "watch" }

TestHelp = {}

function TestHelp:test_lists_all_commands()
  local code, out, err = orrery "--help"
  lu.assertEquals({ code, err }, { 0, "" })
  for _, verb in ipairs(verbs) do lu.assertStrContains(out, "\n  " .. verb) end
  lu.assertEquals({ orrery "" }, { code, out, err })
  lu.assertEquals({ orrery "help" }, { code, out, err })
end

function TestHelp:test_is_there_for_each_command()
  for _, verb in ipairs(verbs) do
    local code, out = orrery(verb .. " --help")
    lu.assertEquals(code, 0)
    lu.assertStrContains(out, "Usage: orrery " .. verb)
    lu.assertStrContains(out, "-h, --help")
    lu.assertEquals({ orrery("help " .. verb) }, { code, out, "" })
  end
end

function TestHelp:test_names_the_nearest_command()
  local code, out, err = orrery "sumary x"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "orrery: there is no command 'sumary' (did you mean 'summary'?)")
  lu.assertStrContains(err, "\n  See 'orrery --help'.\n")
end

function TestHelp:test_tells_how_to_run_a_script()
  local code, _, err = orrery "tiny.lua"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "Run the script with 'orrery run tiny.lua'.")
end

TestCheck = {}

function TestCheck:test_says_ok_and_trains_nothing()
  local code, out, err = orrery "check tiny.lua"
  lu.assertEquals({ code, out, err }, { 0, "ok: graph tiny, 4 nodes, 650 parameters\n", "" })
  lu.assertNil(child.read "orrery.db")
end

function TestCheck:test_prints_all_findings_with_their_lines()
  local code, out = orrery "check wrong.lua"
  lu.assertEquals(code, 3)
  lu.assertStrContains(out, "wrong.lua:9: SGD expects a loss that is one number")
  lu.assertStrContains(out, "\n  Reduce it with loss:mean()")
  lu.assertStrContains(out, "wrong.lua:7: nothing reads cross_entropy_loss")
  lu.assertStrContains(out, "failed: graph tiny, 2 errors")
end

function TestCheck:test_prints_what_broke_while_the_graph_was_built()
  local code, out, err = orrery "check mismatch.lua"
  lu.assertEquals({ code, err }, { 3, "" })
  lu.assertStrContains(out, "mismatch.lua:6: fc (Linear) expects 63 input features")
end

function TestCheck:test_gives_findings_as_json()
  local code, out = orrery "check mismatch.lua --json"
  lu.assertEquals(code, 3)
  lu.assertStrContains(out, '"schema":"orrery.check/1"')
  lu.assertStrContains(out, '"line":6')
  lu.assertStrContains(out, '"code":"shape-mismatch"')
  lu.assertStrContains(select(2, orrery "check tiny.lua --json"), '"ok":true')
end

function TestCheck:test_names_the_rule_of_a_finding()
  lu.assertStrContains(select(2, orrery "check wrong.lua"), "[O402]\n  Reduce it with loss:mean()")
  lu.assertStrContains(select(2, orrery "check wrong.lua --json"), '"number":"O402"')
end

function TestCheck:test_checks_many_scripts_and_writes_a_report()
  local code, out = orrery "check --junit report.xml tiny.lua wrong.lua none.lua"
  lu.assertEquals(code, 2)
  lu.assertStrContains(out, "ok: graph tiny")
  local report = child.read "report.xml"
  lu.assertStrContains(report, '<testsuites tests="3" failures="1" errors="1">')
  lu.assertStrContains(report, '<testcase classname="orrery.check" name="tiny.lua" file="tiny.lua"/>')
  lu.assertStrContains(report, '<failure message="wrong.lua:')
  lu.assertStrContains(report, 'none.lua makes no graph')
  lu.assertEquals(orrery "check tiny.lua wrong.lua", 3)
  lu.assertStrContains(select(3, orrery "check tiny.lua wrong.lua --json"), "check one script")
end

function TestCheck:test_marks_findings_in_a_drawing()
  lu.assertEquals(orrery "check wrong.lua --render wrong.svg", 3)
  lu.assertStrContains(child.read "wrong.svg", "<svg")
end

-- What can be read in a PDF.
local function pdf_text(file)
  return select(2, child.shell("pdftotext -layout " .. file .. " -"))
end

function TestCheck:test_draws_the_node_that_was_refused_inside_its_block()
  child.write("refused.lua", [[
    local orrery = require "orrery"
    local nn = orrery.nn
    local g = orrery.graph "refused"
    local x = g:input { image = { shape = { 1, 8, 8 } } }
    local features = g:block("features", function(x)
      local h = nn.Conv2d { out_channels = 4, kernel_size = 3 }(x)
      return nn.Conv2d { in_channels = 5, out_channels = 6, kernel_size = 3 }(h)
    end)
    features(x)]])
  lu.assertEquals(orrery "check refused.lua --render refused.pdf", 3)
  local text = pdf_text "refused.pdf"
  for _, wanted in ipairs { "features", "shape-mismatch", "N×4×6×6" } do
    lu.assertStrContains(text, wanted)
  end
  lu.assertEquals(select(2, text:gsub("Conv2d", "")), 2)
end

function TestCheck:test_draws_a_graph_whose_script_went_on_after_a_refusal_as_it_is()
  child.write("went_on.lua", child.training:gsub("local loss", [[
    pcall(function() return orrery.nn.Conv3d { out_channels = 4, kernel_size = 3 }(logits) end)
    local loss]], 1))
  lu.assertEquals(orrery "check went_on.lua --render went_on.pdf", 0)
  lu.assertNotStrContains(pdf_text "went_on.pdf", "Conv3d")
end

function TestCheck:test_refuses_to_draw_into_what_is_no_picture_before_it_checks()
  local code, out, err = orrery "check tiny.lua --render tiny.pgn"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "did you mean 'png'?")
end

function TestCheck:test_keeps_what_the_script_prints_and_exits_with_apart()
  child.write("talk.lua", "print 'hello'\n" .. child.training:gsub("manager:run%(%)", "os.exit(9)"))
  local code, out, err = orrery "check talk.lua"
  lu.assertEquals({ code, out, err }, { 0, "ok: graph tiny, 4 nodes, 650 parameters\n", "hello\n" })
end

function TestCheck:test_refuses_a_script_without_a_graph()
  local code, _, err = orrery "check none.lua"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "none.lua makes no graph")
end

function TestCheck:test_says_how_far_a_script_on_tensors_came()
  local on_tensors = [[
    local orrery = require "orrery"
    local layer = orrery.nn.Linear(SIZE, 1)
    local optimizer = orrery.optim.SGD(layer:parameters(), { lr = 1 })
    for image in orrery.data.digits({}):epoch() do
      layer(image:flatten(1)):mean():backward()
      optimizer:step()
    end]]
  child.write("eager.lua", (on_tensors:gsub("SIZE", "64")))
  local code, out, err = orrery "check eager.lua"
  lu.assertEquals({ code, out, err }, { 0, "ok: no graph, run up to optimizer:step\n", "" })
  lu.assertStrContains(select(2, orrery "check eager.lua --json"), '"ended":"optimizer:step"')
  local render, _, refused = orrery "render eager.lua"
  lu.assertEquals(render, 2)
  lu.assertStrContains(refused, "eager.lua makes no graph before optimizer:step, where it is no longer run")
  child.write("eager.lua", (on_tensors:gsub("SIZE", "63")))
  code, out = orrery "check eager.lua"
  lu.assertEquals(code, 3)
  lu.assertStrContains(out, "eager.lua:5: ")
end

function TestCheck:test_changes_the_scripts_config()
  lu.assertEquals(orrery "check tiny.lua lr=0.5", 0)
  local code, _, err = orrery "check tiny.lua rl=0.5"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "the script has no setting 'rl' (did you mean 'lr'?)")
end

TestSummary = {}

function TestSummary:test_a_folder_named_as_a_model_does_not_hide_it()
  child.shell "mkdir -p lenet5"
  local code, out, err = orrery "summary lenet5"
  child.shell "rmdir lenet5"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "61,706")
end

function TestSummary:test_shows_a_table_of_a_script()
  local code, out = orrery "summary tiny.lua"
  lu.assertEquals(code, 0)
  lu.assertStrMatches(out, ".*\n├─ fc +Linear +%(N, 10%) +650 +N × 640  yes\n.*")
  lu.assertStrContains(out, "Mult-adds               N × 640")
end

function TestSummary:test_knows_the_zoo_as_torchinfo_does()
  local code, out = orrery "summary resnet18 --input 1,3,224,224 --depth 1"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "Parameters              11,689,512")
  lu.assertStrContains(out, "Mult-adds               1.81 G")
  lu.assertStrContains(out, "Input                   0.60 MB")
  lu.assertStrContains(out, "├─ layer4 (conv5_x)  block              (1, 512, 7, 7)      8,393,728")
  lu.assertNotStrContains(out, "conv2d")
end

function TestSummary:test_gives_rows_and_totals_as_json()
  local _, out = orrery "summary tiny.lua --input 4,1,8,8 --json"
  lu.assertStrContains(out, '"schema":"orrery.summary/1"')
  lu.assertStrContains(out, '"kind":"totals"')
  lu.assertStrContains(out, '"mult_adds":2560')
end

-- Multiplications: 16 * 30 * 8 * 3 of the convolution, 16 * 30 * 16 of the product. Bytes: 16 * 30 and
-- 16 * 16 numbers, twice; the transposed value has none.
function TestSummary:test_counts_all_convolutions_and_products_and_no_views()
  child.write("sequence.lua", [[
    local orrery = require "orrery"
    local g = orrery.graph "sequence"
    local x = g:input { x = { shape = { 8, 32 } } }
    local h = orrery.nn.Conv1d(8, 16, 3)(x)
    g:output(h:bmm(h:transpose(1, 2)))
    for _, node in ipairs(g:describe().nodes) do print(node.name, node.view) end
  ]])
  local _, out, err = orrery "summary sequence.lua"
  lu.assertEquals(err, "input\tfalse\nconv1d\tfalse\ntranspose\ttrue\nbmm\tfalse\n")
  lu.assertStrContains(out, "Mult-adds               N × 19.20 k\n")
  lu.assertStrContains(out, "Forward and backward    N × 5.89 kB\n")
end

function TestSummary:test_refuses_sizes_that_do_not_fit()
  for words, message in pairs {
    ["tiny.lua --input 1,3,8,8"] = "--input 1,3,8,8 does not fit: the input is (N, 1, 8, 8)",
    ["tiny.lua --input 1,a"] = "--input takes sizes such as 1,3,224,224, got '1,a'",
    ["resnet19"] = "'resnet19' is no script, no saved model and no model of the zoo",
    ["tiny.lua --graph other"] = "tiny.lua has no graph 'other'",
  } do
    local code, _, err = orrery("summary " .. words)
    lu.assertEquals(code, 2, words)
    lu.assertStrContains(err, message)
  end
end

TestRender = {}

function TestRender:test_names_the_file_after_the_graph()
  local code, out = orrery "render tiny.lua"
  lu.assertEquals({ code, out }, { 0, "tiny.pdf\n" })
  lu.assertEquals(child.read("tiny.pdf"):sub(1, 5), "%PDF-")
end

function TestRender:test_takes_the_format_from_the_name_or_the_option()
  lu.assertEquals(orrery "render tiny.lua -o a.png", 0)
  lu.assertEquals(child.read("a.png"):sub(2, 4), "PNG")
  lu.assertEquals(select(2, orrery "render lenet5 --format svg"), "lenet5.svg\n")
  local _, out = orrery "render lenet5 -o - --format svg"
  lu.assertEquals(out, child.read "lenet5.svg")
end

function TestRender:test_refuses_a_name_that_tells_no_format()
  local code, _, err = orrery "render tiny.lua -o a.pgn"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "'a.pgn' does not tell a format (did you mean 'png'?)")
end

TestOps = {}

function TestOps:test_lists_and_shows_operations()
  local code, out = orrery "ops"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "\nConv2d ")
  code, out = orrery "ops Conv2d"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "nn.Conv2d(in_channels, out_channels, kernel_size, {…})")
  lu.assertStrContains(out, "stride        {1, 1}")
  local _, json = orrery "ops Conv2d --json"
  lu.assertStrContains(json, '"schema":"orrery.ops/1"')
  lu.assertStrContains(json, '"aliases":[]')
end

function TestOps:test_names_the_nearest()
  local code, _, err = orrery "ops conv2"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "did you mean 'Conv2d'?")
end

function TestOps:test_tells_where_what_is_only_in_the_registry_of_libtorch_is()
  local code, _, err = orrery "ops logdet"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "'logdet' is no operation of Orrery's own but one of LibTorch's registry: "
    .. "x:logdet(…), orrery.aten.logdet(x, …)")
end

TestStreams = {}

function TestStreams:test_are_not_coloured_where_there_is_no_terminal()
  local _, out = orrery "check tiny.lua"
  lu.assertNotStrContains(out, "\27[")
end

function TestStreams:test_are_coloured_when_forced_unless_told_not_to()
  local forced = "env FORCE_COLOR=1 " .. child.program .. " check tiny.lua "
  lu.assertStrContains(select(2, child.shell(forced)), "\27[32mok\27[0m")
  lu.assertNotStrContains(select(2, child.shell(forced .. "--no-color")), "\27[")
  lu.assertNotStrContains(select(2, child.shell(child.program .. " check tiny.lua")), "\27[")
end

function TestStreams:test_obey_no_color_and_dumb_terminals()
  local terminal = "TERM=%s %s script -qec '%s check tiny.lua' /dev/null"
  lu.assertStrContains(select(2, child.shell(terminal:format("xterm", "", child.program))), "\27[")
  lu.assertNotStrContains(select(2, child.shell(terminal:format("xterm", "NO_COLOR=1", child.program))),
    "\27[")
  lu.assertNotStrContains(select(2, child.shell(terminal:format("dumb", "", child.program))), "\27[")
end

function TestStreams:test_that_are_closed_end_the_program_quietly()
  for _, words in ipairs { "summary resnet50", "ops --json", "--help", "render resnet18 -o -" } do
    local piped = ("%s %s | head -c 1 >/dev/null"):format(child.program, words)
    local code, _, err = child.shell(("bash -c 'set -o pipefail; %s'"):format(piped))
    lu.assertEquals({ code, err }, { 0, "" }, words)
  end
end

function TestStreams:test_on_a_full_disk_are_an_error()
  local code, _, err = orrery "summary lenet5 >/dev/full"
  lu.assertEquals({ code, err }, { 7, "orrery: the output could not be written: No space left on device\n" })
end

function TestStreams:test_version_needs_no_more_than_a_few_files()
  local code, out = orrery "--version"
  lu.assertEquals(code, 0)
  lu.assertStrMatches(out, "orrery %d+%.%d+%.%d+ %(LuaJIT .*%)\n")
  lu.assertStrContains(select(2, orrery "version --json"), '"schema":"orrery.version/1"')
end

TestSaved = {}

function TestSaved:test_models_are_summarised_and_drawn_without_their_script()
  child.run(child.script() .. 'orrery.save(g, "tiny.safetensors")', "--no-progress")
  local code, out = orrery "summary tiny.safetensors"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "Parameters              650")
  lu.assertEquals({ orrery "render tiny.safetensors -o saved.svg" }, { 0, "saved.svg\n", "" })
end

function TestSaved:test_weights_alone_are_listed()
  child.run(child.script() .. 'orrery.save({ w = orrery.zeros(2, 3) }, "w.safetensors")', "--no-progress")
  local code, out = orrery "summary w.safetensors"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "w       (2, 3)")
  lu.assertStrContains(out, "the file holds no graph of Orrery")
  lu.assertEquals(orrery "render w.safetensors", 4)
end

TestDoctor = {}

function TestDoctor:test_finds_what_is_needed()
  local code, out = orrery "doctor"
  lu.assertEquals(code, 0, out)
  lu.assertStrContains(out, "LibTorch 2.")
  lu.assertStrContains(out, "Nothing is missing.")
  lu.assertStrContains(select(2, orrery "doctor --json"), '"schema":"orrery.doctor/1"')
end

function TestDoctor:test_ends_with_1_where_a_needed_thing_is_missing()
  local code, out = orrery "doctor --db /dev/null/orrery.db"
  lu.assertEquals(code, 0, out)
  child.write("broken.db", ("no database "):rep(100))
  code, out = orrery "doctor --db broken.db"
  lu.assertEquals(code, 1)
  lu.assertStrContains(out, "missing  history")
  lu.assertStrContains(out, "One thing that is needed is missing.")
end

child.finish(lu.LuaUnit.run())
