#include "renderers/diagram/delta_overlay.h"

#include <optional>

#include "renderers/diagram/merge_graphs.h"

namespace orrery {
namespace {

using Amounts = std::map<std::string, double>;

std::optional<double> amount_at(const Amounts& amounts, const std::string& path) {
  const auto at = amounts.find(path);
  return at == amounts.end() ? std::nullopt : std::optional(at->second);
}

std::string without_mark(const std::string& path) {
  return path.ends_with(kRemoved) ? path.substr(0, path.size() - kRemoved.size()) : path;
}

std::optional<double> growth(const DiagramBox& box, const std::string& old_path, const Amounts& before,
                             const Amounts& after) {
  if (box.change == GraphDiff::Kind::removed) {
    const auto lost = amount_at(before, without_mark(box.path));
    return lost ? std::optional(-*lost) : std::nullopt;
  }
  const auto now = amount_at(after, box.path);
  if (box.change == GraphDiff::Kind::added || !now) return now;
  const auto was = amount_at(before, old_path);
  return was ? std::optional(*now - *was) : std::nullopt;
}

}  // namespace

Overlay delta_overlay(const Diagram& merged, const GraphDiff& diff, const Overlay& before,
                      const Overlay& after) {
  Overlay result = after;
  result.nodes.clear(), result.blocks.clear(), result.total.clear();
  result.delta = true;
  std::map<std::string, std::string> blocks, nodes;  // old paths
  for (const auto& entry : diff.blocks) blocks[entry.path] = entry.old_path;
  for (const auto& entry : diff.nodes) nodes[entry.path] = entry.old_path;
  const bool by_node = !before.nodes.empty() && !after.nodes.empty();
  const auto add = [](Amounts& amounts, const std::string& path, std::optional<double> amount) {
    if (amount) amounts[path] = *amount;
  };
  for (const DiagramBox& box : merged.boxes) {
    if (box.kind == DiagramBox::Kind::frame) {
      const std::string& old = blocks[box.path];
      add(result.blocks, box.path, growth(box, old, before.blocks, after.blocks));
      add(result.total, box.path, growth(box, old, before.total, after.total));
    } else if (by_node && box.kind != DiagramBox::Kind::output) {
      add(result.nodes, box.path, growth(box, nodes[box.path], before.nodes, after.nodes));
    }
  }
  return result;
}

}  // namespace orrery
