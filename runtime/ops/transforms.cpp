#include "runtime/ops/transforms.h"

#include "runtime/graph/cost.h"

namespace orrery {

Descriptor transform(Category category, std::string name, std::string doc, std::vector<Port> inputs,
                     std::vector<Attribute> attributes, ShapeRule shape) {
  Descriptor d{.name = name, .category = category, .doc = std::move(doc), .inputs = std::move(inputs)};
  d.attributes = std::move(attributes);
  d.shape = shape;
  d.torch = "torch." + name;
  return d;
}

Descriptor viewing(Descriptor d, Alias::Kind kind) {
  d.aliases = {{kind}};
  return d;
}

Descriptor method(Descriptor d) {
  d.torch = "torch.Tensor." + d.name;
  return d;
}

Descriptor called(Descriptor d, std::string torch) {
  d.torch = std::move(torch);
  return d;
}

Descriptor exported(Descriptor d, std::string onnx) {
  d.onnx = std::move(onnx);
  return d;
}

Descriptor undifferentiable(Descriptor d) {
  d.differentiable = false;
  return d;
}

Descriptor keeping(Descriptor d) {
  d.keeps_output = Descriptor::KeepsOutput::yes;
  return d;
}

Descriptor giving(Descriptor d, std::vector<std::string> outputs) {
  d.outputs = std::move(outputs);
  return d;
}

Descriptor giving_many(Descriptor d) {
  d.outputs_vary = true;
  return d;
}

Descriptor ordered(Descriptor d, std::vector<std::string> order) {
  d.order = std::move(order);
  return d;
}

Descriptor writable(Descriptor d) {
  d.in_place = true;
  return d;
}

Descriptor counted(Descriptor d, Dim (*flops)(const CostContext&)) {
  d.flops = flops;
  return d;
}

Descriptor picking(Descriptor d) {
  d.moved = [](const CostContext& cost) {
    Dim bytes = 2 * byte_count(cost.outputs.front());
    for (size_t i = 1; i < cost.inputs.size(); ++i)
      if (cost.inputs[i]) bytes = bytes + byte_count(*cost.inputs[i]);
    return bytes;
  };
  return d;
}

}  // namespace orrery
