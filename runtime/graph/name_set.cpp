#include "runtime/graph/name_set.h"

#include <algorithm>
#include <charconv>

namespace orrery {
namespace {

constexpr int kFirstNumber = 2;

// The number behind the last `_`; 0 for a name without one.
int number_behind(const std::string& name, size_t underscore) {
  int number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + underscore + 1, end, number);
  return error == std::errc() && stop == end ? number : 0;
}

}  // namespace

void NameSet::erase(const std::string& name) {
  names_.erase(name);
  const size_t underscore = name.rfind('_');
  if (underscore == std::string::npos) return;
  const int number = number_behind(name, underscore);
  const auto kind = next_.find(name.substr(0, underscore));
  if (number >= kFirstNumber && kind != next_.end()) kind->second = std::min(kind->second, number);
}

std::string NameSet::free_name(const std::string& wanted) const {
  if (!names_.contains(wanted)) return wanted;
  int& number = next_.try_emplace(wanted, kFirstNumber).first->second;
  for (;; ++number) {
    std::string counted = wanted + "_" + std::to_string(number);
    if (!names_.contains(counted)) return counted;
  }
}

}  // namespace orrery
