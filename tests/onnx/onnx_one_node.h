#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/onnx/onnx_builder.h"

namespace orrery::testing {

/// Adds a node whose outputs are the model's (empty names: left out), and imports the model.
std::unique_ptr<Graph> imported(OnnxBuilder& model, const std::string& operation,
                                std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes = {},
                                std::vector<std::string> outputs = {"y"});

/// What the import says to it, or "accepted".
std::string refusal_of(OnnxBuilder& model, const std::string& operation, std::vector<std::string> inputs,
                       std::vector<OnnxAttribute> attributes = {}, std::vector<std::string> outputs = {"y"});

/// The operations in their order, without constants and the input: `mul, add`.
std::string operations_in(const Graph& graph);

/// An option of the first node of an operation, as a user would write it.
std::string option_of(const Graph& graph, const std::string& operation, const std::string& option);

/// Dtype and shape of the graph's nth result: `float32 (N, 3)`.
std::string result_in(const Graph& graph, std::size_t result = 0);

}  // namespace orrery::testing
