#include <limits>
#include <queue>

#include "renderers/layout/passes.h"

namespace orrery::layout {
namespace {

struct Neighbours {
  std::vector<std::vector<int>> out, in;  // forward links by item
};

Neighbours neighbours(const Interior& in) {
  Neighbours n{std::vector<std::vector<int>>(in.items.size()),
               std::vector<std::vector<int>>(in.items.size())};
  for (size_t i = 0; i < in.links.size(); ++i) {
    if (in.links[i].backward) continue;
    n.out[in.links[i].source].push_back(static_cast<int>(i));
    n.in[in.links[i].sink].push_back(static_cast<int>(i));
  }
  return n;
}

std::vector<int> topological(const Interior& in, const Neighbours& n) {
  std::vector<size_t> missing(in.items.size());
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (size_t i = 0; i < in.items.size(); ++i) {
    missing[i] = n.in[i].size();
    if (missing[i] == 0) ready.push(static_cast<int>(i));
  }
  std::vector<int> result;
  while (!ready.empty()) {
    const int item = ready.top();
    ready.pop();
    result.push_back(item);
    for (int link : n.out[item])
      if (--missing[in.links[link].sink] == 0) ready.push(in.links[link].sink);
  }
  return result;
}

// Depth first without recursion: a link to an item that is still open closes a cycle.
void open_cycles(Interior& in) {
  const Neighbours n = neighbours(in);
  enum class State { unseen, open, done };
  std::vector<State> state(in.items.size(), State::unseen);
  std::vector<std::pair<int, size_t>> stack;
  const auto visit_all_from = [&](int start) {
    stack.emplace_back(start, 0);
    state[start] = State::open;
    while (!stack.empty()) {
      const int item = stack.back().first;
      if (stack.back().second == n.out[item].size()) {
        state[item] = State::done;
        stack.pop_back();
        continue;
      }
      Link& link = in.links[n.out[item][stack.back().second++]];
      if (state[link.sink] == State::open) link.backward = true;
      if (state[link.sink] != State::unseen) continue;
      state[link.sink] = State::open;
      stack.emplace_back(link.sink, 0);
    }
  };
  for (size_t i = 0; i < in.items.size(); ++i)
    if (state[i] == State::unseen && in.items[i].kind == Item::Kind::in_port)
      visit_all_from(static_cast<int>(i));
  for (size_t i = 0; i < in.items.size(); ++i)
    if (state[i] == State::unseen) visit_all_from(static_cast<int>(i));
}

bool any(const Interior& in, Item::Kind kind) {
  return std::any_of(in.items.begin(), in.items.end(), [&](const Item& item) { return item.kind == kind; });
}

void rank_by_longest_path(Interior& in, const Neighbours& n, const std::vector<int>& sorted) {
  const int first = any(in, Item::Kind::in_port) ? 1 : 0;
  int last = 0;
  for (int i : sorted) {
    Item& item = in.items[i];
    item.rank = item.kind == Item::Kind::in_port ? 0 : first;
    if (item.below >= 0) item.rank = std::max(item.rank, in.items[item.below].rank + 1);
    for (int link : n.in[i]) item.rank = std::max(item.rank, in.items[in.links[link].source].rank + 1);
    if (item.kind != Item::Kind::out_port) last = std::max(last, item.rank);
  }
  for (Item& item : in.items)
    if (item.kind == Item::Kind::out_port) item.rank = last + 1;
}

// A constant or a label stands just before what reads it, not at the top of the page.
void draw_near(Interior& in, const Neighbours& n, const std::vector<int>& sorted) {
  std::vector<bool> floats(in.items.size());
  for (int i : sorted) {
    floats[i] = in.items[i].kind == Item::Kind::box;
    for (int link : n.in[i]) floats[i] = floats[i] && floats[in.links[link].source];
  }
  for (size_t k = sorted.size(); k-- > 0;) {
    const int i = sorted[k];
    if (!floats[i] || n.out[i].empty()) continue;
    int nearest = in.items[in.links[n.out[i][0]].sink].rank;
    for (int link : n.out[i]) nearest = std::min(nearest, in.items[in.links[link].sink].rank);
    in.items[i].rank = nearest - 1;
  }
}

// Several boxes that read one value, and whose own are read later, stand right before what reads them: so one
// line passes what lies between instead of one each.
void share_lines(Interior& in, const Neighbours& n, const std::vector<int>& sorted) {
  const auto latest = [&](int item) {
    int rank = std::numeric_limits<int>::max();
    for (int link : n.out[item]) rank = std::min(rank, in.items[in.links[link].sink].rank - 1);
    return rank;
  };
  std::vector<bool> stays(in.items.size());
  for (size_t i = 0; i < in.items.size(); ++i)
    if (in.items[i].below >= 0) stays[i] = stays[static_cast<size_t>(in.items[i].below)] = true;
  std::map<std::pair<int, int>, std::vector<int>> readers;  // by source and net
  for (size_t k = sorted.size(); k-- > 0;) {
    const int i = sorted[k];
    if (in.items[i].kind != Item::Kind::box || stays[i] || n.in[i].size() != 1 || n.out[i].empty()) continue;
    const Link& from = in.links[n.in[i][0]];
    if (latest(i) > in.items[i].rank) readers[{from.source, from.net}].push_back(i);
  }
  for (const auto& [value, items] : readers)
    if (items.size() > 1)
      for (int item : items) in.items[item].rank = latest(item);
}

}  // namespace

void rank(Interior& in) {
  Neighbours n = neighbours(in);
  std::vector<int> sorted = topological(in, n);
  if (sorted.size() < in.items.size()) {
    open_cycles(in);
    n = neighbours(in);
    sorted = topological(in, n);
  }
  rank_by_longest_path(in, n, sorted);
  draw_near(in, n, sorted);
  share_lines(in, n, sorted);
  // A loop may lead from what stands higher: it then goes with the flow.
  for (Link& link : in.links)
    link.backward = link.backward && in.items[link.source].rank >= in.items[link.sink].rank;
  // A line against the ranks turns round before the first and behind the last of them.
  const bool turns =
      std::any_of(in.links.begin(), in.links.end(), [](const Link& link) { return link.backward; });
  int last = -1;
  for (Item& item : in.items) last = std::max(last, item.rank += turns ? 1 : 0);
  in.rows.assign(static_cast<size_t>(last) + (turns ? 2 : 1), {});
}

}  // namespace orrery::layout
