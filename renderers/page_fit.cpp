#include "renderers/page_fit.h"

#include <algorithm>
#include <cmath>
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

std::string page_words(const PageWish& page) {
  const auto [width, height] = page.size;
  if (std::isinf(width)) return fmt::format("a page of {:.0f} mm height", height);
  const std::string size = fmt::format("{:.0f} × {:.0f} mm", width, height);
  return page.name.empty() ? "a page of " + size : page.name + " (" + size + ")";
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

double scale_on(const PageSize& page, Size drawing, double most) {
  return std::min({most, page.width * kPointsPerMillimetre / drawing.width,
                   page.height * kPointsPerMillimetre / drawing.height});
}

double least_text(const Theme& theme) {
  return std::min({theme.title.size, theme.note.size, theme.detail.size, theme.frame_title.size,
                   theme.shape.size, theme.caption.size});
}

void refuse_page(const PageWish& page, const Theme& theme, const BoxDrawing& drawing) {
  const double millimetres = page.least_scale(theme) / kPointsPerMillimetre;
  throw Error(Fault::usage,
              fmt::format("the drawing does not fit on {} with text of {:g} points: it takes {:.0f} × "
                          "{:.0f} mm",
                          page_words(page), page.least_font, drawing.size.width * millimetres,
                          drawing.size.height * millimetres),
              {}, remedy(drawing.diagram, drawing.sketch));
}

}  // namespace orrery
