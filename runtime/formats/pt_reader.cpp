#include "runtime/formats/pt_reader.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/pt_legacy.h"
#include "runtime/formats/safetensors_sax.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::string_view kPickleMember = "/data.pkl";
constexpr std::uint64_t kMostRepeated = std::uint64_t{64} << 20;

const ZipEntry* member(const ZipReader& zip, const std::string& name) {
  const auto found = std::ranges::find(zip.entries(), name, &ZipEntry::name);
  return found == zip.entries().end() ? nullptr : &*found;
}

// The folder that all of an archive lies in: that of its pickle.
std::string root_of(const ZipReader& zip, const std::string& source) {
  std::string root;
  int pickles = 0;
  for (const ZipEntry& entry : zip.entries()) {
    if (!entry.name.ends_with(kPickleMember)) continue;
    const std::string folder = entry.name.substr(0, entry.name.size() - kPickleMember.size());
    if (folder.find('/') != folder.npos) continue;
    root = folder;
    ++pickles;
  }
  check(pickles == 1, Fault::input_file, "{} is a zip archive that PyTorch did not write: it has {} data.pkl",
        source, pickles == 0 ? "no" : "more than one");
  return root;
}

void check_byte_order(const ZipReader& zip, const std::string& root, const std::string& source) {
  const ZipEntry* order = member(zip, root + "/byteorder");
  if (!order) return;  // files of PyTorch before 2.1
  const Bytes word = zip.read(*order, 16);
  check(word.text() == "little", Fault::input_file, "{} was written with the byte order {}; 'little' is read",
        source, quote_path(word.text()));
}

}  // namespace

PtReader::PtReader(const std::string& path, const FileSystem& files) : path_(path), file_(path, files) {
  const std::string source = quote_path(path);
  Bytes start(static_cast<std::size_t>(std::min<std::uint64_t>(file_.size(), kSniffBytes)));
  file_.read(0, start.span());
  const FileKind kind = sniff(start.span());
  if (is_legacy_pt(start.span())) {
    layout_ = Layout::legacy;
    tree_ = read_legacy_pt(file_, source);
    return;
  }
  if (kind == FileKind::zip) {
    zip_ = std::make_unique<ZipReader>(path, files);
    open_zip();
    return;
  }
  check(kind != FileKind::pickle, Fault::input_file, "{} is a Python pickle that torch.save did not write",
        source);
  throw Error(Fault::input_file, fmt::format("{} is not a PyTorch file but {}", source, describe(kind)), {},
              std::string(remedy(kind)));
}

void PtReader::open_zip() {
  const std::string source = quote_path(path_);
  const std::string root = root_of(*zip_, source);
  check_byte_order(*zip_, root, source);
  if (member(*zip_, root + "/constants.pkl")) layout_ = Layout::script;
  const ZipEntry& entry = *member(*zip_, root + std::string(kPickleMember));
  try {
    tree_ = read_pt_tree(read_pickle(zip_->read(entry, PickleLimits{}.bytes), source), source);
  } catch (const PickleCut& cut) {
    fail(Fault::input_file, "{} is damaged: its pickle ends at byte {}, in the middle", source, cut.at);
  }
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < zip_->entries().size(); ++i) places[zip_->entries()[i].name] = i;
  for (PtStorage& storage : tree_.storages) {
    const std::string name = root + "/data/" + storage.key;
    const auto found = places.find(name);
    check(found != places.end(), Fault::input_file, "{} is damaged: its storage {} is missing", source,
          safetensors_name_text(storage.key));
    const ZipEntry& data = zip_->entries()[found->second];
    check(data.bytes == storage.bytes, Fault::input_file,
          "{} is damaged: its storage {} has {} bytes, but the tensors tell of {}", source,
          safetensors_name_text(storage.key), data.bytes, storage.bytes);
    storage.place = found->second;
  }
}

void PtReader::read_part(const PtStorage& storage, std::uint64_t offset, std::span<std::byte> into) const {
  if (layout_ == Layout::legacy) return file_.read(storage.place + offset, into);
  const ZipEntry& entry = zip_->entries()[static_cast<std::size_t>(storage.place)];
  if (!entry.deflated) return zip_->read_stored(entry, offset, into);
  const Bytes all = zip_->read(entry);
  std::ranges::copy(all.span().subspan(static_cast<std::size_t>(offset), into.size()), into.begin());
}

Bytes PtReader::read(const PtStorage& storage) const {
  Bytes bytes(static_cast<std::size_t>(storage.bytes));
  read_part(storage, 0, bytes.span());
  return bytes;
}

bool PtReader::repeats_too_much(const PtTensor& tensor) const {
  const std::uint64_t bytes = tensor.bytes(), held = tree_.storages[tensor.storage].bytes;
  return bytes > held && bytes - held > kMostRepeated;
}

void PtReader::read(const PtTensor& tensor, std::span<std::byte> into) const {
  invariant(into.size() == tensor.bytes(), "a tensor read into room of another size");
  if (into.empty()) return;
  const PtStorage& storage = tree_.storages[tensor.storage];
  const auto width = static_cast<std::uint64_t>(tensor.dtype.bits / 8);
  const std::uint64_t begin = static_cast<std::uint64_t>(tensor.offset) * width;
  if (tensor.contiguous()) return read_part(storage, begin, into);
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) last += (tensor.shape[i] - 1) * tensor.strides[i];
  Bytes seen(static_cast<std::size_t>(last - tensor.offset + 1) * static_cast<std::size_t>(width));
  read_part(storage, begin, seen.span());
  gather_rows(tensor, seen.span(), tensor.offset, into);
}

Bytes PtReader::read(const PtTensor& tensor) const {
  check(!repeats_too_much(tensor), Fault::input_file, "{}: its tensor {} repeats {} until they are {}",
        quote_path(path_), safetensors_name_text(tensor.name),
        byte_count(tree_.storages[tensor.storage].bytes), byte_count(tensor.bytes()));
  Bytes bytes(static_cast<std::size_t>(tensor.bytes()));
  read(tensor, bytes.span());
  return bytes;
}

}  // namespace orrery
