#include "runtime/governors/image_options.h"

#include <utility>

namespace orrery {
namespace {

constexpr double kMostPixels = 65'500;

Attribute of_grid(std::string name, std::int64_t value, double min, std::string doc) {
  return {.name = std::move(name), .doc = std::move(doc), .value = value, .min = min, .max = kMostPixels};
}

Attribute per_channel(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::reals, .doc = std::move(doc), .count = 0};
}

Attribute image_switch(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::boolean, .doc = std::move(doc), .value = false};
}

std::vector<Attribute> make_image_attributes() {
  Attribute deviation = per_channel("std", "what it had been divided by; none: 1");
  deviation.min = 0;
  deviation.above_min = true;
  return {
      of_grid("nrow", 8, 1, "images beside each other in the grid of a batch"),
      of_grid("padding", 2, 0, "pixels between the images of a grid"),
      image_switch("normalize", "brings the least value to black and the largest to white"),
      {.name = "value_range",
       .type = AttributeType::reals,
       .doc = "least and largest value for `normalize`; none: as the tensor has them",
       .count = 2},
      image_switch("scale_each", "`normalize` looks at each image by itself"),
      {.name = "pad_value",
       .type = AttributeType::real,
       .doc = "value between the images of a grid",
       .value = 0.0},
      per_channel("mean", "what had been subtracted from each channel, or from all; none: 0"),
      deviation,
      {.name = "quality",
       .doc = "of a JPEG, as Pillow counts it",
       .value = std::int64_t{75},
       .min = 1,
       .max = 100},
  };
}

}  // namespace

const std::vector<Attribute>& image_attributes() {
  static const std::vector<Attribute> attributes = make_image_attributes();
  return attributes;
}

}  // namespace orrery
