#include "runtime/core/names.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace orrery {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
bool upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }

// A third of the letters may differ; of a name that was begun any number may be missing.
int allowed(std::string_view name, std::string_view candidate) {
  constexpr std::size_t kBeginning = 3;
  const auto letters = static_cast<int>(std::max(name.size(), candidate.size()));
  return name.size() >= kBeginning && candidate.starts_with(name) ? letters : std::max(1, letters / 3);
}

}  // namespace

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replace = last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      const bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  int best_distance = 0;
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(name, candidate);
    if (distance > allowed(name, candidate) || distance >= static_cast<int>(candidate.size())) continue;
    if (!best || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  auto found = nearest(name, candidates);
  return found ? " (did you mean '" + *found + "'?)" : "";
}

std::string snake_case(std::string_view kind) {
  std::string text;
  for (size_t i = 0; i < kind.size(); ++i) {
    const bool starts_word = upper(kind[i]) && i > 0 &&
                             (!upper(kind[i - 1]) ||
                              (i + 1 < kind.size() && std::islower(static_cast<unsigned char>(kind[i + 1]))));
    if (starts_word && text.back() != '_') text += '_';
    text += lower(kind[i]);
  }
  return text;
}

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > 200 || name.front() == ' ' || name.back() == ' ') return false;
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace orrery
