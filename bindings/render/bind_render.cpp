#include <algorithm>

#include "bindings/border.h"
#include "bindings/findings.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/render/bind_parallel.h"
#include "bindings/render/bind_plot.h"
#include "bindings/render/bind_tables.h"
#include "bindings/render/format_of_name.h"
#include "bindings/render/read_boxes.h"
#include "bindings/render/read_theme.h"
#include "renderers/fonts.h"
#include "renderers/formats/format.h"
#include "renderers/render.h"
#include "runtime/files/atomic_writer.h"

namespace orrery::lua {
namespace {

const std::vector<std::string>& colours() {
  static const std::vector<std::string> kWords = {"kind", "structure", "device", "dtype"};  // as ColourBy
  return kWords;
}

const std::vector<std::string>& scales() {
  static const std::vector<std::string> kWords = {"linear", "log", "rank"};  // as HeatScale
  return kWords;
}

const std::vector<std::string>& line_widths() {
  static const std::vector<std::string> kWords = {"even", "bytes", "elements"};  // as LineWidth
  return kWords;
}

const std::vector<Attribute>& schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "format",
       .type = AttributeType::text,
       .doc = "of the file; none: by the ending of its name",
       .choices = render_formats()},
      {.name = "style",
       .type = AttributeType::text,
       .doc = "how a network looks",
       .value = "box",
       .choices = render_styles()},
      {.name = "depth", .doc = "blocks inside so many others become one box; none: no limit", .min = 0},
      {.name = "fold",
       .type = AttributeType::boolean,
       .doc = "draws a chain of equal blocks once, with their number",
       .value = true},
      {.name = "governors",
       .type = AttributeType::boolean,
       .doc = "optimizers with their schedules, and savers, with a letter at what they update or save",
       .value = false},
      {.name = "fuse",
       .type = AttributeType::boolean,
       .doc = "tells activations, norms and dropout on their layer's box",
       .value = false},
      {.name = "names", .type = AttributeType::boolean, .doc = "names that people gave", .value = true},
      {.name = "dtypes", .type = AttributeType::boolean, .doc = "dtypes beside all lines", .value = false},
      {.name = "color",
       .type = AttributeType::text,
       .doc = "what the colours tell",
       .value = "kind",
       .choices = colours()},
      {.name = "scale",
       .type = AttributeType::text,
       .doc = "how amounts of an overlay become colours",
       .value = "linear",
       .choices = scales()},
      {.name = "own",
       .type = AttributeType::boolean,
       .doc = "collapsed blocks show what they cost without the blocks inside",
       .value = false},
      {.name = "per",
       .type = AttributeType::text,
       .doc = "what an overlay colours; none: nodes where they are known",
       .choices = {"block", "node"}},
      {.name = "numbers",
       .type = AttributeType::boolean,
       .doc = "writes the amounts of an overlay on the boxes",
       .value = false},
      {.name = "legend",
       .type = AttributeType::boolean,
       .doc = "explains the kinds; none: for boxes not, for other styles where there are several"},
      {.name = "image",
       .type = AttributeType::text,
       .doc = "a PNG or JPEG file for the face of the first input, in lenet and volume",
       .value = ""},
      {.name = "caption", .type = AttributeType::text, .doc = "stands under the drawing", .value = ""},
      {.name = "fit",
       .type = AttributeType::text,
       .doc = "the page to fit on, by breaking chains and opening fewer blocks",
       .choices = page_names()},
      {.name = "shapes",
       .type = AttributeType::boolean,
       .doc = "shapes beside the lines where they change",
       .value = true},
      {.name = "all_shapes",
       .type = AttributeType::boolean,
       .doc = "shapes beside all lines",
       .value = false},
      {.name = "parameters", .type = AttributeType::boolean, .doc = "numbers of parameters", .value = false},
      {.name = "direction",
       .type = AttributeType::text,
       .doc = "where the data flow; none: east for feature maps, else south",
       .choices = {"south", "east", "north", "west"}},
      {.name = "width_mm",
       .type = AttributeType::real,
       .doc = "width of the page in mm; 0: as it comes out",
       .value = 0.0,
       .min = 0},
      {.name = "height_mm",
       .type = AttributeType::real,
       .doc = "height of the page in mm, which is fitted on; 0: no limit",
       .value = 0.0,
       .min = 0},
      {.name = "min_font",
       .type = AttributeType::real,
       .doc = "the smallest text on a page, in points",
       .value = 6.0,
       .min = 1,
       .max = 72},
      {.name = "wrap",
       .type = AttributeType::boolean,
       .doc = "breaks chains longer than the page, and ribbons of two pages and more, into columns or rows",
       .value = true},
      {.name = "dpi",
       .type = AttributeType::real,
       .doc = "dots per inch of a PNG",
       .value = 150.0,
       .min = 1,
       .max = 2400},
      {.name = "columns",
       .doc = "the most that a row of a text has",
       .value = std::int64_t{80},
       .min = 20,
       .max = 10000},
      {.name = "ascii", .type = AttributeType::boolean, .doc = "a text in ASCII alone", .value = false},
      {.name = "edge_width",
       .type = AttributeType::text,
       .doc = "lines are as wide as their tensors are large, on a logarithmic scale",
       .value = "even",
       .choices = line_widths()},
      {.name = "batch", .doc = "samples at once, for the width of lines", .value = std::int64_t{1}, .min = 1},
      {.name = "all",
       .type = AttributeType::boolean,
       .doc = "of a diff: also what is the same is open",
       .value = false},
      {.name = "findings",
       .type = AttributeType::boolean,
       .doc = "marks what the checks find",
       .value = false}};
  return kSchema;
}

// Options that are more than one value, or may be.
Extras tables() {
  return {{"expand", 0},  {"collapse", 0}, {"hide", 0},  {"aside", 0},  {"theme", 0},
          {"overlay", 0}, {"cues", 0},     {"boxes", 0}, {"before", 0}, {"before_overlay", 0}};
}

std::vector<std::string> read_list(lua_State* L, const Extras& lists, const std::string& name) {
  const int index = lists.at(name);
  if (index == 0) return {};
  const std::string what = name + ": a path, a pattern, or a list of them";
  if (!lua_istable(L, index)) return {read_string(L, index, "render", what.c_str())};
  std::vector<std::string> texts;
  for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
    lua_rawgeti(L, index, i);
    texts.push_back(read_string(L, -1, "render", what.c_str()));
    lua_pop(L, 1);
  }
  return texts;
}

// `graph`: is checked where the findings are asked for; null where they come later.
RenderOptions read_render_options(lua_State* L, int first, const std::string& path, Graph* graph) {
  Extras more = tables();
  const Attributes given = read_options(L, first, schema(), "render", &more);
  RenderOptions options;
  options.expand = read_list(L, more, "expand");
  options.collapse = read_list(L, more, "collapse");
  options.hide = read_list(L, more, "hide");
  options.aside = read_list(L, more, "aside");
  options.fold = given.boolean("fold");
  options.governors = given.boolean("governors");
  options.fuse = given.boolean("fuse");
  options.names = given.boolean("names");
  options.dtypes = given.boolean("dtypes");
  options.color = static_cast<ColourBy>(std::find(colours().begin(), colours().end(), given.text("color")) -
                                        colours().begin());
  if (given.has("legend")) options.legend = given.boolean("legend");
  options.image = given.text("image");
  options.caption = given.text("caption");
  if (given.has("fit")) options.fit = given.text("fit");
  if (const int cues = more.at("cues")) options.cues = read_cues_at(L, cues);
  if (const int theme = more.at("theme")) read_theme(L, theme, options);
  if (const int boxes = more.at("boxes")) options.boxes = read_boxes(L, boxes);
  if (const int overlay = more.at("overlay"); overlay && graph) {
    options.overlay = read_overlay(L, overlay, *graph);
    if (given.has("per") && given.text("per") == "block") options.overlay->nodes.clear();
    options.overlay->own = given.boolean("own");
    options.overlay->numbers = given.boolean("numbers");
    options.overlay->scale = static_cast<HeatScale>(
        std::find(scales().begin(), scales().end(), given.text("scale")) - scales().begin());
  }
  options.line_width =
      static_cast<LineWidth>(std::find(line_widths().begin(), line_widths().end(), given.text("edge_width")) -
                             line_widths().begin());
  options.batch = given.integer("batch");
  if (const int before = more.at("before"); before && graph) {
    options.comparison = Comparison{share<Graph>(L, before), given.boolean("all"), {}};
    if (const int overlay = more.at("before_overlay"))
      options.comparison->overlay = read_overlay(L, overlay, *options.comparison->before);
  }
  options.format = given.has("format") ? given.text("format")
                   : path.empty()      ? "svg"
                                       : format_of_name(path, "render", render_formats());
  options.style = given.text("style");
  options.depth = given.has("depth") ? static_cast<int>(given.integer("depth")) : -1;
  options.shapes = given.boolean("shapes");
  options.all_shapes = given.boolean("all_shapes");
  options.parameters = given.boolean("parameters");
  if (given.has("direction")) options.direction = given.text("direction");
  options.width_mm = given.real("width_mm");
  options.height_mm = given.real("height_mm");
  options.min_font = given.real("min_font");
  options.wrap = given.boolean("wrap");
  options.dpi = given.real("dpi");
  options.columns = static_cast<int>(given.integer("columns"));
  options.ascii = given.boolean("ascii");
  if (graph && given.boolean("findings")) options.findings = check_everything(*graph);
  return options;
}

// render(g, path[, options]): writes the drawing
int render_to_file(lua_State* L) {
  Graph& graph = get<Graph>(L, 1);
  const std::string path = read_string(L, 2, "render", "the file to write");
  const RenderOptions options = read_render_options(L, 3, path, &graph);
  write_atomically(path, render(graph, options));
  Border& state = border(L);
  return state.files.add(share<Graph>(L, 1), "diagram", path, state.runtime->log), 0;
}

// drawing(g[, options]) → the file's bytes
int render_to_text(lua_State* L) {
  Graph& graph = get<Graph>(L, 1);
  return push_text(L, render(graph, read_render_options(L, 2, "", &graph))), 1;
}

// layout(g[, options]) → the geometry as JSON
int render_layout(lua_State* L) {
  Graph& graph = get<Graph>(L, 1);
  return push_text(L, layout_json(graph, read_render_options(L, 2, "", &graph))), 1;
}

// watch_failures(path[, options]): from now on, draws where the building of a graph fails
int watch_failures(lua_State* L) {
  RenderOptions options =
      read_render_options(L, 2, read_string(L, 1, "watch_failures", "the file to write"), nullptr);
  Border& state = border(L);
  state.witness = [&state, options](const Graph& graph, const std::vector<Finding>& findings) mutable {
    try {
      options.findings = findings;
      state.last_failure = {&graph, render(graph, options)};
    } catch (const std::exception& error) {
      state.last_failure = {};
      state.runtime->log.warning(std::string("the faulty graph could not be drawn: ") + error.what());
    }
  };
  return 0;
}

// render_failure(g, path) → true after writing what was drawn when the building of g failed; false when
// another graph failed since, or this one has grown
int render_failure(lua_State* L) {
  const Graph& graph = get<Graph>(L, 1);
  const std::string path = read_string(L, 2, "render_failure", "the file to write");
  const auto& [failed, picture] = border(L).last_failure;
  const bool found = failed == &graph && graph.failed();
  if (found) write_atomically(path, picture);
  return lua_pushboolean(L, found), 1;
}

// formats() → the formats of drawings in their order, each with its name and the endings of files
int push_formats(lua_State* L) {
  lua_newtable(L);
  for (size_t i = 0; i < formats().size(); ++i) {
    const Format& format = formats()[i];
    lua_newtable(L);
    push_text(L, format.name);
    lua_setfield(L, -2, "name");
    lua_newtable(L);
    for (size_t k = 0; k < format.endings.size(); ++k) {
      push_text(L, format.endings[k]);
      lua_rawseti(L, -2, static_cast<int>(k) + 1);
    }
    lua_setfield(L, -2, "endings");
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

// libraries() → `cairo 1.16.0, pango 1.50.12, …`
int libraries(lua_State* L) { return push_text(L, drawing_libraries()), 1; }

int open_render_module(lua_State* L) {
  lua_newtable(L);
  add_functions(L, {{"render", guarded<render_to_file>},
                    {"drawing", guarded<render_to_text>},
                    {"layout", guarded<render_layout>},
                    {"formats", guarded<push_formats>},
                    {"libraries", guarded<libraries>},
                    {"watch_failures", guarded<watch_failures>},
                    {"render_failure", guarded<render_failure>}});
  add_parallel_functions(L);
  add_table_functions(L);
  add_plot_functions(L);
  return 1;
}

}  // namespace
}  // namespace orrery::lua

/// `require "orrery.render_core"`: apart from the core, so that what draws nothing loads no cairo.
extern "C" __attribute__((visibility("default"))) int luaopen_orrery_render_core(lua_State* L) {
  return orrery::lua::guarded_always<orrery::lua::open_render_module>(L);
}
