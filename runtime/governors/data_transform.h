#pragma once

#include <string>
#include <vector>

#include "runtime/graph/attributes.h"
#include "runtime/graph/node.h"

namespace orrery {

/// A kind of change to samples before they become batches; names, options and defaults are those of
/// torchvision.transforms.v2 (0.26) where it has the kind. The engine's data/transforms computes it.
struct DataTransformKind {
  std::string name;  ///< `Resize`
  std::string doc;
  std::vector<Attribute> attributes;
  bool random = false;    ///< draws numbers, anew for each sample and epoch
  bool of_batch = false;  ///< takes a whole batch, mixing its samples
};

const std::vector<DataTransformKind>& data_transform_kinds();
/// The kind of that name. Fails with the nearest known name.
const DataTransformKind& data_transform_kind(const std::string& name);

/// One change, with its options complete and checked. Value type.
struct DataTransform {
  std::string kind;
  Attributes options;
};

/// Options that only together make sense, such as a range whose ends are the wrong way round, are Errors.
DataTransform data_transform(const std::string& kind, Attributes options);

/// True for a field that holds images: (C, H, W), no label.
bool is_image(const Field& field);

/// Left, top, right and bottom of an option `padding`, which may have one, two or four numbers.
std::vector<std::int64_t> border_sides(const std::vector<std::int64_t>& padding);

/// The fields of a sample after a transform: their shapes have no batch in front. Fails where the data do
/// not fit: no image to resize, a crop larger than the image, as many means as channels are not there.
std::vector<Field> transformed(const DataTransform& transform, std::vector<Field> sample);

}  // namespace orrery
