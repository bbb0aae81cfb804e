# orrery_sources(OUT FOLDER...): every .cpp directly inside the folders, found again at each build.
function(orrery_sources out)
  set(found)
  foreach(folder ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
    list(APPEND found ${sources})
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# orrery_precompile(TARGET HEADERS...): what most files include, and HEADERS, read once for all files of the target.
function(orrery_precompile target)
  target_precompile_headers(${target} PRIVATE <algorithm> <functional> <map> <memory> <optional> <span> <string>
    <unordered_map> <vector> <fmt/format.h> ${ARGN})
endfunction()

# orrery_tests(NAME FOLDERS f... LIBRARIES l... [HEADERS h... | HEADERS_OF other] [TOGETHER]): one GoogleTest program
# for the *_test.cpp of some folders; HEADERS are precompiled too, those of another program serve this one as well.
# TOGETHER: several files are compiled as one, so that their names must differ.
function(orrery_tests name)
  cmake_parse_arguments(arg "TOGETHER" "HEADERS_OF" "FOLDERS;LIBRARIES;HEADERS" ${ARGN})
  orrery_sources(sources ${arg_FOLDERS})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} orrery_places GTest::gtest GTest::gmock GTest::gtest_main rapidcheck)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Og>)  # compiled often, run briefly
  if(arg_HEADERS_OF)
    target_precompile_headers(${name} REUSE_FROM ${arg_HEADERS_OF})
  else()
    orrery_precompile(${name} <gtest/gtest.h> <gmock/gmock.h> ${arg_HEADERS})
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests
    UNITY_BUILD ${arg_TOGETHER} UNITY_BUILD_BATCH_SIZE 8)
  set_property(GLOBAL APPEND PROPERTY ORRERY_TEST_PROGRAMS ${name})
endfunction()
