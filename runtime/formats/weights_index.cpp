#include <unordered_map>

#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/core/strict_json.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/safetensors_header.h"
#include "runtime/formats/safetensors_sax.h"
#include "runtime/formats/weights_sources.h"

namespace orrery {
namespace {

// What `weight_map` names stands beside the index: a plain name, so that no file elsewhere is opened.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
         name.find('\0') == name.npos;
}

class IndexedWeights : public WeightsFile {
 public:
  IndexedWeights(const std::string& path, const FileSystem& files) : source_(quote_path(path)) {
    path_ = path;
    listing_.kind = "safetensors set";
    const nlohmann::json index =
        parse_strict_json(read_text(path, kSafetensorsMaxHeaderBytes, files), source_);
    check(index.is_object() && index.contains("weight_map") && index["weight_map"].is_object(),
          Fault::input_file, "{} is a JSON file, but no index of weights: it has no 'weight_map'", source_);
    for (const auto& [name, file] : index["weight_map"].items()) add_tensor(name, file, files);
    check_nothing_more();
    if (index.contains("metadata") && index["metadata"].is_object())
      for (const auto& [key, value] : index["metadata"].items())
        listing_.metadata[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }

 private:
  struct Shard {
    std::unique_ptr<WeightsFile> file;
    std::unordered_map<std::string_view, const WeightTensor*> tensors;
  };
  struct Place {
    const WeightsFile* file;
    const WeightTensor* tensor;
  };

  void add_tensor(const std::string& name, const nlohmann::json& file, const FileSystem& files) {
    check(file.is_string() && is_plain_name(file.get<std::string>()), Fault::input_file,
          "{}: its tensor {} lies in {}, which is no name of a file beside it", source_,
          safetensors_name_text(name), quote_path(file.dump()));
    const std::string shard_name = file.get<std::string>();
    const Shard& shard = shard_of(shard_name, files);
    const auto found = shard.tensors.find(name);
    check(found != shard.tensors.end(), Fault::input_file, "{}: its tensor {} is not in {}", source_,
          safetensors_name_text(name), quote_path(shard_name));
    WeightTensor entry = *found->second;
    entry.file = shard_name;
    add(std::move(entry), taken_.size());
    taken_.push_back({shard.file.get(), found->second});
  }

  const Shard& shard_of(const std::string& name, const FileSystem& files) {
    Shard& shard = shards_[name];
    if (shard.file) return shard;
    shard.file = open_safetensors_weights(parent_folder(path_) + "/" + name, files);
    for (const WeightTensor& tensor : shard.file->listing().tensors) shard.tensors[tensor.name] = &tensor;
    return shard;
  }

  void check_nothing_more() const {
    std::size_t held = 0;
    for (const auto& [name, shard] : shards_) held += shard.tensors.size();
    check(held == taken_.size(), Fault::input_file, "{} tells of {} tensors, but its files hold {}", source_,
          taken_.size(), held);
  }

  void read_at(std::size_t place, std::span<std::byte> into) const override {
    taken_[place].file->read(*taken_[place].tensor, into);
  }

  std::string source_;
  std::map<std::string, Shard> shards_;
  std::vector<Place> taken_;
};

}  // namespace

std::unique_ptr<WeightsFile> open_indexed_weights(const std::string& path, const FileSystem& files) {
  return std::make_unique<IndexedWeights>(path, files);
}

}  // namespace orrery
