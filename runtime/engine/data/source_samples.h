#pragma once

#include "runtime/engine/data/samples.h"

namespace orrery {

// The samples of a source as they are stored, before its transforms; one function per kind that is not
// read into memory as a whole.

/// True for arrays of files whose samples are read one by one: as their options say, else those that are
/// larger than half of the machine's memory.
bool is_read_by_rows(const DataSource& source);
std::shared_ptr<const Samples> array_samples(const DataSource& source);

std::shared_ptr<const Samples> image_samples(const DataSource& source);
std::shared_ptr<const Samples> concat_samples(const DataSource& source, std::uint64_t seed);
std::shared_ptr<const Samples> subset_samples(const DataSource& source, std::uint64_t seed);
std::shared_ptr<const Samples> part_samples(const DataSource& source, std::uint64_t seed);

/// A sample of a text: its tokens, and the target where the source has one. All of it in memory.
std::shared_ptr<const Samples> text_samples_of(const DataSource& source);

}  // namespace orrery
