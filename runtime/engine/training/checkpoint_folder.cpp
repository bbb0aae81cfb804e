#include "runtime/engine/training/checkpoint_folder.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <utility>

#include "runtime/files/paths.h"

namespace orrery {
namespace {

constexpr const char* kEnding = ".safetensors";

}  // namespace

CheckpointFolder::CheckpointFolder(const Attributes& options, const Monitored& monitored,
                                   const std::vector<std::string>& numbers, const FileSystem& files)
    : options_(options), name_(options.text("filename")), monitored_(monitored), files_(files) {
  name_.check_names("checkpoint: filename", numbers);
}

bool CheckpointFolder::lock(const std::string& path) {
  create_directories(path, files_);
  FileDescriptor file = open_retrying(path + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666, files_);
  check(file.open(), Fault::write, "checkpoints cannot be written to {}: {}", quote_path(path),
        errno_text(errno));
  const bool taken = files_.flock(file.fd(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (taken) return false;
  lock_ = std::move(file);
  path_ = path;
  return true;
}

bool CheckpointFolder::holds_checkpoints(const std::string& path) const {
  return std::ranges::any_of(list_folder(path, files_),
                             [](const auto& name) { return name.ends_with(kEnding); });
}

void CheckpointFolder::begin(const std::string& path) {
  std::string next = path;
  for (int number = 2; !lock(next) || holds_checkpoints(next); ++number)
    next = fmt::format("{}-{}", path, number);
}

void CheckpointFolder::go_on(const std::string& checkpoint) {
  const std::string folder = parent_folder(checkpoint);
  check(lock(folder), Fault::usage, "a run is going on that writes its checkpoints to {}",
        quote_path(folder));
  previous_is_newest_ = file_name(checkpoint).starts_with("previous.");
  remove_cut(checkpoint);
}

void CheckpointFolder::remove_cut(const std::string& all_but) {
  for (const std::string& name : list_folder(path_, files_)) {
    const std::string path = path_ + "/" + name;
    if (!name.ends_with(kEnding) || name == file_name(all_but)) continue;
    try {
      const auto header = read_checkpoint_header(path, files_);
      if (header && header->numbers.contains(kEpochCut)) remove_file(path, files_);
    } catch (const Error&) {
      // A damaged one is left as it is.
    }
  }
}

bool CheckpointFolder::due_after_step(std::int64_t steps) const {
  return options_.has("every_n_steps") && steps % options_.integer("every_n_steps") == 0;
}

bool CheckpointFolder::due_after_epoch(std::int64_t epoch) const {
  return epoch % options_.integer("every_n_epochs") == 0;
}

std::string CheckpointFolder::write_last(Engine& engine, const Checkpoint& checkpoint) {
  const std::string last = path_ + "/last" + kEnding, previous = path_ + "/previous" + kEnding;
  // Whoever dies in between leaves the previous one.
  const bool moved =
      !std::exchange(previous_is_newest_, false) && files_.rename(last.c_str(), previous.c_str()) == 0;
  try {
    write_checkpoint(engine, last, checkpoint, files_);
  } catch (const std::exception&) {
    if (moved && !exists(last, files_)) files_.rename(previous.c_str(), last.c_str());
    throw;
  }
  return last;
}

std::vector<std::string> CheckpointFolder::write(Engine& engine, Checkpoint checkpoint,
                                                 std::optional<double> value,
                                                 const std::vector<NamedNumber>& numbers, bool cut) {
  if (value) {
    checkpoint.numbers["monitor.value"] = *value;
    checkpoint.texts["monitor.name"] = monitored_.name();
    checkpoint.texts["monitor.mode"] = monitored_.direction() == Monitored::Direction::larger ? "max" : "min";
  }
  std::vector<std::string> written;
  if (cut) checkpoint.numbers[kEpochCut] = 1;
  if (!cut && keeps_last()) written.push_back(write_last(engine, checkpoint));
  const std::string path = path_ + "/" + name_.with(numbers) + kEnding;
  if (!value || !is_among_best(kept(), *value, path)) return written;
  write_checkpoint(engine, path, checkpoint, files_);
  if (!cut) remove_all_but_best();
  written.push_back(path);
  return written;
}

// Those of this number, whatever run wrote them; the best first.
std::vector<CheckpointFolder::Kept> CheckpointFolder::kept() const {
  std::vector<Kept> kept;
  for (const std::string& name : list_folder(path_, files_)) {
    if (!name.ends_with(kEnding) || name.starts_with("last.") || name.starts_with("previous.")) continue;
    try {
      const auto header = read_checkpoint_header(path_ + "/" + name, files_);
      if (header && header->numbers.contains("monitor.value") &&
          header->text("monitor.name") == monitored_.name())
        kept.push_back({path_ + "/" + name, header->number("monitor.value")});
    } catch (const Error&) {
      // A damaged one is left as it is: who resumes is told.
    }
  }
  std::ranges::stable_sort(kept,
                           [&](const Kept& a, const Kept& b) { return monitored_.better(a.value, b.value); });
  return kept;
}

bool CheckpointFolder::is_among_best(const std::vector<Kept>& kept, double value,
                                     const std::string& path) const {
  const auto same = std::ranges::find(kept, path, &Kept::path);
  if (same != kept.end() && !monitored_.better(value, same->value)) return false;
  const std::int64_t most = options_.integer("save_top_k");
  if (most < 0) return true;
  if (static_cast<std::int64_t>(kept.size()) < most) return true;
  return most > 0 && monitored_.better(value, kept[static_cast<std::size_t>(most - 1)].value);
}

void CheckpointFolder::remove_all_but_best() {
  const std::int64_t most = options_.integer("save_top_k");
  const std::vector<Kept> all = kept();
  for (std::size_t i = 0; most >= 0 && i < all.size(); ++i)
    if (static_cast<std::int64_t>(i) >= most) remove_file(all[i].path, files_);
}

}  // namespace orrery
