#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/attributes.h"
#include "runtime/graph/parameter.h"

namespace orrery {

/// A rule that computes a layer's tensor from others, such as weight_norm. Described like an operation;
/// the registry lists the kinds
/// (runtime/ops/parametrizations.cpp), engine/kernels compute them.
struct ParametrizationKind {
  /// A tensor that the computed one is made of.
  struct Part {
    std::string name;  ///< behind `parametrizations.<slot>.`: `original0`, `0._u`
    Shape shape;
    bool buffer = false;
    bool own = false;  ///< the layer's tensor itself, which keeps its place in optimizers
  };
  std::string name;
  std::string doc;
  std::vector<Attribute> attributes;  ///< in PyTorch's order, without the slot's name
  /// The parts for a tensor of this shape that belongs to a layer of this kind (`ConvTranspose2d`);
  /// exactly one is `own`. Fails (Fault::usage) when the options do not fit; fills in those that shape and
  /// layer decide.
  std::function<std::vector<Part>(Attributes&, const Shape&, const std::string& layer)> parts;
};

/// One slot of a layer that is computed.
struct Parametrization {
  std::string slot;  ///< `weight`
  const ParametrizationKind* kind = nullptr;
  Attributes attributes;
  std::vector<ParameterPtr> parts = {};  ///< as `kind->parts` lists them; filled in by the layer
};

}  // namespace orrery
