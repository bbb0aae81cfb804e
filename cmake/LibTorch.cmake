# Gives the imported target orrery::torch (libtorch_cpu and libc10), the variables ORRERY_TORCH_DIR and
# ORRERY_TORCH_VERSION, and the Ninja job pool `torch_pool` for files that include LibTorch's heavy headers:
#
#   target_link_libraries(my_library PRIVATE orrery::torch)
#   set_target_properties(my_library PROPERTIES JOB_POOL_COMPILE torch_pool)

include_guard(GLOBAL)
include(${CMAKE_CURRENT_LIST_DIR}/LibTorchSearch.cmake)

set(ORRERY_LIBTORCH "" CACHE PATH "An unpacked libtorch, or a Python torch package folder; empty: search")

# The first find is kept, so that activating another Python does not silently rebuild everything.
function(orrery_choose_libtorch)
  set(why "")
  if(NOT ORRERY_LIBTORCH AND ORRERY_LIBTORCH_FOUND)
    orrery_libtorch_fault("${ORRERY_LIBTORCH_FOUND}" fault)
  endif()
  if(ORRERY_LIBTORCH OR NOT ORRERY_LIBTORCH_FOUND OR fault)
    orrery_find_libtorch(folder why)
    set(ORRERY_LIBTORCH_FOUND "${folder}" CACHE INTERNAL "The LibTorch folder in use")
  endif()
  if(NOT ORRERY_LIBTORCH_FOUND)
    message(FATAL_ERROR "No LibTorch that Orrery can be built with was found.\n${why}"
      "Run `./dev setup` to fetch LibTorch ${ORRERY_LIBTORCH_PINNED}, give another with -DORRERY_LIBTORCH=<dir>, "
      "or leave the engine out with -DORRERY_ENGINE=OFF.")
  endif()
endfunction()

function(orrery_report_libtorch)
  message(STATUS "LibTorch ${ORRERY_TORCH_VERSION}: ${ORRERY_TORCH_DIR}")
  string(REGEX MATCH "^[0-9]+\\.[0-9]+" series "${ORRERY_TORCH_VERSION}")
  if(NOT series STREQUAL ORRERY_LIBTORCH_TESTED)
    message(WARNING "LibTorch ${ORRERY_TORCH_VERSION} is supported but not what Orrery is tested with; "
      "`./dev setup` fetches ${ORRERY_LIBTORCH_PINNED}.")
  endif()
endfunction()

# The headers become SYSTEM includes because the target is imported. libtorch_cpu is kept though nothing may refer to it
# directly (operators register themselves). The rpath must be DT_RPATH rather than DT_RUNPATH, since the latter does not
# serve the dependencies of dependencies. The rpath-links are for the linker's check of undefined symbols only:
# libtorch_cpu finds NVIDIA's libraries by its own rpath.
function(orrery_torch_target)
  file(GLOB nvidia LIST_DIRECTORIES true "${ORRERY_TORCH_DIR}/../nvidia/*/lib")
  set(rpath_links "LINKER:-rpath-link,${ORRERY_TORCH_DIR}/lib")
  foreach(folder ${nvidia})
    get_filename_component(folder "${folder}" ABSOLUTE)
    list(APPEND rpath_links "LINKER:-rpath-link,${folder}")
  endforeach()
  add_library(orrery::torch INTERFACE IMPORTED GLOBAL)
  # Its include folder brings a {fmt} of its own without the library, which would cost each file three seconds: the
  # system's, which all else uses, stands before it.
  find_path(ORRERY_FMT_HEADERS fmt/format.h REQUIRED)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/system_headers)
  file(CREATE_LINK ${ORRERY_FMT_HEADERS}/fmt ${PROJECT_BINARY_DIR}/system_headers/fmt SYMBOLIC)
  target_include_directories(orrery::torch INTERFACE ${PROJECT_BINARY_DIR}/system_headers
    "${ORRERY_TORCH_DIR}/include" "${ORRERY_TORCH_DIR}/include/torch/csrc/api/include")
  target_link_libraries(orrery::torch INTERFACE
    "-Wl,--push-state,--no-as-needed"
    "${ORRERY_TORCH_DIR}/lib/libtorch_cpu.so" "${ORRERY_TORCH_DIR}/lib/libc10.so" "-Wl,--pop-state")
  target_link_options(orrery::torch INTERFACE
    "LINKER:--disable-new-dtags" "LINKER:-rpath,${ORRERY_TORCH_DIR}/lib" ${rpath_links})
endfunction()

# Megabytes that this process may still take: the machine's, or its control group's where that is less.
function(orrery_available_memory out)
  set(available 0)
  if(EXISTS /proc/meminfo)
    file(STRINGS /proc/meminfo line REGEX "^MemAvailable:")
    string(REGEX REPLACE "[^0-9]" "" kilobytes "${line}")
    math(EXPR available "${kilobytes} / 1024")
  endif()
  if(EXISTS /sys/fs/cgroup/memory.max AND EXISTS /sys/fs/cgroup/memory.current)
    file(READ /sys/fs/cgroup/memory.max limit)
    file(READ /sys/fs/cgroup/memory.current used)
    string(STRIP "${limit}" limit)
    string(STRIP "${used}" used)
    if(limit MATCHES "^[0-9]+$")
      math(EXPR left "(${limit} - ${used}) / 1048576")
      if(left LESS available)
        set(available ${left})
      endif()
    endif()
  endif()
  set(${out} ${available} PARENT_SCOPE)
endfunction()

function(orrery_torch_pool)
  cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
  orrery_available_memory(megabytes)
  math(EXPR depth "${megabytes} / 1600")
  if(depth GREATER cores)
    set(depth ${cores})
  endif()
  if(depth LESS 1)
    set(depth 1)
  endif()
  # Kept: a pool whose depth followed the moment's memory would rewrite build.ninja at each configure.
  set(ORRERY_TORCH_JOBS ${depth} CACHE STRING "How many LibTorch files compile at once (1.6 GB each)")
  set_property(GLOBAL APPEND PROPERTY JOB_POOLS torch_pool=${ORRERY_TORCH_JOBS})
endfunction()

orrery_choose_libtorch()
set(ORRERY_TORCH_DIR "${ORRERY_LIBTORCH_FOUND}")
orrery_libtorch_version("${ORRERY_TORCH_DIR}" ORRERY_TORCH_VERSION)
orrery_report_libtorch()
orrery_torch_target()
orrery_torch_pool()
