#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/engine.h"
#include "runtime/graph/descriptor.h"

namespace c10 {
class OperatorHandle;
struct FunctionSchema;
struct IValue;
struct Type;
}  // namespace c10

namespace orrery {

/// What an operator's node keeps of a call: its arguments as a JSON array, one per argument of the schema.
/// `{"input": 0}` stands for the first input; numbers that JSON has not are texts.
inline constexpr const char* kOperatorArguments = "arguments";

/// An operator of LibTorch's registry as an operation of graphs: `aten::max.dim`, or one of an extension that
/// was loaded. Its shape comes from LibTorch's meta device, else from dry runs on the CPU. Null when the
/// registry has none of that name; throws `Error(Fault::usage)` with the schema where it cannot be a node.
std::shared_ptr<const Descriptor> operator_of(Engine& engine, const std::string& name);

/// The option `arguments` of a call whose tensors are among `inputs`, each of which is another.
std::string text_of_arguments(const std::vector<c10::IValue>& arguments,
                              const std::vector<at::Tensor>& inputs);

/// `max(Tensor self, int dim, bool keepdim=False)`
std::string text_of_schema(const c10::FunctionSchema& schema);

/// The list that LibTorch takes for items of a type; false when it has no such list.
bool make_list(const std::vector<c10::IValue>& items, const c10::Type& element, c10::IValue& list);

}  // namespace orrery
