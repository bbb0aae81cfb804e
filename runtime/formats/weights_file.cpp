#include "runtime/formats/weights_file.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/hdf5/keras_archive.h"
#include "runtime/formats/pt2_archive.h"
#include "runtime/formats/safetensors_sax.h"
#include "runtime/formats/sniff.h"
#include "runtime/formats/weights_sources.h"
#include "runtime/formats/zip.h"

namespace orrery {
namespace {

std::unique_ptr<WeightsFile> open_archive(const std::string& path, const FileSystem& files) {
  const ZipReader zip(path, files);
  const bool arrays = !zip.entries().empty() && std::ranges::all_of(zip.entries(), [](const ZipEntry& entry) {
    return entry.name.ends_with(".npy");
  });
  if (arrays) return open_npz_weights(path, files);
  if (is_keras_archive(zip)) return open_keras_weights(path, files);
  return is_pt2(zip) ? open_pt2_weights(path, files) : open_pt_weights(path, files);
}

std::unique_ptr<WeightsFile> open_by_kind(const std::string& path, const FileSystem& files) {
  Bytes start;
  {
    const InputFile file(path, files);
    start = Bytes(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kSniffBytes)));
    file.read(0, start.span());
  }
  const FileKind kind = sniff(start.span());
  switch (kind) {
    case FileKind::safetensors: return open_safetensors_weights(path, files);
    case FileKind::zip: return open_archive(path, files);
    case FileKind::pickle: return open_pt_weights(path, files);
    case FileKind::npy: return open_npy_weights(path, files);
    case FileKind::onnx: return open_onnx_weights(path, files);
    case FileKind::hdf5: return open_hdf5_weights(path, files);
    default: break;
  }
  if (kind == FileKind::unknown) {
    // Its own reader says best what is wrong with it.
    if (path.ends_with(".safetensors")) return open_safetensors_weights(path, files);
    if (path.ends_with(".onnx")) return open_onnx_weights(path, files);
    const std::size_t first = start.text().find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && start.text()[first] == '{')
      return open_indexed_weights(path, files);
  }
  const std::string_view known = remedy(kind);
  throw Error(Fault::input_file,
              fmt::format("{} is not a file of weights but {}", quote_path(path), describe(kind)), {},
              known.empty()
                  ? "Weights are read from safetensors, PyTorch's .pt, .npz, .npy, ONNX and Keras' HDF5."
                  : std::string(known));
}

// Names of HDF5 have slashes, others dots.
bool lies_below(const std::string& name, const std::string& part) {
  const std::size_t end = part.size();
  return name.size() > end && name.starts_with(part) && (name[end] == '.' || name[end] == '/');
}

// The parts that a name could have been meant to be: `model` of `model.0.weight`.
std::vector<std::string> parts_of(const WeightsListing& listing) {
  std::set<std::string> parts;
  for (const WeightTensor& tensor : listing.tensors) {
    const std::size_t dot = tensor.name.find_first_of("./");
    if (dot != tensor.name.npos) parts.insert(tensor.name.substr(0, dot));
  }
  return {parts.begin(), parts.end()};
}

}  // namespace

void WeightsFile::read(const WeightTensor& tensor, std::span<std::byte> into) const {
  invariant(into.size() == tensor.bytes, "a tensor read into room of another size");
  read_at(places_.at(tensor.name), into);
}

Bytes WeightsFile::read(const WeightTensor& tensor) const {
  Bytes bytes(static_cast<std::size_t>(tensor.bytes));
  read(tensor, bytes.span());
  return bytes;
}

void WeightsFile::add(WeightTensor tensor, std::size_t place) {
  places_[tensor.name] = place;
  listing_.tensors.push_back(std::move(tensor));
}

void WeightsFile::keep_part(const std::string& part) {
  const std::vector<std::string> known = parts_of(listing_);
  const auto cut = [&](std::string& name) {
    if (!lies_below(name, part)) return false;
    name.erase(0, part.size() + 1);
    return true;
  };
  std::map<std::string, std::size_t> places;
  std::erase_if(listing_.tensors, [&](WeightTensor& tensor) {
    const std::size_t place = places_.at(tensor.name);
    if (!cut(tensor.name)) return true;
    if (!cut(tensor.alias_of)) tensor.alias_of.clear();
    places[tensor.name] = place;
    return false;
  });
  places_ = std::move(places);
  std::erase_if(listing_.values, [&](PtValue& value) { return !cut(value.name); });
  std::map<std::string, std::string> refused;
  for (const auto& [name, what] : listing_.refused)
    if (lies_below(name, part)) refused.emplace(name.substr(part.size() + 1), what);
  listing_.refused = std::move(refused);
  const bool empty = listing_.tensors.empty() && listing_.refused.empty();
  check(!empty, Fault::input_file, "{} has no part {} with tensors{}", quote_path(path_), quote_path(part),
        did_you_mean(part, known));
}

std::unique_ptr<WeightsFile> open_weights(const std::string& path, const std::string& part,
                                          const FileSystem& files) {
  std::unique_ptr<WeightsFile> file = open_by_kind(path, files);
  if (!part.empty()) file->keep_part(part);
  return file;
}

void check_all_read(const WeightsFile& file) {
  std::string text;
  for (const auto& [name, what] : file.listing().refused)
    text += fmt::format("\n  {} is {}", safetensors_name_text(name), what);
  check(text.empty(), Fault::input_file, "{} holds tensors that are not read:{}", quote_path(file.path()),
        text);
}

SafetensorsDType element_type(DType dtype) {
  if (dtype == DType::complex128) return *pickle_global("torch", "complex128")->dtype;
  return safetensors_dtype(dtype);
}

}  // namespace orrery
