#pragma once

#include <string>

#include "runtime/files/file_system.h"

namespace orrery {

/// Where the two IDX files of one half of Fashion-MNIST are: 28×28 grey images (uint8, N×28×28) and
/// their classes 0..9 (uint8, N). Source: H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747; Debian
/// package `dataset-fashion-mnist`.
struct FashionMnistFiles {
  std::string images;
  std::string labels;
};

/// Where Debian's package puts it.
inline constexpr const char* kFashionMnistFolder = "/usr/share/datasets/fashion-mnist";

/// The files of the 60,000 training or the 10,000 test images inside a folder, gzip or plain. Throws
/// `Error(Fault::input_file)` that names what is missing and how to install it.
FashionMnistFiles fashion_mnist_files(bool train, const std::string& folder = kFashionMnistFolder,
                                      const FileSystem& files = posix_files());

}  // namespace orrery
