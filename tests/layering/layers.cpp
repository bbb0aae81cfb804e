#include "tests/layering/layers.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery::layering {

const std::vector<Layer>& layers() {
  static const std::vector<Layer> all = {
      {"runtime/core", {}},
      {"runtime/files", {"runtime/core"}},
      {"runtime/graph", {"runtime/core", "runtime/files"}},
      {"runtime/ops", {"runtime/core", "runtime/files", "runtime/graph"}},
      // A data source is described by what the header of its file says.
      {"runtime/governors",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/formats"}},
      {"runtime/formats", {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops"}},
      // A training script says what the manager does, and reads what the headers of its files tell.
      {"runtime/codegen",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/governors",
        "runtime/formats"}},
      {"runtime/onnx", {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/formats"}},
      {"runtime/vizml",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/governors",
        "runtime/formats"}},
      {"runtime/history", {"runtime/core", "runtime/files", "runtime/graph"}},
      {"runtime/engine", {"runtime"}},
      {"runtime/engine/kernels",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/engine/*"}},
      {"runtime/engine/profile",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/governors", "runtime/history",
        "runtime/engine/*"}},
      {"runtime/engine/data",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/governors", "runtime/formats",
        "runtime/engine/*"}},
      {"runtime/engine/execution",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/engine/*",
        "runtime/engine/kernels", "runtime/engine/profile/profile_sink.h"}},
      // A run owns the recorder of its costs; what computes knows only the sink.
      {"runtime/engine/training",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/governors",
        "runtime/formats", "runtime/history", "runtime/engine/*", "runtime/engine/kernels",
        "runtime/engine/execution", "runtime/engine/data", "runtime/engine/profile"}},
      {"renderers",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/governors",
        "runtime/formats", "runtime/codegen", "runtime/history"}},
      {"bindings",
       {"runtime/core", "runtime/files", "runtime/graph", "runtime/ops", "runtime/governors",
        "runtime/formats", "runtime/codegen", "runtime/onnx", "runtime/vizml", "runtime/history",
        "renderers"}},
      {"bindings/engine", {"bindings", "runtime", "renderers"}},
  };
  return all;
}

const std::vector<Library>& libraries() {
  static const std::vector<Library> all = {
      {"LibTorch", {"torch/", "ATen/", "c10/", "caffe2/"}, {"runtime/engine", "bindings/engine"}},
      {"Lua", {"lua.h", "lauxlib.h", "lualib.h", "luaconf.h", "luajit.h"}, {"bindings"}},
      {"cairo", {"cairo", "pango", "fontconfig"}, {"renderers"}},
  };
  return all;
}

namespace {

bool lies_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// "runtime/engine/*" means the files directly in the folder, "runtime/engine" also those below it.
bool matches(std::string_view header, std::string_view seen) {
  if (!seen.ends_with("/*")) return lies_in(header, seen);
  const std::string_view folder = seen.substr(0, seen.size() - 1);
  return header.starts_with(folder) && header.find('/', folder.size()) == header.npos;
}

const Layer* layer_of(std::string_view file) {
  const Layer* found = nullptr;
  for (const Layer& layer : layers())
    if (lies_in(file, layer.folder) && (!found || layer.folder.size() > found->folder.size())) found = &layer;
  return found;
}

bool is_own(std::string_view header) {
  return lies_in(header, "runtime") || lies_in(header, "renderers") || lies_in(header, "bindings");
}

bool uses(const Library& library, std::string_view header) {
  return std::ranges::any_of(library.prefixes, [&](auto prefix) { return header.starts_with(prefix); });
}

std::string fault_of_library(std::string_view file, std::string_view header) {
  for (const Library& library : libraries()) {
    const bool allowed = std::ranges::any_of(library.users, [&](auto user) { return lies_in(file, user); });
    if (uses(library, header) && !allowed)
      return fmt::format("only {} may include {}", fmt::join(library.users, " and "), library.name);
  }
  return {};
}

// LibTorch's headers cost every file that includes them seconds and hundreds of megabytes.
std::string fault_of_weight(std::string_view file, std::string_view header) {
  if (header == "torch/torch.h") return "torch/torch.h is included nowhere (13 s and 1.4 GB a file)";
  const bool light = header == "ATen/core/Tensor.h" || header == "ATen/core/Generator.h";
  const bool heavy = header.starts_with("ATen/") && !light;
  if (file.ends_with(".h") && heavy)
    return "a header includes no more of ATen than core/Tensor.h and core/Generator.h";
  return {};
}

std::string fault_of_direction(std::string_view file, std::string_view header) {
  const Layer* layer = layer_of(file);
  if (!layer || !is_own(header)) return {};
  const Layer* seen = layer_of(header);
  if (seen == layer) return {};
  if (std::ranges::any_of(layer->sees, [&](auto folder) { return matches(header, folder); })) return {};
  return fmt::format("{} may not include {}", layer->folder, seen ? seen->folder : header);
}

}  // namespace

std::string fault_of_include(std::string_view file, std::string_view header) {
  if (!layer_of(file)) return {};
  if (std::string fault = fault_of_library(file, header); !fault.empty()) return fault;
  if (std::string fault = fault_of_weight(file, header); !fault.empty()) return fault;
  return fault_of_direction(file, header);
}

}  // namespace orrery::layering
