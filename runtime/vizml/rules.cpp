#include "runtime/vizml/rules.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "runtime/core/error.h"

namespace orrery {
namespace {

using namespace vizml_port;

bool is_kind(const VizmlNode& node, std::string_view kind) { return node.kind->node == kind; }
bool is_input_port(int port) { return port == kInput || port == kSecond; }

class VizmlRules {
 public:
  explicit VizmlRules(const VizmlDocument& document) : document_(document) {}

  std::vector<std::string> check() {
    for (const VizmlLink& link : document_.links)
      if (joins_ports(link)) check_ends(link);
    check_repeats();
    check_inputs();
    check_blocks();
    check_counts();
    return std::move(broken_);
  }

 private:
  const VizmlNode& from(const VizmlLink& link) const { return document_.nodes[link.from]; }
  const VizmlNode& to(const VizmlLink& link) const { return document_.nodes[link.to]; }

  template <class... Args>
  void refuse(const VizmlLink& link, fmt::format_string<Args...> format, Args&&... args) {
    broken_.push_back(fmt::format("link {}: {}", link.id, fmt::format(format, std::forward<Args>(args)...)));
  }

  // Each end at a port that its node has, on the right side.
  bool joins_ports(const VizmlLink& link) {
    const size_t before = broken_.size();
    if (is_input_port(link.from_port))
      refuse(link, "begins at the input port {} of {}; links begin at an output", link.from_port,
             from(link).str());
    else if (!from(link).kind->has_port(link.from_port))
      refuse(link, "{} has no port {}", from(link).str(), link.from_port);
    if (!is_input_port(link.to_port))
      refuse(link, "ends at the output port {} of {}; links end at an input", link.to_port, to(link).str());
    else if (!to(link).kind->has_port(link.to_port))
      refuse(link, "{} has no port {}", to(link).str(), link.to_port);
    if (link.from == link.to) refuse(link, "leads from {} to itself", from(link).str());
    return broken_.size() == before;
  }

  void check_ends(const VizmlLink& link) {
    const VizmlKind& target = *to(link).kind;
    if (target.type == VizmlType::optimizer)
      link.to_port == kInput ? check_updated(link) : check_loss(link);
    else if (target.node == "MonitorSaver")
      check_saved(link);
    else if (link.from_port == kSelf)
      refuse(link, "port 3 of {} is the node itself, for an optimizer or a Saver; data leave it at port 4",
             from(link).str());
  }

  void check_updated(const VizmlLink& link) {
    const VizmlNode& node = from(link);
    if (is_kind(node, "MNIST"))
      refuse(link, "an optimizer cannot update a data set ({})", node.str());
    else if (node.kind->type == VizmlType::transform || link.from_port != kSelf)
      refuse(link,
             "{} is no leaf, so that an optimizer can't perform gradient updates: it updates a layer, a "
             "constant or the input, linked from port 3",
             node.str());
  }

  void check_loss(const VizmlLink& link) {
    if (link.from_port != kOutput)
      refuse(link, "the loss of {} must be an output (port 4), got port {} of {}", to(link).str(),
             link.from_port, from(link).str());
  }

  void check_saved(const VizmlLink& link) {
    const VizmlNode& node = from(link);
    const bool itself = link.from_port == kSelf;
    if (is_kind(node, "MNIST")) return refuse(link, "a Saver cannot save a data set ({})", node.str());
    if (node.kind->starts() && !itself)
      return refuse(link, "a Saver takes {} from port 3, got port {}", node.str(), link.from_port);
    if (node.kind->type == VizmlType::layer && itself)
      return refuse(link, "{} is saved with the model; a Saver takes what it computes, from port 4",
                    node.str());
    if (!node.kind->starts() && readers(link.from) > 1)
      refuse(link, "what a Saver is to save of {} is ambiguous: {} nodes read it", node.str(),
             readers(link.from));
  }

  // Nodes of the graph, which may change what they read.
  int readers(size_t place) const {
    return static_cast<int>(std::ranges::count_if(document_.links, [&](const VizmlLink& link) {
      return link.from == place && link.from_port == kOutput && to(link).kind->in_graph();
    }));
  }

  static bool takes_several(const VizmlNode& node, int port) {
    return (node.kind->type == VizmlType::optimizer && port == kInput) ||
           (is_kind(node, "Adder") && port == kSecond);
  }

  void check_repeats() {
    std::set<std::tuple<size_t, int, size_t, int>> seen;
    std::map<std::pair<size_t, int>, const VizmlLink*> taken;
    for (const VizmlLink& link : document_.links) {
      if (!seen.insert({link.from, link.from_port, link.to, link.to_port}).second) {
        refuse(link, "stands twice");
        continue;
      }
      const auto [other, is_free] = taken.try_emplace({link.to, link.to_port}, &link);
      if (!is_free && !takes_several(to(link), link.to_port))
        refuse(link, "port {} of {} has a link already ({})", link.to_port, to(link).str(),
               other->second->id);
    }
  }

  void check_inputs() {
    std::set<std::pair<size_t, int>> fed;
    for (const VizmlLink& link : document_.links) fed.insert({link.to, link.to_port});
    for (size_t i = 0; i < document_.nodes.size(); ++i)
      for (const int port : document_.nodes[i].kind->ports)
        if (is_input_port(port) && !fed.contains({i, port}) && !is_kind(document_.nodes[i], "Adder"))
          broken_.push_back(
              fmt::format("nothing is linked to port {} of {}", port, document_.nodes[i].str()));
    for (size_t i = 0; i < document_.nodes.size(); ++i)
      if (is_kind(document_.nodes[i], "Adder") && !fed.contains({i, kInput}) && !fed.contains({i, kSecond}))
        broken_.push_back(fmt::format("{} adds nothing", document_.nodes[i].str()));
  }

  void check_blocks() {
    std::map<size_t, const VizmlBlock*> homes;
    for (const VizmlBlock& block : document_.blocks)
      for (const size_t node : block.nodes) {
        const auto [home, is_new] = homes.try_emplace(node, &block);
        if (!is_new)
          broken_.push_back(fmt::format("{} is in block '{}' and in block '{}'", document_.nodes[node].str(),
                                        home->second->name, block.name));
      }
  }

  void check_counts() {
    const auto count = [&](auto&& chosen) { return std::ranges::count_if(document_.nodes, chosen); };
    const auto inputs = count([](const VizmlNode& node) { return node.kind->type == VizmlType::input; });
    if (inputs != 1)
      broken_.push_back(fmt::format("a model has one input node, got {}; other data are constants", inputs));
    const auto managers = count([](const VizmlNode& node) { return is_kind(node, "MonitorFinal"); });
    if (managers > 1) broken_.push_back(fmt::format("a model has at most one Manager, got {}", managers));
  }

  const VizmlDocument& document_;
  std::vector<std::string> broken_;
};

[[noreturn]] void refuse_circle(const VizmlDocument& document,
                                const std::vector<std::vector<size_t>>& sources,
                                const std::vector<size_t>& waiting) {
  const auto waits = [&](size_t i) { return waiting[i] > 0; };
  size_t at = 0;
  while (!waits(at)) ++at;
  std::vector<size_t> walk;
  while (std::ranges::find(walk, at) == walk.end()) {
    walk.push_back(at);
    at = *std::ranges::find_if(sources[at], waits);
  }
  std::string text = document.nodes[at].name;
  for (auto step = walk.rbegin(); *step != at; ++step) text += " → " + document.nodes[*step].name;
  fail(Fault::input_file, "the graph has a cycle: {} → {}", text, document.nodes[at].name);
}

}  // namespace

std::vector<std::string> broken_vizml_rules(const VizmlDocument& document) {
  return VizmlRules(document).check();
}

std::vector<std::size_t> vizml_order(const VizmlDocument& document) {
  const size_t count = document.nodes.size();
  std::vector<std::vector<size_t>> sources(count), readers(count);
  for (const VizmlLink& link : document.links) {
    if (!document.nodes[link.to].kind->in_graph()) continue;
    sources[link.to].push_back(link.from);
    readers[link.from].push_back(link.to);
  }
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  std::vector<size_t> waiting(count, 0), order;
  for (size_t i = 0; i < count; ++i) {
    waiting[i] = sources[i].size();
    if (waiting[i] == 0 && document.nodes[i].kind->in_graph()) ready.push(i);
  }
  while (!ready.empty()) {
    const size_t next = ready.top();
    ready.pop();
    order.push_back(next);
    for (const size_t reader : readers[next])
      if (--waiting[reader] == 0) ready.push(reader);
  }
  const bool cycle = std::ranges::any_of(waiting, [](size_t left) { return left > 0; });
  if (cycle) refuse_circle(document, sources, waiting);
  return order;
}

}  // namespace orrery
