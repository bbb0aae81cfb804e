#include <algorithm>

#include <fmt/format.h>

#include "runtime/codegen/lua_words.h"
#include "runtime/codegen/lua_writer.h"

namespace orrery {

// orrery.scan(function(carry, x) … end, carry, xs, { name = … })
void LuaWriter::write_loop(const Block& block) {
  flush();
  const Node& begin = *loop_end_in(block, Descriptor::LoopEnd::begin);
  const Node& end = *loop_end_in(block, Descriptor::LoopEnd::end);
  const LuaCarry form(end);
  std::vector<std::string> first, over;
  for (std::size_t i = 0; i < begin.inputs().size(); ++i)
    (i < form.size() ? first : over).push_back(values_.name(begin.inputs()[i]));
  const std::string name = lua_block_name(block);
  names_.insert(names_.free_name(name));
  LuaLine line{.pieces = lua_plain("orrery.scan(function(")};
  LuaWriter body(file_, block, depth_ + 1);
  body.values_.stand_in(values_);
  for (const Value& value : tree_.inputs(block)) body.values_.give(value, values_.name(value));
  body.write_body(begin, end, form, line);
  line.behind =
      lua_plain(fmt::format("end, {}, {}", form.table(first), over.size() == 1 ? over[0] : lua_list(over)));
  const bool reverse = end.attributes().boolean("reverse");
  line.behind.push_back(
      {.kind = LuaPiece::Kind::rest,
       .arguments = {{.name = "name", .text = lua_text(name), .is_usual = name == "scan"},
                     {.name = "reverse", .text = "true", .is_usual = !reverse, .is_fixed = true}}});
  name_loop_results(block, end, form, line);
  lines_.push_back(std::move(line));
}

void LuaWriter::name_loop_results(const Block& block, const Node& end, const LuaCarry& form, LuaLine& line) {
  const std::vector<Value> results = tree_.outputs(block);
  const auto is_carry = [&](const Value& value) { return value.output < static_cast<int>(form.size()); };
  const bool has_stacks = !std::ranges::all_of(results, is_carry);
  const bool one_stack = end.outputs().size() == form.size() + 1;
  const std::string carry = std::ranges::any_of(results, is_carry) ? values_.add_fixed("last") : "_";
  const std::string stacks = has_stacks ? values_.add_fixed("ys") : "";
  for (const Value& value : results) {
    const auto at = static_cast<std::size_t>(value.output);
    if (is_carry(value))
      values_.give(value, form.member(carry, at));
    else
      values_.give(value, one_stack ? stacks : fmt::format("{}[{}]", stacks, at - form.size() + 1));
  }
  line.variable = has_stacks ? carry + ", " + stacks : carry;
  line.declares = true;
}

// The loop's function, which sees all that the one around it sees.
void LuaWriter::write_body(const Node& begin, const Node& end, const LuaCarry& form, LuaLine& line) {
  find_readings();
  // What a step gives is read behind all of its lines.
  for (std::size_t i = 1 + form.size(); i < end.inputs().size(); ++i) values_.keep(end.inputs()[i]);
  const std::size_t slices = begin.outputs().size() - 1 - form.size();
  const std::string carry = form.size() == 0 ? "_" : values_.add_fixed(form.is_single() ? "h" : "carry");
  const std::string slice = values_.add_fixed(slices == 1 ? "x" : "xs");
  for (std::size_t i = 0; i < form.size(); ++i)
    values_.give(output_of(begin, static_cast<int>(i) + 1), form.member(carry, i));
  for (std::size_t i = 0; i < slices; ++i)
    values_.give(output_of(begin, static_cast<int>(i + 1 + form.size())),
                 slices == 1 ? slice : fmt::format("{}[{}]", slice, i + 1));
  declare_layers();
  write_units();
  flush();
  write_groups();
  write_states();
  std::vector<std::string> next, stacked;
  for (std::size_t i = 1 + form.size(); i < end.inputs().size(); ++i)
    (i < 1 + 2 * form.size() ? next : stacked).push_back(values_.name(end.inputs()[i]));
  std::string result = form.table(next);
  if (!stacked.empty()) result += ", " + (stacked.size() == 1 ? stacked[0] : lua_list(stacked));
  lines_.push_back({.returns = true, .pieces = lua_plain(result)});
  add_table();
  line.pieces += fmt::format("{}, {})", carry, slice);
  line.inner = std::move(lines_);
}

}  // namespace orrery
