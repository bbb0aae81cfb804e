#include "runtime/formats/onnx_graph.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/onnx_tensor.h"

namespace orrery {
namespace {

constexpr std::int64_t kNewestIr = 14, kFirstIrWithOpsets = 3;
// Of nodes, tensors, names, …: each takes a hundred times the memory of the two bytes that a file needs.
constexpr std::size_t kMostParts = 4'000'000;

// Numbers of fields. Source: onnx.proto3 of ONNX 1.18 (IR version 11).
namespace in_model {
enum {
  ir_version = 1,
  producer,
  producer_version,
  domain,
  doc = 6,
  graph,
  opset,
  metadata = 14,
  function = 25
};
}
namespace in_graph {
enum { node = 1, name, initializer = 5, input = 11, output, value, sparse = 15 };
}
namespace in_node {
enum { input = 1, output, name, operation, attribute, domain = 7, overload };
}
namespace in_attribute {
enum {
  name = 1,
  real,
  integer,
  text,
  tensor,
  graph,
  reals,
  integers,
  texts,
  tensors,
  graphs,
  type_proto = 14,
  type_protos,
  type = 20,
  reference,
  sparse,
  sparses
};
}
namespace in_function {
enum { name = 1, input = 4, output, attribute, node, opset = 9, domain, default_attribute, overload = 13 };
}
namespace in_type {
enum { tensor = 1, sequence = 4, map, sparse = 8, optional };
}

std::string domain_of(std::string text) { return text == "ai.onnx" ? "" : text; }

class ModelReading {
 public:
  explicit ModelReading(ProtoBytes& bytes) : bytes_(bytes) {}

  OnnxModel read() {
    ProtoMessage message(bytes_, "the model");
    while (message.next()) read_model_field(message);
    check_versions();
    return std::move(model_);
  }

 private:
  void read_model_field(ProtoMessage& message) {
    switch (message.field()) {
      case in_model::ir_version: model_.ir_version = message.integer(); return;
      case in_model::producer: model_.producer = message.text(); return;
      case in_model::producer_version: model_.producer_version = message.text(); return;
      case in_model::domain: model_.domain = message.text(); return;
      case in_model::doc: model_.doc = message.text(); return;
      case in_model::opset: return read_opset(message.message("an operator set"), model_.opsets);
      case in_model::metadata: return read_metadata(message.message("an entry of the metadata"));
      case in_model::function:
        return add(model_.functions, read_function(message.message("a function")), message);
      case in_model::graph:
        // Protobuf would make one of two, which is what two files written one after another are.
        if (has_graph_) message.refuse("there is a second graph");
        has_graph_ = true;
        model_.graph = read_graph(message.message("the graph"));
        return;
      default: message.skip();
    }
  }

  void check_versions() const {
    const std::int64_t ir = model_.ir_version;
    if (ir == 0 && !has_graph_) {
      fail(Fault::input_file, "{} is no ONNX model: it has neither a graph nor the version of its form",
           bytes_.source());
    }
    if (ir == 0) bytes_.refuse(0, "it does not tell the version of its form (ir_version)");
    check(ir > 0 && ir <= kNewestIr, Fault::input_file,
          "{} is of ONNX's IR version {}; versions 1 to {} are read", bytes_.source(), ir, kNewestIr);
    if (!has_graph_) bytes_.refuse(bytes_.size(), "it has no graph");
    if (model_.opsets.empty() && ir >= kFirstIrWithOpsets)
      bytes_.refuse(bytes_.size(), "it does not tell which operator set it uses (opset_import)");
  }

  template <class Part>
  void add(std::vector<Part>& parts, Part part, const ProtoMessage& message) {
    if (++parts_ > kMostParts) message.refuse(fmt::format("it has more than {} parts", kMostParts));
    parts.push_back(std::move(part));
  }

  void read_opset(ProtoMessage message, std::map<std::string, std::int64_t>& opsets) {
    std::string domain;
    std::int64_t version = 0;
    while (message.next()) {
      if (message.field() == 1)
        domain = domain_of(message.text());
      else if (message.field() == 2)
        version = message.integer();
      else
        message.skip();
    }
    if (version <= 0)
      message.refuse(fmt::format("operator set {} cannot have the version {}", quote_path(domain), version));
    const auto [place, fresh] = opsets.try_emplace(domain, version);
    if (!fresh && place->second != version) {
      message.refuse(fmt::format("operator set {} is wanted in the versions {} and {}",
                                 quote_path(domain.empty() ? "ai.onnx" : domain), place->second, version));
    }
  }

  void read_metadata(ProtoMessage message) {
    std::string key, value;
    while (message.next()) {
      if (message.field() == 1)
        key = message.text();
      else if (message.field() == 2)
        value = message.text();
      else
        message.skip();
    }
    model_.metadata[key] = std::move(value);
  }

  // ---- graphs ----

  OnnxGraph read_graph(ProtoMessage message) {
    OnnxGraph graph;
    while (message.next()) {
      switch (message.field()) {
        case in_graph::node: add(graph.nodes, read_node(message.message("a node")), message); break;
        case in_graph::name: graph.name = message.text(); break;
        case in_graph::initializer: add(graph.initializers, read_tensor(message), message); break;
        case in_graph::input: add(graph.inputs, read_value(message.message("an input")), message); break;
        case in_graph::output: add(graph.outputs, read_value(message.message("an output")), message); break;
        case in_graph::value: add(graph.values, read_value(message.message("a value")), message); break;
        case in_graph::sparse:
          add(graph.sparse_initializers, sparse_name(message.message("a sparse tensor")), message);
          break;
        default: message.skip();
      }
    }
    return graph;
  }

  OnnxTensor read_tensor(ProtoMessage& message) {
    return read_onnx_tensor(message.message("a tensor"), bytes_);
  }

  // A SparseTensorProto has the name of its values.
  std::string sparse_name(ProtoMessage message) {
    std::string name;
    while (message.next()) {
      if (message.field() == 1)
        name = read_tensor(message).name;
      else
        message.skip();
    }
    return name;
  }

  OnnxNode read_node(ProtoMessage message) {
    OnnxNode node;
    std::string overload;
    while (message.next()) {
      switch (message.field()) {
        case in_node::input: add(node.inputs, message.text(), message); break;
        case in_node::output: add(node.outputs, message.text(), message); break;
        case in_node::name: node.name = message.text(); break;
        case in_node::operation: node.operation = message.text(); break;
        case in_node::domain: node.domain = domain_of(message.text()); break;
        case in_node::overload: overload = message.text(); break;
        case in_node::attribute:
          add(node.attributes, read_attribute(message.message("an attribute")), message);
          break;
        default: message.skip();
      }
    }
    if (node.operation.empty())
      bytes_.refuse(message.start(), fmt::format("node {} has no operator", quote_path(node.name)));
    if (!overload.empty()) node.operation += ":" + overload;
    return node;
  }

  OnnxFunction read_function(ProtoMessage message) {
    OnnxFunction function;
    std::string overload;
    while (message.next()) {
      switch (message.field()) {
        case in_function::name: function.name = message.text(); break;
        case in_function::domain: function.domain = domain_of(message.text()); break;
        case in_function::overload: overload = message.text(); break;
        case in_function::input: add(function.inputs, message.text(), message); break;
        case in_function::output: add(function.outputs, message.text(), message); break;
        case in_function::attribute: add(function.attributes, message.text(), message); break;
        case in_function::node: add(function.nodes, read_node(message.message("a node")), message); break;
        case in_function::opset: read_opset(message.message("an operator set"), function.opsets); break;
        case in_function::default_attribute:
          add(function.default_attributes, read_attribute(message.message("an attribute")), message);
          break;
        default: message.skip();
      }
    }
    if (!overload.empty()) function.name += ":" + overload;
    return function;
  }

  // ---- attributes ----

  OnnxAttribute read_attribute(ProtoMessage message) {
    OnnxAttribute attribute;
    std::optional<std::int64_t> told;
    using Kind = OnnxAttribute::Kind;
    Kind seen = Kind::undefined;
    while (message.next()) {
      if (message.field() == in_attribute::type)
        told = message.integer();
      else if (const Kind kind = read_attribute_field(message, attribute); kind != Kind::undefined)
        seen = kind;
    }
    const std::int64_t kind = told.value_or(0);
    if (kind < 0 || kind > static_cast<std::int64_t>(Kind::types)) {
      bytes_.refuse(message.start(),
                    fmt::format("attribute {} has the unknown type {}", quote_path(attribute.name), kind));
    }
    // Files of IR version 1 do not tell types.
    attribute.kind = kind == 0 ? seen : static_cast<Kind>(kind);
    check_attribute(attribute, message);
    return attribute;
  }

  // What the field holds; nothing for names and comments.
  OnnxAttribute::Kind read_attribute_field(ProtoMessage& message, OnnxAttribute& attribute) {
    using Kind = OnnxAttribute::Kind;
    switch (message.field()) {
      case in_attribute::name: attribute.name = message.text(); return Kind::undefined;
      case in_attribute::reference: attribute.reference = message.text(); return Kind::undefined;
      case in_attribute::real: attribute.real = static_cast<double>(message.real()); return Kind::real;
      case in_attribute::integer: attribute.integer = message.integer(); return Kind::integer;
      case in_attribute::text: attribute.text = message.raw(); return Kind::text;
      case in_attribute::reals: message.add_reals(attribute.reals); return Kind::reals;
      case in_attribute::integers: message.add_integers(attribute.integers); return Kind::integers;
      case in_attribute::texts: add(attribute.texts, message.raw(), message); return Kind::texts;
      case in_attribute::tensor: attribute.tensors = {read_tensor(message)}; return Kind::tensor;
      case in_attribute::tensors: add(attribute.tensors, read_tensor(message), message); return Kind::tensors;
      case in_attribute::graph: attribute.graphs = {read_inner_graph(message)}; return Kind::graph;
      case in_attribute::graphs:
        add(attribute.graphs, read_inner_graph(message), message);
        return Kind::graphs;
      default: return skip_attribute_field(message);
    }
  }

  // Values that are not kept.
  OnnxAttribute::Kind skip_attribute_field(ProtoMessage& message) {
    using Kind = OnnxAttribute::Kind;
    const std::uint64_t field = message.field();
    message.skip();
    switch (field) {
      case in_attribute::sparse: return Kind::sparse_tensor;
      case in_attribute::sparses: return Kind::sparse_tensors;
      case in_attribute::type_proto: return Kind::type;
      case in_attribute::type_protos: return Kind::types;
      default: return Kind::undefined;
    }
  }

  std::shared_ptr<const OnnxGraph> read_inner_graph(ProtoMessage& message) {
    return std::make_shared<const OnnxGraph>(read_graph(message.message("a graph")));
  }

  void check_attribute(const OnnxAttribute& attribute, const ProtoMessage& message) const {
    using Kind = OnnxAttribute::Kind;
    if (!attribute.reference.empty()) return;
    const bool lacking = (attribute.kind == Kind::tensor && attribute.tensors.size() != 1) ||
                         (attribute.kind == Kind::graph && attribute.graphs.size() != 1);
    if (lacking) {
      bytes_.refuse(message.start(),
                    fmt::format("attribute {} should hold one {}", quote_path(attribute.name),
                                attribute.kind == Kind::tensor ? "tensor" : "graph"));
    }
  }

  // ---- types ----

  OnnxValue read_value(ProtoMessage message) {
    OnnxValue value;
    while (message.next()) {
      if (message.field() == 1)
        value.name = message.text();
      else if (message.field() == 2)
        value.type = read_type(message.message("a type"));
      else
        message.skip();
    }
    return value;
  }

  OnnxType read_type(ProtoMessage message) {
    using Kind = OnnxType::Kind;
    OnnxType type;
    const auto is = [&](Kind kind) {
      type.kind = kind;
      message.skip();
    };
    while (message.next()) {
      switch (message.field()) {
        case in_type::tensor: type = read_tensor_type(message.message("a tensor's type")); break;
        case in_type::sequence: is(Kind::sequence); break;
        case in_type::map: is(Kind::map); break;
        case in_type::sparse: is(Kind::sparse); break;
        case in_type::optional: is(Kind::optional); break;
        default: message.skip();
      }
    }
    return type;
  }

  OnnxType read_tensor_type(ProtoMessage message) {
    OnnxType type;
    type.kind = OnnxType::Kind::tensor;
    while (message.next()) {
      if (message.field() == 1)
        type.dtype = static_cast<OnnxDType>(message.integer());
      else if (message.field() == 2)
        type.shape = read_shape(message.message("a shape"));
      else
        message.skip();
    }
    return type;
  }

  std::vector<OnnxDim> read_shape(ProtoMessage message) {
    std::vector<OnnxDim> shape;
    while (message.next()) {
      if (message.field() == 1)
        add(shape, read_dim(message.message("a dimension")), message);
      else
        message.skip();
    }
    return shape;
  }

  OnnxDim read_dim(ProtoMessage message) {
    OnnxDim dim;
    while (message.next()) {
      if (message.field() == 1)
        dim.size = message.integer();
      else if (message.field() == 2)
        dim.symbol = message.text();
      else
        message.skip();
    }
    // Some exporters write -1 for what is not known.
    if (dim.size < 0) dim.size = -1;
    return dim;
  }

  ProtoBytes& bytes_;
  OnnxModel model_;
  bool has_graph_ = false;
  std::size_t parts_ = 0;
};

}  // namespace

OnnxModel read_onnx_model(ProtoBytes& bytes) { return ModelReading(bytes).read(); }

}  // namespace orrery
