#include "runtime/vizml/write.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/vizml/governors.h"
#include "runtime/vizml/pieces.h"
#include "runtime/vizml/values.h"

namespace orrery {
namespace {

using nlohmann::json;
using namespace vizml_port;

// As VizML's editor draws them.
constexpr const char *kForward = "#fb9a99", *kLoss = "#e41a1c", *kGradient = "#4daf4a", *kSave = "#b3cde3";

json parameters_of(const VizmlKind& kind, const Attributes& options) {
  json list = json::array();
  for (const Attribute& option : kind.options) {
    const AttributeValue& value = options.at(option.name);
    if (option.name == "import_layer" && std::holds_alternative<std::monostate>(value)) continue;
    list.push_back({{"ParaName", option.name},
                    {"ParaClass", vizml_class(value)},
                    {"ParaValue", vizml_text(value)},
                    {"Required", option.required || option.told_by_input ? 1 : 0}});
  }
  return list;
}

class VizmlWriter {
 public:
  json write(const Graph& graph) {
    std::vector<std::string> faults;
    const VizmlRun* read = vizml_run(graph);
    const VizmlRun run = read ? *read : run_of_governors(graph, faults);
    const std::vector<VizmlPiece> pieces = vizml_pieces(graph, read, faults);
    check_values(pieces, faults);
    refuse(faults);
    for (const VizmlPiece& piece : pieces) add_piece(piece);
    for (const VizmlPiece& piece : pieces) link_piece(piece);
    add_governors(run);
    return {{"nodes", nodes_}, {"blocks", blocks_of(pieces)}, {"links", links_}};
  }

 private:
  static void refuse(const std::vector<std::string>& faults) {
    if (faults.empty()) return;
    throw Error(Fault::check, fmt::format("VizML's JSON cannot say:\n  {}", fmt::join(faults, "\n  ")), {},
                "docs/vizml.md lists the nodes that it has.");
  }

  // What is read must leave its piece at port 4 or 5.
  static void check_values(const std::vector<VizmlPiece>& pieces, std::vector<std::string>& faults) {
    std::map<const Node*, const VizmlPiece*> owners;
    for (const VizmlPiece& piece : pieces)
      for (const Node* node : piece.nodes) owners[node] = &piece;
    for (const VizmlPiece& piece : pieces)
      for (const Value& input : piece.inputs) {
        const auto owner = owners.find(input.node);
        if (owner == owners.end()) continue;
        const bool last = input.node == &owner->second->last();
        if (!last || (input.output > 0 && !input.node->input_spec()))
          faults.push_back(fmt::format("{} ({}): reads a value that VizML's node does not give, of {}",
                                       piece.last().path(), piece.last().operation(), input.node->path()));
      }
  }

  int add_node(const VizmlKind& kind, const Attributes& options) {
    const int id = static_cast<int>(nodes_.size()) + 1;
    nodes_.push_back({{"id", id},
                      {"node", kind.node},
                      {"type", std::string(name(kind.type))},
                      {"api", kind.api.empty() ? kind.node : kind.api},
                      {"source", kind.api.empty() ? "VizML" : "PyTorch"},
                      {"parameters", parameters_of(kind, options)}});
    return id;
  }

  void add_link(int from, int from_port, int to, int to_port, const char* color) {
    links_.push_back({{"id", links_.size() + 1},
                      {"color", color},
                      {"source", {{"nodeID", from}, {"port", from_port}}},
                      {"target", {{"nodeID", to}, {"port", to_port}}}});
  }

  void add_piece(const VizmlPiece& piece) {
    const int id = add_node(*piece.kind, piece.options);
    for (const Node* node : piece.nodes) {
      ids_[node] = id;
      if (node->layer()) layer_ids_.try_emplace(node->layer().get(), id);
    }
  }

  static int port_of(const Value& value) { return value.output == 1 ? kLabel : kOutput; }

  void link_piece(const VizmlPiece& piece) {
    for (size_t i = 0; i < piece.inputs.size(); ++i)
      add_link(ids_.at(piece.inputs[i].node), port_of(piece.inputs[i]), ids_.at(&piece.last()),
               i == 0 ? kInput : kSecond, kForward);
  }

  void add_governors(const VizmlRun& run) {
    for (const VizmlRun::Update& update : run.updates) {
      const int id = add_node(*vizml_kind("optimizer", update.kind), update.options);
      for (const LayerPtr& layer : update.layers)
        add_link(layer_ids_.at(layer.get()), kSelf, id, kInput, kGradient);
      for (const Value& leaf : update.leaves) add_link(ids_.at(leaf.node), kSelf, id, kInput, kGradient);
      add_link(ids_.at(update.loss.node), port_of(update.loss), id, kSecond, kLoss);
    }
    if (run.manager) add_node(*vizml_kind("monitor", "MonitorFinal"), *run.manager);
    for (const VizmlRun::Saved& saved : run.saved) {
      const VizmlKind& kind = *vizml_kind("monitor", "MonitorSaver");
      Attributes options(kind.options);
      options.set("path", saved.path);
      const bool starts = !saved.value.node->descriptor();
      add_link(ids_.at(saved.value.node), starts ? kSelf : kOutput, add_node(kind, options), kInput, kSave);
    }
  }

  json blocks_of(const std::vector<VizmlPiece>& pieces) {
    json blocks = json::array();
    std::map<const Block*, size_t> places;
    for (const VizmlPiece& piece : pieces) {
      if (!piece.block) continue;
      const auto [place, is_new] = places.try_emplace(piece.block, blocks.size());
      if (is_new)
        blocks.push_back({{"id", nodes_.size() + blocks.size() + 1},
                          {"name", piece.block->name()},
                          {"nodeIDs", json::array()}});
      blocks[place->second]["nodeIDs"].push_back(ids_.at(&piece.last()));
    }
    return blocks;
  }

  json nodes_ = json::array();
  json links_ = json::array();
  std::map<const Node*, int> ids_;
  std::map<const Layer*, int> layer_ids_;
};

}  // namespace

std::string to_vizml(const Graph& graph) { return VizmlWriter().write(graph).dump(); }

}  // namespace orrery
