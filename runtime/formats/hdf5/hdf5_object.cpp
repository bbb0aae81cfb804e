#include "runtime/formats/hdf5/hdf5_object.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace orrery {
namespace {

// The blocks of a header: the first, and those that its continuations tell of.
class HeaderWalk {
 public:
  HeaderWalk(const Hdf5Source& source, std::uint64_t address)
      : source_(source), address_(address), what_(fmt::format("the header at byte {}", address)) {}

  Hdf5Header read() {
    constexpr std::size_t kPrefix = 16;
    const Bytes start = source_.block(address_, kPrefix, what_);
    if (start.text().starts_with("OHDR"))
      second(Hdf5Cursor(source_, start.text(), what_));
    else
      first(Hdf5Cursor(source_, start.text(), what_));
    return std::move(header_);
  }

 private:
  // Version 1: numbers of messages and bytes, messages at multiples of 8.
  void first(Hdf5Cursor start) {
    if (start.number(1) != 1) start.damaged();
    start.skip(1);
    std::uint64_t messages = start.number(2);
    start.skip(4);
    add_block(address_ + 16, start.number(4));
    for (std::size_t at = 0; at < blocks_.size(); ++at) {
      const Bytes block = take(blocks_[at]);
      Hdf5Cursor cursor(source_, block.text(), what_);
      for (; messages > 0 && cursor.left() >= 8; --messages) {
        const std::uint64_t kind = cursor.number(2), bytes = cursor.number(2), flags = cursor.number(1);
        cursor.skip(3);
        add_message(kind, flags, cursor.text(bytes));
      }
    }
    if (messages > 0) source_.damaged(what_);
  }

  // Version 2: blocks with a signature and a checksum, messages close together.
  void second(Hdf5Cursor start) {
    start.skip(4);
    if (start.number(1) != 2) start.damaged();
    const std::uint64_t flags = start.number(1);
    const std::uint64_t width = std::uint64_t{1} << (flags & 3);
    const std::uint64_t before = 6 + (flags & 0x20 ? 16u : 0u) + (flags & 0x10 ? 4u : 0u);
    const Bytes size = source_.block(address_ + before, width, what_);
    add_block(address_ + before + width, Hdf5Cursor(source_, size.text(), what_).number(width));
    for (std::size_t at = 0; at < blocks_.size(); ++at) {
      const Bytes block = take(blocks_[at]);
      Hdf5Cursor cursor(source_, block.text(), what_);
      if (at > 0) cursor.expect("OCHK");
      const std::size_t behind = at > 0 ? 4 : 0;
      const std::size_t head = flags & 4 ? 6 : 4;
      while (cursor.left() >= head + behind) {
        const std::uint64_t kind = cursor.number(1), bytes = cursor.number(2), told = cursor.number(1);
        if (flags & 4) cursor.skip(2);
        add_message(kind, told, cursor.text(bytes));
      }
    }
  }

  void add_message(std::uint64_t kind, std::uint64_t flags, std::string_view body) {
    if (kind == Hdf5Message::continuation) {
      Hdf5Cursor cursor(source_, body, what_);
      const std::uint64_t at = cursor.number(8);
      add_block(at, cursor.number(8));
      return;
    }
    header_.push_back({kind, (flags & 2) != 0, std::string(body)});
  }

  // Blocks of one header lie apart, so that they are no more than the file.
  void add_block(std::uint64_t address, std::uint64_t bytes) {
    if (bytes > source_.size() - total_ || bytes == 0) source_.damaged(what_);
    total_ += bytes;
    blocks_.push_back({address, bytes});
  }

  Bytes take(std::pair<std::uint64_t, std::uint64_t> block) const {
    return source_.block(block.first, block.second, what_);
  }

  const Hdf5Source& source_;
  std::uint64_t address_, total_ = 0;
  std::string what_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks_;
  Hdf5Header header_;
};

Hdf5Type other_type(std::uint64_t size, std::string name) {
  return {.kind = Hdf5Type::Kind::other, .size = size, .name = std::move(name)};
}

Hdf5Type number_type(std::uint64_t size, bool big_endian, const std::string& name) {
  const auto found = safetensors_dtype(name);
  return {.kind = Hdf5Type::Kind::number, .size = size, .number = found, .big_endian = big_endian};
}

Hdf5Type integer_type(Hdf5Cursor& cursor, std::uint64_t bits, std::uint64_t size) {
  const std::uint64_t offset = cursor.number(2), precision = cursor.number(2);
  const bool whole =
      offset == 0 && precision == size * 8 && (size == 1 || size == 2 || size == 4 || size == 8);
  if (!whole) return other_type(size, fmt::format("integers of {} bits in {} bytes", precision, size));
  return number_type(size, bits & 1, fmt::format("{}{}", bits & 8 ? 'I' : 'U', precision));
}

Hdf5Type float_type(Hdf5Cursor& cursor, std::uint64_t bits, std::uint64_t size) {
  const std::uint64_t offset = cursor.number(2), precision = cursor.number(2);
  cursor.skip(1);
  const std::uint64_t exponent = cursor.number(1);
  cursor.skip(1);
  const std::uint64_t mantissa = cursor.number(1);
  const bool whole = offset == 0 && precision == size * 8 && (bits & 0x40) == 0;
  const auto is = [&](std::uint64_t of_exponent, std::uint64_t of_mantissa) {
    return whole && exponent == of_exponent && mantissa == of_mantissa;
  };
  if (is(5, 10)) return number_type(size, bits & 1, "F16");
  if (is(8, 7)) return number_type(size, bits & 1, "BF16");
  if (is(8, 23)) return number_type(size, bits & 1, "F32");
  if (is(11, 52)) return number_type(size, bits & 1, "F64");
  return other_type(size, fmt::format("floats of {} bits", precision));
}

// h5py's bool is an enumeration of FALSE and TRUE. Names end with a zero, up to version 2 at a multiple of 8.
Hdf5Type enumeration(Hdf5Cursor& cursor, std::uint64_t version, std::uint64_t bits, std::uint64_t size) {
  constexpr std::size_t kBaseType = 12;
  const Hdf5Type other = other_type(size, "values of an enumeration");
  if ((bits & 0xFFFF) != 2 || size != 1) return other;
  cursor.skip(kBaseType);
  for (const std::string_view wanted : {std::string_view("FALSE\0", 6), std::string_view("TRUE\0", 5)}) {
    if (cursor.left() < wanted.size() || cursor.text(wanted.size()) != wanted) return other;
    if (version < 3) cursor.skip(8 - wanted.size());
  }
  return cursor.number(1) == 0 && cursor.number(1) == 1 ? number_type(size, false, "BOOL") : other;
}

std::string trimmed(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  const std::size_t last = text.find_last_not_of(' ');
  return std::string(text.substr(0, last == text.npos ? 0 : last + 1));
}

/// Texts of variable lengths stand in collections; each is read once.
class Collections {
 public:
  explicit Collections(const Hdf5Source& source) : source_(source) {}

  // Length, address of the collection, number in it.
  std::string text(Hdf5Cursor& cursor) {
    const std::uint64_t length = cursor.number(4), address = cursor.number(8), number = cursor.number(4);
    if (length == 0) return {};
    const Bytes& all = collection(address);
    const std::string what = fmt::format("the collection at byte {}", address);
    Hdf5Cursor objects(source_, all.text(), what);
    objects.skip(16);
    while (objects.left() >= 16) {
      const std::uint64_t id = objects.number(2);
      objects.skip(6);
      const std::uint64_t bytes = objects.number(8);
      if (id == 0) break;
      const std::string_view content = objects.text(bytes);
      if (id == number && length <= content.size()) return held(content.substr(0, length));
      objects.align();
    }
    source_.damaged(what);
  }

 private:
  // No text stands in a file twice, so that all of them are no more than the file.
  std::string held(std::string_view text) {
    total_ += text.size();
    if (total_ > source_.size()) source_.damaged("a list of texts");
    return std::string(text);
  }

  const Bytes& collection(std::uint64_t address) {
    const auto known = read_.find(address);
    if (known != read_.end()) return known->second;
    const std::string what = fmt::format("the collection at byte {}", address);
    const Bytes head = source_.block(address, 16, what);
    Hdf5Cursor cursor(source_, head.text(), what);
    cursor.expect("GCOL");
    cursor.skip(4);
    return read_[address] = source_.block(address, cursor.number(8), what);
  }

  const Hdf5Source& source_;
  std::map<std::uint64_t, Bytes> read_;
  std::uint64_t total_ = 0;
};

/// An attribute as its message has it.
struct Attribute {
  std::string name;
  std::string_view type, space, data;
  bool shared = false;
};

Attribute read_attribute(Hdf5Cursor cursor) {
  const std::uint64_t version = cursor.number(1), flags = cursor.number(1);
  if (version < 1 || version > 3) cursor.damaged();
  const std::uint64_t name = cursor.number(2), type = cursor.number(2), space = cursor.number(2);
  if (version == 3) cursor.skip(1);
  Attribute attribute{.shared = version > 1 && flags != 0};
  const auto part = [&](std::uint64_t bytes) {
    const std::string_view text = cursor.text(bytes);
    if (version == 1) cursor.align();
    return text;
  };
  attribute.name = trimmed(part(name));
  attribute.type = part(type);
  attribute.space = part(space);
  attribute.data = cursor.text(cursor.left());
  return attribute;
}

std::vector<std::string> texts_of(const Hdf5Source& source, const Hdf5Type& type, std::uint64_t count,
                                  Hdf5Cursor data) {
  std::vector<std::string> texts;
  Collections collections(source);
  if (type.size == 0 || count > data.left() / type.size) data.damaged();
  for (std::uint64_t at = 0; at < count; ++at)
    texts.push_back(type.kind == Hdf5Type::Kind::fixed_text ? trimmed(data.text(type.size))
                                                            : collections.text(data));
  return texts;
}

// ---- links ----

// The table of a group as HDF5 has always written it: a tree of nodes of names.
std::vector<Hdf5Link> links_of_table(const Hdf5Source& source, Hdf5Cursor table, const std::string& what) {
  const std::uint64_t tree = table.number(8), heap = table.number(8);
  const Bytes head = source.block(heap, 32, what);
  Hdf5Cursor cursor(source, head.text(), what);
  cursor.expect("HEAP");
  cursor.skip(4);
  const std::uint64_t bytes = cursor.number(8);
  cursor.skip(8);
  const Bytes names = source.block(cursor.number(8), bytes, what);
  const auto name_at = [&](std::uint64_t offset) {
    const std::size_t end = offset < names.size() ? names.text().find('\0', offset) : std::string_view::npos;
    if (end == std::string_view::npos) source.damaged(what);
    return std::string(names.text().substr(offset, end - offset));
  };
  std::vector<Hdf5Link> links;
  std::set<std::uint64_t> seen;
  visit_hdf5_tree(source, tree, 0, 8, [&](std::string_view, std::uint64_t address) {
    if (!seen.insert(address).second) source.damaged(what);
    const Bytes node_head = source.block(address, 8, what);
    Hdf5Cursor start(source, node_head.text(), what);
    start.expect("SNOD");
    start.skip(2);
    const std::uint64_t entries = start.number(2);
    const Bytes body = source.block(address + 8, entries * 40, what);
    Hdf5Cursor node(source, body.text(), what);
    for (std::uint64_t at = 0; at < entries; ++at) {
      Hdf5Link link{.name = name_at(node.number(8)), .address = node.number(8)};
      const std::uint64_t kind = node.number(4);
      node.skip(4);
      Hdf5Cursor scratch(source, node.text(16), what);
      if (kind == 2) link.refused = "a link to " + name_at(scratch.number(4));
      links.push_back(std::move(link));
    }
  });
  return links;
}

Hdf5Link link_of_message(Hdf5Cursor cursor) {
  constexpr std::uint64_t kSoft = 1, kExternal = 64;
  if (cursor.number(1) != 1) cursor.damaged();
  const std::uint64_t flags = cursor.number(1);
  const std::uint64_t kind = flags & 8 ? cursor.number(1) : 0;
  if (flags & 4) cursor.skip(8);
  if (flags & 16) cursor.skip(1);
  Hdf5Link link{.name = std::string(cursor.text(cursor.number(std::size_t{1} << (flags & 3))))};
  if (kind == 0) {
    link.address = cursor.number(8);
    return link;
  }
  const std::string_view told = cursor.text(cursor.number(2));
  if (kind == kSoft) {
    link.refused = "a link to " + std::string(told);
  } else if (kind == kExternal && !told.empty()) {
    const std::string_view file = told.substr(1, told.find('\0', 1) - 1);
    link.refused = fmt::format("a link into another file, {}", file);
  } else {
    link.refused = "a link of a kind of its own";
  }
  return link;
}

}  // namespace

Hdf5Header read_hdf5_header(const Hdf5Source& source, std::uint64_t address) {
  return HeaderWalk(source, address).read();
}

const Hdf5Message* find_message(const Hdf5Header& header, Hdf5Message::Type kind) {
  const auto found = std::ranges::find(header, kind, &Hdf5Message::kind);
  return found == header.end() ? nullptr : &*found;
}

Hdf5Type read_hdf5_type(Hdf5Cursor cursor) {
  constexpr const char* kNames[] = {
      "",           "", "times", "",      "bit fields", "opaque values", "compound values",
      "references", "", "lists", "arrays"};
  const std::uint64_t head = cursor.number(1), bits = cursor.number(3), size = cursor.number(4);
  const std::uint64_t kind = head & 15;
  if (kind == 0) return integer_type(cursor, bits, size);
  if (kind == 1) return float_type(cursor, bits, size);
  if (kind == 3) return {.kind = Hdf5Type::Kind::fixed_text, .size = size};
  if (kind == 8) return enumeration(cursor, head >> 4, bits, size);
  if (kind == 9 && (bits & 15) == 1) return {.kind = Hdf5Type::Kind::variable_text, .size = 16};
  return other_type(size, kind < std::size(kNames) ? kNames[kind] : "values of an unknown type");
}

std::optional<std::vector<std::uint64_t>> read_hdf5_space(Hdf5Cursor cursor) {
  const std::uint64_t version = cursor.number(1), rank = cursor.number(1);
  if (version < 1 || version > 2 || rank > 32) cursor.damaged();
  cursor.skip(1);
  const std::uint64_t kind = cursor.number(1);
  if (version == 1) cursor.skip(4);
  if (version == 2 && kind == 2) return std::nullopt;
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t at = 0; at < rank; ++at) sizes.push_back(cursor.number(8));
  return sizes;
}

std::vector<Hdf5Filter> read_hdf5_filters(Hdf5Cursor cursor) {
  const std::uint64_t version = cursor.number(1), count = cursor.number(1);
  if (version < 1 || version > 2) cursor.damaged();
  if (version == 1) cursor.skip(6);
  std::vector<Hdf5Filter> filters;
  for (std::uint64_t at = 0; at < count; ++at) {
    Hdf5Filter filter{.id = cursor.number(2)};
    const std::uint64_t name = version == 1 || filter.id >= 256 ? cursor.number(2) : 0;
    cursor.skip(2);
    const std::uint64_t values = cursor.number(2);
    filter.name = trimmed(cursor.text(name));
    if (version == 1) cursor.skip((8 - name % 8) % 8);
    for (std::uint64_t value = 0; value < values; ++value) filter.values.push_back(cursor.number(4));
    if (version == 1 && values % 2 == 1) cursor.skip(4);
    filters.push_back(std::move(filter));
  }
  return filters;
}

std::vector<Hdf5Link> read_hdf5_links(const Hdf5Source& source, const Hdf5Header& header,
                                      const std::string& what) {
  std::vector<Hdf5Link> links;
  for (const Hdf5Message& message : header) {
    const Hdf5Cursor cursor(source, message.body, what);
    if (message.kind == Hdf5Message::symbol_table) links = links_of_table(source, cursor, what);
    if (message.kind == Hdf5Message::link) links.push_back(link_of_message(cursor));
    if (message.kind != Hdf5Message::link_info) continue;
    Hdf5Cursor info = cursor;
    info.skip(1);
    if (info.number(1) & 1) info.skip(8);
    if (info.number(8) != kHdf5Nowhere)
      links.push_back(
          {.name = "*", .refused = "links in a heap, as newer versions of HDF5 keep many of them"});
  }
  return links;
}

std::optional<std::vector<std::string>> read_hdf5_texts(const Hdf5Source& source, const Hdf5Header& header,
                                                        const std::string& name) {
  const std::string what = "the attribute " + name;
  for (const Hdf5Message& message : header) {
    if (message.kind != Hdf5Message::attribute || message.shared) continue;
    const Attribute attribute = read_attribute(Hdf5Cursor(source, message.body, "an attribute"));
    if (attribute.name != name || attribute.shared) continue;
    const auto sizes = read_hdf5_space(Hdf5Cursor(source, attribute.space, what));
    if (!sizes || sizes->size() > 1) return std::nullopt;
    const std::uint64_t count = sizes->empty() ? 1 : sizes->front();
    if (count == 0) return std::vector<std::string>{};
    const Hdf5Type type = read_hdf5_type(Hdf5Cursor(source, attribute.type, what));
    if (type.kind != Hdf5Type::Kind::fixed_text && type.kind != Hdf5Type::Kind::variable_text)
      return std::nullopt;
    return texts_of(source, type, count, Hdf5Cursor(source, attribute.data, what));
  }
  return std::nullopt;
}

}  // namespace orrery
