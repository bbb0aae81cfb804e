#include "runtime/formats/keras_net.h"

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {

std::string KerasOptions::text(const char* name, const std::string& usual) const {
  return has(name) && at(name).is_string() ? at(name).get<std::string>() : usual;
}

std::vector<std::int64_t> KerasOptions::integers(const char* name) const {
  const nlohmann::json& value = at(name);
  return value.is_number() ? std::vector{value.get<std::int64_t>()} : value.get<std::vector<std::int64_t>>();
}

std::vector<std::int64_t> KerasOptions::sizes(const char* name, std::size_t count, std::int64_t usual) const {
  if (!has(name)) return std::vector(count, usual);
  std::vector<std::int64_t> numbers = integers(name);
  if (numbers.size() == 1) numbers.resize(count, numbers[0]);
  check(numbers.size() == count, Fault::input_file, "{} has {} numbers, not {}", name, numbers.size(), count);
  return numbers;
}

void KerasNet::begin(const KerasLayer& theirs, std::string identity, std::string name,
                     bool first_generation) {
  theirs_ = &theirs;
  again_ = begun_[identity]++ > 0;
  identity_ = std::move(identity);
  name_ = std::move(name);
  first_generation_ = first_generation;
}

std::vector<Value> KerasNet::apply(const std::string& operation, std::vector<Value> inputs,
                                   const Entries& options, const std::string& part) {
  const Descriptor& descriptor = registry_.get(operation);
  const std::string name = again_ ? "" : part.empty() ? name_ : name_ + "_" + part;
  return graph_.apply(descriptor, checked_attributes(descriptor.attributes, options), std::move(inputs), {},
                      name);
}

// Nothing is drawn for what a file tells.
LayerPtr KerasNet::made_layer(const std::string& operation, const Entries& options) {
  const Descriptor& descriptor = registry_.get(operation);
  Attributes attributes = checked_attributes(descriptor.attributes, options);
  runtime_.draws.mute(weights_ != nullptr);
  try {
    LayerPtr made = runtime_.make_layer(descriptor, std::move(attributes), {});
    runtime_.draws.mute(false);
    return made;
  } catch (...) {
    runtime_.draws.mute(false);
    throw;
  }
}

std::vector<Value> KerasNet::layer(const std::string& operation, const Entries& options,
                                   std::vector<Value> inputs, const std::string& part,
                                   const std::function<void(Layer&)>& change) {
  LayerPtr& made = layers_[identity_ + "\n" + part];
  if (!made) {
    made = made_layer(operation, options);
    made->name_by_user(part.empty() ? name_ : name_ + "_" + part);
    if (change) change(*made);
    if (weights_) weights_->begin(*made, *theirs_, identity_, part);
  }
  return graph_.apply(made, std::move(inputs));
}

Value KerasNet::permuted(const Value& value, const std::vector<std::int64_t>& dims, bool to_moved) {
  const auto key = std::tuple(value.node->id(), value.output, to_moved);
  if (const auto known = permuted_.find(key); known != permuted_.end()) return known->second;
  const Descriptor& descriptor = registry_.get("permute");
  const Value result =
      graph_.apply(descriptor, checked_attributes(descriptor.attributes, {{"dims", dims}}), {value})[0];
  result.node->cue().hide = true;
  permuted_[key] = result;
  permuted_[{result.node->id(), result.output, !to_moved}] = value;
  return result;
}

Value KerasNet::plain(const KerasTensor& tensor) {
  if (!tensor.moved) return tensor.value;
  std::vector<std::int64_t> dims{0};
  for (std::size_t at = 2; at < tensor.rank(); ++at) dims.push_back(static_cast<std::int64_t>(at));
  dims.push_back(1);
  return permuted(tensor.value, dims, false);
}

Value KerasNet::moved(const KerasTensor& tensor) {
  if (tensor.moved || tensor.rank() < 3) return tensor.value;
  const auto rank = static_cast<std::int64_t>(tensor.rank());
  std::vector<std::int64_t> dims{0, rank - 1};
  for (std::int64_t at = 1; at + 1 < rank; ++at) dims.push_back(at);
  return permuted(tensor.value, dims, true);
}

KerasWriter keras_writer(const std::string& kind) {
  for (const auto* table :
       {&keras_image_layers(), &keras_plain_layers(), &keras_sequence_layers(), &keras_shape_layers()})
    if (const auto found = table->find(kind); found != table->end()) return found->second;
  return nullptr;
}

}  // namespace orrery
