# Programs for the engine's tests: LibTorch's headers are precompiled once, and several files read them together.
function(orrery_engine_tests name)
  orrery_tests(${name} ${ARGN} TOGETHER LIBRARIES orrery_engine nlohmann_json::nlohmann_json)
  if(TARGET ${name})
    set_target_properties(${name} PROPERTIES JOB_POOL_COMPILE torch_pool JOB_POOL_PRECOMPILE_HEADER torch_pool)
  endif()
endfunction()

orrery_engine_tests(engine_tests HEADERS <ATen/ATen.h> FOLDERS tests/engine tests/engine/kernels tests/engine/kernels/cases tests/engine/kernels/cpu tests/engine/execution tests/engine/execution/passes tests/engine/profile)
orrery_engine_tests(engine_training_tests HEADERS_OF engine_tests FOLDERS tests/engine/training tests/engine/data tests/files/faults)

# Libraries that tests load at run time: an extension of LibTorch, the example's plug-in, and two that are refused.
function(orrery_loaded name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE orrery_engine)
  target_precompile_headers(${name} REUSE_FROM orrery_engine)
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests
    JOB_POOL_COMPILE torch_pool)
endfunction()

orrery_loaded(orrery_test_extension ${PROJECT_SOURCE_DIR}/tests/fixtures/own/extension.cpp)
orrery_loaded(orrery_test_plugin ${PROJECT_SOURCE_DIR}/examples/plugin/colours.cpp)
orrery_loaded(orrery_test_old_plugin ${PROJECT_SOURCE_DIR}/tests/fixtures/own/old_plugin.cpp)
