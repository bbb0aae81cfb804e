// Pools with a window: LibTorch's own where it takes the border, else composed of what it takes.
#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"
#include "runtime/onnx/windows.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

std::int64_t product(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

// LibTorch wants an even border of at most half the window.
bool takes_border(const OnnxWindow& window) {
  bool takes = window.even() && window.axes() <= 3;
  for (std::size_t axis = 0; axis < window.axes(); ++axis)
    takes = takes && window.before[axis] >= 0 && window.before[axis] <= window.kernel[axis] / 2;
  return takes;
}

bool dilated(const OnnxWindow& window) {
  return std::ranges::any_of(window.dilation, [](std::int64_t distance) { return distance != 1; });
}

OnnxOptions options_of(const OnnxWindow& window, const Sizes& padding) {
  OnnxOptions options = {{"kernel_size", window.kernel}, {"stride", window.stride}};
  if (product(padding) != 0 || std::ranges::any_of(padding, [](std::int64_t width) { return width != 0; }))
    options.emplace_back("padding", padding);
  return options;
}

Sizes known_sizes(const OnnxCall& call, const Shape& shape) {
  Sizes sizes;
  for (std::size_t axis = 0; axis + 2 < shape.size(); ++axis)
    sizes.push_back(OnnxComposer(call).known(shape[axis + 2], onnx_axis_word(axis, shape.size() - 2)));
  return sizes;
}

std::int64_t windows_along(const OnnxWindow& window, std::size_t axis, std::int64_t size) {
  const std::int64_t stride = window.stride[axis];
  const std::int64_t room = size + window.before[axis] + window.behind[axis] - window.extent(axis);
  std::int64_t count = (window.ceil ? (room + stride - 1) / stride : room / stride) + 1;
  // A last window must begin before the border behind the end.
  if (window.ceil && (count - 1) * stride >= size + window.before[axis]) --count;
  return count;
}

// The same windows with a border that they fill, so that none reaches over it.
OnnxWindow filled_by(const OnnxCall& call, OnnxWindow window, const Shape& shape) {
  if (!window.ceil) return window;
  const Sizes sizes = known_sizes(call, shape);
  for (std::size_t axis = 0; axis < window.axes(); ++axis) {
    const std::int64_t reach =
        (windows_along(window, axis, sizes[axis]) - 1) * window.stride[axis] + window.extent(axis);
    window.behind[axis] = std::max<std::int64_t>(reach - sizes[axis] - window.before[axis], 0);
  }
  window.ceil = false;
  return window;
}

// Places in a plane, as LibTorch counts them, brought into ONNX's count: over the whole tensor, of the input
// without its border, and by columns where `storage_order` says so.
Value counted(const OnnxCall& call, Value places, const Shape& input, const OnnxWindow& border) {
  const OnnxComposer make(call);
  const bool columns = call.integer("storage_order", 0) != 0;
  const Sizes sizes = known_sizes(call, input);
  const std::size_t axes = sizes.size();
  if (columns || border.bordered()) {
    Value rest = places;
    std::vector<Value> coordinates(axes);
    for (std::size_t axis = axes; axis-- > 0;) {
      const std::int64_t whole = sizes[axis] + border.before[axis] + border.behind[axis];
      coordinates[axis] = axis == 0 ? rest : make.with("remainder", rest, whole);
      if (axis > 0)
        rest = call.apply("div", {rest}, {{"other", whole}, {"rounding_mode", std::string("floor")}});
      if (border.before[axis] != 0)
        coordinates[axis] = make.with("sub", coordinates[axis], border.before[axis]);
    }
    std::vector<std::size_t> order(axes);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (columns) std::ranges::reverse(order);
    places = coordinates[order[0]];
    for (std::size_t i = 1; i < axes; ++i)
      places = make.with("add", make.with("mul", places, sizes[order[i]]), coordinates[order[i]]);
  }
  if (input[0] * input[1] == Dim(1)) return places;
  Shape planes(input.size(), Dim(1));
  planes[0] = input[0];
  planes[1] = input[1];
  const Value plane = make.reshape(make.arange(input[0] * input[1]), planes);
  return make.with("add", places, make.with("mul", plane, product(sizes)));
}

// LibTorch looks for the largest real number only.
void import_max_pool(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value input = call.value(0);
  Value x = is_floating(input.dtype()) ? input : make.to(input, DType::float32);
  const OnnxWindow window = onnx_window(call, input.shape());
  if (window.axes() > 3) call.refuse("it pools over more than 3 axes");
  const bool own = takes_border(window);
  OnnxWindow border = own ? window : filled_by(call, window, input.shape());
  if (!own) x = make.pad(x, border.before, border.behind, -std::numeric_limits<double>::infinity());
  OnnxOptions options = options_of(window, own ? window.before : Sizes(window.axes(), 0));
  if (dilated(window)) options.emplace_back("dilation", window.dilation);
  if (own && window.ceil) options.emplace_back("ceil_mode", true);
  if (call.wants(1)) options.emplace_back("return_indices", true);
  const auto found = call.apply_all(fmt::format("max_pool{}d", window.axes()), {x}, std::move(options));
  call.give(0, make.to(found[0], input.dtype()));
  if (!call.wants(1)) return;
  if (own) border.before = border.behind = Sizes(window.axes(), 0);
  call.give(1, counted(call, found[1], input.shape(), border));
}

// The sum of each window, which has no border left to reach over. Windows with gaps are kernels of ones.
Value window_sums(const OnnxCall& call, Value x, const OnnxWindow& window) {
  const OnnxComposer make(call);
  const std::size_t axes = window.axes();
  if (!dilated(window)) {
    const Value mean = call.apply(fmt::format("avg_pool{}d", axes), {x}, options_of(window, Sizes(axes, 0)));
    return make.with("mul", mean, static_cast<double>(product(window.kernel)));
  }
  const Shape shape = x.shape();
  Shape planes = shape;
  planes[0] = shape[0] * shape[1];
  planes[1] = 1;
  Sizes kernel = {1, 1};
  kernel.insert(kernel.end(), window.kernel.begin(), window.kernel.end());
  const Value ones =
      make.reals(kernel, std::vector<double>(static_cast<std::size_t>(product(kernel)), 1.0), x.dtype());
  const Value sums = call.apply(fmt::format("conv{}d", axes), {make.reshape(x, planes), ones},
                                {{"stride", window.stride}, {"dilation", window.dilation}});
  Shape result = sums.shape();
  result[0] = shape[0];
  result[1] = shape[1];
  return make.reshape(sums, result);
}

// How many elements of each window lie between two places.
std::vector<double> counts_along(const OnnxWindow& window, std::size_t axis, std::int64_t size, bool border) {
  const std::int64_t from = border ? -window.before[axis] : 0;
  const std::int64_t to = border ? size + window.behind[axis] : size;
  std::vector<double> counts;
  for (std::int64_t i = 0; i < windows_along(window, axis, size); ++i) {
    const std::int64_t start = i * window.stride[axis] - window.before[axis];
    double count = 0;
    for (std::int64_t k = 0; k < window.kernel[axis]; ++k) {
      const std::int64_t place = start + k * window.dilation[axis];
      if (place >= from && place < to) ++count;
    }
    counts.push_back(count);
  }
  return counts;
}

Value counts_of(const OnnxCall& call, const OnnxWindow& window, const Shape& shape, bool border,
                DType dtype) {
  const Sizes sizes = known_sizes(call, shape);
  std::vector<double> counts = {1.0};
  Sizes result;
  for (std::size_t axis = 0; axis < window.axes(); ++axis) {
    const std::vector<double> along = counts_along(window, axis, sizes[axis], border);
    std::vector<double> all;
    for (const double before : counts)
      for (const double here : along) all.push_back(before * here);
    counts = std::move(all);
    result.push_back(static_cast<std::int64_t>(along.size()));
  }
  return OnnxComposer(call).reals(result, std::move(counts), dtype);
}

void import_average_pool(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0);
  const OnnxWindow window = onnx_window(call, x.shape());
  const bool border = call.integer("count_include_pad", 0) != 0;
  if (window.axes() > 3) call.refuse("it pools over more than 3 axes");
  if (takes_border(window) && !dilated(window)) {
    OnnxOptions options = options_of(window, window.before);
    if (window.ceil) options.emplace_back("ceil_mode", true);
    if (!border && window.bordered()) options.emplace_back("count_include_pad", false);
    return call.give(call.apply(fmt::format("avg_pool{}d", window.axes()), {x}, std::move(options)));
  }
  const OnnxWindow filled = filled_by(call, window, x.shape());
  const Value sums = window_sums(call, make.pad(x, filled.before, filled.behind, 0.0), filled);
  if (!window.ceil && (border || !window.bordered()))
    return call.give(make.with("div", sums, static_cast<double>(product(window.kernel))));
  call.give(make.with("div", sums, counts_of(call, window, x.shape(), border, x.dtype())));
}

// Before operator set 2 the power was a real number.
void import_lp_pool(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0);
  const OnnxWindow window = filled_by(call, onnx_window(call, x.shape()), x.shape());
  if (window.axes() > 3) call.refuse("it pools over more than 3 axes");
  const double power = call.opset() < 2 ? call.real("p", 2.0) : static_cast<double>(call.integer("p", 2));
  const Value powers = call.apply("pow", {call.apply("abs", {x})}, {{"exponent", power}});
  const Value sums = window_sums(call, make.pad(powers, window.before, window.behind, 0.0), window);
  call.give(call.apply("pow", {sums}, {{"exponent", 1.0 / power}}));
}

}  // namespace

void add_onnx_pools(OnnxOperators& table) {
  table.add("MaxPool", import_max_pool);
  table.add("AveragePool", import_average_pool);
  table.add("LpPool", import_lp_pool);
}

}  // namespace orrery
