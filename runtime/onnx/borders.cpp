// Operators that put a border around a tensor or take one away.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// How much is added in front of and behind each dimension; negative numbers take away.
struct Border {
  Sizes before, behind;
};

Border border_of(const OnnxCall& call) {
  const auto rank = static_cast<std::size_t>(call.rank(0));
  const std::string attribute = call.opset() < 2 ? "paddings" : "pads";
  const Sizes pads = call.opset() < 11 ? call.integers(attribute) : call.integers(1);
  Sizes axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (call.has(3)) axes = call.integers(3);
  if (pads.size() != 2 * axes.size())
    call.refuse(fmt::format("it has {} pads for {} axes", pads.size(), axes.size()));
  Border border{Sizes(rank, 0), Sizes(rank, 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(call.axis(axes[i], static_cast<int>(rank)));
    border.before[axis] = pads[i];
    border.behind[axis] = pads[axes.size() + i];
  }
  return border;
}

// Which element stands at a place that may lie outside: `wrap` and `reflect` go on as often as they must.
std::int64_t source_of(std::int64_t place, std::int64_t size, const std::string& mode) {
  const auto modulo = [&](std::int64_t period) { return ((place % period) + period) % period; };
  if (mode == "edge") return std::clamp<std::int64_t>(place, 0, size - 1);
  if (mode == "wrap") return modulo(size);
  if (size == 1) return 0;
  const std::int64_t folded = modulo(2 * (size - 1));
  return std::min(folded, 2 * (size - 1) - folded);
}

Value bordered_along(const OnnxCall& call, Value x, std::size_t axis, const Border& border,
                     const std::string& mode) {
  const OnnxComposer make(call);
  const std::int64_t size = make.known(x.shape()[axis], fmt::format("the size of axis {}", axis));
  if (size < 1) call.refuse(fmt::format("axis {} has no element to repeat", axis));
  Sizes sources;
  for (std::int64_t place = -border.before[axis]; place < size + border.behind[axis]; ++place)
    sources.push_back(source_of(place, size, mode));
  return call.apply("index_select", {x, make.integers(sources)}, {{"dim", static_cast<std::int64_t>(axis)}});
}

// LibTorch repeats up to three dimensions, behind a batch and channels or one of them.
std::size_t repeatable_axes(const Border& border) {
  const std::size_t rank = border.before.size();
  const auto bordered = [&](std::size_t axis) {
    return border.before[axis] != 0 || border.behind[axis] != 0;
  };
  for (const std::size_t spared : {2, 1}) {
    if (rank <= spared || rank - spared > 3) continue;
    if (!bordered(0) && (spared == 1 || !bordered(1))) return rank - spared;
  }
  return 0;
}

// Nothing is taken away, and the input is large enough for one repetition.
bool repeats_once(const Value& x, const Border& border, const std::string& mode) {
  for (std::size_t i = 0; i < border.before.size(); ++i) {
    if (std::min(border.before[i], border.behind[i]) < 0) return false;
    const std::int64_t widest = std::max(border.before[i], border.behind[i]);
    const std::int64_t least = mode == "reflect" ? widest + 1 : mode == "wrap" ? widest : 1;
    if (x.shape()[i].known() && x.shape()[i].value() < least) return false;
  }
  return x.dtype() != DType::boolean;
}

Value repeated(const OnnxCall& call, Value x, const Border& border, const std::string& mode) {
  static const std::map<std::string, std::string> kModes = {
      {"reflect", "reflect"}, {"edge", "replicate"}, {"wrap", "circular"}};
  const auto found = kModes.find(mode);
  if (found == kModes.end()) call.refuse(fmt::format("there is no mode '{}'", mode));
  const std::size_t axes = repeatable_axes(border), rank = border.before.size();
  if (axes > 0 && repeats_once(x, border, mode)) {
    Sizes widths;
    for (std::size_t i = rank; i-- > rank - axes;)
      widths.insert(widths.end(), {border.before[i], border.behind[i]});
    return call.apply("pad", {x}, {{"pad", widths}, {"mode", found->second}});
  }
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (border.before[axis] != 0 || border.behind[axis] != 0) x = bordered_along(call, x, axis, border, mode);
  return x;
}

AttributeValue number_of(double value, DType dtype) {
  if (is_floating(dtype)) return value;
  return static_cast<std::int64_t>(value);
}

// The number for the border is a value: it goes where a border of ones would be.
Value padded_with(const OnnxCall& call, Value x, const Border& border, Value number) {
  const OnnxComposer make(call);
  const Value inside = call.apply("ones_like", {x}, {{"dtype", DType::uint8}});
  const Value outside =
      make.with("eq", make.pad(inside, border.before, border.behind, std::int64_t{0}), std::int64_t{0});
  const Value padded = make.pad(x, border.before, border.behind, std::int64_t{0});
  return make.where(outside, make.reshape(number, {}), padded);
}

void import_pad(OnnxCall& call) {
  const Value x = call.value(0);
  const Border border = border_of(call);
  const std::string mode = call.text("mode", "constant");
  if (mode != "constant") return call.give(repeated(call, x, border, mode));
  const bool input = call.opset() >= 11 && call.has(2);
  if (input && !call.literal(2)) return call.give(padded_with(call, x, border, call.value(2)));
  const double number = input ? call.real(2) : call.real("value", 0.0);
  if (std::isnan(number))
    return call.give(padded_with(call, x, border, OnnxComposer(call).scalar(number, x.dtype())));
  call.give(OnnxComposer(call).pad(x, border.before, border.behind, number_of(number, x.dtype())));
}

// An odd element is taken from, or added at, the end.
void import_center_crop_pad(OnnxCall& call) {
  const OnnxComposer make(call);
  Value x = call.value(0);
  const auto rank = static_cast<std::size_t>(call.rank(0));
  Sizes all(rank);
  std::iota(all.begin(), all.end(), 0);
  const Sizes axes = call.integers("axes", all), wanted = call.integers(1);
  if (axes.size() != wanted.size())
    call.refuse(fmt::format("it has {} sizes for {} axes", wanted.size(), axes.size()));
  Border border{Sizes(rank, 0), Sizes(rank, 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t dim = call.axis(axes[i], static_cast<int>(rank));
    const auto axis = static_cast<std::size_t>(dim);
    const std::int64_t size = make.known(x.shape()[axis], fmt::format("the size of axis {}", axis));
    if (size > wanted[i])
      x = call.apply("narrow", {x}, {{"dim", dim}, {"start", (size - wanted[i]) / 2}, {"length", wanted[i]}});
    const std::int64_t more = std::max<std::int64_t>(wanted[i] - size, 0);
    border.before[axis] = more / 2;
    border.behind[axis] = more - more / 2;
  }
  call.give(make.pad(x, border.before, border.behind, std::int64_t{0}));
}

// What Col2Im puts together: the image, and the blocks that a window takes of it.
struct Image {
  Sizes sizes, block, dilations, strides;
  Border border;
  std::int64_t bordered(std::size_t axis) const {
    return sizes[axis] + border.before[axis] + border.behind[axis];
  }
  std::int64_t places(std::size_t axis) const {
    return (bordered(axis) - dilations[axis] * (block[axis] - 1) - 1) / strides[axis] + 1;
  }
};

Image image_of(const OnnxCall& call) {
  Image image{.sizes = call.integers(1), .block = call.integers(2)};
  const std::size_t axes = image.sizes.size();
  image.dilations = call.integers("dilations", Sizes(axes, 1));
  image.strides = call.integers("strides", Sizes(axes, 1));
  const Sizes pads = call.integers("pads", Sizes(2 * axes, 0));
  if (image.block.size() != axes || image.dilations.size() != axes || image.strides.size() != axes ||
      pads.size() != 2 * axes || axes == 0)
    call.refuse("its image, block, dilations, strides and pads are not of as many axes");
  image.border = {{pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(axes)},
                  {pads.begin() + static_cast<std::ptrdiff_t>(axes), pads.end()}};
  return image;
}

// For each element of a channel's columns the place in the image with its border, row by row.
Sizes places_of(const Image& image) {
  Sizes places = {0};
  const std::size_t axes = image.sizes.size();
  const auto spread = [&](auto count, auto step) {  // over all axes, the last one fastest
    for (std::size_t axis = 0; axis < axes; ++axis) {
      std::int64_t row = 1;
      for (std::size_t behind = axis + 1; behind < axes; ++behind) row *= image.bordered(behind);
      Sizes further;
      for (const std::int64_t place : places)
        for (std::int64_t i = 0; i < count(axis); ++i) further.push_back(place + i * step(axis) * row);
      places = std::move(further);
    }
  };
  spread([&](std::size_t axis) { return image.block[axis]; },
         [&](std::size_t axis) { return image.dilations[axis]; });
  spread([&](std::size_t axis) { return image.places(axis); },
         [&](std::size_t axis) { return image.strides[axis]; });
  return places;
}

Value folded(const OnnxCall& call, const Image& image, Value columns) {
  const OnnxComposer make(call);
  const Sizes places = places_of(image);
  const std::int64_t block =
      std::accumulate(image.block.begin(), image.block.end(), std::int64_t{1}, std::multiplies<>());
  const Shape shape = columns.shape();
  const auto channels = exact_div(shape[1], block);
  if (!channels) call.refuse(fmt::format("{} rows do not fall into blocks of {}", shape[1].str(), block));
  Shape bordered = {shape[0], *channels};
  Dim elements = 1;
  for (std::size_t axis = 0; axis < image.sizes.size(); ++axis) {
    bordered.emplace_back(image.bordered(axis));
    elements = elements * bordered.back();
  }
  const auto count = static_cast<std::int64_t>(places.size());
  const Value flat = make.reshape(columns, {shape[0], *channels, count});
  const Value empty = make.filled({shape[0], *channels, elements}, std::int64_t{0}, columns.dtype());
  const Value sum = call.apply("index_add", {empty, make.integers(places), flat}, {{"dim", std::int64_t{2}}});
  return make.reshape(sum, bordered);
}

void import_col2im(OnnxCall& call) {
  const Image image = image_of(call);
  const bool even = image.border.before == image.border.behind;
  if (even && image.sizes.size() == 2)
    return call.give(call.apply("fold", {call.value(0)},
                                {{"output_size", image.sizes},
                                 {"kernel_size", image.block},
                                 {"dilation", image.dilations},
                                 {"padding", image.border.before},
                                 {"stride", image.strides}}));
  Value all = folded(call, image, call.value(0));
  for (std::size_t axis = 0; axis < image.sizes.size(); ++axis)
    all = OnnxComposer(call).slice(all, static_cast<std::int64_t>(axis) + 2, image.border.before[axis],
                                   -image.border.behind[axis]);
  call.give(all);
}

}  // namespace

void add_onnx_borders(OnnxOperators& table) {
  table.add("Pad", import_pad);
  table.add("CenterCropPad", import_center_crop_pad);
  table.add("Col2Im", import_col2im);
}

}  // namespace orrery
