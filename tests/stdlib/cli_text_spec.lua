local lu = require "luaunit"
local numbers = require "orrery.cli.numbers"
local options = require "orrery.cli.options"
local table_of = require "orrery.cli.table"
local text = require "orrery.cli.text"
local refused = require("refusal").text

TestText = {}

function TestText:test_counts_columns_and_not_bytes()
  lu.assertEquals(text.width "abc", 3)
  lu.assertEquals(text.width "größe", 5)
  lu.assertEquals(text.width "数字", 4)
  lu.assertEquals(text.width "e\204\129", 1)  -- e with a combining accent
end

function TestText:test_lines_of_trees_take_a_column_each()
  lu.assertEquals(text.width "│  ├─ conv", 10)
  lu.assertEquals(text.width "│  └─ größe 数", 14)
  lu.assertEquals(text.plain "│  ├─ conv", "│  ├─ conv")
  lu.assertEquals(text.plain "│  ├─ a\255\r", "│  ├─ a\\xFF\\x0D")
  lu.assertEquals(text.plain "\226\148", "\\xE2\\x94")
end

function TestText:test_is_broken_between_letters()
  lu.assertEquals(text.broken("abcdef", 6), { "abcdef" })
  lu.assertEquals(text.broken("abcdef", 5), { "abcde", "f" })
  lu.assertEquals(text.broken("数字数", 3), { "数", "字", "数" })
  lu.assertEquals(text.broken("数", 1), { "数" })
end

function TestText:test_is_cut_between_letters()
  lu.assertEquals(text.cut("abcdef", 6), "abcdef")
  lu.assertEquals(text.cut("abcdef", 5), "abcd…")
  lu.assertEquals(text.cut("数字数字", 6), "数字…")
  lu.assertEquals(text.cut("größe", 4), "grö…")
  lu.assertEquals(text.cut("abc", 0), "")
end

function TestText:test_cannot_steer_a_terminal()
  lu.assertEquals(text.plain "a\27[31mb\nc\t\0", "a\\x1B[31mb↵c \\x00")
end

function TestText:test_is_broken_at_blanks()
  lu.assertEquals(text.wrap("one two three", 7), { "one two", "three" })
  lu.assertEquals(text.wrap("", 7), { "" })
end

TestNumbers = {}

function TestNumbers:test_are_grouped_by_thousands()
  lu.assertEquals(numbers.thousands(0), "0")
  lu.assertEquals(numbers.thousands(999), "999")
  lu.assertEquals(numbers.thousands(1000), "1,000")
  lu.assertEquals(numbers.thousands(11689512), "11,689,512")
  lu.assertEquals(numbers.thousands(-1234567), "-1,234,567")
end

function TestNumbers:test_are_shortened()
  lu.assertEquals(numbers.short(999), "999")
  lu.assertEquals(numbers.short(1.81e9), "1.81 G")
  lu.assertEquals(numbers.short(999999), "1.00 M")
end

function TestNumbers:test_of_seconds_grow_coarser()
  lu.assertEquals(numbers.seconds(0.423), "0.42 s")
  lu.assertEquals(numbers.seconds(59.96), "1 min 00 s")
  lu.assertEquals(numbers.seconds(3725), "1 h 02 min")
  lu.assertEquals(numbers.clock(75), "01:15")
  lu.assertEquals(numbers.clock(3675), "1:01:15")
end

function TestNumbers:test_of_moments_have_the_unit_that_fits()
  lu.assertEquals(numbers.moment(0.00038), "380 µs")
  lu.assertEquals(numbers.moment(0.0009996), "1.00 ms")
  lu.assertEquals(numbers.moment(0.00521), "5.21 ms")
  lu.assertEquals(numbers.moment(0.42), "0.42 s")
end

TestTable = {}

local function stream(columns)
  return { width = function() return columns end, paint = function(_, _, words) return words end }
end

local rows = { { "a long name of a run", "done", "0.1234" }, { "b", "failed", "12" } }

local function lines(columns, width)
  return table_of.lines(rows, columns, stream(width))
end

function TestTable:test_is_as_wide_as_its_cells_where_there_is_no_terminal()
  lu.assertEquals(lines({ { title = "run" }, { title = "status" }, { title = "loss", right = true } }, nil), {
    "run                   status    loss",
    "a long name of a run  done    0.1234",
    "b                     failed      12",
  })
end

function TestTable:test_cuts_what_may_be_cut_first()
  lu.assertEquals(lines({ { title = "run", shrinks = true }, { title = "status" }, { title = "loss" } },
    28), {
    "run           status  loss",
    "a long name…  done    0.1234",
    "b             failed  12",
  })
end

function TestTable:test_leaves_out_what_is_optional()
  local columns = { { title = "run" }, { title = "status" }, { title = "loss", optional = true } }
  lu.assertEquals(lines(columns, 30)[1], "run                   status")
end

function TestTable:test_wraps_what_may_wrap()
  lu.assertEquals(lines({ { title = "run", wraps = true }, { title = "status" } }, 25), {
    "run                status",
    "a long name of a   done",
    "run",
    "b                  failed",
  })
end

function TestTable:test_breaks_a_word_that_is_longer_than_its_column()
  local columns = { { title = "run" }, { title = "command", wraps = true } }
  lu.assertEquals(table_of.lines({ { "a", "x/234567890123456789" } }, columns, stream(21)), {
    "run  command",
    "a    x/23456789012345",
    "     6789",
  })
end

function TestTable:test_becomes_lists_where_no_columns_fit()
  lu.assertEquals(lines({ { title = "run" }, { title = "status" }, { title = "loss" } }, 15)[1],
    "run     a long name of a run")
end

TestOptions = {}

local verb = {
  name = "test", usage = "orrery test FILE", operands = { { name = "FILE", doc = "" } },
  options = {
    { name = "depth", value = "N", type = "integer", min = 1, doc = "" },
    { name = "format", short = "f", value = "WORD", choices = { "pdf", "svg" }, doc = "" },
    { name = "json", doc = "" },
    { name = "progress", value = "BOOL", switchable = true, doc = "" },
    { name = "repeatable", value = "BOOL", switchable = true, words = { "warn" }, doc = "" },
    { name = "resume", also = "go-on", alone = "last", value = "WHERE", doc = "" },
  },
  elsewhere = { deepness = "Say --depth N." },
}

local function read(...) return options.read(verb, { ... }) end

local function refusal(...) return refused(read, ...) end

function TestOptions:test_are_read_in_every_form()
  local given = read("a", "--depth", "2", "-f", "svg", "--json")
  lu.assertEquals(given[1], "a")
  lu.assertEquals(given.options, { depth = 2, format = "svg", json = true })
  lu.assertEquals(read("--depth=3", "a").options.depth, 3)
  lu.assertEquals(read("a", "--progress").options.progress, "true")
  lu.assertEquals(read("a", "--no-progress").options.progress, false)
  lu.assertEquals(read("--", "--json")[1], "--json")
end

function TestOptions:test_that_are_switches_may_know_words()
  lu.assertEquals(read("--repeatable", "warn", "a").options, { repeatable = "warn" })
  lu.assertEquals(read("--repeatable=warn", "a").options, { repeatable = "warn" })
  lu.assertEquals(read("--repeatable", "a").options, { repeatable = "true" })
  lu.assertEquals(read("a", "--no-repeatable").options, { repeatable = false })
end

function TestOptions:test_may_have_another_name()
  lu.assertEquals(read("a", "--go-on", "best").options, { resume = "best" })
  lu.assertEquals(read("a", "--resume=best", "--go-on=x").options, { resume = "x" })
  lu.assertStrContains(refusal("a", "--go-no", "x"), "(did you mean '--go-on'?)")
end

function TestOptions:test_may_stand_alone_at_the_end_and_before_another()
  lu.assertEquals(read("a", "--resume").options, { resume = "last" })
  lu.assertEquals(read("a", "--resume", "--json").options, { resume = "last", json = true })
  lu.assertEquals(read("a", "--resume", "epoch=3.safetensors").options, { resume = "epoch=3.safetensors" })
end

function TestOptions:test_that_others_call_otherwise_have_a_remedy_of_their_own()
  lu.assertStrContains(refusal("a", "--deepness", "2"), "there is no option --deepness\n  Say --depth N.")
end

function TestOptions:test_are_refused_with_words()
  lu.assertStrContains(refusal("a", "--dept", "2"), "there is no option --dept (did you mean '--depth'?)")
  lu.assertStrContains(refusal("a", "--depth", "two"), "--depth takes a whole number, got 'two'")
  lu.assertStrContains(refusal("a", "--depth", "0"), "--depth is at least 1, got 0")
  lu.assertStrContains(refusal("a", "--depth", "1.5"), "--depth takes a whole number")
  lu.assertStrContains(refusal("a", "--depth"), "--depth needs a value: --depth N")
  lu.assertStrContains(refusal("a", "--json=yes"), "--json takes no value")
  lu.assertStrContains(refusal("a", "-f", "pfd"),
    "--format is one of pdf, svg, got 'pfd' (did you mean 'pdf'?)")
  lu.assertStrContains(refusal("a", "b"), "'b' is one word too many")
  lu.assertStrContains(refusal(), "FILE is missing: orrery test FILE")
end

os.exit(lu.LuaUnit.run())
