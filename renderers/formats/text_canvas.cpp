#include "renderers/formats/text_canvas.h"

#include <algorithm>

#include "renderers/formats/letters.h"

namespace orrery {
namespace {

constexpr std::uint8_t kUp = 1, kRight = 2, kDown = 4, kLeft = 8;

struct Glyph {
  const char *fine, *ascii;
};

// By the sum of the arms.
constexpr Glyph kLines[] = {{" ", " "}, {"│", "|"}, {"─", "-"}, {"╰", "+"}, {"│", "|"}, {"│", "|"},
                            {"╭", "+"}, {"├", "+"}, {"─", "-"}, {"╯", "+"}, {"─", "-"}, {"┴", "+"},
                            {"╮", "+"}, {"┤", "+"}, {"┬", "+"}, {"┼", "+"}};

struct BorderGlyphs {
  Glyph top_left, top_right, bottom_left, bottom_right, flat, upright, leaving;
};

const BorderGlyphs& glyphs_of(TextCanvas::Border border) {
  static constexpr BorderGlyphs kSolid{{"┌", "+"}, {"┐", "+"}, {"└", "+"}, {"┘", "+"},
                                       {"─", "-"}, {"│", "|"}, {"┬", "+"}};
  static constexpr BorderGlyphs kTwofold{{"╔", "#"}, {"╗", "#"}, {"╚", "#"}, {"╝", "#"},
                                         {"═", "="}, {"║", "#"}, {"╤", "+"}};
  static constexpr BorderGlyphs kFaint{{"┌", "."}, {"┐", "."}, {"└", "."}, {"┘", "."},
                                       {"╌", "."}, {"╎", ":"}, {"┬", "+"}};
  return border == TextCanvas::Border::solid     ? kSolid
         : border == TextCanvas::Border::twofold ? kTwofold
                                                 : kFaint;
}

std::uint8_t towards(Cell from, Cell to) {
  if (from.column != to.column) return from.column < to.column ? kRight : kLeft;
  return from.row < to.row ? kDown : kUp;
}

std::uint8_t opposite(std::uint8_t arm) {
  return static_cast<std::uint8_t>(arm == kUp || arm == kRight ? arm << 2 : arm >> 2);
}

Cell next(Cell cell, std::uint8_t arm) {
  return {cell.column + (arm == kRight) - (arm == kLeft), cell.row + (arm == kDown) - (arm == kUp)};
}

}  // namespace

TextCanvas::TextCanvas(int columns, int rows, bool ascii)
    : columns_(static_cast<size_t>(columns)),
      rows_(rows),
      ascii_(ascii),
      cells_(static_cast<size_t>(columns) * static_cast<size_t>(rows)) {}

void TextCanvas::box(const CellRect& r, Border border) {
  const BorderGlyphs& glyphs = glyphs_of(border);
  const auto put = [&](int column, int row, const Glyph& glyph) {
    Letters& letters = at({column, row});
    letters.bytes = ascii_ ? glyph.ascii : glyph.fine;
    letters.border = border != Border::faint;
  };
  for (int column = r.left; column <= r.right; ++column)
    put(column, r.top, glyphs.flat), put(column, r.bottom, glyphs.flat);
  for (int row = r.top; row <= r.bottom; ++row)
    put(r.left, row, glyphs.upright), put(r.right, row, glyphs.upright);
  put(r.left, r.top, glyphs.top_left), put(r.right, r.top, glyphs.top_right);
  put(r.left, r.bottom, glyphs.bottom_left), put(r.right, r.bottom, glyphs.bottom_right);
}

void TextCanvas::arm(Cell cell, std::uint8_t arm, int value) {
  Letters& letters = at(cell);
  if (letters.border) return;
  if (letters.value >= 0 && letters.value != value) {
    const bool upright = arm == kUp || arm == kDown;
    if (!upright) return;
    letters.arms &= kUp | kDown;
  }
  letters.value = value;
  letters.arms |= arm;
  const Glyph& glyph = kLines[letters.arms];
  letters.bytes = ascii_ ? glyph.ascii : glyph.fine;
}

void TextCanvas::line(const std::vector<Cell>& path, int value) {
  std::uint8_t step = kDown;
  for (size_t i = 1; i < path.size(); ++i) {
    if (path[i] == path[i - 1]) continue;
    step = towards(path[i - 1], path[i]);
    for (Cell cell = path[i - 1]; !(cell == path[i]); cell = next(cell, step)) {
      arm(cell, step, value);
      arm(next(cell, step), opposite(step), value);
    }
  }
  static constexpr Glyph kArrows[] = {{"▲", "^"}, {"►", ">"}, {"▼", "v"}, {"◄", "<"}};
  const Glyph& arrow = kArrows[step == kUp ? 0 : step == kRight ? 1 : step == kDown ? 2 : 3];
  at(path.back()).bytes = ascii_ ? arrow.ascii : arrow.fine;
  Letters& begin = at(path.front());
  if (begin.bytes == "═") begin.bytes = "╤";
  if (begin.bytes == "─") begin.bytes = "┬";
  if (begin.bytes == "-" || begin.bytes == "=") begin.bytes = "+";
}

void TextCanvas::text(Cell cell, std::string_view text) {
  for (const Letter& letter : letters_of(text)) {
    if (letter.columns == 0) {
      if (cell.column > 0) at({cell.column - 1, cell.row}).bytes += letter.bytes;
      continue;
    }
    if (static_cast<size_t>(cell.column + letter.columns) > columns_) return;
    at(cell).bytes = letter.bytes;
    if (letter.columns == 2) at({cell.column + 1, cell.row}).bytes.clear();
    cell.column += letter.columns;
  }
}

bool TextCanvas::is_free(Cell cell) const {
  return cell.row >= 0 && cell.row < rows_ && cell.column >= 0 &&
         static_cast<size_t>(cell.column) < columns_ && at(cell).bytes == " ";
}

std::string TextCanvas::str() const {
  std::string result;
  for (int row = 0; row < rows_; ++row) {
    std::string line;
    for (int column = 0; column < static_cast<int>(columns_); ++column) line += at({column, row}).bytes;
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + "\n";
  }
  return result;
}

}  // namespace orrery
