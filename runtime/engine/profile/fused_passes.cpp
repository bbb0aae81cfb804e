#include "runtime/engine/profile/fused_passes.h"

#include <algorithm>

namespace orrery {

int FusedPasses::node_of(int unit, size_t units) {
  const auto of_passes = static_cast<int>(units);
  return unit < of_passes ? unit : unit - of_passes;
}

void FusedPasses::add(Member member, Member by) {
  const auto unit = [&](int node) { return (*unit_of_)[static_cast<size_t>(node)]; };
  if (unit(member.node) == unit(by.node)) return;
  if (timed_.empty()) timed_ = *unit_of_;
  const int its_own = static_cast<int>(units_) + by.node;
  for (const int node : {member.node, by.node}) timed_[static_cast<size_t>(node)] = its_own;
  const auto known =
      std::ranges::find(passes_, by.node, [](const Pass& pass) { return pass.members.front().node; });
  if (known == passes_.end())
    passes_.push_back({{by, member}});
  else if (std::ranges::find(known->members, member.node, &Member::node) == known->members.end())
    known->members.push_back(member);
}

// What nobody can tell apart is shared alike.
double FusedPasses::Pass::share(const Member& member) const {
  double whole = 0;
  for (const Member& each : members) whole += each.cost;
  return whole > 0 ? member.cost / whole : 1 / static_cast<double>(members.size());
}

double FusedPasses::share(int node) const {
  for (const Pass& pass : passes_)
    for (const Member& member : pass.members)
      if (member.node == node) return pass.share(member);
  return 0;
}

void FusedPasses::split(Timeline& times) const {
  for (const Pass& pass : passes_) {
    const int first = pass.members.front().node;
    for (const bool backward : {false, true}) {
      const std::int64_t whole = times.take(static_cast<int>(units_) + first, backward);
      std::int64_t left = whole;
      for (const Member& member : pass.members) {
        if (member.node == first) continue;
        const auto part = static_cast<std::int64_t>(static_cast<double>(whole) * pass.share(member));
        times.give((*unit_of_)[static_cast<size_t>(member.node)], backward, part);
        left -= part;
      }
      times.give((*unit_of_)[static_cast<size_t>(first)], backward, left);
    }
  }
}

}  // namespace orrery
