#include "bindings/tensorboard_export.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/image.h"

namespace orrery::lua {
namespace {

constexpr std::uint64_t kLargestSample = std::uint64_t{64} << 20;

double seconds_of(UnixMilliseconds at) { return static_cast<double>(at) / 1000; }

// As a list, which the text page draws with Markdown.
TensorboardEvent config_event(const ExportedRun& run) {
  std::string text;
  for (const auto& [key, value] : run.config) text += fmt::format("- `{}`: {}\n", key, value);
  return {seconds_of(run.started), 0, "config", TensorboardEvent::Text{text}};
}

// The file's path as the script named it, from the folder in which it ran.
std::string path_of(const ExportedRun& run, const ExportedRun::File& file) {
  return file.path.starts_with('/') ? file.path : run.working_folder + "/" + file.path;
}

TensorboardEvent sample_event(const ExportedRun& run, const ExportedRun::File& file) {
  TensorboardEvent event{seconds_of(file.at), file.step.value_or(0), file.name, 0.0F};
  const std::string path = path_of(run, file);
  const Bytes bytes = read_file(path, kLargestSample);
  if (file.kind == "text") {
    event.value = TensorboardEvent::Text{std::string(bytes.text())};
  } else {
    const ImageHeader header = parse_image_header(bytes.span(), path);
    event.value = TensorboardEvent::Picture{header.width, header.height, std::string(bytes.text())};
  }
  return event;
}

}  // namespace

std::vector<TensorboardEvent> tensorboard_events(const ExportedRun& run, std::vector<std::string>& left_out) {
  std::vector<TensorboardEvent> events;
  if (!run.config.empty()) events.push_back(config_event(run));
  for (const ExportedRun::Curve& curve : run.curves) {
    for (const ExportedRun::Point& point : curve.points)
      events.push_back({seconds_of(point.at), point.step, curve.name, static_cast<float>(point.value)});
  }
  for (const ExportedRun::File& file : run.files) {
    if (file.name.empty() || (file.kind != "text" && file.kind != "image")) continue;
    try {
      events.push_back(sample_event(run, file));
    } catch (const Error&) {
      left_out.push_back(file.path);
    }
  }
  return events;
}

}  // namespace orrery::lua
