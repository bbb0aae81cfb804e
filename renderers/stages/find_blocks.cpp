#include <algorithm>
#include <map>

#include "renderers/stages/stage_marks.h"
#include "renderers/styles/box_lines.h"

namespace orrery {
namespace {

std::string name_in(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A number alone is a place in a list; names of blocks inside of others are the author's business, titles are
// for readers.
bool says_something(const DiagramBox& frame) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return frame.repeat > 1 || !frame.amount.empty() || !frame.errors.empty() || !frame.warnings.empty() ||
         ((frame.parent == 0 || frame.title != name_in(frame.path)) &&
          !std::all_of(frame.title.begin(), frame.title.end(), is_digit));
}

void set_title(const DiagramBox& frame, const Theme& theme, TextMeasure& measure, PieceBlock& block) {
  const TextLine line = title_of(frame, theme, measure);
  const bool on_paper = !frame.heat;  // else the colour is meant for a title on its frame
  double x = 0;
  for (const TextLine::Run& run : line.runs) {
    const Size size = measure.measure(run.text, run.style);
    const double y = (line.size.height - size.height) * 0.8;
    block.title.push_back(
        {run.text, run.style, on_paper ? run.color : theme.quiet, {x, y, size.width, size.height}});
    x += size.width + kBetweenTexts;
  }
  block.size = line.size;
}

}  // namespace

std::vector<PieceBlock> find_blocks(const Diagram& diagram, const Stages& stages,
                                    const std::vector<Piece>& pieces, const Theme& theme,
                                    TextMeasure& measure) {
  std::map<int, PieceBlock> blocks;  // by frame
  for (size_t i = 0; i < pieces.size(); ++i) {
    int frame = diagram.boxes[stages.stages[pieces[i].stages[0]].box].parent;
    for (; frame > 0; frame = diagram.boxes[frame].parent)
      blocks[frame].pieces.push_back(static_cast<int>(i));
  }
  std::vector<PieceBlock> result;
  for (auto& [frame, block] : blocks) {
    const DiagramBox& box = diagram.boxes[frame];
    if (!says_something(box)) continue;
    block.frame = frame;
    for (int parent = box.parent; parent > 0; parent = diagram.boxes[parent].parent) ++block.depth;
    set_title(box, theme, measure, block);
    result.push_back(std::move(block));
  }
  return result;
}

}  // namespace orrery
