#pragma once

#include <string>

namespace orrery {

/// Whether it is a device's word: `auto`, `cpu`, `cuda` or `cuda:N`. Whether that device is there, only the
/// engine knows.
bool is_device_name(const std::string& name);

}  // namespace orrery
