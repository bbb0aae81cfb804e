#include "runtime/engine/training/trained_input.h"

#include <ATen/ATen.h>

namespace orrery {

TrainedInput::TrainedInput(Engine& engine, const Graph& graph) : engine_(engine) {
  const Node* input = graph.input_node();
  if (!input) return;
  const Engine::Turn turn(engine_);
  for (const ParameterPtr& field : input->trained_fields()) {
    if (!field) continue;
    fields_.push_back(field);
    if (!field->awaits_data) continue;
    empty_.push_back(field);
    field->data = boxed(at::zeros(values(field->shape), scalar_type(field->dtype)));
  }
}

TrainedInput::~TrainedInput() {
  for (const ParameterPtr& field : empty_) field->data.reset();
}

void TrainedInput::read(Loader& loader) {
  if (empty_.empty()) return;
  const Engine::Turn turn(engine_);
  const std::optional<Minibatch> first = loader.next();
  loader.begin(1);
  if (!first) return;  // the run was limited to no batch at all
  for (const ParameterPtr& field : empty_) engine_.assign(field, first->fields.at(field->name));
  read_ = true;
}

void TrainedInput::keep() {
  if (!read_) return;
  for (const ParameterPtr& field : empty_) field->awaits_data = false;
  empty_.clear();
}

void TrainedInput::put_into(Minibatch& batch) const {
  for (const ParameterPtr& field : fields_) batch.fields[field->name] = engine_.tensor(field);
}

}  // namespace orrery
