#pragma once

#include <memory>
#include <string>
#include <vector>

#include "renderers/diagram/diagram.h"
#include "renderers/stages/feature_map.h"

namespace orrery {

struct Raster;

/// What a figure of feature maps draws as one thing: an operation with the map that it makes, and what is
/// done to that map without changing its size.
struct Stage {
  enum class Kind {
    input,
    convolution,
    upwards,  ///< makes maps larger: transposed convolutions, upsampling
    pooling,
    linear,
    band,    ///< a normalisation, activation or dropout of a value that others read, too
    joined,  ///< `cat`
    symbol,  ///< `+`, `×` of two values
    folded,  ///< a block drawn as one thing
    other,   ///< has no shape of its own: a box with its texts
  };
  Kind kind = Kind::other;
  int box = -1;            ///< of the diagram
  std::vector<int> bands;  ///< boxes of normalisations, activations and dropout upon it, in their order
  std::vector<int> after;  ///< boxes that only change how the map lies in memory (`flatten`)
  FeatureMap map;
  FeatureMap from;                            ///< the map of its first input
  std::vector<double> kernel;                 ///< of convolutions and pooling: the extents; else empty
  std::string caption;                        ///< `5×5 conv, stride 2`
  std::vector<std::string> extras;            ///< what else is done with parameters of its own: `+ bias`
  std::vector<std::string> notes;             ///< what was fused to it, what it costs, amounts of an overlay
  std::vector<std::string> errors, warnings;  ///< codes of the findings about any of its boxes
  std::string dtype;                          ///< of its result
  std::shared_ptr<const Raster> picture;      ///< of an input: stands on its face
};

/// A value on its way from one stage to another.
struct StageLine {
  int from = -1, to = -1;
  bool faulty = false;  ///< a finding is about it
  bool operator==(const StageLine&) const = default;
};

/// A diagram without frames as stages and the lines between them. Value type.
struct Stages {
  std::vector<Stage> stages;     ///< in order of construction
  std::vector<StageLine> lines;  ///< those into one stage in the order of its inputs
};

/// Finds the stages of a diagram of `graph`. Bands join the stage before when nobody else reads its value.
Stages find_stages(const Diagram& diagram, const Graph& graph);

/// What a stage's operation does, in few words.
std::string stage_caption(const DiagramBox& box, const Node& node);

/// The value of an option that is a list of sizes; null where the operation has none, or it is something
/// else.
const std::vector<std::int64_t>* sizes_option(const Node& node, const std::string& name);

}  // namespace orrery
