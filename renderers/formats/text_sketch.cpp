#include "renderers/formats/text_sketch.h"

#include <algorithm>
#include <optional>

#include "renderers/formats/ascii_text.h"
#include "renderers/formats/box_words.h"
#include "renderers/formats/letters.h"
#include "renderers/formats/text_canvas.h"
#include "renderers/formats/text_grid.h"
#include "renderers/formats/text_outline.h"

namespace orrery {
namespace {

constexpr size_t kMostBoxes = 2000;

/// How much of the texts is shown; each is narrower than the one before.
struct Detail {
  bool one_line;  ///< all that stands on a box in one row
  int most;       ///< columns of a row
  bool labels;    ///< shapes beside the lines
};
constexpr Detail kDetails[] = {
    {true, 44, true}, {false, 44, true}, {false, 24, true}, {false, 24, false}, {false, 14, false}};

class TextSketch {
 public:
  TextSketch(const Diagram& diagram, const Theme& theme, const TextSketchOptions& options, Detail detail)
      : diagram_(diagram), theme_(theme), options_(options), detail_(detail) {
    for (const DiagramBox& box : diagram.boxes) words_.push_back(words(box));
    for (const DiagramValue& value : diagram.values)
      labels_.push_back(detail.labels ? shown(value.label) : std::string());
  }

  /// Nothing when it is too wide.
  std::optional<std::string> draw() {
    const TextGrid grid = laid_out();
    if (grid.columns > options_.columns) return {};
    TextCanvas canvas(grid.columns, grid.rows, options_.ascii);
    for (size_t i = 1; i < diagram_.boxes.size(); ++i) canvas.box(grid.boxes[i], border(diagram_.boxes[i]));
    for (size_t net = 0; net < grid.paths.size(); ++net)
      for (const auto& path : grid.paths[net]) canvas.line(path, static_cast<int>(net));
    for (size_t i = 1; i < diagram_.boxes.size(); ++i) write(canvas, grid, i);
    for (size_t net = 0; net < grid.labels.size(); ++net) canvas.text(grid.labels[net], labels_[net]);
    number_operands(canvas, grid);
    return canvas.str();
  }

 private:
  bool is_frame(size_t box) const { return diagram_.boxes[box].kind == DiagramBox::Kind::frame; }

  std::string shown(const std::string& text) const {
    return text_that_fits(text, detail_.most, options_.ascii);
  }

  std::vector<std::string> words(const DiagramBox& box) const {
    std::vector<std::string> lines = words_of(box, theme_);
    if (detail_.one_line && lines.size() > 1) {
      std::string all;
      for (const std::string& line : lines) all += (all.empty() ? "" : "  ") + line;
      if (columns_of(all) <= detail_.most) lines = {all};
    }
    for (std::string& line : lines) line = shown(line);
    return lines;
  }

  static TextCanvas::Border border(const DiagramBox& box) {
    using Kind = DiagramBox::Kind;
    return box.kind == Kind::frame    ? TextCanvas::Border::faint
           : box.kind == Kind::folded ? TextCanvas::Border::twofold
                                      : TextCanvas::Border::solid;
  }

  TextRoom room(size_t box) const {
    TextRoom room{0, static_cast<int>(words_[box].size())};
    for (const std::string& line : words_[box]) room.columns = std::max(room.columns, columns_of(line));
    if (!is_frame(box)) room.lines = std::max(room.lines, 1);
    return room;
  }

  layout::Sketch sketch() const {
    layout::Sketch sketch;
    for (size_t i = 0; i < diagram_.boxes.size(); ++i)
      sketch.boxes.push_back({.parent = diagram_.boxes[i].parent, .frame = is_frame(i)});
    for (const DiagramValue& value : diagram_.values) {
      layout::Net net{.source = value.source, .output = value.output};
      for (const DiagramReader& reader : value.readers) {
        net.sinks.push_back({.box = reader.box, .port = reader.port});
        // From step to step a text flows on; only a loop goes back.
        if (reader.later && reader.box <= value.source) net.sinks.back().way = layout::Sink::Way::back;
      }
      sketch.nets.push_back(std::move(net));
    }
    return sketch;
  }

  TextGrid laid_out() const {
    std::vector<TextRoom> rooms;
    for (size_t i = 0; i < diagram_.boxes.size(); ++i) rooms.push_back(room(i));
    std::vector<int> label_columns;
    for (const std::string& label : labels_) label_columns.push_back(columns_of(label));
    return text_grid(sketch(), rooms, label_columns);
  }

  void write(TextCanvas& canvas, const TextGrid& grid, size_t box) const {
    const CellRect& at = grid.boxes[box];
    if (is_frame(box)) {
      if (!words_[box].empty()) canvas.text(grid.titles[box], " " + words_[box][0] + " ");
      return;
    }
    const int lines = static_cast<int>(words_[box].size());
    int row = at.top + 1 + (at.bottom - at.top - 1 - lines) / 2;
    for (const std::string& line : words_[box])
      canvas.text({at.left + (at.right - at.left + 1 - columns_of(line)) / 2, row++}, line);
  }

  void number_operands(TextCanvas& canvas, const TextGrid& grid) const {
    for (size_t net = 0; net < grid.paths.size(); ++net)
      for (size_t sink = 0; sink < grid.paths[net].size(); ++sink) {
        const std::string words = shown(operand_number(diagram_.values[net].readers[sink], diagram_, theme_));
        const Cell end = grid.paths[net][sink].back();
        const Cell place{end.column - columns_of(words), end.row - 1};
        bool free = !words.empty();
        for (int i = 0; i < columns_of(words); ++i)
          free = free && canvas.is_free({place.column + i, place.row});
        if (free) canvas.text(place, words);
      }
  }

  const Diagram& diagram_;
  const Theme& theme_;
  const TextSketchOptions& options_;
  Detail detail_;
  std::vector<std::vector<std::string>> words_;
  std::vector<std::string> labels_;
};

}  // namespace

std::string text_sketch(const Diagram& diagram, const Theme& theme, const TextSketchOptions& options) {
  if (diagram.boxes.size() > kMostBoxes) return text_outline(diagram, theme, options);
  const std::string title = text_that_fits(diagram.title, options.columns, options.ascii);
  for (const Detail& detail : kDetails)
    if (const auto drawn = TextSketch(diagram, theme, options, detail).draw()) return title + "\n" + *drawn;
  return text_outline(diagram, theme, options);
}

}  // namespace orrery
