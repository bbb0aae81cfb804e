#include "runtime/governors/data_transform.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

const std::vector<Field> kImages = {{"image", {{3, 20, 30}, DType::float32}},
                                    {"label", {{}, DType::int64}, true}};

Shape image_after(const std::string& kind, const Given& given, const std::vector<Field>& sample = kImages) {
  return transformed(transform_of(kind, given), sample)[0].type.shape;
}

std::string refusal(const std::string& kind, const Given& given, const std::vector<Field>& sample = kImages) {
  return error_of(Fault::usage, [&] { transformed(transform_of(kind, given), sample); });
}

TEST(DataTransformTest, EveryKindHasARule) {
  std::set<std::string> names;
  for (const DataTransformKind& kind : data_transform_kinds()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    Attributes options(kind.attributes);
    for (const Attribute& attribute : kind.attributes) {
      if (attribute.name == "num_classes") options.set("num_classes", std::int64_t{4});
      if (attribute.name == "length") options.set("length", std::int64_t{4});
      if (attribute.name == "size") options.set("size", Sizes{4, 4});
      if (attribute.name == "padding") options.set("padding", Sizes{1});
      if (attribute.name == "degrees" || attribute.name == "mean" || attribute.name == "std")
        options.set(attribute.name, std::vector<double>{1.0});
    }
    EXPECT_EQ(transformed(data_transform(kind.name, options), kImages).size(), 2u) << kind.name;
  }
  EXPECT_EQ(error_of(Fault::usage, [] { data_transform_kind("Sharpen"); }),
            "there is no transform 'Sharpen' of data");
  EXPECT_EQ(error_of(Fault::usage, [] { data_transform_kind("Rezise"); }),
            "there is no transform 'Rezise' of data (did you mean 'Resize'?)");
}

TEST(DataTransformTest, ShapesAreKnownBeforeAnyImageIsRead) {
  EXPECT_EQ(image_after("Resize", {{"size", Sizes{8, 9}}}), (Shape{3, 8, 9}));
  EXPECT_EQ(image_after("Resize", {{"size", whole(10)}}), (Shape{3, 10, 15}));
  EXPECT_EQ(image_after("CenterCrop", {{"size", whole(50)}}), (Shape{3, 50, 50}));
  EXPECT_EQ(image_after("RandomCrop", {{"size", Sizes{20, 30}}}), (Shape{3, 20, 30}));
  EXPECT_EQ(image_after("RandomCrop", {{"size", whole(32)}, {"padding", whole(6)}}), (Shape{3, 32, 32}));
  EXPECT_EQ(image_after("Pad", {{"padding", Sizes{1, 2}}}), (Shape{3, 24, 32}));
  EXPECT_EQ(image_after("Pad", {{"padding", Sizes{1, 2, 3, 4}}}), (Shape{3, 26, 34}));
  EXPECT_EQ(image_after("Grayscale", {}), (Shape{1, 20, 30}));
  EXPECT_EQ(image_after("RandomHorizontalFlip", {}), (Shape{3, 20, 30}));
}

TEST(DataTransformTest, AResizedSideKeepsTheAspectWhereSizesAreKnown) {
  const std::vector<Field> any = {{"image", {{3, Dim::symbol("H"), Dim::symbol("W")}, DType::float32}}};
  EXPECT_FALSE(known(image_after("Resize", {{"size", whole(10)}}, any)));
  EXPECT_TRUE(known(image_after("Resize", {{"size", Sizes{10, 10}}}, any)));
}

TEST(DataTransformTest, TypesAndLabelsAreKnown) {
  EXPECT_EQ(transformed(transform_of("ToDtype", {{"dtype", "float64"}}), kImages)[0].type.dtype,
            DType::float64);
  EXPECT_EQ(transformed(transform_of("ToDtype", {{"dtype", "float64"}}), kImages)[1].type.dtype,
            DType::int64);
  const auto hot = transformed(transform_of("OneHot", {{"num_classes", whole(4)}}), kImages)[1];
  EXPECT_EQ(hot.type, (TensorType{{4}, DType::float32}));
}

TEST(DataTransformTest, DataThatDoNotFitAreRefused) {
  const std::vector<Field> table = {{"features", {{4}, DType::float32}}};
  EXPECT_EQ(refusal("Resize", {{"size", whole(4)}}, table),
            "data.transforms.Resize: it needs images (C, H, W), and the data have 'features' (4)");
  EXPECT_EQ(refusal("RandomCrop", {{"size", whole(21)}}),
            "data.transforms.RandomCrop: a part of 21×21 cannot be cut from images of 20×30");
  EXPECT_EQ(refusal("Normalize", {{"mean", reals({0, 0})}, {"std", reals({1})}}),
            "data.transforms.Normalize: mean must be one number or one per channel of 'image' (3), got 2");
  const std::vector<Field> bytes = {{"image", {{3, 4, 4}, DType::uint8}}};
  EXPECT_NE(refusal("Normalize", {{"mean", reals({0})}, {"std", reals({1})}}, bytes).find("put ToDtype"),
            std::string::npos);
  EXPECT_NE(refusal("OneHot", {{"num_classes", whole(2)}}, table).find("labels that are whole numbers"),
            std::string::npos);
  EXPECT_NE(refusal("OneHot", {}).find("num_classes is required"), std::string::npos);
}

TEST(DataTransformTest, OptionsThatMakeNoSenseAreRefused) {
  const auto refused = [](const std::string& kind, const Given& given) {
    return error_of(Fault::usage, [&] { transform_of(kind, given); });
  };
  EXPECT_EQ(refused("RandomResizedCrop", {{"size", whole(4)}, {"scale", reals({1, 0.5})}}),
            "data.transforms.RandomResizedCrop: scale must go from the least to the largest, got {1, 0.5}");
  EXPECT_EQ(refused("Pad", {{"padding", Sizes{1, 2, 3}}}),
            "data.transforms.Pad: padding must have 1 or 2 or 4 numbers, got 3");
  EXPECT_EQ(refused("ColorJitter", {{"hue", reals({0.6})}}),
            "data.transforms.ColorJitter: hue must be between 0 and 0.5, or a range within -0.5 and 0.5, got "
            "{0.6}");
  EXPECT_EQ(refused("ColorJitter", {{"brightness", reals({-0.1})}}),
            "data.transforms.ColorJitter: brightness must be ≥ 0, got {-0.1}");
  EXPECT_EQ(refused("Normalize", {{"mean", reals({0})}, {"std", reals({0})}}),
            "std must be a number or a list of numbers > 0, got {0}");
  EXPECT_EQ(refused("RandomHorizontalFlip", {{"p", 1.5}}), "p must be a number between 0 and 1, got 1.5");
}

TEST(DataTransformTest, ClassesAreTakenFromTheData) {
  const DataSource source = open_source("random", {{"shape", Shape{3, 4, 4}}, {"classes", whole(5)}},
                                        {.transforms = {transform_of("MixUp")}});
  EXPECT_EQ(source.fields[1].type, (TensorType{{Dim::symbol("N"), 5}, DType::float32}));
  EXPECT_EQ(source.sample[1].type.dtype, DType::int64);
}

TEST(DataTransformTest, WhatMixesBatchesStandsLast) {
  EXPECT_EQ(
      error_of(Fault::usage,
               [] {
                 open_source("random", {{"shape", Shape{3, 4, 4}}, {"classes", whole(5)}},
                             {.transforms = {transform_of("MixUp"), transform_of("RandomHorizontalFlip")}});
               }),
      "train.lua:5: data.transforms.RandomHorizontalFlip: it changes single samples, and stands behind one "
      "that mixes batches");
}

}  // namespace
}  // namespace orrery
