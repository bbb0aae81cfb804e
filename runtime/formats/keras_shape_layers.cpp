// Layers of Keras that put elements elsewhere; they see tensors as Keras has them, channels last.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/formats/keras_net.h"

namespace orrery {
namespace {

using Arrays = std::vector<KerasTensor>;
using Origins = std::vector<KerasSource>;

// Of one place, or without any, the order of channels is the same in both.
bool needs_no_order(const KerasTensor& tensor) {
  const Shape& shape = tensor.value.shape();
  const auto is_one = [](const Dim& dim) { return dim.known() && dim.value() == 1; };
  return !tensor.moved || is_one(shape[1]) || std::all_of(shape.begin() + 2, shape.end(), is_one);
}

Arrays flatten(KerasNet& net, const KerasOptions& options, const Arrays& inputs, const Origins&) {
  if (!options.channels_last()) throw KerasRefusal{"data_format 'channels_first'"};
  const KerasTensor& input = inputs.at(0);
  const Value value = needs_no_order(input) ? input.value : net.plain(input);
  return {{net.apply("flatten", {value}, {{"start_dim", std::int64_t{1}}})[0]}};
}

Arrays reshape(KerasNet& net, const KerasOptions& options, const Arrays& inputs, const Origins&) {
  const Value value = net.plain(inputs.at(0));
  Shape shape{value.shape()[0]};
  for (const std::int64_t size : options.integers("target_shape")) shape.emplace_back(size);
  return {{net.apply("reshape", {value}, {{"shape", shape}})[0]}};
}

Arrays permute(KerasNet& net, const KerasOptions& options, const Arrays& inputs, const Origins&) {
  std::vector<std::int64_t> dims{0};
  for (const std::int64_t dim : options.integers("dims")) dims.push_back(dim);
  return {{net.apply("permute", {net.plain(inputs.at(0))}, {{"dims", dims}})[0]}};
}

Arrays repeat_vector(KerasNet& net, const KerasOptions& options, const Arrays& inputs, const Origins&) {
  const Value value =
      net.apply("unsqueeze", {net.plain(inputs.at(0))}, {{"dim", std::int64_t{1}}}, "step")[0];
  const Shape size{-1, options.integer("n"), -1};
  return {{net.apply("expand", {value}, {{"size", size}})[0]}};
}

}  // namespace

const std::map<std::string, KerasWriter>& keras_shape_layers() {
  static const std::map<std::string, KerasWriter> table = {
      {"Flatten", flatten}, {"Reshape", reshape}, {"Permute", permute}, {"RepeatVector", repeat_vector}};
  return table;
}

}  // namespace orrery
