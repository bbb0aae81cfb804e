#include "tests/renderers/zoo_graphs.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "runtime/core/error.h"
#include "runtime/graph/json.h"
#include "runtime/graph/runtime.h"
#include "runtime/ops/operations.h"
#include "tests/files/places.h"

namespace orrery::test {
namespace {

std::string said_by(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  check(pipe != nullptr, Fault::run, "cannot start {}", command);
  std::string text;
  std::array<char, 1 << 16> bytes;
  for (size_t count; (count = fread(bytes.data(), 1, bytes.size(), pipe)) > 0;)
    text.append(bytes.data(), count);
  check(pclose(pipe) == 0, Fault::run, "{} failed", command);
  return text;
}

}  // namespace

std::vector<ZooGraph> zoo_graphs() {
  const std::string program = in_build("orrery");
  if (!std::filesystem::exists(program)) return {};
  const std::string text =
      said_by("'" + program + "' run '" + in_source("tests/renderers/zoo_graphs.lua") + "'");
  std::istringstream lines(text);
  std::vector<ZooGraph> zoo;
  std::string name;
  for (size_t length = 0; lines >> name >> length;) {
    std::string json(length, 0);
    lines.get();
    lines.read(json.data(), static_cast<std::streamsize>(length));
    Runtime runtime;
    zoo.push_back({name, graph_from_json(json, operations(), runtime, name)});
  }
  return zoo;
}

}  // namespace orrery::test
