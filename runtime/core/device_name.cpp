#include "runtime/core/device_name.h"

#include <algorithm>
#include <cctype>

namespace orrery {

bool is_device_name(const std::string& name) {
  if (name == "auto" || name == "cpu" || name == "cuda") return true;
  const std::string digits = name.starts_with("cuda:") ? name.substr(5) : "";
  return !digits.empty() && digits.size() <= 3 &&
         std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace orrery
