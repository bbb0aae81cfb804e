#include "runtime/formats/pt2_graph.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/files/paths.h"
#include "runtime/formats/pt2_net.h"

namespace orrery {
namespace {

using nlohmann::json;

// ---- sizes of fields: SymPy's form of an expression, `Add(Mul(Integer(2), Symbol('s0', …)), Integer(1))`
// ----

class SizeExpression {
 public:
  SizeExpression(const std::string& text, std::map<std::string, Dim>& symbols,
                 const std::function<Dim()>& make)
      : text_(text), symbols_(symbols), make_(make) {}

  Dim read() {
    const Dim dim = term(0);
    if (at_ != text_.size()) refuse();
    return dim;
  }

 private:
  bool take(const std::string& word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }
  std::string until(char end) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != end) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  [[noreturn]] void refuse() const {
    fail(Fault::input_file, "the size {} is not understood", quote_path(text_));
  }
  void close() {
    until(')');
    if (!take(")")) refuse();
  }
  Dim number(const std::string& digits) const {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) refuse();
    return value;
  }

  Dim term(int depth) {
    check(depth < 64, Fault::input_file, "the size {} nests too deep", quote_path(text_));
    if (take("Symbol('")) {
      const std::string name = until('\'');
      close();
      auto found = symbols_.find(name);
      if (found == symbols_.end()) found = symbols_.emplace(name, make_()).first;
      return found->second;
    }
    if (take("Integer(")) {
      const Dim dim = number(until(')'));
      close();
      return dim;
    }
    const bool sum = take("Add(");
    if (!sum && !take("Mul(")) refuse();
    Dim result = term(depth + 1);
    while (take(", ")) result = sum ? result + term(depth + 1) : result * term(depth + 1);
    if (!take(")")) refuse();
    return result;
  }

  const std::string& text_;
  std::map<std::string, Dim>& symbols_;
  const std::function<Dim()>& make_;
  std::size_t at_ = 0;
};

class GraphOfPt2 {
 public:
  GraphOfPt2(std::shared_ptr<const Pt2Archive> archive, const Pt2Program& program, const Registry& registry,
             Runtime& runtime, const std::string& name)
      : program_(program),
        registry_(registry),
        needed_(needed()),
        net_((require_known(), std::move(archive)), program, registry, runtime, name) {}

  std::unique_ptr<Graph> build() {
    add_inputs();
    for (const Pt2Node& node : program_.nodes)
      if (needed_.contains(&node)) add(node);
    for (const std::string& output : program_.outputs) {
      const bool one = program_.outputs.size() == 1;
      net_.graph().use({Use::Kind::output, net_.value(output), one ? "" : output});
    }
    return net_.take();
  }

 private:
  // The nodes that an output needs; checks of sizes are none of them.
  std::set<const Pt2Node*> needed() const {
    std::set<std::string> wanted(program_.outputs.begin(), program_.outputs.end());
    std::set<const Pt2Node*> needed;
    for (auto node = program_.nodes.rbegin(); node != program_.nodes.rend(); ++node) {
      const bool read =
          std::ranges::any_of(node->outputs, [&](const auto& each) { return wanted.contains(each); });
      if (!read) continue;
      needed.insert(&*node);
      for (const std::string& name : node->reads()) wanted.insert(name);
    }
    return needed;
  }

  void require_known() const {
    std::map<std::string, std::vector<std::string>> unknown;
    std::vector<std::string> faults;
    for (const Pt2Node& node : program_.nodes) {
      if (needed_.contains(&node) && !pt2_writer(node, registry_)) unknown[node.target].push_back(node.name);
      if (node.in_place() && changes_another(node))
        faults.push_back(
            fmt::format("{} ({}): it changes a tensor that others read, too", node.name, node.target));
    }
    for (const auto& [target, names] : unknown)
      faults.push_back(fmt::format("{}: {}", target, fmt::join(names, ", ")));
    if (faults.empty()) return;
    throw Error(Fault::check, fmt::format("Orrery cannot say:\n  {}", fmt::join(faults, "\n  ")), {},
                "These are all that it has no operations for.");
  }

  // A node that writes into its input gives a new value here; so nobody else may see the old one afterwards,
  // itself or through a view. Counters of batches are kept by their layer.
  bool changes_another(const Pt2Node& writer) const {
    const auto here =
        std::ranges::find_if(program_.nodes, [&](const Pt2Node& node) { return &node == &writer; });
    const std::vector<std::string> reads = writer.reads();
    if (reads.empty()) return false;
    std::set<std::string> memory = {reads[0]};
    for (auto node = std::make_reverse_iterator(here); node != program_.nodes.rend(); ++node)
      if (may_view(*node) &&
          std::ranges::any_of(node->outputs, [&](const auto& each) { return memory.contains(each); }))
        memory.insert(node->reads().at(0));
    for (auto node = program_.nodes.begin(); node != here; ++node)
      if (may_view(*node) && memory.contains(node->reads().at(0)))
        memory.insert(node->outputs.begin(), node->outputs.end());
    const auto seen = [&](const std::string& name) { return memory.contains(name); };
    const bool later = std::any_of(here + 1, program_.nodes.end(), [&](const Pt2Node& node) {
      return std::ranges::any_of(node.reads(), seen);
    });
    return later || std::ranges::any_of(program_.outputs, seen);
  }

  bool may_view(const Pt2Node& node) const {
    if (node.reads().empty()) return false;
    const Descriptor* known = registry_.named(node.operation());
    return node.in_place() || (known && !known->aliases.empty());
  }

  // The one input node: a field for each tensor that a caller gives.
  void add_inputs() {
    InputSpec spec;
    std::vector<std::string> names;
    for (const Pt2Input& input : program_.inputs) {
      if (input.kind != Pt2Input::Kind::field) continue;
      const Pt2Type& type = program_.types.at(input.name);
      const std::optional<DType> dtype = dtype_of_pt2(type.dtype);
      check(dtype.has_value(), Fault::input_file, "its input '{}' has PyTorch's type number {}", input.name,
            type.dtype);
      spec.fields.push_back({input.name, {shape_of_field(type.sizes), *dtype}});
      names.push_back(input.name);
    }
    if (names.empty()) return;
    const std::vector<Value> values = net_.graph().input(std::move(spec));
    for (std::size_t at = 0; at < names.size(); ++at) net_.define(names[at], values[at]);
  }

  Shape shape_of_field(const json& sizes) {
    static const char* const kAxes[] = {"N", "L", "H", "W", "D"};
    Shape shape;
    for (std::size_t at = 0; at < sizes.size(); ++at) {
      if (sizes[at].contains("as_int")) {
        shape.emplace_back(sizes[at].at("as_int").get<std::int64_t>());
        continue;
      }
      const std::size_t axis = at == 0 ? 0 : sizes.size() > 3 ? at : 1;
      const std::function<Dim()> make = [&] {
        return net_.graph().new_symbol(kAxes[std::min<std::size_t>(axis, 4)]);
      };
      const std::string text = sizes[at].at("as_expr").at("expr_str").get<std::string>();
      shape.push_back(SizeExpression(text, symbols_, make).read());
    }
    return shape;
  }

  void add(const Pt2Node& node) {
    try {
      Pt2Call call(net_, node);
      pt2_writer(node, registry_)(call);
    } catch (const CheckError& error) {
      throw Error(Fault::check, fmt::format("{} ({}): {}", node.name, node.target, error.what()));
    } catch (const Error& error) {
      // An option that cannot be is the file's fault, not a script's.
      const Fault fault = error.fault() == Fault::usage ? Fault::check : error.fault();
      throw Error(fault, fmt::format("{} ({}): {}", node.name, node.target, error.message()), {},
                  error.remedy());
    }
  }

  const Pt2Program& program_;
  const Registry& registry_;
  std::set<const Pt2Node*> needed_;
  Pt2Net net_;
  std::map<std::string, Dim> symbols_;
};

// `net` of `models/net.pt2`.
std::string stem_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
  return name.substr(0, name.find('.'));
}

}  // namespace

std::unique_ptr<Graph> read_pt2_graph(const std::string& path, const Registry& registry, Runtime& runtime,
                                      const FileSystem& files) {
  const auto archive = std::make_shared<const Pt2Archive>(path, files);
  const std::string source = quote_path(path);
  const Pt2Program program = read_pt2_program(archive->program(), source);
  try {
    return GraphOfPt2(archive, program, registry, runtime, stem_of(path)).build();
  } catch (const json::exception& error) {
    throw Error(Fault::input_file,
                fmt::format("{}: not as torch.export writes a program: {}", source, error.what()));
  } catch (const Error& error) {
    throw Error(error.fault(), fmt::format("{}: {}", source, error.message()), {}, error.remedy());
  }
}

}  // namespace orrery
