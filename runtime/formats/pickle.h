#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/files/bytes.h"
#include "runtime/formats/pickle_globals.h"

namespace orrery {

/// What a value of a pickle is.
enum class PickleKind : std::uint8_t {
  none,
  boolean,
  integer,
  large_integer,  ///< does not fit in 64 bits; its `text` is the little-endian bytes
  number,
  text,
  tuple,
  list,
  dict,
  set,
  global,      ///< an allowed object of Python, by its name
  call,        ///< what a global would return: never called, kept as the global and its arguments
  object,      ///< a script class with its attributes
  persistent,  ///< what the file keeps outside of the pickle: a storage, by the tuple that describes it
};

/// Bounds on what a pickle may make, far above what models need.
struct PickleLimits {
  std::uint64_t bytes = 100'000'000;
  std::uint32_t values = 2'000'000;  ///< and as many names for them
};

/// The values of one pickle, read by the rules of PyTorch's `weights_only` loader. Nothing of it is run:
/// calls of the allowed functions are kept as such, and every other name is refused. Values are numbered; one
/// that stands at several places has one number, so that the whole takes memory in proportion to its bytes,
/// also where it contains itself.
class Pickle {
 public:
  using Id = std::uint32_t;

  Id root() const { return root_; }
  PickleKind kind(Id id) const { return values_[id].kind; }
  /// Of a boolean and an integer.
  std::int64_t integer(Id id) const { return values_[id].bits; }
  double number(Id id) const;
  /// Of a text; of a global and an object its dotted name.
  std::string_view text(Id id) const;
  /// Entries of a tuple, list or set; of a dict and an object key, value, key, value; of a call the function
  /// and its arguments; of a persistent value the tuple that describes it.
  std::span<const Id> items(Id id) const;
  /// Of a global, and the function of a call.
  const PickleGlobal& global(Id id) const;
  /// Where the pickle ends: bytes from where it began.
  std::size_t end() const { return end_; }

 private:
  friend class PickleMachine;

  struct Value {
    PickleKind kind;
    std::uint32_t length = 0;  ///< of a text
    std::int64_t bits = 0;     ///< the number; where a text begins; which list or global
  };
  struct Global {
    PickleGlobal global;
    std::string name;
  };

  Bytes bytes_;
  std::vector<Value> values_;
  std::vector<std::vector<Id>> lists_;
  std::vector<Global> globals_;
  Id root_ = 0;
  std::size_t end_ = 0;
};

/// A pickle that ends before its STOP: a longer part of the file may hold all of it.
struct PickleCut {
  std::size_t at;
};

/// Reads the pickle at the start of `bytes`; others may follow. `source` names the file in messages, as
/// `quote_path` gives it, and `base` is where the bytes begin in what messages count from.
///
/// Throws `PickleCut` where the bytes end before the pickle does. All faults are `Error(Fault::input_file)`
/// with the opcode and its offset: an opcode that is not read, a protocol above 5, a Python object that is
/// not allowed (named), an empty stack or no mark where something must stand, a name that was never given,
/// entries put into what does not take them, a limit exceeded.
Pickle read_pickle(Bytes bytes, const std::string& source, std::uint64_t base = 0,
                   const PickleLimits& limits = {});

}  // namespace orrery
