#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/attributes.h"

namespace orrery {

/// What a node of VizML's is, by its key `type`.
enum class VizmlType { input, constant, layer, transform, optimizer, monitor };
std::string_view name(VizmlType type);

/// The ports of VizML's nodes, by their numbers in its JSON.
namespace vizml_port {
inline constexpr int kInput = 1;   ///< the main input: of an optimizer what it updates
inline constexpr int kSecond = 2;  ///< a loss's target, what an Adder adds, an optimizer's loss
inline constexpr int kSelf = 3;    ///< the node itself, for an optimizer or a Saver
inline constexpr int kOutput = 4;
inline constexpr int kLabel = 5;
}  // namespace vizml_port

/// A kind of node of VizML's catalogue.
struct VizmlKind {
  VizmlType type = VizmlType::layer;
  std::string node;  ///< `Conv2D`, as the key `node` has it
  std::string api;   ///< PyTorch's name: `Conv2d`; empty for VizML's own
  std::vector<int> ports;
  std::vector<Attribute> options;           ///< by the names that `ParaName` has
  std::vector<std::string> none_only = {};  ///< options of older versions of PyTorch: None is all they take
  std::string also = {};                    ///< another name for the node
  std::string operation = {};               ///< Orrery's; empty where no single one does it

  bool has_port(int port) const;
  /// Its tensors are a node of the graph, other than an optimizer or a monitor.
  bool in_graph() const { return type != VizmlType::optimizer && type != VizmlType::monitor; }
  bool starts() const { return type == VizmlType::input || type == VizmlType::constant; }
};

/// All of them: S. Yi, "VizML", 2020, and its generator; options and defaults of layers and optimizers are
/// PyTorch's, from the descriptions that Orrery has of them.
const std::vector<VizmlKind>& vizml_kinds();

/// The kind of a type and a node; null when there is none.
const VizmlKind* vizml_kind(std::string_view type, std::string_view node);

}  // namespace orrery
