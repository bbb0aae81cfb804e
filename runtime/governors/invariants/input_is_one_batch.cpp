#include <algorithm>

#include <fmt/format.h>

#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"

namespace orrery::invariants {
namespace {

bool mixes(const DataTransform& transform) { return data_transform_kind(transform.kind).of_batch; }

// Why a batch is not all samples in their order, each time the same; empty when it is.
std::string parted(const DataSource& data, std::int64_t samples) {
  const Attributes& options = data.options;
  if (data.length != samples) return fmt::format("{} samples", data.length);
  if (options.integer("world") > 1) return "a share of the samples";
  if (data.shuffle() || options.has("sampler") || options.boolean("bucket"))
    return "samples in an order that is drawn";
  if (data.batches() != 1) return fmt::format("batches of {}", data.batch());
  return std::ranges::any_of(data.parts.transforms, mixes) ? "samples that are mixed" : "";
}

}  // namespace

std::vector<Finding> input_is_one_batch(const Graph& graph) {
  std::vector<Finding> findings;
  const Node* input = graph.input_node();
  if (!input || input->trained_fields().empty()) return findings;
  const std::int64_t samples = input->input_spec()->length;
  for (const Manager* manager : attached_to(graph).managers) {
    const auto& data = manager->parts().train;
    const std::string got = data ? parted(*data, samples) : "";
    if (got.empty()) continue;
    const std::string expected = fmt::format("all {} samples in one batch, in their order", samples);
    findings.push_back(
        {.code = "input-in-batches",
         .site = data->origin.site.known() ? data->origin.site : manager->origin().site,
         .path = input->path(),
         .message = fmt::format("the training data ({}) must be {}, since {} is trained itself, got {}",
                                data->kind, expected, input->path(), got),
         .expected = expected,
         .got = got,
         .remedy = fmt::format("Say batch = {} without shuffle. What many batches shall train together is a "
                               "g:parameter(name, shape).",
                               samples)});
  }
  return findings;
}

}  // namespace orrery::invariants
