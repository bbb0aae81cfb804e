#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

namespace orrery {

/// The device of a user's word: `auto` (the first CUDA device, else the CPU), `cpu`, `cuda`, `cuda:N`. Fails
/// (Fault::usage) on another word or where that device is not there, saying what is.
at::Device device_from_name(const std::string& name);

/// Opens LibTorch's CUDA library, by Orrery's own (device_graphs.h) where that was built, where an NVIDIA
/// driver and that library are found; does nothing else, and nothing at a second call. LibTorch remembers at
/// its first use whether CUDA is there, so this comes before everything.
void open_cuda_library();

/// The folder of the LibTorch that this process runs: no other installation's CUDA half is mixed in.
std::string torch_folder();

/// Whether LibTorch's CUDA library was opened; there may be no device all the same.
bool cuda_library_is_open();

/// Bytes of a device's memory that nobody uses. REQUIRES: a CUDA device.
std::int64_t free_bytes(const at::Device& device);

/// CUDA devices that LibTorch can use; 0 without its CUDA library or without a driver.
int cuda_device_count();

}  // namespace orrery
