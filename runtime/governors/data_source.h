#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/governors/data_transform.h"
#include "runtime/graph/graph.h"

namespace orrery {

/// An option of a data source that is a list of texts, such as the names of columns.
struct TextListOption {
  std::string name;
  std::string doc;
};
using TextLists = std::map<std::string, std::vector<std::string>>;

/// A kind of data: `digits`, `csv`, `npz`, `image_folder`, `concat`, `random`, `tensors`, …
struct DataSourceKind {
  std::string name;
  std::string doc;
  std::vector<Attribute> attributes;  ///< its own, before those every kind has
  std::vector<TextListOption> lists = {};
};

const std::vector<DataSourceKind>& data_source_kinds();
/// The kind of that name. Fails with the nearest known name.
const DataSourceKind& data_source_kind(const std::string& name);
/// The options that every kind has: batch, shuffle, seed, drop_last, sampler, workers, …
const std::vector<Attribute>& loader_attributes();
/// All options of a kind. Fails with the nearest known kind.
std::vector<Attribute> data_source_attributes(const std::string& kind);

class Samples;

/// Data that a script or a host defines; see `OwnSamples` (engine/data/samples.h) for a host's.
class OwnData {
 public:
  virtual ~OwnData() = default;
  /// Asked for when the set is opened, on the thread that opens it. Never null.
  virtual std::shared_ptr<const Samples> samples() = 0;
};

struct DataSource;

/// What a source is made of beside plain options.
struct SourceParts {
  TextLists lists = {};
  std::vector<std::shared_ptr<const DataSource>> sources = {};  ///< of `concat`, `subset` and `split`
  std::vector<DataTransform> transforms = {};                   ///< in the order that they are applied
};

/// Where batches come from, as far as headers tell: fields, length and classes are known without
/// loading the data. The engine's data/ loads it.
struct DataSource {
  std::string kind;
  Attributes options;         ///< complete
  std::vector<Field> fields;  ///< of a batch: shapes with the batch symbol `N` in front
  std::vector<std::string> classes;
  std::int64_t length = 0;  ///< samples in the chosen split
  Origin origin;
  /// The fields' tensors, for kind `tensors` only.
  std::vector<std::shared_ptr<TensorBox>> tensors = {};
  SourceParts parts = {};
  std::vector<Field> stored = {};          ///< of a sample, before transforms: no batch in front
  std::vector<Field> sample = {};          ///< of a sample, after its transforms
  std::vector<std::string> files = {};     ///< one per sample, where samples are files
  std::vector<std::int64_t> labels = {};   ///< one per sample, where no file has to be read to know them
  std::shared_ptr<OwnData> own = nullptr;  ///< for `define` and `generator`

  std::int64_t batch() const { return options.integer("batch"); }
  bool shuffle() const { return options.boolean("shuffle"); }
  /// Batches in one epoch; nothing where only the samples tell (batches by length or by group).
  std::optional<std::int64_t> batches() const;
  /// For `Graph::input`: fields, classes, and a canonical JSON text of kind, options, transforms and
  /// `sample`: what a sample's fields but the label are before the transforms (name, shape, dtype).
  InputSpec input_spec() const;
};

/// Reads the headers of a source. `options` are complete and checked. Missing and damaged files, an
/// empty set, transforms that do not fit the data, or a batch larger than the set with drop_last are
/// `Error`s.
DataSource open_data_source(const std::string& kind, Attributes options, Origin origin,
                            SourceParts parts = {});

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
                                  Attributes options, Origin origin,
                                  std::vector<DataTransform> transforms = {});

/// A source whose samples a script or a host gives. `sample`: fields without the batch; sizes that differ
/// from sample to sample are symbols. `kind`: `define` or `generator`, whose options say the length.
DataSource data_source_of_own(const std::string& kind, std::vector<Field> sample,
                              std::shared_ptr<OwnData> own, Attributes options, Origin origin,
                              SourceParts parts = {});

}  // namespace orrery
