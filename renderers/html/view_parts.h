#pragma once

#include <string_view>
#include <vector>

namespace orrery {

/// A file that every view holds: `view.html`, `view.css`, `view_engine.wasm`, `main.js`, …
struct ViewPart {
  std::string_view name, bytes;
};

/// All of them, scripts in the order of the page. Written by the build (view_page.cmake). The engine is empty
/// where there was no compiler for it.
const std::vector<ViewPart>& view_parts();

}  // namespace orrery
