#pragma once

#include "runtime/formats/csv.h"
#include "runtime/governors/data_source.h"

namespace orrery {

/// Where the columns of a table go.
struct CsvColumns {
  /// A column that is a field of its own.
  struct Own {
    std::int64_t column = 0;
    std::string name;     ///< of the field
    std::string heading;  ///< of the column
    DType dtype = DType::int64;
    bool category = false;
    bool label = false;
  };

  std::vector<std::int64_t> features;  ///< places of the columns of the field `features`, in its order
  std::vector<Own> own;                ///< in the order of the fields behind it; the label last
};

/// What the options `columns`, `types`, `label` and `label_dtype` of a source say about a table with such
/// columns. Fails with the nearest known name, and when nothing would be left beside the label.
CsvColumns csv_columns(const DataSource& source, const std::vector<std::string>& names);

/// The texts of a category in the order of their numbers: alphabetical. `rank[code]` is the number of the
/// text that the table calls `code`.
struct CsvCategory {
  std::vector<std::string> texts;
  std::vector<std::int64_t> rank;
};
CsvCategory csv_category(const std::vector<std::string>& met);

}  // namespace orrery
