// Each kind of transform by name: which fields it changes, and what it draws.
#include "runtime/engine/data/transforms.h"

#include <cmath>

#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/engine/data/image_transforms.h"
#include "runtime/engine/data/order.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

constexpr int kTries = 10;  // as torchvision

/// What a transform works on.
struct Call {
  const Attributes& options;
  const std::vector<Field>& before;
  std::vector<at::Tensor>& fields;
  RandomStream& random;

  void each_image(const std::function<at::Tensor(const at::Tensor&)>& change) const {
    for (size_t i = 0; i < fields.size(); ++i)
      if (is_image(before[i])) fields[i] = change(fields[i]);
  }
  const at::Tensor& first_image() const {
    for (size_t i = 0; i < fields.size(); ++i)
      if (is_image(before[i])) return fields[i];
    throw InvariantFailure("a transform of images without images", std::source_location::current());
  }
  double between(double low, double high) const { return low + (high - low) * random.uniform(); }
  std::int64_t below(std::int64_t count) const {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(count)));
  }
  /// A number x stands for -x … x.
  double angle(const char* name) const {
    const auto& range = options.reals(name);
    return range.size() == 1 ? between(-range[0], range[0]) : between(range[0], range[1]);
  }
};

at::Tensor to_dtype(const at::Tensor& tensor, at::ScalarType type, bool scale) {
  if (scale && tensor.scalar_type() == at::kByte && at::isFloatingType(type)) return tensor.to(type).div(255);
  if (scale && tensor.is_floating_point() && type == at::kByte) return tensor.mul(256 - 1e-3).to(type);
  return tensor.to(type);
}

void apply_to_dtype(const Call& call) {
  const at::ScalarType type = scalar_type(call.options.dtype("dtype"));
  for (size_t i = 0; i < call.fields.size(); ++i)
    if (!call.before[i].label) call.fields[i] = to_dtype(call.fields[i], type, call.options.boolean("scale"));
}

// The numbers along the first dimension of a sample, or one for all of it.
at::Tensor by_channel(const std::vector<double>& numbers, const Field& field, const at::Tensor& like) {
  std::vector<std::int64_t> sizes(field.type.shape.size(), 1);
  sizes.front() = static_cast<std::int64_t>(numbers.size());
  return at::tensor(numbers, at::kDouble).to(like.scalar_type()).reshape(sizes);
}

void normalize(const Call& call) {
  for (size_t i = 0; i < call.fields.size(); ++i) {
    const Field& field = call.before[i];
    if (field.label || field.type.shape.empty()) continue;
    at::Tensor& value = call.fields[i];
    const auto numbers = [&](const char* name) { return by_channel(call.options.reals(name), field, value); };
    value = value.sub(numbers("mean")).div(numbers("std"));
  }
}

size_t label_of(const std::vector<Field>& fields) {
  size_t place = 0;
  while (!fields[place].label || !is_integral(fields[place].type.dtype)) ++place;
  return place;
}

at::Tensor shares_of(const at::Tensor& labels, std::int64_t classes) {
  const at::Tensor outside = labels.lt(0).logical_or_(labels.ge(classes));
  if (outside.any().item<bool>())
    fail(Fault::input_file, "the label {} is not in 0 to {}",
         labels.masked_select(outside)[0].item<std::int64_t>(), classes - 1);
  return at::one_hot(labels.to(at::kLong), classes).to(at::kFloat);
}

void apply_one_hot(const Call& call) {
  at::Tensor& labels = call.fields[label_of(call.before)];
  labels = shares_of(labels, call.options.integer("num_classes"));
}

void random_window(const Call& call) {
  const std::int64_t length = call.options.integer("length");
  std::optional<std::int64_t> start, whole;
  for (at::Tensor& field : call.fields) {
    if (field.dim() == 0) continue;
    check(!whole || *whole == field.size(0), Fault::input_file, "its fields have {} and {} entries", *whole,
          field.size(0));
    whole = field.size(0);
    check(*whole >= length, Fault::input_file, "it has {} entries, fewer than a window of {}", *whole,
          length);
    if (!start) start = call.below(*whole - length + 1);
    field = field.narrow(0, *start, length);
  }
}

void resize(const Call& call) {
  const Attributes& options = call.options;
  call.each_image([&](const at::Tensor& image) {
    std::int64_t height = image.size(-2), width = image.size(-1);
    if (options.is_integer("size")) {
      const std::int64_t side = options.integer("size");
      const bool wide = height <= width;
      const std::int64_t longer = wide ? side * width / height : side * height / width;
      height = wide ? side : longer;
      width = wide ? longer : side;
    } else {
      height = options.integers("size")[0];
      width = options.integers("size")[1];
    }
    return resized(image, height, width, options.text("interpolation"), options.boolean("antialias"));
  });
}

void center_crop(const Call& call) {
  const auto& size = call.options.integers("size");
  call.each_image([&](const at::Tensor& image) { return center_cropped(image, size[0], size[1]); });
}

void pad(const Call& call) {
  const auto border = border_sides(call.options.integers("padding"));
  call.each_image([&](const at::Tensor& image) {
    return padded(image, border, call.options.real("fill"), call.options.text("padding_mode"));
  });
}

void random_crop(const Call& call) {
  const Attributes& options = call.options;
  const auto& size = options.integers("size");
  const auto bordered = [&](const at::Tensor& image, const std::vector<std::int64_t>& border) {
    return padded(image, border, options.real("fill"), options.text("padding_mode"));
  };
  const auto whole = [&](at::Tensor image) {
    if (options.has("padding")) image = bordered(image, border_sides(options.integers("padding")));
    const std::int64_t tall = std::max<std::int64_t>(0, size[0] - image.size(-2)),
                       wide = std::max<std::int64_t>(0, size[1] - image.size(-1));
    if (tall == 0 && wide == 0) return image;
    check(options.boolean("pad_if_needed"), Fault::input_file,
          "a part of {}×{} cannot be cut from an image of {}×{}", size[0], size[1], image.size(-2),
          image.size(-1));
    return bordered(image, {wide, tall, wide, tall});
  };
  const at::Tensor first = whole(call.first_image());
  const std::int64_t top = call.below(first.size(-2) - size[0] + 1),
                     left = call.below(first.size(-1) - size[1] + 1);
  call.each_image(
      [&](const at::Tensor& image) { return cropped(whole(image), top, left, size[0], size[1]); });
}

struct Box {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
};

// A part of random area and aspect; the largest in the middle when none was found.
Box random_part(const Call& call, std::int64_t height, std::int64_t width) {
  const auto &scale = call.options.reals("scale"), &ratio = call.options.reals("ratio");
  const auto area = static_cast<double>(height * width);
  for (int i = 0; i < kTries; ++i) {
    const double target = area * call.between(scale[0], scale[1]);
    const double aspect = std::exp(call.between(std::log(ratio[0]), std::log(ratio[1])));
    const auto w = static_cast<std::int64_t>(std::nearbyint(std::sqrt(target * aspect)));
    const auto h = static_cast<std::int64_t>(std::nearbyint(std::sqrt(target / aspect)));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const std::int64_t top = call.below(height - h + 1), left = call.below(width - w + 1);
    return {top, left, h, w};
  }
  const double aspect = static_cast<double>(width) / static_cast<double>(height);
  std::int64_t w = width, h = height;
  if (aspect < ratio[0])
    h = std::min(height, static_cast<std::int64_t>(std::nearbyint(static_cast<double>(w) / ratio[0])));
  else if (aspect > ratio[1])
    w = std::min(width, static_cast<std::int64_t>(std::nearbyint(static_cast<double>(h) * ratio[1])));
  return {(height - h) / 2, (width - w) / 2, h, w};
}

void random_resized_crop(const Call& call) {
  const Attributes& options = call.options;
  const auto& size = options.integers("size");
  const Box part = random_part(call, call.first_image().size(-2), call.first_image().size(-1));
  call.each_image([&](const at::Tensor& image) {
    return resized(cropped(image, part.top, part.left, part.height, part.width), size[0], size[1],
                   options.text("interpolation"), options.boolean("antialias"));
  });
}

template <int kDim>
void flip(const Call& call) {
  if (call.random.uniform() >= call.options.real("p")) return;
  call.each_image([](const at::Tensor& image) { return image.flip({kDim}); });
}

void warp(const Call& call, const Warp& drawn) {
  call.each_image([&](const at::Tensor& image) {
    return warped(image, drawn, call.options.text("interpolation"), call.options.real("fill"));
  });
}

// A rotation is counter-clockwise, the angle of an affine map clockwise.
void rotate(const Call& call) { warp(call, {.angle = -call.angle("degrees")}); }

void affine(const Call& call) {
  const Attributes& options = call.options;
  Warp drawn{.angle = call.angle("degrees")};
  if (options.has("translate")) {
    const at::Tensor& image = call.first_image();
    const auto move = [&](size_t axis, std::int64_t size) {
      const double most = options.reals("translate")[axis] * static_cast<double>(size);
      return std::nearbyint(call.between(-most, most));
    };
    drawn.move_x = move(0, image.size(-1));
    drawn.move_y = move(1, image.size(-2));
  }
  if (options.has("scale")) drawn.scale = call.between(options.reals("scale")[0], options.reals("scale")[1]);
  if (options.has("shear")) {
    drawn.shear_x = call.angle("shear");
    const auto& shear = options.reals("shear");
    if (shear.size() == 4) drawn.shear_y = call.between(shear[2], shear[3]);
  }
  warp(call, drawn);
}

void grayscale(const Call& call) {
  call.each_image(
      [&](const at::Tensor& image) { return grey(image, call.options.integer("num_output_channels")); });
}

void color_jitter(const Call& call) {
  using Change = at::Tensor (*)(const at::Tensor&, double);
  struct Part {
    const char* name;
    Change change;
    double middle;
  };
  static constexpr std::array kParts{Part{"brightness", with_brightness, 1},
                                     Part{"contrast", with_contrast, 1},
                                     Part{"saturation", with_saturation, 1}, Part{"hue", with_hue, 0}};
  for (const std::int64_t place : shuffled_order(kParts.size(), call.random)) {
    const Part& part = kParts[static_cast<size_t>(place)];
    const auto& range = call.options.reals(part.name);
    const double x = range[0];
    const double low = range.size() == 2 ? x : part.middle == 0 ? -x : std::max(0.0, part.middle - x);
    const double factor = call.between(low, range.size() == 2 ? range[1] : part.middle + x);
    if (factor == part.middle) continue;
    call.each_image([&](const at::Tensor& image) { return part.change(image, factor); });
  }
}

void erase(const Call& call) {
  const Attributes& options = call.options;
  if (call.random.uniform() >= options.real("p")) return;
  const std::int64_t height = call.first_image().size(-2), width = call.first_image().size(-1);
  const auto &scale = options.reals("scale"), &ratio = options.reals("ratio");
  for (int i = 0; i < kTries; ++i) {
    const double area = static_cast<double>(height * width) * call.between(scale[0], scale[1]);
    const double aspect = std::exp(call.between(std::log(ratio[0]), std::log(ratio[1])));
    const auto h = static_cast<std::int64_t>(std::nearbyint(std::sqrt(area * aspect)));
    const auto w = static_cast<std::int64_t>(std::nearbyint(std::sqrt(area / aspect)));
    if (h >= height || w >= width) continue;
    const std::int64_t top = call.below(height - h + 1), left = call.below(width - w + 1);
    return call.each_image([&](const at::Tensor& image) {
      at::Tensor made = image.clone();
      cropped(made, top, left, h, w).fill_(options.real("value"));
      return made;
    });
  }
}

// A draw of the gamma distribution of shape a (Marsaglia and Tsang, 2000).
double gamma_draw(double a, RandomStream& random) {
  if (a < 1) return gamma_draw(a + 1, random) * std::pow(1 - random.uniform(), 1 / a);
  const double d = a - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal(), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double beta_draw(double alpha, RandomStream& random) {
  const double a = gamma_draw(alpha, random), b = gamma_draw(alpha, random);
  return a + b > 0 ? a / (a + b) : 0.5;
}

// The labels as shares of classes, a part of them the neighbour's.
void mix_labels(const Call& call, double own) {
  at::Tensor& labels = call.fields[label_of(call.before)];
  const at::Tensor shares = shares_of(labels, call.options.integer("num_classes"));
  labels = shares.mul(own).add(shares.roll(1, 0).mul(1 - own));
}

void mix_up(const Call& call) {
  const double own = beta_draw(call.options.real("alpha"), call.random);
  for (size_t i = 0; i < call.fields.size(); ++i) {
    at::Tensor& value = call.fields[i];
    if (!call.before[i].label && value.is_floating_point())
      value = value.mul(own).add(value.roll(1, 0).mul(1 - own));
  }
  mix_labels(call, own);
}

void cut_mix(const Call& call) {
  const double own = beta_draw(call.options.real("alpha"), call.random);
  const std::int64_t height = call.first_image().size(-2), width = call.first_image().size(-1);
  const double half = 0.5 * std::sqrt(1 - own);
  const std::int64_t x = call.below(width), y = call.below(height);
  const auto reach = [&](std::int64_t size) {
    return static_cast<std::int64_t>(half * static_cast<double>(size));
  };
  const std::int64_t left = std::max<std::int64_t>(x - reach(width), 0),
                     right = std::min(x + reach(width), width);
  const std::int64_t top = std::max<std::int64_t>(y - reach(height), 0),
                     bottom = std::min(y + reach(height), height);
  call.each_image([&](const at::Tensor& images) {
    at::Tensor made = images.clone();
    const auto part = [&](const at::Tensor& of) {
      return cropped(of, top, left, bottom - top, right - left);
    };
    part(made).copy_(part(images.roll(1, 0)));
    return made;
  });
  const auto covered = static_cast<double>((right - left) * (bottom - top));
  mix_labels(call, 1 - covered / static_cast<double>(width * height));
}

using Apply = void (*)(const Call& call);

Apply function_of(const std::string& kind) {
  static const std::map<std::string, Apply> functions = {
      {"ToDtype", apply_to_dtype},
      {"Normalize", normalize},
      {"OneHot", apply_one_hot},
      {"RandomWindow", random_window},
      {"Resize", resize},
      {"CenterCrop", center_crop},
      {"RandomCrop", random_crop},
      {"RandomResizedCrop", random_resized_crop},
      {"RandomHorizontalFlip", flip<-1>},
      {"RandomVerticalFlip", flip<-2>},
      {"Pad", pad},
      {"RandomRotation", rotate},
      {"RandomAffine", affine},
      {"Grayscale", grayscale},
      {"ColorJitter", color_jitter},
      {"RandomErasing", erase},
      {"MixUp", mix_up},
      {"CutMix", cut_mix},
  };
  return functions.at(kind);
}

}  // namespace

void apply_transform(const DataTransform& transform, const std::vector<Field>& before,
                     std::vector<at::Tensor>& fields, RandomStream& random) {
  function_of(transform.kind)({transform.options, before, fields, random});
}

}  // namespace orrery
