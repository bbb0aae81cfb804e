#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/formats/hdf5/hdf5_file.h"
#include "runtime/formats/zip.h"

namespace orrery {

/// The `.keras` archive of Keras 3: `config.json`, the model; `model.weights.h5`, its weights;
/// `metadata.json`, who wrote it. Faults are `Error(Fault::input_file)` naming the file: those of `ZipReader`
/// and `Hdf5File`, a missing `config.json`.
class KerasArchive {
 public:
  explicit KerasArchive(const std::string& path, const FileSystem& files = posix_files());

  std::string config() const;
  /// Null where the archive has none.
  const std::shared_ptr<const Hdf5File>& weights() const { return weights_; }
  std::map<std::string, std::string> metadata() const;

 private:
  const ZipEntry* member(const std::string& name) const;

  std::shared_ptr<const ZipReader> zip_;
  std::shared_ptr<const Hdf5File> weights_;
};

/// Is it an archive of Keras 3? By the names of its members.
bool is_keras_archive(const ZipReader& zip);

}  // namespace orrery
