#include "tests/engine/kernels/random_cases.h"

#include <algorithm>
#include <map>

namespace orrery {
namespace {

using Entries = std::vector<Attributes::Entry>;

DType random_dtype(Dice& dice) {
  if (!dice.one_in(3)) return DType::float32;
  return dice.pick<DType>({DType::uint8, DType::int32, DType::int64, DType::float64, DType::bfloat16,
                           DType::boolean, DType::float16, DType::int8, DType::int16});
}

std::int64_t bounded(const Attribute& attribute, Dice& dice, std::int64_t low, std::int64_t high) {
  if (attribute.min) low = std::max<std::int64_t>(low, static_cast<std::int64_t>(*attribute.min));
  return dice.between(low, std::max(low, high));
}

AttributeValue random_value(const Attribute& attribute, Dice& dice) {
  if (!attribute.choices.empty() && attribute.type == AttributeType::text)
    return dice.pick(attribute.choices);
  if (!attribute.choices.empty()) return *dtype_from_name(dice.pick(attribute.choices));
  switch (attribute.type) {
    case AttributeType::boolean: return dice.one_in(2);
    case AttributeType::integer: return bounded(attribute, dice, -3, 4);
    case AttributeType::number:
      return dice.one_in(2) ? AttributeValue(dice.between(-2, 3)) : AttributeValue(0.5);
    case AttributeType::real: return 0.25;
    case AttributeType::dtype: return random_dtype(dice);
    case AttributeType::sizes: {
      std::vector<std::int64_t> sizes;
      for (int i = 0; i < attribute.count; ++i) sizes.push_back(bounded(attribute, dice, 0, 3));
      return sizes;
    }
    case AttributeType::integers: {
      std::vector<std::int64_t> list;
      for (std::int64_t i = dice.between(0, 3); i > 0; --i) list.push_back(dice.between(-3, 3));
      return list;
    }
    case AttributeType::shape: {
      Shape shape;
      for (std::int64_t i = dice.between(0, 3); i > 0; --i)
        shape.push_back(dice.pick<std::int64_t>({-1, 1, 2, 3, 4, 6}));
      return shape;
    }
    default: return attribute.value;
  }
}

Entries random_options(const Descriptor& descriptor, Dice& dice) {
  Entries entries;
  for (const Attribute& attribute : descriptor.attributes) {
    if (!attribute.required && dice.one_in(2)) continue;
    if (attribute.name == "dtype" && descriptor.kind == OperationKind::layer && !dice.one_in(4)) continue;
    const bool word = !attribute.or_text.empty() && dice.one_in(3);
    entries.push_back({attribute.name,
                       word ? AttributeValue(dice.pick(attribute.or_text)) : random_value(attribute, dice)});
  }
  return entries;
}

Shape random_shape(Dice& dice, std::int64_t low, std::int64_t high) {
  Shape shape;
  for (std::int64_t rank = dice.between(low, high); rank > 0; --rank) shape.push_back(dice.between(1, 6));
  return shape;
}

std::int64_t option(const RandomCase& one, const std::string& name) { return one.attributes.integer(name); }

// Brings the first input towards what the layer wants, mostly.
void fit_input(const Descriptor& descriptor, RandomCase& one, Dice& dice) {
  Shape& shape = one.inputs[0]->shape;
  const std::string& name = descriptor.name;
  if (dice.one_in(6)) return;
  if (name == "Linear" && !shape.empty()) shape.back() = option(one, "in_features");
  if (name == "Conv2d" || name == "BatchNorm2d" || name.ends_with("Pool2d")) {
    shape = random_shape(dice, name == "BatchNorm2d" ? 4 : 3, 4);
    if (name == "Conv2d") shape[shape.size() - 3] = option(one, "in_channels");
    if (name == "BatchNorm2d") shape[1] = option(one, "num_features");
  }
  const bool typed = descriptor.kind == OperationKind::layer && !descriptor.attributes.empty() &&
                     descriptor.attributes.back().name == "dtype";
  if (typed) one.inputs[0]->dtype = one.attributes.dtype("dtype");
}

// The further inputs are often what the first suggests.
Shape related_shape(const Descriptor& descriptor, const Shape& first, Dice& dice) {
  if (dice.one_in(6)) return random_shape(dice, 0, 3);
  Shape shape = first;
  if (descriptor.name == "matmul") {
    if (first.empty()) return first;
    if (dice.one_in(4)) return {first.back()};
    return {first.back(), dice.between(1, 4)};
  }
  const bool classes = descriptor.name == "CrossEntropyLoss" || descriptor.name == "NLLLoss";
  if (classes && !first.empty() && !dice.one_in(3)) shape.erase(shape.begin() + (first.size() == 1 ? 0 : 1));
  if (descriptor.category == Category::arithmetic && !shape.empty() && dice.one_in(2))
    shape.erase(shape.begin());
  if (descriptor.category == Category::arithmetic && !shape.empty() && dice.one_in(3)) shape.back() = 1;
  if (descriptor.name == "cat" && !shape.empty() && dice.one_in(2)) shape[0] = dice.between(1, 4);
  return shape;
}

DType related_dtype(const Descriptor& descriptor, DType first, Dice& dice) {
  const bool classes = descriptor.name == "CrossEntropyLoss" || descriptor.name == "NLLLoss";
  if (classes && !dice.one_in(4)) return DType::int64;
  return dice.one_in(3) ? random_dtype(dice) : first;
}

bool has_number(const RandomCase& one, const Port& port) { return one.attributes.has(port.name); }

}  // namespace

std::optional<RandomCase> random_case(const Descriptor& descriptor, Dice& dice) {
  RandomCase one;
  try {
    one.attributes = checked_attributes(descriptor.attributes, random_options(descriptor, dice));
    if (descriptor.parameters) descriptor.parameters(one.attributes);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  one.inputs.push_back(TensorType{random_shape(dice, 0, 4), random_dtype(dice)});
  fit_input(descriptor, one, dice);
  const TensorType first = *one.inputs[0];
  for (size_t i = 1; i < descriptor.inputs.size(); ++i) {
    const bool absent =
        descriptor.inputs[i].kind == Port::Kind::number && has_number(one, descriptor.inputs[i]);
    if (absent) {
      one.inputs.emplace_back();
    } else {
      one.inputs.push_back(TensorType{related_shape(descriptor, first.shape, dice),
                                      related_dtype(descriptor, first.dtype, dice)});
    }
  }
  if (descriptor.inputs.back().kind == Port::Kind::variadic) {
    for (std::int64_t i = dice.between(0, 2); i > 0; --i)
      one.inputs.push_back(TensorType{related_shape(descriptor, first.shape, dice),
                                      related_dtype(descriptor, first.dtype, dice)});
  }
  return one;
}

}  // namespace orrery
