#include <algorithm>
#include <map>

#include "renderers/diagram/merge_boxes.h"
#include "renderers/diagram/passes.h"

namespace orrery {
namespace {

/// One reader of a folded block, on its way to a port.
struct Arrival {
  DiagramReader* reader;
  size_t value;
  bool operator<(const Arrival& other) const {
    return std::pair(reader->node, reader->input) < std::pair(other.reader->node, other.reader->input);
  }
};

void join(DiagramReader& one, DiagramReader& other) {
  one.count += other.count;
  one.faulty = one.faulty || other.faulty;
  other.count = 0;
}

// A folded block reads a value once; its ports are in the order of reading.
void number_ports(Diagram& diagram) {
  std::map<int, std::vector<Arrival>> arrivals;  // by box
  for (size_t i = 0; i < diagram.values.size(); ++i)
    for (DiagramReader& reader : diagram.values[i].readers)
      if (diagram.boxes[static_cast<size_t>(reader.box)].kind == DiagramBox::Kind::folded)
        arrivals[reader.box].push_back({&reader, i});
  for (auto& [box, readers] : arrivals) {
    std::sort(readers.begin(), readers.end());
    std::map<size_t, DiagramReader*> first;  // by value
    int ports = 0;
    for (const Arrival& arrival : readers) {
      const auto [at, is_new] = first.emplace(arrival.value, arrival.reader);
      if (is_new)
        arrival.reader->port = ports++;
      else
        join(*at->second, *arrival.reader);
    }
  }
  for (DiagramValue& value : diagram.values)
    std::erase_if(value.readers, [](const DiagramReader& reader) { return reader.count == 0; });
}

// The input has one box for each field, and a node is counted once.
void count_nodes(DiagramBox& box) {
  std::sort(box.nodes.begin(), box.nodes.end());
  box.nodes.erase(std::unique(box.nodes.begin(), box.nodes.end()), box.nodes.end());
  box.detail = std::to_string(box.nodes.size()) + (box.nodes.size() == 1 ? " operation" : " operations");
}

}  // namespace

void collapse(Diagram& diagram, const std::vector<bool>& frames) {
  if (std::find(frames.begin(), frames.end(), true) == frames.end()) return;
  std::vector<int> into(diagram.boxes.size());
  for (size_t i = 0; i < into.size(); ++i) {
    const int parent = diagram.boxes[i].parent;
    const int around = parent < 0 ? parent : into[static_cast<size_t>(parent)];
    const bool inside = parent >= 0 && (around != parent || frames[static_cast<size_t>(parent)]);
    into[i] = inside ? around : static_cast<int>(i);
    if (!inside && frames[i]) diagram.boxes[i].kind = DiagramBox::Kind::folded;
  }
  merge_boxes(diagram, into);
  for (DiagramBox& box : diagram.boxes)
    if (box.kind == DiagramBox::Kind::folded) count_nodes(box);
  number_ports(diagram);
}

}  // namespace orrery
