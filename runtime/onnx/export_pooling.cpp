#include <algorithm>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

using PoolSizes = std::vector<std::int64_t>;

// A window that slides, as ONNX wants it told.
struct Window {
  PoolSizes kernel, stride, padding, dilation;
  bool ceil = false;

  OnnxGiven given(const PoolSizes& end) const {
    PoolSizes pads = padding;
    pads.insert(pads.end(), end.begin(), end.end());
    return {onnx_integers("kernel_shape", kernel), onnx_integers("pads", pads),
            onnx_integers("strides", stride)};
  }
};

Window window_of(const Attributes& options, bool dilated, bool padded = true) {
  Window window;
  window.kernel = options.integers("kernel_size");
  window.stride = options.has("stride") ? options.integers("stride") : window.kernel;
  const PoolSizes zeros(window.kernel.size(), 0), ones(window.kernel.size(), 1);
  window.padding = padded ? options.integers("padding") : zeros;
  window.dilation = dilated ? options.integers("dilation") : ones;
  window.ceil = options.boolean("ceil_mode");
  return window;
}

std::string batched_images(OnnxExportCall& call, std::size_t spatial) {
  return call.rank() == static_cast<int>(spatial) + 2 ? call.input() : call.unsqueeze(call.input(), {0});
}

std::string unbatched_images(OnnxExportCall& call, const std::string& made, std::size_t spatial) {
  return call.rank() == static_cast<int>(spatial) + 2 ? made : call.squeeze(made, {0});
}

// How far the last window may reach over the border: as `ceil_mode` rounds in PyTorch, where a window must
// begin inside, which operators of ONNX do differently from version to version. Nothing where the sizes are
// not known.
std::optional<PoolSizes> ends_of(const OnnxExportCall& call, const Window& window) {
  if (!window.ceil) return window.padding;
  PoolSizes ends;
  const std::size_t first = static_cast<std::size_t>(call.rank()) - window.kernel.size();
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    const Dim &in = call.shape()[first + i], &out = call.result().shape[first + i];
    if (!in.known() || !out.known()) return std::nullopt;
    const std::int64_t reach =
        (out.value() - 1) * window.stride[i] + window.dilation[i] * (window.kernel[i] - 1) + 1;
    ends.push_back(std::max(window.padding[i], reach - in.value() - window.padding[i]));
  }
  return ends;
}

OnnxGiven given_of(const OnnxExportCall& call, const Window& window) {
  const auto ends = ends_of(call, window);
  OnnxGiven given = window.given(ends.value_or(window.padding));
  if (!ends) given.push_back(onnx_integer("ceil_mode", 1));
  return given;
}

// ONNX counts places in the whole tensor, PyTorch in each plane.
std::string places_in_plane(OnnxExportCall& call, const std::string& places, std::size_t spatial) {
  Dim plane = 1;
  for (std::size_t i = call.shape().size() - spatial; i < call.shape().size(); ++i)
    plane = plane * call.shape()[i];
  if (!plane.known())
    OnnxExportCall::refuse("its places are counted in planes whose size only the data tell");
  return call.add("Mod", {places, call.integer(plane.value())});
}

void export_max_pool(OnnxExportCall& call) {
  const Window window = window_of(call.options(), true);
  const std::size_t spatial = window.kernel.size();
  OnnxGiven given = given_of(call, window);
  given.push_back(onnx_integers("dilations", window.dilation));
  const bool places = call.options().boolean("return_indices");
  const OnnxNames made = call.add_all("MaxPool", {batched_images(call, spatial)}, given, places ? 2 : 1);
  call.give(0, unbatched_images(call, made[0], spatial));
  if (places) call.give(1, unbatched_images(call, places_in_plane(call, made[1], spatial), spatial));
}

void export_avg_pool(OnnxExportCall& call) {
  const Window window = window_of(call.options(), false);
  const std::size_t spatial = window.kernel.size();
  const bool padded = std::ranges::any_of(window.padding, [](std::int64_t size) { return size > 0; });
  const bool counts = call.options().boolean("count_include_pad") && padded;
  const auto ends = ends_of(call, window);
  const bool reaches_over = !ends || *ends != window.padding;
  if (counts && reaches_over)
    OnnxExportCall::refuse("a window that counts its padding reaches over it (ceil_mode)");
  const bool own_divisor = std::ranges::any_of(call.options().entries(),
                                               [](const auto& e) { return e.name == "divisor_override"; }) &&
                           call.options().has("divisor_override");
  if (own_divisor && (reaches_over || (padded && !counts)))
    OnnxExportCall::refuse("ONNX's AveragePool has no divisor_override, which the border would change here");
  OnnxGiven given = given_of(call, window);
  given.push_back(onnx_integer("count_include_pad", counts ? 1 : 0));
  std::string made = call.add("AveragePool", {batched_images(call, spatial)}, given);
  if (own_divisor) {
    double elements = 1;
    for (const std::int64_t size : window.kernel) elements *= static_cast<double>(size);
    const double factor = elements / static_cast<double>(call.options().integer("divisor_override"));
    made = call.add("Mul", {made, call.number(factor, call.type().dtype)});
  }
  call.give(unbatched_images(call, made, spatial));
}

void export_lp_pool(OnnxExportCall& call) {
  const Window window = window_of(call.options(), false, false);
  const double power = call.options().real("norm_type");
  if (power != 2) OnnxExportCall::refuse("ONNX's LpPool does the same for the power 2 alone");
  const std::size_t spatial = window.kernel.size();
  OnnxGiven given = given_of(call, window);
  given.push_back(onnx_integer("p", 2));
  call.give(unbatched_images(call, call.add("LpPool", {batched_images(call, spatial)}, given), spatial));
}

// The share of each element in each window, an element a row: windows that overlap, as PyTorch chooses them.
std::string shares(OnnxExportCall& call, std::int64_t in, std::int64_t out, bool turned) {
  std::vector<double> shares(static_cast<std::size_t>(in * out), 0);
  for (std::int64_t window = 0; window < out; ++window) {
    const std::int64_t from = window * in / out, to = ((window + 1) * in + out - 1) / out;
    for (std::int64_t at = from; at < to; ++at)
      shares[static_cast<std::size_t>(turned ? window * in + at : at * out + window)] =
          1 / static_cast<double>(to - from);
  }
  const PoolSizes shape = turned ? PoolSizes{out, in} : PoolSizes{in, out};
  return call.numbers(std::move(shares), shape, call.type().dtype);
}

// Averages of windows that differ in size, as products with matrices.
void average_by_shares(OnnxExportCall& call, std::size_t spatial) {
  const Shape &from = call.shape(), &to = call.result().shape;
  const std::size_t last = from.size() - 1;
  for (std::size_t i = from.size() - spatial; i <= last; ++i) {
    if (!from[i].known() || !to[i].known())
      OnnxExportCall::refuse("the sizes of its windows are told by the data alone");
  }
  if (spatial > 2) OnnxExportCall::refuse("its windows differ in size; ONNX has those of one size alone");
  std::string x =
      call.add("MatMul", {call.input(), shares(call, from[last].value(), to[last].value(), false)});
  if (spatial == 2)
    x = call.add("MatMul", {shares(call, from[last - 1].value(), to[last - 1].value(), true), x});
  call.give(x);
}

// One window for all, or windows side by side; averages also otherwise.
void give_adaptive(OnnxExportCall& call, const char* global, const char* sliding, bool averages) {
  const PoolSizes& wanted = call.options().integers("output_size");
  const std::size_t spatial = wanted.size(), first = call.shape().size() - spatial;
  const std::string x = batched_images(call, spatial);
  if (std::ranges::all_of(wanted, [](std::int64_t size) { return size == 1; }))
    return call.give(0, unbatched_images(call, call.add(global, {x}), spatial));
  Window window;
  window.padding.assign(spatial, 0);
  for (std::size_t i = 0; i < spatial; ++i) {
    const auto times = exact_div(call.shape()[first + i], call.result().shape[first + i]);
    const bool side_by_side = times && times->known();
    if (!side_by_side && averages) return average_by_shares(call, spatial);
    if (!side_by_side) OnnxExportCall::refuse("its windows differ in size; ONNX has those of one size alone");
    window.kernel.push_back(times->value());
  }
  window.stride = window.kernel;
  const bool same = std::ranges::all_of(window.kernel, [](std::int64_t size) { return size == 1; });
  call.give(0, same ? call.input()
                    : unbatched_images(call, call.add(sliding, {x}, window.given(window.padding)), spatial));
}

void export_adaptive_avg_pool(OnnxExportCall& call) {
  give_adaptive(call, "GlobalAveragePool", "AveragePool", true);
}

void export_adaptive_max_pool(OnnxExportCall& call) {
  if (call.options().boolean("return_indices"))
    OnnxExportCall::refuse("ONNX's pooling to a size does not tell places (return_indices)");
  give_adaptive(call, "GlobalMaxPool", "MaxPool", false);
}

std::vector<std::string> poolings(const std::string& layer, const std::string& function) {
  std::vector<std::string> names;
  for (const char* dimension : {"1d", "2d", "3d"}) {
    names.push_back(layer + dimension);
    names.push_back(function + dimension);
  }
  return names;
}

}  // namespace

void add_exported_pooling(OnnxExportTable& table) {
  table.add(poolings("MaxPool", "max_pool"), export_max_pool);
  table.add(poolings("AvgPool", "avg_pool"), export_avg_pool);
  table.add(poolings("LPPool", "lp_pool"), export_lp_pool);
  table.add(poolings("AdaptiveAvgPool", "adaptive_avg_pool"), export_adaptive_avg_pool);
  table.add(poolings("AdaptiveMaxPool", "adaptive_max_pool"), export_adaptive_max_pool);
}

}  // namespace orrery
