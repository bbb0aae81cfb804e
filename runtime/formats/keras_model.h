#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace orrery {

/// What a layer of Keras reads: an output of a call of another layer, or a number.
struct KerasSource {
  std::string layer;
  std::int64_t call = 0, output = 0;
  std::optional<double> number = {};
  std::string argument = {};  ///< its name, where it was given by name
};

struct KerasModel;

/// A layer as its JSON tells; applied once or several times.
struct KerasLayer {
  std::string kind;  ///< `Conv2D`
  std::string name;
  nlohmann::json options;
  std::vector<std::vector<KerasSource>> calls;
  std::shared_ptr<const KerasModel> model = nullptr;  ///< of a model within a model
};

/// A model: Sequential ones are told as if they were functional.
struct KerasModel {
  std::string name;
  bool first_generation = false;  ///< written by Keras 1 or 2
  std::vector<KerasLayer> layers;
  std::vector<KerasSource> inputs, outputs;
};

/// Reads what `model.to_json()` of Keras 2 or 3 gives (https://keras.io/api/models/model_saving_apis). Faults
/// are `Error(Fault::input_file)` beginning with `what`: no JSON, no model of Keras, a subclassed model
/// (whose JSON has no layers), links to layers that are not there.
KerasModel read_keras_model(std::string_view text, const std::string& what);

/// Is the text the JSON of a model of Keras? Nothing is checked.
bool is_keras_model(std::string_view text);

}  // namespace orrery
