// Pools over all places of a plane, and the way back from a pool.
#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"
#include "runtime/onnx/windows.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// The axes behind batch and channels.
Sizes places_of(const OnnxCall& call) {
  Sizes dims;
  for (int dim = 2; dim < call.rank(0); ++dim) dims.push_back(dim);
  if (dims.empty()) call.refuse(fmt::format("an input {} has no places", str(call.type(0).shape)));
  return dims;
}

// `adaptive` is LibTorch's pool of up to three axes, `reduction` the same over any.
void give_global(OnnxCall& call, const std::string& adaptive, const std::string& reduction) {
  const Sizes dims = places_of(call);
  if (dims.size() > 3)
    return call.give(call.apply(reduction, {call.value(0)}, {{"dim", dims}, {"keepdim", true}}));
  call.give(call.apply(fmt::format("{}{}d", adaptive, dims.size()), {call.value(0)},
                       {{"output_size", Sizes(dims.size(), 1)}}));
}

void import_global_average_pool(OnnxCall& call) { give_global(call, "adaptive_avg_pool", "mean"); }
void import_global_max_pool(OnnxCall& call) { give_global(call, "adaptive_max_pool", "amax"); }

// Before operator set 2 the power was a real number.
void import_global_lp_pool(OnnxCall& call) {
  const double power = call.opset() < 2 ? call.real("p", 2.0) : static_cast<double>(call.integer("p", 2));
  const Value powers = call.apply("pow", {call.apply("abs", {call.value(0)})}, {{"exponent", power}});
  const Value sums = call.apply("sum", {powers}, {{"dim", places_of(call)}, {"keepdim", true}});
  call.give(call.apply("pow", {sums}, {{"exponent", 1.0 / power}}));
}

// What the pool's input was like: as large as its windows reached.
Shape unpooled(const OnnxCall& call, const Shape& pooled) {
  const OnnxWindow window = onnx_window(call, pooled);
  Shape shape = {pooled[0], pooled[1]};
  for (std::size_t axis = 0; axis < window.axes(); ++axis)
    shape.push_back((pooled[axis + 2] - 1) * window.stride[axis] +
                    (window.kernel[axis] - window.before[axis] - window.behind[axis]));
  return shape;
}

// Indices count over the whole tensor of that size; a larger one that is asked for is zero behind it.
void import_max_unpool(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0);
  const Shape shape = unpooled(call, x.shape());
  const Dim count = numel(x.shape());
  const Value empty = make.filled({numel(shape)}, 0.0, x.dtype());
  const Value places = make.reshape(make.to(call.value(1), DType::int64), {count});
  const Value flat =
      call.apply("scatter", {empty, places, make.reshape(x, {count})}, {{"dim", std::int64_t{0}}});
  Value whole = make.reshape(flat, shape);
  if (call.has(2)) {
    const Shape wanted = call.dims(2);
    Sizes behind;
    for (std::size_t i = 0; i < wanted.size() && i < shape.size(); ++i) {
      const Dim more = wanted[i] - shape[i];
      behind.push_back(make.known(more, "how much larger the output is than its windows"));
    }
    whole = make.pad(whole, Sizes(behind.size(), 0), behind, 0.0);
  }
  call.give(whole);
}

}  // namespace

void add_onnx_unpools(OnnxOperators& table) {
  table.add("GlobalAveragePool", import_global_average_pool);
  table.add("GlobalMaxPool", import_global_max_pool);
  table.add("GlobalLpPool", import_global_lp_pool);
  table.add("MaxUnpool", import_max_unpool);
}

}  // namespace orrery
