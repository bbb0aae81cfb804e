#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/lua_words.h"
#include "runtime/codegen/lua_writer.h"

namespace orrery {
namespace {

constexpr std::size_t kMarkedAtOnce = 50;

}  // namespace

void LuaWriter::write_groups() {
  for (const Block* block : around_.groups()) {
    if (block->all_nodes().empty()) {
      lines_.push_back({.pieces = lua_plain(empty_block_text(*block) + "()")});
      continue;
    }
    std::vector<std::string> members;
    for (const Node* node : block->all_nodes()) members.push_back(values_.name(output_of(*node)));
    lines_.push_back(
        {.pieces = lua_plain(fmt::format("g:group({}, {})", lua_text(block->name()), lua_list(members)))});
  }
  // Where their names are free, since all nodes have moved.
  for (const Block* block : around_.groups())
    for (const Node* node : block->nodes())
      if (named_later_.contains(node))
        lines_.push_back(
            {.pieces = lua_plain(values_.name(output_of(*node)) + ":named " + lua_text(node->name()))});
}

void LuaWriter::write_states() {
  for (const Node* node : around_.states())
    lines_.push_back({.pieces = lua_plain(fmt::format("g:carry({}, {})", values_.name(output_of(*node)),
                                                      values_.name(node->state()->next)))});
}

// A row of blocks that ends with the function is written as a loop, and its last one is returned by name.
bool LuaWriter::ends_row() const {
  if (row_.items().size() != 1 || lines_.size() < 2 || !row_.items()[0].made.is_block) return false;
  const int function = row_.items()[0].made.expression.pieces[0].function;
  return function >= 0 && std::all_of(lines_.end() - 2, lines_.end(), [&](const LuaLine& line) {
           return line.pieces[0].function == function;
         });
}

void LuaWriter::finish() {
  if (is_root()) return finish_script();
  const std::vector<Value> values = around_.results();
  const bool is_plain = around_.groups().empty() && around_.states().empty() && !values.empty();
  LuaLine line{.returns = true};
  if (is_plain && std::ranges::equal(row_.items(), values, {}, &LuaRow::Item::value) && !ends_row()) {
    for (const LuaRow::Item& each : row_.take(row_.items().size())) {
      if (!line.pieces.empty()) line.pieces += ", ";
      line.pieces += each.made.expression.pieces;
    }
  }
  flush();
  write_groups();
  write_states();
  if (line.pieces.empty()) {
    std::vector<std::string> names;
    for (const Value& value : values) names.push_back(values_.name(value));
    line.pieces = lua_plain(fmt::format("{}", fmt::join(names, ", ")));
  }
  if (!values.empty()) lines_.push_back(std::move(line));
  add_table();
}

void LuaWriter::add_table() {
  if (!values_.has_table()) return;
  const auto layers = static_cast<std::ptrdiff_t>(file_.layers.made_by(module_).size());
  lines_.insert(lines_.begin() + layers, {.variable = "v", .declares = true, .pieces = lua_plain("{}")});
}

// The graph's results, and what else is read of it, by name.
void LuaWriter::finish_script() {
  flush();
  write_groups();
  write_states();
  add_table();
  if (!lines_.empty()) lines_.back().ends_part = true;
  std::vector<std::string> marked, others;
  LuaNames keys;
  for (const Use& use : file_.graph.uses()) {
    const std::string& name = values_.name(use.value);
    if (use.kind == Use::Kind::output)
      marked.push_back(name);
    else
      others.push_back(fmt::format("{} = {}", keys.add(use.name.empty() ? "loss" : use.name), name));
  }
  for (std::size_t at = 0; at < marked.size(); at += kMarkedAtOnce) {
    const auto begin = marked.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        marked.begin() + static_cast<std::ptrdiff_t>(std::min(at + kMarkedAtOnce, marked.size()));
    lines_.push_back({.pieces = lua_plain(fmt::format("g:output({})", fmt::join(begin, end, ", ")))});
  }
  LuaLine line{.returns = true, .pieces = lua_plain("g")};
  if (!others.empty()) line.pieces += ", " + lua_list(others);
  lines_.push_back(std::move(line));
}

}  // namespace orrery
