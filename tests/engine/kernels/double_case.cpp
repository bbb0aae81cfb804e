#include "tests/engine/kernels/double_case.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace orrery {
namespace {

constexpr std::uint64_t kInputSeed = 5;

DType doubled(DType dtype) {
  if (is_complex(dtype)) return DType::complex128;
  return is_floating(dtype) ? DType::float64 : dtype;
}

bool takes_gradient(const Descriptor& descriptor, size_t input, const at::Tensor& tensor) {
  const Port& port = descriptor.inputs[std::min(input, descriptor.inputs.size() - 1)];
  return tensor.defined() && (tensor.is_floating_point() || tensor.is_complex()) && !port.label;
}

at::Tensor random_numbers(const CaseMaker& maker, const at::Tensor& like, const at::Generator& numbers) {
  const auto draw = [&] {
    return at::rand(like.sizes(), numbers, at::kDouble) * (maker.high - maker.low) + maker.low;
  };
  return like.is_complex() ? at::complex(draw(), draw()) : draw();
}

}  // namespace

const CaseMaker& maker_of(const Descriptor& descriptor) {
  static const CaseMaker kNone;
  const auto found = case_makers().find(descriptor.name);
  return found == case_makers().end() ? kNone : found->second;
}

RandomCase in_double(const Descriptor& descriptor, RandomCase one) {
  for (auto& input : one.inputs)
    if (input) input->dtype = doubled(input->dtype);
  for (const Attribute& attribute : descriptor.attributes)
    if (attribute.name == "dtype" && one.attributes.has("dtype"))
      one.attributes.set("dtype", doubled(one.attributes.dtype("dtype")));
  return one;
}

DoubleInputs double_inputs(const Descriptor& descriptor, const RandomCase& one) {
  const at::Generator numbers = at::make_generator<at::CPUGeneratorImpl>(kInputSeed);
  DoubleInputs inputs;
  for (size_t i = 0; i < one.inputs.size(); ++i) {
    inputs.tensors.push_back(one.inputs[i] ? plain_value(descriptor, one, i) : at::Tensor());
    inputs.moved.push_back(takes_gradient(descriptor, i, inputs.tensors[i]));
    if (inputs.moved[i]) inputs.tensors[i] = random_numbers(maker_of(descriptor), inputs.tensors[i], numbers);
  }
  return inputs;
}

std::vector<at::Tensor> conditioned(const Descriptor& descriptor, std::vector<at::Tensor> inputs) {
  const CaseMaker& maker = maker_of(descriptor);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (maker.conditioned && inputs[i].defined() && inputs[i].requires_grad())
      inputs[i] = maker.conditioned(inputs[i], static_cast<int>(i));
  return inputs;
}

}  // namespace orrery
