-- Names that are words, signs or code elsewhere: what is written of such a graph parses, and does no more.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"
local orrery = require "orrery"
local nn = orrery.nn

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/hostile_names_spec%.lua$"
local python = os.getenv "ORRERY_PYTHON"

-- Names have no '/' nor control characters; that the graph itself holds.
local names = {
  -- keywords
  "end", "local", "function", "nil", "goto", "class", "def", "lambda", "None", "True", "import", "async",
  "int", "template", "namespace", "operator", "delete", "new", "auto", "co_await", "and", "or", "not",
  "subgraph",
  -- what the written files themselves call so
  "orrery", "nn", "g", "v", "x", "out", "h", "fields", "layers", "blocks", "torch", "F", "self", "super",
  "keras", "ops", "name", "w", "Tensor", "Weights", "Model", "main", "std", "unpack", "linear", "read_file",
  "len", "print", "math", "tostring", "require", "_", "__init__", "__class__", "forward", "training",
  "parameters", "weight", "children", "modules", "state_dict", "register_buffer", "_modules", "T_destination",
  "Loss", "INFINITY", "os", "graph",
  -- signs and code
  "\"", "'", "\\", "\\\"", "--", "]]", "--]]", "[[", "#", "//", "*/", "/*", "%", "%s", "{}", "{0}", "${x}",
  "`", "<b>", "&amp;", "|", "->", ";", "a.b", "a b", "2", "2x", "é", "日本語", "\"\"\"", "'''", "x=1", "a-b",
  ",", "(", ")", "\") os.exit(1) --", "'); import os; os.abort() #", "\"; std::abort(); //",
  "\"]; evil [label=\"", "end\tx",
}

local function usable(name) return not name:find "[%c/]" end

-- Everything that can have a name has this one.
local function graph_of(name)
  local g = orrery.graph(name)
  local x, y = g:input { { name = name, shape = { 4 } }, { name = name .. "2", shape = { 4 } } }
  local block = g:block(name, function(h)
    h = g:block(name, function(s) return nn.Linear(4, 4, { name = name })(s):relu() end, { title = name })(h)
    local scale = g:parameter(name .. "3", { 4 }, { init = "ones" })
    return (h * scale):named(name .. "4")
  end, { title = name .. "\n" .. name, note = name })
  local shared = nn.Linear(4, 4, { name = name .. "5" })
  local left, right = block(x), block(y)
  g:output(shared(left) + shared(right:tanh()), left)
  return g
end

local function each(use)
  for _, name in ipairs(names) do
    if usable(name) then use(graph_of(name), name) end
  end
end

-- What a written script may reach.
local function alone(known)
  return setmetatable({ require = function(name) return assert(known[name], name) end, math = math,
    tostring = tostring }, { __newindex = function(_, key) error("sets the global " .. key) end,
    __index = function(_, key) error("reads the global " .. key) end })
end

TestHostileNames = {}

function TestHostileNames:test_lua_builds_the_graph_and_touches_nothing_else()
  each(function(g, name)
    local code = core.lua_code(g)
    local chunk, fault = loadstring(code)
    lu.assertNotNil(chunk, ("%s: %s\n%s"):format(name, fault, code))
    local done, back = pcall(setfenv(chunk, alone { orrery = orrery }))
    lu.assertTrue(done, ("%s: %s\n%s"):format(name, back, code))
    lu.assertEquals(back:hash(), g:hash(), name .. "\n" .. code)
  end)
end

function TestHostileNames:test_a_script_that_does_more_is_found()
  for _, code in ipairs { "os.exit(1)", "x = 1", "require \"os\"" } do
    lu.assertFalse((pcall(setfenv(loadstring(code), alone { orrery = orrery }))), code)
  end
end

-- Parses the files; nothing is imported, called or read but what such a module is made of.
local checker = [=[
import ast, builtins, sys
MODULES = {"torch", "torch.nn", "torch.nn.functional", "keras", "math", "numpy",
           "safetensors.numpy"}
BUILTINS = {"super", "range", "len", "isinstance", "tuple", "list", "int", "float", "zip", "enumerate",
            "print", "str", "reversed", "max", "min", "sum", "any", "all", "ValueError", "dict", "sorted",
            "hasattr", "getattr", "__name__"}
for path in sys.argv[1:]:
    tree = ast.parse(open(path).read())
    bound = set(BUILTINS)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import): bound.update((a.asname or a.name).split(".")[0] for a in node.names)
        if isinstance(node, ast.ImportFrom): bound.update(a.asname or a.name for a in node.names)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)): bound.add(node.name)
        if isinstance(node, ast.arg): bound.add(node.arg)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store): bound.add(node.id)
    for node in ast.walk(tree):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom): modules = [node.module]
        assert set(modules) <= MODULES, (path, modules)
        assert not isinstance(node, ast.Name) or node.id in bound, (path, node.id)
        assert not isinstance(node, (ast.Global, ast.Nonlocal, ast.Delete, ast.Try, ast.Await)), (path, node)
    for node in tree.body:
        made = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.Assign)
        is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_main = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        assert isinstance(node, made) or is_doc or is_main, (path, ast.unparse(node))
]=]

local function check_python(write, kind)
  child.write("checker.py", checker)
  local files = {}
  each(function(g) files[#files + 1] = child.write(("%s_%d.py"):format(kind, #files + 1), (write(g))) end)
  local code, _, err = child.shell("python3 checker.py " .. table.concat(files, " "))
  lu.assertEquals({ code, err }, { 0, "" })
end

function TestHostileNames:test_pytorch_parses_and_does_nothing_else()
  check_python(core.pytorch_code, "pytorch")
end

function TestHostileNames:test_keras_parses_and_does_nothing_else() check_python(core.keras_code, "keras") end

function TestHostileNames:test_pytorch_has_our_names()
  lu.skipIf(not python, "ORRERY_PYTHON names no Python with PyTorch")
  local lines = { "import importlib.util, torch", "def load(path):",
    "    spec = importlib.util.spec_from_file_location('made', path)",
    "    module = importlib.util.module_from_spec(spec)", "    spec.loader.exec_module(module)",
    "    made = [m for m in vars(module).values() if isinstance(m, type) and issubclass(m, torch.nn.Module)]",
    "    return made[-1]()" }
  each(function(g, name)
    local file = child.write(("run_%d.py"):format(#lines), (core.pytorch_code(g)))
    local keys = {}
    for at, entry in ipairs(g:state()) do keys[at] = ("bytes(%s).decode()"):format("[" .. table.concat({
      entry.key:byte(1, -1) }, ",") .. "]") end
    lines[#lines + 1] = ("net = load(%q); want = {%s}"):format(file, table.concat(keys, ", "))
    lines[#lines + 1] = ("assert set(net.state_dict()) == want, (%q, set(net.state_dict()) ^ want)"):format(
      (name:gsub("[\\\"'\128-\255]", "?")))
    lines[#lines + 1] = "net(torch.ones(2, 4), torch.ones(2, 4))"
  end)
  child.write("run.py", table.concat(lines, "\n") .. "\n")
  local code, _, err = child.shell(python .. " run.py")
  lu.assertEquals({ code, err }, { 0, "" })
end

-- All names in one file.
local function graph_of_all()
  local g = orrery.graph "all"
  local x = g:input { image = { shape = { 4 } } }
  for _, name in ipairs(names) do
    if usable(name) then
      x = g:block(name, function(h)
        return nn.Linear(4, 4, { name = name })(h):relu() * g:parameter(name .. "3", { 4 }, { init = "ones" })
      end, { title = name })(x)
    end
  end
  g:output(x)
  return g
end

-- Without texts and numbers, with one space for any.
local function skeleton(code) return (code:gsub('"[^"]*"', "s"):gsub("%d+", "0"):gsub("%s+", " ")) end

local function without_texts(code)
  return (code:gsub("\\\\", ""):gsub('\\"', ""):gsub('"[^"\n]*"', "s"))
end

function TestHostileNames:test_cpp_has_names_in_texts_alone()
  each(function(g, name)
    local bare = without_texts((core.cpp_code(g):gsub("'\\?.'", "c")))
    lu.assertNil(bare:find '"', name)
    lu.assertNil(bare:find "[\128-\255]", name)
    lu.assertNil(bare:find "%f[%w_]abort%(", name)
  end)
end

function TestHostileNames:test_cpp_compiles()
  lu.skipIf(os.getenv "ORRERY_TEST_FULL" == nil, "part of the full tests")
  local _, libtorch = child.shell(("cmake -P %scmake/LibTorchSearch.cmake 2>/dev/null"):format(root))
  libtorch = libtorch:match "[^\n]+"
  lu.skipIf(not libtorch, "no LibTorch with headers")
  child.write("all.cpp", (core.cpp_code(graph_of_all())))
  local words = "g++ -std=c++17 -fsyntax-only -w -isystem %s/include "
    .. "-isystem %s/include/torch/csrc/api/include all.cpp"
  local code, _, err = child.shell(words:format(libtorch, libtorch))
  lu.assertEquals({ code, err }, { 0, "" })
end

-- Drawings as text: beside texts and numbers they are those of a graph with plain names.
local function assert_drawn_as_plain(format)
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
  local function drawn(g)
    local text = require("orrery.drawing").drawing(g, { format = format })
    return skeleton((text:gsub("\\\\", ""):gsub('\\"', "")))
  end
  local plain = drawn(graph_of "plain")
  each(function(g, name) lu.assertEquals(drawn(g), plain, name) end)
end

function TestHostileNames:test_graphviz_has_names_in_texts_alone() assert_drawn_as_plain "dot" end

function TestHostileNames:test_mermaid_has_names_in_texts_alone() assert_drawn_as_plain "mermaid" end

function TestHostileNames:test_json_and_onnx_keep_what_they_are_given()
  each(function(g, name)
    lu.assertEquals(core.graph_from_json(g:json(), name):hash(), g:hash(), name)
  end)
  lu.skipIf(not pcall(core.engine), "this build has no engine")
  local g = graph_of_all()
  local file = child.folder .. "/all.onnx"
  orrery.export(g, file)
  local code, out, err = child.orrery "summary all.onnx"
  lu.assertEquals({ code, err }, { 0, "" }, out)
end

child.finish(lu.LuaUnit.run())
