#include "runtime/formats/hdf5/keras_archive.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/core/strict_json.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr std::uint64_t kMostConfig = std::uint64_t{256} << 20, kMostMetadata = std::uint64_t{1} << 20;
constexpr const char* kConfig = "config.json";
constexpr const char* kKerasWeights = "model.weights.h5";

}  // namespace

bool is_keras_archive(const ZipReader& zip) {
  return std::ranges::any_of(zip.entries(), [](const ZipEntry& entry) {
    return entry.name == kConfig || entry.name == kKerasWeights;
  });
}

KerasArchive::KerasArchive(const std::string& path, const FileSystem& files)
    : zip_(std::make_shared<const ZipReader>(path, files)) {
  check(member(kConfig) != nullptr, Fault::input_file,
        "{} has no config.json: it is no model that Keras 3 saved", quote_path(path));
  if (const ZipEntry* weights = member(kKerasWeights))
    weights_ = std::make_shared<const Hdf5File>(hdf5_member_source(zip_, *weights));
}

const ZipEntry* KerasArchive::member(const std::string& name) const {
  const auto found = std::ranges::find(zip_->entries(), name, &ZipEntry::name);
  return found == zip_->entries().end() ? nullptr : &*found;
}

std::string KerasArchive::config() const {
  return std::string(zip_->read(*member(kConfig), kMostConfig).text());
}

std::map<std::string, std::string> KerasArchive::metadata() const {
  std::map<std::string, std::string> told;
  const ZipEntry* entry = member("metadata.json");
  if (!entry) return told;
  const nlohmann::json all = parse_strict_json(zip_->read(*entry, kMostMetadata).text(),
                                               quote_path(zip_->path()) + ": its member 'metadata.json'");
  if (!all.is_object()) return told;
  for (const auto& [name, value] : all.items())
    told[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return told;
}

}  // namespace orrery
