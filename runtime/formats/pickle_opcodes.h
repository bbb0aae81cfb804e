#pragma once

#include <cstdint>
#include <string>

namespace orrery {

/// The opcodes of Python's pickle that are read: those of PyTorch's `weights_only` loader, which are what
/// protocol 2 writes for state dicts, and of later protocols framing, memoize and short texts.
/// Source: CPython's Lib/pickletools.py; torch/_weights_only_unpickler.py of PyTorch 2.11.
enum class PickleOpcode : std::uint8_t {
  mark = '(',
  stop = '.',
  bin_int = 'J',
  bin_int1 = 'K',
  bin_int2 = 'M',
  none = 'N',
  bin_pers_id = 'Q',
  reduce = 'R',
  short_bin_string = 'U',
  bin_unicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  appends = 'e',
  bin_get = 'h',
  long_bin_get = 'j',
  bin_put = 'q',
  long_bin_put = 'r',
  set_item = 's',
  tuple = 't',
  set_items = 'u',
  bin_float = 'G',
  empty_list = ']',
  empty_tuple = ')',
  empty_dict = '}',
  proto = 0x80,
  new_obj = 0x81,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  new_true = 0x88,
  new_false = 0x89,
  long1 = 0x8a,
  short_bin_unicode = 0x8c,
  empty_set = 0x8f,
  memoize = 0x94,
  frame = 0x95,
};

/// The name that pickletools gives to a byte as an opcode, read or not: `STACK_GLOBAL`; `0x7F` where there is
/// none.
std::string pickle_opcode_name(std::uint8_t opcode);

}  // namespace orrery
