#include "runtime/formats/weights_sources.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/npz.h"
#include "runtime/formats/pt2_archive.h"
#include "runtime/formats/pt_reader.h"
#include "runtime/formats/safetensors_reader.h"

namespace orrery {
namespace {

class SafetensorsWeights : public WeightsFile {
 public:
  SafetensorsWeights(const std::string& path, const FileSystem& files) : reader_(path, files) {
    path_ = path;
    listing_.kind = "safetensors";
    const SafetensorsHeader& header = reader_.header();
    listing_.metadata = header.metadata;
    for (std::size_t i = 0; i < header.tensors.size(); ++i) {
      const SafetensorsTensor& tensor = header.tensors[i];
      add({.name = tensor.name, .dtype = tensor.dtype, .shape = tensor.shape, .bytes = tensor.bytes()}, i);
    }
    add_aliases();
  }

 private:
  // Tied tensors are stored once.
  void add_aliases() {
    const auto text = listing_.metadata.find(kAliasesKey);
    if (text == listing_.metadata.end()) return;
    const SafetensorsHeader& header = reader_.header();
    for (const auto& [alias, key] : aliases_from_json(text->second, quote_path(path_))) {
      const SafetensorsTensor* tensor = header.find(key);
      if (!tensor || header.find(alias)) continue;
      add({.name = alias,
           .dtype = tensor->dtype,
           .shape = tensor->shape,
           .bytes = tensor->bytes(),
           .storage = key,
           .alias_of = key},
          header.index.at(key));
    }
  }

  void read_at(std::size_t place, std::span<std::byte> into) const override {
    reader_.read(reader_.header().tensors[place], into);
  }

  SafetensorsReader reader_;
};

class PtWeights : public WeightsFile {
 public:
  PtWeights(const std::string& path, const FileSystem& files) : reader_(path, files) {
    path_ = path;
    listing_.kind = reader_.layout() == PtReader::Layout::zip      ? "PyTorch"
                    : reader_.layout() == PtReader::Layout::script ? "TorchScript"
                                                                   : "PyTorch (legacy)";
    listing_.values = reader_.tree().values;
    listing_.refused = reader_.tree().refused;
    add_tensors(reader_.tree());
  }

 private:
  void add_tensors(const PtTree& tree) {
    std::map<std::size_t, int> sharing;
    for (const PtTensor& tensor : tree.tensors) ++sharing[tensor.storage];
    using Seen = std::tuple<std::size_t, std::int64_t, std::string_view, std::vector<std::int64_t>,
                            std::vector<std::int64_t>>;
    std::map<Seen, std::string> stored;
    for (std::size_t i = 0; i < tree.tensors.size(); ++i) {
      const PtTensor& tensor = tree.tensors[i];
      if (reader_.repeats_too_much(tensor)) {
        listing_.refused.emplace(tensor.name, fmt::format("a view that repeats {} until they are {}",
                                                          byte_count(tree.storages[tensor.storage].bytes),
                                                          byte_count(tensor.bytes())));
        continue;
      }
      WeightTensor entry{.name = tensor.name,
                         .dtype = tensor.dtype,
                         .shape = tensor.shape,
                         .bytes = tensor.bytes(),
                         .parameter = tensor.parameter};
      if (sharing[tensor.storage] > 1) {
        entry.storage = tree.storages[tensor.storage].key;
        const Seen seen{tensor.storage, tensor.offset, tensor.dtype.name, tensor.shape, tensor.strides};
        const auto [first, fresh] = stored.try_emplace(seen, tensor.name);
        if (!fresh) entry.alias_of = first->second;
      }
      add(std::move(entry), i);
    }
  }

  void read_at(std::size_t place, std::span<std::byte> into) const override {
    reader_.read(reader_.tree().tensors[place], into);
  }

  PtReader reader_;
};

class Pt2Weights : public WeightsFile {
 public:
  Pt2Weights(const std::string& path, const FileSystem& files) : archive_(path, files) {
    path_ = path;
    listing_.kind = "torch.export";
    listing_.refused = archive_.refused();
    for (std::size_t i = 0; i < archive_.tensors().size(); ++i) {
      const Pt2Tensor& tensor = archive_.tensors()[i];
      if (tensor.constant) continue;
      add({.name = tensor.view.name,
           .dtype = tensor.view.dtype,
           .shape = tensor.view.shape,
           .bytes = tensor.view.bytes(),
           .parameter = tensor.parameter},
          i);
    }
  }

 private:
  void read_at(std::size_t place, std::span<std::byte> into) const override {
    archive_.read(archive_.tensors()[place], into);
  }

  Pt2Archive archive_;
};

WeightTensor entry_of_array(const std::string& name, const NpyHeader& header) {
  return {.name = name,
          .dtype = element_type(header.dtype),
          .shape = header.dims,
          .bytes = static_cast<std::uint64_t>(header.data_bytes())};
}

class NpzWeights : public WeightsFile {
 public:
  NpzWeights(const std::string& path, const FileSystem& files) : reader_(path, files) {
    path_ = path;
    listing_.kind = "npz";
    for (std::size_t i = 0; i < reader_.arrays().size(); ++i)
      add(entry_of_array(reader_.arrays()[i].name, reader_.arrays()[i].header), i);
  }

 private:
  void read_at(std::size_t place, std::span<std::byte> into) const override {
    copy_elements(reader_.read(reader_.arrays()[place]).values, into);
  }

  NpzReader reader_;
};

class NpyWeights : public WeightsFile {
 public:
  NpyWeights(const std::string& path, const FileSystem& files) : files_(files) {
    path_ = path;
    listing_.kind = "npy";
    add(entry_of_array("tensor", read_npy_header(path, files)), 0);
  }

 private:
  void read_at(std::size_t, std::span<std::byte> into) const override {
    copy_elements(read_npy(path_, std::uint64_t{1} << 40, files_).values, into);
  }

  const FileSystem& files_;
};

}  // namespace

void copy_elements(const Bytes& from, std::span<std::byte> into) {
  invariant(from.size() == into.size(), "the elements of a tensor are not as many as its listing says");
  std::ranges::copy(from.span(), into.begin());
}

std::unique_ptr<WeightsFile> open_safetensors_weights(const std::string& path, const FileSystem& files) {
  return std::make_unique<SafetensorsWeights>(path, files);
}

std::unique_ptr<WeightsFile> open_pt_weights(const std::string& path, const FileSystem& files) {
  return std::make_unique<PtWeights>(path, files);
}

std::unique_ptr<WeightsFile> open_pt2_weights(const std::string& path, const FileSystem& files) {
  return std::make_unique<Pt2Weights>(path, files);
}

std::unique_ptr<WeightsFile> open_npz_weights(const std::string& path, const FileSystem& files) {
  return std::make_unique<NpzWeights>(path, files);
}

std::unique_ptr<WeightsFile> open_npy_weights(const std::string& path, const FileSystem& files) {
  return std::make_unique<NpyWeights>(path, files);
}

}  // namespace orrery
