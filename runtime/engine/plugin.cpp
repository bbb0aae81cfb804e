#include "runtime/engine/plugin.h"

#include <dlfcn.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

using Interface = const char* (*)();
using Entry = void (*)(Plugin&);

template <class Function>
Function find(void* library, const char* name, const std::string& path) {
  const auto found = reinterpret_cast<Function>(dlsym(library, name));
  if (!found)
    throw Error(Fault::input_file,
                fmt::format("{} is no plug-in of Orrery: it has no {}", quote_path(path), name), {},
                "ORRERY_PLUGIN of runtime/engine/plugin.h makes it one.");
  return found;
}

}  // namespace

std::vector<std::string> load_plugin(Runtime& runtime, const std::string& path) {
  check(exists(path), Fault::input_file, "there is no plug-in {}", quote_path(path));
  // Never closed: the runtime's operations live in it.
  void* library = dlopen(absolute_path(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  check(library != nullptr, Fault::input_file, "the plug-in {} cannot be loaded: {}", quote_path(path),
        dlerror());
  const std::string built_for = find<Interface>(library, "orrery_plugin_interface", path)();
  check(built_for == ORRERY_PLUGIN_INTERFACE, Fault::input_file,
        "the plug-in {} was built for Orrery {}, and this is {}", quote_path(path), built_for,
        ORRERY_PLUGIN_INTERFACE);
  Plugin plugin(runtime);
  find<Entry>(library, "orrery_plugin", path)(plugin);
  return plugin.names();
}

}  // namespace orrery
