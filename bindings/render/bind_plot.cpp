#include "bindings/render/bind_plot.h"

#include "bindings/border.h"
#include "bindings/lua_args.h"
#include "bindings/objects.h"
#include "bindings/render/format_of_name.h"
#include "bindings/render/plot_options.h"
#include "renderers/image_format.h"
#include "renderers/plots/plot.h"
#include "renderers/plots/smoothed.h"
#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"

namespace orrery::lua {

namespace {

// plot(path, options): writes the plot
int plot_to_file(lua_State* L) {
  const std::string path = read_string(L, 1, "plot", "the file to write");
  PlotRequest request = read_plot_request(L, 2);
  if (request.format.empty()) request.format = format_of_name(path, "plot", image_formats());
  write_atomically(path, plots::draw_plot(request.figure, request.format, request.dpi));
  Border& state = border(L);
  return state.files.add(nullptr, "plot", path, state.runtime->log), 0;
}

// plotted(options) → the bytes of the file
int plot_to_text(lua_State* L) {
  const PlotRequest request = read_plot_request(L, 1);
  const std::string format = request.format.empty() ? "pdf" : request.format;
  return push_text(L, plots::draw_plot(request.figure, format, request.dpi)), 1;
}

// plot_layout(options) → the geometry as JSON
int plot_layout(lua_State* L) { return push_text(L, plots::plot_json(read_plot_request(L, 1).figure)), 1; }

// smoothed(numbers, span) → the moving average that `smooth` draws
int smoothed_numbers(lua_State* L) {
  const double span = read_number(L, 2, "smoothed", "the span", 1);
  check(span >= 1, Fault::usage, "smoothed: the span is at least 1, got {}", span);
  const std::vector<double> result =
      plots::smoothed(read_numbers(L, 1, "smoothed: the first argument"), span);
  lua_createtable(L, static_cast<int>(result.size()), 0);
  for (size_t i = 0; i < result.size(); ++i) {
    lua_pushnumber(L, result[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  return 1;
}

}  // namespace

void add_plot_functions(lua_State* L) {
  add_functions(L, {{"plot", guarded<plot_to_file>},
                    {"plotted", guarded<plot_to_text>},
                    {"plot_layout", guarded<plot_layout>},
                    {"smoothed", guarded<smoothed_numbers>}});
}

}  // namespace orrery::lua
