#include "runtime/formats/pt2_net.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {
namespace {

// `layer1.0` of `layer1.0.conv1`; empty for what stands in no module.
std::string around(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == path.npos ? "" : path.substr(0, dot);
}

std::string last_word(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == path.npos ? path : path.substr(dot + 1);
}

// A word of a module's path that may be a block's name.
std::string block_word(std::string word) {
  std::ranges::replace(word, '/', '_');
  return valid_name(word) ? word : "module";
}

// What layers call their weights; other tensors of a module are its own affair.
bool is_weight(const std::string& name) {
  const std::string word = last_word(name);
  return word == "weight" || word.starts_with("weight_ih_l");
}

DType dtype_of_view(const PtTensor& view) { return view.dtype.dtype.value_or(DType::float32); }

}  // namespace

Pt2Net::Pt2Net(std::shared_ptr<const Pt2Archive> archive, const Pt2Program& program, const Registry& registry,
               Runtime& runtime, const std::string& name)
    : archive_(std::move(archive)),
      registry_(registry),
      runtime_(runtime),
      graph_(std::make_unique<Graph>(valid_name(name) ? name : "program")) {
  std::map<std::string, const Pt2Tensor*> by_name;
  for (const Pt2Tensor& tensor : archive_->tensors()) by_name[tensor.view.name] = &tensor;
  for (const Pt2Input& input : program.inputs) {
    if (input.kind == Pt2Input::Kind::field) continue;
    const auto found = by_name.find(input.target);
    if (const auto why = archive_->refused().find(input.target); why != archive_->refused().end())
      fail(Fault::input_file, "its tensor '{}' is {}", input.target, why->second);
    check(found != by_name.end(), Fault::input_file, "its tensor '{}' is not in the archive", input.target);
    tensors_[input.name] = found->second;
    for (std::string path = around(input.target); !path.empty(); path = around(path)) owners_.insert(path);
  }
  for (const Pt2Node& node : program.nodes) {
    const bool of_sizes = node.target.starts_with("_operator.") || node.target.starts_with("aten.sym_");
    if (!of_sizes) ++nodes_of_call_[node.call];
    if (!pt2_layers().contains(node.operation())) continue;
    for (const std::string& read : node.reads())
      if (const Pt2Tensor* held = tensor(read); held && is_weight(held->view.name))
        layer_modules_.insert(around(held->view.name));
  }
}

const Pt2Tensor* Pt2Net::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

Value Pt2Net::value(const std::string& name) {
  if (const auto known = values_.find(name); known != values_.end()) return known->second;
  const Pt2Tensor* held = tensor(name);
  check(held != nullptr, Fault::input_file, "'{}' is read, and nothing gives it", name);
  const PtTensor& view = held->view;
  ParameterPtr& parameter = parameters_[view.name];
  std::string home = around(view.name), word = last_word(view.name);
  if (parameter) {  // a layer's own: beside that
    word = last_word(home) + "_" + word;
    home = around(home);
  } else {
    parameter = std::make_shared<Parameter>();
    parameter->name = last_word(view.name);
    parameter->shape = shape_of(view.shape);
    parameter->dtype = dtype_of_view(view);
    parameter->first = values_of_pt2(archive_, *held);
    parameter->trainable = held->parameter && is_floating(parameter->dtype);
  }
  enter(home);
  const Value made = graph_->constant(parameter, {}, free_name(block_word(word)));
  leave();
  return values_[name] = made;
}

Dim Pt2Net::size(const std::string& name) const {
  const auto found = sizes_.find(name);
  check(found != sizes_.end(), Fault::input_file, "the size '{}' is read, and nothing gives it", name);
  return found->second;
}

// ---- places ----

Block& Pt2Net::block(const std::string& path) {
  if (path.empty()) return graph_->root();
  Block*& known = blocks_[path];
  if (known) return *known;
  graph_->reenter_block(block(around(path)));
  known = &graph_->begin_block(block_word(last_word(path)));
  graph_->end_block();
  graph_->leave_block();
  return *known;
}

void Pt2Net::enter(const std::string& path) { graph_->reenter_block(block(path)); }

// A module of one node that owns no tensors is no block: the node has its name.
std::string Pt2Net::label(const Pt2Node& node) const {
  const bool alone =
      !node.module.empty() && !owners_.contains(node.module) && nodes_of_call_.at(node.call) == 1;
  return alone ? last_word(node.module) : "";
}

std::string Pt2Net::module_of(const Pt2Node& node) const {
  return !label(node).empty() || layer_modules_.contains(node.module) ? around(node.module) : node.module;
}

std::string Pt2Net::free_name(const std::string& wanted) {
  NameSet& names = names_[&graph_->current_block()];
  const std::string name = names.free_name(wanted);
  names.insert(name);
  return name;
}

// ---- nodes ----

std::vector<Value> Pt2Net::apply(const Pt2Node& node, const std::string& operation, std::vector<Value> inputs,
                                 const Options& options) {
  const Descriptor& descriptor = registry_.get(operation);
  enter(module_of(node));
  const std::string wanted = label(node);
  const std::string name = free_name(wanted.empty() ? descriptor.default_node_name() : block_word(wanted));
  std::vector<Value> outputs = graph_->apply(descriptor, checked_attributes(descriptor.attributes, options),
                                             std::move(inputs), {}, name);
  leave();
  return outputs;
}

std::vector<Value> Pt2Net::layer(const Pt2Node& node, const std::string& operation, const Options& options,
                                 std::vector<Value> inputs,
                                 const std::vector<std::pair<std::string, const Pt2Tensor*>>& tensors,
                                 const std::string& owner) {
  LayerPtr& made = layers_[owner.empty() ? node.name : operation + " " + owner];
  enter(owner.empty() ? module_of(node) : around(owner));
  if (!made) {
    runtime_.draws.mute(!tensors.empty());  // the archive tells the values
    try {
      const Descriptor& descriptor = registry_.get(operation);
      made = runtime_.make_layer(descriptor, checked_attributes(descriptor.attributes, options), {});
      if (!tensors.empty()) made->convert(dtype_of_view(tensors[0].second->view));
      for (const auto& [slot, held] : tensors) begin_with(*made, slot, *held);
      const std::string word = owner.empty() ? label(node) : last_word(owner);
      made->name_by_user(free_name(word.empty() ? descriptor.default_node_name() : block_word(word)));
    } catch (...) {
      runtime_.draws.mute(false);
      throw;
    }
    runtime_.draws.mute(false);
  }
  std::vector<Value> outputs = graph_->apply(made, std::move(inputs));
  leave();
  return outputs;
}

// A tensor that stands elsewhere already is tied.
void Pt2Net::begin_with(Layer& layer, const std::string& slot, const Pt2Tensor& tensor) {
  const ParameterPtr own = layer.parameter(slot);
  const PtTensor& view = tensor.view;
  check(own != nullptr && own->shape == shape_of(view.shape), Fault::input_file, "its {} is {}, expected {}",
        slot, str(shape_of(view.shape)), own ? str(own->shape) : "none");
  own->dtype = dtype_of_view(view);
  own->made_in.reset();
  ParameterPtr& known = parameters_[view.name];
  if (known) return layer.tie(slot, known);
  own->first = values_of_pt2(archive_, tensor);
  known = own;
}

// ---- arguments ----

const nlohmann::json& Pt2Call::need(const std::string& argument) const {
  const nlohmann::json* found = node_.argument(argument);
  if (!found) refuse(fmt::format("its argument '{}' is missing", argument));
  return *found;
}

Value Pt2Call::value(const std::string& argument) const {
  const nlohmann::json& told = need(argument);
  if (!told.contains("as_tensor")) refuse(fmt::format("its argument '{}' is no tensor", argument));
  return net_.value(told.at("as_tensor").at("name").get<std::string>());
}

Value Pt2Call::optional_value(const std::string& argument) const {
  return has(argument) ? value(argument) : Value{};
}

std::vector<Value> Pt2Call::values(const std::string& argument) const {
  const nlohmann::json& told = need(argument);
  if (told.contains("as_tensor")) return {value(argument)};
  if (!told.contains("as_tensors")) refuse(fmt::format("its argument '{}' is no list of tensors", argument));
  std::vector<Value> values;
  for (const nlohmann::json& each : told.at("as_tensors"))
    values.push_back(net_.value(each.at("name").get<std::string>()));
  return values;
}

const Pt2Tensor* Pt2Call::tensor(const std::string& argument) const {
  const nlohmann::json* told = node_.argument(argument);
  if (!told || !told->contains("as_tensor")) return nullptr;
  return net_.tensor(told->at("as_tensor").at("name").get<std::string>());
}

std::vector<const Pt2Tensor*> Pt2Call::tensors(const std::string& argument) const {
  std::vector<const Pt2Tensor*> tensors;
  for (const nlohmann::json& each : need(argument).at("as_tensors"))
    tensors.push_back(net_.tensor(each.at("name").get<std::string>()));
  return tensors;
}

std::int64_t Pt2Call::integer(const std::string& argument, std::int64_t usual) const {
  return has(argument) ? need(argument).at("as_int").get<std::int64_t>() : usual;
}

double Pt2Call::real(const std::string& argument, double usual) const {
  if (!has(argument)) return usual;
  const nlohmann::json& told = need(argument);
  return told.contains("as_int") ? static_cast<double>(told.at("as_int").get<std::int64_t>())
                                 : told.at("as_float").get<double>();
}

bool Pt2Call::boolean(const std::string& argument, bool usual) const {
  return has(argument) ? need(argument).at("as_bool").get<bool>() : usual;
}

std::string Pt2Call::text(const std::string& argument, const std::string& usual) const {
  return has(argument) ? need(argument).at("as_string").get<std::string>() : usual;
}

std::vector<std::int64_t> Pt2Call::integers(const std::string& argument,
                                            std::vector<std::int64_t> usual) const {
  if (!has(argument)) return usual;
  const nlohmann::json& told = need(argument);
  if (told.contains("as_int")) return {told.at("as_int").get<std::int64_t>()};
  if (told.contains("as_ints")) return told.at("as_ints").get<std::vector<std::int64_t>>();
  std::vector<std::int64_t> numbers;
  for (const Dim& dim : sizes(argument)) {
    if (!dim.known())
      refuse(fmt::format("its argument '{}' depends on the size {}", argument, str(Shape{dim})));
    numbers.push_back(dim.value());
  }
  return numbers;
}

Dim Pt2Call::size_of(const nlohmann::json& told) const {
  if (told.is_number_integer()) return Dim(told.get<std::int64_t>());
  if (told.contains("as_int")) return Dim(told.at("as_int").get<std::int64_t>());
  return net_.size(told.at("as_name").get<std::string>());
}

Shape Pt2Call::sizes(const std::string& argument) const {
  const nlohmann::json& told = need(argument);
  if (told.contains("as_int")) return {size_of(told)};
  if (told.contains("as_sym_int")) return {size_of(told.at("as_sym_int"))};
  Shape shape;
  for (const nlohmann::json& size : told.at(told.contains("as_ints") ? "as_ints" : "as_sym_ints"))
    shape.push_back(size_of(size));
  return shape;
}

std::optional<DType> Pt2Call::dtype(const std::string& argument) const {
  if (!has(argument)) return std::nullopt;
  const auto number = need(argument).at("as_scalar_type").get<std::int64_t>();
  const std::optional<DType> dtype = dtype_of_pt2(number);
  if (!dtype) refuse(fmt::format("PyTorch's type number {} is none of Orrery's", number));
  return dtype;
}

std::optional<AttributeValue> Pt2Call::option(const std::string& argument, AttributeType type) const {
  const nlohmann::json& told = need(argument);
  switch (type) {
    case AttributeType::boolean: return boolean(argument, false);
    case AttributeType::integer: {
      const std::vector<std::int64_t> numbers = integers(argument);
      if (numbers.size() != 1) return std::nullopt;
      return numbers[0];
    }
    case AttributeType::real: return real(argument, 0);
    case AttributeType::number:
      if (told.contains("as_int")) return told.at("as_int").get<std::int64_t>();
      if (told.contains("as_bool")) return static_cast<std::int64_t>(told.at("as_bool").get<bool>());
      if (told.contains("as_float")) return told.at("as_float").get<double>();
      return std::nullopt;
    case AttributeType::text: return text(argument, "");
    case AttributeType::sizes:
    case AttributeType::integers: return integers(argument);
    case AttributeType::reals: return told.at("as_floats").get<std::vector<double>>();
    case AttributeType::shape: return sizes(argument);
    case AttributeType::dtype: return *dtype(argument);
    case AttributeType::tensor: return std::nullopt;
  }
  return std::nullopt;
}

void Pt2Call::give(const std::vector<Value>& values) const {
  for (std::size_t i = 0; i < values.size() && i < node_.outputs.size(); ++i)
    net_.define(node_.outputs[i], values[i]);
}

void Pt2Call::refuse(const std::string& reason) const { throw Error(Fault::check, reason); }

}  // namespace orrery
