#include "runtime/codegen/lua_carry.h"

#include "runtime/codegen/counted_names.h"
#include "runtime/codegen/lua_words.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

std::vector<std::string> split_at(const std::string& text, char mark) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(mark, begin);
    parts.push_back(text.substr(begin, end - begin));
  }
  return parts;
}

}  // namespace

LuaCarry::LuaCarry(const Node& end) {
  const auto count = static_cast<std::size_t>(end.attributes().integer("carries"));
  if (count > 0) names_ = split_at(end.attributes().text("names"), ',');
  invariant(names_.size() == count, "every carry of a loop has a name");
}

std::string LuaCarry::member(const std::string& carry, std::size_t at) const {
  if (is_single()) return carry;
  std::string text = carry;
  for (const std::string& step : split_at(names_[at], '.'))
    text += is_whole_number(step) ? "[" + step + "]" : lua_member(step);
  return text;
}

std::string LuaCarry::table(const std::vector<std::string>& values) const {
  if (names_.empty()) return "nil";
  if (is_single()) return values[0];
  std::size_t at = 0;
  return table_within("", values, at);
}

// The names stand in the order of the values, so that those of one table are neighbours.
std::string LuaCarry::table_within(const std::string& prefix, const std::vector<std::string>& values,
                                   std::size_t& at) const {
  std::vector<std::string> items;
  while (at < names_.size() && names_[at].starts_with(prefix)) {
    const std::string rest = names_[at].substr(prefix.size());
    const std::string key = rest.substr(0, rest.find('.'));
    const std::string item = key == rest ? values[at++] : table_within(prefix + key + ".", values, at);
    items.push_back(is_whole_number(key) ? item : lua_key(key) + " = " + item);
  }
  return lua_list(items);
}

}  // namespace orrery
