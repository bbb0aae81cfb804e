#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/files/file_system.h"

namespace orrery {

/// A column of a table, or all values of an array or a picture.
struct DataPart {
  std::string name;
  std::string type;  ///< a dtype; of a table's column what `types` of a data source calls it
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;  ///< of the values; 0 where they stand as text
  std::string remark;
};

/// What a file of data holds.
struct DataListing {
  std::string kind;  ///< `CSV table`, `IDX array`, `PNG image`, `JPEG image`; `, gzip` behind it
  std::uint64_t file_bytes = 0;
  std::vector<DataPart> parts;
  std::vector<std::pair<std::string, std::string>> notes;  ///< what else its header tells
};

/// Looks into a table (CSV, TSV), an IDX array or a picture, by what the file is; nothing for files of other
/// kinds. A text is a table where its name ends so or its first line has several cells. Of a table every cell
/// is looked at, of the others the header alone. Faults are those of their readers.
std::optional<DataListing> list_data_file(const std::string& path, const FileSystem& files = posix_files());

}  // namespace orrery
