#include "renderers/diagram/merge_boxes.h"

#include <algorithm>
#include <unordered_map>

namespace orrery {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

template <class T>
void add_new(std::vector<T>& codes, const std::vector<T>& more) {
  for (const T& code : more)
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(code);
}

void take_in(DiagramBox& box, const DiagramBox& other) {
  append(box.nodes, other.nodes);
  append(box.layers, other.layers);
  add_new(box.errors, other.errors);
  add_new(box.warnings, other.warnings);
  add_new(box.notes, other.notes);
}

// Where each box is afterwards; -1: nowhere.
std::vector<int> places(const std::vector<int>& into) {
  std::vector<int> place(into.size(), -1);
  int next = 0;
  for (size_t i = 0; i < into.size(); ++i)
    if (into[i] == static_cast<int>(i)) place[i] = next++;
  for (size_t i = 0; i < into.size(); ++i)
    if (into[i] >= 0) place[i] = place[static_cast<size_t>(into[i])];
  return place;
}

void merge_values(Diagram& diagram, const std::vector<int>& place, const std::vector<bool>& merged) {
  std::unordered_map<int, int> outputs;
  for (DiagramValue& value : diagram.values) {
    value.source = place[static_cast<size_t>(value.source)];
    if (value.source >= 0 && merged[static_cast<size_t>(value.source)])
      value.output = outputs[value.source]++;
    for (DiagramReader& reader : value.readers) reader.box = place[static_cast<size_t>(reader.box)];
    std::erase_if(value.readers,
                  [&](const DiagramReader& reader) { return reader.box < 0 || reader.box == value.source; });
  }
  std::erase_if(diagram.values, [](const DiagramValue& value) { return value.source < 0; });
}

}  // namespace

void merge_boxes(Diagram& diagram, const std::vector<int>& into) {
  const std::vector<int> place = places(into);
  std::vector<DiagramBox> boxes;
  for (size_t i = 0; i < into.size(); ++i) {
    if (into[i] != static_cast<int>(i)) continue;
    DiagramBox& box = diagram.boxes[i];
    if (box.parent >= 0) box.parent = place[static_cast<size_t>(box.parent)];
    boxes.push_back(std::move(box));
  }
  std::vector<bool> merged(boxes.size());
  for (size_t i = 0; i < into.size(); ++i) {
    if (into[i] < 0 || into[i] == static_cast<int>(i)) continue;
    take_in(boxes[static_cast<size_t>(place[i])], diagram.boxes[i]);
    merged[static_cast<size_t>(place[i])] = true;
  }
  diagram.boxes = std::move(boxes);
  merge_values(diagram, place, merged);
}

void take_away(Diagram& diagram, std::vector<bool> away) {
  std::vector<int> left(away.size()), into(away.size());
  for (size_t i = away.size(); i-- > 1;) {
    away[i] = away[i] || (diagram.boxes[i].kind == DiagramBox::Kind::frame && left[i] == 0);
    if (!away[i]) ++left[static_cast<size_t>(diagram.boxes[i].parent)];
  }
  for (size_t i = 0; i < into.size(); ++i) into[i] = away[i] ? -1 : static_cast<int>(i);
  merge_boxes(diagram, into);
}

std::vector<int> ends_of(const Diagram& diagram) {
  std::vector<int> ends(diagram.boxes.size());
  for (size_t i = ends.size(); i-- > 0;) {
    ends[i] = std::max(ends[i], static_cast<int>(i) + 1);
    if (const int parent = diagram.boxes[i].parent; parent >= 0)
      ends[static_cast<size_t>(parent)] = std::max(ends[static_cast<size_t>(parent)], ends[i]);
  }
  return ends;
}

}  // namespace orrery
