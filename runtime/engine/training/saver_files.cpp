#include "runtime/engine/training/saver_files.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "runtime/engine/training/image_files.h"
#include "runtime/files/paths.h"
#include "runtime/formats/npy_writer.h"

namespace orrery {
namespace {

void write_npy_of(Engine& engine, const std::string& path, const at::Tensor& tensor) {
  const Engine::Turn turn(engine);
  const at::Tensor held = tensor.detach().to(at::kCPU).contiguous();
  write_npy(path, dtype_of(held.scalar_type()), held.sizes().vec(),
            {static_cast<const std::byte*>(held.const_data_ptr()), held.nbytes()});
}

}  // namespace

SaverFiles::SaverFiles(Engine& engine, const Graph& graph, std::shared_ptr<Saver> saver, Monitored monitored,
                       TrainingEvents& events, const SavedValues& values,
                       const std::vector<std::string>& numbers)
    : engine_(engine),
      graph_(graph),
      saver_(std::move(saver)),
      monitored_(std::move(monitored)),
      events_(events),
      values_(values),
      name_(saver_->path()) {
  try {
    name_.check_names("the saver's path", numbers);
  } catch (const Error& error) {
    throw Error(error.fault(), error.message(), saver_->origin().site);
  }
}

std::string SaverFiles::after_epoch(const EpochReport& report, const std::vector<NamedNumber>& numbers) {
  const Attributes& options = saver_->options();
  const bool due = options.has("every") && report.epoch % options.integer("every") == 0;
  return write_due(report, numbers, due, report.whole);
}

std::string SaverFiles::after_validation(const EpochReport& report, const std::vector<NamedNumber>& numbers) {
  return write_due(report, numbers, false, true);
}

// `due`: whether it is among the best or not. What an epoch that was cut leaves takes no file's place: the
// run may go on inside it.
std::string SaverFiles::write_due(const EpochReport& report, const std::vector<NamedNumber>& numbers,
                                  bool due, bool removes) {
  const std::optional<double> value = monitored_.value(report);
  const bool best =
      saver_->when() == Saver::When::best && value && is_among_best(*value, name_.with(numbers));
  if (!best && !due) return {};
  std::string path = write(numbers);
  if (best) keep(path, *value, removes);
  return path;
}

std::string SaverFiles::at_end(const std::vector<NamedNumber>& numbers) {
  return saver_->when() == Saver::When::end ? write(numbers) : "";
}

std::string SaverFiles::kind() const {
  if (saver_->values().empty()) return "weights";
  return saver_->format() == Saver::Format::image ? "image" : "values";
}

bool SaverFiles::is_among_best(double value, const std::string& path) const {
  const std::int64_t most = saver_->options().integer("save_top_k");
  if (std::isnan(value) || most == 0) return false;
  const auto same = std::ranges::find(best_, path, &Kept::path);
  if (same != best_.end() && !monitored_.better(value, same->value)) return false;
  if (most < 0 || static_cast<std::int64_t>(best_.size()) < most) return true;
  return monitored_.better(value, best_[static_cast<std::size_t>(most - 1)].value);
}

// The same path again has replaced its file.
void SaverFiles::keep(const std::string& path, double value, bool removes) {
  std::erase_if(best_, [&](const Kept& kept) { return kept.path == path; });
  const auto place =
      std::ranges::find_if(best_, [&](const Kept& kept) { return monitored_.better(value, kept.value); });
  best_.insert(place, {path, value});
  const std::int64_t most = saver_->options().integer("save_top_k");
  while (removes && most >= 0 && static_cast<std::int64_t>(best_.size()) > most) {
    remove_file(best_.back().path);
    best_.pop_back();
  }
}

std::string SaverFiles::write(const std::vector<NamedNumber>& numbers) {
  const std::string path = name_.with(numbers);
  if (saver_->writes_graph())
    save_graph(engine_, graph_, path);
  else
    write_tensors_to(path);
  return path;
}

std::vector<NamedTensor> SaverFiles::held_tensors() const {
  std::vector<NamedTensor> tensors;
  for (const Graph::Entry& entry : saver_->entries(graph_))
    tensors.push_back({entry.key, engine_.tensor(entry.parameter).detach()});
  return tensors;
}

void SaverFiles::write_tensors_to(const std::string& path) {
  const bool computed = !saver_->values().empty();
  if (!computed && !saver_->processes() && saver_->format() == Saver::Format::safetensors)
    return save_entries(engine_, saver_->entries(graph_), path);
  std::vector<NamedTensor> tensors = computed ? values_.of(*saver_) : held_tensors();
  if (saver_->processes())
    for (NamedTensor& named : tensors) named.tensor = events_.on_save(saver_, named.tensor);
  if (saver_->format() == Saver::Format::safetensors)
    return write_tensors(engine_, path, tensors, {{"format", "pt"}});
  const bool image = saver_->format() == Saver::Format::image;
  check(tensors.size() == 1, Fault::usage, "{} holds one tensor, and {} would get {}: {}, {}, …",
        image ? "an image" : "a NumPy file", quote_path(path), tensors.size(), tensors[0].key,
        tensors[1].key);
  if (image) return write_tensor_image(engine_, path, tensors[0].tensor, saver_->options());
  write_npy_of(engine_, path, tensors[0].tensor);
}

void SaverFiles::save(const std::string& name, Checkpoint& to) const {
  for (std::size_t i = 0; i < best_.size(); ++i) {
    to.texts[fmt::format("{}.{}", name, i)] = best_[i].path;
    to.numbers[fmt::format("{}.{}", name, i)] = best_[i].value;
  }
}

void SaverFiles::load(const std::string& name, const Checkpoint& from) {
  best_.clear();
  for (std::size_t i = 0; from.texts.contains(fmt::format("{}.{}", name, i)); ++i) {
    const std::string key = fmt::format("{}.{}", name, i);
    best_.push_back({from.text(key), from.number(key)});
  }
}

}  // namespace orrery
