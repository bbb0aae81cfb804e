# What `./dev` needs to know of the build: the test programs, one path a line, and a target with all that
# `orrery run` needs, so that a first run need not wait for the tests to compile.

get_property(programs GLOBAL PROPERTY ORRERY_TEST_PROGRAMS)
set(lines "")
foreach(program ${programs})
  string(APPEND lines "$<TARGET_FILE:${program}>\n")
endforeach()
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/tests/programs.txt CONTENT "${lines}")

# Every target below a folder, its subfolders' included.
function(orrery_targets_below folder out)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(subfolder ${folders})
    orrery_targets_below(${subfolder} more)
    list(APPEND targets ${more})
  endforeach()
  set(${out} ${targets} PARENT_SCOPE)
endfunction()

add_custom_target(orrery_all_but_tests)
foreach(folder runtime renderers bindings)
  get_property(added DIRECTORY PROPERTY SUBDIRECTORIES)
  if(${PROJECT_SOURCE_DIR}/${folder} IN_LIST added)
    orrery_targets_below(${PROJECT_SOURCE_DIR}/${folder} targets)
    if(targets)
      add_dependencies(orrery_all_but_tests ${targets})
    endif()
  endif()
endforeach()
