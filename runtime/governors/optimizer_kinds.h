#pragma once

#include <string>
#include <vector>

#include "runtime/governors/optimizer.h"

namespace orrery {

// What the descriptions of optimizers share.

/// A number of at least 0.
Attribute amount(std::string name, double value, std::string doc);
/// true or false.
Attribute switch_option(std::string name, bool value, std::string doc);
/// An integer of at least 1.
Attribute whole_number(std::string name, AttributeValue value, std::string doc);
/// Two numbers.
Attribute pair_option(std::string name, AttributeValue value, std::string doc);

Attribute learning_rate(double value);
/// A decay that is added to the gradient.
Attribute weight_decay();
Attribute maximize();

/// SGD, RMSprop, Rprop, ASGD, LBFGS, Muon: steps along the gradient.
std::vector<OptimizerKind> gradient_optimizers();
/// Adam and what came of it, Adagrad, Adadelta, Adafactor: a step size for each number.
std::vector<OptimizerKind> adaptive_optimizers();

}  // namespace orrery
