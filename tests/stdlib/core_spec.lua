local lu = require "luaunit"
local core = require "orrery.core"
local refusal = require("refusal").text

TestErrors = {}

function TestErrors:test_carry_the_exit_code_of_their_fault()
  local codes = { run = 1, usage = 2, check = 3, input_file = 4, memory = 5, diverged = 6, write = 7 }
  for fault, code in pairs(codes) do
    local text = refusal(core.fail, fault, "what " .. fault)
    lu.assertStrContains(text, "what " .. fault)
    lu.assertEquals(core.error_info(text), { fault = fault, exit_code = code, findings = {} })
  end
end

function TestErrors:test_name_the_line_that_called()
  local text = refusal(function() core.fail("usage", "no", "Do this.") end)
  lu.assertStrMatches(text, ".*core_spec%.lua:%d+: no\n  Do this%.")
end

function TestErrors:test_of_lua_itself_are_failed_runs()
  lu.assertEquals(core.error_info("x.lua:1: attempt to index").exit_code, 1)
  lu.assertEquals(core.error_info({}).exit_code, 1)
  lu.assertEquals(core.error_info("not enough memory").fault, "memory")
end

function TestErrors:test_keep_their_fault_behind_words_put_before()
  local text = refusal(core.fail, "write", "the disk is full")
  lu.assertEquals(core.error_info("while saving: " .. text).fault, "write")
end

TestPrograms = {}

function TestPrograms:test_leave_other_children_to_those_who_began_them()
  local other, code = io.popen "exit 0", nil
  core.run_programs(1, 1, function() return { "/bin/sh", "-c", "sleep 0.2; exit 3" }, "" end,
    function(_, ended) code = ended end)
  lu.assertEquals(code, 3)
  lu.assertTrue(other:close())
end

TestNames = {}

function TestNames:test_nearest_is_a_text_to_append()
  lu.assertEquals(core.nearest("epohcs", { "epochs", "device" }), " (did you mean 'epochs'?)")
  lu.assertEquals(core.nearest("zzz", { "epochs" }), "")
end

TestFiles = {}

function TestFiles:setUp()
  self.path = os.tmpname()
end

function TestFiles:tearDown()
  os.remove(self.path)
end

function TestFiles:test_are_written_and_read()
  core.write_file(self.path, "a\0b\n")
  lu.assertEquals(core.read_file(self.path), "a\0b\n")
  lu.assertTrue(core.exists(self.path))
  lu.assertFalse(core.is_folder(self.path))
end

function TestFiles:test_that_cannot_be_read_end_with_4_and_written_with_7()
  lu.assertEquals(core.error_info(refusal(core.read_file, "/no/such/file")).exit_code, 4)
  lu.assertEquals(core.error_info(refusal(core.write_file, "/no/such/folder/file", "x")).exit_code, 7)
end

function TestFiles:test_refuse_arguments_of_another_type()
  lu.assertStrContains(refusal(core.read_file, 3), "expected a path (a string), got a number")
end

TestHistory = {}

function TestHistory:test_that_is_not_there_is_a_bad_input_file()
  local text = refusal(core.history, "/no/such/orrery.db")
  lu.assertStrContains(text, "/no/such/orrery.db")
end

TestJson = {}

function TestJson:test_has_sorted_keys_and_whole_numbers_without_point()
  lu.assertEquals(core.json { b = { 1, 2.5 }, a = { c = true } }, '{"a":{"c":true},"b":[1,2.5]}')
  lu.assertEquals(core.json(1 / 0), "null")
  lu.assertEquals(core.json "ä\n\255", '"ä\\n\239\191\189"')
end

function TestJson:test_refuses_what_has_no_form()
  local loop = {}
  loop.itself = loop
  lu.assertStrContains(refusal(core.json, loop), "deeper than")
  lu.assertStrContains(refusal(core.json, print), "a function cannot become JSON")
  lu.assertStrContains(refusal(core.json, { [true] = 1 }), "text as keys")
end

TestOperations = {}

function TestOperations:test_are_plain_tables()
  local conv = core.operations "Conv2d"
  lu.assertEquals({ conv.kind, conv.torch, conv.inputs[1].name }, { "layer", "torch.nn.Conv2d", "input" })
  lu.assertEquals(conv.options[1].name, "in_channels")
  lu.assertTrue(conv.options[1].told_by_input)
  lu.assertTrue(conv.options[2].required)
  lu.assertStrContains(refusal(core.operations, "Conv2e"), "did you mean 'Conv2d'?")
end

function TestOperations:test_describe_optimizers_data_and_manager()
  lu.assertEquals(core.optimizers()[1].name, "SGD")
  lu.assertTrue(#core.data_sources() > 3)
  lu.assertEquals(core.manager_options()[1].name, "epochs")
end

TestModule = {}

function TestModule:test_names_the_nearest_of_an_unknown_name()
  lu.assertStrContains(refusal(function() return require("orrery").grpah end), "did you mean 'graph'?")
end

os.exit(lu.LuaUnit.run())
