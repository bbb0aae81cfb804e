# What liborrery_cuda is built with, found beside the LibTorch in use: its CUDA libraries, NVIDIA's headers and
# libcudart. Gives the imported target orrery::torch_cuda.

include_guard(GLOBAL)

set(ORRERY_CUDA AUTO CACHE STRING "Build liborrery_cuda, which captures training steps on NVIDIA GPUs: AUTO, ON or OFF")
set_property(CACHE ORRERY_CUDA PROPERTY STRINGS AUTO ON OFF)

# A machine's own toolkit serves as well as NVIDIA's wheels.
set(ORRERY_CUDA_TOOLKIT /usr/local/cuda)
if(DEFINED ENV{CUDA_HOME})
  set(ORRERY_CUDA_TOOLKIT "$ENV{CUDA_HOME}")
endif()

# The wheels unpack beside the torch package: CUDA 13 in nvidia/cu13, older ones in a folder a package.
function(orrery_nvidia_headers out name)
  file(GLOB folders LIST_DIRECTORIES true "${ORRERY_TORCH_DIR}/../nvidia/*/include")
  find_path(folder NAMES ${name} PATHS ${folders} "${ORRERY_CUDA_TOOLKIT}/include" NO_DEFAULT_PATH NO_CACHE)
  set(${out} "${folder}" PARENT_SCOPE)
endfunction()

# Sets `out` to why it cannot be built; to nothing, and makes the target, where it can.
function(orrery_find_cuda out)
  set(${out} "" PARENT_SCOPE)
  orrery_nvidia_headers(runtime cuda_runtime_api.h)
  orrery_nvidia_headers(compiler crt/host_defines.h)
  file(GLOB cudart "${ORRERY_TORCH_DIR}/../nvidia/*/lib/libcudart.so.*" "${ORRERY_TORCH_DIR}/lib/libcudart*.so.*"
    "${ORRERY_CUDA_TOOLKIT}/lib64/libcudart.so.*")
  if(ORRERY_CUDA STREQUAL "OFF")
    set(${out} "ORRERY_CUDA=OFF" PARENT_SCOPE)
  elseif(NOT EXISTS "${ORRERY_TORCH_DIR}/lib/libtorch_cuda.so")
    set(${out} "the LibTorch in ${ORRERY_TORCH_DIR} is one for the CPU" PARENT_SCOPE)
  elseif(NOT runtime OR NOT cudart)
    set(${out} "NVIDIA's runtime (nvidia-cuda-runtime) is not beside LibTorch" PARENT_SCOPE)
  elseif(NOT compiler)
    set(${out} "NVIDIA's compiler headers (nvidia-cuda-crt) are not beside LibTorch" PARENT_SCOPE)
  else()
    list(GET cudart 0 cudart)
    add_library(orrery::torch_cuda INTERFACE IMPORTED GLOBAL)
    target_include_directories(orrery::torch_cuda INTERFACE "${runtime}" "${compiler}")
    target_link_libraries(orrery::torch_cuda INTERFACE
      "${ORRERY_TORCH_DIR}/lib/libtorch_cuda.so" "${ORRERY_TORCH_DIR}/lib/libc10_cuda.so" "${cudart}")
  endif()
endfunction()
