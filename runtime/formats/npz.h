#pragma once

#include <string>
#include <vector>

#include "runtime/formats/npy.h"
#include "runtime/formats/zip.h"

namespace orrery {

/// NumPy's .npz: a zip archive of .npy files, whose names without `.npy` are the arrays'. Headers are read
/// at once, values when asked for. Faults are those of `ZipReader` and `parse_npy`, and a member that is no
/// .npy file. Const functions may run on several threads at once.
class NpzReader {
 public:
  struct Array {
    std::string name;
    NpyHeader header;
    ZipEntry entry;
  };

  explicit NpzReader(const std::string& path, const FileSystem& files = posix_files());

  const std::string& path() const { return zip_.path(); }
  /// In the order of the file.
  const std::vector<Array>& arrays() const { return arrays_; }
  NpyArray read(const Array& array) const;

 private:
  ZipReader zip_;
  std::vector<Array> arrays_;
};

}  // namespace orrery
