#include "runtime/formats/fashion_mnist.h"

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

std::string find(const std::string& folder, const std::string& name, const FileSystem& files) {
  std::string plain = folder + "/" + name;
  if (exists(plain + ".gz", files)) return plain + ".gz";
  if (exists(plain, files)) return plain;
  throw Error(Fault::input_file, "Fashion-MNIST is not there: there is no " + quote_path(plain + ".gz"), {},
              "Install Debian's package with `apt install dataset-fashion-mnist`, or give the folder that "
              "holds the four IDX files.");
}

}  // namespace

FashionMnistFiles fashion_mnist_files(bool train, const std::string& folder, const FileSystem& files) {
  const std::string half = train ? "train" : "t10k";
  return {find(folder, half + "-images-idx3-ubyte", files), find(folder, half + "-labels-idx1-ubyte", files)};
}

}  // namespace orrery
