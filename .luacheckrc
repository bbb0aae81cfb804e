std = "luajit"
max_line_length = 110
cache = false
-- Methods keep their `self` in the signature though some of them do not read it.
self = false
exclude_files = { "build*/", "stdlib/orrery/meta/", "tests/fixtures/" }
files["tests/stdlib/*_spec.lua"] = {
  -- LuaUnit finds tests as globals named Test….
  allow_defined_top = true,
  ignore = { "131/Test.*", "111/Test.*", "112/Test.*", "113/Test.*" },
}
