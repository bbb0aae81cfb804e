#pragma once

#include "runtime/formats/csv.h"
#include "runtime/governors/data_source.h"

namespace orrery {

/// What the header of a source tells. The fields' shapes are those of one sample.
struct SourceHeader {
  std::vector<Field> fields;
  std::vector<std::string> classes;
  std::int64_t length = 0;
};

// One function per kind. Options are complete and checked. Missing, damaged and contradictory files are
// `Error(Fault::input_file)`.
SourceHeader open_digits(const Attributes& options);
SourceHeader open_fashion_mnist(const Attributes& options);
SourceHeader open_idx(const Attributes& options);
SourceHeader open_csv(const Attributes& options);
SourceHeader open_random(const Attributes& options);

/// `0`, `1`, … for classes without names.
std::vector<std::string> numbered_classes(std::int64_t count);

/// How the options of a `csv` source ask for its file to be read.
CsvOptions csv_options(const Attributes& options);

/// The shape of one image in an IDX file: a grey image gets its one channel, (1, H, W).
Shape idx_sample_shape(const std::vector<std::int64_t>& dims);

}  // namespace orrery
