#pragma once

#include <optional>
#include <vector>

#include "runtime/engine/data/samples.h"

namespace orrery {

/// How samples become a batch.
struct Collation {
  std::vector<Field> sample;  ///< the fields of a sample, without a batch
  std::optional<double> pad;  ///< fills shorter samples at their ends; none: sizes must be equal
  std::vector<std::string> classes;
  std::string kind;      ///< of the source, for messages
  SourceSite site = {};  ///< of the script's line that made the source
};

/// Reads the samples and puts each field's values one after the other, padded to the longest of the batch in
/// the dimensions whose size differs; behind the fields stands a mask (N, longest) for each padded one, true
/// where there is data. Throws `Error` naming the sample, its file and the script's line: what reading it
/// threw, other shapes or types than the source has, a label that is no class.
std::vector<at::Tensor> collated(const Samples& samples, const std::vector<std::int64_t>& indices,
                                 std::int64_t epoch, const Collation& how);

}  // namespace orrery
