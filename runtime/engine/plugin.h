#pragma once

#include <string>
#include <vector>

#include <torch/headeronly/version.h>

#include "runtime/engine/kernels/own_kernel.h"

namespace orrery {

/// What a plug-in gets to make its operations known with. Lives during the call of its entry only.
class Plugin {
 public:
  explicit Plugin(Runtime& runtime) : runtime_(runtime) {}

  /// As `add_operation` does: from now on it is a layer or a method like any other.
  void add(Descriptor descriptor, Kernel kernel) {
    names_.push_back(descriptor.name);
    add_operation(runtime_, std::move(descriptor), kernel);
  }

  /// What was added, in order.
  const std::vector<std::string>& names() const { return names_; }

 private:
  Runtime& runtime_;
  std::vector<std::string> names_;
};

/// Loads a shared library and lets it add its operations to a runtime; gives their names. It stays loaded.
/// Throws `Error(Fault::input_file)` when there is no such file, it cannot be loaded, it is no plug-in, or it
/// was built for another version of Orrery or LibTorch.
std::vector<std::string> load_plugin(Runtime& runtime, const std::string& path);

}  // namespace orrery

/// What a plug-in was built for.
#define ORRERY_PLUGIN_INTERFACE ORRERY_VERSION " with LibTorch " TORCH_VERSION

/// The entry of a plug-in, followed by its body:
///
///     ORRERY_PLUGIN(plugin) { plugin.add(my_descriptor(), my_kernel); }
#define ORRERY_PLUGIN(plugin)                                                               \
  extern "C" __attribute__((visibility("default"))) const char* orrery_plugin_interface() { \
    return ORRERY_PLUGIN_INTERFACE;                                                         \
  }                                                                                         \
  extern "C" __attribute__((visibility("default"))) void orrery_plugin(orrery::Plugin& plugin)
