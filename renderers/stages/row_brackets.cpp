#include <algorithm>
#include <set>

#include "renderers/stages/rows.h"

namespace orrery {
namespace {

constexpr double kUnder = 4;  // between a row and the lines under it
constexpr double kTick = 3;   // of a line's ends
constexpr double kApartTexts = 5;

/// One block's line under a row.
struct Under {
  const PieceBlock* block;
  double begin, end;            // of the line
  double text_begin, text_end;  // of its title
  double y = 0;

  double low() const { return std::min(begin, text_begin); }
  double high() const { return std::max(end, text_end); }
  double bottom() const { return y + kTick + 1 + block->size.height; }
};

// The part of a row that a block has; none where another piece lies in it.
std::optional<Under> part_of(const PieceBlock& block, const Row& row) {
  Rect part;
  for (int piece : block.pieces)
    if (const auto at = row.shapes.find(piece); at != row.shapes.end()) part = united(part, at->second);
  if (part.width <= 0) return {};
  for (const auto& [piece, r] : row.shapes)
    if (r.x < part.right() && part.x < r.right() &&
        std::find(block.pieces.begin(), block.pieces.end(), piece) == block.pieces.end())
      return {};
  const double middle = part.middle().x, half = block.size.width / 2;
  return Under{&block, part.x, part.right(), middle - half, middle + half};
}

// Of blocks that have the same part, the outermost is told.
void drop_repeated(std::vector<Under>& under) {
  std::erase_if(under, [&, all = under](const Under& inner) {
    return std::any_of(all.begin(), all.end(), [&](const Under& outer) {
      return outer.begin == inner.begin && outer.end == inner.end && outer.block->depth < inner.block->depth;
    });
  });
}

double bottom_between(const Row& row, double begin, double end) {
  double y = row.bounds.y;
  for (const auto& [piece, r] : row.all)
    if (r.x < end && begin < r.right()) y = std::max(y, r.bottom());
  for (const Rect& line : row.lines)
    if (line.x <= end && begin <= line.right()) y = std::max(y, line.bottom());
  return y;
}

bool meet(const Under& a, const Under& b) {
  return a.low() < b.high() + kApartTexts && b.low() < a.high() + kApartTexts;
}

void add_title(const Under& under, double y, Picture& picture) {
  for (PictureText text : under.block->title) {
    text.at = text.at.moved({under.text_begin, y});
    text.frame = under.block->frame;
    picture.texts.push_back(std::move(text));
  }
}

bool is_crossed(const Rect& text, const Picture& picture) {
  return std::any_of(picture.lines.begin(), picture.lines.end(), [&](const PictureLine& line) {
    for (size_t i = 1; i < line.points.size(); ++i)
      if (spanned(line.points[i - 1], line.points[i]).overlaps(text)) return true;
    return false;
  });
}

}  // namespace

void drop_crossed_brackets(Picture& picture) {
  std::set<int> crossed;
  for (const PictureText& text : picture.texts)
    if (text.frame >= 0 && is_crossed(text.at, picture)) crossed.insert(text.frame);
  std::erase_if(picture.texts, [&](const PictureText& text) { return crossed.contains(text.frame); });
  std::erase_if(picture.brackets,
                [&](const PictureBracket& bracket) { return crossed.contains(bracket.frame); });
}

void add_brackets(const std::vector<PieceBlock>& blocks, Row& row, Picture& picture) {
  std::vector<Under> under;
  for (const PieceBlock& block : blocks)
    if (const auto part = part_of(block, row)) under.push_back(*part);
  drop_repeated(under);
  std::stable_sort(under.begin(), under.end(),
                   [](const Under& a, const Under& b) { return a.block->depth > b.block->depth; });
  const Row content = row;
  for (size_t i = 0; i < under.size(); ++i) {
    Under& one = under[i];
    one.y = bottom_between(content, one.low(), one.high()) + kUnder;
    for (size_t k = 0; k < i; ++k)
      if (meet(one, under[k])) one.y = std::max(one.y, under[k].bottom() + kUnder);
    picture.brackets.push_back(
        {{{one.begin, one.y}, {one.begin, one.y + kTick}, {one.end, one.y + kTick}, {one.end, one.y}},
         one.block->frame});
    add_title(one, one.y + kTick + 1, picture);
    row.bounds = united(row.bounds, {one.low(), one.y, one.high() - one.low(), one.bottom() - one.y});
  }
}

}  // namespace orrery
