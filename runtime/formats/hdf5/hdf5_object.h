#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/formats/hdf5/hdf5_source.h"
#include "runtime/formats/safetensors_dtype.h"

namespace orrery {

// An object of an HDF5 file, a group or a dataset, is a header of messages: its shape, its type, where its
// values stand, its links and its attributes.
// Source: HDF5 File Format Specification 3.0, chapters IV.A and IV.B.

struct Hdf5Message {
  enum Type : std::uint16_t {
    space = 0x1,
    link_info = 0x2,
    type = 0x3,
    link = 0x6,
    external_files = 0x7,
    layout = 0x8,
    filters = 0xB,
    attribute = 0xC,
    continuation = 0x10,
    symbol_table = 0x11,
  };

  std::uint64_t kind = 0;
  bool shared = false;  ///< its content stands elsewhere in the file
  std::string body;
};

using Hdf5Header = std::vector<Hdf5Message>;

/// The messages of the object at an address, those of all its blocks.
Hdf5Header read_hdf5_header(const Hdf5Source& source, std::uint64_t address);
/// The first message of a kind; null where there is none.
const Hdf5Message* find_message(const Hdf5Header& header, Hdf5Message::Type kind);

/// What elements are.
struct Hdf5Type {
  enum class Kind { number, fixed_text, variable_text, other } kind = Kind::other;
  std::uint64_t size = 0;
  std::optional<SafetensorsDType> number = {};
  bool big_endian = false;
  std::string name = {};  ///< of another kind: `compound values`
};

/// REQUIRES: the message has a type of its own.
Hdf5Type read_hdf5_type(Hdf5Cursor cursor);
/// Sizes; none of a scalar, nothing of an empty space.
std::optional<std::vector<std::uint64_t>> read_hdf5_space(Hdf5Cursor cursor);

struct Hdf5Filter {
  std::uint64_t id = 0;
  std::string name;
  std::vector<std::uint64_t> values;
};

std::vector<Hdf5Filter> read_hdf5_filters(Hdf5Cursor cursor);

/// A link out of a group.
struct Hdf5Link {
  std::string name;
  std::uint64_t address = kHdf5Nowhere;
  std::string refused = {};  ///< why it is not followed: `a link to 'x' in another file, 'y.h5'`
};

/// The links of an object; none of what is no group. `what` names the group in messages.
std::vector<Hdf5Link> read_hdf5_links(const Hdf5Source& source, const Hdf5Header& header,
                                      const std::string& what);

/// The texts of an attribute: one, or a list; nothing where there is no such attribute of texts.
std::optional<std::vector<std::string>> read_hdf5_texts(const Hdf5Source& source, const Hdf5Header& header,
                                                        const std::string& name);

}  // namespace orrery
