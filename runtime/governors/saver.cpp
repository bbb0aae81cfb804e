#include "runtime/governors/saver.h"

#include <algorithm>

#include "runtime/formats/image_writer.h"
#include "runtime/governors/image_options.h"
#include "runtime/governors/saver_sources.h"

namespace orrery {
namespace {

void collect_blocks(const Block& block, std::vector<const Block*>& blocks) {
  for (const auto& child : block.children()) {
    blocks.push_back(child.get());
    collect_blocks(*child, blocks);
  }
}

std::vector<Saver::Source> all_sources(const Graph& graph) {
  std::vector<const Block*> blocks;
  collect_blocks(graph.root(), blocks);
  std::vector<Saver::Source> sources;
  for (const Block* block : blocks) sources.push_back({.block = block});
  for (const auto& node : graph.nodes()) sources.push_back({.value = {node.get(), 0}});
  // A constant is its node.
  for (const Graph::Entry& entry : graph.state())
    if (entry.layer) sources.push_back({.parameter = entry.parameter, .key = entry.key});
  return sources;
}

bool ends_with_step(const std::string& path, const std::string& end) {
  return path.size() > end.size() && path.ends_with(end) && path[path.size() - end.size() - 1] == '/';
}

// Steps of keys are told from each other by dots: `features.conv1.weight`.
std::string with_slashes(std::string key) {
  std::ranges::replace(key, '.', '/');
  return key;
}

bool is_called(const Saver::Source& source, const std::string& path) {
  return source.key.empty() ? path_of(source) == path : with_slashes(source.key) == with_slashes(path);
}

bool is_called_at_its_end(const Saver::Source& source, const std::string& path) {
  return source.key.empty() ? ends_with_step(path_of(source), path)
                            : ends_with_step(with_slashes(source.key), with_slashes(path));
}

bool holds(const Saver::Source& source, const Graph::Entry& entry) {
  if (source.block) return source.block->contains(*entry.block);
  if (source.layer) return entry.layer == source.layer;
  if (!source.key.empty()) return entry.key == source.key;
  if (source.parameter) return entry.parameter == source.parameter;
  const LayerPtr& layer = source.value.node->layer();
  return layer ? entry.layer == layer : entry.parameter == source.value.leaf();
}

std::vector<Attribute> make_saver_attributes() {
  std::vector<Attribute> attributes = {
      {.name = "when",
       .type = AttributeType::text,
       .doc = "when to write: as the run ends, or when the monitored number is among the best",
       .value = "end",
       .choices = {"end", "best"}},
      {.name = "every", .doc = "writes after every so many epochs, too", .min = 1},
      {.name = "save_top_k",
       .doc = "how many of the best stay, each under a name of its own; -1: all",
       .value = std::int64_t{1},
       .min = -1}};
  attributes.insert(attributes.end(), image_attributes().begin(), image_attributes().end());
  return attributes;
}

}  // namespace

std::vector<Saver::Source> sources_of_path(const Graph& graph, const std::string& path) {
  std::vector<Saver::Source> nearly;
  for (Saver::Source& source : all_sources(graph)) {
    if (is_called(source, path)) return {source};
    if (is_called_at_its_end(source, path)) nearly.push_back(std::move(source));
  }
  return nearly;
}

std::vector<Graph::Entry> entries_of(const Graph& graph, const Saver::Source& source) {
  std::vector<Graph::Entry> entries = graph.state_of_run();
  std::erase_if(entries, [&](const Graph::Entry& entry) { return !holds(source, entry); });
  // A shared one has several keys.
  if (source.parameter && entries.size() > 1) entries.resize(1);
  return entries;
}

std::string path_of(const Saver::Source& source) {
  if (source.block) return source.block->path();
  if (source.layer) return source.layer->name();
  if (source.parameter) return source.key.empty() ? source.parameter->name : source.key;
  return source.value ? source.value.node->path() : source.path;
}

const std::vector<Attribute>& saver_attributes() {
  static const std::vector<Attribute> attributes = make_saver_attributes();
  return attributes;
}

Saver::Saver(std::string path, std::vector<Source> sources, Attributes options, bool processes, Origin origin,
             std::vector<NamedValue> values)
    : Governor(std::move(origin)),
      path_(std::move(path)),
      sources_(std::move(sources)),
      values_(std::move(values)),
      options_(std::move(options)),
      processes_(processes) {
  if (path_.empty())
    throw Error(Fault::usage, "a saver needs the path of the file to write", this->origin().site);
  check_whole_graph();
  check_values();
}

void Saver::check_whole_graph() const {
  const Format format = this->format();
  if (!writes_graph() || (!processes_ && format == Format::safetensors)) return;
  throw Error(Fault::usage,
              fmt::format("the saver of {} writes the whole graph, which has no {}", path_,
                          processes_                ? "process"
                          : format == Format::image ? "image"
                                                    : "NumPy file"),
              origin().site, "Say what = … to write tensors.");
}

void Saver::check_values() const {
  const SourceSite& site = origin().site;
  if (!values_.empty() && !sources_.empty())
    throw Error(Fault::usage, fmt::format("both what and values are given to the saver of {}", path_), site,
                "Weights and what is computed go into files of their own: make two savers.");
  for (auto value = values_.begin(); value != values_.end(); ++value)
    if (std::ranges::find(values_.begin(), value, value->name, &NamedValue::name) != value)
      throw Error(Fault::usage, fmt::format("the saver of {} has two values called '{}'", path_, value->name),
                  site, "Name them: values = { left = …, right = … }.");
  if (values_.size() > 1 && format() != Format::safetensors)
    throw Error(Fault::usage,
                fmt::format("{} holds one tensor, and the saver of {} has {} values: {}, {}, …",
                            format() == Format::image ? "an image" : "a NumPy file", path_, values_.size(),
                            values_[0].name, values_[1].name),
                site, "Make a saver for each, or write a .safetensors.");
}

Saver::Saver(std::string path, std::vector<Source> sources, When when, Origin origin)
    : Saver(std::move(path), std::move(sources),
            checked_attributes(saver_attributes(), {{"when", when == When::best ? "best" : "end"}}), false,
            std::move(origin)) {}

Saver::Format Saver::format() const {
  if (is_image_path(path_)) return Format::image;
  return path_.ends_with(".npy") ? Format::npy : Format::safetensors;
}

std::vector<Graph::Entry> Saver::entries(const Graph& graph) const {
  if (sources_.empty()) return graph.state();
  std::vector<Graph::Entry> chosen;
  for (const Source& source : sources_) {
    const bool by_path = !source.path.empty();
    for (const Graph::Entry& entry :
         entries_of(graph, by_path ? sources_of_path(graph, source.path).at(0) : source)) {
      const bool known = std::any_of(chosen.begin(), chosen.end(),
                                     [&](const auto& other) { return other.key == entry.key; });
      if (!known) chosen.push_back(entry);
    }
  }
  return chosen;
}

}  // namespace orrery
