#include "runtime/governors/data_transform.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

constexpr size_t kHeight = 1, kWidth = 2;

// What a transform does to the fields of a sample; it has the sample's fields and the options.
using Rule = void (*)(const Attributes& options, std::vector<Field>& sample);

[[noreturn]] void refuse_fields(const char* wanted, const std::vector<Field>& sample) {
  std::vector<std::string> had;
  for (const Field& field : sample) had.push_back(fmt::format("'{}' {}", field.name, str(field.type.shape)));
  fail(Fault::usage, "it needs {}, and the data have {}", wanted, fmt::join(had, " and "));
}

// Calls the action with each image's shape; there must be one.
template <class Action>
void each_image(std::vector<Field>& sample, Action action) {
  if (std::ranges::none_of(sample, is_image)) refuse_fields("images (C, H, W)", sample);
  for (Field& field : sample)
    if (is_image(field)) action(field.type.shape);
}

void set_size(Shape& shape, const std::vector<std::int64_t>& size) {
  shape[kHeight] = size[0];
  shape[kWidth] = size[1];
}

void keep(const Attributes&, std::vector<Field>& sample) {
  each_image(sample, [](Shape&) {});
}

void to_dtype(const Attributes& options, std::vector<Field>& sample) {
  for (Field& field : sample)
    if (!field.label) field.type.dtype = options.dtype("dtype");
}

void check_channels(const std::vector<double>& numbers, const char* name, const Field& field) {
  const Dim& channels = field.type.shape.front();
  const bool fits = numbers.size() == 1 || !channels.known() ||
                    static_cast<std::int64_t>(numbers.size()) == channels.value();
  check(fits, Fault::usage, "{} must be one number or one per channel of '{}' ({}), got {}", name, field.name,
        channels.str(), numbers.size());
}

void normalize(const Attributes& options, std::vector<Field>& sample) {
  for (const Field& field : sample) {
    if (field.label || field.type.shape.empty()) continue;
    check(is_floating(field.type.dtype), Fault::usage,
          "'{}' is {}; Normalize needs floating point: put ToDtype(\"float32\") before it", field.name,
          name(field.type.dtype));
    check_channels(options.reals("mean"), "mean", field);
    check_channels(options.reals("std"), "std", field);
  }
}

void one_hot(const Attributes& options, std::vector<Field>& sample) {
  const auto label = std::ranges::find_if(
      sample, [](const Field& field) { return field.label && is_integral(field.type.dtype); });
  if (label == sample.end()) refuse_fields("labels that are whole numbers", sample);
  check(options.has("num_classes"), Fault::usage,
        "num_classes is required: the data do not tell how many classes there are");
  label->type.dtype = DType::float32;
  label->type.shape.emplace_back(options.integer("num_classes"));
}

void random_window(const Attributes& options, std::vector<Field>& sample) {
  bool found = false;
  for (Field& field : sample) {
    if (field.type.shape.empty()) continue;
    field.type.shape.front() = options.integer("length");
    found = true;
  }
  if (!found) refuse_fields("sequences", sample);
}

void resize(const Attributes& options, std::vector<Field>& sample) {
  each_image(sample, [&](Shape& shape) {
    if (!options.is_integer("size")) return set_size(shape, options.integers("size"));
    const std::int64_t side = options.integer("size");
    if (!shape[kHeight].known() || !shape[kWidth].known()) {
      shape[kHeight] = Dim::symbol("H");
      shape[kWidth] = Dim::symbol("W");
      return;
    }
    // As torchvision: the longer side is rounded down.
    const std::int64_t height = shape[kHeight].value(), width = shape[kWidth].value();
    if (height <= width)
      set_size(shape, {side, side * width / height});
    else
      set_size(shape, {side * height / width, side});
  });
}

void to_size(const Attributes& options, std::vector<Field>& sample) {
  each_image(sample, [&](Shape& shape) { set_size(shape, options.integers("size")); });
}

void random_crop(const Attributes& options, std::vector<Field>& sample) {
  const auto& size = options.integers("size");
  std::vector<std::int64_t> border(4, 0);
  if (options.has("padding")) border = border_sides(options.integers("padding"));
  each_image(sample, [&](Shape& shape) {
    const auto fits = [&](size_t place, std::int64_t more) {
      return !shape[place].known() || shape[place].value() + more >= size[place - 1];
    };
    check(options.boolean("pad_if_needed") ||
              (fits(kHeight, border[1] + border[3]) && fits(kWidth, border[0] + border[2])),
          Fault::usage, "a part of {}×{} cannot be cut from images of {}×{}", size[0], size[1],
          shape[kHeight].str(), shape[kWidth].str());
    set_size(shape, size);
  });
}

void pad(const Attributes& options, std::vector<Field>& sample) {
  const auto border = border_sides(options.integers("padding"));
  each_image(sample, [&](Shape& shape) {
    shape[kWidth] = shape[kWidth] + border[0] + border[2];
    shape[kHeight] = shape[kHeight] + border[1] + border[3];
  });
}

void grayscale(const Attributes& options, std::vector<Field>& sample) {
  each_image(sample, [&](Shape& shape) {
    const bool fits = !shape[0].known() || shape[0].value() == 3 || shape[0].value() == 1;
    check(fits, Fault::usage, "it needs images of 1 or 3 channels, got {}", shape[0].str());
    shape[0] = options.integer("num_output_channels");
  });
}

void color_jitter(const Attributes& options, std::vector<Field>& sample) {
  keep(options, sample);
  each_image(sample, [](Shape& shape) {
    const bool fits = !shape[0].known() || shape[0].value() == 3 || shape[0].value() == 1;
    check(fits, Fault::usage, "it needs images of 1 or 3 channels, got {}", shape[0].str());
  });
}

// The samples stay as they are, the labels become shares of classes.
void mixed(const Attributes& options, std::vector<Field>& sample) { one_hot(options, sample); }

const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> kRules = {
      {"ToDtype", to_dtype},
      {"Normalize", normalize},
      {"OneHot", one_hot},
      {"RandomWindow", random_window},
      {"Resize", resize},
      {"CenterCrop", to_size},
      {"RandomCrop", random_crop},
      {"RandomResizedCrop", to_size},
      {"RandomHorizontalFlip", keep},
      {"RandomVerticalFlip", keep},
      {"Pad", pad},
      {"RandomRotation", keep},
      {"RandomAffine", keep},
      {"Grayscale", grayscale},
      {"ColorJitter", color_jitter},
      {"RandomErasing", keep},
      {"MixUp", mixed},
      {"CutMix", mixed},
  };
  return kRules;
}

void check_range(const Attributes& options, const std::string& name) {
  if (!options.has(name)) return;
  const std::vector<double>& range = options.reals(name);
  if (range.size() == 1) return;
  for (size_t i = 0; i + 1 < range.size(); i += 2)
    check(range[i] <= range[i + 1], Fault::usage, "{} must go from the least to the largest, got {}", name,
          str(options.at(name)));
}

void check_count(const Attributes& options, const std::string& name, size_t single,
                 std::initializer_list<size_t> counts) {
  if (!options.has(name)) return;
  const auto* reals = std::get_if<std::vector<double>>(&options.at(name));
  const auto* integers = std::get_if<std::vector<std::int64_t>>(&options.at(name));
  const size_t count = reals ? reals->size() : integers ? integers->size() : single;
  check(std::ranges::find(counts, count) != counts.end(), Fault::usage, "{} must have {} numbers, got {}",
        name, fmt::join(counts, " or "), count);
}

// A strength is not negative, and a hue is at most half a turn.
void check_jitter(const Attributes& options) {
  for (const char* name : {"brightness", "contrast", "saturation", "hue"}) {
    const std::vector<double>& range = options.reals(name);
    const bool hue = std::string_view(name) == "hue";
    const double least = hue && range.size() == 2 ? -0.5 : 0;
    for (const double number : range)
      check(number >= least && (!hue || number <= 0.5), Fault::usage, "{} must be {}, got {}", name,
            hue ? "between 0 and 0.5, or a range within -0.5 and 0.5" : "≥ 0", str(options.at(name)));
  }
}

void check_options(const std::string& kind, const Attributes& options) {
  const auto has = [&](const char* name) {
    return std::ranges::any_of(options.entries(), [&](const auto& entry) { return entry.name == name; });
  };
  for (const char* range :
       {"scale", "ratio", "degrees", "shear", "brightness", "contrast", "saturation", "hue"})
    if (has(range) && std::holds_alternative<std::vector<double>>(options.at(range)))
      check_range(options, range);
  if (has("padding")) check_count(options, "padding", 1, {1, 2, 4});
  if (has("degrees")) check_count(options, "degrees", 1, {1, 2});
  if (has("shear")) check_count(options, "shear", 1, {1, 2, 4});
  if (kind == "Resize") check_count(options, "size", 1, {1, 2});
  if (kind != "ColorJitter") return;
  for (const char* name : {"brightness", "contrast", "saturation", "hue"})
    check_count(options, name, 1, {1, 2});
  check_jitter(options);
}

template <class Action>
auto named(const std::string& kind, Action action) {
  try {
    return action();
  } catch (const Error& error) {
    throw Error(error.fault(), "data.transforms." + kind + ": " + error.message(), error.site(),
                error.remedy());
  }
}

}  // namespace

bool is_image(const Field& field) { return !field.label && field.type.shape.size() == 3; }

std::vector<std::int64_t> border_sides(const std::vector<std::int64_t>& padding) {
  if (padding.size() == 1) return std::vector<std::int64_t>(4, padding[0]);
  if (padding.size() == 2) return {padding[0], padding[1], padding[0], padding[1]};
  return padding;
}

DataTransform data_transform(const std::string& kind, Attributes options) {
  data_transform_kind(kind);
  return named(kind, [&] {
    check_options(kind, options);
    // A list of one size is that size.
    if (kind == "Resize" && !options.is_integer("size") && options.integers("size").size() == 1)
      options.set("size", options.integers("size").front());
    return DataTransform{kind, std::move(options)};
  });
}

std::vector<Field> transformed(const DataTransform& transform, std::vector<Field> sample) {
  named(transform.kind, [&] { rules().at(transform.kind)(transform.options, sample); });
  return sample;
}

}  // namespace orrery
