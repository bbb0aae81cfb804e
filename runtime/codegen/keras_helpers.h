#pragma once

#include <map>
#include <set>
#include <string>

namespace orrery {

/// What stands in a file of Keras' code beside the model: functions and classes in Python for what Keras'
/// own layers do otherwise than the model's, those alone that are called, in a fixed order, each behind two
/// empty lines. `called` may hold `load_weights` and what it has to know of.
std::string keras_helpers(std::set<std::string> called);

/// The names of all of them: a model's own functions are called otherwise.
std::set<std::string> keras_helper_names();

}  // namespace orrery
