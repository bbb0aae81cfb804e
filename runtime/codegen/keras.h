#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace orrery {

/// The graph as a module of Python for Keras 3, whose functional models run on TensorFlow, JAX and PyTorch: a
/// function that makes the model, one for each kind of block that is there several times, and `load_weights`,
/// which takes the weights of a saved model. Data stay channels first. Losses are no part of it. Fails
/// (Fault::check) with all nodes that Keras' code cannot say. Formatted as black does.
std::string keras_code(const Graph& graph);

}  // namespace orrery
