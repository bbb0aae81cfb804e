#include <fmt/format.h>

#include "renderers/stages/stages.h"

namespace orrery {
namespace {

bool all_are(const std::vector<std::int64_t>& list, std::int64_t wanted) {
  return std::all_of(list.begin(), list.end(), [&](std::int64_t one) { return one == wanted; });
}

std::string extents(const std::vector<std::int64_t>& list) {
  std::string text;
  for (std::int64_t one : list) text += (text.empty() ? "" : "×") + std::to_string(one);
  return text;
}

std::string once(const std::vector<std::int64_t>& list) {
  return all_are(list, list[0]) ? std::to_string(list[0]) : extents(list);
}

const AttributeValue* option(const Node& node, const std::string& name) {
  for (const auto& entry : node.attributes().entries())
    if (entry.name == name) return &entry.value;
  return nullptr;
}

std::string word_for(const std::string& title) {
  if (title.starts_with("ConvTranspose")) return "up-conv";
  if (title.starts_with("Conv")) return "conv";
  if (title.starts_with("AdaptiveAvgPool")) return "mean pool";
  if (title.starts_with("AdaptiveMaxPool")) return "max pool";
  if (title.starts_with("AvgPool")) return "mean pool";
  if (title.starts_with("MaxPool")) return "max pool";
  if (title == "Linear") return "linear";
  if (title.starts_with("Upsampl")) return "upsample";
  return title;
}

}  // namespace

const std::vector<std::int64_t>* sizes_option(const Node& node, const std::string& name) {
  const AttributeValue* value = option(node, name);
  const auto* list = value ? std::get_if<std::vector<std::int64_t>>(value) : nullptr;
  return list && !list->empty() ? list : nullptr;
}

std::string stage_caption(const DiagramBox& box, const Node& node) {
  std::string text = word_for(box.title);
  const auto* kernel = sizes_option(node, "kernel_size");
  const auto* stride = sizes_option(node, "stride");
  if (kernel) text = kernel->size() == 1 ? text + " " + extents(*kernel) : extents(*kernel) + " " + text;
  const bool usual =
      !stride || (kernel && (box.category == Category::pooling || text.find("up-conv") != std::string::npos)
                      ? *stride == *kernel
                      : all_are(*stride, 1));
  if (!usual) text += ", stride " + once(*stride);
  if (const auto* dilation = sizes_option(node, "dilation"); dilation && !all_are(*dilation, 1))
    text += ", dilation " + once(*dilation);
  const AttributeValue* groups = option(node, "groups");
  if (const auto* count = groups ? std::get_if<std::int64_t>(groups) : nullptr; count && *count > 1)
    text += fmt::format(", {} groups", *count);
  return text;
}

}  // namespace orrery
