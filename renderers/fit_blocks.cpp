#include "renderers/fit_blocks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "runtime/core/pattern.h"

namespace orrery {
namespace {

/// A block that may be open or collapsed.
struct OpenableBlock {
  int parent = -1;  ///< the block around, among these
  int depth = 0;
  int structure = -1;
  double area = 0;
  std::vector<std::string> paths;  ///< of all that are drawn as this one
};

/// The blocks that are open in a drawing in which all are.
std::vector<OpenableBlock> openable_blocks(const Diagram& diagram, const layout::Sketch& sketch,
                                           const std::vector<std::string>& expanded) {
  std::vector<OpenableBlock> blocks;
  std::vector<int> block_of(diagram.boxes.size(), -1);
  for (size_t i = 1; i < diagram.boxes.size(); ++i) {
    const DiagramBox& box = diagram.boxes[i];
    const int around = block_of[static_cast<size_t>(box.parent)];
    block_of[i] = around;
    const bool stays = std::any_of(expanded.begin(), expanded.end(),
                                   [&](const std::string& one) { return fits_pattern(box.path, one); });
    if (box.kind != DiagramBox::Kind::frame || stays) continue;
    const Size& size = sketch.boxes[i].size;
    block_of[i] = static_cast<int>(blocks.size());
    blocks.push_back({.parent = around,
                      .depth = around < 0 ? 0 : blocks[static_cast<size_t>(around)].depth + 1,
                      .structure = box.structure,
                      .area = size.width * size.height,
                      .paths = box.members.empty() ? std::vector{box.path} : box.members});
  }
  return blocks;
}

/// Looks for places on the page for a diagram.
class PageTrial {
 public:
  PageTrial(const BoxDraftsman& draftsman, const PageWish& page) : draftsman_(draftsman), page_(page) {}

  Size room_at(double scale) const {
    const double points = kPointsPerMillimetre / scale;
    return {page_.size.width * points, page_.size.height * points};
  }

  /// The first of some ways to break its chains that fits at a scale.
  std::optional<BoxDrawing> at_scale(const Diagram& diagram, const layout::Sketch& sketch,
                                     double scale) const {
    const Size room = room_at(scale);
    if (leaf_area(sketch) > room.width * room.height) return {};
    for (const layout::Room& way : ways(diagram, room))
      if (BoxDrawing drawing = draftsman_.drawing(diagram, sketch, way); fits(drawing, room)) return drawing;
    return {};
  }

  /// At the largest scale at which it fits.
  BoxDrawing largest(const Diagram& diagram, const layout::Sketch& sketch) const {
    const double least = page_.least_scale(draftsman_.theme), most = page_.most_scale(draftsman_.theme);
    const int steps = 4;
    for (int i = 0; i < steps && most > least; ++i)
      if (auto drawing = at_scale(diagram, sketch, most - (most - least) * i / steps))
        return std::move(*drawing);
    return std::move(*at_scale(diagram, sketch, least));
  }

  /// As it comes out where nothing fits.
  BoxDrawing too_large(const Diagram& diagram, const layout::Sketch& sketch) const {
    const Size room = room_at(page_.least_scale(draftsman_.theme));
    return draftsman_.drawing(diagram, sketch, ways(diagram, room).back());
  }

 private:
  static double leaf_area(const layout::Sketch& sketch) {
    double sum = 0;
    for (const layout::SketchBox& box : sketch.boxes)
      if (!box.frame) sum += box.size.width * box.size.height;
    return sum;
  }

  static bool fits(const BoxDrawing& drawing, Size room) {
    const double rounding = 1e-6;
    return drawing.size.width <= room.width + rounding && drawing.size.height <= room.height + rounding;
  }

  // Whole; broken where a frame is longer than the page; with the frames inside broken into shorter columns,
  // so that several stand below each other.
  std::vector<layout::Room> ways(const Diagram& diagram, Size room) const {
    std::vector<layout::Room> result{{}};
    if (!page_.wrap) return result;
    const double legend = draftsman_.legend(diagram, std::min(room.width, 1e4)).size().height;
    const Size size{std::isinf(room.width) ? 0 : room.width,
                    std::isinf(room.height) ? 0 : std::max(1.0, room.height - legend)};
    for (const double share : {1.0, 0.64, 0.48, 0.32}) result.push_back({size, share});
    return result;
  }

  const BoxDraftsman& draftsman_;
  const PageWish& page_;
};

// Where nothing else helps, boxes and lines stand as near to each other as is still easy to read.
layout::Sketch tightened(layout::Sketch sketch, const Diagram& diagram, const Theme& theme) {
  constexpr double kText = 0.6;  // of the room above and below texts
  sketch.spacing.rank = std::min(sketch.spacing.rank, 10.0);
  sketch.spacing.arrow = std::min(sketch.spacing.arrow, 6.5);
  sketch.spacing.frames = std::min(sketch.spacing.frames, 6.5);
  sketch.spacing.label = std::min(sketch.spacing.label, 1.2);
  for (size_t i = 0; i < sketch.boxes.size(); ++i)
    if (!sketch.boxes[i].frame && theme.look(diagram.boxes[i]).shape != BoxShape::circle)
      sketch.boxes[i].size.height -= 2 * theme.padding_y * (1 - kText);
  return sketch;
}

/// Searches what to open for one direction.
class Opening {
 public:
  Opening(const DiagramMaker& make, const BoxDraftsman& draftsman, const PageWish& page, Direction direction,
          const std::vector<std::string>& expanded)
      : make_(make), draftsman_(draftsman), page_(page), trial_(draftsman, page), direction_(direction) {
    everything_ = make_({}, direction_);
    sketch_ = draftsman_.sketch(everything_);
    const BoxDrawing drawing = draftsman_.drawing(everything_, sketch_);
    blocks_ = openable_blocks(drawing.diagram, drawing.sketch, expanded);
  }

  /// How many blocks are open; none: not even the collapsed graph fits.
  std::optional<size_t> run() {
    if (!open_levels() && !open_levels_tightly()) return {};
    open_more();
    return static_cast<size_t>(std::count(open_.begin(), open_.end(), true));
  }

  BoxDrawing drawing() const {
    const Diagram diagram = diagram_of(open_);
    return trial_.largest(diagram, sketch_of(diagram));
  }

  /// Pre: `run` found nothing.
  [[noreturn]] void refuse() const {
    const Diagram diagram = diagram_of(std::vector<bool>(blocks_.size()));
    refuse_page(page_, draftsman_.theme, trial_.too_large(diagram, sketch_of(diagram)));
  }

 private:
  Diagram diagram_of(const std::vector<bool>& open) const {
    std::vector<std::string> shut;
    for (size_t i = 0; i < blocks_.size(); ++i)
      if (!open[i]) shut.insert(shut.end(), blocks_[i].paths.begin(), blocks_[i].paths.end());
    return shut.empty() ? everything_ : make_(shut, direction_);
  }

  layout::Sketch sketch_of(const Diagram& diagram) const {
    layout::Sketch sketch = draftsman_.sketch(diagram);
    return tight_ ? tightened(std::move(sketch), diagram, draftsman_.theme) : sketch;
  }

  bool fits(const std::vector<bool>& open) const {
    const Diagram diagram = diagram_of(open);
    return trial_.at_scale(diagram, sketch_of(diagram), page_.least_scale(draftsman_.theme)).has_value();
  }

  // All that lie less deep than some level, the deepest that fits.
  bool open_levels() {
    int deepest = 0;
    for (const OpenableBlock& block : blocks_) deepest = std::max(deepest, block.depth + 1);
    for (int level = deepest; level >= 0; --level) {
      open_.clear();
      for (const OpenableBlock& block : blocks_) open_.push_back(block.depth < level);
      if (fits(open_)) return true;
    }
    return false;
  }

  bool open_levels_tightly() {
    tight_ = true;
    return open_levels();
  }

  using Group = std::vector<size_t>;

  // Those inside of open blocks that have not been tried: the less deep, then the smaller first; equal ones
  // together.
  std::vector<Group> next_groups(const std::set<size_t>& tried) const {
    std::map<std::tuple<int, double, int>, Group> groups;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const OpenableBlock& block = blocks_[i];
      if (open_[i] || tried.contains(i)) continue;
      if (block.parent >= 0 && !open_[static_cast<size_t>(block.parent)]) continue;
      groups[{block.depth, std::round(block.area), block.structure}].push_back(i);
    }
    std::vector<Group> result;
    for (auto& [key, group] : groups) result.push_back(std::move(group));
    return result;
  }

  bool try_open(const Group& group) {
    std::vector<bool> more = open_;
    for (size_t block : group) more[block] = true;
    if (!fits(more)) return false;
    open_ = std::move(more);
    return true;
  }

  // Of equal blocks at least one tells what is inside of all.
  void open_more() {
    int tries = 64;  // bounds the time
    std::set<size_t> tried;
    for (auto groups = next_groups(tried); !groups.empty() && tries > 0; groups = next_groups(tried)) {
      const Group& group = groups.front();
      tried.insert(group.begin(), group.end());
      --tries;
      if (!try_open(group) && group.size() > 1) --tries, try_open({group.front()});
    }
  }

  const DiagramMaker& make_;
  const BoxDraftsman& draftsman_;
  const PageWish& page_;
  PageTrial trial_;
  Direction direction_;
  Diagram everything_;
  layout::Sketch sketch_;
  std::vector<OpenableBlock> blocks_;
  std::vector<bool> open_;
  bool tight_ = false;
};

}  // namespace

BoxDrawing fit_blocks(const DiagramMaker& make, const BoxDraftsman& draftsman, const PageWish& page,
                      const FitChoices& choices) {
  std::optional<BoxDrawing> best;
  std::pair<size_t, double> merit;  // blocks that are open, scale
  for (const Direction direction : choices.directions) {
    Opening opening(make, draftsman, page, direction, choices.expanded);
    const std::optional<size_t> open = opening.run();
    if (!open) continue;
    BoxDrawing drawing = opening.drawing();
    const std::pair now{*open, scale_on(page.size, drawing.size, page.most_scale(draftsman.theme))};
    if (!best || now > merit) merit = now, best = std::move(drawing);
  }
  if (best) return std::move(*best);
  Opening opening(make, draftsman, page, choices.directions.front(), choices.expanded);
  if (!opening.run()) opening.refuse();
  return opening.drawing();
}

}  // namespace orrery
