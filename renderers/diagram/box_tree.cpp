#include "renderers/diagram/box_tree.h"

#include <algorithm>

namespace orrery {

BoxTree::BoxTree(Diagram& diagram) : diagram_(diagram), children_(diagram.boxes.size()) {
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    children_[static_cast<size_t>(diagram.boxes[i].parent)].push_back(static_cast<int>(i));
}

std::vector<int> BoxTree::inside(int box) const {
  std::vector<int> found, open = {box};
  while (!open.empty()) {
    found.push_back(open.back());
    open.pop_back();
    const std::vector<int>& more = children(found.back());
    open.insert(open.end(), more.rbegin(), more.rend());
  }
  return found;
}

int BoxTree::add(DiagramBox box, int frame, int before) {
  const int index = static_cast<int>(diagram_.boxes.size());
  box.parent = frame;
  diagram_.boxes.push_back(std::move(box));
  children_.emplace_back();
  auto& beside = children_[static_cast<size_t>(frame)];
  beside.insert(std::find(beside.begin(), beside.end(), before), index);
  return index;
}

void BoxTree::move(int box, int frame) {
  int& parent = diagram_.boxes[static_cast<size_t>(box)].parent;
  std::erase(children_[static_cast<size_t>(parent)], box);
  children_[static_cast<size_t>(frame)].push_back(box);
  parent = frame;
}

void BoxTree::remove(int box) {
  std::erase(children_[static_cast<size_t>(diagram_.boxes[static_cast<size_t>(box)].parent)], box);
}

std::map<int, int> BoxTree::copy(int box, int frame) {
  std::map<int, int> copies;
  for (int old : inside(box)) {
    const int parent = diagram_.boxes[static_cast<size_t>(old)].parent;
    copies[old] = add(diagram_.boxes[static_cast<size_t>(old)], old == box ? frame : copies.at(parent));
  }
  for (size_t i = 0, count = diagram_.values.size(); i < count; ++i) {
    const auto source = copies.find(diagram_.values[i].source);
    if (source == copies.end()) continue;
    DiagramValue value = diagram_.values[i];
    value.source = source->second;
    std::erase_if(value.readers, [&](const DiagramReader& reader) { return !copies.contains(reader.box); });
    for (DiagramReader& reader : value.readers) reader.box = copies.at(reader.box);
    diagram_.values.push_back(std::move(value));
  }
  return copies;
}

void BoxTree::finish() {
  std::vector<int> place(diagram_.boxes.size(), -1);
  std::vector<DiagramBox> boxes;
  for (int old : inside(0)) {
    place[static_cast<size_t>(old)] = static_cast<int>(boxes.size());
    boxes.push_back(std::move(diagram_.boxes[static_cast<size_t>(old)]));
    int& parent = boxes.back().parent;
    if (parent >= 0) parent = place[static_cast<size_t>(parent)];
  }
  diagram_.boxes = std::move(boxes);
  for (DiagramValue& value : diagram_.values) {
    value.source = place[static_cast<size_t>(value.source)];
    for (DiagramReader& reader : value.readers) reader.box = place[static_cast<size_t>(reader.box)];
    std::erase_if(value.readers, [](const DiagramReader& reader) { return reader.box < 0; });
  }
  std::erase_if(diagram_.values, [](const DiagramValue& value) { return value.source < 0; });
}

}  // namespace orrery
