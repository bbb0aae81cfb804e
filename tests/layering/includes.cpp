#include "tests/layering/includes.h"

#include <fstream>
#include <regex>
#include <sstream>

#include <fmt/format.h>

#include "tests/layering/layers.h"

namespace orrery::layering {

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw fs::filesystem_error("cannot read", path, std::make_error_code(std::errc::io_error));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> sources(const fs::path& root) {
  std::vector<fs::path> found;
  for (const char* folder : {"runtime", "renderers", "bindings"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp" || extension == ".cu" || extension == ".inc")
        found.push_back(entry.path());
    }
  }
  return found;
}

std::string fault(const fs::path& root, const std::string& file, const Include& include) {
  if (include.quoted && !fs::exists(root / include.header)) return "quoted includes are paths from the root";
  return fault_of_include(file, include.header);
}

}  // namespace

std::vector<Include> includes_of(const std::string& text) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]+)[">].*)re");
  std::vector<Include> found;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::smatch match;
    if (std::regex_match(line, match, pattern)) found.push_back({match[2], match[1] == "\"", number});
  }
  return found;
}

std::vector<std::string> faults_below(const fs::path& root) {
  std::vector<std::string> faults;
  for (const fs::path& path : sources(root)) {
    const std::string file = fs::relative(path, root);
    for (const Include& include : includes_of(read(path))) {
      const std::string reason = fault(root, file, include);
      if (!reason.empty())
        faults.push_back(fmt::format("{}:{}: includes {}: {}", file, include.line, include.header, reason));
    }
  }
  return faults;
}

int sources_below(const fs::path& root) { return static_cast<int>(sources(root).size()); }

}  // namespace orrery::layering
