// Operators that keep a part of the elements.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// What a slice takes of one axis.
struct Range {
  std::int64_t axis;
  Dim start, end;
  std::int64_t step;
};

// Files write numbers beyond every size for "to the end" (JAX 10^9); a size that is known tells, too.
constexpr std::int64_t kFar = 1'000'000'000;

Dim near(const Dim& place) { return place.known() ? Dim(std::clamp(place.value(), -kFar, kFar)) : place; }

std::vector<Range> ranges_of(const OnnxCall& call) {
  const bool attributes = call.opset() < 10;
  const Shape starts = attributes ? shape_of(call.integers("starts")) : call.dims(1);
  const Shape ends = attributes ? shape_of(call.integers("ends")) : call.dims(2);
  Sizes axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  axes = call.integers("axes", 3).value_or(axes);
  const Sizes steps = !attributes && call.has(4) ? call.integers(4) : Sizes(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    call.refuse(fmt::format("it has {} starts, {} ends, {} axes and {} steps", starts.size(), ends.size(),
                            axes.size(), steps.size()));
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (steps[i] == 0) call.refuse("a step is 0");
    ranges.push_back({call.axis(axes[i], call.rank(0)), near(starts[i]), near(ends[i]), steps[i]});
  }
  return ranges;
}

bool behind(const Dim& place, const Dim& size) {
  if (place.known() && place.value() >= kFar) return true;
  return at_least(place, size) == Known::yes;
}

Value stepped(const OnnxCall& call, Value x, std::int64_t axis, std::int64_t start, std::int64_t end,
              std::int64_t step, bool open) {
  OnnxOptions options = {{"dim", axis}};
  if (start != 0) options.emplace_back("start", start);
  if (!open) options.emplace_back("end", end);
  if (step != 1) options.emplace_back("step", step);
  if (options.size() == 1) return x;
  return call.apply("slice", {x}, std::move(options));
}

// A part whose ends only the data tell is cut out.
Value cut(const OnnxCall& call, Value x, const Range& range) {
  const Dim size = x.shape()[static_cast<std::size_t>(range.axis)];
  const auto place = [&](const Dim& at) {
    if (at.known() && at.value() < 0) return max(size + at, 0);
    return at_least(at, 0) == Known::yes ? min(at, size) : max(min(at, size), 0);
  };
  if (range.step < 0)
    call.refuse(fmt::format("it goes backwards from {}, which only the data tell", range.start.str()));
  const Dim start = place(range.start), end = behind(range.end, size) ? size : place(range.end);
  const Value part = call.apply_all(
      "split", {x},
      {{"split_size_or_sections", Shape{start, end - start, size - end}}, {"dim", range.axis}})[1];
  return stepped(call, part, range.axis, 0, 0, range.step, true);
}

// Backwards: the axis is turned round, and its places with it.
Value backwards(const OnnxCall& call, Value x, const Range& range) {
  const Dim size = x.shape()[static_cast<std::size_t>(range.axis)];
  const std::int64_t start = range.start.value(), end = range.end.value();
  const bool from_end = start >= kFar || behind(range.start + 1, size) || start == -1;
  const bool to_begin = end <= -kFar || (size.known() && end < -size.value());
  const bool told = size.known() || ((from_end || start < 0) && (to_begin || end < 0));
  if (!told)
    call.refuse(fmt::format("it goes backwards from {} to {} of {}, which only the data tell", start, end,
                            size.str()),
                "Give the sizes of the inputs: shapes = { x = { 1, 3, 224, 224 } }.");
  // Seen from the end, element i is element size - 1 - i.
  const auto turned = [&](std::int64_t place) { return place < 0 ? -1 - place : size.value() - 1 - place; };
  const Value mirrored = OnnxComposer(call).flip(x, {range.axis});
  const std::int64_t first = from_end ? 0 : std::max<std::int64_t>(turned(start), 0);
  const std::int64_t last = to_begin ? 0 : std::max<std::int64_t>(turned(end), 0);
  return stepped(call, mirrored, range.axis, first, last, -range.step, to_begin);
}

Value part_of(const OnnxCall& call, Value x, const Range& range) {
  const Dim size = x.shape()[static_cast<std::size_t>(range.axis)];
  const bool to_end = behind(range.end, size);
  if (!range.start.known() || (!range.end.known() && !to_end)) return cut(call, x, range);
  if (range.step < 0) return backwards(call, x, range);
  std::int64_t start = range.start.value();
  if (start <= -kFar || (size.known() && start <= -size.value())) start = 0;
  return stepped(call, x, range.axis, start, to_end ? 0 : range.end.value(), range.step, to_end);
}

void import_slice(OnnxCall& call) {
  Value x = call.value(0);
  for (const Range& range : ranges_of(call)) x = part_of(call, x, range);
  call.give(x);
}

// A condition may be shorter than the axis: nothing is kept behind it.
void import_compress(OnnxCall& call) {
  const OnnxComposer make(call);
  Value x = call.value(0);
  if (!call.given("axis")) x = make.reshape(x, {numel(x.shape())});
  const auto rank = static_cast<int>(x.shape().size());
  const std::int64_t axis = call.axis(call.integer("axis", 0), rank);
  const OnnxOptions along = {{"dim", axis}};
  if (const OnnxLiteral* known = call.literal(1)) {
    const Sizes condition = known->integers();
    Sizes kept;
    for (std::size_t i = 0; i < condition.size(); ++i)
      if (condition[i] != 0) kept.push_back(static_cast<std::int64_t>(i));
    return call.give(call.apply("index_select", {x, make.integers(kept)}, along));
  }
  const Value places = call.apply("nonzero", {call.value(1)}, {{"as_tuple", true}});
  call.give(call.apply("index_select", {x, places}, along));
}

// Where each distinct element stands first, told from where each element went.
Value first_places(const OnnxCall& call, Value inverse, Value counts, const Dim& count) {
  const OnnxComposer make(call);
  const Value places = make.arange(count);
  const Value last = call.apply("full_like", {counts}, {{"fill_value", std::int64_t{INT64_MAX}}});
  return call.apply("scatter_reduce", {last, inverse, places},
                    {{"dim", std::int64_t{0}}, {"reduce", std::string("amin")}});
}

void import_unique(OnnxCall& call) {
  const OnnxComposer make(call);
  const Value x = call.value(0);
  const bool whole = !call.given("axis"), sorted = call.integer("sorted", 1) != 0;
  const std::int64_t axis = whole ? 0 : call.axis(call.integer("axis"), call.rank(0));
  OnnxOptions options = {{"return_inverse", true}, {"return_counts", true}};
  if (!whole) options.emplace_back("dim", axis);
  const std::vector<Value> found = call.apply_all("unique", {x}, std::move(options));
  const Dim count = whole ? numel(x.shape()) : x.shape()[static_cast<std::size_t>(axis)];
  const Value inverse = !sorted || call.wants(1) || call.wants(2) ? make.reshape(found[1], {count}) : Value{};
  const Value first = !sorted || call.wants(1) ? first_places(call, inverse, found[2], count) : Value{};
  if (sorted) {
    const Value outputs[] = {found[0], first, inverse, found[2]};
    for (int i = 0; i < 4; ++i)
      if (call.wants(i)) call.give(i, outputs[i]);
    return;
  }
  // In the order in which they first appear.
  const Value order = call.apply("argsort", {first});
  const auto taken = [&](Value from, Value places, std::int64_t dim) {
    return call.apply("index_select", {from, places}, {{"dim", dim}});
  };
  if (call.wants(0)) call.give(0, taken(found[0], order, axis));
  if (call.wants(1)) call.give(1, taken(first, order, 0));
  if (call.wants(2)) call.give(2, taken(call.apply("argsort", {order}), inverse, 0));
  if (call.wants(3)) call.give(3, taken(found[2], order, 0));
}

}  // namespace

void add_onnx_slices(OnnxOperators& table) {
  table.add("Slice", import_slice);
  table.add("Compress", import_compress);
  table.add("Unique", import_unique);
}

}  // namespace orrery
