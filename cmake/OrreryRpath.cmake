# Where built files look for Orrery's own libraries: the same relative paths in the build folder and once installed.
#
# CMake would otherwise pad the build's paths with an empty entry, to have room for the installed ones, and the loader
# takes an empty entry for the current folder: wrong libraries could be found there, and each program would look for
# every library in twenty places that are not there.

function(orrery_set_rpath target)
  get_target_property(type ${target} TYPE)
  if(NOT type MATCHES "^(EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY)$")
    return()
  endif()
  set(kind LIBRARY)
  if(type STREQUAL EXECUTABLE)
    set(kind RUNTIME)
  endif()
  get_target_property(folder ${target} ${kind}_OUTPUT_DIRECTORY)
  file(RELATIVE_PATH up "${folder}" "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
  get_target_property(installed ${target} INSTALL_RPATH)
  set(paths "$ORIGIN/${up}" ${installed})
  list(TRANSFORM paths REPLACE "/$" "")
  list(REMOVE_DUPLICATES paths)
  set_target_properties(${target} PROPERTIES BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${paths}")
endfunction()

get_property(folders DIRECTORY PROPERTY SUBDIRECTORIES)
foreach(folder ${folders})
  orrery_targets_below(${folder} targets)
  foreach(target ${targets})
    orrery_set_rpath(${target})
  endforeach()
endforeach()
if(TARGET orrery_bench)
  orrery_set_rpath(orrery_bench)
endif()
