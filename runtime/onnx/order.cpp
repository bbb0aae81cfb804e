#include "runtime/onnx/order.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "runtime/core/error.h"

namespace orrery {
namespace {

// The names that a graph inside an attribute takes from outside. The reader limits how deep graphs nest.
void add_reads(const OnnxGraph& graph, std::vector<std::string>& reads) {
  std::unordered_set<std::string> own;
  for (const OnnxValue& input : graph.inputs) own.insert(input.name);
  for (const OnnxTensor& tensor : graph.initializers) own.insert(tensor.name);
  for (const OnnxNode& node : graph.nodes) own.insert(node.outputs.begin(), node.outputs.end());
  const auto read = [&](const std::string& name) {
    if (!name.empty() && !own.contains(name)) reads.push_back(name);
  };
  for (const OnnxNode& node : graph.nodes)
    for (const std::string& name : onnx_reads(node)) read(name);
  for (const OnnxValue& output : graph.outputs) read(output.name);
}

// Which node of the graph defines each name.
std::unordered_map<std::string, std::size_t> definitions(const OnnxGraph& graph) {
  std::unordered_map<std::string, std::size_t> defined;
  std::unordered_set<std::string> given;
  for (const OnnxValue& input : graph.inputs)
    check(given.insert(input.name).second, Fault::input_file, "two inputs are called '{}'", input.name);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& name : graph.nodes[i].outputs) {
      if (name.empty()) continue;
      check(!given.contains(name) && defined.emplace(name, i).second, Fault::input_file,
            "the name '{}' is given twice", name);
    }
  }
  return defined;
}

[[noreturn]] void refuse_cycle(const OnnxGraph& graph, const std::vector<std::vector<std::size_t>>& needs,
                               const std::vector<std::size_t>& waiting) {
  const auto waits = [&](std::size_t i) { return waiting[i] > 0; };
  std::size_t at = 0;
  while (!waits(at)) ++at;
  std::vector<std::size_t> walk;
  while (std::ranges::find(walk, at) == walk.end()) {
    walk.push_back(at);
    at = *std::ranges::find_if(needs[at], waits);
  }
  const auto named = [&](std::size_t i) {
    const OnnxNode& node = graph.nodes[i];
    return fmt::format("{} '{}'", node.operation, node.name.empty() ? node.outputs.front() : node.name);
  };
  std::string text = named(at);
  for (auto step = walk.rbegin(); *step != at; ++step) text += " → " + named(*step);
  fail(Fault::input_file, "the graph has a cycle: {} → {}", text, named(at));
}

// The nodes that outputs need.
std::vector<bool> needed_nodes(const OnnxGraph& graph, const std::vector<std::vector<std::size_t>>& needs,
                               const std::unordered_map<std::string, std::size_t>& defined) {
  std::vector<bool> needed(graph.nodes.size(), false);
  std::vector<std::size_t> open;
  const auto want = [&](std::size_t i) {
    if (!needed[i]) open.push_back(i);
    needed[i] = true;
  };
  for (const OnnxValue& output : graph.outputs)
    if (const auto found = defined.find(output.name); found != defined.end()) want(found->second);
  while (!open.empty()) {
    const std::size_t i = open.back();
    open.pop_back();
    for (const std::size_t from : needs[i]) want(from);
  }
  return needed;
}

}  // namespace

std::vector<std::string> onnx_reads(const OnnxNode& node) {
  std::vector<std::string> reads;
  for (const std::string& name : node.inputs)
    if (!name.empty()) reads.push_back(name);
  for (const OnnxAttribute& attribute : node.attributes)
    for (const auto& graph : attribute.graphs) add_reads(*graph, reads);
  return reads;
}

std::vector<const OnnxNode*> onnx_order(const OnnxGraph& graph) {
  const auto defined = definitions(graph);
  std::vector<std::vector<std::size_t>> needs(graph.nodes.size()), readers(graph.nodes.size());
  std::vector<std::size_t> waiting(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& name : onnx_reads(graph.nodes[i])) {
      const auto from = defined.find(name);
      if (from == defined.end()) continue;
      needs[i].push_back(from->second);
      readers[from->second].push_back(i);
      ++waiting[i];
    }
  }
  const std::vector<bool> needed = needed_nodes(graph, needs, defined);
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < waiting.size(); ++i)
    if (waiting[i] == 0) ready.push(i);
  std::vector<const OnnxNode*> order;
  std::size_t done = 0;
  for (; !ready.empty(); ++done) {
    const std::size_t next = ready.top();
    ready.pop();
    if (needed[next]) order.push_back(&graph.nodes[next]);
    for (const std::size_t reader : readers[next])
      if (--waiting[reader] == 0) ready.push(reader);
  }
  if (done < graph.nodes.size()) refuse_cycle(graph, needs, waiting);
  return order;
}

}  // namespace orrery
