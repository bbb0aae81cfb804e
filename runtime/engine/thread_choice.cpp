#include "runtime/engine/thread_choice.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

#include <sched.h>

namespace orrery {
namespace {

int cores_of_affinity() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
  return static_cast<int>(std::thread::hardware_concurrency());
}

// The file says `150000 100000`, microseconds of every so many, or `max 100000`.
int cores_of_quota(const std::string& file) {
  std::ifstream in(file);
  double quota = 0, period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) return std::numeric_limits<int>::max();
  return static_cast<int>(std::ceil(quota / period));
}

}  // namespace

int allowed_cores(const std::string& quota_file) {
  return std::max(1, std::min(cores_of_affinity(), cores_of_quota(quota_file)));
}

}  // namespace orrery
