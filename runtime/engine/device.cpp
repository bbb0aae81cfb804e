#include "runtime/engine/device.h"

#include <charconv>
#include <dlfcn.h>
#include <filesystem>
#include <mutex>

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>

#include "runtime/core/error.h"
#include "runtime/engine/device_graphs.h"

namespace orrery {
namespace {

int cuda_index(const std::string& name) {
  if (name == "cuda") return 0;
  const std::string digits = name.substr(std::string("cuda:").size());
  int index = -1;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  const bool whole = fault == std::errc() && end == digits.data() + digits.size() && index >= 0;
  check(whole, Fault::usage, "device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got '{}'", name);
  return index;
}

}  // namespace

std::string torch_folder() {
  Dl_info info;
  const bool found = dladdr(reinterpret_cast<void*>(&at::globalContext), &info) != 0 && info.dli_fname;
  return found ? std::filesystem::path(info.dli_fname).parent_path().string() : "";
}

bool cuda_library_is_open() { return at::hasCUDA(); }

void open_cuda_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL) || graphs_library().make) return;
    dlopen((torch_folder() + "/libtorch_cuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL);
  });
}

std::int64_t free_bytes(const at::Device& device) {
  return static_cast<std::int64_t>(at::accelerator::getMemoryInfo(device.index()).first);
}

int cuda_device_count() {
  return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
}

at::Device device_from_name(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return cuda_device_count() > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  check(name == "cuda" || name.starts_with("cuda:"), Fault::usage,
        "device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got '{}'", name);
  const int index = cuda_index(name);
  const int count = cuda_device_count();
  if (index >= count) {
    const std::string there = count == 0 ? "LibTorch finds no CUDA device here"
                                         : fmt::format("there are {} CUDA devices, numbered from 0", count);
    throw Error(Fault::usage, fmt::format("device '{}' is not available: {}", name, there), {},
                "use device 'auto' or 'cpu'; `orrery doctor` tells what is missing");
  }
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

}  // namespace orrery
