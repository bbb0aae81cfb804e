// Sources made of others.
#include <algorithm>

#include "runtime/core/names.h"
#include "runtime/governors/source_kinds.h"

namespace orrery {
namespace {

SourceHeader header_of(const DataSource& part) {
  return {.fields = part.sample, .classes = part.classes, .length = part.length};
}

const DataSource& only_part(const DataSource& source) {
  check(source.parts.sources.size() == 1, Fault::usage, "data.{} takes one source, got {}", source.kind,
        source.parts.sources.size());
  return *source.parts.sources.front();
}

std::string described(const std::vector<Field>& fields) {
  std::vector<std::string> parts;
  for (const Field& field : fields)
    parts.push_back(fmt::format("'{}' {} {}", field.name, str(field.type.shape), name(field.type.dtype)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

bool same(const std::vector<Field>& a, const std::vector<Field>& b) {
  return std::ranges::equal(a, b, [](const Field& x, const Field& y) {
    return x.name == y.name && x.type == y.type && x.label == y.label;
  });
}

}  // namespace

SourceHeader open_concat(const DataSource& source) {
  const auto& parts = source.parts.sources;
  check(!parts.empty(), Fault::usage, "data.concat takes one source or more, got none");
  SourceHeader header = header_of(*parts.front());
  for (size_t i = 1; i < parts.size(); ++i) {
    check(same(parts[i]->sample, header.fields), Fault::usage,
          "source {} of concat has the fields {}, and the first has {}", i + 1, described(parts[i]->sample),
          described(header.fields));
    check(parts[i]->classes == header.classes, Fault::usage,
          "source {} of concat has other classes than the first", i + 1);
    header.length += parts[i]->length;
  }
  return header;
}

SourceHeader open_subset(const DataSource& source) {
  const DataSource& part = only_part(source);
  SourceHeader header = header_of(part);
  if (!source.options.has("indices")) return header;
  const auto& indices = source.options.integers("indices");
  for (const std::int64_t index : indices)
    check(index < part.length, Fault::usage, "indices: there is no sample {}; there are {}, numbered 0 to {}",
          index, part.length, part.length - 1);
  header.length = static_cast<std::int64_t>(indices.size());
  return header;
}

SourceHeader open_part(const DataSource& source) {
  const DataSource& part = only_part(source);
  SourceHeader header = header_of(part);
  const std::int64_t from = source.options.integer("from"), count = source.options.integer("count");
  check(from <= part.length && count <= part.length - from, Fault::usage,
        "a share of {} samples from {} on is not within {}", count, from, part.length);
  header.length = source.options.boolean("complement") ? part.length - count : count;
  return header;
}

}  // namespace orrery
