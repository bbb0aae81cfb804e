#include "runtime/engine/training/image_files.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/formats/image_writer.h"

namespace orrery {
namespace {

constexpr double kImageWhite = 255;
constexpr double kLeastRange = 1e-5;  // of torchvision

std::string shape_text(const at::Tensor& tensor) { return str(shape_of(tensor.sizes().vec())); }

// (N, C, H, W).
at::Tensor as_batch(const at::Tensor& tensor) {
  at::Tensor batch = tensor;
  if (batch.dim() == 2) batch = batch.unsqueeze(0);
  if (batch.dim() == 3) batch = batch.unsqueeze(0);
  const bool fits = batch.dim() == 4 && (batch.size(1) == 1 || batch.size(1) == 3) && batch.numel() > 0;
  check(fits, Fault::usage,
        "an image is (C, H, W) with one or three channels, (H, W), or a batch (N, C, H, W), got {}",
        shape_text(tensor));
  return batch;
}

at::Tensor floats_of(const at::Tensor& tensor) {
  check(!tensor.is_complex(), Fault::usage, "an image cannot be made of complex numbers");
  const at::Tensor held = tensor.detach().to(at::kCPU);
  if (held.scalar_type() == at::kByte) return held.to(at::kFloat).div_(kImageWhite);
  return held.to(held.scalar_type() == at::kDouble ? at::kDouble : at::kFloat).nan_to_num(0.0);
}

at::Tensor of_channels(const std::vector<double>& numbers, const char* name, const at::Tensor& batch) {
  const auto count = static_cast<std::int64_t>(numbers.size());
  check(count == 1 || count == batch.size(1), Fault::usage,
        "{} must have one number, or one for each of the {} channels, got {}", name, batch.size(1), count);
  return at::tensor(numbers, batch.options()).view({1, count, 1, 1});
}

at::Tensor denormalized(at::Tensor batch, const Attributes& options) {
  if (options.has("std")) batch = batch * of_channels(options.reals("std"), "std", batch);
  if (options.has("mean")) batch = batch + of_channels(options.reals("mean"), "mean", batch);
  return batch;
}

at::Tensor ranged(const at::Tensor& images, const Attributes& options) {
  const bool told = options.has("value_range");
  const double low = told ? options.reals("value_range")[0] : images.min().item<double>();
  const double high = told ? options.reals("value_range")[1] : images.max().item<double>();
  return images.clamp(low, high).sub(low).div(std::max(high - low, kLeastRange));
}

at::Tensor ranged_as_asked(const at::Tensor& batch, const Attributes& options) {
  if (!options.boolean("normalize")) return batch;
  if (!options.boolean("scale_each")) return ranged(batch, options);
  std::vector<at::Tensor> images;
  for (const at::Tensor& image : batch.unbind()) images.push_back(ranged(image, options));
  return at::stack(images);
}

}  // namespace

at::Tensor make_grid(const at::Tensor& tensor, const Attributes& options) {
  at::Tensor batch = as_batch(tensor);
  if (batch.size(1) == 1) batch = batch.expand({-1, 3, -1, -1});
  batch = ranged_as_asked(batch, options);
  const std::int64_t count = batch.size(0), padding = options.integer("padding");
  if (count == 1) return batch.squeeze(0);
  const std::int64_t across = std::min(options.integer("nrow"), count), down = (count + across - 1) / across;
  const std::int64_t height = batch.size(2) + padding, width = batch.size(3) + padding;
  at::Tensor grid = batch.new_full({batch.size(1), height * down + padding, width * across + padding},
                                   options.real("pad_value"));
  for (std::int64_t i = 0; i < count; ++i)
    grid.narrow(1, i / across * height + padding, batch.size(2))
        .narrow(2, i % across * width + padding, batch.size(3))
        .copy_(batch[i]);
  return grid;
}

void write_tensor_image(Engine& engine, const std::string& path, const at::Tensor& tensor,
                        const Attributes& options, const FileSystem& files) {
  Image image{.channels = 3};
  {
    const Engine::Turn turn(engine);
    const at::Tensor grid = make_grid(denormalized(as_batch(floats_of(tensor)), options), options);
    const at::Tensor pixels =
        grid.mul(kImageWhite).add(0.5).clamp(0, kImageWhite).permute({1, 2, 0}).to(at::kByte).contiguous();
    image.height = pixels.size(0);
    image.width = pixels.size(1);
    image.pixels = Bytes(static_cast<std::size_t>(pixels.numel()));
    std::memcpy(image.pixels.data(), pixels.const_data_ptr(), image.pixels.size());
  }
  write_image(path, image, static_cast<int>(options.integer("quality")), files);
}

at::Tensor read_tensor_image(Engine& engine, const std::string& path, ImageMode mode, bool as_bytes,
                             const FileSystem& files) {
  Image image = read_image(path, mode, files);
  const Engine::Turn turn(engine);
  const at::Tensor pixels = at::from_blob(image.pixels.data(), {image.height, image.width, image.channels},
                                          at::TensorOptions(at::kByte));
  const at::Tensor planes = pixels.permute({2, 0, 1}).clone(at::MemoryFormat::Contiguous);
  return as_bytes ? planes : planes.to(at::kFloat).div_(kImageWhite);
}

}  // namespace orrery
