#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/lua_writer.h"

namespace orrery {
namespace {

// More results of one operation stand in a table.
constexpr std::size_t kMostResults = 8;

}  // namespace

// Takes the last ones; where the unit reads others that wait, all get names.
LuaWriter::Folded LuaWriter::fold(std::size_t count) {
  const auto reads = around_.read_by(units_[static_cast<std::size_t>(at_)]);
  if (row_.is_read_before(count, reads)) return flush(), Folded();
  Folded folded = row_.take(count);
  for (const LuaRow::Item& each : folded) values_.release(each.made.reads);
  return folded;
}

LuaScope LuaWriter::scope_of(const Folded& folded, LuaMade& made) const {
  for (const auto& [value, part] : folded) {
    made.reads.insert(part.reads.begin(), part.reads.end());
    made.makes_layers = made.makes_layers || part.makes_layers;
    made.folded += part.folded + 1;
  }
  return {[this, &folded, &made](const Value& value) {
            const auto found = std::ranges::find(folded, value, &LuaRow::Item::value);
            if (found != folded.end()) return found->made.expression;
            made.reads.insert(values_.name(value));
            return LuaExpression{lua_plain(values_.name(value))};
          },
          [this, &made](const Dim& size) { return size_text_of(size, made.reads); }};
}

void LuaWriter::wait(const Value& value, LuaMade made) {
  values_.hold(made.reads);
  row_.add(value, std::move(made));
}

// In the order in which it was made; what the unit that is now written reads is still read.
void LuaWriter::flush() {
  for (LuaRow::Item& each : row_.take(row_.items().size())) {
    values_.release(each.made.reads);
    assign(each.value, std::move(each.made), at_);
  }
}

void LuaWriter::give_result(const std::vector<Value>& values, LuaMade made) {
  if (values.size() == 1 && values_.is_read_once(values[0])) return wait(values[0], std::move(made));
  values_.hold(made.reads);  // also what expressions within it read, whose units lie behind
  flush();
  values_.release(made.reads);
  std::size_t count = values.size();
  while (count > 1 && !values_.is_read(values[count - 1])) --count;
  if (count == 0) return lines_.push_back({.pieces = std::move(made.expression.pieces)});
  if (count == 1) return assign(values[0], std::move(made), at_ + 1);
  assign_several({values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)}, std::move(made));
}

void LuaWriter::assign(const Value& value, LuaMade made, int unit) {
  LuaLine line{.pieces = std::move(made.expression.pieces)};
  if (!values_.is_read(value)) {
    line.variable = values_.place("_", line.declares);
  } else {
    line.variable = values_.place(name_for(value, made, unit), line.declares);
    values_.give(value, line.variable);
  }
  lines_.push_back(std::move(line));
}

// What one port of a layer alone reads is called as that: `query`.
std::string LuaWriter::name_for(const Value& value, const LuaMade& made, int unit) const {
  if (const std::string told = around_.word_of(value); !told.empty()) return values_.new_name(told);
  const std::string port = values_.is_read_once(value) ? around_.port_of(value) : "";
  return port.empty() ? values_.result_name(value, made.reads, unit) : values_.free_name(port, unit);
}

void LuaWriter::assign_several(const std::vector<Value>& values, LuaMade made) {
  LuaLine line{.pieces = std::move(made.expression.pieces)};
  if (values.size() > kMostResults) {
    line.variable = values_.place(values_.new_name(values[0].node->name()), line.declares);
    LuaPieces list = lua_plain("{ ");
    list += line.pieces;
    list += " }";
    line.pieces = std::move(list);
    for (std::size_t i = 0; i < values.size(); ++i)
      values_.give(values[i], fmt::format("{}[{}]", line.variable, i + 1));
    return lines_.push_back(std::move(line));
  }
  line.declares = !values_.is_full(values.size());
  std::vector<std::string> names;
  for (const Value& value : values) {
    bool declares = false;
    std::string name = "_";
    if (values_.is_read(value)) name = values_.new_name(value.node->output_name(value.output));
    names.push_back(line.declares ? values_.place(name, declares) : values_.in_table(name));
    if (values_.is_read(value)) values_.give(value, names.back());
  }
  line.variable = fmt::format("{}", fmt::join(names, ", "));
  lines_.push_back(std::move(line));
}

}  // namespace orrery
