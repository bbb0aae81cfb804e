# The tests load the real module from build/lua into a LuaJIT of their own.
pkg_check_modules(LUAJIT REQUIRED IMPORTED_TARGET luajit)
orrery_tests(bindings_tests FOLDERS tests/bindings LIBRARIES orrery_lua PkgConfig::LUAJIT)
if(TARGET bindings_tests)
  add_dependencies(bindings_tests orrery_core_module orrery_stdlib)
endif()
