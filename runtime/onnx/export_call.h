#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/formats/onnx_model.h"
#include "runtime/graph/node.h"

namespace orrery {

class OnnxExporter;

using OnnxNames = std::vector<std::string>;
using OnnxGiven = std::vector<OnnxAttribute>;

// Attributes of nodes that are written.
OnnxAttribute onnx_real(std::string name, double value);
OnnxAttribute onnx_integer(std::string name, std::int64_t value);
OnnxAttribute onnx_word(std::string name, std::string value);
OnnxAttribute onnx_integers(std::string name, std::vector<std::int64_t> values);

/// Thrown by `OnnxExportCall::refuse`; the exporter collects them.
struct OnnxUnsaid {
  std::string reason;
};

/// One node of a graph while it becomes nodes of ONNX: what its operation's exporter sees. An exporter asks
/// for inputs and options, adds nodes, and gives each output the name of a value.
///
///     void export_relu(OnnxExportCall& call) { call.give(call.add("Relu", {call.input()})); }
class OnnxExportCall {
 public:
  OnnxExportCall(OnnxExporter& exporter, const Node& node) : exporter_(exporter), node_(node) {}

  const Node& node() const { return node_; }
  const Attributes& options() const { return node_.attributes(); }
  /// The version of ONNX's operators that is written.
  std::int64_t opset() const;

  // Inputs and results.

  int input_count() const { return static_cast<int>(node_.inputs().size()); }
  bool has(int input) const;
  const TensorType& type(int input = 0) const {
    return node_.inputs()[static_cast<std::size_t>(input)].type();
  }
  const Shape& shape(int input = 0) const { return type(input).shape; }
  int rank(int input = 0) const { return static_cast<int>(shape(input).size()); }
  const TensorType& result(int output = 0) const { return node_.outputs()[static_cast<std::size_t>(output)]; }
  int result_rank() const { return static_cast<int>(result().shape.size()); }
  /// The name of an input; empty for one that is left out.
  std::string input(int input = 0) const;
  /// The same in another dtype.
  std::string input(int input, DType dtype) const;
  /// An input, or the number in the option of the port's name, in that dtype.
  std::string operand(int port, DType dtype) const;
  /// An option that names a dimension, counted from 0.
  std::int64_t dim(const std::string& option, int rank) const;
  /// The same of several, all of them where the option is left out.
  std::vector<std::int64_t> dims(const std::string& option, int rank) const;

  // Tensors of the layer.

  bool has_tensor(const std::string& slot) const;
  std::string tensor(const std::string& slot) const;
  const Shape& tensor_shape(const std::string& slot) const;
  /// Rows of the layer's tensors one behind the other, as an initializer of that shape: `{"weight_ih_l0", 0,
  /// 4}`.
  struct Rows {
    std::string slot;
    std::int64_t from, to;
  };
  std::string joined(const std::string& name, std::vector<std::int64_t> shape,
                     const std::vector<Rows>& rows) const;

  // Constants: scalars, and lists of one dimension.

  std::string integer(std::int64_t value) const;
  std::string integers(const std::vector<std::int64_t>& values) const;
  std::string number(double value, DType dtype) const;
  /// So many equal numbers.
  std::string numbers(double value, std::int64_t count, DType dtype) const;
  /// Numbers in rows of a tensor of that shape.
  std::string numbers(std::vector<double> values, std::vector<std::int64_t> shape, DType dtype) const;
  /// One size as a list of one, also where only the data tell it.
  std::string size(const Dim& size) const;
  std::string sizes(const Shape& shape) const;

  // Making.

  /// Adds a node; gives the name of its result.
  std::string add(const std::string& operation, OnnxNames inputs, OnnxGiven given = {}) const;
  OnnxNames add_all(const std::string& operation, OnnxNames inputs, OnnxGiven given, int outputs) const;
  std::string cast(const std::string& value, DType from, DType to) const;
  /// A value in another shape of as many elements.
  std::string reshape(const std::string& value, const Shape& from, const Shape& to) const;
  std::string transpose(const std::string& value, std::vector<std::int64_t> dims) const;
  std::string unsqueeze(const std::string& value, std::vector<std::int64_t> dims) const;
  std::string squeeze(const std::string& value, std::vector<std::int64_t> dims) const;
  /// `ReduceSum` and its like, whose axes were an attribute and became an input.
  std::string reduce(const std::string& operation, const std::string& value, std::vector<std::int64_t> dims,
                     bool keep) const;
  /// `value` without the elements outside `from` … `to` along a dimension.
  std::string slice(const std::string& value, std::int64_t dim, std::int64_t from, std::int64_t to,
                    std::int64_t step = 1) const;

  // Giving.

  void give(std::string name) const { give(0, std::move(name)); }
  void give(int output, std::string name) const;

  /// Stops: the reason stands behind the node's path and line.
  [[noreturn]] static void refuse(std::string reason) { throw OnnxUnsaid{std::move(reason)}; }
  /// Stops unless operators of that version are written.
  void require_opset(std::int64_t version, const std::string& operation) const;

 private:
  OnnxExporter& exporter_;
  const Node& node_;
};

}  // namespace orrery
