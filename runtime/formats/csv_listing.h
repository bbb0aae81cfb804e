#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/formats/csv.h"

namespace orrery {

/// What the cells of a column are, all together.
struct CsvColumn {
  enum class Type { int64, float32, category };  ///< as `types` of a data source calls them

  std::string name;
  Type type = Type::int64;
  std::int64_t empty = 0;          ///< cells without anything, which are no sample's
  double least = 0, most = 0;      ///< of numbers that are finite
  std::vector<std::string> texts;  ///< of a category the different ones as they come, at most `kMostTexts`
  bool more_texts = false;         ///< there are others
};

inline constexpr std::size_t kMostTexts = 1000;

/// What a table holds.
struct CsvListing {
  char delimiter = ',';
  bool header = false;
  std::int64_t rows = 0;
  std::vector<CsvColumn> columns;
};

/// Looks at every cell. Faults as `parse_csv`, save that any cell is allowed.
CsvListing list_csv(std::string_view text, const std::string& source, const CsvOptions& options = {});

}  // namespace orrery
