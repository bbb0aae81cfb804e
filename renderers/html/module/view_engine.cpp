// What a page made by `orrery render -o view.html` runs to open and shut blocks: the passes that make a
// diagram and its layout, compiled to WebAssembly. So the page places boxes as the program does, to the last
// digit.
//
// All goes through two arrays of the page's own copy of this module, which engine.js fills and reads:
//
//   load     ints    boxes: kind, parent, direction, place, structure, text of what is fused, marked, layers,
//   nodes
//                    values: source, output, node, its output, readers (box, port, node, input, faulty)
//   compose  ints    for each box a sum of 1 (shut) and 2 (is no repeat of another); then 1 to fold repeats
//            →       boxes and values that are to be seen, as write_box and write_value have them
//   arrange  reals   spacing; of each box seen: width, height, whether lines may enter it from the side, room
//   behind it; of
//                    each value: width and height of its label
//            →       size of all; places of boxes and titles; places of labels, ways of lines
//
// Lists stand behind their length. Each call returns the length of its result.

#include <cstdint>
#include <string>
#include <vector>

#include "renderers/diagram/passes.h"
#include "renderers/layout/layout.h"
#include "runtime/core/error.h"

namespace orrery {

// A broken invariant ends the call, and the page says so: there is nobody here to catch it.
InvariantFailure::InvariantFailure(const std::string& message, std::source_location)
    : std::logic_error(message) {}

namespace {

/// What this copy of the module holds between calls.
struct State {
  std::vector<std::int32_t> ints;
  std::vector<double> reals;
  Diagram all, seen;
};

State& state() {
  static State only;
  return only;
}

/// Reads an array from its beginning.
template <class T>
class Entries {
 public:
  explicit Entries(const std::vector<T>& from) : from_(from) {}
  T next() { return from_[at_++]; }
  int number() { return static_cast<int>(next()); }
  size_t length() { return static_cast<size_t>(next()); }
  std::vector<int> list() {
    std::vector<int> result(length());
    for (int& value : result) value = number();
    return result;
  }

 private:
  const std::vector<T>& from_;
  size_t at_ = 0;
};

using Ints = Entries<std::int32_t>;
using Reals = Entries<double>;

// A box is known by its number, which stands in the place of its path.
DiagramBox read_box(Ints& in, size_t index) {
  DiagramBox box;
  box.kind = static_cast<DiagramBox::Kind>(in.number());
  box.parent = in.number();
  box.direction = static_cast<Direction>(in.number());
  box.place = in.number();
  box.structure = in.number();
  if (const int fused = in.number(); fused >= 0) box.before = {std::to_string(fused)};
  if (in.number() != 0) box.errors = {"marked"};
  box.layers = in.list();
  box.nodes = in.list();
  box.path = std::to_string(index);
  return box;
}

DiagramValue read_value(Ints& in) {
  DiagramValue value;
  value.source = in.number();
  value.output = in.number();
  value.node = in.number();
  value.node_output = in.number();
  value.readers.resize(in.length());
  for (DiagramReader& reader : value.readers) {
    reader.box = in.number();
    reader.port = in.number();
    reader.node = in.number();
    reader.input = in.number();
    reader.faulty = in.number() != 0;
  }
  return value;
}

void append(std::vector<std::int32_t>& to, const std::vector<std::int32_t>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// Its number; kind, frame, repeats, shared, nodes of one repeat, numbers of all the boxes that stand here.
void write_box(std::vector<std::int32_t>& out, const DiagramBox& box) {
  const auto members = static_cast<std::int32_t>(box.members.size());
  const auto nodes = static_cast<std::int32_t>(box.nodes.size()) / std::max(members, 1);
  append(out, {std::stoi(box.path), static_cast<std::int32_t>(box.kind), box.parent, box.repeat, box.shared,
               nodes, members});
  for (const std::string& member : box.members) out.push_back(std::stoi(member));
}

// Where from; the node outputs that it carries; its readers.
void write_value(std::vector<std::int32_t>& out, const DiagramValue& value,
                 const std::vector<std::vector<std::int32_t>>& bundles) {
  append(out, {value.source, value.output});
  const std::vector<std::int32_t> one = {value.node, value.node_output};
  const std::vector<std::int32_t>& carried =
      value.label.empty() ? one : bundles[static_cast<size_t>(std::stoi(value.label))];
  out.push_back(static_cast<std::int32_t>(carried.size() / 2));
  append(out, carried);
  out.push_back(static_cast<std::int32_t>(value.readers.size()));
  for (const DiagramReader& reader : value.readers)
    append(out, {reader.box, reader.port, reader.node, reader.input, reader.count, reader.faulty});
}

// Of several values that become one line its label names the list.
std::vector<std::vector<std::int32_t>> bundle_values(Diagram& diagram) {
  std::vector<std::vector<std::int32_t>> bundles;
  bundle(diagram, [&](const std::vector<size_t>& values) {
    bundles.emplace_back();
    for (size_t i : values) append(bundles.back(), {diagram.values[i].node, diagram.values[i].node_output});
    return std::to_string(bundles.size() - 1);
  });
  return bundles;
}

layout::Sketch read_sketch(Reals in, const Diagram& diagram) {
  layout::Sketch sketch;
  layout::Spacing& s = sketch.spacing;
  for (double* length :
       {&s.box, &s.lane, &s.beside, &s.rank, &s.arrow, &s.frame, &s.label, &s.port, &s.frames})
    *length = in.next();
  for (const DiagramBox& box : diagram.boxes) {
    layout::SketchBox entry{.parent = box.parent, .direction = box.direction, .place = box.place};
    entry.frame = box.kind == DiagramBox::Kind::frame;
    Size& size = entry.frame ? entry.title : entry.size;
    size.width = in.next();
    size.height = in.next();
    entry.side_entry = in.next() != 0;
    entry.after = in.next();
    sketch.boxes.push_back(entry);
  }
  for (const DiagramValue& value : diagram.values) {
    layout::Net net{.source = value.source, .output = value.output};
    net.label.width = in.next();
    net.label.height = in.next();
    for (const DiagramReader& reader : value.readers)
      net.sinks.push_back({.box = reader.box, .port = reader.port});
    sketch.nets.push_back(std::move(net));
  }
  return sketch;
}

void append(std::vector<double>& to, const Rect& r) { to.insert(to.end(), {r.x, r.y, r.width, r.height}); }

void write_sketch(std::vector<double>& out, const layout::Sketch& sketch) {
  out = {sketch.boxes[0].size.width, sketch.boxes[0].size.height};
  for (const layout::SketchBox& box : sketch.boxes) {
    append(out, box.at);
    append(out, box.title_at);
  }
  for (const layout::Net& net : sketch.nets) {
    append(out, net.label_at);
    for (const layout::Sink& sink : net.sinks) {
      out.push_back(static_cast<double>(sink.path.size()));
      for (Point p : sink.path) out.insert(out.end(), {p.x, p.y});
    }
  }
}

}  // namespace
}  // namespace orrery

using namespace orrery;  // of what the page calls nothing has a namespace

extern "C" {

// Nothing here is caught, so that throwing need not work.
void* __cxa_allocate_exception(size_t) noexcept { __builtin_trap(); }
void __cxa_throw(void*, void*, void (*)(void*)) { __builtin_trap(); }

__attribute__((export_name("ints"))) std::int32_t* ints(int length) {
  state().ints.resize(static_cast<size_t>(length));
  return state().ints.data();
}

__attribute__((export_name("reals"))) double* reals(int length) {
  state().reals.resize(static_cast<size_t>(length));
  return state().reals.data();
}

__attribute__((export_name("load"))) void load() {
  Ints in(state().ints);
  Diagram& all = state().all = {};
  const size_t boxes = in.length();
  for (size_t i = 0; i < boxes; ++i) all.boxes.push_back(read_box(in, i));
  all.values.resize(in.length());
  for (DiagramValue& value : all.values) value = read_value(in);
}

__attribute__((export_name("compose"))) int compose() {
  constexpr int kShut = 1, kAlone = 2;
  Diagram& seen = state().seen = state().all;
  std::vector<std::int32_t>& ints = state().ints;
  std::vector<bool> shut(seen.boxes.size());
  for (size_t i = 0; i < seen.boxes.size(); ++i) {
    shut[i] = (ints[i] & kShut) != 0;
    seen.boxes[i].alone = (ints[i] & kAlone) != 0;
  }
  const bool fold = ints[seen.boxes.size()] != 0;
  collapse(seen, shut);
  if (fold) fold_repeats(seen);
  const auto bundles = bundle_values(seen);
  drop_unread(seen);
  ints = {static_cast<std::int32_t>(seen.boxes.size())};
  for (const DiagramBox& box : seen.boxes) write_box(ints, box);
  ints.push_back(static_cast<std::int32_t>(seen.values.size()));
  for (const DiagramValue& value : seen.values) write_value(ints, value, bundles);
  return static_cast<int>(ints.size());
}

__attribute__((export_name("arrange"))) int arrange() {
  layout::Sketch sketch = read_sketch(Reals(state().reals), state().seen);
  layout::lay_out(sketch);
  write_sketch(state().reals, sketch);
  return static_cast<int>(state().reals.size());
}

}  // extern "C"
