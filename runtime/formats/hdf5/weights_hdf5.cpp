#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/core/strict_json.h"
#include "runtime/files/paths.h"
#include "runtime/formats/hdf5/hdf5_file.h"
#include "runtime/formats/hdf5/keras_archive.h"
#include "runtime/formats/weights_sources.h"

namespace orrery {
namespace {

class Hdf5Weights : public WeightsFile {
 public:
  Hdf5Weights(const std::string& path, std::shared_ptr<const Hdf5File> file, const std::string& kind)
      : file_(std::move(file)) {
    path_ = path;
    listing_.kind = kind;
    listing_.refused = file_->refused();
    for (const char* name : {"keras_version", "backend"})
      for (const char* group : {"", "model_weights"})
        if (const auto texts = file_->texts(group, name); texts && texts->size() == 1)
          listing_.metadata.try_emplace(name, texts->front());
    for (std::size_t at = 0; at < file_->datasets().size(); ++at) {
      const Hdf5Dataset& dataset = file_->datasets()[at];
      add({.name = dataset.path, .dtype = dataset.dtype, .shape = dataset.shape, .bytes = dataset.bytes()},
          at);
    }
  }

  void add_metadata(const std::map<std::string, std::string>& more) {
    listing_.metadata.insert(more.begin(), more.end());
  }

 private:
  void read_at(std::size_t place, std::span<std::byte> into) const override {
    file_->read(file_->datasets()[place], into);
  }

  std::shared_ptr<const Hdf5File> file_;
};

}  // namespace

std::unique_ptr<WeightsFile> open_hdf5_weights(const std::string& path, const FileSystem& files) {
  const auto file = std::make_shared<const Hdf5File>(hdf5_file_source(path, files));
  return std::make_unique<Hdf5Weights>(path, file, file->texts("", "model_config") ? "Keras (HDF5)" : "HDF5");
}

std::unique_ptr<WeightsFile> open_keras_weights(const std::string& path, const FileSystem& files) {
  const KerasArchive archive(path, files);
  check(archive.weights() != nullptr, Fault::input_file,
        "{} holds no weights: its member 'model.weights.h5' is not there", quote_path(path));
  auto weights = std::make_unique<Hdf5Weights>(path, archive.weights(), "Keras");
  weights->add_metadata(archive.metadata());
  return weights;
}

}  // namespace orrery
