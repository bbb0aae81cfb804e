#include "runtime/codegen/pytorch_module.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/python_words.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

// What torch.nn.Module, Sequential and ModuleList have themselves, by `dir` of PyTorch 2.11.
const std::set<std::string, std::less<>> kTaken = {"T_destination",
                                                   "add_module",
                                                   "append",
                                                   "apply",
                                                   "bfloat16",
                                                   "buffers",
                                                   "call_super_init",
                                                   "children",
                                                   "compile",
                                                   "cpu",
                                                   "cuda",
                                                   "double",
                                                   "dump_patches",
                                                   "eval",
                                                   "extend",
                                                   "extra_repr",
                                                   "float",
                                                   "forward",
                                                   "get_buffer",
                                                   "get_extra_state",
                                                   "get_parameter",
                                                   "get_submodule",
                                                   "half",
                                                   "insert",
                                                   "ipu",
                                                   "load_state_dict",
                                                   "modules",
                                                   "mtia",
                                                   "named_buffers",
                                                   "named_children",
                                                   "named_modules",
                                                   "named_parameters",
                                                   "parameters",
                                                   "pop",
                                                   "register_backward_hook",
                                                   "register_buffer",
                                                   "register_forward_hook",
                                                   "register_forward_pre_hook",
                                                   "register_full_backward_hook",
                                                   "register_full_backward_pre_hook",
                                                   "register_load_state_dict_post_hook",
                                                   "register_load_state_dict_pre_hook",
                                                   "register_module",
                                                   "register_parameter",
                                                   "register_state_dict_post_hook",
                                                   "register_state_dict_pre_hook",
                                                   "requires_grad_",
                                                   "set_extra_state",
                                                   "set_submodule",
                                                   "share_memory",
                                                   "state_dict",
                                                   "to",
                                                   "to_empty",
                                                   "train",
                                                   "training",
                                                   "type",
                                                   "xpu",
                                                   "zero_grad"};

// May `self.name` be the member? Python reads `self.__name` as another name.
bool is_attribute(const std::string& name) {
  return is_python_name(name) && name[0] != '_' && !kTaken.contains(name);
}

std::string step(const std::string& name, bool of_list) {
  if (of_list && is_whole_number(name)) return "[" + name + "]";
  if (is_attribute(name)) return "." + name;
  return fmt::format("._modules[{}]", python_text(name));
}

// The module's own way to a tensor takes every name.
std::string tensor_step(const Node& node) {
  if (is_attribute(node.name())) return "." + node.name();
  return fmt::format("._{}[{}]", node.is_parameter() ? "parameters" : "buffers", python_text(node.name()));
}

// The blocks from just inside `module` to `block`, the outermost first.
std::vector<const Block*> way(const Block& module, const Block& block) {
  std::vector<const Block*> blocks;
  for (const Block* at = &block; at != &module; at = at->parent()) blocks.push_back(at);
  std::ranges::reverse(blocks);
  return blocks;
}

// A tensor of the right shape, with its first values where they are simply said; a saved model has the
// others.
std::string first_values(const Parameter& tensor) {
  std::string sizes = python_value(tensor.shape);
  if (tensor.shape.size() == 1) sizes = sizes.substr(1, sizes.size() - 3);
  if (tensor.shape.size() > 1) sizes = sizes.substr(1, sizes.size() - 2);
  const std::string dtype =
      tensor.dtype == DType::float32 ? "" : fmt::format(", dtype=torch.{}", name(tensor.dtype));
  const Init& init = tensor.init;
  if (init.kind == Init::Kind::ones) return fmt::format("torch.ones({}{})", sizes, dtype);
  if (init.kind == Init::Kind::constant)
    return fmt::format("torch.full({}, {}{})", python_value(tensor.shape), python_number(init.a), dtype);
  if (init.kind == Init::Kind::normal)
    return fmt::format("torch.empty({}{}).normal_({}, {})", sizes, dtype, python_number(init.a),
                       python_number(init.b));
  if (init.kind == Init::Kind::uniform)
    return fmt::format("torch.empty({}{}).uniform_({}, {})", sizes, dtype, python_number(init.a),
                       python_number(init.b));
  return fmt::format("torch.zeros({}{})", sizes, dtype);
}

class Builder {
 public:
  Builder(const ModuleTree& tree, const Block& block,
          const std::function<const PytorchMaker&(const Block&)>& maker,
          const std::function<bool(const Block&)>& is_list)
      : tree_(tree), maker_(maker), is_list_(is_list), module_{.block = &block} {}

  PytorchModule build() {
    for (const ModuleTree::Unit& unit : tree_.units(*module_.block)) add(unit);
    PytorchAccess access{[&](const Node& node) { return reach(node); },
                         [&](const Block& block) { return reach(block); }};
    module_.forward = pytorch_forward(tree_, *module_.block, access);
    return std::move(module_);
  }

 private:
  void add(const ModuleTree::Unit& unit) {
    if (unit.block) {
      if (&tree_.first_call(*unit.block) == unit.block)
        add(*unit.block->parent(), unit.block->name(), maker_(*unit.block));
      return;
    }
    const Node& node = *unit.node;
    if (node.kind() == Node::Kind::constant) return add_tensor(node);
    const bool is_own = node.layer() && &tree_.module_around(*node.layer()->home()) == module_.block;
    if (!is_own || is_function(*node.layer()) || !layers_.insert(node.layer().get()).second) return;
    std::string callee = node.descriptor()->torch;
    constexpr std::string_view kModules = "torch.nn.";
    if (callee.starts_with(kModules)) callee = "nn." + callee.substr(kModules.size());
    add(*node.layer()->home(), node.layer()->name(), {callee, pytorch_arguments(*node.layer())});
  }

  // Blocks that are no modules keep what they own under their names.
  std::vector<std::string> path_in(const Block& home) {
    std::vector<std::string> path;
    for (const Block* block : way(*module_.block, home)) {
      path.push_back(block->name());
      if (containers_.insert(block).second) module_.members.push_back({path, {"nn.Module"}});
    }
    return path;
  }

  void add(const Block& home, const std::string& name, PytorchMaker maker) {
    std::vector<std::string> path = path_in(home);
    path.push_back(name);
    module_.members.push_back({std::move(path), std::move(maker)});
  }

  void add_tensor(const Node& node) {
    const ParameterPtr& tensor = node.constant();
    const std::string owner = member_text(path_in(node.block()), false);
    const std::string values = first_values(*tensor);
    const std::string place = owner + tensor_step(node);
    if (node.is_parameter())
      module_.tensors.push_back(fmt::format("{} = nn.Parameter({})", place, values));
    else if (!is_attribute(node.name()))
      module_.tensors.push_back(fmt::format("{} = {}", place, values));
    else
      module_.tensors.push_back(
          fmt::format("{}.register_buffer({}, {})", owner, python_text(node.name()), values));
  }

  // Over the lists on the way, whose members have numbers.
  std::string reach_in(const Block& home) const {
    std::string text = "self";
    bool of_list = module_.is_list();
    for (const Block* block : way(*module_.block, home)) {
      text += step(block->name(), of_list);
      of_list = is_list_(*block);
    }
    return text;
  }

  std::string reach(const Block& block) const { return reach_in(block); }

  std::string reach(const Node& node) const {
    if (node.kind() == Node::Kind::constant) return reach_in(node.block()) + tensor_step(node);
    const Block& home = *node.layer()->home();
    return reach_in(home) + step(node.layer()->name(), is_list_(home));
  }

  const ModuleTree& tree_;
  const std::function<const PytorchMaker&(const Block&)>& maker_;
  const std::function<bool(const Block&)>& is_list_;
  PytorchModule module_;
  std::set<const Block*> containers_;
  std::set<const Layer*> layers_;
};

}  // namespace

std::vector<PytorchArgument> arguments_of(const PytorchMaker& maker) {
  std::vector<PytorchArgument> all = maker.arguments;
  for (const PytorchMaker& part : maker.parts)
    for (PytorchArgument& argument : arguments_of(part)) all.push_back(std::move(argument));
  return all;
}

PytorchMaker with_arguments(const PytorchMaker& maker, const std::function<PytorchArgument()>& next) {
  PytorchMaker changed{maker.callee};
  for (std::size_t i = 0; i < maker.arguments.size(); ++i) changed.arguments.push_back(next());
  for (const PytorchMaker& part : maker.parts) changed.parts.push_back(with_arguments(part, next));
  return changed;
}

std::string text(const PytorchMaker& maker) {
  std::vector<std::string> words;
  for (const PytorchMaker& part : maker.parts) words.push_back(text(part));
  constexpr std::size_t kSeveral = 3;
  if (words.size() >= kSeveral && std::ranges::count(words, words[0]) == std::ssize(words))
    words = {fmt::format("*[{} for _ in range({})]", words[0], words.size())};
  for (const PytorchArgument& argument : maker.arguments) {
    if (argument.is_usual) continue;
    words.push_back(argument.by_place ? argument.text : argument.name + "=" + argument.text);
  }
  return fmt::format("{}({})", maker.callee, fmt::join(words, ", "));
}

bool PytorchModule::is_list() const {
  for (std::size_t at = 0; at < members.size(); ++at)
    if (members[at].path != std::vector{std::to_string(at)}) return false;
  return !members.empty();
}

bool PytorchModule::is_sequential() const {
  return is_list() && forward.is_chain && tensors.empty() && forward.statements.size() == members.size();
}

std::string member_text(const std::vector<std::string>& path, bool of_list) {
  std::string text = "self";
  for (std::size_t at = 0; at < path.size(); ++at) text += step(path[at], of_list && at == 0);
  return text;
}

std::string member_of(const std::string& owner, const std::string& key, bool is_module) {
  std::string text = owner;
  for (std::size_t begin = 0, dot = 0; dot != std::string::npos; begin = dot + 1) {
    dot = key.find('.', begin);
    const std::string name = key.substr(begin, dot - begin);
    if (is_attribute(name)) {
      text += "." + name;
      continue;
    }
    if (is_module) return fmt::format("{}.get_submodule({})", owner, python_text(key));
    const std::size_t last = key.rfind('.');
    return fmt::format("{}.get_submodule({}).{}", owner, python_text(key.substr(0, last)),
                       key.substr(last + 1));
  }
  return text;
}

PytorchModule pytorch_module(const ModuleTree& tree, const Block& block,
                             const std::function<const PytorchMaker&(const Block&)>& maker,
                             const std::function<bool(const Block&)>& is_list) {
  return Builder(tree, block, maker, is_list).build();
}

}  // namespace orrery
