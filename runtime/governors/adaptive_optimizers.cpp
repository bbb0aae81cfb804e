#include "runtime/governors/optimizer_kinds.h"

namespace orrery {
namespace {

using States = std::vector<StateTensor>;
using Extent = StateTensor::Extent;

Attribute betas() {
  Attribute betas = pair_option("betas", std::vector<double>{0.9, 0.999},
                                "how slowly the means of gradient and squared gradient change");
  betas.max = 1;
  betas.below_max = true;
  return betas;
}

Attribute eps(double value) { return amount("eps", value, "added to the denominator"); }

Attribute decoupled() {
  return switch_option("decoupled_weight_decay", false,
                       "the decay shrinks each parameter by itself times the learning rate, as AdamW's does");
}

States moments(const Attributes&, size_t) { return {{"exp_avg"}, {"exp_avg_sq"}}; }

States adam_moments(const Attributes& options, size_t dims) {
  States states = moments(options, dims);
  if (options.boolean("amsgrad")) states.push_back({"max_exp_avg_sq"});
  return states;
}

OptimizerKind adam(std::string name, std::string doc, Attribute decay) {
  return {.name = std::move(name),
          .doc = std::move(doc),
          .attributes = {learning_rate(1e-3), betas(), eps(1e-8), std::move(decay),
                         switch_option("amsgrad", false,
                                       "divides by the largest mean of squared gradients so far"),
                         maximize()},
          .states = adam_moments,
          .counts = true};
}

OptimizerKind adamax() {
  return {.name = "Adamax",
          .doc = "Adam that divides by the largest of recent gradients.",
          .attributes = {learning_rate(2e-3), betas(), eps(1e-8), weight_decay(), maximize()},
          .states = [](const Attributes&, size_t) -> States {
            return {{"exp_avg"}, {"exp_inf"}};
          },
          .counts = true};
}

OptimizerKind nadam() {
  return {.name = "NAdam",
          .doc = "Adam with Nesterov's momentum.",
          .attributes = {learning_rate(2e-3), betas(), eps(1e-8), weight_decay(),
                         amount("momentum_decay", 4e-3, "how fast the momentum grows to its final value"),
                         decoupled(), maximize()},
          .states =
              [](const Attributes& options, size_t dims) {
                States states = moments(options, dims);
                states.push_back({"mu_product", Extent::number, 1});
                return states;
              },
          .counts = true};
}

OptimizerKind radam() {
  return {.name = "RAdam",
          .doc = "Adam that waits until its mean of squared gradients can be trusted: no warm-up is needed.",
          .attributes = {learning_rate(1e-3), betas(), eps(1e-8), weight_decay(), decoupled(), maximize()},
          .states = moments,
          .counts = true};
}

OptimizerKind adagrad() {
  return {.name = "Adagrad",
          .doc = "Steps divided by the root of the sum of all squared gradients.",
          .attributes = {learning_rate(1e-2),
                         amount("lr_decay", 0, "how fast the learning rate falls with the updates"),
                         weight_decay(),
                         amount("initial_accumulator_value", 0, "what the sums of squares begin with"),
                         eps(1e-10), maximize()},
          .states = [](const Attributes& options, size_t) -> States {
            return {{"sum", Extent::parameter, options.real("initial_accumulator_value")}};
          },
          .counts = true};
}

OptimizerKind adadelta() {
  Attribute rho = amount("rho", 0.9, "how slowly the means of squares change");
  rho.max = 1;
  return {.name = "Adadelta",
          .doc = "Steps as large as the recent ones, in the units of the parameter.",
          .attributes = {learning_rate(1), std::move(rho), eps(1e-6), weight_decay(), maximize()},
          .states = [](const Attributes&, size_t) -> States {
            return {{"square_avg"}, {"acc_delta"}};
          }};
}

States variances(const Attributes&, size_t dims) {
  if (dims < 2) return {{"variance"}};
  return {{"row_var", Extent::column}, {"col_var", Extent::row}};
}

OptimizerKind adafactor() {
  return {.name = "Adafactor",
          .doc = "Adam with little memory: a matrix keeps the means of its rows and columns only.",
          .attributes = {learning_rate(1e-2),
                         {.name = "beta2_decay",
                          .type = AttributeType::real,
                          .doc = "power of the number of updates by which new squares count less",
                          .value = -0.8,
                          .max = 0},
                         pair_option("eps", {},
                                     "least root of a variance, and least size of a parameter that steps are "
                                     "relative to; none: the dtype's own, and 0.001"),
                         {.name = "d",
                          .type = AttributeType::real,
                          .doc = "root mean square above which a step is shortened",
                          .value = 1.0,
                          .min = 1},
                         amount("weight_decay", 0, "shrinks each parameter by this times the learning rate"),
                         maximize()},
          .states = variances,
          .counts = true};
}

}  // namespace

std::vector<OptimizerKind> adaptive_optimizers() {
  return {adam("Adam", "Steps scaled by running means of the gradient and its square.", weight_decay()),
          adam("AdamW", "Adam whose weight decay shrinks the parameters themselves.",
               amount("weight_decay", 0.01, "shrinks each parameter by this times the learning rate")),
          adamax(),
          nadam(),
          radam(),
          adagrad(),
          adadelta(),
          adafactor()};
}

}  // namespace orrery
