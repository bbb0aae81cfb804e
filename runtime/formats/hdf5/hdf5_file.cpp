#include "runtime/formats/hdf5/hdf5_file.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/byte_order.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr int kMostDepth = 64;
// What deflate can make of a byte.
constexpr std::uint64_t kMostGrowth = 1032;

const char* const kUsualForm = "Write it with h5py as h5py does by default, which is libver='earliest'.";

// The header of the outermost group, of superblocks of all versions.
std::uint64_t root_of_hdf5(const Hdf5Source& source) {
  const std::string what = "its beginning";
  const Bytes start =
      source.block(0, std::min<std::uint64_t>(source.size(), kSniffBytes), "the file");  // never all of it
  if (const FileKind kind = sniff(start.span()); kind != FileKind::hdf5)
    throw Error(Fault::input_file,
                fmt::format("{} is not an HDF5 file but {}", source.name(), describe(kind)), {},
                std::string(remedy(kind)));
  Hdf5Cursor cursor(source, start.text(), what);
  cursor.skip(8);
  const std::uint64_t version = cursor.number(1);
  if (version > 3)
    throw Error(
        Fault::input_file,
        fmt::format("{} is HDF5 with a superblock of version {}; 0 to 3 are read", source.name(), version),
        {}, kUsualForm);
  if (version < 2) cursor.skip(4);
  const std::uint64_t offsets = cursor.number(1), lengths = cursor.number(1);
  check(offsets == 8 && lengths == 8, Fault::input_file,
        "{} has addresses of {} bytes and lengths of {}; 8 are read", source.name(), offsets, lengths);
  cursor.skip(version == 0 ? 9 : version == 1 ? 13 : 1);
  const std::uint64_t base = cursor.number(8);
  cursor.skip(8);
  const std::uint64_t end = cursor.number(8);
  if (version < 2) cursor.skip(16);
  const std::uint64_t root = cursor.number(8);
  if (base != 0) cursor.damaged();
  check(end <= source.size(), Fault::input_file, "{} is cut off: it has {} bytes, and should have {}",
        source.name(), source.size(), end);
  return root;
}

std::string joined(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

// Where the values stand; a reason where they are not read.
std::optional<std::string> read_layout(Hdf5Cursor cursor, Hdf5Dataset& dataset) {
  const std::uint64_t version = cursor.number(1), kind = cursor.number(1);
  if (version == 4 && kind == 3) return "a virtual dataset, whose values lie in other files";
  if (version < 3 || version > 4 || (version == 4 && kind == 2) || kind > 2)
    return fmt::format("laid out by version {}, kind {}, of HDF5, which is not read", version, kind);
  if (kind == 0) {
    dataset.layout = Hdf5Dataset::Layout::compact;
    dataset.held = std::string(cursor.text(cursor.number(2)));
  } else if (kind == 1) {
    dataset.address = cursor.number(8);
  } else {
    dataset.layout = Hdf5Dataset::Layout::chunked;
    const std::uint64_t rank = cursor.number(1);
    dataset.address = cursor.number(8);
    for (std::uint64_t at = 0; at + 1 < rank; ++at) dataset.chunk.push_back(cursor.number(4));
  }
  return std::nullopt;
}

// The product of sizes, or nothing where it is more than `most`.
std::optional<std::uint64_t> product_within(const std::vector<std::uint64_t>& sizes, std::uint64_t most) {
  if (std::ranges::find(sizes, 0u) != sizes.end()) return 0;
  std::uint64_t product = 1;
  for (const std::uint64_t size : sizes) {
    if (size > most / product) return std::nullopt;
    product *= size;
  }
  return product;
}

}  // namespace

std::uint64_t Hdf5Dataset::bytes() const {
  std::uint64_t bytes = static_cast<std::uint64_t>(dtype.bits / 8);
  for (const std::int64_t size : shape) bytes *= static_cast<std::uint64_t>(size);
  return bytes;
}

Hdf5File::Hdf5File(std::shared_ptr<const Hdf5Source> source) : source_(std::move(source)) {
  add_object("", root_of_hdf5(*source_), 0);
  check(groups_.contains(""), Fault::input_file, "{} has no outermost group", name());
}

const Hdf5Dataset* Hdf5File::find(const std::string& path) const {
  const auto found = places_.find(path);
  return found == places_.end() ? nullptr : &datasets_[found->second];
}

std::vector<const Hdf5Dataset*> Hdf5File::below(const std::string& group) const {
  std::vector<const Hdf5Dataset*> found;
  const std::string prefix = group + "/";
  for (auto at = places_.lower_bound(prefix); at != places_.end() && at->first.starts_with(prefix); ++at)
    found.push_back(&datasets_[at->second]);
  return found;
}

// An object is read once, so that no link leads in a circle.
void Hdf5File::add_object(const std::string& path, std::uint64_t address, int depth) {
  const auto [first, fresh] = seen_.try_emplace(address, path);
  if (!fresh) {
    refused_.emplace(path, "a second link to '" + first->second + "'");
    return;
  }
  if (depth > kMostDepth) source_->damaged(fmt::format("a group {} groups deep", depth));
  const Hdf5Header header = read_hdf5_header(*source_, address);
  if (find_message(header, Hdf5Message::layout))
    add_dataset(path, header);
  else
    add_group(path, address, header, depth);
}

void Hdf5File::add_group(const std::string& path, std::uint64_t address, const Hdf5Header& header,
                         int depth) {
  groups_[path] = address;
  for (const Hdf5Link& link : read_hdf5_links(*source_, header, "its group " + quote_path(path))) {
    const std::string whole = joined(path, link.name);
    if (groups_.contains(whole) || places_.contains(whole) || refused_.contains(whole))
      source_->damaged("its group " + quote_path(path));
    if (link.refused.empty())
      add_object(whole, link.address, depth + 1);
    else
      refused_.emplace(whole, link.refused);
  }
}

void Hdf5File::add_dataset(const std::string& path, const Hdf5Header& header) {
  const std::string what = "its dataset " + quote_path(path);
  const auto refuse = [&](std::string why) { refused_.emplace(path, std::move(why)); };
  const auto cursor_of = [&](const Hdf5Message& message) { return Hdf5Cursor(*source_, message.body, what); };
  const Hdf5Message* type_told = find_message(header, Hdf5Message::type);
  const Hdf5Message* space_told = find_message(header, Hdf5Message::space);
  if (!type_told || !space_told) source_->damaged(what);
  if (find_message(header, Hdf5Message::external_files))
    return refuse("a dataset whose values lie in other files");
  for (const Hdf5Message& message : header)
    if (message.shared && message.kind != Hdf5Message::attribute)
      return refuse("described at another place of the file");
  Hdf5Dataset dataset{.path = path, .dtype = {}, .shape = {}};
  if (auto why = read_layout(cursor_of(*find_message(header, Hdf5Message::layout)), dataset))
    return refuse(*why);
  const Hdf5Type type = read_hdf5_type(cursor_of(*type_told));
  if (type.kind != Hdf5Type::Kind::number)
    return refuse(type.kind == Hdf5Type::Kind::other ? "a dataset of " + type.name : "a dataset of texts");
  dataset.dtype = *type.number;
  dataset.big_endian = type.big_endian;
  const auto sizes = read_hdf5_space(cursor_of(*space_told));
  if (!sizes) return refuse("a dataset without values");
  if (const Hdf5Message* filters = find_message(header, Hdf5Message::filters))
    dataset.filters = read_hdf5_filters(cursor_of(*filters));
  if (auto why = refusal_of_filters(dataset.filters)) return refuse(*why);
  const bool chunked = dataset.layout == Hdf5Dataset::Layout::chunked;
  const std::uint64_t growth = chunked && !dataset.filters.empty() ? kMostGrowth : 1;
  const auto elements = product_within(*sizes, source_->size() * growth / type.size);
  if (!elements || (chunked && dataset.chunk.size() != sizes->size())) source_->damaged(what);
  if (chunked && std::ranges::find(dataset.chunk, 0u) != dataset.chunk.end()) source_->damaged(what);
  const std::uint64_t bytes = *elements * type.size;
  dataset.shape.assign(sizes->begin(), sizes->end());
  if (dataset.layout == Hdf5Dataset::Layout::compact && dataset.held.size() != bytes) source_->damaged(what);
  if (bytes > 0 && !chunked && dataset.layout != Hdf5Dataset::Layout::compact) {
    if (dataset.address == kHdf5Nowhere) return refuse("a dataset whose values were never written");
    if (dataset.address > source_->size() || bytes > source_->size() - dataset.address)
      source_->damaged(what);
  }
  places_[path] = datasets_.size();
  datasets_.push_back(std::move(dataset));
}

std::optional<std::vector<std::string>> Hdf5File::texts(const std::string& group,
                                                        const std::string& attribute) const {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return std::nullopt;
  return read_hdf5_texts(*source_, read_hdf5_header(*source_, found->second), attribute);
}

void Hdf5File::read(const Hdf5Dataset& dataset, std::span<std::byte> into) const {
  invariant(into.size() == dataset.bytes(), "a dataset read into room of another size");
  const std::string what = "its dataset " + quote_path(dataset.path);
  if (into.empty()) return;
  switch (dataset.layout) {
    case Hdf5Dataset::Layout::compact: std::ranges::copy(as_bytes(dataset.held), into.begin()); break;
    case Hdf5Dataset::Layout::contiguous: source_->read(dataset.address, into, what); break;
    case Hdf5Dataset::Layout::chunked: read_hdf5_chunks(*source_, dataset, what, into); break;
  }
  if (dataset.big_endian) swap_byte_order(into, static_cast<std::size_t>(dataset.dtype.bits / 8));
}

}  // namespace orrery
