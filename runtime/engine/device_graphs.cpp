#include "runtime/engine/device_graphs.h"

#include <dlfcn.h>
#include <filesystem>

#include <fmt/format.h>

namespace orrery {
namespace {

constexpr const char* kGraphsLibrary = "liborrery_cuda.so";
constexpr const char* kGraphsEntry = "orrery_cuda_graphs";

std::string folder_of_engine() {
  Dl_info info;
  const bool found = dladdr(reinterpret_cast<void*>(&open_graphs_library), &info) != 0 && info.dli_fname;
  return found ? std::filesystem::path(info.dli_fname).parent_path().string() : "";
}

}  // namespace

GraphsLibrary open_graphs_library(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  if (!std::filesystem::exists(path))
    return {.why_not = fmt::format("this build has no {}: `./dev setup --cuda` fetches what it is built with",
                                   name)};
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (!library) return {.why_not = fmt::format("{} cannot be opened: {}", name, dlerror())};
  void* const entry = dlsym(library, kGraphsEntry);
  if (!entry) return {.why_not = fmt::format("{} is of another version of Orrery", name)};
  return {.make = reinterpret_cast<DeviceGraphs* (*)(int)>(entry), .why_not = {}};
}

const GraphsLibrary& graphs_library() {
  static const GraphsLibrary library = open_graphs_library(folder_of_engine() + "/" + kGraphsLibrary);
  return library;
}

FoundGraphs find_graphs(const at::Device& device) {
  if (!device.is_cuda())
    return {nullptr, fmt::format("steps are captured on CUDA devices, this one is {}", device.str())};
  const GraphsLibrary& library = graphs_library();
  if (!library.make) return {nullptr, library.why_not};
  return {std::shared_ptr<DeviceGraphs>(library.make(device.index())), {}};
}

}  // namespace orrery
