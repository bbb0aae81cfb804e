// IDX files, and Fashion-MNIST, which is stored in them.
#include "runtime/files/paths.h"
#include "runtime/formats/fashion_mnist.h"
#include "runtime/formats/idx.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

std::int64_t samples_in(const IdxHeader& header, const std::string& path) {
  check(!header.dims.empty(), Fault::input_file, "{} holds a single number, not one entry per sample",
        quote_path(path));
  return header.dims[0];
}

// Labels must be one whole number per image.
void check_labels(const std::string& path, const std::string& images, std::int64_t length) {
  const IdxHeader header = read_idx_header(path);
  const std::int64_t count = samples_in(header, path);
  check(header.dims.size() == 1, Fault::input_file, "{} has {} dimensions; labels have one", quote_path(path),
        header.dims.size());
  check(is_integral(header.dtype), Fault::input_file, "{} holds {}; labels are whole numbers",
        quote_path(path), name(header.dtype));
  check(count == length, Fault::input_file, "{} has {} labels and {} has {} images", quote_path(path), count,
        quote_path(images), length);
}

SourceHeader open_files(const std::string& images, const std::string& labels) {
  const IdxHeader header = read_idx_header(images);
  SourceHeader source;
  source.length = samples_in(header, images);
  const DType dtype = header.dtype == DType::float64 ? DType::float64 : DType::float32;
  source.fields.push_back({"image", {idx_sample_shape(header.dims), dtype}});
  if (labels.empty()) return source;
  check_labels(labels, images, source.length);
  source.fields.push_back({"label", {{}, DType::int64}, true});
  return source;
}

}  // namespace

Shape idx_sample_shape(const std::vector<std::int64_t>& dims) {
  Shape shape(dims.begin() + 1, dims.end());
  if (shape.size() == 2) shape.insert(shape.begin(), Dim(1));
  return shape;
}

SourceHeader open_fashion_mnist(const DataSource& source) {
  const Attributes& options = source.options;
  const FashionMnistFiles files = fashion_mnist_files(options.text("split") == "train", options.text("root"));
  SourceHeader header = open_files(files.images, files.labels);
  header.classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  return header;
}

SourceHeader open_idx(const DataSource& source) {
  const Attributes& options = source.options;
  SourceHeader header =
      open_files(options.text("images"), options.has("labels") ? options.text("labels") : "");
  header.classes = given_classes(source);
  return header;
}

}  // namespace orrery
