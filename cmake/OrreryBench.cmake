# The benchmark, one program from all of tests/bench: build/bench/orrery_bench. A tests/bench/CMakeLists.txt, where there
# is one, defines it instead.

if(EXISTS ${PROJECT_SOURCE_DIR}/tests/bench/CMakeLists.txt)
  add_subdirectory(tests/bench)
  return()
endif()
orrery_sources(sources tests/bench)
if(NOT sources)
  return()
endif()

find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(benchmark REQUIRED)
add_executable(orrery_bench ${sources})
target_link_libraries(orrery_bench PRIVATE orrery_runtime nlohmann_json::nlohmann_json fmt::fmt benchmark::benchmark)
foreach(library orrery_engine orrery_renderers)
  if(TARGET ${library})
    target_link_libraries(orrery_bench PRIVATE ${library})
  endif()
endforeach()
target_compile_definitions(orrery_bench PRIVATE
  ORRERY_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ORRERY_BINARY_DIR="${PROJECT_BINARY_DIR}")
set_target_properties(orrery_bench PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
