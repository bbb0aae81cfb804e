// Sets whose samples are read one by one, and texts, whose windows overlap in one tensor.
#include <ATen/ATen.h>

#include "runtime/engine/data/memory_samples.h"
#include "runtime/engine/data/source_samples.h"
#include "runtime/engine/data/source_tensors.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/files/paths.h"
#include "runtime/formats/image.h"
#include "runtime/governors/text_samples.h"

namespace orrery {
namespace {

class ImageSamples : public Samples {
 public:
  explicit ImageSamples(const DataSource& source)
      : files_(source.files),
        labels_(source.labels),
        mode_(source.options.text("mode") == "rgb" ? ImageMode::rgb : ImageMode::grey),
        scale_(source.options.boolean("scale")) {}

  std::int64_t length() const override { return static_cast<std::int64_t>(files_.size()); }

  std::vector<at::Tensor> at(std::int64_t index, std::int64_t) const override {
    std::vector<at::Tensor> fields = {image(files_[static_cast<size_t>(index)])};
    if (!labels_.empty())
      fields.push_back(at::scalar_tensor(labels_[static_cast<size_t>(index)], at::TensorOptions(at::kLong)));
    return fields;
  }

  std::string place(std::int64_t index) const override {
    return quote_path(files_[static_cast<size_t>(index)]);
  }

  std::optional<std::int64_t> number(std::int64_t index, size_t field) const override {
    if (field != 1) return std::nullopt;
    return labels_[static_cast<size_t>(index)];
  }

 private:
  at::Tensor image(const std::string& file) const {
    Image read = read_image(file, mode_);
    const at::Tensor pixels = at::from_blob(read.pixels.data(), {read.height, read.width, read.channels},
                                            at::TensorOptions(at::kByte));
    const at::Tensor planes =
        pixels.permute({2, 0, 1}).to(at::kFloat, false, true, at::MemoryFormat::Contiguous);
    return scale_ ? planes.div_(kByteWhite) : planes;
  }

  std::vector<std::string> files_;
  std::vector<std::int64_t> labels_;
  ImageMode mode_;
  bool scale_;
};

/// Lines of a text, which differ in length.
class LineSamples : public Samples {
 public:
  LineSamples(at::Tensor tokens, TextSamples text)
      : tokens_(std::move(tokens)), begin_(std::move(text.begin)), end_(std::move(text.end)) {}

  std::int64_t length() const override { return static_cast<std::int64_t>(begin_.size()); }
  std::vector<at::Tensor> at(std::int64_t index, std::int64_t) const override {
    const auto i = static_cast<size_t>(index);
    return {tokens_.narrow(0, begin_[i], end_[i] - begin_[i])};
  }

 private:
  at::Tensor tokens_;
  std::vector<std::int64_t> begin_, end_;
};

}  // namespace

std::shared_ptr<const Samples> image_samples(const DataSource& source) {
  return std::make_shared<ImageSamples>(source);
}

std::shared_ptr<const Samples> text_samples_of(const DataSource& source) {
  TextSamples text = text_samples(source);
  check(
      static_cast<std::int64_t>(text.begin.size()) == source.length && text.text.vocabulary == source.classes,
      Fault::input_file, "{} has changed since it was opened", quote_path(source.options.text("path")));
  const at::Tensor tokens = at::tensor(text.text.tokens, at::kInt).to(at::kLong);
  if (!source.options.has("length")) return std::make_shared<LineSamples>(tokens, std::move(text));
  // Windows that overlap share their memory.
  const std::int64_t length = source.options.integer("length");
  const std::int64_t stride = text.begin.size() > 1 ? text.begin[1] - text.begin[0] : 1;
  const auto windows = [&](std::int64_t first) {
    return tokens.narrow(0, first, text.begin.back() + length).unfold(0, length, stride);
  };
  Dataset set{source.stored, {windows(0)}, source.classes, source.length};
  if (source.stored.size() > 1) set.tensors.push_back(windows(1));
  return std::make_shared<MemorySamples>(std::move(set));
}

}  // namespace orrery
