#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"

namespace orrery::invariants {
namespace {

std::string described(const Field& field) {
  Shape sample = field.type.shape;
  if (!sample.empty()) sample[0] = Dim::symbol("N");
  return fmt::format("'{}' {} {}", field.name, str(sample), name(field.data_dtype()));
}

// All but the first dimension, which counts the samples of a batch.
bool same_sample(const Field& given, const Field& wanted) {
  const Shape &a = given.type.shape, &b = wanted.type.shape;
  const bool in_dtype = given.type.dtype == wanted.type.dtype || given.type.dtype == wanted.data_dtype();
  if (!in_dtype || a.size() != b.size()) return false;
  for (size_t i = 1; i < a.size(); ++i)
    if (equal(a[i], b[i]) == Known::no) return false;
  return true;
}

const Field* field_named(const std::vector<Field>& fields, const std::string& name) {
  const auto found = std::ranges::find(fields, name, &Field::name);
  return found == fields.end() ? nullptr : &*found;
}

Finding mismatch(const std::string& what, const std::string& path, const SourceSite& site,
                 const std::string& expected, const std::string& got) {
  return {
      .code = "data-mismatch",
      .site = site,
      .path = path,
      .message = fmt::format("the {} must have {}, as the graph's input has, got {}", what, expected, got),
      .expected = expected,
      .got = got,
      .remedy = "Use data of one kind for the graph's input, for training and for validation."};
}

void compare(const Manager& manager, const std::string& role, const DataSource& source,
             const InputSpec& input, std::vector<Finding>& findings) {
  const SourceSite& site = source.origin.site.known() ? source.origin.site : manager.origin().site;
  const std::string what = fmt::format("{} data ({})", role, source.kind);
  if (source.fields.size() != input.fields.size()) {
    const size_t wanted = input.fields.size();
    findings.push_back(mismatch(what, role, site, fmt::format("{} field{}", wanted, wanted == 1 ? "" : "s"),
                                std::to_string(source.fields.size())));
    return;
  }
  for (size_t i = 0; i < input.fields.size(); ++i)
    if (source.fields[i].name != input.fields[i].name || !same_sample(source.fields[i], input.fields[i]))
      findings.push_back(
          mismatch(what, role, site, "the field " + described(input.fields[i]), described(source.fields[i])));
}

}  // namespace

std::vector<Finding> fields_fit_input(const std::vector<Field>& given, const std::string& what,
                                      const InputSpec& input, const std::vector<bool>& needed) {
  std::vector<Finding> findings;
  for (size_t i = 0; i < input.fields.size(); ++i) {
    const Field& wanted = input.fields[i];
    const Field* field = field_named(given, wanted.name);
    if (!needed[i] || (field && same_sample(*field, wanted))) continue;
    findings.push_back(mismatch(what, what, {}, "the field " + described(wanted),
                                field ? described(*field) : "no such field"));
  }
  return findings;
}

std::vector<Finding> data_fits_input(const Graph& graph) {
  std::vector<Finding> findings;
  const Node* node = graph.input_node();
  if (!node) return findings;
  for (const Manager* manager : attached_to(graph).managers) {
    const auto &train = manager->parts().train, &validate = manager->parts().validate;
    if (train) compare(*manager, "training", *train, *node->input_spec(), findings);
    if (validate) compare(*manager, "validation", *validate, *node->input_spec(), findings);
  }
  return findings;
}

}  // namespace orrery::invariants
