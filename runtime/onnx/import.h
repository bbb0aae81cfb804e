#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/formats/onnx_file.h"
#include "runtime/graph/graph.h"
#include "runtime/graph/runtime.h"

namespace orrery {

struct OnnxImportOptions {
  /// Inputs whose values are known: numbers that decide shapes. They are no fields of the graph's input.
  std::map<std::string, std::vector<double>> values = {};
  /// The same with tensors of other files (ONNX's test data).
  std::map<std::string, std::pair<std::shared_ptr<const OnnxFile>, OnnxTensor>> tensors = {};
  /// Sizes of an input, in place of those that the file declares: `shapes = { x = {1, 3, 224, 224} }`.
  std::map<std::string, Shape> shapes = {};
  std::string name = {};  ///< of the graph; empty: the file's
};

/// A graph of what the file describes, whose parameters get the file's values when the engine first needs
/// them: inputs are fields of the one input node, outputs are results under their names, names with `/` and
/// `.` are blocks. Small tensors that only other known ones decide are worked out.
///
/// Throws `Error(Fault::input_file)` beginning with the file: all operators that are not imported at once,
/// what depends on values that are not known, and whatever contradicts itself.
std::unique_ptr<Graph> import_onnx(const std::shared_ptr<const OnnxFile>& file, const Registry& registry,
                                   Runtime& runtime, const OnnxImportOptions& options = {});

/// A graph that gives the tensor of a file which holds one (`open_onnx_tensor`).
std::unique_ptr<Graph> graph_of_onnx_tensor(const std::shared_ptr<const OnnxFile>& file, Runtime& runtime);

}  // namespace orrery
