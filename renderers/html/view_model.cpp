#include "renderers/html/view_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "renderers/diagram/box_text.h"
#include "renderers/diagram/cues.h"
#include "renderers/diagram/mark_findings.h"
#include "renderers/diagram/overlay_of_graph.h"
#include "renderers/diagram/passes.h"
#include "renderers/diagram/plain_text.h"
#include "renderers/diagram/value_text.h"
#include "runtime/core/pattern.h"
#include "runtime/graph/cost.h"

namespace orrery {
namespace {

using Kind = DiagramBox::Kind;

// What can be seen when every block is open and no repeats are folded; what a page begins with is `shut`.
Diagram whole_diagram(const Graph& graph, const DiagramOptions& options) {
  Diagram diagram = full_diagram(graph, options.direction);
  if (options.governors) add_governors(diagram, graph);
  mark_findings(diagram, graph, options.findings);
  check_cues(diagram, options.cues);
  const std::vector<bool> shut = folded_frames(diagram, with_cues(options));
  for (size_t i = 0; i < shut.size(); ++i) diagram.boxes[i].shut = shut[i];
  check_hidden(diagram, options.hide);
  hide(diagram, options.hide);
  if (options.fuse) fuse(diagram);
  if (options.governors) mark_governed(diagram, graph);
  return diagram;
}

// Letters of governors for the page, which writes them where blocks around do not bear them.
struct Letters {
  std::vector<std::string> all;   // on an open block: of all that is inside of it
  std::vector<std::string> some;  // on a shut one: of anything that is
};

// Takes them out of the diagram.
std::vector<Letters> take_letters(Diagram& diagram) {
  std::vector<Letters> letters(diagram.boxes.size());
  for (size_t i = letters.size(); i-- > 0;) {
    DiagramBox& box = diagram.boxes[i];
    Letters& own = letters[i];
    own.all = std::exchange(box.governed, {});
    if (box.kind != Kind::frame) own.some = own.all;
    std::sort(own.some.begin(), own.some.end());
    own.some.erase(std::unique(own.some.begin(), own.some.end()), own.some.end());
    if (box.parent < 0 || box.kind == Kind::governor) continue;
    std::vector<std::string>& around = letters[static_cast<size_t>(box.parent)].some;
    around.insert(around.end(), own.some.begin(), own.some.end());
  }
  return letters;
}

// Paths of the blocks that are shut without the cues of a file.
std::set<std::string> usually_shut(const Graph& graph, const DiagramOptions& options) {
  const Diagram diagram = full_diagram(graph, options.direction);
  const std::vector<bool> shut = folded_frames(diagram, options);
  std::set<std::string> paths;
  for (size_t i = 0; i < shut.size(); ++i)
    if (shut[i]) paths.insert(diagram.boxes[i].path);
  return paths;
}

bool says_what_is_open(const DiagramOptions& options) {
  return options.depth >= 0 || !options.expand.empty() || !options.collapse.empty() ||
         !(options.cues == Cues{});
}

int depth_of(const Diagram& diagram, size_t box) {
  int depth = 0;
  for (int parent = diagram.boxes[box].parent; parent > 0; parent = diagram.boxes[size_t(parent)].parent)
    ++depth;
  return depth;
}

// Boxes that are seen where blocks inside of `depth` others are shut.
size_t boxes_seen(const std::vector<int>& depths, int depth) {
  return static_cast<size_t>(
      std::count_if(depths.begin(), depths.end(), [&](int own) { return own <= depth; }));
}

// A page of very many boxes would be slow to look at: the innermost blocks are shut.
void shut_what_is_too_much(Diagram& diagram) {
  std::vector<int> depths;
  for (size_t i = 0; i < diagram.boxes.size(); ++i) depths.push_back(depth_of(diagram, i));
  int depth = *std::max_element(depths.begin(), depths.end());
  while (depth > 0 && boxes_seen(depths, depth) > kViewBoxes) --depth;
  for (size_t i = 1; i < diagram.boxes.size(); ++i)
    if (diagram.boxes[i].kind == Kind::frame && depths[i] >= depth &&
        boxes_seen(depths, depth + 1) > kViewBoxes)
      diagram.boxes[i].shut = true;
}

/// Fills in the lists of a page's model.
class Writer {
 public:
  Writer(const Graph& graph, const ViewOptions& options, const Theme& theme, TextMeasure& measure)
      : graph_(graph), options_(options), measure_(measure), theme_(theme), looks_(theme, measure) {
    diagram_ = whole_diagram(graph, options.diagram);
    if (!says_what_is_open(options.diagram)) shut_what_is_too_much(diagram_);
    letters_ = take_letters(diagram_);
    usually_shut_ = usually_shut(graph, options.diagram);
    add_blocks(graph.root());
  }

  ViewJson write() {
    write_names();
    ViewJson boxes = ViewJson::array(), values = ViewJson::array();
    Diagram folded{.boxes = folded_boxes()};
    for (Diagram* diagram : {&diagram_, &folded}) change_boxes(*diagram, options_.diagram.changes);
    for (size_t i = 0; i < diagram_.boxes.size(); ++i) boxes.push_back(box_json(i, folded.boxes[i]));
    for (size_t i = 0; i < diagram_.values.size(); ++i) values.push_back(value_json(i));
    looks_.add_letters(" ×…0123456789,–()/µABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-");
    ViewJson model{{"schema", "orrery.view"}, {"version", 1}, {"graph", plain_text(graph_.name(), 200)}};
    model["caption"] = plain_text(options_.caption, 2000);
    model["legend"] = options_.legend;
    model["colour"] = options_.diagram.overlay                         ? "asked"
                      : options_.diagram.colour == ColourBy::structure ? "structure"
                                                                       : "kind";
    static constexpr const char* kScales[] = {"linear", "log", "rank"};  // as HeatScale
    const auto& overlay = options_.diagram.overlay;
    model["scale"] = kScales[static_cast<int>(overlay ? overlay->scale : HeatScale::linear)];
    model["fold"] = options_.diagram.fold;
    model["shapes"] = options_.diagram.all_shapes ? "all" : options_.diagram.shapes ? "changes" : "none";
    model["cues"] = cues_json();
    model["metrics"] = metrics();
    model["styles"] = looks_.styles();
    model["looks"] = looks_.looks();
    model["advances"] = looks_.advances();
    model["facts"] = facts_.facts();
    model["files"] = sources_.files();
    model["boxes"] = std::move(boxes);
    model["values"] = std::move(values);
    model["ports"] = ports_;
    model["overlays"] = overlays();
    return model;
  }

  const std::set<std::string>& letters() const { return looks_.letters(); }

 private:
  void add_blocks(const Block& root) {
    std::vector<const Block*> open{&root};
    while (!open.empty()) {
      const Block* block = open.back();
      open.pop_back();
      blocks_.emplace(block->path(), block);
      for (const auto& child : block->children()) open.push_back(child.get());
    }
  }

  const Node& node(int id) const { return *graph_.nodes()[static_cast<size_t>(id)]; }

  // Names and costs as the options ask; labels twice, as the page can switch between them.
  void write_names() {
    DiagramOptions options = options_.diagram;
    options.shapes = true;
    options.all_shapes = false;
    changed_ = diagram_;
    write_labels(changed_, nodes_of(graph_), options);
    options.all_shapes = true;
    write_labels(diagram_, nodes_of(graph_), options);
    name_ports(diagram_, graph_);
  }

  // Each frame as it looks shut: what collapse would make of it.
  std::vector<DiagramBox> folded_boxes() const {
    std::vector<DiagramBox> result = diagram_.boxes;
    for (size_t i = result.size(); i-- > 1;) {
      DiagramBox& box = result[i];
      std::sort(box.nodes.begin(), box.nodes.end());
      box.nodes.erase(std::unique(box.nodes.begin(), box.nodes.end()), box.nodes.end());
      DiagramBox& around = result[static_cast<size_t>(box.parent)];
      around.nodes.insert(around.nodes.end(), box.nodes.begin(), box.nodes.end());
      around.errors.insert(around.errors.end(), box.errors.begin(), box.errors.end());
      around.warnings.insert(around.warnings.end(), box.warnings.begin(), box.warnings.end());
    }
    for (DiagramBox& box : result)
      if (box.kind == Kind::frame) fold(box);
    return result;
  }

  void fold(DiagramBox& box) const {
    box.kind = Kind::folded;
    for (std::vector<std::string>* codes : {&box.errors, &box.warnings}) {
      std::sort(codes->begin(), codes->end());
      codes->erase(std::unique(codes->begin(), codes->end()), codes->end());
    }
    box.detail = std::to_string(box.nodes.size()) + (box.nodes.size() == 1 ? " operation" : " operations");
    if (!options_.diagram.parameters) return;
    std::vector<Node*> nodes;
    for (int id : box.nodes) nodes.push_back(graph_.nodes()[static_cast<size_t>(id)].get());
    box.cost = BoxTexts::cost(nodes);
  }

  // A number for what else is told on a box: repeats are alike in it, too.
  int fused_text(size_t index) {
    const DiagramBox& box = diagram_.boxes[index];
    const Told told{box.before, box.after, letters_[index].all, letters_[index].some};
    if (told == Told{}) return -1;
    return fused_.emplace(told, static_cast<int>(fused_.size())).first->second;
  }

  ViewJson box_json(size_t index, const DiagramBox& folded) {
    const DiagramBox& box = diagram_.boxes[index];
    const bool frame = box.kind == Kind::frame;
    ViewJson entry{{"kind", static_cast<int>(box.kind)},
                   {"frame", box.parent},
                   {"direction", static_cast<int>(box.direction)},
                   {"structure", box.structure},
                   {"path", box.path},
                   {"title", box.title},
                   {"look", looks_.of(box)}};
    if (frame) entry["folded"] = looks_.of(folded);
    if (box.shut && index > 0) entry["shut"] = true;
    if (const auto change = options_.diagram.changes.find(box.path);
        change != options_.diagram.changes.end() && change->second.title)
      entry["named"] = true;
    if (frame && usually_shut_.contains(box.path)) entry["usual"] = true;
    if (const int fused = fused_text(index); fused >= 0) entry["fused"] = fused;
    if (!box.note.empty()) entry["note"] = box.note;
    if (!box.layers.empty()) entry["layers"] = box.layers;
    if (!box.nodes.empty()) entry["nodes"] = box.nodes, entry["fact"] = facts_.of(node(box.nodes.front()));
    if (!letters_[index].all.empty()) entry["all"] = letters_[index].all;
    if (!letters_[index].some.empty()) entry["some"] = letters_[index].some;
    if (!box.errors.empty()) entry["errors"] = box.errors;
    if (!box.warnings.empty()) entry["warnings"] = box.warnings;
    if (ViewJson site = site_of(box); !site.is_null()) entry["site"] = std::move(site);
    return entry;
  }

  ViewJson site_of(const DiagramBox& box) {
    if (!box.nodes.empty()) return sources_.of(node(box.nodes.front()).origin());
    const auto block = blocks_.find(box.path);
    return box.kind == Kind::frame && block != blocks_.end() ? sources_.of(block->second->origin()) : nullptr;
  }

  // Bytes for one of each symbol, and the symbols: as lines between folded blocks tell them.
  ViewJson bytes_json(const TensorType& type) const {
    const Dim bytes = byte_count(type);
    std::vector<std::string> symbols;
    bytes.collect_symbols(symbols);
    Dim unknown = 1;
    for (const std::string& symbol : std::set(symbols.begin(), symbols.end()))
      unknown = unknown * Dim::symbol(symbol);
    const std::optional<Dim> each = exact_div(bytes, unknown);
    if (!each || !each->known()) return nullptr;
    return {each->value(), symbols.empty() ? "" : shape_text({unknown}) + "×"};
  }

  // Where shapes stand beside lines that change them alone, and where they stand beside none.
  void tell_label(const DiagramValue& value, const std::string& usual, ViewJson& entry) {
    if (!value.tag.empty()) entry["tag"] = value.tag;
    if (!usual.empty()) entry["changes"] = true;
    if (!usual.empty() && usual != value.label) entry["usual"] = usual;
  }

  ViewJson value_json(size_t index) {
    const DiagramValue& value = diagram_.values[index];
    const TensorType& type = node(value.node).outputs()[static_cast<size_t>(value.node_output)];
    const TextStyle& style = theme_.shape;
    ViewJson entry{{"from", value.source},
                   {"output", value.output},
                   {"node", value.node},
                   {"node_output", value.node_output},
                   {"shape", shape_text(type.shape)},
                   {"dtype", std::string(name(type.dtype))},
                   {"label", value.label},
                   {"size", measure_.measure(value.label, style).width}};
    looks_.add_letters(value.label);
    tell_label(value, changed_.values[index].label, entry);
    if (ViewJson bytes = bytes_json(type); !bytes.is_null()) entry["bytes"] = std::move(bytes);
    ViewJson readers = ViewJson::array();
    for (const DiagramReader& reader : value.readers) {
      readers.push_back({reader.box, reader.port, reader.node, reader.input, reader.faulty ? 1 : 0});
      if (reader.faulty) entry["changes"] = true;
      if (!reader.name.empty())
        ports_[std::to_string(reader.node) + "." + std::to_string(reader.input)] = reader.name;
    }
    entry["readers"] = std::move(readers);
    return entry;
  }

  ViewJson metrics() {
    const layout::Spacing& s = theme_.spacing;
    return {{"spacing", {s.box, s.lane, s.beside, s.rank, s.arrow, s.frame, s.label, s.port, s.frames}},
            {"corner", theme_.corner},
            {"line", theme_.line_width},
            {"padding", {theme_.padding_x, theme_.padding_y}},
            {"least", theme_.least_width},
            {"title", looks_.style(theme_.title)},
            {"detail", looks_.style(theme_.detail)},
            {"frame_title", looks_.style(theme_.frame_title)},
            {"shape", looks_.style(theme_.shape)},
            {"port", looks_.style(theme_.port)},
            {"line_height", measure_.measure("0", {1, false}).height}};
  }

  // The page begins with them, and writes them into what it exports.
  ViewJson cues_json() {
    const Cues& cues = options_.diagram.cues;
    for (const auto* texts : {&cues.titles, &cues.tags})
      for (const auto& [path, text] : *texts) looks_.add_letters(text);
    ViewJson unfold = ViewJson::array();
    for (const DiagramBox& box : diagram_.boxes)
      if (box.kind == Kind::frame &&
          std::any_of(cues.unfold.begin(), cues.unfold.end(),
                      [&](const std::string& pattern) { return fits_pattern(box.path, pattern); }))
        unfold.push_back(box.path);
    return {{"expand", cues.expand}, {"unfold", unfold},      {"directions", cues.directions},
            {"order", cues.order},   {"titles", cues.titles}, {"tags", cues.tags}};
  }

  // With what is fused to a box, as overlays of drawings have it.
  static std::optional<double> amount_of(const DiagramBox& box, const Overlay& overlay,
                                         const std::map<std::string, double>& by_path) {
    std::optional<double> amount;
    const auto add = [&](const std::string& path) {
      const auto at = by_path.find(path);
      if (at == by_path.end()) return;
      amount = !amount ? at->second : overlay.adds ? *amount + at->second : std::max(*amount, at->second);
    };
    add(box.path);
    for (const std::string& path : box.fused) add(path);
    return amount;
  }

  ViewJson amounts(const Overlay& overlay, const std::map<std::string, double>& by_path) const {
    ViewJson list = ViewJson::array();
    for (size_t i = 0; i < diagram_.boxes.size(); ++i)
      if (diagram_.boxes[i].kind != Kind::output && diagram_.boxes[i].kind != Kind::governor)
        if (const auto amount = amount_of(diagram_.boxes[i], overlay, by_path))
          list.push_back({static_cast<int>(i), *amount});
    return list;
  }

  ViewJson overlay_json(const std::string& name, const Overlay& overlay) const {
    return {{"name", name},
            {"title", plain_text(overlay.title, 200)},
            {"unit", overlay.unit},
            {"adds", overlay.adds},
            {"by_node", !overlay.nodes.empty()},
            {"nodes", amounts(overlay, overlay.nodes)},
            {"own", amounts(overlay, overlay.blocks)},
            {"total", amounts(overlay, overlay.total)}};
  }

  // What was asked for first; what the graph tells is always there.
  ViewJson overlays() const {
    ViewJson list = ViewJson::array();
    if (const auto& asked = options_.diagram.overlay) list.push_back(overlay_json("asked", *asked));
    list.push_back(overlay_json("flops", flops_overlay(graph_)));
    list.push_back(overlay_json("parameters", parameters_overlay(graph_)));
    return list;
  }

  const Graph& graph_;
  const ViewOptions& options_;
  TextMeasure& measure_;
  const Theme& theme_;
  Diagram diagram_, changed_;
  ViewLooks looks_;
  ViewFacts facts_;
  ViewSources sources_;
  std::map<std::string, std::string> ports_;  // names of inputs by node and number
  std::set<std::string> usually_shut_;
  std::map<std::string, const Block*> blocks_;
  using Told = std::array<std::vector<std::string>, 4>;  // before and after it, letters of all and some
  std::map<Told, int> fused_;
  std::vector<Letters> letters_;
};

}  // namespace

ViewJson view_model(const Graph& graph, const ViewOptions& options, const Theme& theme,
                    TextMeasure& measure) {
  return Writer(graph, options, theme, measure).write();
}

}  // namespace orrery
