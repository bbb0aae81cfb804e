#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"
#include "runtime/graph/loops.h"

// VizML refuses a saver of a computed value that several nodes read: there a saver writes the tensor on one
// link. Here a value is one tensor, the same for each of its readers, so that any number of them may read it.
// What may be meant by it is unclear in a loop alone, whose steps each compute another.
namespace orrery::invariants {
namespace {

bool may_have_image_channels(const Dim& channels) {
  return !channels.known() || channels.value() == 1 || channels.value() == 3;
}

bool may_be_image(const TensorType& type) {
  const std::size_t rank = type.shape.size();
  if (rank < 2 || rank > 4 || is_complex(type.dtype)) return false;
  return rank == 2 || may_have_image_channels(type.shape[rank - 3]);
}

Finding no_image(const Saver& saver, const Value& value) {
  Finding finding{
      .code = "saver-value-no-image",
      .site = saver.origin().site,
      .path = value.node->path(),
      .expected = "(C, H, W) with one or three channels, (H, W), or a batch (N, C, H, W)",
      .got = fmt::format("{} {}", str(value.shape()), name(value.dtype())),
      .remedy = "Give the saver process = function(t) … end to make an image of it, or write it as .npy."};
  finding.message = fmt::format("the saver of {} cannot write {} as an image: expected {}, got {}",
                                saver.path(), finding.path, finding.expected, finding.got);
  return finding;
}

// Before, the graph's own rule sees the saver among its uses.
void check_loops_of(const Graph& graph, const Saver& saver, const std::vector<Value>& values,
                    std::vector<Finding>& findings) {
  if (!graph.finalized()) return;
  for (Finding& finding : find_escapes(Loops(graph), {}, values)) {
    finding.site = saver.origin().site;
    findings.push_back(std::move(finding));
  }
}

}  // namespace

std::vector<Finding> saver_value_is_clear(const Graph& graph) {
  std::vector<Finding> findings;
  for (const Saver* saver : attached_to(graph).savers) {
    std::vector<Value> values;
    for (const NamedValue& named : saver->values())
      if (&named.value.node->graph() == &graph) values.push_back(named.value);
    check_loops_of(graph, *saver, values, findings);
    if (saver->format() != Saver::Format::image || saver->processes()) continue;
    for (const Value& value : values)
      if (!may_be_image(value.type())) findings.push_back(no_image(*saver, value));
  }
  return findings;
}

}  // namespace orrery::invariants
