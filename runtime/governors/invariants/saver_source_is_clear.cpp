#include <ranges>

#include <fmt/format.h>

#include "runtime/core/names.h"
#include "runtime/governors/attached.h"
#include "runtime/governors/invariants.h"
#include "runtime/governors/saver_sources.h"

namespace orrery::invariants {
namespace {

Finding about(const Saver& saver, std::string code, const std::string& path, std::string message,
              std::string remedy) {
  return {.code = std::move(code),
          .site = saver.origin().site,
          .path = path,
          .message = std::move(message),
          .remedy = std::move(remedy)};
}

std::vector<std::string> known_paths(const Graph& graph) {
  std::vector<std::string> paths;
  for (const auto& node : graph.nodes()) {
    paths.push_back(node->path());
    if (node->block().parent()) paths.push_back(node->block().path());
  }
  for (const Graph::Entry& entry : graph.state()) paths.push_back(entry.key);
  return paths;
}

std::string joined(const std::vector<Saver::Source>& sources) {
  constexpr std::ptrdiff_t kShown = 8;
  std::string text;
  for (const Saver::Source& source : sources | std::views::take(kShown))
    text += (text.empty() ? "" : ", ") + path_of(source);
  return std::ssize(sources) > kShown ? text + ", …" : text;
}

// A source is weights or data: of a computed value it is its layer's weights. What is computed is asked for
// as one of `values` (saver_value_is_clear.cpp).
void check_source(const Graph& graph, const Saver& saver, const Saver::Source& source,
                  std::vector<Finding>& findings) {
  const std::string path = path_of(source);
  const bool by_path = !source.path.empty();
  const auto meant = by_path ? sources_of_path(graph, source.path) : std::vector{source};
  if (meant.empty()) {
    findings.push_back(about(saver, "saver-source-unknown", path,
                             fmt::format("the saver of {} finds no block or layer '{}'{}", saver.path(), path,
                                         did_you_mean(path, known_paths(graph))),
                             "`orrery summary` lists the paths of a script's blocks and layers."));
  } else if (meant.size() > 1) {
    findings.push_back(about(
        saver, "saver-source-ambiguous", path,
        fmt::format("the saver of {} cannot tell which '{}' is meant: {}", saver.path(), path, joined(meant)),
        "Give the whole path."));
  } else if (entries_of(graph, meant[0]).empty()) {
    findings.push_back(about(
        saver, "saver-source-empty", path,
        fmt::format("the saver of {} has nothing to write: {} holds no parameters", saver.path(), path),
        "Name a block or layer with parameters, or leave the sources out to write the whole graph. What "
        "is computed is written by values = { … }."));
  }
}

}  // namespace

std::vector<Finding> saver_source_is_clear(const Graph& graph) {
  std::vector<Finding> findings;
  for (const Saver* saver : attached_to(graph).savers)
    for (const Saver::Source& source : saver->sources())
      if (!source.parameter && (!source.value || &source.value.node->graph() == &graph))
        check_source(graph, *saver, source, findings);
  return findings;
}

}  // namespace orrery::invariants
