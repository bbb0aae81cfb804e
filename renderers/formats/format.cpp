#include "renderers/formats/format.h"

#include <algorithm>

namespace orrery {

const std::vector<Format>& formats() {
  using Kind = Format::Kind;
  static const std::vector<Format> all = {{"pdf", {"pdf"}, Kind::picture},
                                          {"svg", {"svg"}, Kind::picture},
                                          {"png", {"png"}, Kind::picture},
                                          {"tikz", {"tex", "tikz"}, Kind::picture},
                                          {"html", {"html", "htm"}, Kind::description},
                                          {"json", {"json"}, Kind::description},
                                          {"dot", {"dot", "gv"}, Kind::description},
                                          {"mermaid", {"mmd", "mermaid"}, Kind::description},
                                          {"text", {"txt", "text"}, Kind::description}};
  return all;
}

const Format* format_of_ending(const std::string& ending) {
  for (const Format& format : formats())
    if (std::find(format.endings.begin(), format.endings.end(), ending) != format.endings.end())
      return &format;
  return nullptr;
}

}  // namespace orrery
