// What a rule says about symbols must be what it says about every number they may stand for.
#include <optional>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/ops/infer.h"

namespace orrery {
namespace {

struct Case {
  std::string operation;
  std::vector<TensorType> inputs;
  Given given;
};

std::int64_t number(int low, int high) { return *rc::gen::inRange(low, high + 1); }

AttributeValue pair(int low, int high) { return list({number(low, high), number(low, high)}); }

Shape image() { return {number(1, 4), 3, number(1, 20), number(1, 20)}; }

Shape any_shape(int least) {
  Shape shape;
  for (std::int64_t rank = number(least, 4); rank > 0; --rank) shape.push_back(number(1, 6));
  return shape;
}

Case convolution() {
  return {"Conv2d",
          {floats(image())},
          {{"in_channels", integer(3)},
           {"out_channels", number(1, 5)},
           {"kernel_size", pair(1, 5)},
           {"stride", pair(1, 3)},
           {"padding", pair(0, 3)},
           {"dilation", pair(1, 2)}}};
}

Case max_pool() {
  return {"MaxPool2d",
          {floats(image())},
          {{"kernel_size", pair(2, 5)},
           {"stride", pair(1, 4)},
           {"padding", integer(1)},
           {"dilation", pair(1, 2)},
           {"ceil_mode", *rc::gen::arbitrary<bool>()}}};
}

Case avg_pool() {
  return {"AvgPool2d",
          {floats(image())},
          {{"kernel_size", pair(1, 5)}, {"stride", pair(1, 4)}, {"ceil_mode", *rc::gen::arbitrary<bool>()}}};
}

Case transposed_convolution() {
  return {"ConvTranspose2d",
          {floats(image())},
          {{"in_channels", integer(3)},
           {"out_channels", number(1, 5)},
           {"kernel_size", pair(1, 5)},
           {"stride", pair(2, 3)},
           {"padding", pair(0, 2)},
           {"output_padding", pair(0, 1)}}};
}

Case padding() {
  const char* kind = *rc::gen::element("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d");
  return {kind,
          {floats(image())},
          {{"padding", list({number(-1, 3), number(-1, 3), number(-1, 3), number(-1, 3)})}}};
}

Case resizing() {
  const double factor = *rc::gen::element(0.5, 1.25, 1.5, 2.0, 3.0);
  return {"Upsample", {floats(image())}, {{"scale_factor", factor}}};
}

Case pixels() {
  Shape shape = image();
  shape[1] = 4 * number(1, 3);
  return {"PixelShuffle", {floats(shape)}, {{"upscale_factor", number(1, 2)}}};
}

Case blocks() { return {"Unfold", {floats(image())}, {{"kernel_size", pair(1, 4)}, {"stride", pair(1, 3)}}}; }

Case linear() {
  return {"Linear", {floats(any_shape(1))}, {{"in_features", number(1, 6)}, {"out_features", integer(2)}}};
}

Case addition() {
  const Shape left = any_shape(0);
  Shape right = left;
  for (Dim& d : right)
    if (number(0, 3) == 0) d = 1;
  return {"add", {floats(left), floats(right)}, {}};
}

Case product() {
  const std::int64_t n = number(1, 5), k = number(1, 5), m = number(1, 5);
  return {"matmul", {floats({number(1, 4), n, k}), floats({k, m})}, {}};
}

Case reshaping() {
  const Shape shape = any_shape(1);
  return {"reshape",
          {floats(shape)},
          {{"shape", number(0, 1) == 0 ? Shape{-1, shape.back()} : Shape{number(1, 6), -1}}}};
}

Case flattening() {
  return {"flatten", {floats(any_shape(2))}, {{"start_dim", number(0, 1)}, {"end_dim", number(-1, 1)}}};
}

Case slicing() {
  return {"slice",
          {floats(any_shape(1))},
          {{"start", number(-7, 7)}, {"end", number(-7, 7)}, {"step", number(1, 3)}}};
}

Case narrowing() {
  return {"narrow",
          {floats(any_shape(1))},
          {{"dim", integer(0)}, {"start", number(-4, 4)}, {"length", number(0, 4)}}};
}

Case joining() {
  const Shape shape = any_shape(1);
  return {"cat", {floats(shape), floats(shape)}, {{"dim", integer(-1)}}};
}

Case loss() {
  const Shape scores = any_shape(2);
  Shape places = scores;
  places.erase(places.begin() + 1);
  return {"CrossEntropyLoss", {floats(scores), labels(places)}, {{"reduction", "none"}}};
}

Case any_case() {
  using Make = Case (*)();
  return (*rc::gen::element<Make>(convolution, transposed_convolution, max_pool, avg_pool, padding, resizing,
                                  pixels, blocks, linear, addition, product, reshaping, flattening, slicing,
                                  narrowing, joining, loss))();
}

using Symbols = std::map<std::string, std::int64_t>;

// Some dimensions that are no 1 become symbols; equal ones the same symbol.
TensorType with_symbols(const TensorType& type, const std::vector<bool>& chosen, Symbols& symbols) {
  TensorType result = type;
  for (Dim& d : result.shape) {
    const std::int64_t size = d.value();
    if (size < 2 || !chosen[size % chosen.size()]) continue;
    const std::string name = "s" + std::to_string(size);
    symbols[name] = size;
    d = Dim::symbol(name);
  }
  return result;
}

bool holds(const Guard& guard, const Symbols& symbols) {
  const std::int64_t left = guard.left.evaluate(symbols).value(),
                     right = guard.right.evaluate(symbols).value();
  return guard.relation == Guard::Relation::equal ? left == right : left >= right;
}

std::vector<std::int64_t> evaluated(const Shape& shape, const Symbols& symbols) {
  std::vector<std::int64_t> sizes;
  for (const Dim& d : shape) sizes.push_back(d.evaluate(symbols).value());
  return sizes;
}

// The shape that a rule gives; nothing when it refuses, or when a guard does.
std::optional<std::vector<std::int64_t>> outcome(const Case& c, const std::vector<TensorType>& inputs,
                                                 const Symbols& symbols) {
  try {
    const Inferred inferred = infer(c.operation, inputs, c.given);
    for (const Guard& guard : inferred.guards)
      if (!holds(guard, symbols)) return std::nullopt;
    return evaluated(inferred.shape(), symbols);
  } catch (const RuleBroken&) {
    return std::nullopt;
  }
}

RC_GTEST_PROP(SymbolsTest, SayWhatTheirNumbersSay, ()) {
  const Case c = any_case();
  const std::vector<bool> chosen = *rc::gen::container<std::vector<bool>>(5, rc::gen::arbitrary<bool>());
  Symbols symbols;
  std::vector<TensorType> symbolic;
  for (const TensorType& input : c.inputs) symbolic.push_back(with_symbols(input, chosen, symbols));
  RC_LOG() << c.operation << " " << str(c.inputs[0].shape) << " as " << str(symbolic[0].shape);
  for (const auto& entry : c.given) RC_LOG() << " " << entry.name << "=" << str(entry.value);
  RC_ASSERT(outcome(c, symbolic, symbols) == outcome(c, c.inputs, {}));
}

}  // namespace
}  // namespace orrery
