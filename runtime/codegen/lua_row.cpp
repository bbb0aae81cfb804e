#include "runtime/codegen/lua_row.h"

#include <algorithm>
#include <iterator>

namespace orrery {
namespace {

// Wider ones, or those of more parts, are no expression that one reads at a glance.
constexpr std::size_t kFoldedColumns = 60, kMostFolded = 5;

std::size_t width_of_made(const LuaMade& made) {
  return text_of(made.expression.pieces, [](const LuaPiece& piece) { return piece.text; }).size();
}

}  // namespace

std::size_t LuaRow::foldable(const std::vector<Value>& places, bool takes_layers, bool takes_blocks) const {
  std::vector<Value> read;
  for (const Value& value : places)
    for (const Item& item : items_)
      if (item.value == value && (takes_layers || !item.made.makes_layers) &&
          (takes_blocks || !item.made.is_block))
        read.push_back(value);
  if (read.size() > items_.size()) return 0;
  std::size_t parts = read.size(), width = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    const Item& item = items_[items_.size() - read.size() + i];
    if (item.value != read[i]) return 0;
    parts += item.made.folded;
    width += width_of_made(item.made);
  }
  return parts > kMostFolded || width > kFoldedColumns ? 0 : read.size();
}

bool LuaRow::is_read_before(std::size_t count, const std::vector<Value>& reads) const {
  return std::any_of(items_.begin(), items_.end() - static_cast<std::ptrdiff_t>(count),
                     [&](const Item& item) { return std::ranges::find(reads, item.value) != reads.end(); });
}

std::vector<LuaRow::Item> LuaRow::take(std::size_t count) {
  const auto first = items_.end() - static_cast<std::ptrdiff_t>(count);
  std::vector<Item> taken(std::make_move_iterator(first), std::make_move_iterator(items_.end()));
  items_.erase(first, items_.end());
  return taken;
}

}  // namespace orrery
