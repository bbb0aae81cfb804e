#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/ops/operations.h"

namespace orrery {

using Given = std::vector<Attributes::Entry>;

// Sizes that nobody knows.
inline const Dim N = Dim::symbol("N"), H = Dim::symbol("H"), M = Dim::symbol("M"), K = Dim::symbol("K"),
                 T = Dim::symbol("T");

inline AttributeValue integer(std::int64_t value) { return value; }
inline AttributeValue list(std::vector<std::int64_t> values) { return values; }

inline AttributeValue of_sizes(Shape shape) { return shape; }

inline TensorType typed(Shape shape, DType dtype) { return {std::move(shape), dtype}; }
inline TensorType complexes(Shape shape) { return typed(std::move(shape), DType::complex64); }
inline TensorType floats(Shape shape) { return {std::move(shape), DType::float32}; }
inline TensorType labels(Shape shape) { return {std::move(shape), DType::int64}; }

/// What an operation's shape rule gives for some inputs and options.
struct Inferred {
  std::vector<TensorType> outputs;
  std::vector<Guard> guards;
  const Shape& shape() const { return outputs.at(0).shape; }
  DType dtype() const { return outputs.at(0).dtype; }
};

inline Inferred infer(const std::string& operation, const std::vector<TensorType>& inputs,
                      const Given& given = {}) {
  const Descriptor& descriptor = operations().get(operation);
  const Attributes attributes = checked_attributes(descriptor.attributes, given);
  std::vector<const TensorType*> types;
  for (const TensorType& input : inputs) types.push_back(&input);
  ShapeContext context(types, attributes);
  std::vector<TensorType> outputs = descriptor.shape(context);
  return {std::move(outputs), context.guards()};
}

/// The rule that is broken; a test failure when none is.
inline RuleBroken broken(const std::string& operation, const std::vector<TensorType>& inputs,
                         const Given& given = {}) {
  try {
    infer(operation, inputs, given);
  } catch (const RuleBroken& rule) {
    return rule;
  }
  ADD_FAILURE() << operation << " broke no rule";
  return {};
}

/// The rule that a layer's options break; a test failure when none is.
inline RuleBroken broken_options(const std::string& operation, const Given& given) {
  const Descriptor& descriptor = operations().get(operation);
  try {
    descriptor.parameters(checked_attributes(descriptor.attributes, given));
  } catch (const RuleBroken& rule) {
    return rule;
  }
  ADD_FAILURE() << operation << " broke no rule";
  return {};
}

/// `code: expects …, got …`.
inline std::string words(const RuleBroken& rule) {
  return rule.code + ": expects " + rule.expected + ", got " + rule.got;
}

inline Dim flops(const std::string& operation, const std::vector<TensorType>& inputs,
                 const Given& given = {}) {
  const Descriptor& descriptor = operations().get(operation);
  const Attributes attributes = checked_attributes(descriptor.attributes, given);
  std::vector<const TensorType*> types;
  for (const TensorType& input : inputs) types.push_back(&input);
  const std::vector<TensorType> outputs = infer(operation, inputs, given).outputs;
  return descriptor.flops ? descriptor.flops({types, outputs, attributes}) : Dim(0);
}

inline std::vector<ParameterSpec> parameters(const std::string& operation, const Given& given) {
  const Descriptor& descriptor = operations().get(operation);
  return descriptor.parameters(checked_attributes(descriptor.attributes, given));
}

}  // namespace orrery
