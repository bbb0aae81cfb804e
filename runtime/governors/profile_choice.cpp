#include "runtime/governors/profile_choice.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace orrery {
namespace {

constexpr std::array<std::pair<std::string_view, ProfileLevel>, 5> kLevels{
    {{"off", ProfileLevel::off},
     {"block", ProfileLevel::block},
     {"node", ProfileLevel::node},
     {"step", ProfileLevel::step},
     {"kernel", ProfileLevel::kernel}}};
constexpr std::string_view kWindow = "step:";

std::optional<std::int64_t> step_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

std::optional<ProfileChoice> window(std::string_view text) {
  const size_t dash = text.find('-');
  const auto first = step_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : step_number(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first >= ProfileChoice::kMostSteps) return std::nullopt;
  return ProfileChoice{ProfileLevel::step, *first, *last};
}

}  // namespace

std::optional<ProfileChoice> profile_choice(const std::string& text) {
  for (const auto& [word, level] : kLevels)
    if (text == word) return ProfileChoice{.level = level};
  if (!text.starts_with(kWindow)) return std::nullopt;
  return window(std::string_view(text).substr(kWindow.size()));
}

}  // namespace orrery
