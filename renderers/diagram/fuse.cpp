#include <algorithm>

#include "renderers/diagram/merge_boxes.h"
#include "renderers/diagram/passes.h"

namespace orrery {
namespace {

bool is_operation(const DiagramBox& box) {
  return box.kind == DiagramBox::Kind::operation && box.category && box.errors.empty() &&
         box.warnings.empty() && box.change == GraphDiff::Kind::same;
}

bool goes_with_a_layer(const DiagramBox& box) {
  return is_operation(box) && box.symbol.empty() &&
         (box.category == Category::activation || box.category == Category::normalization ||
          box.category == Category::dropout);
}

bool is_layer(const DiagramBox& box) {
  return is_operation(box) && (box.category == Category::convolution || box.category == Category::linear ||
                               box.category == Category::sparse || box.category == Category::recurrent ||
                               box.category == Category::attention);
}

std::string line_of(const DiagramBox& box) {
  return box.detail.empty() ? box.title : box.title + "  " + box.detail;
}

/// Moves boxes into their layers, along lines that nobody else reads.
class Fusing {
 public:
  explicit Fusing(Diagram& diagram)
      : diagram_(diagram), into_(diagram.boxes.size()), arrivals_(into_.size()), leaving_(into_.size()) {
    for (size_t i = 0; i < into_.size(); ++i) into_[i] = static_cast<int>(i);
    for (size_t i = 0; i < diagram.values.size(); ++i) {
      leaving_[static_cast<size_t>(diagram.values[i].source)].push_back(i);
      for (size_t k = 0; k < diagram.values[i].readers.size(); ++k)
        arrivals_[static_cast<size_t>(diagram.values[i].readers[k].box)].push_back({i, k});
    }
  }

  void run() {
    for (size_t i = 0; i < into_.size(); ++i) put_behind(i);
    for (size_t i = into_.size(); i-- > 0;) put_before(i);
    merge_boxes(diagram_, into_);
  }

 private:
  struct Arrival {
    size_t value, reader;
  };

  DiagramBox& box(int index) { return diagram_.boxes[static_cast<size_t>(index)]; }

  // What follows the layer, or what has been put behind it, and reads it alone.
  void put_behind(size_t i) {
    if (!goes_with_a_layer(diagram_.boxes[i]) || arrivals_[i].size() != 1) return;
    const DiagramValue& value = diagram_.values[arrivals_[i][0].value];
    const int layer = into_[static_cast<size_t>(value.source)];
    if (!is_layer(box(layer)) || !alone(static_cast<size_t>(value.source))) return;
    if (box(layer).parent != diagram_.boxes[i].parent) return;
    box(layer).after.push_back(line_of(diagram_.boxes[i]));
    move(i, layer);
  }

  // What stands before a layer that alone reads it, as in networks that normalize first.
  void put_before(size_t i) {
    if (into_[i] != static_cast<int>(i) || !goes_with_a_layer(diagram_.boxes[i])) return;
    if (arrivals_[i].size() != 1 || !alone(i)) return;
    const DiagramReader& reader = diagram_.values[read_value(i)].readers[0];
    const int layer = into_[static_cast<size_t>(reader.box)];
    if (!is_layer(box(layer)) || box(layer).parent != diagram_.boxes[i].parent) return;
    box(layer).before.insert(box(layer).before.begin(), line_of(diagram_.boxes[i]));
    diagram_.values[arrivals_[i][0].value].readers[arrivals_[i][0].reader].port = reader.port;
    move(i, layer);
  }

  void move(size_t i, int layer) {
    box(layer).fused.push_back(diagram_.boxes[i].path);
    into_[i] = layer;
  }

  // Only one of its values is read, and only once.
  bool alone(size_t i) const {
    size_t readers = 0;
    for (size_t value : leaving_[i]) readers += diagram_.values[value].readers.size();
    return readers == 1;
  }

  size_t read_value(size_t i) const {
    return *std::find_if(leaving_[i].begin(), leaving_[i].end(),
                         [&](size_t value) { return !diagram_.values[value].readers.empty(); });
  }

  Diagram& diagram_;
  std::vector<int> into_;
  std::vector<std::vector<Arrival>> arrivals_;  // by box: the lines to it
  std::vector<std::vector<size_t>> leaving_;    // by box: its values
};

}  // namespace

void fuse(Diagram& diagram) { Fusing(diagram).run(); }

}  // namespace orrery
