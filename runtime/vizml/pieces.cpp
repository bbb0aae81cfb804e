#include "runtime/vizml/pieces.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace orrery {
namespace {

const VizmlKind& vizml_kind_of(VizmlType type, std::string_view node) {
  const VizmlKind* kind = vizml_kind(name(type), node);
  return *kind;
}

// The kind of node that an operation is; null where VizML has none.
const VizmlKind* vizml_kind_for(const std::string& operation) {
  if (operation == "relu") return &vizml_kind_of(VizmlType::layer, "ReLU");
  if (operation == "log_softmax") return &vizml_kind_of(VizmlType::layer, "LogSoftMax");
  if (operation == "add") return &vizml_kind_of(VizmlType::transform, "Adder");
  const auto found =
      std::ranges::find_if(vizml_kinds(), [&](const VizmlKind& kind) { return kind.operation == operation; });
  return found == vizml_kinds().end() ? nullptr : &*found;
}

std::vector<std::string> operations_in(const Block& block) {
  std::vector<std::string> operations;
  for (const Node* node : block.nodes()) operations.push_back(node->operation());
  return operations;
}

// Of two values, as they are.
bool adds_values(const Node* node) {
  const Descriptor* descriptor = node->descriptor();
  return descriptor && descriptor->name == "add" &&
         node->attributes() == Attributes(descriptor->attributes) && node->inputs().size() == 2;
}

bool divides_by_elements(const Node& node, const Node& first) {
  const Dim elements = numel(first.inputs()[0].shape());
  return elements.known() && node.attributes().has("other") &&
         node.attributes().real("other") == static_cast<double>(elements.value());
}

// The kind whose nodes the reader makes as a block of that name; null for others.
const VizmlKind* kind_of_block(const Block& block, const VizmlRun* run) {
  using Operations = std::vector<std::string>;
  const auto called = [&](const char* kind) {
    return block.name().starts_with(fmt::format("transform_{}_", kind));
  };
  if (!block.children().empty() || !block.parent()) return nullptr;
  const Operations operations = operations_in(block);
  if (called("GetGramMatrix") && operations == Operations{"view", "t", "mm", "div"} &&
      divides_by_elements(*block.nodes()[3], *block.nodes()[0]))
    return &vizml_kind_of(VizmlType::transform, "GetGramMatrix");
  if (called("Adder") && !operations.empty() && std::ranges::all_of(block.nodes(), adds_values))
    return &vizml_kind_of(VizmlType::transform, "Adder");
  if (run && called("Normalize") && operations == Operations{"Constant", "Constant", "sub", "div"})
    return &vizml_kind_of(VizmlType::transform, "Normalize");
  return nullptr;
}

const VizmlRun::Tensor* vizml_tensor_of(const VizmlRun* run, const Node& node) {
  if (!run) return nullptr;
  const auto found =
      std::ranges::find_if(run->tensors, [&](const auto& tensor) { return tensor.value.node == &node; });
  return found == run->tensors.end() ? nullptr : &*found;
}

class PieceCutter {
 public:
  PieceCutter(const Graph& graph, const VizmlRun* run, std::vector<std::string>& faults)
      : run_(run), faults_(faults) {
    std::map<const Layer*, int> applications;
    for (const auto& node : graph.nodes())
      if (node->layer() && ++applications[node->layer().get()] == 2)
        shared_[node->layer().get()] = node->layer()->name();
    if (run)
      for (const auto& [name, layer] : run->imported) shared_[layer.get()] = name;
  }

  void take(const Node& node) {
    if (const VizmlKind* kind = kind_of_block(node.block(), run_)) return take_block(node.block(), *kind);
    VizmlPiece piece{.nodes = {&node}, .inputs = node.inputs(), .block = outermost(node.block())};
    if (node.kind() == Node::Kind::input)
      take_input(node, piece);
    else if (node.kind() == Node::Kind::constant)
      take_constant(node, piece);
    else
      take_operation(node, piece);
    if (piece.kind) pieces.push_back(std::move(piece));
  }

  std::vector<VizmlPiece> pieces;

 private:
  void refuse(const Node& node, const std::string& why) {
    faults_.push_back(fmt::format("{} ({}): {}", node.path(), node.operation(), why));
  }

  static const Block* outermost(const Block& block) {
    const Block* found = block.parent() ? &block : nullptr;
    while (found && found->parent()->parent()) found = found->parent();
    return found;
  }

  void take_input(const Node& node, VizmlPiece& piece) {
    if (const VizmlRun::Tensor* known = vizml_tensor_of(run_, node)) {
      piece.kind = &vizml_kind_of(VizmlType::input, known->kind);
      piece.options = known->options;
      return;
    }
    const std::vector<Field>& fields = node.input_spec()->fields;
    const Shape digit{Dim::symbol("N"), 1, 28, 28};
    if (fields.size() == 2 && fields[0].type.shape == digit && fields[1].label) {
      piece.kind = &vizml_kind_of(VizmlType::input, "MNIST");
      piece.options = Attributes(piece.kind->options);
    } else if (fields.size() == 1 && fields[0].type.dtype == DType::float32) {
      piece.kind = &vizml_kind_of(VizmlType::input, "RandomTensor");
      piece.options = sized(node, *piece.kind, fields[0].type.shape);
    } else {
      refuse(node, "VizML's inputs are one tensor, or pictures of 28×28 with labels");
    }
  }

  // The batch, a symbol, becomes one sample.
  Attributes sized(const Node& node, const VizmlKind& kind, const Shape& shape) {
    std::vector<std::int64_t> sizes;
    for (size_t i = 0; i < shape.size(); ++i) {
      if (!shape[i].known() && i > 0) refuse(node, "VizML's tensors have known sizes, got " + str(shape));
      sizes.push_back(shape[i].known() ? shape[i].value() : 1);
    }
    Attributes options(kind.options);
    options.set("size", std::move(sizes));
    return options;
  }

  void take_constant(const Node& node, VizmlPiece& piece) {
    const VizmlRun::Tensor* known = vizml_tensor_of(run_, node);
    if (!known) return refuse(node, "VizML has the values of constants in files, which this has none of");
    piece.kind = &vizml_kind_of(VizmlType::constant, known->kind);
    piece.options = known->options;
  }

  void take_operation(const Node& node, VizmlPiece& piece) {
    const VizmlKind* kind = vizml_kind_for(node.operation());
    if (!kind) return refuse(node, "VizML has no such node");
    piece.options = Attributes(kind->options);
    for (const Attribute& option : node.descriptor()->attributes)
      if (!take_option(node, *kind, option, piece)) return;
    if (node.layer() && !take_layer(node, piece)) return;
    std::erase_if(piece.inputs, [](const Value& value) { return !value; });
    if (kind->type == VizmlType::transform && piece.inputs.size() > 1 && kind->node != "Adder")
      return refuse(node, "VizML's nodes of this kind read one value");
    piece.kind = kind;
  }

  // False, and a fault, where VizML's kind has not the option and it is not as usual.
  bool take_option(const Node& node, const VizmlKind& kind, const Attribute& option, VizmlPiece& piece) {
    const AttributeValue& value = node.attributes().at(option.name);
    const auto known = std::ranges::find(kind.options, option.name, &Attribute::name);
    if (known != kind.options.end()) {
      piece.options.set(option.name, as_real(value, *known));
      return true;
    }
    if (value == option.value || std::holds_alternative<std::monostate>(value)) return true;
    refuse(node, fmt::format("VizML's has no option {} = {}", option.name, str(value)));
    return false;
  }

  static AttributeValue as_real(const AttributeValue& value, const Attribute& option) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    return whole && option.type == AttributeType::real ? AttributeValue(static_cast<double>(*whole)) : value;
  }

  bool take_layer(const Node& node, VizmlPiece& piece) {
    if (!node.layer()->parametrizations().empty())
      return refuse(node, "VizML's layers have no computed weights"), false;
    if (const auto name = shared_.find(node.layer().get()); name != shared_.end())
      piece.options.set("import_layer", name->second);
    return true;
  }

  // Once, at its last node, since what it reads is known then.
  void take_block(const Block& block, const VizmlKind& kind) {
    VizmlPiece piece{.kind = &kind, .options = Attributes(kind.options), .block = outermost(*block.parent())};
    if (!taken_.insert(&block).second) return;
    piece.nodes = {block.nodes().begin(), block.nodes().end()};
    for (const Node* node : piece.nodes) {
      for (const Value& input : node->inputs())
        if (input && &input.node->block() != &block) piece.inputs.push_back(input);
      if (const VizmlRun::Tensor* known = vizml_tensor_of(run_, *node)) piece.options = known->options;
    }
    if (kind.node == "GetGramMatrix" || kind.node == "Normalize") piece.inputs.resize(1);
    pieces.push_back(std::move(piece));
  }

  const VizmlRun* run_;
  std::vector<std::string>& faults_;
  std::map<const Layer*, std::string> shared_;  ///< by the name that their nodes share
  std::set<const Block*> taken_;
};

}  // namespace

std::vector<VizmlPiece> vizml_pieces(const Graph& graph, const VizmlRun* run,
                                     std::vector<std::string>& faults) {
  PieceCutter cutter(graph, run, faults);
  for (const auto& node : graph.nodes()) cutter.take(*node);
  return std::move(cutter.pieces);
}

}  // namespace orrery
