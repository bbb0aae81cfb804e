#include "runtime/vizml/document.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/core/strict_json.h"
#include "runtime/vizml/values.h"

namespace orrery {
namespace {

using nlohmann::json;

constexpr size_t kMostVizmlNodes = size_t{1} << 20;

// A value in a message: short, whatever the file holds.
std::string shown_json(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= 60) return text;
  text.resize(57);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
  return text + "…";
}

[[noreturn]] void refuse_entry(const std::string& where, std::string_view key, std::string_view expected,
                               const std::string& got) {
  fail(Fault::input_file, "{}: '{}' must be {}, got {}", where, key, expected, got);
}

const json& member_of(const json& object, const char* key, const std::string& where,
                      std::string_view expected) {
  if (!object.is_object()) fail(Fault::input_file, "{} must be an object, got {}", where, shown_json(object));
  const auto found = object.find(key);
  if (found == object.end()) refuse_entry(where, key, expected, "nothing");
  return *found;
}

const json& list_member(const json& object, const char* key, const std::string& where) {
  const json& list = member_of(object, key, where, "a list");
  if (!list.is_array()) refuse_entry(where, key, "a list", shown_json(list));
  return list;
}

std::string text_member(const json& object, const char* key, const std::string& where) {
  const json& text = member_of(object, key, where, "a text");
  if (!text.is_string()) refuse_entry(where, key, "a text", shown_json(text));
  return text.get<std::string>();
}

// Numbers and texts are both found as ids.
std::string id_member(const json& object, const char* key, const std::string& where) {
  const json& id = member_of(object, key, where, "a number or a text");
  if (id.is_string()) return id.get<std::string>();
  if (!id.is_number_integer()) refuse_entry(where, key, "a number or a text", shown_json(id));
  return id.dump();
}

int port_member(const json& object, const std::string& where) {
  const json& port = member_of(object, "port", where, "a number from 1 to 5");
  if (!port.is_number_integer() || port < 1 || port > 5)
    refuse_entry(where, "port", "a number from 1 to 5", shown_json(port));
  return port.get<int>();
}

// A list of numbers for an option that takes reals.
AttributeValue as_option_takes(AttributeValue value, const Attribute& option) {
  const auto* integers = std::get_if<std::vector<std::int64_t>>(&value);
  if (!integers || option.type != AttributeType::reals) return value;
  return std::vector<double>(integers->begin(), integers->end());
}

class VizmlParser {
 public:
  explicit VizmlParser(const json& root) : root_(root) {}

  VizmlDocument parse() {
    const json& nodes = list_member(root_, "nodes", "the graph");
    check(nodes.size() <= kMostVizmlNodes, Fault::input_file, "more than {} nodes", kMostVizmlNodes);
    for (const json& entry : nodes) add_node(entry);
    refuse_unknown_kinds();
    for (size_t i = 0; i < nodes.size(); ++i) read_options(nodes[i], document_.nodes[i]);
    for (const json& entry : root_.contains("blocks") ? list_member(root_, "blocks", "the graph") : json())
      add_block(entry);
    for (const json& entry : list_member(root_, "links", "the graph")) add_link(entry);
    return std::move(document_);
  }

 private:
  void add_node(const json& entry) {
    const std::string where = fmt::format("nodes[{}]", document_.nodes.size());
    VizmlNode node{.id = id_member(entry, "id", where)};
    const std::string type = text_member(entry, "type", where), kind = text_member(entry, "node", where);
    check(places_.emplace(node.id, document_.nodes.size()).second, Fault::input_file,
          "{}: the id {} is another node's, too", where, node.id);
    node.kind = vizml_kind(type, kind);
    if (!node.kind) {
      unknown_.push_back(fmt::format("node {}: {} '{}'{}", node.id, type, kind, hint_for(type, kind)));
    } else {
      const std::string counted = fmt::format("{}_{}", type, node.kind->node);
      node.name = fmt::format("{}_{}", counted, counts_[counted]++);
    }
    document_.nodes.push_back(std::move(node));
  }

  static std::string hint_for(const std::string& type, const std::string& kind) {
    std::vector<std::string> candidates;
    for (const VizmlKind& known : vizml_kinds()) {
      if (known.node == kind) return fmt::format(" ('{}' is of type {})", kind, name(known.type));
      if (name(known.type) == type) candidates.push_back(known.node);
    }
    return did_you_mean(kind, candidates);
  }

  void refuse_unknown_kinds() const {
    if (unknown_.empty()) return;
    throw Error(Fault::input_file,
                fmt::format("{} of {} nodes are of kinds that are not known:\n  {}", unknown_.size(),
                            document_.nodes.size(), fmt::join(unknown_, "\n  ")),
                {}, "docs/vizml.md lists those that are.");
  }

  static const Attribute* option_named(const VizmlKind& kind, const std::string& name) {
    const auto found = std::ranges::find(kind.options, name, &Attribute::name);
    return found == kind.options.end() ? nullptr : &*found;
  }

  [[noreturn]] static void refuse_parameter(const VizmlKind& kind, const std::string& where,
                                            const std::string& parameter) {
    std::vector<std::string> known;
    for (const Attribute& option : kind.options) known.push_back(option.name);
    throw Error(
        Fault::input_file,
        fmt::format("{}: there is no parameter '{}'{}", where, parameter, did_you_mean(parameter, known)), {},
        known.empty() ? kind.node + " has no parameters."
                      : fmt::format("{} has: {}.", kind.node, fmt::join(known, ", ")));
  }

  static void read_options(const json& entry, VizmlNode& node) {
    std::vector<Attributes::Entry> given;
    std::set<std::string> seen;
    const json none = json::array();
    for (const json& parameter :
         entry.contains("parameters") ? list_member(entry, "parameters", node.str()) : none) {
      const std::string where = fmt::format("{}: parameters[{}]", node.str(), seen.size());
      const std::string name = text_member(parameter, "ParaName", where);
      check(seen.insert(name).second, Fault::input_file, "{}: the parameter '{}' stands twice", node.str(),
            name);
      const std::string its_class = text_member(parameter, "ParaClass", where);
      if (std::ranges::find(vizml_classes(), its_class) == vizml_classes().end())
        refuse_entry(where, "ParaClass", fmt::format("one of {}", fmt::join(vizml_classes(), ", ")),
                     "'" + its_class + "'");
      const std::string text = text_member(parameter, "ParaValue", where);
      const auto value = vizml_value(text, its_class);
      const std::string named = fmt::format("{}: '{}'", node.str(), name);
      check(value.has_value(), Fault::input_file, "{}: 'ParaValue' must be a Python {}, got '{}'", named,
            its_class, text);
      take(*node.kind, node.str(), name, *value, text, given);
    }
    complete(node, given);
  }

  static void take(const VizmlKind& kind, const std::string& where, const std::string& name,
                   const AttributeValue& value, const std::string& text,
                   std::vector<Attributes::Entry>& given) {
    const bool none = std::holds_alternative<std::monostate>(value);
    if (std::ranges::find(kind.none_only, name) != kind.none_only.end()) {
      check(none, Fault::input_file, "{}: '{}' must be None, got '{}'", where, name, text);
      return;
    }
    const Attribute* option = option_named(kind, name);
    if (!option) refuse_parameter(kind, where, name);
    if (!none) given.push_back({name, as_option_takes(value, *option)});
  }

  static void complete(VizmlNode& node, const std::vector<Attributes::Entry>& given) {
    try {
      node.options = checked_attributes(node.kind->options, given);
    } catch (const Error& error) {
      fail(Fault::input_file, "{}: {}", node.str(), error.message());
    }
  }

  size_t place(const std::string& id, const std::string& where) const {
    const auto found = places_.find(id);
    check(found != places_.end(), Fault::input_file, "{}: there is no node {}", where, id);
    return found->second;
  }

  void add_block(const json& entry) {
    const std::string where = fmt::format("blocks[{}]", document_.blocks.size());
    VizmlBlock block{.name = text_member(entry, "name", where)};
    check(valid_name(block.name), Fault::input_file,
          "{}: 'name' must be a printable text without '/' and blanks around it, got {}", where,
          shown_json(entry.at("name")));
    for (const json& id : list_member(entry, "nodeIDs", where))
      block.nodes.push_back(place(id.is_string() ? id.get<std::string>() : id.dump(),
                                  fmt::format("{} ({}): 'nodeIDs'", where, block.name)));
    document_.blocks.push_back(std::move(block));
  }

  void add_link(const json& entry) {
    const std::string at = fmt::format("links[{}]", document_.links.size());
    VizmlLink link{.id = id_member(entry, "id", at)};
    const std::string where = fmt::format("link {}", link.id);
    const auto end = [&](const char* key, size_t& node, int& port) {
      const json& it = member_of(entry, key, where, "an object with nodeID and port");
      const std::string its = fmt::format("{}: '{}'", where, key);
      node = place(id_member(it, "nodeID", its), its);
      port = port_member(it, its);
    };
    end("source", link.from, link.from_port);
    end("target", link.to, link.to_port);
    document_.links.push_back(std::move(link));
  }

  const json& root_;
  VizmlDocument document_;
  std::map<std::string, size_t> places_;
  std::map<std::string, int> counts_;
  std::vector<std::string> unknown_;
};

}  // namespace

std::string VizmlNode::str() const { return fmt::format("node {} ({})", id, kind->node); }

VizmlDocument parse_vizml(std::string_view text, const std::string& what) {
  const json root = parse_strict_json(text, what);
  try {
    return VizmlParser(root).parse();
  } catch (const Error& error) {
    throw Error(Fault::input_file, fmt::format("{}: {}", what, error.message()), {}, error.remedy());
  }
}

}  // namespace orrery
