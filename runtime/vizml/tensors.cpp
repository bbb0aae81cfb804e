#include "runtime/vizml/tensors.h"

#include "runtime/core/error.h"
#include "runtime/formats/image.h"
#include "runtime/formats/weights_file.h"

namespace orrery {
namespace {

Shape shape_of_sizes(const std::vector<std::int64_t>& sizes) { return Shape(sizes.begin(), sizes.end()); }

Shape image_shape(const std::string& path, const FileSystem& files) {
  const ImageHeader header = read_image_header(path, files);
  return {1, 3, header.height, header.width};
}

TensorType saved_type(const std::string& path, const FileSystem& files) {
  const auto file = open_weights(path, "", files);
  const std::vector<WeightTensor>& tensors = file->listing().tensors;
  check(tensors.size() == 1, Fault::input_file, "expected a file of one tensor, got {}", tensors.size());
  const std::string_view dtype = tensors[0].dtype.name;
  for (const DType known : {DType::float32, DType::float64, DType::float16, DType::bfloat16, DType::int64})
    if (element_type(known).name == dtype) return {shape_of_sizes(tensors[0].shape), known};
  fail(Fault::input_file, "holds {}, which a graph of VizML cannot compute with", dtype);
}

}  // namespace

TensorType vizml_tensor_type(const VizmlNode& node, const std::string& folder, const FileSystem& files) {
  const Attributes& options = node.options;
  const bool image = node.kind->node == "ImageTensor";
  if (!image && node.kind->node != "SavedTensor")
    return {shape_of_sizes(options.integers("size")), DType::float32};
  if (image && options.has("imsize"))
    return {{1, 3, options.integers("imsize")[0], options.integers("imsize")[1]}, DType::float32};
  const std::string& path = options.text("path");
  const std::string whole = path.starts_with('/') || folder.empty() ? path : folder + "/" + path;
  try {
    return image ? TensorType{image_shape(whole, files), DType::float32} : saved_type(whole, files);
  } catch (const Error& error) {
    fail(Fault::input_file, "{}: 'path': {}", node.str(), error.message());
  }
}

}  // namespace orrery
