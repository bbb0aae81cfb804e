// What only moves elements of tensors that are known at import.
#include <algorithm>
#include <numeric>

#include "runtime/core/error.h"
#include "runtime/onnx/cells.h"
#include "runtime/onnx/fold.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

void give_taken(OnnxCall& call, const OnnxCells& from, Sizes shape, const Sizes& places, int output = 0) {
  call.give(output, taken(from, std::move(shape), places).literal());
}

bool fold_concat(OnnxCall& call) {
  std::vector<OnnxCells> parts;
  for (int i = 0; i < call.input_count(); ++i) parts.emplace_back(call.known_literal(i));
  const auto rank = static_cast<int>(parts[0].shape.size());
  const auto axis = static_cast<std::size_t>(call.axis(call.integer("axis", 1), rank));
  OnnxCells all(parts[0].dtype, parts[0].shape);
  all.shape[axis] = 0;
  for (const OnnxCells& part : parts) {
    if (part.shape.size() != all.shape.size() || part.dtype != all.dtype) return false;
    all.shape[axis] += part.shape[axis];
  }
  std::int64_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= all.shape[i];
  if (outer == 0) return false;
  for (std::int64_t row = 0; row < outer; ++row)
    for (const OnnxCells& part : parts)
      for (std::int64_t i = 0; i < part.count() / outer; ++i)
        all.take(part, row * (part.count() / outer) + i);
  if (all.count() != static_cast<std::int64_t>(all.dims.size() + all.reals.size())) return false;
  call.give(all.literal());
  return true;
}

bool fold_gather(OnnxCall& call) {
  const OnnxCells from(call.known_literal(0)), indices(call.known_literal(1));
  const auto axis =
      static_cast<std::size_t>(call.axis(call.integer("axis", 0), static_cast<int>(from.shape.size())));
  if (from.shape.empty()) return false;
  Sizes shape(from.shape.begin(), from.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), from.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, from.shape.end());
  const std::size_t rank = indices.shape.size();
  Sizes places;
  bool fits = true;
  for_each_index(shape, [&](const Sizes& index) {
    Sizes own(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(axis));
    const Sizes inner(index.begin() + static_cast<std::ptrdiff_t>(axis),
                      index.begin() + static_cast<std::ptrdiff_t>(axis + rank));
    const Dim& at = indices.dims[static_cast<std::size_t>(place_of(inner, indices.shape))];
    const std::int64_t size = from.shape[axis];
    fits = fits && at.known() && at.value() >= -size && at.value() < size;
    if (!fits) return;
    own.push_back(at.value() < 0 ? at.value() + size : at.value());
    own.insert(own.end(), index.begin() + static_cast<std::ptrdiff_t>(axis + rank), index.end());
    places.push_back(place_of(own, from.shape));
  });
  if (!fits) return false;
  give_taken(call, from, shape, places);
  return true;
}

// One run along an axis: from start in steps, before end, as NumPy clamps them.
struct Run {
  std::int64_t start, count, step;
};

Run run_of(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) {
  const auto clamped = [&](std::int64_t at) {
    if (at < 0) at += size;
    return std::clamp<std::int64_t>(at, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
  };
  start = clamped(std::max<std::int64_t>(start, -size - 1));
  end = clamped(std::max<std::int64_t>(end, -2 * size - 2));
  if (step < 0 && start < 0) return {0, 0, step};
  const std::int64_t span = step > 0 ? end - start : start - end;
  const std::int64_t by = std::abs(step);
  return {start, span > 0 ? (span + by - 1) / by : 0, step};
}

bool fold_slice(OnnxCall& call) {
  const OnnxCells from(call.known_literal(0));
  const auto rank = static_cast<int>(from.shape.size());
  const auto starts = call.integers("starts", 1), ends = call.integers("ends", 2);
  auto axes = call.integers("axes", 3);
  if (!starts || !ends || starts->size() != ends->size()) return false;
  if (!axes) axes.emplace(starts->size()), std::iota(axes->begin(), axes->end(), 0);
  const Sizes steps = call.has(4) ? call.integers(4) : Sizes(starts->size(), 1);
  if (axes->size() != starts->size() || steps.size() != starts->size()) return false;
  std::vector<Run> runs;
  for (const std::int64_t size : from.shape) runs.push_back({0, size, 1});
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const auto axis = static_cast<std::size_t>(call.axis((*axes)[i], rank));
    if (steps[i] == 0) return false;
    runs[axis] = run_of((*starts)[i], (*ends)[i], steps[i], from.shape[axis]);
  }
  Sizes shape, places;
  for (const Run& run : runs) shape.push_back(run.count);
  for_each_index(shape, [&](const Sizes& index) {
    Sizes own(index.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = runs[i].start + index[i] * runs[i].step;
    places.push_back(place_of(own, from.shape));
  });
  give_taken(call, from, shape, places);
  return true;
}

bool fold_transpose(OnnxCall& call) {
  const OnnxCells from(call.known_literal(0));
  Sizes order(from.shape.size());
  std::iota(order.rbegin(), order.rend(), 0);
  order = call.integers("perm", order);
  Sizes sorted = order;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted.size() != from.shape.size() || sorted[i] != static_cast<std::int64_t>(i)) return false;
  Sizes shape, places;
  for (const std::int64_t dim : order) shape.push_back(from.shape[static_cast<std::size_t>(dim)]);
  for_each_index(shape, [&](const Sizes& index) {
    Sizes own(index.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[static_cast<std::size_t>(order[i])] = index[i];
    places.push_back(place_of(own, from.shape));
  });
  give_taken(call, from, shape, places);
  return true;
}

bool fold_expand(OnnxCall& call) {
  const OnnxCells from(call.known_literal(0));
  const std::vector<Dim> wanted = call.dims(1);
  if (std::ranges::any_of(wanted, [](const Dim& dim) { return !dim.known(); })) return false;
  const auto shape = broadcast_sizes(from.shape, call.integers(1));
  if (!shape) return false;
  if (OnnxCells(from.dtype, *shape).count() > OnnxLiteral::kMostElements) return false;
  call.give(spread(from, *shape).literal());
  return true;
}

bool fold_tile(OnnxCall& call) {
  const OnnxCells from(call.known_literal(0));
  if (call.opset() < 6 || call.known_literal(1).symbolic()) return false;
  const Sizes repeats = call.integers(1);
  if (repeats.size() != from.shape.size()) return false;
  Sizes shape, places;
  for (std::size_t i = 0; i < repeats.size(); ++i) shape.push_back(from.shape[i] * repeats[i]);
  if (OnnxCells(from.dtype, shape).count() > OnnxLiteral::kMostElements) return false;
  for_each_index(shape, [&](const Sizes& index) {
    Sizes own(index.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = index[i] % from.shape[i];
    places.push_back(place_of(own, from.shape));
  });
  give_taken(call, from, shape, places);
  return true;
}

// The first dimension, by sizes or into as many parts as there are outputs.
bool fold_split(OnnxCall& call) {
  const OnnxCells from(call.known_literal(0));
  if (from.shape.size() != 1 || call.axis(call.integer("axis", 0), 1) != 0) return false;
  const auto parts = static_cast<std::int64_t>(call.node().outputs.size());
  auto sizes = call.integers("split", 1);
  if (!sizes) {
    const std::int64_t size = (from.shape[0] + parts - 1) / parts;
    sizes.emplace();
    for (std::int64_t at = 0; at < from.shape[0]; at += size)
      sizes->push_back(std::min(size, from.shape[0] - at));
  }
  if (static_cast<std::int64_t>(sizes->size()) != parts) return false;
  if (std::accumulate(sizes->begin(), sizes->end(), std::int64_t{0}) != from.shape[0]) return false;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < sizes->size(); ++i) {
    Sizes places(static_cast<std::size_t>((*sizes)[i]));
    std::iota(places.begin(), places.end(), at);
    at += (*sizes)[i];
    give_taken(call, from, {(*sizes)[i]}, places, static_cast<int>(i));
  }
  return true;
}

// The shape that Unsqueeze, Squeeze, Flatten or Reshape gives; nothing where it is not known.
std::optional<Sizes> unsqueezed(OnnxCall& call, const Sizes& shape) {
  const auto axes = call.integers("axes", 1);
  if (!axes) return std::nullopt;
  const auto rank = static_cast<int>(shape.size() + axes->size());
  Sizes result(static_cast<std::size_t>(rank), 0);
  for (const std::int64_t axis : *axes) result[static_cast<std::size_t>(call.axis(axis, rank))] = 1;
  auto next = shape.begin();
  for (std::int64_t& size : result) {
    if (size == 1) continue;
    if (next == shape.end()) return std::nullopt;
    size = *next++;
  }
  return next == shape.end() ? std::optional(result) : std::nullopt;
}

std::optional<Sizes> squeezed(OnnxCall& call, const Sizes& shape) {
  const auto axes = call.integers("axes", 1);
  std::vector<bool> gone(shape.size(), false);
  if (axes) {
    for (const std::int64_t axis : *axes)
      gone[static_cast<std::size_t>(call.axis(axis, static_cast<int>(shape.size())))] = true;
  }
  Sizes result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool drop = axes ? gone[i] : shape[i] == 1;
    if (drop && shape[i] != 1) return std::nullopt;
    if (!drop) result.push_back(shape[i]);
  }
  return result;
}

std::optional<Sizes> reshaped(OnnxCall& call, const Sizes& shape) {
  if (call.has(1) && (!call.literal(1) || call.literal(1)->symbolic())) return std::nullopt;
  auto wanted = call.integers("shape", 1);
  if (!wanted) return std::nullopt;
  const std::int64_t count =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  std::int64_t rest = 1, open = -1;
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    std::int64_t& size = (*wanted)[i];
    if (size == 0 && call.integer("allowzero", 0) == 0) {
      if (i >= shape.size()) return std::nullopt;
      size = shape[i];
    }
    if (size == -1)
      open = static_cast<std::int64_t>(i);
    else
      rest *= size;
  }
  if (open >= 0 && rest > 0) (*wanted)[static_cast<std::size_t>(open)] = count / rest;
  const std::int64_t given =
      std::accumulate(wanted->begin(), wanted->end(), std::int64_t{1}, std::multiplies<>());
  return given == count ? wanted : std::nullopt;
}

std::optional<Sizes> flattened(OnnxCall& call, const Sizes& shape) {
  const auto rank = static_cast<int>(shape.size());
  std::int64_t axis = call.integer("axis", 1);
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) return std::nullopt;
  const auto border = shape.begin() + axis;
  return Sizes{std::accumulate(shape.begin(), border, std::int64_t{1}, std::multiplies<>()),
               std::accumulate(border, shape.end(), std::int64_t{1}, std::multiplies<>())};
}

std::optional<Sizes> viewed(OnnxCall& call, const Sizes& shape) {
  const std::string& operation = call.node().operation;
  for (int i = 1; i < call.input_count(); ++i)
    if (call.has(i) && !call.literal(i)) return std::nullopt;
  return operation == "Unsqueeze" ? unsqueezed(call, shape)
         : operation == "Squeeze" ? squeezed(call, shape)
         : operation == "Reshape" ? reshaped(call, shape)
         : operation == "Flatten" ? flattened(call, shape)
                                  : std::nullopt;
}

bool fold_shape(OnnxCall& call) {
  const OnnxLiteral& literal = call.known_literal(0);
  const auto shape = viewed(call, literal.shape());
  if (shape) call.give(literal.reshaped(*shape));
  return shape.has_value();
}

bool turns_over(OnnxCall& call, const OnnxLiteral& literal) {
  return call.node().operation == "Transpose" && literal.shape().size() == 2 &&
         call.integers("perm", Sizes{1, 0}) == Sizes{1, 0};
}

}  // namespace

bool fold_view(OnnxCall& call) {
  const OnnxLiteral* literal = call.literal(0);
  if (!literal || literal->symbolic()) return false;
  if (turns_over(call, *literal)) return call.give(literal->transposed()), true;
  const auto shape = viewed(call, literal->shape());
  if (shape) call.give(literal->reshaped(*shape));
  return shape.has_value();
}

void add_movement_folders(OnnxFolders& folders) {
  folders["Concat"] = fold_concat;
  folders["Gather"] = fold_gather;
  folders["Slice"] = fold_slice;
  folders["Transpose"] = fold_transpose;
  folders["Expand"] = fold_expand;
  folders["Tile"] = fold_tile;
  folders["Split"] = fold_split;
  for (const char* name : {"Unsqueeze", "Squeeze", "Reshape", "Flatten"}) folders[name] = fold_shape;
}

}  // namespace orrery
