#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/governors/data_source.h"

namespace orrery {

using Given = std::vector<Attributes::Entry>;

/// A source of a script's line 5, with the options as a script would give them.
inline DataSource open_source(const std::string& kind, const Given& given = {}, SourceParts parts = {}) {
  return open_data_source(kind, checked_attributes(data_source_attributes(kind), given),
                          {{"train.lua", 5}, ""}, std::move(parts));
}

inline std::shared_ptr<const DataSource> shared_source(const std::string& kind, const Given& given = {},
                                                       SourceParts parts = {}) {
  return std::make_shared<DataSource>(open_source(kind, given, std::move(parts)));
}

inline DataTransform transform_of(const std::string& kind, const Given& given = {}) {
  return data_transform(kind, checked_attributes(data_transform_kind(kind).attributes, given));
}

inline AttributeValue whole(std::int64_t value) { return value; }
inline AttributeValue reals(std::vector<double> values) { return values; }

}  // namespace orrery
