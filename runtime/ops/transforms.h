#pragma once

#include <string>
#include <vector>

#include "runtime/graph/descriptor.h"
#include "runtime/ops/options.h"

namespace orrery {

using ShapeRule = std::vector<TensorType> (*)(ShapeContext&);

// A transform in one entry of a table, and what else may be said of it.

/// A transform; PyTorch's name is `torch.` and its own.
Descriptor transform(Category category, std::string name, std::string doc, std::vector<Port> inputs,
                     std::vector<Attribute> attributes, ShapeRule shape);
/// The output shares its first input's memory.
Descriptor viewing(Descriptor descriptor, Alias::Kind kind = Alias::Kind::view);
/// PyTorch has it as a method of tensors only.
Descriptor method(Descriptor descriptor);
/// PyTorch's name is another one.
Descriptor called(Descriptor descriptor, std::string torch);
/// ONNX has an operator for it.
Descriptor exported(Descriptor descriptor, std::string onnx);
/// Its outputs carry no gradient.
Descriptor undifferentiable(Descriptor descriptor);
/// Its backward reads its own outputs.
Descriptor keeping(Descriptor descriptor);
/// Its outputs, when there is not the one `output`.
Descriptor giving(Descriptor descriptor, std::vector<std::string> outputs);
/// Its shape rule tells how many outputs there are.
Descriptor giving_many(Descriptor descriptor);
/// Its positional order, where options stand before ports.
Descriptor ordered(Descriptor descriptor, std::vector<std::string> order);
/// Tensors have the variant `name_`.
Descriptor writable(Descriptor descriptor);
/// Its operations are counted.
Descriptor counted(Descriptor descriptor, Dim (*flops)(const CostContext&));
/// What it reads is not all of its first input but as much as it gives.
Descriptor picking(Descriptor descriptor);

}  // namespace orrery
