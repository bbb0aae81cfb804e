#include "bindings/lua_args.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "bindings/objects.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery::lua {
namespace {

struct TableForm {
  int entries = 0;  ///< 1…n
  std::vector<std::string> keys;
};

TableForm form_of(lua_State* L, int index, const std::string& function) {
  TableForm form;
  form.entries = static_cast<int>(lua_objlen(L, index));
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) {
      form.keys.emplace_back(lua_tostring(L, -1));
    } else {
      const double at = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
      check(at >= 1 && at <= form.entries && std::trunc(at) == at, Fault::usage,
            "{}: an options table has names and a list as keys, got {}", function, type_name(L, -1));
    }
  }
  std::sort(form.keys.begin(), form.keys.end());
  return form;
}

/// Sorts the arguments of one call; see `read_options`, `read_call`.
class ArgumentReader {
 public:
  ArgumentReader(lua_State* L, int first, const std::vector<Attribute>& schema, const std::string& function,
                 Extras* extras)
      : L_(L), at_(first), last_(lua_gettop(L)), schema_(schema), function_(function), extras_(extras) {
    if (at_ <= last_ && lua_istable(L, last_)) find_options();
  }

  // Operands, port by port; returns their stack indices.
  std::vector<int> operands(const Descriptor& operation, IsOperand is_operand) {
    is_operand_ = is_operand;
    ports_ = &operation.inputs;
    if (!operation.order.empty()) return in_order(operation);
    std::vector<int> found;
    for (const Port& port : operation.inputs) read_port(port, found);
    return found;
  }

  // What is left, as options; operands given by name are put in their places.
  Attributes options(std::vector<int>* operands) {
    operands_ = operands;
    spread_only_table();
    read_positional();
    read_named();
    try {
      return checked_attributes(schema_, given_);
    } catch (const Error& error) {
      throw Error(error.fault(), function_ + ": " + error.message(), error.site(), error.remedy());
    }
  }

  bool at_end() const { return at_ > last_ && options_ == 0; }

  [[noreturn]] void refuse_rest() const {
    if (at_ > last_)
      fail(Fault::usage, "{} takes no options where it is applied: give them where it is made", function_);
    fail(Fault::usage, "{} was given more than it takes: {}", function_, type_name(L_, std::min(at_, last_)));
  }

 private:
  void read_port(const Port& port, std::vector<int>& found) {
    if (port.kind == Port::Kind::variadic) {
      gather(found);
    } else {
      found.push_back(next_operand(port));
    }
  }

  // Ports and options as the operation's order mixes them.
  std::vector<int> in_order(const Descriptor& operation) {
    std::map<std::string, std::vector<int>> read;
    for (const std::string& name : operation.order) {
      const auto port = std::ranges::find(operation.inputs, name, &Port::name);
      if (port != operation.inputs.end()) {
        // More may follow many values that stand in one table.
        const bool many = port->kind == Port::Kind::variadic;
        if (!many || at_ > last_ || !gather_table(read[name])) read_port(*port, read[name]);
      } else if (at_ <= last_ && !is_operand_(L_, at_)) {
        taken_.insert(name);
        read_one(*std::ranges::find(schema_, name, &Attribute::name));
      }
    }
    std::vector<int> found;
    for (const Port& port : operation.inputs)
      found.insert(found.end(), read[port.name].begin(), read[port.name].end());
    return found;
  }

  void read_one(const Attribute& attribute) {
    if (attribute.variadic && !lua_istable(L_, at_) && to_dim(L_, at_)) {
      given_.push_back({attribute.name, read_rest()});
    } else {
      give(attribute, at_++);
    }
  }

  void find_options() {
    form_ = form_of(L_, last_, function_);
    if (form_.entries > 0 && form_.keys.empty()) return;
    options_ = last_--;
    if (form_.entries > 0) spread(options_);
  }

  // Puts a table's entries behind the arguments: they are read like arguments.
  void spread(int table) {
    check(at_ > last_, Fault::usage, "{}: entries without a name stand beside named options", function_);
    luaL_checkstack(L_, form_.entries + 8, "too many values");
    at_ = lua_gettop(L_) + 1;
    for (int i = 1; i <= form_.entries; ++i) lua_rawgeti(L_, table, i);
    last_ = lua_gettop(L_);
  }

  // `nn.Linear{10, 5}`: one list, where the first option is none.
  void spread_only_table() {
    const bool only = at_ == last_ && options_ == 0 && lua_istable(L_, at_);
    if (only && !schema_.empty() && !is_list_type(schema_.front()) && form_.entries > 0) spread(at_++);
  }

  // `lstm(x, {h, c})`: the last argument is a list of operands.
  bool lists_operands() const {
    if (at_ != last_ || options_ != 0 || form_.entries == 0 || !form_.keys.empty()) return false;
    if (!lua_istable(L_, at_)) return false;
    lua_rawgeti(L_, at_, 1);
    const bool fits = is_operand_(L_, -1);
    lua_pop(L_, 1);
    return fits;
  }

  int next_operand(const Port& port) {
    if (port.kind == Port::Kind::optional && lists_operands()) spread(at_++);
    const bool given = at_ <= last_ && is_operand_(L_, at_);
    if (given) return at_++;
    const bool number = port.takes_number() && at_ <= last_ && lua_type(L_, at_) == LUA_TNUMBER;
    if (number) {
      given_.push_back({port.name, lua_tonumber(L_, at_++)});
    } else if (at_ <= last_ && lua_isnil(L_, at_)) {
      ++at_;
    } else if (port.kind == Port::Kind::required && at_ <= last_ && !named(port.name)) {
      fail(Fault::usage, "{} expects a value for '{}', got {}", function_, port.name, type_name(L_, at_));
    }
    return 0;
  }

  bool named(const std::string& name) const {
    return std::find(form_.keys.begin(), form_.keys.end(), name) != form_.keys.end();
  }

  void gather(std::vector<int>& found) {
    while (at_ <= last_) {
      if (is_operand_(L_, at_)) {
        found.push_back(at_++);
      } else if (!gather_table(found)) {
        return;
      }
    }
  }

  bool gather_table(std::vector<int>& found) {
    if (!lua_istable(L_, at_)) return false;
    const int count = static_cast<int>(lua_objlen(L_, at_));
    luaL_checkstack(L_, count + 8, "too many values");
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(L_, at_, i);
      const bool fits = is_operand_(L_, -1);
      if (!fits && i == 1) return lua_pop(L_, 1), false;
      check(fits, Fault::usage, "{}: entry {} of the list is {}", function_, i, type_name(L_, -1));
      found.push_back(lua_gettop(L_));
    }
    return ++at_, count > 0;
  }

  bool is_port(const std::string& name) const {
    return ports_ &&
           std::any_of(ports_->begin(), ports_->end(), [&](const Port& port) { return port.name == name; });
  }

  void read_positional() {
    for (const Attribute& attribute : schema_) {
      if (at_ > last_) return;
      if (!is_port(attribute.name) && !taken_.contains(attribute.name)) read_one(attribute);
    }
    const auto most =
        std::count_if(schema_.begin(), schema_.end(), [&](const Attribute& a) { return !is_port(a.name); });
    check(at_ > last_, Fault::usage,
          "{} takes at most {} argument{} and then a table of options, got {} more", function_, most,
          most == 1 ? "" : "s", last_ - at_ + 1);
  }

  AttributeValue read_rest() {
    Shape shape;
    while (at_ <= last_) {
      auto dim = to_dim(L_, at_);
      check(dim.has_value(), Fault::usage, "{}: expected a whole number, got {}", function_,
            type_name(L_, at_));
      shape.push_back(*dim);
      ++at_;
    }
    return shape;
  }

  void give(const Attribute& attribute, int index) {
    if (lua_isnil(L_, index)) return;
    if (attribute.type == AttributeType::tensor && extras_) (*extras_)[attribute.name] = index;
    try {
      given_.push_back({attribute.name, read_value(L_, index, attribute)});
    } catch (const Error& error) {
      throw Error(error.fault(), function_ + ": " + error.message());
    }
  }

  void read_named() {
    for (const std::string& key : form_.keys) {
      luaL_checkstack(L_, 8, "too many values");
      lua_getfield(L_, options_, key.c_str());
      if (take_operand(key) || take_extra(key)) continue;
      auto found =
          std::find_if(schema_.begin(), schema_.end(), [&](const Attribute& a) { return a.name == key; });
      if (found == schema_.end()) refuse_key(key);
      give(*found, lua_gettop(L_));
      if (found->type != AttributeType::tensor || !extras_) lua_pop(L_, 1);  // a tensor is taken later
    }
  }

  bool take_operand(const std::string& key) {
    if (!operands_ || !is_port(key) || !is_operand_(L_, -1)) return false;
    for (size_t i = 0; i < ports_->size(); ++i)
      if ((*ports_)[i].name == key) {
        check((*operands_)[i] == 0, Fault::usage, "{}: '{}' is given twice", function_, key);
        (*operands_)[i] = lua_gettop(L_);
      }
    return true;
  }

  bool take_extra(const std::string& key) {
    auto found = extras_ ? extras_->find(key) : Extras::iterator();
    if (!extras_ || found == extras_->end()) return false;
    found->second = lua_gettop(L_);
    return true;
  }

  [[noreturn]] void refuse_key(const std::string& key) const {
    std::vector<std::string> names;
    for (const Attribute& attribute : schema_) names.push_back(attribute.name);
    if (extras_)
      for (const auto& [name, index] : *extras_)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    const std::string hint = did_you_mean(key, names);
    if (!hint.empty() || names.empty()) fail(Fault::usage, "{}: unknown option '{}'{}", function_, key, hint);
    fail(Fault::usage, "{}: unknown option '{}' (known: {})", function_, key, fmt::join(names, ", "));
  }

  lua_State* L_;
  int at_;
  int last_;
  const std::vector<Attribute>& schema_;
  const std::string& function_;
  Extras* extras_;
  TableForm form_;
  int options_ = 0;  // stack index of the table of options, 0 without
  std::vector<Attributes::Entry> given_;
  std::set<std::string> taken_;  // options that the order of the operation has read
  const std::vector<Port>* ports_ = nullptr;
  IsOperand is_operand_ = nullptr;
  std::vector<int>* operands_ = nullptr;
};

}  // namespace

Attributes read_options(lua_State* L, int first, const std::vector<Attribute>& schema,
                        const std::string& function, Extras* extras) {
  return ArgumentReader(L, first, schema, function, extras).options(nullptr);
}

Call read_call(lua_State* L, int first, const Descriptor& operation, IsOperand is_operand,
               const std::string& function, Extras* extras) {
  ArgumentReader reader(L, first, operation.attributes, function, extras);
  Call call;
  call.operands = reader.operands(operation, is_operand);
  call.attributes = reader.options(&call.operands);
  return call;
}

Call read_layer_call(lua_State* L, int first, const Descriptor& operation, IsOperand is_operand,
                     const std::string& function) {
  const std::vector<Attribute> schema = options_at_call(operation.attributes);
  ArgumentReader reader(L, first, schema, function, nullptr);
  Call call;
  call.operands = reader.operands(operation, is_operand);
  if (reader.at_end()) return call;
  if (schema.empty()) reader.refuse_rest();
  call.attributes = reader.options(&call.operands);
  return call;
}

}  // namespace orrery::lua
