#include "renderers/page_fit.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "renderers/render.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {
namespace {

const std::map<std::string, PageSize>& pages() {
  static const std::map<std::string, PageSize> sizes = {
      {"neurips-column", {139.7, 228.6}},  // 5.5 × 9 inches of text
      {"ieee-column", {88.9, 241.3}},      // 3.5 × 9.5 inches
      {"a4", {170, 257}},
      {"slide", {254, 142.9}},
  };
  return sizes;
}

// The open block that takes the most room beside those inside of it; -1: all blocks are shut.
int largest_open_block(const Diagram& diagram, const layout::Sketch& sketch) {
  int largest = -1;
  const auto area = [&](int box) {
    const Size& size = sketch.boxes[static_cast<size_t>(box)].size;
    return size.width * size.height;
  };
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    if (diagram.boxes[i].kind == DiagramBox::Kind::frame &&
        (largest < 0 || area(static_cast<int>(i)) > area(largest)))
      largest = static_cast<int>(i);
  return largest;
}

std::string remedy(const Diagram& diagram, const layout::Sketch& sketch) {
  if (const int block = largest_open_block(diagram, sketch); block >= 0)
    return "Collapse '" + diagram.boxes[static_cast<size_t>(block)].path + "', which takes the most room.";
  return fmt::format(
      "All blocks are collapsed, and {} boxes are left: hide some, fuse, leave out shapes, give nodes that "
      "belong "
      "together a block (g:block, g:group), or take a larger page.",
      diagram.boxes.size() - 1);
}

}  // namespace

const std::vector<std::string>& page_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const auto& [name, size] : pages()) result.push_back(name);
    return result;
  }();
  return names;
}

PageSize page_size(const std::string& name) {
  if (const auto at = pages().find(name); at != pages().end()) return at->second;
  std::string list;
  for (const std::string& one : page_names()) list += (list.empty() ? "'" : ", '") + one + "'";
  fail(Fault::usage, "fit must be one of {}, got '{}'{}", list, name, did_you_mean(name, page_names()));
}

double scale_on(const PageSize& page, Size drawing) {
  return std::min({1.0, page.width * kPointsPerMillimetre / drawing.width,
                   page.height * kPointsPerMillimetre / drawing.height});
}

double least_text(const Theme& theme) {
  return std::min({theme.title.size, theme.note.size, theme.detail.size, theme.frame_title.size,
                   theme.shape.size, theme.caption.size});
}

int deepest(const Graph& graph, int limit) {
  int depth = 0;
  for (const auto& node : graph.nodes()) {
    int around = 0;
    for (const Block* block = &node->block(); block->parent(); block = block->parent()) ++around;
    depth = std::max(depth, around);
  }
  return limit < 0 ? depth : std::min(depth, limit);
}

void refuse_page(const std::string& name, const PageSize& page, const Diagram& diagram,
                 const layout::Sketch& sketch, Size drawing) {
  throw Error(
      Fault::usage,
      fmt::format(
          "the drawing does not fit on {} ({:.0f} × {:.0f} mm) with text of {:g} points: it takes {:.0f} × "
          "{:.0f} mm",
          name, page.width, page.height, kLeastText, drawing.width / kPointsPerMillimetre,
          drawing.height / kPointsPerMillimetre),
      {}, remedy(diagram, sketch));
}

}  // namespace orrery
