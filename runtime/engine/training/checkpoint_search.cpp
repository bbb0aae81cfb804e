#include <algorithm>
#include <cmath>
#include <functional>
#include <sys/stat.h>
#include <tuple>

#include "runtime/engine/training/checkpoint_folder.h"
#include "runtime/files/paths.h"
#include "runtime/history/records.h"

namespace orrery {
namespace {

// Clocks of machines that share a disk differ a little.
constexpr double kClocksDiffer = 60'000;

struct Candidate {
  std::string path;
  Checkpoint header;
  bool strange = false;  ///< another run's, that was copied or renamed
};

struct Candidates {
  std::vector<Candidate> sound;       ///< by their headers; the newest first
  std::vector<std::string> unusable;  ///< why
};

// Where the folder that it was written to is gone, the folder itself was moved.
bool is_strange(const std::string& path, const Checkpoint& header, const FileSystem& files) {
  const auto home = header.texts.find("run.folder");
  struct stat there, here;
  return home != header.texts.end() && files.stat(home->second.c_str(), &there) == 0 &&
         files.stat(parent_folder(path).c_str(), &here) == 0 &&
         (there.st_dev != here.st_dev || there.st_ino != here.st_ino);
}

std::string of_another_run(const Candidate& each) {
  return fmt::format("{} is a checkpoint of the run in {}", quote_path(each.path),
                     quote_path(each.header.text("run.folder")));
}

bool is_of_script(const Candidate& each, const std::string& script) {
  return script.empty() || each.header.text("run.script") == script;
}

// Of an epoch that was cut there are two: inside it, and one of the best, for which it is over.
bool newer(const Candidate& a, const Candidate& b) {
  const auto key = [](const Candidate& each) {
    return std::tuple(each.header.number("run.steps"), !each.header.numbers.contains(kEpochCut),
                      each.header.number("run.saved"));
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
      if (!header) continue;
      Candidate each{path, *header, is_strange(path, *header, files)};
      if (each.strange || is_of_script(each, script)) found.sound.push_back(std::move(each));
    } catch (const Error& error) {
      found.unusable.push_back(error.message());
    }
  }
}

// Another run's is taken only where the folder has none of its own.
void prefer_own(Candidates& found, const std::string& script) {
  const bool has_own = std::ranges::any_of(found.sound, std::not_fn(&Candidate::strange));
  for (const Candidate& each : found.sound)
    if (has_own && each.strange) found.unusable.push_back(of_another_run(each));
  std::erase_if(found.sound, [&](const Candidate& each) {
    return each.strange && (has_own || !is_of_script(each, script));
  });
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
    prefer_own(found, search.script);
    if (search.what == "best" && std::ranges::none_of(found.sound, is_monitored)) continue;
    double latest = found.unusable.empty() ? -1 : 0;
    for (const Candidate& each : found.sound) latest = std::max(latest, each.header.number("run.saved"));
    if (latest > saved) {
      saved = latest;
      newest = std::move(found);
    }
  }
  if (search.folders.size() > 1 && saved > static_cast<double>(machine_clock()) + kClocksDiffer)
    search.warn(
        "the newest checkpoint is from a time that is yet to come: the clock was put back, and another run's "
        "may be newer; resume takes a path, too");
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
  Checkpoint checkpoint = read_checkpoint(engine, path, files);
  look_into(parent_folder(path), "", files, beside);
  const Candidate own{path, checkpoint, is_strange(path, checkpoint, files)};
  const bool newest = !own.strange && std::ranges::none_of(beside.sound, [&](const auto& each) {
    return !each.strange && newer(each, own);
  });
  return {path, std::move(checkpoint), newest};
}

[[noreturn]] void refuse_all(const Candidates& candidates, const std::vector<std::string>& folders) {
  if (!candidates.unusable.empty())
    fail(Fault::input_file, "no checkpoint can be read: {}", candidates.unusable.front());
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
                            !each.strange && (search.what != "best" || each.path == newest)};
      if (!candidates.unusable.empty())
        search.warn(
            fmt::format("{}; the run goes on from {}", candidates.unusable.front(), quote_path(each.path)));
      if (each.strange) search.warn(of_another_run(each) + "; another run begins with it");
      return found;
    } catch (const Error& error) {
      candidates.unusable.push_back(error.message());
    }
  }
  refuse_all(candidates, where.folders);
}

}  // namespace orrery
