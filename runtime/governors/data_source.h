#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace orrery {

/// A kind of data: `digits`, `fashion_mnist`, `idx`, `csv`, `random`, `tensors`.
struct DataSourceKind {
  std::string name;
  std::string doc;
  std::vector<Attribute> attributes;  ///< its own, before those every kind has
};

const std::vector<DataSourceKind>& data_source_kinds();
/// The options that every kind has: batch, shuffle, seed, drop_last.
const std::vector<Attribute>& loader_attributes();
/// All options of a kind. Fails with the nearest known kind.
std::vector<Attribute> data_source_attributes(const std::string& kind);

/// Where batches come from, as far as headers tell: fields, length and classes are known without
/// loading the data. The engine's data/ loads it.
struct DataSource {
  std::string kind;
  Attributes options;         ///< complete
  std::vector<Field> fields;  ///< shapes with the batch symbol `N` in front
  std::vector<std::string> classes;
  std::int64_t length = 0;  ///< samples in the chosen split
  Origin origin;
  /// The fields' tensors, for kind `tensors` only.
  std::vector<std::shared_ptr<TensorBox>> tensors;

  std::int64_t batch() const { return options.integer("batch"); }
  bool shuffle() const { return options.boolean("shuffle"); }
  /// Batches in one epoch.
  std::int64_t batches() const;
  /// For `Graph::input`: fields, classes, and a canonical JSON text of kind and options.
  InputSpec input_spec() const;
};

/// Reads the headers of a source. `options` are complete and checked. Missing and damaged files, an
/// empty set, or a batch larger than the set with drop_last are `Error`s.
DataSource open_data_source(const std::string& kind, Attributes options, Origin origin);

/// Which samples belong to a half of the digits, given all labels in the order of the file: the fourth
/// after each four of a class is for `test`, the others for `train`; `all` has both. The same for
/// every run and seed.
std::vector<std::int64_t> digits_split(const std::vector<std::int64_t>& labels, const std::string& split);

/// The column of a CSV table that holds the labels: the one of that name, else the place that the text
/// names, from 0, or from -1 backwards. Fails with the nearest known name.
std::int64_t csv_label_column(const std::vector<std::string>& columns, const std::string& label);

/// A source over tensors that are in memory already; the types include the sample dimension, which is
/// the same for all (an Error else).
DataSource data_source_of_tensors(std::vector<Field> fields, std::vector<std::shared_ptr<TensorBox>> tensors,
                                  Attributes options, Origin origin);

}  // namespace orrery
