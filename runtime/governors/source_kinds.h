#pragma once

#include "runtime/formats/csv.h"
#include "runtime/governors/data_source.h"

namespace orrery {

/// What the header of a source tells. The fields' shapes are those of one sample.
struct SourceHeader {
  std::vector<Field> fields;
  std::vector<std::string> classes;
  std::int64_t length = 0;
  std::vector<std::string> files = {};    ///< one per sample, where samples are files
  std::vector<std::int64_t> labels = {};  ///< one per sample, where that is known without the samples
};

/// Reads the header of a source that has its options and parts. Missing, damaged and contradictory files
/// are `Error(Fault::input_file)`.
using OpenSource = SourceHeader (*)(const DataSource& source);

// One function per kind.
SourceHeader open_digits(const DataSource& source);
SourceHeader open_fashion_mnist(const DataSource& source);
SourceHeader open_idx(const DataSource& source);
SourceHeader open_csv(const DataSource& source);
SourceHeader open_npy(const DataSource& source);
SourceHeader open_npz(const DataSource& source);
SourceHeader open_safetensors(const DataSource& source);
SourceHeader open_text(const DataSource& source);
SourceHeader open_image_folder(const DataSource& source);
SourceHeader open_images(const DataSource& source);
SourceHeader open_concat(const DataSource& source);
SourceHeader open_subset(const DataSource& source);
SourceHeader open_part(const DataSource& source);
SourceHeader open_random(const DataSource& source);

/// The function of a kind; null for the kinds whose samples are given by the script: `tensors`, `define`
/// and `generator`.
OpenSource open_function(const std::string& kind);

/// `0`, `1`, … for classes without names.
std::vector<std::string> numbered_classes(std::int64_t count);

/// The classes that a source's options tell of: their names in the list `classes`, or their number.
std::vector<std::string> given_classes(const DataSource& source);

/// How the options of a `csv` source ask for its file to be read.
CsvOptions csv_options(const DataSource& source);

/// The shape of one image in an IDX file: a grey image gets its one channel, (1, H, W).
Shape idx_sample_shape(const std::vector<std::int64_t>& dims);

}  // namespace orrery
