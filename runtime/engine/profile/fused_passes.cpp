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
  auto pass = std::ranges::find(passes_, by.node, [](const Pass& each) { return each.members.front().node; });
  if (pass == passes_.end()) pass = passes_.insert(passes_.end(), Pass{{by}, {}});
  if (std::ranges::find(pass->members, member.node, &Member::node) == pass->members.end())
    pass->members.push_back(member);
  pass->share_alike_or_by_cost();
}

// What nobody can tell apart is shared alike.
void FusedPasses::Pass::share_alike_or_by_cost() {
  double whole = 0;
  for (const Member& each : members) whole += each.cost;
  shares.clear();
  for (const Member& each : members)
    shares.push_back(whole > 0 ? each.cost / whole : 1 / static_cast<double>(members.size()));
}

double FusedPasses::share(int node) const {
  for (const Pass& pass : passes_)
    for (size_t i = 0; i < pass.members.size(); ++i)
      if (pass.members[i].node == node) return pass.shares[i];
  return 0;
}

void FusedPasses::split(Timeline& times) const {
  const auto unit = [&](const Member& member) { return (*unit_of_)[static_cast<size_t>(member.node)]; };
  for (const Pass& pass : passes_) {
    const Member& first = pass.members.front();
    for (const bool backward : {false, true}) {
      const std::int64_t whole = times.take(static_cast<int>(units_) + first.node, backward);
      std::int64_t left = whole;
      for (size_t i = 1; i < pass.members.size(); ++i) {
        const auto part = static_cast<std::int64_t>(static_cast<double>(whole) * pass.shares[i]);
        times.give(unit(pass.members[i]), backward, part);
        left -= part;
      }
      times.give(unit(first), backward, left);
    }
  }
}

}  // namespace orrery
