# Finds LibTorch without the wheel's TorchConfig.cmake, which stops where no CUDA toolkit is installed.
#
# Order: ORRERY_LIBTORCH (an unpacked libtorch, or a Python `torch` package folder), the `torch` package of the python3
# on the PATH, the per-user cache that `./dev setup` fills. A candidate named by ORRERY_LIBTORCH must fit; the others
# are passed over with a reason when they do not.
#
# As a script, `cmake -P cmake/LibTorchSearch.cmake` prints the folder, or the reasons and exit code 1.

set(ORRERY_LIBTORCH_TESTED 2.11)
set(ORRERY_LIBTORCH_NEWEST 2.15)
set(ORRERY_LIBTORCH_PINNED 2.11.0)

# Where `./dev setup` unpacks the pinned wheels.
function(orrery_libtorch_cache out)
  set(base "$ENV{XDG_CACHE_HOME}")
  if(NOT base)
    set(base "$ENV{HOME}/.cache")
  endif()
  set(${out} "${base}/orrery/libtorch-${ORRERY_LIBTORCH_PINNED}/torch" PARENT_SCOPE)
endfunction()

# The folder of the `torch` package that python3 would import, found without importing it; empty where there is none.
function(orrery_libtorch_of_python out)
  set(${out} "" PARENT_SCOPE)
  find_program(ORRERY_PYTHON python3)
  if(NOT ORRERY_PYTHON)
    return()
  endif()
  set(code "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')")
  execute_process(COMMAND ${ORRERY_PYTHON} -c "${code}" OUTPUT_VARIABLE folder RESULT_VARIABLE status
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(status EQUAL 0)
    set(${out} "${folder}" PARENT_SCOPE)
  endif()
endfunction()

# "2.11.0", or empty where the folder holds no LibTorch headers.
function(orrery_libtorch_version folder out)
  set(version "")
  foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(NOT version AND EXISTS "${folder}/include/${header}")
      file(STRINGS "${folder}/include/${header}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
      list(TRANSFORM lines REPLACE ".*_(MAJOR|MINOR|PATCH) ([0-9]+).*" "\\2")
      list(JOIN lines "." version)
    endif()
  endforeach()
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

# Empty when Orrery can be built with the folder, else the reason why not.
function(orrery_libtorch_fault folder out)
  orrery_libtorch_version("${folder}" version)
  set(fault "")
  if(NOT EXISTS "${folder}/lib/libtorch_cpu.so" OR NOT EXISTS "${folder}/lib/libc10.so")
    set(fault "it has no lib/libtorch_cpu.so and lib/libc10.so")
  elseif(NOT version)
    set(fault "it has no headers (include/torch/headeronly/version.h)")
  elseif(version VERSION_LESS ORRERY_LIBTORCH_TESTED OR version VERSION_GREATER_EQUAL "${ORRERY_LIBTORCH_NEWEST}.999")
    set(fault "it is LibTorch ${version}; Orrery builds with ${ORRERY_LIBTORCH_TESTED} to ${ORRERY_LIBTORCH_NEWEST}")
  else()
    file(STRINGS "${folder}/lib/libc10.so" symbols REGEX "_ZN3c105ErrorC.*__cxx11" LIMIT_COUNT 1)
    if(NOT symbols)
      set(fault "it is built with the old C++ ABI (_GLIBCXX_USE_CXX11_ABI=0), which Orrery's other libraries are not")
    endif()
  endif()
  set(${out} "${fault}" PARENT_SCOPE)
endfunction()

# The folder that ORRERY_LIBTORCH means: itself, or the `torch` inside a site-packages folder.
function(orrery_libtorch_given out)
  get_filename_component(given "${ORRERY_LIBTORCH}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
  if(NOT EXISTS "${given}/lib" AND EXISTS "${given}/torch/lib")
    set(given "${given}/torch")
  endif()
  set(${out} "${given}" PARENT_SCOPE)
endfunction()

# The folder to build with; empty, with the reasons in `out_why`, where none fits.
function(orrery_find_libtorch out out_why)
  orrery_libtorch_of_python(python)
  orrery_libtorch_cache(cache)
  set(candidates "${python}" "${cache}")
  if(ORRERY_LIBTORCH)
    orrery_libtorch_given(candidates)
  endif()
  set(found "")
  set(why "")
  foreach(folder IN LISTS candidates)
    if(folder AND NOT found)
      orrery_libtorch_fault("${folder}" fault)
      if(fault)
        string(APPEND why "  ${folder}: ${fault}\n")
      else()
        set(found "${folder}")
      endif()
    endif()
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
  set(${out_why} "${why}" PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  orrery_find_libtorch(folder why)
  if(NOT folder)
    message(FATAL_ERROR "No fitting LibTorch:\n${why}")
  endif()
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${folder}")
endif()
