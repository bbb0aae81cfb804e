#include "renderers/diagram/contract.h"

#include "renderers/diagram/merge_boxes.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;
using Change = GraphDiff::Kind;

constexpr size_t kShortest = 3;

/// The one box behind each, and before each; -1 where there are none or several, or where something changed.
struct Links {
  std::vector<int> next, before;
};

bool is_plain(const DiagramBox& box) {
  return box.kind == Kind::operation && box.change == Change::same && box.errors.empty() &&
         box.warnings.empty();
}

Links links_of(const Diagram& diagram) {
  const size_t count = diagram.boxes.size();
  std::vector<int> out(count), in(count);
  std::vector<bool> quiet(count);
  for (size_t i = 0; i < count; ++i) quiet[i] = is_plain(diagram.boxes[i]);
  Links links{std::vector<int>(count, -1), std::vector<int>(count, -1)};
  for (const DiagramValue& value : diagram.values)
    for (const DiagramReader& reader : value.readers) {
      const auto from = static_cast<size_t>(value.source), to = static_cast<size_t>(reader.box);
      links.next[from] = ++out[from] == 1 ? reader.box : -1;
      links.before[to] = ++in[to] == 1 ? value.source : -1;
      const bool calm = reader.change == Change::same && diagram.boxes[from].change == Change::same &&
                        diagram.boxes[to].change == Change::same;
      if (!calm) quiet[from] = quiet[to] = false;
    }
  for (size_t i = 0; i < count; ++i)
    if (!quiet[i] || links.next[i] < 0 || links.before[i] < 0) links.next[i] = links.before[i] = -1;
  return links;
}

void name_chain(DiagramBox& first, const DiagramBox& last, size_t count) {
  first.kind = Kind::folded;
  first.detail = std::to_string(count) + " operations";
  first.title = first.title == last.title ? first.title : first.title + " … " + last.title;
  first.note.clear();
  first.symbol.clear();
}

}  // namespace

void contract_unchanged(Diagram& diagram) {
  const Links links = links_of(diagram);
  std::vector<int> into(diagram.boxes.size());
  for (size_t i = 0; i < into.size(); ++i) into[i] = static_cast<int>(i);
  const auto follows = [&](int a, int b) {
    return b > a && links.before[static_cast<size_t>(b)] == a &&
           diagram.boxes[static_cast<size_t>(a)].parent == diagram.boxes[static_cast<size_t>(b)].parent;
  };
  for (size_t i = 0; i < into.size(); ++i) {
    if (into[i] != static_cast<int>(i) || links.next[i] < 0) continue;
    std::vector<int> chain = {static_cast<int>(i)};
    for (int next = links.next[i]; next >= 0 && follows(chain.back(), next);
         next = links.next[static_cast<size_t>(next)])
      chain.push_back(next);
    if (chain.size() < kShortest) continue;
    for (int box : chain) into[static_cast<size_t>(box)] = chain.front();
    name_chain(diagram.boxes[i], diagram.boxes[static_cast<size_t>(chain.back())], chain.size());
  }
  merge_boxes(diagram, into);
}

}  // namespace orrery
