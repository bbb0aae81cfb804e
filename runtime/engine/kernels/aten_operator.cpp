#include "runtime/engine/kernels/aten_operator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/device.h"
#include "runtime/engine/dry_run.h"
#include "runtime/engine/kernels/own_kernel.h"
#include "runtime/engine/torch_error.h"
#include "runtime/graph/probe.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

using nlohmann::json;
using Kind = c10::TypeKind;

template <class Item, class Get>
c10::IValue typed_list(const std::vector<c10::IValue>& items, Get get) {
  c10::List<Item> list;
  for (const c10::IValue& item : items) list.push_back(get(item));
  return list;
}

// Arguments to text and back.

json json_of_number(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return number;
}

json json_of(const c10::IValue& value, const std::vector<at::Tensor>& inputs) {
  if (value.isTensor()) {
    const auto found = std::ranges::find_if(
        inputs, [&](const at::Tensor& input) { return input.is_same(value.toTensor()); });
    invariant(found != inputs.end(), "an operator's tensor is none of its inputs");
    return {{"input", found - inputs.begin()}};
  }
  if (value.isBool()) return value.toBool();
  if (value.isInt()) return value.toInt();
  if (value.isDouble()) return json_of_number(value.toDouble());
  if (value.isString()) return value.toStringRef();
  if (value.isDevice()) return value.toDevice().str();
  json list = json::array();
  if (value.isList())
    for (const c10::IValue& item : value.toListRef()) list.push_back(json_of(item, inputs));
  return value.isList() ? list : json(nullptr);
}

double number_of(const json& value) {
  if (!value.is_string()) return value.get<double>();
  const auto& text = value.get_ref<const std::string&>();
  const double infinity = std::numeric_limits<double>::infinity();
  if (text == "inf") return infinity;
  if (text == "-inf") return -infinity;
  check(text == "nan", Fault::input_file, "'{}' is no number", text);
  return std::numeric_limits<double>::quiet_NaN();
}

const at::Tensor& input_of(const json& value, std::span<const at::Tensor> inputs) {
  const auto index = value.at("input").get<size_t>();
  check(index < inputs.size(), Fault::input_file, "there is no input {} among {}", index, inputs.size());
  return inputs[index];
}

c10::IValue value_of(const json& value, const c10::Type& type, std::span<const at::Tensor> inputs);

c10::IValue list_of(const json& value, const c10::Type& element, std::span<const at::Tensor> inputs) {
  std::vector<c10::IValue> items;
  for (const json& item : value) items.push_back(value_of(item, element, inputs));
  c10::IValue list;
  check(make_list(items, element, list), Fault::input_file, "a list that LibTorch does not take");
  return list;
}

c10::IValue value_of(const json& value, const c10::Type& type, std::span<const at::Tensor> inputs) {
  if (value.is_null()) return {};
  switch (type.kind()) {
    case Kind::OptionalType:
      return value_of(value, *type.castRaw<c10::OptionalType>()->getElementType(), inputs);
    case Kind::TensorType: return input_of(value, inputs);
    case Kind::FloatType: return number_of(value);
    case Kind::NumberType:
      if (value.is_boolean()) return at::Scalar(value.get<bool>());
      if (value.is_number_integer()) return value.get<std::int64_t>();
      return number_of(value);
    case Kind::BoolType: return value.get<bool>();
    case Kind::StringType: return value.get<std::string>();
    case Kind::DeviceObjType: return device_from_name(value.get<std::string>());
    case Kind::ListType: return list_of(value, *type.castRaw<c10::ListType>()->getElementType(), inputs);
    default: return value.get<std::int64_t>();
  }
}

// The file that the text came from may be anything.
torch::jit::Stack stack_of(const c10::FunctionSchema& schema, const std::string& text,
                           std::span<const at::Tensor> inputs) {
  try {
    const json arguments = json::parse(text);
    check(arguments.size() == schema.arguments().size(), Fault::input_file, "{} takes {} arguments, got {}",
          text_of_schema(schema), schema.arguments().size(), arguments.size());
    torch::jit::Stack stack;
    for (size_t i = 0; i < arguments.size(); ++i)
      stack.push_back(value_of(arguments[i], *schema.arguments()[i].type(), inputs));
    return stack;
  } catch (const json::exception&) {
    fail(Fault::input_file, "{} does not take the arguments {}", text_of_schema(schema), text);
  }
}

// Calls.

std::vector<at::Tensor> called(const c10::OperatorHandle& handle, const std::string& arguments,
                               std::span<const at::Tensor> inputs) {
  torch::jit::Stack stack = stack_of(handle.schema(), arguments, inputs);
  handle.callBoxed(stack);
  std::vector<at::Tensor> outputs;
  for (const c10::IValue& result : stack) {
    if (result.isTensor()) {
      outputs.push_back(result.toTensor());
    } else {
      for (const at::Tensor& tensor : result.toTensorVector()) outputs.push_back(tensor);
    }
  }
  return outputs;
}

class OperatorKernel : public OwnKernel {
 public:
  explicit OperatorKernel(c10::OperatorHandle handle) : handle_(std::move(handle)) {}
  std::vector<at::Tensor> compute(const KernelContext& context) const override {
    return called(handle_, context.attributes.text(kOperatorArguments), context.inputs);
  }

 private:
  c10::OperatorHandle handle_;
};

std::vector<at::Tensor> without_data(const std::vector<const TensorType*>& types) {
  std::vector<at::Tensor> tensors;
  for (const TensorType* type : types)
    tensors.push_back(
        at::empty(values(type->shape), at::TensorOptions(scalar_type(type->dtype)).device(at::kMeta)));
  return tensors;
}

// On the meta device, where the operator has a way there.
std::vector<TensorType> tried(Engine& engine, const c10::OperatorHandle& handle, const std::string& arguments,
                              const std::vector<const TensorType*>& inputs) {
  const DryRun dry(engine);
  try {
    return types_of(called(handle, arguments, without_data(inputs)));
  } catch (const std::exception&) {
    // It has none, or it refuses: the CPU tells.
  }
  try {
    return types_of(called(handle, arguments, sample_tensors(inputs)));
  } catch (const std::exception&) {
    rethrow_as_error(std::current_exception(), text_of_schema(handle.schema()));
  }
}

std::vector<TensorType> shape_rule(Engine& engine, const c10::OperatorHandle& handle,
                                   const ShapeContext& context) {
  std::vector<const TensorType*> inputs;
  for (int i = 0; i < context.input_count(); ++i) inputs.push_back(&context.input(i));
  const std::string& arguments = context.attributes().text(kOperatorArguments);
  try {
    return probe_types(inputs, [&](const auto& sized) { return tried(engine, handle, arguments, sized); });
  } catch (const Error& error) {
    if (error.fault() != Fault::check) throw;
    throw Error(Fault::check,
                fmt::format("the shape of {} cannot be told from dry runs: {}",
                            text_of_schema(handle.schema()), error.message()),
                {},
                "Call it in a function whose shape is declared: orrery.transform(name, fn, { shape = … }).");
  }
}

// Why it cannot be a node; empty when it can.
std::string fault_of(const c10::OperatorHandle& handle) {
  const c10::FunctionSchema& schema = handle.schema();
  const auto gives_tensors = [](const c10::Argument& result) {
    const c10::Type& type = *result.type();
    return type.kind() == Kind::TensorType ||
           (type.kind() == Kind::ListType &&
            type.castRaw<c10::ListType>()->getElementType()->kind() == Kind::TensorType);
  };
  const auto takes_tensors = [](const c10::Argument& argument) {
    return argument.type()->str().find("Tensor") != std::string::npos;
  };
  if (std::ranges::none_of(schema.arguments(), takes_tensors)) return "it takes no tensor";
  if (schema.is_mutable()) return "it changes its argument, and values do not change";
  if (schema.returns().empty() || !std::ranges::all_of(schema.returns(), gives_tensors))
    return "it gives no tensors";
  if (handle.hasTag(at::Tag::dynamic_output_shape)) return "only the data tell the sizes of what it gives";
  return {};
}

bool gives_a_view(const c10::FunctionSchema& schema) {
  const auto& arguments = schema.arguments();
  return !arguments.empty() && arguments.front().alias_info() && schema.returns().front().alias_info();
}

}  // namespace

std::string text_of_arguments(const std::vector<c10::IValue>& arguments,
                              const std::vector<at::Tensor>& inputs) {
  json list = json::array();
  for (const c10::IValue& argument : arguments) list.push_back(json_of(argument, inputs));
  return list.dump();
}

std::string text_of_schema(const c10::FunctionSchema& schema) {
  std::string text = c10::str(schema);
  if (text.starts_with("aten::")) text.erase(0, 6);
  const size_t open = text.find('('), dot = text.find('.');
  if (dot < open) text.erase(dot, open - dot);
  return text.substr(0, text.find(" -> "));
}

bool make_list(const std::vector<c10::IValue>& items, const c10::Type& element, c10::IValue& list) {
  switch (element.kind()) {
    case Kind::IntType:
    case Kind::SymIntType:
      list = typed_list<std::int64_t>(items, [](const auto& item) { return item.toInt(); });
      return true;
    case Kind::FloatType:
      list = typed_list<double>(items, [](const auto& item) { return item.toDouble(); });
      return true;
    case Kind::BoolType:
      list = typed_list<bool>(items, [](const auto& item) { return item.toBool(); });
      return true;
    case Kind::TensorType:
      list = typed_list<at::Tensor>(items, [](const auto& item) { return item.toTensor(); });
      return true;
    case Kind::OptionalType:
      list = typed_list<std::optional<at::Tensor>>(
          items, [](const auto& item) { return item.template toOptional<at::Tensor>(); });
      return true;
    default: return false;
  }
}

std::shared_ptr<const Descriptor> operator_of(Engine& engine, const std::string& name) {
  // A file of a model may name any. What begins with an underscore trusts its caller.
  if (name.starts_with("aten::_")) return nullptr;
  const size_t dot = name.find('.');
  const auto handle = c10::Dispatcher::singleton().findSchema(
      {name.substr(0, dot), dot == std::string::npos ? "" : name.substr(dot + 1)});
  if (!handle) return nullptr;
  const std::string fault = fault_of(*handle);
  check(fault.empty(), Fault::usage, "{} cannot be a node of a graph: {}", text_of_schema(handle->schema()),
        fault);
  auto made = std::make_shared<Descriptor>();
  made->name = name;
  made->category = Category::own;
  made->doc = text_of_schema(handle->schema());
  made->inputs = {{.name = "inputs", .kind = Port::Kind::variadic, .doc = "the tensors among its arguments"}};
  made->attributes = {{.name = kOperatorArguments,
                       .type = AttributeType::text,
                       .doc = "all arguments, as a JSON array",
                       .value = "[]"}};
  made->outputs_vary = true;
  made->node_name = name.substr(name.find("::") + 2, dot - name.find("::") - 2);
  if (const Descriptor* known = operations().find(made->node_name)) made->keeps_output = known->keeps_output;
  made->draws = handle->hasTag(at::Tag::nondeterministic_seeded);
  if (gives_a_view(handle->schema())) made->aliases = {{.kind = Alias::Kind::maybe_view}};
  made->shape = [&engine, operation = *handle](ShapeContext& context) {
    return shape_rule(engine, operation, context);
  };
  made->own = [kernel = std::make_shared<const OperatorKernel>(*handle)] { return kernel; };
  return made;
}

}  // namespace orrery
