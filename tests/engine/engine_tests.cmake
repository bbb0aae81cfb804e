# Programs for the engine's tests: LibTorch's headers are precompiled once per program.
function(orrery_engine_tests name)
  orrery_tests(${name} ${ARGN} LIBRARIES orrery_engine nlohmann_json::nlohmann_json)
  if(TARGET ${name})
    set_target_properties(${name} PROPERTIES JOB_POOL_COMPILE torch_pool JOB_POOL_PRECOMPILE_HEADER torch_pool)
  endif()
endfunction()

orrery_engine_tests(engine_tests HEADERS <ATen/ATen.h> FOLDERS tests/engine tests/engine/kernels tests/engine/kernels/cases tests/engine/execution tests/engine/profile)
orrery_engine_tests(engine_training_tests HEADERS_OF engine_tests FOLDERS tests/engine/training tests/engine/data tests/files/faults)
