#include "bindings/render/format_of_name.h"

#include <algorithm>

#include "renderers/formats/format.h"
#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery::lua {
namespace {

std::string alternatives(const std::vector<std::string>& words) {
  std::string list;
  for (size_t i = 0; i < words.size(); ++i)
    list += (i == 0 ? "." : i + 1 == words.size() ? " or ." : ", .") + words[i];
  return list;
}

}  // namespace

std::string format_of_name(const std::string& path, const char* function,
                           const std::vector<std::string>& allowed) {
  const size_t dot = path.rfind('.');
  const std::string ending = dot == std::string::npos ? "" : path.substr(dot + 1);
  std::vector<std::string> endings, first;
  for (const Format& format : formats()) {
    if (std::find(allowed.begin(), allowed.end(), format.name) == allowed.end()) continue;
    if (std::find(format.endings.begin(), format.endings.end(), ending) != format.endings.end())
      return format.name;
    endings.insert(endings.end(), format.endings.begin(), format.endings.end());
    first.push_back(format.endings[0]);
  }
  throw Error(
      Fault::usage,
      std::string(function) + ": '" + path + "' does not tell a format" + did_you_mean(ending, endings), {},
      "End the name in " + alternatives(first) + ", or give { format = \"pdf\" }.");
}

}  // namespace orrery::lua
