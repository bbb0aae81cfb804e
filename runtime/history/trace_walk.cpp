#include "runtime/history/trace_walk.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace orrery {
namespace {

using Piece = ExportedRun::Piece;

std::int64_t end_of(const Piece& piece) { return piece.begin_ns + piece.duration_ns; }

void add_words(std::vector<std::string>& stack, const std::string& path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    stack.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
}

void add_leaf(std::vector<TraceLeaf>& leaves, std::vector<std::string> stack, std::int64_t begin,
              std::int64_t end) {
  if (begin < end) leaves.push_back({std::move(stack), begin, end});
}

// A node that goes on beyond the part's border is cut there.
void add_part(std::vector<TraceLeaf>& leaves, const Piece& part, const std::vector<const Piece*>& nodes) {
  const std::vector<std::string> stack = {fmt::format("step {}", part.step), part.part};
  std::int64_t at = part.begin_ns;
  for (const Piece* node : nodes) {
    const std::int64_t begin = std::max(node->begin_ns, at), end = std::min(end_of(*node), end_of(part));
    if (begin >= end) continue;
    add_leaf(leaves, stack, at, begin);
    std::vector<std::string> inside = stack;
    add_words(inside, node->node);
    add_leaf(leaves, std::move(inside), begin, end);
    at = end;
  }
  add_leaf(leaves, stack, at, end_of(part));
}

}  // namespace

std::vector<TraceLeaf> trace_leaves(const std::vector<Piece>& pieces) {
  std::vector<const Piece*> parts, nodes;
  for (const Piece& piece : pieces) (piece.node.empty() ? parts : nodes).push_back(&piece);
  for (auto* each : {&parts, &nodes})
    std::ranges::stable_sort(*each, {}, [](const Piece* piece) { return piece->begin_ns; });
  std::vector<TraceLeaf> leaves;
  auto first = nodes.begin();
  for (const Piece* part : parts) {
    first =
        std::find_if(first, nodes.end(), [&](const Piece* node) { return end_of(*node) > part->begin_ns; });
    const auto last =
        std::find_if(first, nodes.end(), [&](const Piece* node) { return node->begin_ns >= end_of(*part); });
    add_part(leaves, *part, {first, last});
  }
  return leaves;
}

void walk_trace(const std::vector<TraceLeaf>& leaves,
                const std::function<void(const std::string& frame, std::int64_t at_ns)>& open,
                const std::function<void(const std::string& frame, std::int64_t at_ns)>& close) {
  static const TraceLeaf kNothing;
  const TraceLeaf* before = &kNothing;
  const auto go_on_to = [&](const TraceLeaf& leaf) {
    std::size_t shared = 0;
    while (before->end_ns == leaf.begin_ns && shared < std::min(before->stack.size(), leaf.stack.size()) &&
           before->stack[shared] == leaf.stack[shared])
      ++shared;
    for (std::size_t i = before->stack.size(); i > shared; --i) close(before->stack[i - 1], before->end_ns);
    for (std::size_t i = shared; i < leaf.stack.size(); ++i) open(leaf.stack[i], leaf.begin_ns);
    before = &leaf;
  };
  for (const TraceLeaf& leaf : leaves) go_on_to(leaf);
  go_on_to(kNothing);
}

}  // namespace orrery
