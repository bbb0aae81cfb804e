#include <map>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

int add_bend(Interior& in, int net, int rank) {
  in.items.push_back({.kind = Item::Kind::bend, .net = net, .rank = rank});
  return static_cast<int>(in.items.size()) - 1;
}

void add_hop(Interior& in, int upper, int lower, int chain, int link) {
  Hop hop{.upper = upper, .lower = lower, .chain = chain, .link = link};
  if (const auto at = in.out_offsets.find({upper, in.chains[chain].net}); at != in.out_offsets.end())
    hop.upper_offset = at->second;
  in.hops.push_back(hop);
}

void thread_forward(Interior& in, int index) {
  const Chain chain = in.chains[index];
  const int first = in.items[chain.source].rank + 1;
  int last = first;
  for (int link : chain.links) last = std::max(last, in.items[in.links[link].sink].rank);
  std::vector<int> line{chain.source};
  for (int rank = first; rank < last; ++rank) {
    line.push_back(add_bend(in, chain.net, rank));
    add_hop(in, line[line.size() - 2], line.back(), index, -1);
  }
  for (int link : chain.links)
    add_hop(in, line[in.items[in.links[link].sink].rank - first], in.links[link].sink, index, link);
  in.chains[index].first_rank = first;
  in.chains[index].bends.assign(line.begin() + 1, line.end());
}

// From the sink's rank down to the source's: the line comes out of the source, turns, and goes up.
void thread_backward(Interior& in, int index, double gap) {
  const Link& link = in.links[in.chains[index].links[0]];
  const int first = in.items[link.sink].rank, last = in.items[link.source].rank;
  in.chains[index].first_rank = first;
  const double label = vertical(in.direction) ? link.label.width : link.label.height;
  for (int rank = first; rank <= last; ++rank) {
    in.chains[index].bends.push_back(add_bend(in, link.net, rank));
    if (rank > first) {
      const auto& bends = in.chains[index].bends;
      in.hops.push_back({.upper = bends[bends.size() - 2], .lower = bends.back(), .chain = index});
    }
  }
  // The text stands to the right of the way up, in its middle.
  const auto& bends = in.chains[index].bends;
  if (label > 0) in.items[bends[bends.size() / 2]].after = label + 2 * gap;
}

}  // namespace

void thread(Interior& in, const Spacing& spacing) {
  std::map<std::pair<int, int>, int> forward;  // by source and net
  for (size_t i = 0; i < in.links.size(); ++i) {
    Link& link = in.links[i];
    const int fresh = static_cast<int>(in.chains.size());
    link.chain =
        link.backward ? fresh : forward.emplace(std::pair(link.source, link.net), fresh).first->second;
    if (link.chain == fresh)
      in.chains.push_back({.net = link.net, .source = link.source, .backward = link.backward});
    in.chains[link.chain].links.push_back(static_cast<int>(i));
  }
  const auto is_own = [&](const Chain& chain) {
    return chain.backward && in.links[chain.links[0]].sink == chain.source;
  };
  for (size_t i = 0; i < in.chains.size(); ++i) {
    if (is_own(in.chains[i])) continue;
    if (in.chains[i].backward)
      thread_backward(in, static_cast<int>(i), spacing.label);
    else
      thread_forward(in, static_cast<int>(i));
  }
  // Loops of one box lie in each other: the last is the innermost.
  for (size_t i = in.chains.size(); i-- > 0;)
    if (is_own(in.chains[i])) thread_backward(in, static_cast<int>(i), spacing.label);
}

}  // namespace orrery::layout
