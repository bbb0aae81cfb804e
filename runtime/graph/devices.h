#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/graph/node.h"

namespace orrery {

/// The word of `x:to(device)`: `cpu`, `cuda`, `cuda:1`; empty for every other node.
std::string device_of_move(const Node& node);

/// The innermost block around a node that was placed (`block:to`); null where none was.
const Block* placed_block(const Node& node);

/// Where a node was asked to compute.
struct AskedDevice {
  std::string device;        ///< a device's word
  const Node* by = nullptr;  ///< the `to(device)` that it is or follows; null: the block around it says so
  const Node* against = nullptr;  ///< another `to(device)` that it follows, to another device
};

/// Where nodes were asked to compute; those that are not in it compute on the run's device. A node computes
/// where its own `to(device)` says; else where the block around it was placed; else, when it has no
/// parameters, where the values that it reads were moved by `to(device)`, by itself or by what they are made
/// of. A scalar counts only beside scalars, as in PyTorch. REQUIRES: producers come first.
std::unordered_map<const Node*, AskedDevice> asked_devices(const std::vector<const Node*>& order);

}  // namespace orrery
