// What is known of each transform: its options, as torchvision.transforms.v2 has them.
#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/governors/data_transform.h"

namespace orrery {
namespace {

constexpr double kMostSize = 65535;

Attribute text_of(std::string name, std::string doc, std::string value, std::vector<std::string> choices) {
  return {.name = std::move(name),
          .type = AttributeType::text,
          .doc = std::move(doc),
          .value = std::move(value),
          .choices = std::move(choices)};
}

Attribute interpolation(std::string value) {
  return text_of("interpolation", "how values between pixels are found", std::move(value),
                 {"nearest", "bilinear", "bicubic"});
}

Attribute warping() {
  return text_of("interpolation", "how values between pixels are found", "nearest", {"nearest", "bilinear"});
}

Attribute antialias() {
  return {.name = "antialias",
          .type = AttributeType::boolean,
          .doc = "averages over all pixels when an image becomes smaller; not with 'nearest'",
          .value = true};
}

Attribute size() {
  return {.name = "size",
          .type = AttributeType::sizes,
          .doc = "height and width in pixels; a single number makes a square",
          .required = true,
          .min = 1,
          .max = kMostSize,
          .count = 2};
}

Attribute probability() {
  return {
      .name = "p", .type = AttributeType::real, .doc = "how likely it is", .value = 0.5, .min = 0, .max = 1};
}

Attribute fill() {
  return {
      .name = "fill", .type = AttributeType::real, .doc = "value of pixels without a source", .value = 0.0};
}

Attribute padding_mode() {
  return text_of("padding_mode", "what the border is filled with", "constant",
                 {"constant", "edge", "reflect", "symmetric"});
}

Attribute padding(bool required) {
  return {.name = "padding",
          .type = AttributeType::integers,
          .doc = "pixels at each side; or left and right, top and bottom; or left, top, right, bottom",
          .required = required,
          .min = 0,
          .max = kMostSize};
}

Attribute pair(std::string name, std::string doc, std::vector<double> value, double min) {
  return {.name = std::move(name),
          .type = AttributeType::reals,
          .doc = std::move(doc),
          .value = std::move(value),
          .min = min,
          .above_min = true,
          .count = 2};
}

Attribute numbers(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::reals, .doc = std::move(doc), .count = 0};
}

// A number x stands for the range 1-x … 1+x (hue: -x … x).
Attribute strength(std::string name, std::string doc) {
  Attribute attribute = numbers(std::move(name), std::move(doc));
  attribute.value = std::vector<double>{0.0};
  return attribute;
}

Attribute mixing(std::string doc) {
  return {.name = "alpha",
          .type = AttributeType::real,
          .doc = std::move(doc),
          .value = 1.0,
          .min = 0,
          .above_min = true};
}

Attribute classes(bool required) {
  return {
      .name = "num_classes",
      .doc = required ? "how many classes there are" : "how many classes there are; none: as the data tell",
      .required = required,
      .min = 1,
      .max = 1'000'000};
}

std::vector<DataTransformKind> of_values() {
  return {
      {"ToDtype",
       "Another element type for what is no label; `scale` brings bytes 0…255 to 0…1.",
       {{.name = "dtype",
         .type = AttributeType::dtype,
         .doc = "element type",
         .value = DType::float32,
         .choices = {"uint8", "int64", "float16", "bfloat16", "float32", "float64"}},
        {.name = "scale", .type = AttributeType::boolean, .doc = "between bytes and 0…1", .value = false}}},
      {"Normalize",
       "Subtracts a mean and divides by a deviation, channel by channel.",
       {{.name = "mean",
         .type = AttributeType::reals,
         .doc = "one, or one per channel",
         .required = true,
         .count = 0},
        {.name = "std",
         .type = AttributeType::reals,
         .doc = "one, or one per channel",
         .required = true,
         .min = 0,
         .above_min = true,
         .count = 0}}},
      {"OneHot", "Labels as vectors with a one at the class.", {classes(false)}},
      {"RandomWindow",
       "A part of so many entries of each sequence, at a random place.",
       {{.name = "length", .doc = "entries", .required = true, .min = 1}},
       true}};
}

std::vector<DataTransformKind> of_geometry() {
  return {
      {"Resize",
       "Images of another size.",
       {{.name = "size",
         .type = AttributeType::integers,
         .doc = "height and width; a single number is the shorter side, and the aspect is kept",
         .required = true,
         .min = 1,
         .max = kMostSize,
         .or_integer = true},
        interpolation("bilinear"),
        antialias()}},
      {"CenterCrop", "The middle of each image; smaller ones get a border of zeros.", {size()}},
      {"RandomCrop",
       "A part of each image at a random place.",
       {size(),
        padding(false),
        {.name = "pad_if_needed",
         .type = AttributeType::boolean,
         .doc = "smaller images get a border",
         .value = false},
        fill(),
        padding_mode()},
       true},
      {"RandomResizedCrop",
       "A random part of each image, of random area and aspect, brought to a size.",
       {size(), pair("scale", "least and largest share of the area", {0.08, 1.0}, 0),
        pair("ratio", "least and largest width by height", {3.0 / 4, 4.0 / 3}, 0), interpolation("bilinear"),
        antialias()},
       true},
      {"RandomHorizontalFlip", "Swaps left and right.", {probability()}, true},
      {"RandomVerticalFlip", "Swaps top and bottom.", {probability()}, true},
      {"Pad", "A border around each image.", {padding(true), fill(), padding_mode()}},
      {"RandomRotation",
       "Turns each image by a random angle.",
       {[] {
          Attribute degrees = numbers("degrees", "least and largest angle; a single x stands for -x … x");
          degrees.required = true;
          return degrees;
        }(),
        warping(), fill()},
       true},
      {"RandomAffine",
       "Turns, moves, scales and shears each image at random.",
       {[] {
          Attribute degrees = numbers("degrees", "least and largest angle; a single x stands for -x … x");
          degrees.required = true;
          return degrees;
        }(),
        {.name = "translate",
         .type = AttributeType::reals,
         .doc = "largest move as a share of width and height; none: 0",
         .min = 0,
         .max = 1,
         .count = 2},
        {.name = "scale",
         .type = AttributeType::reals,
         .doc = "least and largest factor; none: 1",
         .min = 0,
         .above_min = true,
         .count = 2},
        numbers("shear",
                "degrees: x for -x … x along the width, or least and largest, or both axes; none: 0"),
        warping(),
        fill()},
       true},
  };
}

std::vector<DataTransformKind> of_looks() {
  return {{"Grayscale",
           "One channel of luminance for red, green and blue.",
           {{.name = "num_output_channels",
             .doc = "1, or 3 equal ones",
             .value = std::int64_t{1},
             .min = 1,
             .max = 3}}},
          {"ColorJitter",
           "Changes brightness, contrast, saturation and hue at random, in random order.",
           {strength("brightness", "x for factors 1-x … 1+x, or least and largest"),
            strength("contrast", "x for factors 1-x … 1+x, or least and largest"),
            strength("saturation", "x for factors 1-x … 1+x, or least and largest"),
            strength("hue", "x for turns -x … x, at most 0.5, or least and largest")},
           true},
          {"RandomErasing",
           "Puts a value over a random rectangle (cutout).",
           {probability(),
            pair("scale", "least and largest share of the area", {0.02, 0.33}, 0),
            pair("ratio", "least and largest height by width", {0.3, 3.3}, 0),
            {.name = "value", .type = AttributeType::real, .doc = "what is put there", .value = 0.0}},
           true},
          {"MixUp",
           "Mixes each sample of a batch with another, and their labels, which become vectors.",
           {mixing("of the beta distribution that the shares are drawn from"), classes(false)},
           true,
           true},
          {"CutMix",
           "Puts a rectangle of another sample into each, and mixes the labels by its area.",
           {mixing("of the beta distribution that the area is drawn from"), classes(false)},
           true,
           true}};
}

std::vector<DataTransformKind> make_transform_kinds() {
  std::vector<DataTransformKind> kinds = of_values();
  for (auto more : {of_geometry, of_looks})
    for (DataTransformKind& kind : more()) kinds.push_back(std::move(kind));
  return kinds;
}

}  // namespace

const std::vector<DataTransformKind>& data_transform_kinds() {
  static const std::vector<DataTransformKind> kinds = make_transform_kinds();
  return kinds;
}

const DataTransformKind& data_transform_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const DataTransformKind& kind : data_transform_kinds()) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  fail(Fault::usage, "there is no transform '{}' of data{}", name, did_you_mean(name, names));
}

}  // namespace orrery
