#include "runtime/engine/kernels/compute.h"

#include "runtime/core/names.h"
#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "runtime/engine/torch_error.h"
#include "runtime/graph/finding.h"

namespace orrery {
namespace {

// What the messages call it: `conv1 (Conv2d)` for a named layer, `flatten` for a transform.
std::string who(const Descriptor& descriptor, const Layer* layer) {
  if (!layer || layer->name().empty()) return descriptor.name;
  return fmt::format("{} ({})", layer->name(), descriptor.name);
}

// The inputs' types, as a shape rule reads them.
struct InputTypes {
  explicit InputTypes(const std::vector<at::Tensor>& inputs) : types(inputs.size()) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].defined()) types[i] = type_of(inputs[i]);
      linked.push_back(inputs[i].defined() ? &types[i] : nullptr);
    }
  }
  std::vector<TensorType> types;
  std::vector<const TensorType*> linked;
};

template <class Rule>
void explained(const Descriptor& descriptor, const Layer* layer, Rule rule) {
  try {
    rule();
  } catch (const RuleBroken& broken) {
    const std::string message =
        fmt::format("{} expects {}, got {}", who(descriptor, layer), broken.expected, broken.got);
    throw CheckError({{.code = broken.code,
                       .path = layer ? layer->name() : std::string(),
                       .message = message,
                       .expected = broken.expected,
                       .got = broken.got,
                       .remedy = broken.remedy}});
  }
}

void check_shapes(const Descriptor& descriptor, const Attributes& attributes,
                  const std::vector<at::Tensor>& inputs, const Layer* layer) {
  const InputTypes types(inputs);
  ShapeContext context(types.linked, attributes);
  explained(descriptor, layer, [&] { descriptor.shape(context); });
}

// LibTorch takes numbers of the CPU, and indices, beside tensors of a GPU: asked only once it has refused.
void expect_one_device(const Descriptor& descriptor, const KernelContext& context, const Layer* layer) {
  const at::Tensor* first = nullptr;
  for (const auto& tensors : {context.inputs, context.parameters}) {
    for (const at::Tensor& tensor : tensors) {
      if (!tensor.defined() || tensor.dim() == 0) continue;
      if (!first) first = &tensor;
      if (tensor.device() == first->device()) continue;
      const std::string one = first->device().str(), other = tensor.device().str();
      throw CheckError({{.code = "device-mismatch",
                         .path = layer ? layer->name() : std::string(),
                         .message = fmt::format("{} expects tensors on one device, got them on {} and {}",
                                                who(descriptor, layer), one, other),
                         .expected = "tensors on one device",
                         .got = fmt::format("{} and {}", one, other),
                         .remedy = fmt::format("Move one of them first: x:to(\"{}\").", one)}});
    }
  }
}

std::vector<at::Tensor> call(const Descriptor& descriptor, const KernelContext& context, const Layer* layer) {
  try {
    std::vector<at::Tensor> results;
    explained(descriptor, layer, [&] { results = kernel_of(descriptor)(context); });
    return results;
  } catch (const std::exception&) {
    expect_one_device(descriptor, context, layer);
    rethrow_as_error(std::current_exception(), who(descriptor, layer) + " failed");
  }
}

}  // namespace

void require_inputs(const Descriptor& descriptor, const std::vector<at::Tensor>& inputs) {
  const auto& ports = descriptor.inputs;
  const bool variadic = !ports.empty() && ports.back().kind == Port::Kind::variadic;
  const bool fits = variadic ? inputs.size() >= ports.size() : inputs.size() == ports.size();
  check(fits, Fault::usage, "{} takes {}{} inputs, got {}", descriptor.name, variadic ? "at least " : "",
        ports.size(), inputs.size());
  for (size_t i = 0; i < ports.size(); ++i) {
    check(inputs[i].defined() || ports[i].may_be_empty() || ports[i].takes_number(), Fault::usage,
          "{} needs its input '{}', got nil", descriptor.name, ports[i].name);
  }
}

std::vector<at::Tensor> compute(Engine& engine, const Descriptor& transform, const Attributes& attributes,
                                const std::vector<at::Tensor>& inputs, bool training, at::Device device) {
  const Engine::Turn turn(engine);
  require_inputs(transform, inputs);
  check_shapes(transform, attributes, inputs, nullptr);
  return call(transform,
              {.attributes = attributes,
               .descriptor = &transform,
               .inputs = inputs,
               .training = training,
               .device = device},
              nullptr);
}

std::vector<at::Tensor> compute(Engine& engine, const Layer& layer, const std::vector<at::Tensor>& inputs,
                                bool training, const Attributes& at_call) {
  const Engine::Turn turn(engine);
  const Descriptor& descriptor = layer.descriptor();
  Attributes attributes = layer.attributes();
  attributes.overlay(at_call);
  require_inputs(descriptor, inputs);
  check_shapes(descriptor, attributes, inputs, &layer);
  const std::vector<at::Tensor> parameters = layer_tensors(engine, layer, training);
  return call(descriptor,
              {.attributes = attributes,
               .descriptor = &descriptor,
               .inputs = inputs,
               .parameters = parameters,
               .parameter_names = layer.read_slots(),
               .training = training},
              &layer);
}

void complete(Layer& layer, const std::vector<at::Tensor>& inputs) {
  if (layer.complete()) return;
  const InputTypes types(inputs);
  explained(layer.descriptor(), &layer,
            [&] { layer.complete(ShapeContext(types.linked, layer.attributes())); });
}

}  // namespace orrery
