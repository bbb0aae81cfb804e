#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void fit_dtypes(RandomCase& one, Dice& dice) {
  for (auto& input : one.inputs)
    if (input && !dice.one_in(10)) input->dtype = one.attributes.dtype("dtype");
}

void few_layers(std::vector<Attributes::Entry>& entries, Dice& dice) {
  *drawn(entries, "input_size") = dice.between(1, 4);
  *drawn(entries, "hidden_size") = dice.between(1, 4);
  if (AttributeValue* dtype = drawn(entries, "dtype"))
    *dtype = dice.one_in(2) ? DType::float64 : DType::float32;
  if (AttributeValue* layers = drawn(entries, "num_layers")) *layers = dice.between(1, 3);
  if (AttributeValue* projection = drawn(entries, "proj_size")) *projection = dice.between(0, 3);
}

void told_input(std::vector<Attributes::Entry>& entries, Dice& dice) {
  if (!drawn(entries, "input_size")) entries.push_back({"input_size", std::int64_t{1}});
  few_layers(entries, dice);
}

std::int64_t number(const RandomCase& one, const char* option) { return one.attributes.integer(option); }

// Both states or none, mostly.
void fit_states(RandomCase& one, const std::vector<Shape>& shapes, Dice& dice) {
  if (one.inputs.size() == 3 && !dice.one_in(6)) one.inputs[2] = one.inputs[1];
  for (size_t i = 1; i < one.inputs.size(); ++i)
    if (one.inputs[i] && !dice.one_in(8)) one.inputs[i]->shape = shapes[i - 1];
}

void fit_sequence(RandomCase& one, Dice& dice) {
  const bool batched = !dice.one_in(3), batch_first = one.attributes.boolean("batch_first");
  if (!dice.one_in(8)) one.inputs[0]->shape = random_shape(dice, batched ? 3 : 2, batched ? 3 : 2);
  Shape& input = one.inputs[0]->shape;
  if (!input.empty() && !dice.one_in(8)) input.back() = number(one, "input_size");
  const auto state = [&](std::int64_t width) {
    Shape shape = {number(one, "num_layers") * (one.attributes.boolean("bidirectional") ? 2 : 1), width};
    if (input.size() == 3) shape.insert(shape.begin() + 1, input[batch_first ? 0 : 1]);
    return shape;
  };
  const std::int64_t hidden = number(one, "hidden_size");
  const bool projects = one.inputs.size() == 3 && number(one, "proj_size") > 0;
  fit_states(one, {state(projects ? number(one, "proj_size") : hidden), state(hidden)}, dice);
  fit_dtypes(one, dice);
}

void fit_cell(RandomCase& one, Dice& dice) {
  if (!dice.one_in(8)) one.inputs[0]->shape = random_shape(dice, 1, 2);
  Shape& input = one.inputs[0]->shape;
  if (!input.empty() && !dice.one_in(8)) input.back() = number(one, "input_size");
  Shape state = input;
  if (!state.empty()) state.back() = number(one, "hidden_size");
  fit_states(one, {state, state}, dice);
  fit_dtypes(one, dice);
}

}  // namespace

void add_recurrent_cases(CaseMakers& makers) {
  for (const char* name : {"RNN", "LSTM", "GRU"})
    makers[name] = {.options = told_input, .inputs = fit_sequence};
  for (const char* name : {"RNNCell", "LSTMCell", "GRUCell"})
    makers[name] = {.options = told_input, .inputs = fit_cell};
}

}  // namespace orrery
