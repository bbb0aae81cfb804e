#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "renderers/diagram/box_tree.h"
#include "renderers/diagram/step_frames.h"
#include "renderers/diagram/time_steps.h"
#include "renderers/diagram/value_text.h"

namespace orrery {
namespace {

/// One recurrent layer's box, which becomes a frame that holds its cells.
class Unrolling {
 public:
  Unrolling(Diagram& diagram, BoxTree& tree, const Node& node, int box, TimeView view)
      : diagram_(diagram), tree_(tree), node_(node), box_(box), rolled_(view == TimeView::rolled) {
    const Attributes& options = node.attributes();
    layers_ = static_cast<int>(options.integer("num_layers"));
    directions_ = options.boolean("bidirectional") ? 2 : 1;
    states_ = static_cast<int>(node.outputs().size()) - 1;
    const Shape& shape = node.inputs()[0].shape();
    length_ = shape.size() == 2 || !options.boolean("batch_first") ? shape[0] : shape[1];
  }

  void run() {
    take_old_values();
    open_frame();
    const auto steps = rolled_ ? std::vector<DrawnStep>{{"t"}} : drawn_steps(length_);
    for (const DrawnStep& step : steps) columns_.push_back(step.gap ? gap(step) : column(step));
    rolled_ ? loop() : link_columns();
    lead_in();
    lead_out();
  }

 private:
  /// The values of one step, by layer, direction and state: h, then c.
  struct Column {
    int reads = -1;                        ///< the box that reads the input
    std::vector<int> cells;                ///< by layer and direction; in a gap all the same box
    std::vector<std::vector<int>> values;  ///< by cell and state
    bool gap = false;
  };

  DiagramBox& box(int index) { return diagram_.boxes[static_cast<size_t>(index)]; }
  DiagramValue& value(int index) { return diagram_.values[static_cast<size_t>(index)]; }
  int cell_count() const { return layers_ * directions_; }
  const char* state_name(int state) const { return state == 0 ? "h" : "c"; }

  int add_value(int source, int output) {
    diagram_.values.push_back({.source = source, .output = output});
    return static_cast<int>(diagram_.values.size()) - 1;
  }

  // Who read the layer's results, and where what it reads comes from.
  void take_old_values() {
    for (DiagramValue& value : diagram_.values) {
      if (value.source == box_) old_[value.node_output] = value, value.source = -1, value.readers.clear();
      for (size_t i = value.readers.size(); i-- > 0;)
        if (value.readers[i].box == box_) {
          inputs_.emplace_back(&value - diagram_.values.data(), value.readers[i]);
          value.readers.erase(value.readers.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
  }

  void open_frame() {
    DiagramBox& frame = box(box_);
    what_ = frame;
    frame.kind = DiagramBox::Kind::frame;
    frame.category.reset();
    frame.nodes.clear();
    frame.layers.clear();
    frame.direction = Direction::south;
    if (!what_.note.empty()) frame.title += "  " + what_.note;
    frame.title += fmt::format("  {} → {}", node_.attributes().integer("input_size"),
                               node_.attributes().integer("hidden_size"));
    const std::string last = last_step(length_);
    frame.title += "  shared ×" + last;
    if (!length_.known() && shape_text({length_}) != "T") frame.title += ", T = " + shape_text({length_});
    frame.note.clear();
    frame.detail.clear();
    if (rolled_ && length_.known()) frame.repeat = static_cast<int>(length_.value());
    if (rolled_)
      line_ = box_;
    else
      line_ = tree_.add(line_frame(""), box_), box(line_).path = what_.path;
  }

  DiagramBox cell_box(int layer, int direction) const {
    DiagramBox cell = what_;
    cell.note.clear();
    cell.detail.clear();
    if (layers_ > 1) cell.detail = "layer " + std::to_string(layer + 1);
    if (directions_ > 1) cell.note = direction == 0 ? "→" : "←";
    cell.below = direction > 0;
    return cell;
  }

  Column column(const DrawnStep& step) {
    int frame = line_;
    if (!rolled_) {
      DiagramBox framed = step_frame(step.name);
      framed.path = what_.path;
      frame = tree_.add(std::move(framed), line_);
    }
    DiagramBox slice{.kind = DiagramBox::Kind::operation, .title = with_index("x", step.name)};
    slice.category = Category::indexing;
    slice.path = what_.path;
    Column made{.reads = tree_.add(std::move(slice), frame)};
    std::vector<int> below = {add_value(made.reads, 0)};
    for (int layer = 0; layer < layers_; ++layer) {
      std::vector<int> above;
      for (int direction = 0; direction < directions_; ++direction) {
        const int cell = tree_.add(cell_box(layer, direction), frame);
        made.cells.push_back(cell);
        for (size_t i = 0; i < below.size(); ++i)
          value(below[i]).readers.push_back({.box = cell, .port = static_cast<int>(i)});
        made.values.emplace_back();
        for (int state = 0; state < states_; ++state) made.values.back().push_back(add_value(cell, state));
        above.push_back(made.values.back()[0]);
      }
      below = above;
    }
    return made;
  }

  Column gap(const DrawnStep& step) {
    DiagramBox skipped = gap_box("t = " + step.name);
    skipped.path = what_.path;
    const int box = tree_.add(std::move(skipped), line_);
    Column made{.reads = box, .gap = true};
    for (int cell = 0; cell < cell_count(); ++cell) {
      made.cells.push_back(box);
      made.values.emplace_back();
      for (int state = 0; state < states_; ++state)
        made.values.back().push_back(add_value(box, 1 + cell * states_ + state));
    }
    return made;
  }

  // Behind what a cell reads from below; a gap reads the input as its first.
  int state_port(const Column& to, int cell, int state) const {
    return (to.gap ? 1 + cell * states_ : directions_) + state;
  }

  void hand_on(const Column& from, const Column& to, int cell) {
    for (int state = 0; state < states_; ++state)
      carry_on(value(from.values[static_cast<size_t>(cell)][static_cast<size_t>(state)]),
               to.cells[static_cast<size_t>(cell)], state_port(to, cell, state), state_name(state));
  }

  void link_columns() {
    for (size_t k = 1; k < columns_.size(); ++k)
      for (int cell = 0; cell < cell_count(); ++cell)
        backward(cell) ? hand_on(columns_[k], columns_[k - 1], cell)
                       : hand_on(columns_[k - 1], columns_[k], cell);
  }

  void loop() {
    for (int cell = 0; cell < cell_count(); ++cell) hand_on(columns_[0], columns_[0], cell);
  }

  bool backward(int cell) const { return directions_ == 2 && cell % 2 == 1; }
  const Column& first(int cell) const { return backward(cell) ? columns_.back() : columns_.front(); }
  const Column& last(int cell) const { return backward(cell) ? columns_.front() : columns_.back(); }

  // The sequence goes to each step, the first states to the first step of each layer and direction.
  void lead_in() {
    for (const auto& [index, old] : inputs_)
      if (old.input == 0)
        for (const Column& column : columns_) read_old(index, old, column.reads, 0);
      else
        for (int cell = 0; cell < cell_count(); ++cell)
          read_old(index, old, first(cell).cells[static_cast<size_t>(cell)],
                   state_port(first(cell), cell, old.input - 1));
  }

  void read_old(std::ptrdiff_t index, DiagramReader reader, int box, int port) {
    reader.box = box;
    reader.port = port;
    diagram_.values[static_cast<size_t>(index)].readers.push_back(reader);
  }

  void lead_out() {
    for (const auto& [output, old] : old_) {
      if (old.readers.empty()) continue;
      if (output > 0 && cell_count() == 1)
        add_readers(last(0).values[0][static_cast<size_t>(output - 1)], old);
      else
        gather(output, old);
    }
  }

  void add_readers(int index, const DiagramValue& old) {
    DiagramValue& line = value(index);
    line.readers.insert(line.readers.end(), old.readers.begin(), old.readers.end());
    line.node = old.node;
    line.node_output = old.node_output;
  }

  // Results of several steps, or of several cells, are one tensor.
  void gather(int output, const DiagramValue& old) {
    DiagramBox all{.kind = DiagramBox::Kind::operation, .path = what_.path};
    all.category = Category::shape;
    all.nodes = what_.nodes;
    const std::string last_name = length_.known() && !rolled_ ? last_step(length_) : "T";
    all.title = output == 0 ? with_index("h", "1") + " … " + with_index("h", last_name)
                            : with_index(state_name(output - 1), last_name) +
                                  (directions_ > 1 ? " of all cells" : " of all layers");
    const int gathered = tree_.add(std::move(all), box_);
    int port = 0;
    if (output == 0)
      for (const Column& column : columns_)
        for (int cell = cell_count() - directions_; cell < cell_count(); ++cell) {
          const bool again = column.gap && cell + 1 < cell_count();
          if (!again) read(column.values[static_cast<size_t>(cell)][0], gathered, port++);
        }
    else
      for (int cell = 0; cell < cell_count(); ++cell)
        read(last(cell).values[static_cast<size_t>(cell)][static_cast<size_t>(output - 1)], gathered, port++);
    DiagramValue result = old;
    result.source = gathered;
    result.output = 0;
    diagram_.values.push_back(std::move(result));
  }

  void read(int index, int box, int port) { value(index).readers.push_back({.box = box, .port = port}); }

  Diagram& diagram_;
  BoxTree& tree_;
  const Node& node_;
  int box_;
  bool rolled_;
  int layers_ = 1, directions_ = 1, states_ = 1;
  Dim length_ = 1;
  DiagramBox what_;  ///< the layer's box as it was
  int line_ = -1;
  std::vector<Column> columns_;
  std::map<int, DiagramValue> old_;                               ///< by the node's output
  std::vector<std::pair<std::ptrdiff_t, DiagramReader>> inputs_;  ///< values that it read
};

const Node* recurrent_layer(const DiagramBox& box, const Graph& graph) {
  if (box.kind != DiagramBox::Kind::operation || box.category != Category::recurrent || box.nodes.size() != 1)
    return nullptr;
  const Node& node = *graph.nodes()[static_cast<size_t>(box.nodes[0])];
  if (!reads_sequence(node)) return nullptr;
  const Shape& shape = node.inputs()[0].shape();
  const Dim length = shape.size() == 2 || !node.attributes().boolean("batch_first") ? shape[0] : shape[1];
  return length.known() && length.value() < 2 ? nullptr : &node;
}

}  // namespace

void open_recurrent(Diagram& diagram, const Graph& graph, TimeView view) {
  BoxTree tree(diagram);
  for (int box = 0, count = static_cast<int>(diagram.boxes.size()); box < count; ++box)
    if (const Node* node = recurrent_layer(diagram.boxes[static_cast<size_t>(box)], graph))
      Unrolling(diagram, tree, *node, box, view).run();
  std::erase_if(diagram.values, [](const DiagramValue& value) { return value.source < 0; });
  tree.finish();
}

}  // namespace orrery
