#include "runtime/history/records.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace orrery {
namespace {

constexpr std::array<std::string_view, 4> kStatusNames{"running", "done", "failed", "interrupted"};
constexpr std::array<std::string_view, 3> kSplitNames{"train", "validation", "test"};

template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

UnixMilliseconds machine_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string_view name(RunStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

std::optional<RunStatus> run_status_from_name(std::string_view name) {
  return from_name<RunStatus>(kStatusNames, name);
}

std::string_view name(Split split) { return kSplitNames[static_cast<std::size_t>(split)]; }

std::optional<Split> split_from_name(std::string_view name) { return from_name<Split>(kSplitNames, name); }

}  // namespace orrery
