#pragma once

#include <string>

namespace orrery {

/// Cores that this process may use: its affinity mask and its control group's quota (Linux cgroup v2
/// `cpu.max`), whichever is less; at least 1.
int allowed_cores(const std::string& quota_file = "/sys/fs/cgroup/cpu.max");

}  // namespace orrery
