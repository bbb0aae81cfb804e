#include "bindings/render/plot_options.h"

#include <fmt/format.h>

#include "bindings/lua_args.h"
#include "bindings/lua_object.h"
#include "renderers/image_format.h"
#include "renderers/plots/smoothed.h"
#include "runtime/core/error.h"

namespace orrery::lua {
namespace {

using plots::Axis;
using plots::Look;
using plots::Panel;
using plots::Series;

Attribute text_option(const char* name, const char* doc, std::vector<std::string> choices = {}) {
  return {.name = name, .type = AttributeType::text, .doc = doc, .choices = std::move(choices)};
}

Attribute switch_option(const char* name, const char* doc) {
  return {.name = name, .type = AttributeType::boolean, .doc = doc, .value = false};
}

Attribute number_option(const char* name, const char* doc, AttributeValue usual = {}) {
  return {.name = name, .type = AttributeType::real, .doc = doc, .value = std::move(usual)};
}

Attribute count_option(const char* name, const char* doc) {
  return {.name = name, .type = AttributeType::integer, .doc = doc, .min = 1, .max = 1000};
}

const std::vector<Attribute>& axis_schema() {
  static const std::vector<Attribute> kSchema{
      text_option("label", "what the numbers are"),
      text_option("unit", "written behind the label, in brackets"),
      switch_option("log", "a logarithmic axis"),
      number_option("from", "where it begins; none: where the data need it"),
      number_option("to", "where it ends"),
      switch_option("zero", "shows 0, whatever the data"),
      switch_option("whole", "ticks at whole numbers only"),
      text_option("numbers", "how numbers are written; none: plain where that is short", {"plain", "si"})};
  return kSchema;
}

const std::vector<Attribute>& series_schema() {
  static const std::vector<Attribute> kSchema{
      text_option("name", "in the legend"),
      {.name = "smooth",
       .type = AttributeType::real,
       .doc = "the span of a moving average, drawn over the numbers themselves",
       .min = 1,
       .max = 1e9},
      switch_option("points", "a mark at each number, no line"),
      count_option("color", "which of the colours; none: by the place of the name"),
      count_option("dashes", "which of the dashes; 1 is a whole line"),
      count_option("mark", "which of the marks; none: no mark, where there is a line")};
  return kSchema;
}

const std::vector<Attribute>& plot_schema() {
  static const std::vector<Attribute> kSchema{
      {.name = "format",
       .type = AttributeType::text,
       .doc = "of the file; none: by the ending of its name",
       .choices = image_formats()},
      text_option("title", "above the plot"),
      text_option("caption", "small, under the plot"),
      {.name = "legend",
       .type = AttributeType::text,
       .doc = "where names stand",
       .value = "automatic",
       .choices = {"automatic", "above", "none"}},
      number_option("width_mm", "width of the page in mm", 84.0),
      number_option("height_mm", "height of the page in mm; 0: as the panels need", 0.0),
      number_option("dpi", "dots per inch of a PNG", 150.0)};
  return kSchema;
}

/// Leaves the stack as it found it.
class Balanced {
 public:
  explicit Balanced(lua_State* L) : L_(L), top_(lua_gettop(L)) { luaL_checkstack(L, 32, "too many values"); }
  ~Balanced() { lua_settop(L_, top_); }
  Balanced(const Balanced&) = delete;
  Balanced& operator=(const Balanced&) = delete;

 private:
  lua_State* L_;
  int top_;
};

// Reads the table at an index; the values that `extras` names lie behind it on the stack.
Attributes read_table(lua_State* L, int index, const std::vector<Attribute>& schema, const std::string& where,
                      Extras& extras) {
  check(lua_istable(L, index), Fault::usage, "{} is a table, got {}", where, type_name(L, index));
  check(lua_objlen(L, index) == 0, Fault::usage, "{} has names for all that it holds, got a list", where);
  lua_pushvalue(L, index);
  return read_options(L, lua_gettop(L), schema, where, &extras);
}

std::string text_or_none(const Attributes& given, const char* name) {
  return given.has(name) ? given.text(name) : std::string();
}

std::optional<double> real_or_none(const Attributes& given, const char* name) {
  return given.has(name) ? std::optional(given.real(name)) : std::nullopt;
}

plots::Numbers numbers_of(const Attributes& given) {
  if (!given.has("numbers")) return plots::Numbers::automatic;
  return given.text("numbers") == "si" ? plots::Numbers::si : plots::Numbers::plain;
}

// A text is the axis' label.
Axis read_axis(lua_State* L, int index, const std::string& where) {
  Axis axis;
  if (index == 0) return axis;
  if (lua_type(L, index) == LUA_TSTRING) {
    axis.label = read_string(L, index, where.c_str(), "a label");
    return axis;
  }
  const Balanced balanced(L);
  Extras none;
  const Attributes given = read_table(L, index, axis_schema(), where, none);
  axis.label = text_or_none(given, "label"), axis.unit = text_or_none(given, "unit");
  if (given.boolean("log")) axis.scale = plots::Scale::log;
  axis.from = real_or_none(given, "from"), axis.to = real_or_none(given, "to");
  axis.zero = given.boolean("zero"), axis.whole = given.boolean("whole");
  axis.numbers = numbers_of(given);
  return axis;
}

std::vector<double> counted(size_t count) {
  std::vector<double> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<double>(i + 1);
  return numbers;
}

int place_of(const Attributes& given, const char* name, int usual) {
  return given.has(name) ? static_cast<int>(given.integer(name)) - 1 : usual;
}

// What is not told is as without a look: by the place in the panel.
std::optional<Look> read_look(const Attributes& given, size_t place) {
  if (!given.has("color") && !given.has("dashes") && !given.has("mark")) return {};
  const auto usual = static_cast<int>(place);
  const int color = place_of(given, "color", usual);
  const bool points = given.boolean("points");
  return Look{color, place_of(given, "dashes", given.has("color") ? 0 : usual),
              place_of(given, "mark", points ? color : -1)};
}

void smooth(Series& series, double span) {
  series.faint = std::move(series.y);
  series.y = plots::smoothed(series.faint, span);
}

Series read_series(lua_State* L, int index, const std::string& where, size_t place) {
  const Balanced balanced(L);
  Extras extras{{"x", 0}, {"y", 0}, {"lower", 0}, {"upper", 0}};
  const Attributes given = read_table(L, index, series_schema(), where, extras);
  check(extras["y"] != 0, Fault::usage, "{} has no y: give its numbers as y = {{ 1, 2, 3 }}", where);
  Series series;
  series.name = text_or_none(given, "name");
  series.y = read_numbers(L, extras["y"], where + ": y");
  series.x = extras["x"] == 0 ? counted(series.y.size()) : read_numbers(L, extras["x"], where + ": x");
  series.lower = read_numbers(L, extras["lower"], where + ": lower");
  series.upper = read_numbers(L, extras["upper"], where + ": upper");
  series.points = given.boolean("points");
  series.look = read_look(given, place);
  if (given.has("smooth")) smooth(series, given.real("smooth"));
  return series;
}

// Calls `read` with the stack index of each entry of a list, counted from 1.
template <class Read>
void each_entry(lua_State* L, int index, const std::string& where, const Read& read) {
  check(lua_istable(L, index), Fault::usage, "{} is a list, got {}", where, type_name(L, index));
  const size_t count = lua_objlen(L, index);
  lua_pushnil(L);
  const bool empty = lua_next(L, index) == 0;
  if (!empty) lua_pop(L, 2);
  check(count > 0 || empty, Fault::usage, "{} is a list: put its table into another pair of braces", where);
  for (size_t i = 1; i <= count; ++i) {
    const Balanced balanced(L);
    lua_rawgeti(L, index, static_cast<int>(i));
    read(lua_gettop(L), i);
  }
}

Panel read_panel(lua_State* L, int series, int y, const std::string& where) {
  Panel panel;
  panel.y = read_axis(L, y, where + "y");
  if (series == 0) return panel;
  each_entry(L, series, where + "series", [&](int index, size_t i) {
    panel.series.push_back(read_series(L, index, fmt::format("{}series[{}]", where, i), i - 1));
  });
  return panel;
}

std::vector<Panel> read_panels(lua_State* L, Extras& extras) {
  if (extras["panels"] == 0) {
    check(extras["series"] != 0, Fault::usage,
          "plot: nothing is to be plotted: give series, or panels with series");
    return {read_panel(L, extras["series"], extras["y"], "plot: ")};
  }
  check(extras["series"] == 0 && extras["y"] == 0, Fault::usage,
        "plot: y and series belong into the panels when there are panels");
  std::vector<Panel> panels;
  each_entry(L, extras["panels"], "plot: panels", [&](int index, size_t i) {
    const std::string where = fmt::format("plot: panels[{}]", i);
    Extras parts{{"series", 0}, {"y", 0}};
    read_table(L, index, {}, where, parts);
    panels.push_back(read_panel(L, parts["series"], parts["y"], where + ": "));
  });
  return panels;
}

// A line of the legend that stands for no one series: a colour for several dashes, or dashes for all colours.
plots::LegendEntry read_entry(lua_State* L, int index, const std::string& where) {
  static const std::vector<Attribute> kSchema{
      text_option("name", "what stands beside it"), count_option("color", "which of the colours; none: grey"),
      count_option("dashes", "which of the dashes"), count_option("mark", "which of the marks"),
      switch_option("band", "with a band")};
  Extras none;
  const Attributes given = read_table(L, index, kSchema, where, none);
  plots::LegendEntry entry{.name = text_or_none(given, "name")};
  entry.look = {place_of(given, "color", 0), place_of(given, "dashes", 0), place_of(given, "mark", -1)};
  entry.quiet = !given.has("color"), entry.band = given.boolean("band");
  return entry;
}

plots::LegendPlace legend_of(const std::string& name) {
  if (name == "none") return plots::LegendPlace::none;
  return name == "above" ? plots::LegendPlace::above : plots::LegendPlace::automatic;
}

}  // namespace

std::vector<double> read_numbers(lua_State* L, int index, const std::string& where) {
  std::vector<double> numbers;
  if (index == 0) return numbers;
  check(lua_istable(L, index), Fault::usage, "{} is a list of numbers, got {}; a tensor has :tolist()", where,
        type_name(L, index));
  const size_t count = lua_objlen(L, index);
  for (size_t i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, static_cast<int>(i));
    check(lua_type(L, -1) == LUA_TNUMBER, Fault::usage,
          "{} is a list of numbers, but entry {} is {}; NaN (0/0) makes a gap", where, i, type_name(L, -1));
    numbers.push_back(lua_tonumber(L, -1));
    lua_pop(L, 1);
  }
  return numbers;
}

PlotRequest read_plot_request(lua_State* L, int index) {
  const Balanced balanced(L);
  Extras extras{{"x", 0}, {"y", 0}, {"series", 0}, {"panels", 0}, {"entries", 0}};
  const Attributes given = read_table(L, index, plot_schema(), "plot", extras);
  PlotRequest request;
  plots::Figure& figure = request.figure;
  request.format = text_or_none(given, "format"), request.dpi = given.real("dpi");
  figure.title = text_or_none(given, "title"), figure.caption = text_or_none(given, "caption");
  figure.width_mm = given.real("width_mm"), figure.height_mm = given.real("height_mm");
  figure.legend = legend_of(given.text("legend"));
  figure.x = read_axis(L, extras["x"], "plot: x");
  figure.panels = read_panels(L, extras);
  if (extras["entries"] != 0)
    each_entry(L, extras["entries"], "plot: entries", [&](int at, size_t i) {
      figure.entries.push_back(read_entry(L, at, fmt::format("plot: entries[{}]", i)));
    });
  return request;
}

}  // namespace orrery::lua
