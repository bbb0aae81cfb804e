#pragma once

#include <string>

#include "renderers/diagram/diagram.h"
#include "renderers/image_format.h"
#include "renderers/layout/sketch.h"
#include "renderers/styles/theme.h"

namespace orrery {

/// A page's room in millimetres.
struct PageSize {
  double width, height;
};

/// Fails with an `Error(Fault::usage)` that names the pages there are.
PageSize page_size(const std::string& name);

/// How a drawing is scaled to be on a page; never enlarged.
double scale_on(const PageSize& page, Size drawing);

/// The size of a theme's smallest text that is always legible: numbers at ports are not counted.
double least_text(const Theme& theme);

/// The depth at which all blocks of a graph are open, at most `limit` unless that is -1.
int deepest(const Graph& graph, int limit);

/// Says how large the drawing is, and what to collapse or leave out.
[[noreturn]] void refuse_page(const std::string& name, const PageSize& page, const Diagram& diagram,
                              const layout::Sketch& sketch, Size drawing);

}  // namespace orrery
