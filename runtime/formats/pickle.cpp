#include "runtime/formats/pickle.h"

#include <bit>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/pickle_opcodes.h"

namespace orrery {

// One walk over the bytes with a stack, a list of marks and a table of names, as Python's own.
class PickleMachine {
 public:
  PickleMachine(Bytes bytes, const std::string& source, std::uint64_t base, const PickleLimits& limits)
      : source_(source), base_(base), limits_(limits) {
    pickle_.bytes_ = std::move(bytes);
    for (const PickleKind kind : {PickleKind::none, PickleKind::boolean, PickleKind::boolean})
      pickle_.values_.push_back({kind, 0, static_cast<std::int64_t>(pickle_.values_.size() == 2)});
    for (int i = 0; i < 256; ++i) pickle_.values_.push_back({PickleKind::integer, 0, i});
  }

  Pickle read() {
    while (!stopped_) {
      opcode_at_ = at_;
      opcode_ = static_cast<std::uint8_t>(take(1)[0]);
      step(static_cast<PickleOpcode>(opcode_));
    }
    pickle_.end_ = at_;
    return std::move(pickle_);
  }

 private:
  using Id = Pickle::Id;
  using Op = PickleOpcode;
  // The values that stand first, so that they need not be made again and again.
  static constexpr Id kNone = 0, kFalse = 1, kTrue = 2, kSmallIntegers = 3;
  static constexpr std::size_t kMostNameBytes = 1000, kMostMarks = 1000;
  static constexpr std::uint32_t kOrdered = 1;  // the length of a dict that is one of Python's OrderedDict

  void step(Op op) {
    switch (op) {
      case Op::proto: return read_protocol();
      case Op::frame: return void(take(8));
      case Op::stop: return stop();
      case Op::mark: return push_mark();
      case Op::none: return push(kNone);
      case Op::new_false: return push(kFalse);
      case Op::new_true: return push(kTrue);
      case Op::bin_int1: return push(kSmallIntegers + static_cast<Id>(unsigned_of(1)));
      case Op::bin_int2: return push_integer(static_cast<std::int64_t>(unsigned_of(2)));
      case Op::bin_int: return push_integer(static_cast<std::int32_t>(unsigned_of(4)));
      case Op::bin_float: return push_number();
      case Op::long1: return push_long();
      case Op::bin_unicode: return push_text(unsigned_of(4));
      case Op::short_bin_unicode:
      case Op::short_bin_string: return push_text(unsigned_of(1));
      case Op::empty_list: return push(add_container(PickleKind::list, {}));
      case Op::empty_tuple: return push(add_container(PickleKind::tuple, {}));
      case Op::empty_dict: return push(add_container(PickleKind::dict, {}));
      case Op::empty_set: return push(add_container(PickleKind::set, {}));
      case Op::tuple: return push(add_container(PickleKind::tuple, pop_to_mark()));
      case Op::tuple1: return push(add_container(PickleKind::tuple, pop_many(1)));
      case Op::tuple2: return push(add_container(PickleKind::tuple, pop_many(2)));
      case Op::tuple3: return push(add_container(PickleKind::tuple, pop_many(3)));
      case Op::append: return append(pop_many(1));
      case Op::appends: return append(pop_to_mark());
      case Op::set_item: return set_items(pop_many(2));
      case Op::set_items: return set_items(pop_to_mark());
      case Op::bin_put: return name_top(unsigned_of(1));
      case Op::long_bin_put: return name_top(unsigned_of(4));
      case Op::memoize: return name_top(names_.size());
      case Op::bin_get: return push_named(unsigned_of(1));
      case Op::long_bin_get: return push_named(unsigned_of(4));
      case Op::global: return push_global();
      case Op::reduce: return reduce();
      case Op::new_obj: return make_object();
      case Op::build: return build();
      case Op::bin_pers_id: return push_persistent();
    }
    throw Error(Fault::input_file,
                fmt::format("{}: its pickle has the opcode {} at byte {}, which is not read", source_,
                            pickle_opcode_name(opcode_), base_ + opcode_at_),
                {}, "Save it anew with torch.save and its usual pickle_protocol, which is 2.");
  }

  [[noreturn]] void refuse(const std::string& what) const {
    fail(Fault::input_file, "{} is damaged: {} (opcode {} at byte {} of its pickle)", source_, what,
         pickle_opcode_name(opcode_), base_ + opcode_at_);
  }

  // ---- the bytes ----

  std::span<const std::byte> take(std::uint64_t count) {
    const auto all = std::as_const(pickle_.bytes_).span();
    if (count > limits_.bytes) refuse(fmt::format("a text of {} bytes is too long", count));
    if (count > all.size() - at_) throw PickleCut{at_};
    const auto part = all.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return part;
  }

  std::uint64_t unsigned_of(int width) {
    const auto bytes = take(static_cast<std::uint64_t>(width));
    std::uint64_t value = 0;
    for (int i = width - 1; i >= 0; --i)
      value = value << 8 | static_cast<unsigned>(bytes[static_cast<std::size_t>(i)]);
    return value;
  }

  std::string line() {
    const std::string_view rest = std::as_const(pickle_.bytes_).text().substr(at_);
    const std::size_t length = rest.substr(0, kMostNameBytes + 1).find('\n');
    if (length == rest.npos && rest.size() > kMostNameBytes) refuse("a Python name is too long");
    if (length == rest.npos) throw PickleCut{at_};
    at_ += length + 1;
    return std::string(rest.substr(0, length));
  }

  void read_protocol() {
    const std::uint64_t protocol = unsigned_of(1);
    if (protocol < 2 || protocol > 5) refuse(fmt::format("protocol {} is not one of 2 to 5", protocol));
  }

  // ---- values ----

  Id add(PickleKind kind, std::int64_t bits, std::uint32_t length = 0) {
    if (pickle_.values_.size() >= limits_.values)
      refuse(fmt::format("it has more than {} values", limits_.values));
    pickle_.values_.push_back({kind, length, bits});
    return static_cast<Id>(pickle_.values_.size() - 1);
  }

  Id add_container(PickleKind kind, std::vector<Id> items) {
    const Id id = add(kind, static_cast<std::int64_t>(pickle_.lists_.size()));
    pickle_.lists_.push_back(std::move(items));
    return id;
  }

  std::vector<Id>& items_of(Id id) {
    return pickle_.lists_[static_cast<std::size_t>(pickle_.values_[id].bits)];
  }

  void push(Id id) {
    if (stack_.size() >= limits_.values)
      refuse(fmt::format("its stack holds more than {} values", limits_.values));
    stack_.push_back(id);
  }
  void push_integer(std::int64_t value) { push(add(PickleKind::integer, value)); }

  void push_number() {
    const auto bytes = take(8);
    std::uint64_t bits = 0;
    for (const std::byte byte : bytes) bits = bits << 8 | static_cast<unsigned>(byte);  // the highest first
    push(add(PickleKind::number, static_cast<std::int64_t>(bits)));
  }

  void push_long() {
    const auto start = static_cast<std::int64_t>(at_ + 1);
    const auto bytes = take(unsigned_of(1));
    if (bytes.size() > 8)
      return push(add(PickleKind::large_integer, start, static_cast<std::uint32_t>(bytes.size())));
    const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned>(bytes[i]);
    push_integer(static_cast<std::int64_t>(value));
  }

  void push_text(std::uint64_t length) {
    const auto start = static_cast<std::int64_t>(at_);
    take(length);
    push(add(PickleKind::text, start, static_cast<std::uint32_t>(length)));
  }

  // ---- the stack ----

  void push_mark() {
    if (marks_.size() == kMostMarks) refuse(fmt::format("its marks nest deeper than {}", kMostMarks));
    marks_.push_back(stack_.size());
  }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  std::vector<Id> pop_many(std::size_t count) {
    if (stack_.size() - floor() < count) refuse("something is missing on its stack");
    std::vector<Id> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  Id pop() { return pop_many(1)[0]; }

  Id top() const {
    if (stack_.size() == floor()) refuse("something is missing on its stack");
    return stack_.back();
  }

  std::vector<Id> pop_to_mark() {
    if (marks_.empty()) refuse("there is no mark to go back to");
    std::vector<Id> items = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  void stop() {
    pickle_.root_ = pop();
    if (!stack_.empty() || !marks_.empty()) refuse("something is left on its stack");
    stopped_ = true;
  }

  // ---- names ----

  void name_top(std::uint64_t name) {
    if (names_.size() >= limits_.values) refuse(fmt::format("it has more than {} names", limits_.values));
    names_[static_cast<std::uint32_t>(name)] = top();
  }

  void push_named(std::uint64_t name) {
    const auto found = names_.find(static_cast<std::uint32_t>(name));
    if (found == names_.end()) refuse(fmt::format("it asks for its value {}, which was never named", name));
    push(found->second);
  }

  // ---- containers ----

  PickleKind kind_of(Id id) const { return pickle_.values_[id].kind; }

  // One thing may be copied again and again by few bytes, so that copies count as values do.
  std::vector<Id> copy_of(Id id) {
    copied_ += items_of(id).size();
    if (copied_ > limits_.values) refuse(fmt::format("it copies more than {} entries", limits_.values));
    return items_of(id);
  }

  void push_ordered(std::vector<Id> entries) {
    const Id id = add_container(PickleKind::dict, std::move(entries));
    pickle_.values_[id].length = kOrdered;
    push(id);
  }

  void append(const std::vector<Id>& items) {
    if (kind_of(top()) != PickleKind::list) refuse("it appends to what is no list");
    std::vector<Id>& into = items_of(top());
    into.insert(into.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<Id>& items) {
    if (kind_of(top()) != PickleKind::dict) refuse("it sets entries of what is no dictionary");
    if (items.size() % 2 != 0) refuse("a key has no value");
    std::vector<Id>& into = items_of(top());
    into.insert(into.end(), items.begin(), items.end());
  }

  // ---- Python's objects ----

  void push_global() {
    const std::string module = line(), name = line();
    const auto global = pickle_global(module, name);
    const std::string path = module + "." + name;
    if (!global) {
      throw Error(
          Fault::input_file,
          fmt::format("{} asks for the Python object {} at byte {}, which is not among those that weights "
                      "need; nothing in a file is run",
                      source_, quote_path(path), base_ + opcode_at_),
          {}, "In PyTorch, save model.state_dict() instead of the whole model.");
    }
    push(add(PickleKind::global, static_cast<std::int64_t>(pickle_.globals_.size()),
             static_cast<std::uint32_t>(path.size())));
    pickle_.globals_.push_back({*global, path});
  }

  // Collections become what they are at once, since entries are put into them later.
  void reduce() {
    const Id arguments = pop(), function = pop();
    if (kind_of(function) != PickleKind::global) refuse("it calls what is no function");
    if (kind_of(arguments) != PickleKind::tuple) refuse("it calls a function without a tuple of arguments");
    const PickleGlobalKind kind = pickle_.global(function).kind;
    if (kind == PickleGlobalKind::script_class) refuse("it calls a script class");
    if (kind == PickleGlobalKind::ordered_dict || kind == PickleGlobalKind::counter)
      return push_ordered(entries_of(arguments));
    if (kind == PickleGlobalKind::set) return push(add_container(PickleKind::set, members_of(arguments)));
    push(add_container(PickleKind::call, {function, arguments}));
  }

  // OrderedDict([[key, value], …]), Counter({key: count}); without arguments an empty one.
  std::vector<Id> entries_of(Id arguments) {
    const std::vector<Id> given = copy_of(arguments);
    if (given.empty()) return {};
    const PickleKind kind = kind_of(given[0]);
    if (given.size() == 1 && kind == PickleKind::dict) return copy_of(given[0]);
    if (given.size() != 1 || kind != PickleKind::list) refuse("a dictionary is made of something else");
    std::vector<Id> entries;
    for (const Id pair : copy_of(given[0])) {
      const bool two = (kind_of(pair) == PickleKind::list || kind_of(pair) == PickleKind::tuple) &&
                       items_of(pair).size() == 2;
      if (!two) refuse("a dictionary is made of something else");
      entries.insert(entries.end(), items_of(pair).begin(), items_of(pair).end());
    }
    return entries;
  }

  std::vector<Id> members_of(Id arguments) {
    const std::vector<Id> given = copy_of(arguments);
    if (given.empty()) return {};
    if (given.size() != 1 || kind_of(given[0]) != PickleKind::list) refuse("a set is made of something else");
    return copy_of(given[0]);
  }

  void make_object() {
    const Id arguments = pop(), made = pop();
    if (kind_of(made) != PickleKind::global) refuse("it makes an object of what is no class");
    if (kind_of(arguments) != PickleKind::tuple) refuse("it makes an object without a tuple of arguments");
    switch (pickle_.global(made).kind) {
      case PickleGlobalKind::script_class: {
        const Id object = add(PickleKind::object, static_cast<std::int64_t>(pickle_.lists_.size()));
        pickle_.lists_.emplace_back();
        return push(object);
      }
      case PickleGlobalKind::parameter: return push(add_container(PickleKind::call, {made, arguments}));
      case PickleGlobalKind::ordered_dict: return push_ordered({});
      default: refuse("it makes an object of a class that is not one of a model");
    }
  }

  // What an OrderedDict has beside its entries (`_metadata`, versions of modules) is passed over.
  void build() {
    const Id state = pop(), target = top();
    if (kind_of(state) != PickleKind::dict) refuse("it gives an object a state that is no dictionary");
    if (kind_of(target) == PickleKind::dict && pickle_.values_[target].length == kOrdered) return;
    if (kind_of(target) != PickleKind::object) refuse("it gives a state to what takes none");
    items_of(target) = copy_of(state);
  }

  void push_persistent() {
    const Id description = pop();
    if (kind_of(description) != PickleKind::tuple)
      refuse("what lies outside of it is not described by a tuple");
    push(add_container(PickleKind::persistent, {description}));
  }

  Pickle pickle_;
  const std::string& source_;
  std::uint64_t base_;
  PickleLimits limits_;
  std::size_t at_ = 0, opcode_at_ = 0;
  std::uint8_t opcode_ = 0;
  std::size_t copied_ = 0;
  bool stopped_ = false;
  std::vector<Id> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, Id> names_;
};

double Pickle::number(Id id) const { return std::bit_cast<double>(values_[id].bits); }

std::string_view Pickle::text(Id id) const {
  const Value& value = values_[id];
  if (value.kind == PickleKind::global) return globals_[static_cast<std::size_t>(value.bits)].name;
  return bytes_.text().substr(static_cast<std::size_t>(value.bits), value.length);
}

std::span<const Pickle::Id> Pickle::items(Id id) const {
  return lists_[static_cast<std::size_t>(values_[id].bits)];
}

const PickleGlobal& Pickle::global(Id id) const {
  if (values_[id].kind == PickleKind::call) id = items(id)[0];
  return globals_[static_cast<std::size_t>(values_[id].bits)].global;
}

Pickle read_pickle(Bytes bytes, const std::string& source, std::uint64_t base, const PickleLimits& limits) {
  return PickleMachine(std::move(bytes), source, base, limits).read();
}

}  // namespace orrery
