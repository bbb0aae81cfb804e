#include "runtime/formats/hdf5/keras_variables.h"

#include <algorithm>
#include <charconv>
#include <regex>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr const char* kLegacyGroup = "model_weights";

// `conv2d_transpose` of `Conv2DTranspose`, as Keras' to_snake_case has it.
std::string snake_case(const std::string& kind) {
  static const std::regex word("(.)([A-Z][a-z]+)"), border("([a-z])([A-Z])");
  std::string name = std::regex_replace(kind, word, "$1_$2");
  name = std::regex_replace(name, border, "$1_$2");
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

// `cell` and 2 of `cell/vars/2`; nothing for what is no variable.
std::optional<std::pair<std::string, int>> part_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view digits = path.substr(slash + 1);
  std::string_view group = slash == path.npos ? "" : path.substr(0, slash);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (group == "vars") return std::pair{std::string(), number};
  if (!group.ends_with("/vars")) return std::nullopt;
  group.remove_suffix(5);
  return std::pair{std::string(group), number};
}

// Is a word one of the names that slashes part?
bool has_word(const std::string& path, const std::string& word) {
  return ("/" + path + "/").find("/" + word + "/") != std::string::npos;
}

}  // namespace

KerasVariables::KerasVariables(std::shared_ptr<const Hdf5File> file, const KerasModel& model)
    : file_(std::move(file)) {
  const std::string legacy = file_->has_group(kLegacyGroup) ? kLegacyGroup : "";
  std::string refused;
  for (const auto& [path, what] : file_->refused())
    if (path.starts_with("layers/") || path.starts_with("model_weights/") || legacy.empty())
      refused += fmt::format("\n  {} is {}", path, what);
  check(refused.empty(), Fault::input_file, "{} holds weights that are not read:{}", file_->name(), refused);
  knows_parts_ = file_->has_group("layers") && !file_->texts(legacy, "layer_names");
  if (knows_parts_)
    add_saved(model, "layers", "");
  else
    add_named(model, legacy);
}

void KerasVariables::add_saved(const KerasModel& model, const std::string& group, const std::string& path) {
  std::map<std::string, int> counts;
  for (const KerasLayer& layer : model.layers) {
    std::string name = snake_case(layer.kind);
    if (const int count = counts[name]++; count > 0) name += fmt::format("_{}", count);
    const std::string own = group + "/" + name;
    if (layer.model) {
      add_saved(*layer.model, own + "/layers", path + layer.name + "/");
      continue;
    }
    std::vector<std::pair<int, KerasVariable>> found;
    for (const Hdf5Dataset* dataset : file_->below(own))
      if (const auto part = part_of(std::string_view(dataset->path).substr(own.size() + 1)))
        found.push_back({part->second, {part->first, dataset}});
    std::ranges::stable_sort(found, {}, &std::pair<int, KerasVariable>::first);
    for (const auto& [number, variable] : found) variables_[path + layer.name].push_back(variable);
  }
}

// Lists that would be too long for an attribute are cut into `name0`, `name1`, ….
std::vector<std::string> KerasVariables::list(const std::string& group, const std::string& name) const {
  if (const auto texts = file_->texts(group, name)) return *texts;
  std::vector<std::string> all;
  for (int at = 0;; ++at) {
    const auto texts = file_->texts(group, name + std::to_string(at));
    if (!texts) return all;
    all.insert(all.end(), texts->begin(), texts->end());
  }
}

void KerasVariables::add_named(const KerasModel& model, const std::string& group) {
  check(!list(group, "layer_names").empty(), Fault::input_file,
        "{} holds no weights as Keras has them: neither 'layers' nor the attribute 'layer_names' is there",
        file_->name());
  for (const KerasLayer& layer : model.layers) {
    const std::string own = group.empty() ? layer.name : group + "/" + layer.name;
    std::vector<std::string> datasets;
    for (const std::string& name : list(own, "weight_names")) datasets.push_back(own + "/" + name);
    if (layer.model)
      add_within(*layer.model, datasets, layer.name + "/");
    else
      for (const std::string& dataset : datasets) add(layer.name, dataset);
  }
}

// The datasets of a model within are told apart by the names of its layers, which stand in their paths; those
// of models within that one are theirs alone, as layers of both may have one name.
void KerasVariables::add_within(const KerasModel& model, std::vector<std::string> datasets,
                                const std::string& path) {
  const auto split = [&](const std::string& word) {
    const auto rest = std::ranges::stable_partition(
        datasets, [&](const std::string& dataset) { return !has_word(dataset, word); });
    std::vector<std::string> own(rest.begin(), rest.end());
    datasets.erase(rest.begin(), rest.end());
    return own;
  };
  for (const KerasLayer& layer : model.layers)
    if (layer.model) add_within(*layer.model, split(layer.name), path + layer.name + "/");
  for (const KerasLayer& layer : model.layers) {
    if (layer.model) continue;
    for (const std::string& dataset : split(layer.name)) add(path + layer.name, dataset);
  }
}

void KerasVariables::add(const std::string& layer, const std::string& path) {
  const Hdf5Dataset* dataset = file_->find(path);
  check(dataset != nullptr, Fault::input_file, "{} lists the dataset {} of the layer {}, which is not there",
        file_->name(), quote_path(path), quote_path(layer));
  variables_[layer].push_back({"", dataset});
}

const Hdf5Dataset* KerasVariables::take(const std::string& layer, const std::string& part) {
  const auto found = variables_.find(layer);
  if (found == variables_.end()) return nullptr;
  for (KerasVariable& variable : found->second) {
    // Keras before 3.1 had an underscore before the parts of attention.
    const bool fits = !knows_parts_ || variable.part == part || variable.part == "_" + part;
    if (variable.taken || !fits) continue;
    variable.taken = true;
    return variable.dataset;
  }
  return nullptr;
}

std::vector<std::string> KerasVariables::left() const {
  std::vector<std::string> left;
  for (const auto& [layer, variables] : variables_)
    for (const KerasVariable& variable : variables)
      if (!variable.taken && !variable.part.ends_with("seed_generator"))
        left.push_back(fmt::format("{}: nothing takes {}", layer, quote_path(variable.dataset->path)));
  return left;
}

}  // namespace orrery
