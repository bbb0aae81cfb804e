#include <algorithm>
#include <limits>
#include <numeric>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

using Dims = std::vector<std::int64_t>;

void export_reshape(OnnxExportCall& call) {
  call.give(call.shape() == call.result().shape
                ? call.input()
                : call.reshape(call.input(), call.shape(), call.result().shape));
}

// Flatten has a name that tells more, where everything behind the batch becomes one dimension.
void export_flatten(OnnxExportCall& call) {
  const std::int64_t rank = call.rank();
  const bool behind_batch =
      rank > 2 && call.dim("start_dim", call.rank()) == 1 && call.dim("end_dim", call.rank()) == rank - 1;
  if (!behind_batch) return export_reshape(call);
  call.give(call.add("Flatten", {call.input()}, {onnx_integer("axis", 1)}));
}

Dims in_order(int rank) {
  Dims dims(static_cast<std::size_t>(rank));
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

void give_permuted(OnnxExportCall& call, Dims dims) {
  const bool stays = std::ranges::is_sorted(dims);
  call.give(stays ? call.input() : call.transpose(call.input(), std::move(dims)));
}

void export_permute(OnnxExportCall& call) { give_permuted(call, call.dims("dims", call.rank())); }

void swap_dims(OnnxExportCall& call, std::int64_t first, std::int64_t second) {
  Dims dims = in_order(call.rank());
  if (!dims.empty()) std::swap(dims[static_cast<std::size_t>(first)], dims[static_cast<std::size_t>(second)]);
  give_permuted(call, dims);
}

void export_transpose(OnnxExportCall& call) {
  swap_dims(call, call.dim("dim0", call.rank()), call.dim("dim1", call.rank()));
}

void export_swapaxes(OnnxExportCall& call) {
  swap_dims(call, call.dim("axis0", call.rank()), call.dim("axis1", call.rank()));
}

void export_t(OnnxExportCall& call) {
  if (call.rank() < 2) return call.give(call.input());
  swap_dims(call, call.rank() - 2, call.rank() - 1);
}

void export_movedim(OnnxExportCall& call) {
  const Dims from = call.dims("source", call.rank()), to = call.dims("destination", call.rank());
  Dims dims(static_cast<std::size_t>(call.rank()), -1), rest = in_order(call.rank());
  for (std::size_t i = 0; i < from.size(); ++i) {
    dims[static_cast<std::size_t>(to[i])] = from[i];
    std::erase(rest, from[i]);
  }
  auto next = rest.begin();
  for (std::int64_t& dim : dims)
    if (dim < 0) dim = *next++;
  give_permuted(call, dims);
}

void export_squeeze(OnnxExportCall& call) {
  Dims dims = call.dims("dim", call.rank());
  std::erase_if(dims,
                [&](std::int64_t dim) { return !(call.shape()[static_cast<std::size_t>(dim)] == Dim(1)); });
  call.give(call.rank() == 0 ? call.input() : call.squeeze(call.input(), dims));
}

void export_unsqueeze(OnnxExportCall& call) {
  call.give(call.unsqueeze(call.input(), {call.dim("dim", call.rank() + 1)}));
}

void export_cast(OnnxExportCall& call) { call.give(call.input(0, call.result().dtype)); }

OnnxNames all_inputs(OnnxExportCall& call) {
  OnnxNames all;
  for (int i = 0; i < call.input_count(); ++i) all.push_back(call.input(i, call.result().dtype));
  return all;
}

void concatenate(OnnxExportCall& call, const OnnxNames& parts, std::int64_t axis) {
  call.give(call.add("Concat", parts, {onnx_integer("axis", axis)}));
}

// An empty row may stand among tensors of any rank; it adds nothing.
void export_cat(OnnxExportCall& call) {
  OnnxNames parts;
  for (int i = 0; i < call.input_count(); ++i) {
    const bool nothing = call.shape(i) == Shape{0} && call.result_rank() != 1;
    if (!nothing) parts.push_back(call.input(i, call.result().dtype));
  }
  concatenate(call, parts, call.dim("dim", call.result_rank()));
}

void export_stack(OnnxExportCall& call) {
  const std::int64_t dim = call.dim("dim", call.result_rank());
  OnnxNames parts = all_inputs(call);
  for (std::string& part : parts) part = call.unsqueeze(part, {dim});
  concatenate(call, parts, dim);
}

void export_hstack(OnnxExportCall& call) {
  OnnxNames parts = all_inputs(call);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (call.rank(static_cast<int>(i)) == 0) parts[i] = call.unsqueeze(parts[i], {0});
  concatenate(call, parts, call.result_rank() == 1 ? 0 : 1);
}

void export_vstack(OnnxExportCall& call) {
  OnnxNames parts = all_inputs(call);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int rank = call.rank(static_cast<int>(i));
    if (rank < 2) parts[i] = call.unsqueeze(parts[i], rank == 0 ? Dims{0, 1} : Dims{0});
  }
  concatenate(call, parts, 0);
}

OnnxNames split_as_results(OnnxExportCall& call, std::int64_t dim) {
  const auto& results = call.node().outputs();
  OnnxNames sizes;
  Shape lengths;
  for (const TensorType& type : results) lengths.push_back(type.shape[static_cast<std::size_t>(dim)]);
  return call.add_all("Split", {call.input(), call.sizes(lengths)}, {onnx_integer("axis", dim)},
                      static_cast<int>(results.size()));
}

void export_split(OnnxExportCall& call) {
  if (call.node().outputs().size() == 1) return call.give(call.input());
  const OnnxNames parts = split_as_results(call, call.dim("dim", call.rank()));
  for (std::size_t i = 0; i < parts.size(); ++i) call.give(static_cast<int>(i), parts[i]);
}

void export_unbind(OnnxExportCall& call) {
  const std::int64_t dim = call.dim("dim", call.rank());
  for (std::size_t i = 0; i < call.node().outputs().size(); ++i) {
    const std::string place = call.integer(static_cast<std::int64_t>(i));
    call.give(static_cast<int>(i), call.add("Gather", {call.input(), place}, {onnx_integer("axis", dim)}));
  }
}

// 1 stands for a size that the input has already.
void export_expand(OnnxExportCall& call) {
  const Shape &from = call.shape(), &to = call.result().shape;
  if (from == to) return call.give(call.input());
  const std::size_t more = to.size() - from.size();
  Shape sizes = to;
  for (std::size_t i = more; i < to.size(); ++i)
    if (!to[i].known() && from[i - more] == to[i]) sizes[i] = 1;
  call.give(call.add("Expand", {call.input(), call.sizes(sizes)}));
}

void repeat_by(OnnxExportCall& call, const Shape& given) {
  Shape times = given;
  const auto rank = static_cast<std::size_t>(call.rank());
  if (times.size() < rank) times.insert(times.begin(), rank - times.size(), Dim(1));
  std::string x = call.input();
  if (times.size() > rank) x = call.unsqueeze(x, in_order(static_cast<int>(times.size() - rank)));
  call.give(call.add("Tile", {x, call.sizes(times)}));
}

void export_repeat(OnnxExportCall& call) { repeat_by(call, call.options().shape("repeats")); }
void export_tile(OnnxExportCall& call) { repeat_by(call, call.options().shape("dims")); }

// Each element so many times, one behind the other.
void export_repeat_interleave(OnnxExportCall& call) {
  if (call.has(1)) OnnxExportCall::refuse("how often it repeats is told by the data");
  const auto times = static_cast<std::int64_t>(call.options().real("repeats"));
  std::string x = call.input();
  Shape shape = call.shape();
  std::int64_t dim = 0;
  if (call.options().has("dim")) {
    dim = call.dim("dim", call.rank());
  } else {
    x = call.add("Reshape", {x, call.integers({-1})});
    shape = {numel(shape)};
  }
  Shape spread = shape;
  spread.insert(spread.begin() + dim + 1, Dim(times));
  Dims sizes(spread.size(), 1);
  sizes[static_cast<std::size_t>(dim) + 1] = times;
  const std::string wide = call.add("Expand", {call.unsqueeze(x, {dim + 1}), call.integers(sizes)});
  call.give(call.reshape(wide, spread, call.result().shape));
}

constexpr std::int64_t kBeforeAll = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kBehindAll = std::numeric_limits<std::int64_t>::max();

void flip_dims(OnnxExportCall& call, const Dims& dims) {
  const Dims last(dims.size(), -1), end(dims.size(), kBeforeAll), step(dims.size(), -1);
  call.give(call.add("Slice", {call.input(), call.integers(last), call.integers(end), call.integers(dims),
                               call.integers(step)}));
}

void export_flip(OnnxExportCall& call) {
  if (call.options().integers("dims").empty()) return call.give(call.input());
  flip_dims(call, call.dims("dims", call.rank()));
}
void export_fliplr(OnnxExportCall& call) { flip_dims(call, {1}); }
void export_flipud(OnnxExportCall& call) { flip_dims(call, {0}); }

// What leaves at the end enters at the beginning.
std::string rolled(OnnxExportCall& call, const std::string& x, std::int64_t dim, std::int64_t shift) {
  if (shift == 0) return x;
  const std::string end = call.slice(x, dim, -shift, kBehindAll), start = call.slice(x, dim, 0, -shift);
  return call.add("Concat", {end, start}, {onnx_integer("axis", dim)});
}

void export_roll(OnnxExportCall& call) {
  const Dims& shifts = call.options().integers("shifts");
  if (!call.options().has("dims") || call.options().integers("dims").empty()) {
    const Dim count = numel(call.shape());
    const std::int64_t shift = count.known() && count.value() > 0 ? shifts[0] % count.value() : shifts[0];
    const std::string row = call.add("Reshape", {call.input(), call.integers({-1})});
    return call.give(call.reshape(rolled(call, row, 0, shift), {count}, call.shape()));
  }
  const Dims dims = call.dims("dims", call.rank());
  std::string x = call.input();
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const Dim& size = call.shape()[static_cast<std::size_t>(dims[i])];
    x = rolled(call, x, dims[i], size.known() && size.value() > 0 ? shifts[i] % size.value() : shifts[i]);
  }
  call.give(x);
}

void keep_triangle(OnnxExportCall& call, bool upper) {
  call.require_opset(14, "Trilu");
  call.give(call.add("Trilu", {call.input(), call.integer(call.options().integer("diagonal"))},
                     {onnx_integer("upper", upper ? 1 : 0)}));
}

void export_tril(OnnxExportCall& call) { keep_triangle(call, false); }
void export_triu(OnnxExportCall& call) { keep_triangle(call, true); }

void export_select(OnnxExportCall& call) {
  const std::string place = call.integer(call.options().integer("index"));
  call.give(call.add("Gather", {call.input(), place}, {onnx_integer("axis", call.dim("dim", call.rank()))}));
}

void export_narrow(OnnxExportCall& call) {
  const std::int64_t dim = call.dim("dim", call.rank());
  const Dim& length = call.result().shape[static_cast<std::size_t>(dim)];
  const std::int64_t start = call.options().integer("start");
  if (!length.known()) OnnxExportCall::refuse("its length is told by the data alone");
  const std::int64_t end = start + length.value();
  call.give(call.slice(call.input(), dim, start, start < 0 && end == 0 ? kBehindAll : end));
}

void export_slice(OnnxExportCall& call) {
  const Attributes& options = call.options();
  const std::int64_t start = options.has("start") ? options.integer("start") : 0;
  const std::int64_t end = options.has("end") ? options.integer("end") : kBehindAll;
  call.give(call.slice(call.input(), call.dim("dim", call.rank()), start, end, options.integer("step")));
}

}  // namespace

void add_exported_shapes(OnnxExportTable& table) {
  table.add({"reshape", "view", "unflatten", "Unflatten", "ravel", "view_as", "reshape_as", "atleast_1d",
             "atleast_2d", "atleast_3d"},
            export_reshape);
  table.add({"flatten", "Flatten"}, export_flatten);
  table.add({"permute"}, export_permute);
  table.add({"transpose", "swapdims"}, export_transpose);
  table.add({"swapaxes"}, export_swapaxes);
  table.add({"t", "adjoint"}, export_t);
  table.add({"movedim", "moveaxis"}, export_movedim);
  table.add({"squeeze"}, export_squeeze);
  table.add({"unsqueeze"}, export_unsqueeze);
  table.add({"to", "type_as", "float", "double", "half", "bfloat16", "long", "int", "bool"}, export_cast);
  table.add({"cat"}, export_cat);
  table.add({"stack"}, export_stack);
  table.add({"hstack"}, export_hstack);
  table.add({"vstack"}, export_vstack);
  table.add({"split", "chunk", "tensor_split"}, export_split);
  table.add({"unbind"}, export_unbind);
  table.add({"expand", "broadcast_to", "expand_as"}, export_expand);
  table.add({"repeat"}, export_repeat);
  table.add({"tile"}, export_tile);
  table.add({"repeat_interleave"}, export_repeat_interleave);
  table.add({"flip"}, export_flip);
  table.add({"fliplr"}, export_fliplr);
  table.add({"flipud"}, export_flipud);
  table.add({"roll"}, export_roll);
  table.add({"tril"}, export_tril);
  table.add({"triu"}, export_triu);
  table.add({"select"}, export_select);
  table.add({"narrow"}, export_narrow);
  table.add({"slice"}, export_slice);
}

}  // namespace orrery
