#include <fmt/format.h>

#include "runtime/governors/optimizer_kinds.h"

namespace orrery {
namespace {

using States = std::vector<StateTensor>;
using Extent = StateTensor::Extent;

std::string conflict_of_nesterov(const Attributes& options) {
  if (!options.boolean("nesterov")) return {};
  if (options.real("momentum") > 0 && options.real("dampening") == 0) return {};
  return fmt::format(
      "with nesterov needs a momentum above 0 and no dampening, got momentum {} and dampening {}",
      options.real("momentum"), options.real("dampening"));
}

OptimizerKind sgd() {
  return {.name = "SGD",
          .doc = "Stochastic gradient descent, with momentum if asked for.",
          .attributes = {learning_rate(1e-3),
                         amount("momentum", 0, "share of the last step that is kept"),
                         {.name = "dampening",
                          .type = AttributeType::real,
                          .doc = "share of the gradient kept out of the momentum",
                          .value = 0.0},
                         weight_decay(),
                         switch_option("nesterov", false, "looks ahead along the momentum"),
                         maximize()},
          .states = [](const Attributes& options, size_t) -> States {
            if (options.real("momentum") == 0) return {};
            return {{"momentum_buffer"}};
          },
          .conflict = conflict_of_nesterov};
}

OptimizerKind rmsprop() {
  return {.name = "RMSprop",
          .doc = "Steps divided by a running mean of the gradient's size.",
          .attributes = {learning_rate(1e-2),
                         amount("alpha", 0.99, "how slowly the mean of squared gradients changes"),
                         amount("eps", 1e-8, "added to the denominator"), weight_decay(),
                         amount("momentum", 0, "share of the last step that is kept"),
                         switch_option("centered", false, "divides by the gradient's spread about its mean"),
                         maximize()},
          .states = [](const Attributes& options, size_t) {
            States states = {{"square_avg"}};
            if (options.real("momentum") > 0) states.push_back({"momentum_buffer"});
            if (options.boolean("centered")) states.push_back({"grad_avg"});
            return states;
          }};
}

std::string conflict_of_etas(const Attributes& options) {
  const std::vector<double>& etas = options.reals("etas");
  if (etas[0] > 0 && etas[0] < 1 && etas[1] > 1) return {};
  return fmt::format("expects etas = {{ between 0 and 1, above 1 }}, got {}", str(options.at("etas")));
}

OptimizerKind rprop() {
  return {.name = "Rprop",
          .doc = "Steps whose sizes follow the signs of the gradient alone; for whole sets, not batches.",
          .attributes = {learning_rate(1e-2),
                         pair_option("etas", std::vector<double>{0.5, 1.2},
                                     "factors of a step size when the sign changes, and when it stays"),
                         pair_option("step_sizes", std::vector<double>{1e-6, 50},
                                     "smallest and largest step size"),
                         maximize()},
          .states = [](const Attributes& options, size_t) -> States {
            return {{"prev"}, {"step_size", Extent::parameter, options.real("lr")}};
          },
          .conflict = conflict_of_etas};
}

OptimizerKind asgd() {
  return {.name = "ASGD",
          .doc = "Stochastic gradient descent that also averages the weights, as its state ax.",
          .attributes = {learning_rate(1e-2), amount("lambd", 1e-4, "decay of the weights"),
                         amount("alpha", 0.75, "power by which the learning rate falls"),
                         amount("t0", 1e6, "updates before averaging begins"), weight_decay(), maximize()},
          .states = [](const Attributes& options, size_t) -> States {
            return {{"ax"}, {"eta", Extent::number, options.real("lr")}, {"mu", Extent::number, 1}};
          },
          .counts = true};
}

// The directions and steps of its history, each as large as all parameters together.
States states_of_lbfgs(const Attributes& options, size_t) {
  States states = {{"d"}, {"prev_flat_grad"}};
  const auto history = static_cast<size_t>(options.integer("history_size"));
  states.insert(states.end(), history, {"old_dirs"});
  states.insert(states.end(), history, {"old_stps"});
  return states;
}

OptimizerKind lbfgs() {
  return {.name = "LBFGS",
          .doc = "Quasi-Newton steps from a history of gradients; evaluates the loss several times a step.",
          .attributes = {learning_rate(1),
                         whole_number("max_iter", std::int64_t{20}, "iterations in a step"),
                         whole_number("max_eval", {}, "evaluations in a step; none: 1.25 × max_iter"),
                         amount("tolerance_grad", 1e-7, "a largest gradient that ends the step"),
                         amount("tolerance_change", 1e-9, "a change of loss or weights that ends the step"),
                         whole_number("history_size", std::int64_t{100}, "gradients that are remembered"),
                         {.name = "line_search_fn",
                          .type = AttributeType::text,
                          .doc = "how the length of an iteration is found; none: it is the learning rate",
                          .choices = {"strong_wolfe"}}},
          .states = states_of_lbfgs,
          .evaluates = true};
}

OptimizerKind muon() {
  return {
      .name = "Muon",
      .doc = "Momentum made orthogonal by a Newton-Schulz iteration; for the matrices of hidden layers.",
      .attributes = {learning_rate(1e-3),
                     amount("weight_decay", 0.1, "shrinks each parameter by this times the learning rate"),
                     amount("momentum", 0.95, "how slowly the mean gradient changes"),
                     switch_option("nesterov", true, "looks ahead along the momentum"),
                     {.name = "ns_coefficients",
                      .type = AttributeType::reals,
                      .doc = "of the Newton-Schulz iteration",
                      .value = std::vector<double>{3.4445, -4.7750, 2.0315},
                      .count = 3},
                     amount("eps", 1e-7, "least norm that is divided by"),
                     {.name = "ns_steps",
                      .doc = "Newton-Schulz iterations",
                      .value = std::int64_t{5},
                      .min = 0,
                      .max = 99},
                     {.name = "adjust_lr_fn",
                      .type = AttributeType::text,
                      .doc = "how the learning rate follows the matrix's sizes; none: original",
                      .choices = {"original", "match_rms_adamw"}}},
      .states = [](const Attributes&, size_t) -> States { return {{"momentum_buffer"}}; },
      .dims = 2};
}

}  // namespace

std::vector<OptimizerKind> gradient_optimizers() {
  return {sgd(), rmsprop(), rprop(), asgd(), lbfgs(), muon()};
}

}  // namespace orrery
