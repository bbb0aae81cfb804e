#include "runtime/codegen/python_slices.h"

#include <fmt/format.h>

namespace orrery {
namespace {

// `x[:, key]`
std::string indexed(const Node& node, const std::string& tensor, const std::string& key) {
  const std::int64_t dim = node.attributes().integer("dim");
  std::string places = dim < 0 ? "..., " : "";
  for (std::int64_t at = 0; at < dim; ++at) places += ":, ";
  std::string behind;
  for (std::int64_t at = dim; at < -1; ++at) behind += ", :";
  return fmt::format("{}[{}{}{}]", tensor, places, key, behind);
}

std::string sliced(const Node& node) {
  const auto end = [&](const char* name) {
    return node.attributes().has(name) ? std::to_string(node.attributes().integer(name)) : std::string();
  };
  const std::int64_t step = node.attributes().integer("step");
  return fmt::format("{}:{}{}", end("start"), end("end"), step == 1 ? "" : ":" + std::to_string(step));
}

std::string narrowed(const Node& node) {
  const std::int64_t start = node.attributes().integer("start"), length = node.attributes().integer("length");
  // Behind a start from the end, a slice may end with the dimension.
  const std::string end = start < 0 && start + length >= 0 ? "" : std::to_string(start + length);
  return fmt::format("{}:{}", start, end);
}

}  // namespace

std::optional<std::string> python_slice(const Node& node, const std::string& tensor) {
  const std::string& name = node.descriptor()->name;
  if (name == "slice") return indexed(node, tensor, sliced(node));
  if (name == "narrow") return indexed(node, tensor, narrowed(node));
  if (name == "select") return indexed(node, tensor, std::to_string(node.attributes().integer("index")));
  return std::nullopt;
}

}  // namespace orrery
