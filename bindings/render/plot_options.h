#pragma once

#include <string>
#include <vector>

#include <lua.hpp>

#include "renderers/plots/figure.h"

namespace orrery::lua {

/// What a script asks to be plotted, and into which kind of file.
struct PlotRequest {
  plots::Figure figure;
  std::string format;  ///< empty: by the ending of the file's name
  double dpi = 150;
};

/// A list of numbers; index 0 is none. `where` names it in messages.
std::vector<double> read_numbers(lua_State* L, int index, const std::string& where);

/// Reads the table of options at an index. Throws `Error(Fault::usage)` naming function and option.
PlotRequest read_plot_request(lua_State* L, int index);

}  // namespace orrery::lua
