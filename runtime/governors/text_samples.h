#pragma once

#include "runtime/formats/text_tokens.h"
#include "runtime/governors/data_source.h"

namespace orrery {

/// The text of a source of kind `text`, numbered and cut into samples.
struct TextSamples {
  TokenText text;
  /// First token of each sample and the one behind its last, which belongs to the target where there is one.
  std::vector<std::int64_t> begin, end;
};

/// Reads and cuts it. Windows that the text has no whole of are left out; lines that are empty are, too.
TextSamples text_samples(const DataSource& source);

}  // namespace orrery
