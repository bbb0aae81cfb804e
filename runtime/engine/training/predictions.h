#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "runtime/engine/training/evaluation.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/graph/results.h"

namespace orrery {

/// A class that a sample may be of.
struct LikelyClass {
  std::int64_t index = 0;
  std::string name;  ///< the index, where the classes have no names
  double probability = 0;
};

/// What a classifier says of each sample of a batch: its `top` most likely classes, the most likely first.
/// `values`: (N, classes) on the CPU. REQUIRES: scores is not `none`.
std::vector<std::vector<LikelyClass>> likely_classes(const at::Tensor& values, Result::Scores scores,
                                                     const std::vector<std::string>& classes,
                                                     std::int64_t top);

/// The names of a graph's classes; empty without any.
std::vector<std::string> classes_of(const Graph& graph);

/// Writes predictions batch by batch into one file, which is there wholly or not at all. As the path ends:
///
/// - `.npy`: the values of a single output, the samples along the first dimension;
/// - `.csv`: a row a sample: `index`, `file` where samples are files, and of each output its `class` and
///   `probability`, or a column for each of its numbers; the columns begin with the output's name where there
///   are several outputs; a complex number is `(1+2j)`, as NumPy reads it;
/// - `.json`: an array of objects with the same entries, numbers as nested arrays under the output's name,
///   a complex one as `[1,2]`;
/// - `.jsonl`: the same, an object a line.
class PredictionFile {
 public:
  /// Throws `Error(Fault::usage)` for another ending or several outputs for a .npy, `Error(Fault::write)`
  /// when the file cannot be made. `source` outlives it.
  PredictionFile(std::string path, std::vector<Result> results, std::vector<std::string> classes,
                 const DataSource& source, const FileSystem& files = posix_files());
  PredictionFile(const PredictionFile&) = delete;
  PredictionFile& operator=(const PredictionFile&) = delete;

  /// Throws `Error(Fault::usage)` for an output that has not one entry a sample.
  void add(const PredictedBatch& batch);
  /// Puts the file in place.
  void commit();

 private:
  enum class Format { npy, csv, json, jsonl };
  static Format format_of(const std::string& path);
  void check_rows(const PredictedBatch& batch) const;
  void begin(const PredictedBatch& batch);
  void add_array(const PredictedBatch& batch);
  void add_rows(const PredictedBatch& batch);
  std::vector<std::string> beginnings(const PredictedBatch& batch) const;
  void add_classes(const Result& result, const at::Tensor& values, std::vector<std::string>& lines) const;
  void add_numbers(const Result& result, const at::Tensor& values, std::vector<std::string>& lines) const;
  std::string heading(const PredictedBatch& batch) const;
  std::string column(const Result& result, const std::string& name) const;

  std::string path_;
  Format format_;
  std::vector<Result> results_;
  std::vector<std::string> classes_;
  const DataSource& source_;
  AtomicWriter writer_;
  std::int64_t samples_ = 0;
  std::int64_t all_ = 0;
};

}  // namespace orrery
