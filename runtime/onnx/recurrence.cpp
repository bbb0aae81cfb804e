#include "runtime/onnx/recurrence.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"

namespace orrery {
namespace {

// The numbers that a function takes where the node tells none; NaN: it takes none.
struct Usual {
  bool alpha, beta;
  double alpha_value = 0, beta_value = 0;
};

const std::map<std::string, Usual>& gate_functions() {
  static const std::map<std::string, Usual> kFunctions = {
      {"relu", {false, false}},           {"tanh", {false, false}},
      {"sigmoid", {false, false}},        {"softsign", {false, false}},
      {"softplus", {false, false}},       {"affine", {true, true, 1, 0}},
      {"leakyrelu", {true, false, 0.01}}, {"thresholdedrelu", {true, false, 1}},
      {"scaledtanh", {true, true, 1, 1}}, {"hardsigmoid", {true, true, 0.2, 0.5}},
      {"elu", {true, false, 1}}};
  return kFunctions;
}

std::vector<std::string> names_of(const OnnxCall& call, const std::string& kind, int directions) {
  std::vector<std::string> names = call.texts("activations");
  for (std::string& name : names)
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (!names.empty()) return names;
  const std::vector<std::string> usual = kind == "RNN" ? std::vector<std::string>{"tanh"}
                                         : kind == "GRU"
                                             ? std::vector<std::string>{"sigmoid", "tanh"}
                                             : std::vector<std::string>{"sigmoid", "tanh", "tanh"};
  for (int direction = 0; direction < directions; ++direction)
    names.insert(names.end(), usual.begin(), usual.end());
  return names;
}

// Numbers are listed for those functions alone that take them.
std::vector<OnnxGateFunction> functions_of(const OnnxCall& call, const std::string& kind, int directions) {
  const std::vector<double> alphas = call.reals("activation_alpha", {}),
                            betas = call.reals("activation_beta", {});
  std::size_t alpha = 0, beta = 0;
  std::vector<OnnxGateFunction> functions;
  for (const std::string& name : names_of(call, kind, directions)) {
    const auto found = gate_functions().find(name);
    if (found == gate_functions().end()) call.refuse(fmt::format("there is no activation '{}'", name));
    const Usual& usual = found->second;
    OnnxGateFunction function{name, usual.alpha_value, usual.beta_value};
    if (usual.alpha && alpha < alphas.size()) function.alpha = alphas[alpha++];
    if (usual.beta && beta < betas.size()) function.beta = betas[beta++];
    functions.push_back(function);
  }
  const std::size_t wanted = static_cast<std::size_t>(directions) * (kind == "RNN"   ? 1
                                                                     : kind == "GRU" ? 2
                                                                                     : 3);
  if (functions.size() != wanted)
    call.refuse(fmt::format("it has {} activations, expected {}", functions.size(), wanted));
  return functions;
}

}  // namespace

OnnxRecurrence onnx_recurrence(const OnnxCall& call) {
  const OnnxComposer make(call);
  OnnxRecurrence it{.kind = call.node().operation};
  it.gates = it.kind == "RNN" ? 1 : it.kind == "GRU" ? 3 : 4;
  const std::string direction = call.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    call.refuse(fmt::format("there is no direction '{}'", direction));
  it.directions = direction == "bidirectional" ? 2 : 1;
  it.reverse = direction == "reverse";
  it.batch_first = call.integer("layout", 0) != 0;
  it.linear_before_reset = call.integer("linear_before_reset", 0) != 0;
  it.input_forget = call.integer("input_forget", 0) != 0;
  it.clip = call.real("clip", 0.0);
  it.functions = functions_of(call, it.kind, it.directions);
  const Shape x = call.type(0).shape, weight = call.type(1).shape, back = call.type(2).shape;
  if (x.size() != 3 || weight.size() != 3 || back.size() != 3)
    call.refuse(fmt::format("its sequence is {}, its weights {} and {}: expected three dimensions each",
                            str(x), str(weight), str(back)));
  it.steps = x[it.batch_first ? 1 : 0];
  it.batch = x[it.batch_first ? 0 : 1];
  it.hidden = make.known(back[2], "the size of the hidden state");
  it.features = make.known(weight[2], "the number of features");
  const Shape wanted = {it.directions, it.gates * it.hidden, it.features};
  if (!(weight == wanted))
    call.refuse(fmt::format("its weight is {}, expected {}", str(weight), str(wanted)));
  return it;
}

void give_onnx_recurrence(OnnxCall& call, const OnnxRecurrence& it, Value y, Value y_h, Value y_c) {
  const OnnxComposer make(call);
  if (call.wants(0)) call.give(0, it.batch_first ? make.permute(y, {2, 0, 1, 3}) : y);
  if (call.wants(1)) call.give(1, it.batch_first ? make.permute(y_h, {1, 0, 2}) : y_h);
  if (call.wants(2)) call.give(2, it.batch_first ? make.permute(y_c, {1, 0, 2}) : y_c);
}

}  // namespace orrery
