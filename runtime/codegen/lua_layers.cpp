#include "runtime/codegen/lua_layers.h"

#include <algorithm>
#include <functional>
#include <ranges>

#include <fmt/format.h>

namespace orrery {
namespace {

// A function of Lua reads at most 60 locals of those around it.
constexpr std::ptrdiff_t kMostLocals = 20;

}  // namespace

LuaLayers::LuaLayers(const Graph& graph, const ModuleTree& tree, LuaNames& names)
    : graph_(graph), tree_(tree), layers_(graph.layers()) {
  find_tensors();
  find_uses();
  name_layers(names);
  find_bound();
}

void LuaLayers::find_tensors() {
  for (const LayerPtr& layer : layers_)
    for (std::size_t at = 0; at < layer->slots().size(); ++at)
      tensors_.try_emplace(layer->parameters()[at].get(), Tensor{layer.get(), layer->slots()[at]});
}

// What lies in another call of a block is made by its first.
bool LuaLayers::is_part_of_later_call(const Block& block) const {
  for (const Block* module = &tree_.module_around(block); module; module = parent_of(*module))
    if (&tree_.first_call(*module) != module) return true;
  return false;
}

void LuaLayers::add_use(const Layer& layer, const Block& module) { uses_[&layer].push_back(&module); }

// The last ones first: where a layer is made is known before that of those that it takes tensors of.
void LuaLayers::find_uses() {
  for (const auto& node : graph_.nodes()) {
    if (is_part_of_later_call(node->block())) continue;
    const Block& module = tree_.module_around(node->block());
    if (node->layer()) add_use(*node->layer(), module);
    if (!node->constant()) continue;
    const auto owner = tensors_.find(node->constant().get());
    if (owner == tensors_.end()) continue;
    add_use(*owner->second.layer, module);
    add_use(*owner->second.layer, module);
  }
  for (const LayerPtr& layer : std::views::reverse(layers_)) {
    const auto& uses = uses_.at(layer.get());
    const Block* maker = uses[0];
    for (const Block* module : uses) maker = &common(*maker, *module);
    if (uses.size() > 1) makers_[layer.get()] = maker;
    for (const ParameterPtr& tensor : layer->parameters()) {
      const Layer* owner = tensors_.at(tensor.get()).layer;
      if (owner == layer.get()) continue;
      add_use(*owner, *maker);
      add_use(*owner, *maker);
    }
  }
}

// Those of the whole graph first; what a function calls its own, another may, too.
void LuaLayers::name_layers(LuaNames& names) {
  const Block* root = &graph_.root();
  has_table_ =
      std::ranges::count_if(makers_, [&](const auto& entry) { return entry.second == root; }) > kMostLocals;
  if (has_table_) names.add("layers");
  LuaNames members;
  for (const LayerPtr& layer : made_by(*root))
    names_[layer.get()] = has_table_ ? "layers." + members.add(layer->name()) : names.add(layer->name());
  std::map<const Block*, LuaNames> known{{root, names}};
  const std::function<LuaNames&(const Block&)> names_in = [&](const Block& module) -> LuaNames& {
    const auto found = known.find(&module);
    if (found != known.end()) return found->second;
    return known.emplace(&module, names_in(*parent_of(module))).first->second;
  };
  for (const Block* module : std::views::reverse(tree_.modules()))
    if (module != root)
      for (const LayerPtr& layer : made_by(*module))
        names_[layer.get()] = names_in(*module).add(layer->name());
}

void LuaLayers::find_bound() {
  for (const auto& [layer, uses] : uses_) {
    const auto maker = makers_.find(layer);
    if (maker == makers_.end() || maker->second == &graph_.root()) continue;
    for (const Block* module : uses)
      for (; module != maker->second; module = parent_of(*module)) bound_.insert(module);
  }
}

const Block* LuaLayers::parent_of(const Block& module) const {
  return module.parent() ? &tree_.module_around(*module.parent()) : nullptr;
}

const Block& LuaLayers::common(const Block& a, const Block& b) const {
  const Block* around = &a;
  while (!around->contains(b)) around = parent_of(*around);
  return *around;
}

std::vector<LayerPtr> LuaLayers::made_by(const Block& module) const {
  std::vector<LayerPtr> made;
  for (const LayerPtr& layer : layers_) {
    const auto maker = makers_.find(layer.get());
    if (maker != makers_.end() && maker->second == &module) made.push_back(layer);
  }
  return made;
}

std::string LuaLayers::name(const Layer& layer) const {
  const auto found = names_.find(&layer);
  return found == names_.end() ? std::string() : found->second;
}

std::string LuaLayers::text_of(const Tensor& tensor) const {
  std::string text = name(*tensor.layer);
  for (std::size_t begin = 0, dot = 0; dot != std::string::npos; begin = dot + 1) {
    dot = tensor.slot.find('.', begin);
    text += lua_member(tensor.slot.substr(begin, dot - begin));
  }
  return text;
}

std::map<std::string, std::string> LuaLayers::ties(const Layer& layer) const {
  std::map<std::string, std::string> ties;
  for (std::size_t at = 0; at < layer.slots().size(); ++at) {
    const Tensor& tensor = tensors_.at(layer.parameters()[at].get());
    if (tensor.layer != &layer) ties[layer.slots()[at]] = text_of(tensor);
  }
  return ties;
}

std::string LuaLayers::tensor_of(const Node& constant) const {
  const auto owner = tensors_.find(constant.constant().get());
  return owner == tensors_.end() ? std::string() : text_of(owner->second);
}

}  // namespace orrery
