#include "renderers/stages/find_skips.h"

#include <algorithm>
#include <map>

namespace orrery {
namespace {

using Next = std::map<int, std::vector<int>>;

bool reaches(const Next& next, int from, int to) {
  std::set<int> seen{from};
  std::vector<int> stack{from};
  while (!stack.empty()) {
    const int at = stack.back();
    stack.pop_back();
    if (at == to) return true;
    if (const auto on = next.find(at); on != next.end())
      for (int one : on->second)
        if (seen.insert(one).second) stack.push_back(one);
  }
  return false;
}

bool is_skip(const Next& next, const PieceLine& line) {
  const auto& others = next.at(line.from);
  return std::any_of(others.begin(), others.end(),
                     [&](int other) { return other != line.to && reaches(next, other, line.to); });
}

}  // namespace

std::set<int> find_skips(const std::vector<Piece>& pieces, const std::vector<PieceLine>& lines, int source) {
  Next next;
  for (const PieceLine& line : lines) next[line.from].push_back(line.to);
  std::set<int> skips;
  for (size_t i = 0; i < lines.size(); ++i) {
    const PieceLine& line = lines[i];
    const bool tops = (line.from == source || pieces[line.from].tops.contains(line.from_stage)) &&
                      pieces[line.to].tops.contains(line.to_stage);
    if (tops && is_skip(next, line)) skips.insert(static_cast<int>(i));
  }
  return skips;
}

std::set<int> find_far_skips(const std::vector<Piece>& pieces, const std::vector<int>& order,
                             const std::vector<PieceLine>& lines, const std::set<int>& too_long,
                             const std::set<int>& kept) {
  std::set<int> chosen;
  for (int line : find_skips(pieces, lines, -1))
    if (!kept.contains(line) && too_long.contains(lines[line].from) && too_long.contains(lines[line].to))
      chosen.insert(line);
  std::vector<PieceLine> rest;
  for (size_t i = 0; i < lines.size(); ++i)
    if (!chosen.contains(static_cast<int>(i))) rest.push_back(lines[i]);
  std::map<int, size_t> segment_of;
  const std::vector<Segment> segments = cut_segments(order, rest);
  for (size_t i = 0; i < segments.size(); ++i)
    for (int piece : segments[i].pieces) segment_of[piece] = i;
  std::erase_if(chosen,
                [&](int line) { return segment_of.at(lines[line].from) >= segment_of.at(lines[line].to); });
  return chosen;
}

}  // namespace orrery
