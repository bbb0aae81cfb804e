#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/core/dtype.h"
#include "runtime/core/shape.h"

namespace orrery {

/// What kind of value an option takes; decides how Lua values are read and how JSON is written.
enum class AttributeType {
  boolean,
  integer,
  real,
  number,    ///< an integer or a real, kept apart: `x + 2` leaves an integer tensor one, `x + 2.5` does not
  text,      ///< one of `choices` when there are any; else an integer is taken for its digits, as Lua does
  sizes,     ///< integers, one per spatial dimension: a single number stands for `count` equal ones
  integers,  ///< a list of integers, such as dims; may be given as separate arguments when `variadic`
  reals,     ///< `count` reals, such as an optimizer's betas; 0: one or more
  shape,     ///< a list of dimensions, which may be symbolic; may be given as separate arguments
  dtype,
  tensor,  ///< a tensor that the layer keeps as a buffer of the option's name; the value here is its shape
};

/// The value of one option; `std::monostate` is Lua's nil: not given and without a default.
using AttributeValue = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                                    std::vector<std::int64_t>, std::vector<double>, Shape, DType>;

/// One option of an operation, optimizer, data source or other described thing. Argument checking,
/// documentation, JSON and code generation all read it.
struct Attribute {
  std::string name;  ///< PyTorch's name
  AttributeType type = AttributeType::integer;
  std::string doc;            ///< one line, with its unit
  AttributeValue value = {};  ///< the default; monostate together with `required` false means "none"
  bool required = false;
  bool hint = false;               ///< changes nothing that is computed: no part of a graph's structure
  bool at_call = false;            ///< of a layer: may also be given where it is applied, for that time only
  bool told_by_input = false;      ///< may be left out: the layer's first input tells (never with `required`)
  std::optional<double> min = {};  ///< inclusive bound of each number
  std::optional<double> max = {};  ///< inclusive bound of each number
  bool above_min = false;          ///< the lower bound itself is not allowed
  bool below_max = false;          ///< the upper bound itself is not allowed
  std::vector<std::string> choices = {};  ///< of `text` and `dtype`; empty: any
  int count = 1;                          ///< how many numbers (`sizes` and `reals` only)
  bool variadic = false;                  ///< may be given as separate arguments
  bool or_false = false;                  ///< of `text`: false is allowed and stands for ""
  bool or_integer = false;                ///< of `integers`: a single number is no list and stays one
  bool or_boolean = false;                ///< of `integer`: true stands for 1 and false for 0
  bool or_nan = false;                    ///< of `number`: NaN is a value, too
  bool names = false;                     ///< of `shape`: names of symbols are sizes too, and nil is -1
  bool several = false;                   ///< of `text` with choices: a list of them, kept as `a,b`
  std::vector<std::string> or_text = {};  ///< words allowed instead of the number(s), such as "same"
};

/// The values of a described thing's options: one per attribute, in the attributes' order, defaults
/// filled in. Value type.
class Attributes {
 public:
  Attributes() = default;
  /// All defaults of a list of attributes.
  explicit Attributes(const std::vector<Attribute>& schema);

  /// True when the option has a value (given or by default).
  bool has(const std::string& name) const;
  bool boolean(const std::string& name) const;
  std::int64_t integer(const std::string& name) const;
  /// Integers count as reals.
  double real(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  bool is_text(const std::string& name) const;
  bool is_integer(const std::string& name) const;
  /// Of types `sizes` and `integers`.
  const std::vector<std::int64_t>& integers(const std::string& name) const;
  const std::vector<double>& reals(const std::string& name) const;
  const Shape& shape(const std::string& name) const;
  DType dtype(const std::string& name) const;

  /// REQUIRES: the schema has an option of that name.
  const AttributeValue& at(const std::string& name) const;
  void set(const std::string& name, AttributeValue value);

  struct Entry {
    std::string name;
    AttributeValue value;
    bool operator==(const Entry&) const = default;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  /// Takes over what the others have a value of.
  void overlay(const Attributes& others);

  bool operator==(const Attributes&) const = default;

 private:
  template <class T>
  const T& get(const std::string& name) const;

  std::vector<Entry> entries_;
};

/// Checks one value against its attribute and brings it into the stored form: a single size spread
/// over `count`, an integer widened to a real, a real without a fraction narrowed to an integer, a
/// dtype's name to the dtype; nil becomes the default. Throws `Error(Fault::usage)` whose message names
/// the option, what is allowed, and what was given, in the form "stride must be …, got …".
AttributeValue checked(const Attribute& attribute, AttributeValue value);

/// Sets each given option after checking it, and fails on an unknown one (with the nearest known) or
/// a required one that is missing.
Attributes checked_attributes(const std::vector<Attribute>& schema,
                              const std::vector<Attributes::Entry>& given);

/// The options of a layer that may be given where it is applied, none of them with a default.
std::vector<Attribute> options_at_call(const std::vector<Attribute>& schema);

/// The words of a `several` option: `a,b`, with or without blanks.
std::vector<std::string> listed_words(const std::string& list);

/// What a user would write: `3`, `0.5`, `"same"`, `{3, 3}`, `nil`.
std::string str(const AttributeValue& value);

/// What is allowed, in words: "an integer ≥ 1", "'mean', 'sum' or 'none'", "a number or 2 numbers".
std::string describe(const Attribute& attribute);

}  // namespace orrery
