// Images in files: a folder per class, or a list.
#include <algorithm>
#include <cctype>
#include <numeric>

#include "runtime/files/paths.h"
#include "runtime/formats/image.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

// So many headers are looked at to tell if all images have one size.
constexpr std::size_t kSizesTried = 1000;
constexpr int kDeepestFolder = 64;

bool is_image_name(const std::string& name) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.ends_with(".png") || lower.ends_with(".jpg") || lower.ends_with(".jpeg");
}

// The images under a folder, names sorted, as torchvision walks it: its files, then each folder.
void gather_images(const std::string& folder, int depth, std::vector<std::string>& files) {
  check(depth < kDeepestFolder, Fault::input_file, "{} lies in more than {} folders", quote_path(folder),
        kDeepestFolder);
  std::vector<std::string> inner;
  for (const std::string& name : list_folder(folder)) {
    const std::string path = folder + "/" + name;
    if (is_image_name(name))
      files.push_back(path);
    else if (is_folder(path))
      inner.push_back(path);
  }
  for (const std::string& path : inner) gather_images(path, depth + 1, files);
}

// The size that the images have in common; symbols when some differ.
Shape common_size(const std::vector<std::string>& files) {
  const std::size_t step = std::max<std::size_t>(1, files.size() / kSizesTried);
  ImageHeader first;
  for (std::size_t i = 0; i < files.size(); i += step) {
    const ImageHeader header = read_image_header(files[i]);
    if (i == 0) first = header;
    if (header.width != first.width || header.height != first.height)
      return {Dim::symbol("H"), Dim::symbol("W")};
  }
  return {first.height, first.width};
}

SourceHeader header_of(const DataSource& source, std::vector<std::string> files) {
  SourceHeader header{.length = static_cast<std::int64_t>(files.size())};
  Shape shape = common_size(files);
  shape.insert(shape.begin(), Dim(source.options.text("mode") == "rgb" ? 3 : 1));
  header.fields.push_back({"image", {std::move(shape), DType::float32}});
  header.files = std::move(files);
  return header;
}

}  // namespace

SourceHeader open_image_folder(const DataSource& source) {
  const std::string& root = source.options.text("root");
  std::vector<std::string> files, classes;
  std::vector<std::int64_t> labels;
  for (const std::string& name : list_folder(root)) {
    const std::string folder = root + "/" + name;
    if (!is_folder(folder)) continue;
    const std::size_t before = files.size();
    gather_images(folder, 0, files);
    check(files.size() > before, Fault::input_file, "{} has no PNG or JPEG image", quote_path(folder));
    labels.resize(files.size(), static_cast<std::int64_t>(classes.size()));
    classes.push_back(name);
  }
  if (classes.empty())
    throw Error(Fault::input_file, fmt::format("{} has no folder of images in it", quote_path(root)), {},
                "Put the images of each class in a folder of its name, or use data.images { files = … }.");
  SourceHeader header = header_of(source, std::move(files));
  header.fields.push_back({"label", {{}, DType::int64}, true});
  header.classes = std::move(classes);
  header.labels = std::move(labels);
  return header;
}

SourceHeader open_images(const DataSource& source) {
  const auto list = source.parts.lists.find("files");
  check(list != source.parts.lists.end() && !list->second.empty(), Fault::usage,
        "data.images needs files, a list of images");
  std::vector<std::string> files = list->second;
  if (source.options.has("root"))
    for (std::string& file : files)
      if (!file.starts_with('/')) file.insert(0, source.options.text("root") + "/");
  SourceHeader header = header_of(source, std::move(files));
  header.classes = given_classes(source);
  if (!source.options.has("labels")) return header;
  header.labels = source.options.integers("labels");
  check(header.labels.size() == header.files.size(), Fault::usage, "labels has {} entries and files has {}",
        header.labels.size(), header.files.size());
  header.fields.push_back({"label", {{}, DType::int64}, true});
  return header;
}

}  // namespace orrery
