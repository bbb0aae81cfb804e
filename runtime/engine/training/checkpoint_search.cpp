#include <algorithm>
#include <cmath>
#include <functional>

#include "runtime/engine/training/checkpoint_folder.h"
#include "runtime/files/paths.h"

namespace orrery {
namespace {

struct Candidate {
  std::string path;
  Checkpoint header;
};

struct Candidates {
  std::vector<Candidate> sound;  ///< by their headers; the newest first
  std::vector<std::string> damaged;
};

bool newer(const Candidate& a, const Candidate& b) {
  const auto key = [](const Candidate& each) {
    return std::pair(each.header.number("run.steps"), each.header.number("run.saved"));
  };
  return key(a) > key(b);
}

void look_into(const std::string& folder, const std::string& script, const FileSystem& files,
               Candidates& found) {
  if (!is_folder(folder, files)) return;
  for (const std::string& name : list_folder(folder, files)) {
    if (!name.ends_with(".safetensors")) continue;
    const std::string path = folder + "/" + name;
    try {
      auto header = read_checkpoint_header(path, files);
      if (header && (script.empty() || header->text("run.script") == script))
        found.sound.push_back({path, std::move(*header)});
    } catch (const Error& error) {
      found.damaged.push_back(error.message());
    }
  }
}

bool is_monitored(const Candidate& each) { return each.header.numbers.contains("monitor.value"); }

// The folder of the run that wrote last: several runs of one script lie side by side. For the best, of those
// that kept one.
Candidates newest_of(const CheckpointSearch& search, const FileSystem& files) {
  Candidates newest;
  double saved = -1;
  for (const std::string& folder : search.folders) {
    Candidates found;
    look_into(folder, search.script, files, found);
    if (search.what == "best" && std::ranges::none_of(found.sound, is_monitored)) continue;
    double latest = found.damaged.empty() ? -1 : 0;
    for (const Candidate& each : found.sound) latest = std::max(latest, each.header.number("run.saved"));
    if (latest > saved) {
      saved = latest;
      newest = std::move(found);
    }
  }
  std::ranges::stable_sort(newest.sound, newer);
  return newest;
}

// Only those that are compared by the number of the newest; without any, all.
void put_best_first(std::vector<Candidate>& candidates) {
  std::erase_if(candidates, std::not_fn(is_monitored));
  if (candidates.empty()) return;
  const Checkpoint like = candidates.front().header;
  std::erase_if(candidates, [&](const Candidate& each) {
    return each.header.text("monitor.name") != like.text("monitor.name");
  });
  const double sign = like.text("monitor.mode") == "max" ? -1 : 1;
  // NaN is worse than any number, and must not come between the others.
  std::ranges::stable_sort(candidates, {}, [&](const Candidate& each) {
    const double value = sign * each.header.number("monitor.value");
    return std::pair(std::isnan(value), std::isnan(value) ? 0 : value);
  });
}

FoundCheckpoint of_path(Engine& engine, const std::string& path, const FileSystem& files) {
  Candidates beside;
  Candidate own{path, read_checkpoint(engine, path, files)};
  look_into(parent_folder(path), "", files, beside);
  const bool newest = std::ranges::none_of(beside.sound, [&](const auto& each) { return newer(each, own); });
  return {path, std::move(own.header), newest};
}

[[noreturn]] void refuse_all(const Candidates& candidates, const std::vector<std::string>& folders) {
  if (!candidates.damaged.empty())
    fail(Fault::input_file, "no checkpoint can be read: {}", candidates.damaged.front());
  throw Error(Fault::input_file,
              fmt::format("there is no checkpoint to resume from{}",
                          folders.empty() ? "" : " in " + quote_path(folders.front())),
              {}, "Give the manager checkpoint = true, and the run writes them; or give a file's path.");
}

}  // namespace

FoundCheckpoint find_checkpoint(Engine& engine, const CheckpointSearch& search, const FileSystem& files) {
  const bool by_word = search.what == "last" || search.what == "best";
  if (!by_word && !is_folder(search.what, files))
    return of_path(engine, absolute_path(search.what, files), files);
  CheckpointSearch where = search;
  if (!by_word) where.folders = {absolute_path(search.what, files)}, where.script.clear();
  Candidates candidates = newest_of(where, files);
  const std::string newest = candidates.sound.empty() ? "" : candidates.sound.front().path;
  if (search.what == "best") put_best_first(candidates.sound);
  for (Candidate& each : candidates.sound) {
    try {
      FoundCheckpoint found{each.path, read_checkpoint(engine, each.path, files),
                            search.what != "best" || each.path == newest};
      if (!candidates.damaged.empty())
        search.warn(
            fmt::format("{}; the run goes on from {}", candidates.damaged.front(), quote_path(each.path)));
      return found;
    } catch (const Error& error) {
      candidates.damaged.push_back(error.message());
    }
  }
  refuse_all(candidates, where.folders);
}

}  // namespace orrery
