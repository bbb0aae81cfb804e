#include "tests/engine/kernels/random_cases.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"

namespace orrery {

DType random_dtype(Dice& dice) {
  if (!dice.one_in(3)) return DType::float32;
  return dice.pick<DType>({DType::uint8, DType::int32, DType::int64, DType::float64, DType::bfloat16,
                           DType::boolean, DType::float16, DType::int8, DType::int16});
}

Shape random_shape(Dice& dice, std::int64_t low_rank, std::int64_t high_rank) {
  Shape shape;
  for (std::int64_t rank = dice.between(low_rank, high_rank); rank > 0; --rank)
    shape.push_back(dice.between(1, 6));
  return shape;
}

AttributeValue* drawn(std::vector<Attributes::Entry>& entries, const std::string& name) {
  const auto found = std::ranges::find(entries, name, &Attributes::Entry::name);
  return found == entries.end() ? nullptr : &found->value;
}

const CaseMakers& case_makers() {
  static const CaseMakers kMakers = [] {
    CaseMakers makers;
    add_classic_cases(makers);
    add_linear_cases(makers);
    add_sparse_cases(makers);
    add_convolution_cases(makers);
    add_recurrent_cases(makers);
    add_attention_cases(makers);
    add_normalization_cases(makers);
    add_pooling_cases(makers);
    add_padding_cases(makers);
    add_vision_cases(makers);
    add_activation_cases(makers);
    add_dropout_cases(makers);
    add_distance_cases(makers);
    add_loss_cases(makers);
    add_arithmetic_cases(makers);
    add_elementwise_cases(makers);
    add_comparison_cases(makers);
    add_matrix_cases(makers);
    add_linalg_cases(makers);
    add_spectral_cases(makers);
    add_shape_cases(makers);
    add_indexing_cases(makers);
    add_reduction_cases(makers);
    add_sorting_cases(makers);
    add_creation_cases(makers);
    add_random_cases(makers);
    return makers;
  }();
  return kMakers;
}

namespace {

using Entries = std::vector<Attributes::Entry>;

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
    if (!attribute.required && !attribute.told_by_input && dice.one_in(2)) continue;
    if (attribute.name == "dtype" && descriptor.kind == OperationKind::layer && !dice.one_in(4)) continue;
    const bool word = !attribute.or_text.empty() && dice.one_in(3);
    entries.push_back({attribute.name,
                       word ? AttributeValue(dice.pick(attribute.or_text)) : random_value(attribute, dice)});
  }
  return entries;
}

bool has_number(const RandomCase& one, const Port& port) { return one.attributes.has(port.name); }

// A further input often is what the first suggests.
TensorType related(const TensorType& first, Dice& dice) {
  const Shape shape = dice.one_in(6) ? random_shape(dice, 0, 3) : first.shape;
  return {shape, dice.one_in(3) ? random_dtype(dice) : first.dtype};
}

void draw_inputs(const Descriptor& descriptor, RandomCase& one, Dice& dice) {
  if (descriptor.inputs.empty()) return;
  const TensorType first{random_shape(dice, 0, 4), random_dtype(dice)};
  for (const Port& port : descriptor.inputs) {
    const bool absent =
        (port.takes_number() && has_number(one, port)) || (port.may_be_empty() && dice.one_in(2));
    if (absent) {
      one.inputs.emplace_back();
    } else {
      one.inputs.push_back(one.inputs.empty() ? first : related(first, dice));
    }
  }
  if (descriptor.inputs.back().kind != Port::Kind::variadic) return;
  for (std::int64_t i = dice.between(0, 2); i > 0; --i) one.inputs.push_back(related(first, dice));
}

}  // namespace

std::optional<RandomCase> random_case(const Descriptor& descriptor, Dice& dice) {
  const auto found = case_makers().find(descriptor.name);
  const CaseMaker maker = found == case_makers().end() ? CaseMaker() : found->second;
  RandomCase one;
  Entries entries = random_options(descriptor, dice);
  if (maker.options) maker.options(entries, dice);
  try {
    one.attributes = checked_attributes(descriptor.attributes, entries);
    if (descriptor.parameters) descriptor.parameters(one.attributes);
  } catch (const std::exception&) {
    return std::nullopt;
  } catch (const RuleBroken&) {
    return std::nullopt;
  }
  draw_inputs(descriptor, one, dice);
  if (maker.inputs) maker.inputs(one, dice);
  return one;
}

std::optional<InferredCase> infer(const Descriptor& descriptor, const RandomCase& one) {
  std::vector<const TensorType*> types;
  for (const auto& input : one.inputs) types.push_back(input ? &*input : nullptr);
  ShapeContext context(types, one.attributes);
  try {
    std::vector<TensorType> outputs = descriptor.shape(context);
    return InferredCase{std::move(outputs), context.guards(), context.data_symbols()};
  } catch (const RuleBroken&) {
    return std::nullopt;
  }
}

at::Tensor plain_value(const Descriptor& descriptor, const RandomCase& one, size_t input) {
  const auto maker = case_makers().find(descriptor.name);
  if (maker != case_makers().end() && maker->second.values)
    return maker->second.values(one, static_cast<int>(input));
  // Labels must be classes, divisors must not be 0.
  const double value = descriptor.category == Category::loss ? 0 : 1;
  const TensorType& type = *one.inputs[input];
  return at::full(values(type.shape), value, scalar_type(type.dtype));
}

std::string describe(const Descriptor& descriptor, const RandomCase& one) {
  std::string text = descriptor.name + "(";
  for (const auto& input : one.inputs)
    text += input ? str(input->shape) + " " + std::string(name(input->dtype)) + ", " : "none, ";
  for (const auto& entry : one.attributes.entries()) text += entry.name + " = " + str(entry.value) + ", ";
  return text + ")";
}

}  // namespace orrery
