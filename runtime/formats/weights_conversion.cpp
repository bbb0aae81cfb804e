#include "runtime/formats/weights_conversion.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"
#include "runtime/formats/npz_writer.h"
#include "runtime/formats/pt_writer.h"
#include "runtime/formats/safetensors_writer.h"
#include "runtime/formats/weights_file.h"

namespace orrery {
namespace {

enum class WrittenKind { safetensors, pt, npz };

WrittenKind written_kind(const std::string& path) {
  if (path.ends_with(".safetensors")) return WrittenKind::safetensors;
  if (path.ends_with(".pt") || path.ends_with(".pth") || path.ends_with(".bin")) return WrittenKind::pt;
  if (path.ends_with(".npz")) return WrittenKind::npz;
  fail(Fault::usage, "cannot tell from its ending what {} is to be: .safetensors, .pt, .pth, .bin or .npz",
       quote_path(path));
}

class WeightsConversion {
 public:
  WeightsConversion(const std::string& from, const std::string& to, const ConversionOptions& options,
                    const FileSystem& files)
      : to_(to),
        files_(files),
        most_bytes_(options.bytes_a_file),
        kind_(written_kind(to)),
        file_(open_weights(from, options.part, files)) {
    check(most_bytes_ == 0 || kind_ == WrittenKind::safetensors, Fault::usage,
          "a set of several files is safetensors; {} is one file", quote_path(to));
    check_all_read(*file_);
  }

  ConversionReport convert() {
    sort_out_aliases();
    tell_what_is_left_out();
    std::vector<SafetensorsItem> items;
    for (const WeightTensor* tensor : written_) {
      check(kind_ != WrittenKind::safetensors || safetensors_dtype(tensor->dtype.name), Fault::usage,
            "safetensors has no {} (tensor {}): write .pt or .npz", torch_dtype_name(tensor->dtype),
            quote_path(tensor->name));
      items.push_back(item_of(*tensor));
      report_.bytes += tensor->bytes;
    }
    report_.tensors = items.size();
    write(std::move(items));
    return std::move(report_);
  }

 private:
  // NumPy has no other names for one array.
  void sort_out_aliases() {
    for (const WeightTensor& tensor : file_->listing().tensors) {
      if (tensor.alias_of.empty() || kind_ == WrittenKind::npz) {
        written_.push_back(&tensor);
      } else {
        aliases_[tensor.name] = tensor.alias_of;
        report_.aliases.push_back(tensor.name);
      }
    }
  }

  void tell_what_is_left_out() {
    for (const PtValue& value : file_->listing().values) report_.left_out.push_back(value.name);
    for (const auto& [key, text] : file_->listing().metadata)
      if (kind_ != WrittenKind::safetensors && key != "format" && key != kAliasesKey)
        report_.left_out.push_back("metadata " + key);
  }

  // The bytes stay until the next but one is read.
  SafetensorsItem item_of(const WeightTensor& tensor) {
    const auto bytes = [this, &tensor]() -> std::span<const std::byte> {
      previous_ = std::move(current_);
      current_ = file_->read(tensor);
      return current_.span();
    };
    return {tensor.name, tensor.dtype, tensor.shape, bytes};
  }

  std::map<std::string, std::string> metadata() const {
    std::map<std::string, std::string> metadata;
    if (file_->listing().kind == "safetensors") metadata = file_->listing().metadata;
    metadata.erase(kAliasesKey);
    metadata.try_emplace("format", "pt");  // tensors under PyTorch's names, as others write it
    if (!aliases_.empty()) metadata[kAliasesKey] = aliases_to_json(aliases_);
    return metadata;
  }

  void write(std::vector<SafetensorsItem> items) {
    if (kind_ == WrittenKind::pt) {
      write_pt(to_, items, aliases_, files_);
    } else if (kind_ == WrittenKind::npz) {
      write_npz(to_, items, files_);
    } else if (most_bytes_ > 0) {
      return write_set(std::move(items));
    } else {
      write_safetensors(to_, std::move(items), metadata(), files_);
    }
    report_.files.push_back(to_);
  }

  // model-00001-of-00003.safetensors and so on, then model.safetensors.index.json, which names them.
  void write_set(std::vector<SafetensorsItem> items) {
    std::vector<std::vector<SafetensorsItem>> shards = shared_out(std::move(items));
    const std::string stem = to_.substr(0, to_.size() - std::string_view(".safetensors").size());
    nlohmann::json index{{"metadata", {{"total_size", report_.bytes}}},
                         {"weight_map", nlohmann::json::object()}};
    for (std::size_t i = 0; i < shards.size(); ++i) {
      const std::string path = fmt::format("{}-{:05}-of-{:05}.safetensors", stem, i + 1, shards.size());
      for (const SafetensorsItem& item : shards[i]) index["weight_map"][item.name] = file_name(path);
      for (const auto& [alias, name] : aliases_in(shards[i])) index["weight_map"][alias] = file_name(path);
      std::map<std::string, std::string> entries{{"format", "pt"}};
      if (const Aliases aliases = aliases_in(shards[i]); !aliases.empty())
        entries[kAliasesKey] = aliases_to_json(aliases);
      write_safetensors(path, std::move(shards[i]), entries, files_);
      report_.files.push_back(path);
    }
    write_atomically(to_ + ".index.json", index.dump(2) + "\n", files_);
    report_.files.push_back(to_ + ".index.json");
  }

  std::vector<std::vector<SafetensorsItem>> shared_out(std::vector<SafetensorsItem> items) const {
    std::vector<std::vector<SafetensorsItem>> shards(1);
    std::uint64_t held = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::uint64_t bytes = written_[i]->bytes;
      if (!shards.back().empty() && held + bytes > most_bytes_) {
        shards.emplace_back();
        held = 0;
      }
      held += bytes;
      shards.back().push_back(std::move(items[i]));
    }
    return shards;
  }

  Aliases aliases_in(const std::vector<SafetensorsItem>& items) const {
    Aliases held;
    for (const auto& [alias, name] : aliases_)
      if (std::ranges::find(items, name, &SafetensorsItem::name) != items.end()) held[alias] = name;
    return held;
  }

  const std::string& to_;
  const FileSystem& files_;
  std::uint64_t most_bytes_;
  WrittenKind kind_;
  std::unique_ptr<WeightsFile> file_;
  std::vector<const WeightTensor*> written_;
  Aliases aliases_;
  Bytes current_, previous_;
  ConversionReport report_;
};

}  // namespace

ConversionReport convert_weights(const std::string& from, const std::string& to,
                                 const ConversionOptions& options, const FileSystem& files) {
  return WeightsConversion(from, to, options, files).convert();
}

}  // namespace orrery
