#include "runtime/codegen/lua_values.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/codegen/counted_names.h"

namespace orrery {
namespace {

// LuaJIT takes at most 200 locals in a function; some are left for its loops and for the names of blocks.
constexpr std::size_t kMostNames = 120;

std::string word_of(const Value& value) {
  const bool several = value.node->outputs().size() > 1;
  return several ? value.node->output_name(value.output) : without_count(value.node->name());
}

}  // namespace

LuaValues::LuaValues(const LuaNames& file, int depth) : file_(file), flowing_{"x", "out", "y"} {
  if (depth >= 2 && depth % 2 == 0) flowing_ = {"h", "s", "t"};
}

void LuaValues::read(const Value& value, int unit) {
  const auto last = last_.emplace(key_of(value), unit).first;
  last->second = std::max(last->second, unit);
  ++readings_[key_of(value)];
}

void LuaValues::measure(const Value& value, int unit) {
  read(value, unit);
  measured_.insert(key_of(value));
}

void LuaValues::keep(const Value& value) {
  last_[key_of(value)] = kAtEnd;
  kept_.insert(key_of(value));
}

bool LuaValues::is_read_once(const Value& value) const {
  const auto count = readings_.find(key_of(value));
  return count != readings_.end() && count->second == 1 && !kept_.contains(key_of(value)) &&
         !measured_.contains(key_of(value));
}

void LuaValues::give(const Value& value, const std::string& text) {
  std::erase_if(named_, [&](const Value& other) { return name(other) == text; });
  texts_[key_of(value)] = text;
  named_.push_back(value);
}

bool LuaValues::is_live(const std::string& name, int unit) const {
  return held_.contains(name) || std::ranges::any_of(named_, [&](const Value& value) {
           const auto last = last_.find(key_of(value));
           return this->name(value) == name && last != last_.end() && last->second >= unit;
         });
}

bool LuaValues::is_seen(const std::string& name) const {
  return declared_.contains(name) || fixed_.contains(name) || (outer_ && outer_->is_seen(name));
}

bool LuaValues::is_taken(const std::string& name, int unit) const {
  return is_live(name, unit) || is_live("v." + name, unit) || fixed_.contains(name) || file_.contains(name) ||
         (outer_ && outer_->is_seen(name));
}

std::string LuaValues::free_name(const std::string& wanted, int unit) const {
  const std::string name = lua_name(wanted);
  std::string free = name;
  for (int n = 2; is_taken(free, unit); ++n) free = fmt::format("{}_{}", name, n);
  return free;
}

std::string LuaValues::add_parameter(const std::string& wanted) {
  std::string name = new_name(wanted);
  declared_.insert(name);
  return name;
}

std::string LuaValues::add_fixed(const std::string& wanted) {
  std::string name = new_name(wanted);
  fixed_.insert(name);
  return name;
}

std::string LuaValues::result_name(const Value& value, const std::set<std::string>& reads, int unit) const {
  const bool flows = !kept_.contains(key_of(value)) && value.node->kind() != Node::Kind::constant;
  if (flows) {
    for (const std::string& name : flowing_)
      if (reads.contains(name) && !is_taken(name, unit)) return name;
    for (const std::string& name : flowing_)
      if (!is_taken(name, unit)) return name;
  }
  return free_name(word_of(value), unit);
}

std::string LuaValues::new_name(const std::string& wanted) const {
  const std::string name = lua_name(wanted);
  std::string free = name;
  for (int n = 2; is_taken(free, 0) || declared_.contains(free); ++n) free = fmt::format("{}_{}", name, n);
  return free;
}

void LuaValues::release(const std::set<std::string>& names) {
  for (const std::string& name : names)
    if (const auto held = held_.find(name); held != held_.end()) held_.erase(held);
}

bool LuaValues::is_full(std::size_t more) const { return declared_.size() + more > kMostNames; }

std::string LuaValues::place(const std::string& name, bool& declares) {
  declares = !declared_.contains(name) && !is_full(1);
  if (declares) declared_.insert(name);
  return declared_.contains(name) ? name : in_table(name);
}

}  // namespace orrery
