#include "runtime/engine/data/transforms.h"

#include <cstring>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/data/image_transforms.h"
#include "runtime/formats/npz.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

const std::string kTransformFixtures = in_source("tests/engine/data/fixtures/");
using Sizes = std::vector<std::int64_t>;

at::Tensor fixture(const std::string& name, const std::string& file = "transforms.npz") {
  const NpzReader npz(kTransformFixtures + file);
  const auto found = std::ranges::find(npz.arrays(), name, &NpzReader::Array::name);
  EXPECT_NE(found, npz.arrays().end()) << name;
  const NpyArray array = npz.read(*found);
  at::Tensor tensor = at::empty(array.header.dims, at::kFloat);
  std::memcpy(tensor.mutable_data_ptr<float>(), array.values.data(), array.values.size());
  return tensor;
}

void expect_close(const at::Tensor& got, const std::string& name, double tolerance = 1e-6) {
  const at::Tensor expected = fixture(name);
  ASSERT_EQ(got.sizes(), expected.sizes()) << name;
  EXPECT_LE((got - expected).abs().max().item<double>(), tolerance) << name;
}

const std::vector<Field> kImage = {{"image", {{3, 7, 9}, DType::float32}},
                                   {"label", {{}, DType::int64}, true}};

/// The image after a transform that gives a sample with a label.
at::Tensor after(const std::string& kind, const Given& given, const at::Tensor& image,
                 std::uint64_t seed = 1) {
  std::vector<at::Tensor> fields = {image, at::scalar_tensor(1, at::kLong)};
  std::vector<Field> before = kImage;
  before[0].type = {shape_of(image.sizes().vec()),
                    image.scalar_type() == at::kByte ? DType::uint8 : DType::float32};
  RandomStream random(seed, 1);
  apply_transform(transform_of(kind, given), before, fields, random);
  return fields[0];
}

TEST(ImageGeometryTest, ResizesAsTorchvision) {
  const at::Tensor image = fixture("image");
  for (const char* mode : {"nearest", "bilinear", "bicubic"})
    for (const bool antialias : {false, true})
      for (const auto& [height, width] : {std::pair(4, 5), {12, 11}}) {
        if (antialias && std::string_view(mode) == "nearest") continue;
        expect_close(resized(image, height, width, mode, antialias),
                     fmt::format("resize.{}.{}.{}", mode, antialias ? 1 : 0, height));
      }
}

TEST(ImageGeometryTest, PadsAndCropsAsTorchvision) {
  const at::Tensor image = fixture("image");
  for (const char* mode : {"constant", "edge", "reflect", "symmetric"})
    expect_close(padded(image, {1, 2, 3, 4}, 0.5, mode), fmt::format("pad.{}", mode), 0);
  expect_close(center_cropped(image, 4, 4), "center_crop.small", 0);
  expect_close(center_cropped(image, 10, 6), "center_crop.large", 0);
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       padded(image, {9, 0, 0, 0}, 0, "reflect");
                     }),
            "a border of 9 pixels cannot reflect an image of 9");
}

TEST(ImageGeometryTest, TurnsAndShearsAsTorchvision) {
  const at::Tensor image = fixture("image");
  for (const char* mode : {"nearest", "bilinear"})
    for (const auto& [fill, text] : {std::pair(0.0, "0"), {0.25, "0.25"}}) {
      expect_close(warped(image, {.angle = -30}, mode, fill), fmt::format("rotate.{}.{}", mode, text), 1e-5);
      const Warp warp = {.angle = 20, .move_x = 2, .move_y = -1, .scale = 1.25, .shear_x = 10, .shear_y = -5};
      expect_close(warped(image, warp, mode, fill), fmt::format("affine.{}.{}", mode, text), 1e-5);
    }
}

TEST(ImageColoursTest, ChangeAsTorchvisions) {
  const at::Tensor image = fixture("image");
  expect_close(grey(image, 1), "grayscale");
  expect_close(with_brightness(image, 1.4), "brightness");
  expect_close(with_contrast(image, 0.6), "contrast");
  expect_close(with_saturation(image, 1.7), "saturation");
  expect_close(with_hue(image, -0.2), "hue", 1e-5);
  expect_close(after("Normalize", {{"mean", reals({0.1, 0.2, 0.3})}, {"std", reals({0.5, 0.6, 0.7})}}, image),
               "normalize");
}

TEST(ImageColoursTest, GreyImagesKeepTheirOneChannel) {
  const at::Tensor image = fixture("image").narrow(0, 0, 1);
  EXPECT_TRUE(at::equal(with_saturation(image, 1.7), image));
  EXPECT_TRUE(at::equal(with_hue(image, 0.3), image));
  EXPECT_EQ(grey(image, 3).sizes(), (Sizes{3, 7, 9}));
}

TEST(TransformsTest, BytesBecomeFractionsAndBack) {
  const at::Tensor bytes = at::arange(256, at::kInt).to(at::kByte).reshape({1, 16, 16});
  const at::Tensor fractions = after("ToDtype", {{"dtype", "float32"}, {"scale", true}}, bytes);
  EXPECT_EQ(fractions.max().item<float>(), 1.0f);
  EXPECT_TRUE(at::equal(after("ToDtype", {{"dtype", "uint8"}, {"scale", true}}, fractions), bytes));
  EXPECT_EQ(after("ToDtype", {}, bytes).max().item<float>(), 255.0f);
}

TEST(TransformsTest, BytesAreResizedAsBytes) {
  const at::Tensor bytes = (fixture("image") * 255).to(at::kByte);
  const at::Tensor small = after("Resize", {{"size", Sizes{4, 5}}}, bytes);
  EXPECT_EQ(small.scalar_type(), at::kByte);
  EXPECT_LE((small.to(at::kFloat) / 255 - fixture("resize.bilinear.1.4")).abs().max().item<double>(), 0.005);
}

TEST(TransformsTest, TheSameStreamDrawsTheSame) {
  const at::Tensor image = fixture("image");
  const std::vector<std::pair<std::string, Given>> kinds = {
      {"RandomCrop", {{"size", whole(5)}}},
      {"RandomResizedCrop", {{"size", whole(5)}}},
      {"RandomHorizontalFlip", {}},
      {"RandomVerticalFlip", {}},
      {"RandomRotation", {{"degrees", reals({40})}}},
      {"RandomAffine",
       {{"degrees", reals({40})}, {"translate", reals({0.3, 0.3})}, {"scale", reals({0.8, 1.2})}}},
      {"ColorJitter", {{"brightness", reals({0.5})}, {"hue", reals({0.2})}}},
      {"RandomErasing", {{"p", 1.0}, {"scale", reals({0.1, 0.3})}}}};
  for (const auto& [kind, given] : kinds) {
    std::set<double> sums;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const at::Tensor made = after(kind, given, image, seed);
      EXPECT_TRUE(at::equal(made, after(kind, given, image, seed))) << kind;
      sums.insert((made * at::arange(made.numel()).reshape(made.sizes())).sum().item<double>());
    }
    EXPECT_GT(sums.size(), 1u) << kind;
  }
}

TEST(TransformsTest, WhatIsGivenIsNotWrittenTo) {
  const at::Tensor image = fixture("image"), before = image.clone();
  after("RandomErasing", {{"p", 1.0}}, image);
  after("ColorJitter", {{"brightness", reals({0.5})}}, image);
  after("RandomHorizontalFlip", {{"p", 1.0}}, image);
  EXPECT_TRUE(at::equal(image, before));
}

TEST(TransformsTest, CropsThatDoNotFitTellTheSizes) {
  EXPECT_EQ(error_of(Fault::input_file,
                     [] {
                       after("RandomCrop", {{"size", whole(8)}}, fixture("image"));
                     }),
            "a part of 8×8 cannot be cut from an image of 7×9");
  EXPECT_EQ(after("RandomCrop", {{"size", whole(12)}, {"pad_if_needed", true}}, fixture("image")).sizes(),
            (Sizes{3, 12, 12}));
}

TEST(TransformsTest, LabelsThatAreNoClassAreTold) {
  std::vector<at::Tensor> fields = {fixture("image"), at::scalar_tensor(4, at::kLong)};
  RandomStream random(1, 1);
  const DataTransform hot = transform_of("OneHot", {{"num_classes", whole(4)}});
  EXPECT_EQ(error_of(Fault::input_file, [&] { apply_transform(hot, kImage, fields, random); }),
            "the label 4 is not in 0 to 3");
  fields[1] = at::scalar_tensor(3, at::kLong);
  apply_transform(hot, kImage, fields, random);
  EXPECT_TRUE(at::equal(fields[1], at::tensor({0.0f, 0.0f, 0.0f, 1.0f})));
}

TEST(TransformsTest, MixUpMixesImagesAndLabelsBySameShare) {
  const at::Tensor images = at::arange(4, at::kFloat).reshape({4, 1, 1, 1}).expand({4, 3, 7, 9});
  std::vector<at::Tensor> fields = {images, at::arange(4, at::kLong)};
  RandomStream random(5, 1);
  apply_transform(transform_of("MixUp", {{"num_classes", whole(4)}}), kImage, fields, random);
  const double own = fields[1][1][1].item<double>();
  EXPECT_NEAR(fields[1][1][0].item<double>(), 1 - own, 1e-6);
  EXPECT_NEAR(fields[0][1][0][0][0].item<double>(), own, 1e-6);
  EXPECT_NEAR(fields[1].sum().item<double>(), 4, 1e-5);
}

TEST(TransformsTest, CutMixCountsThePixels) {
  const at::Tensor images = at::arange(2, at::kFloat).reshape({2, 1, 1, 1}).expand({2, 3, 7, 9}).contiguous();
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    std::vector<at::Tensor> fields = {images, at::arange(2, at::kLong)};
    RandomStream random(seed, 1);
    apply_transform(transform_of("CutMix", {{"num_classes", whole(2)}}), kImage, fields, random);
    EXPECT_NEAR(fields[0][0].mean().item<double>(), fields[1][0][1].item<double>(), 1e-6);
  }
}

TEST(TransformsTest, WindowsCutAllFieldsAlike) {
  const std::vector<Field> sequences = {{"x", {{Dim::symbol("T")}, DType::int64}},
                                        {"y", {{Dim::symbol("T"), 2}, DType::int64}}};
  std::vector<at::Tensor> fields = {at::arange(10, at::kLong), at::arange(20, at::kLong).reshape({10, 2})};
  RandomStream random(2, 1);
  apply_transform(transform_of("RandomWindow", {{"length", whole(3)}}), sequences, fields, random);
  EXPECT_EQ(fields[0].size(0), 3);
  EXPECT_TRUE(at::equal(fields[0] * 2, fields[1].select(1, 0)));
  EXPECT_EQ(
      error_of(
          Fault::input_file,
          [&] {
            apply_transform(transform_of("RandomWindow", {{"length", whole(4)}}), sequences, fields, random);
          }),
      "it has 3 entries, fewer than a window of 4");
}

}  // namespace
}  // namespace orrery
