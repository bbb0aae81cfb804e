// Runs of the history as other tools read them.
#include <algorithm>

#include "bindings/history_object.h"
#include "bindings/lua_args.h"
#include "bindings/tensorboard_export.h"
#include "runtime/core/names.h"
#include "runtime/files/atomic_writer.h"
#include "runtime/files/paths.h"
#include "runtime/history/export_csv.h"
#include "runtime/history/export_mlflow.h"
#include "runtime/history/export_trace.h"

namespace orrery::lua {
namespace {

using Runs = std::vector<ExportedRun>;

/// What an export did.
struct Exported {
  std::vector<std::string> files;
  std::vector<std::string> left_out;  ///< artifacts that are not there any more

  void write(const std::string& path, const std::string& bytes) {
    if (bytes.empty()) return;
    write_atomically(path, std::string_view(bytes));
    files.push_back(path);
  }
};

bool names_folder(const std::string& path) { return path.ends_with('/') || is_folder(path); }

// `logs/` and `logs` are one folder.
std::string trimmed(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// A folder gets a wide table of each run, over epochs and over steps; a file all numbers of all runs.
void export_csv(const Runs& runs, const std::string& path, Exported& done) {
  if (!names_folder(path)) return done.write(path, long_csv(runs));
  create_directories(path);
  for (const ExportedRun& run : runs) {
    const std::string begin = trimmed(path) + "/" + run.name;
    done.write(begin + ".csv", wide_csv(run, true));
    done.write(begin + "_steps.csv", wide_csv(run, false));
  }
}

// A folder a run, as TensorBoard tells runs apart; exported again, a run's file is replaced.
void export_tensorboard(const Runs& runs, const std::string& path, Exported& done) {
  for (const ExportedRun& run : runs) {
    const std::string folder = trimmed(path) + "/" + run.name;
    create_directories(folder);
    const auto events = tensorboard_events(run, done.left_out);
    done.write(fmt::format("{}/events.out.tfevents.{}.{}", folder, run.started / 1000, run.uid),
               tensorboard_file(static_cast<double>(run.started) / 1000, events));
  }
}

// A folder gets the file that MLflow itself would use there.
void export_mlflow(const Runs& runs, const std::string& path, Exported& done) {
  const bool folder = names_folder(path);
  if (folder) create_directories(path);
  const std::string file = folder ? trimmed(path) + "/mlflow.db" : path;
  export_to_mlflow(file, runs);
  done.files.push_back(file);
}

// A file, or a file a run in a folder.
void export_trace(const Runs& runs, const std::string& path, Exported& done, const char* ending,
                  std::string (*text_of)(const ExportedRun&)) {
  const bool folder = names_folder(path);
  check(folder || runs.size() == 1, Fault::usage,
        "a trace is one of a single run, and {} are given; name a folder: '{}/'", runs.size(), path);
  if (folder) create_directories(path);
  for (const ExportedRun& run : runs) {
    const std::string text = text_of(run);
    if (text.empty())
      throw Error(Fault::usage, fmt::format("run {} has no steps that were kept whole", run.name), {},
                  "Run it with --profile step:FIRST-LAST, such as step:100-120.");
    done.write(folder ? trimmed(path) + "/" + run.name + ending : path, text);
  }
}

void export_chrome(const Runs& runs, const std::string& path, Exported& done) {
  export_trace(runs, path, done, ".trace.json", chrome_trace);
}
void export_speedscope(const Runs& runs, const std::string& path, Exported& done) {
  export_trace(runs, path, done, ".speedscope.json", speedscope_profile);
}
void export_folded(const Runs& runs, const std::string& path, Exported& done) {
  export_trace(runs, path, done, ".folded", folded_stacks);
}

struct Format {
  const char* name;
  void (*write)(const Runs&, const std::string& path, Exported&);
};
constexpr Format kFormats[] = {
    {"csv", export_csv},       {"tensorboard", export_tensorboard}, {"mlflow", export_mlflow},
    {"chrome", export_chrome}, {"speedscope", export_speedscope},   {"folded", export_folded}};

const Format& format_called(const std::string& word) {
  const auto found = std::ranges::find(kFormats, word, &Format::name);
  if (found != std::end(kFormats)) return *found;
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  fail(Fault::usage, "history:export: there is no format '{}'{}", word, did_you_mean(word, names));
}

std::string run_word(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TNUMBER ? lua_tostring(L, index)
                                           : read_string(L, index, "history:export", "a run");
}

// A run or a list of them; the last one when there is none.
Runs read_runs(lua_State* L, int index, const HistoryReader& history) {
  std::vector<std::string> words;
  if (lua_istable(L, index)) {
    for (int i = 1; i <= static_cast<int>(lua_objlen(L, index)); ++i) {
      lua_rawgeti(L, index, i);
      words.push_back(run_word(L, -1));
      lua_pop(L, 1);
    }
  } else if (!lua_isnoneornil(L, index)) {
    words.push_back(run_word(L, index));
  }
  if (words.empty()) words.emplace_back("last");
  Runs runs;
  for (const std::string& word : words) runs.push_back(history.exported(history.resolve(word)));
  return runs;
}

void set_paths(lua_State* L, const char* key, const std::vector<std::string>& paths) {
  lua_createtable(L, static_cast<int>(paths.size()), 0);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    push_text(L, paths[i]);
    lua_rawseti(L, -2, static_cast<int>(i) + 1);
  }
  lua_setfield(L, -2, key);
}

}  // namespace

int export_runs(lua_State* L) {
  const HistoryReader& history = get<HistoryReader>(L, 1);
  const Format& format = format_called(read_string(L, 2, "history:export", "a format"));
  const std::string path = read_string(L, 3, "history:export", "a path");
  check_path(path, Fault::usage);
  Exported done;
  format.write(read_runs(L, 4, history), path, done);
  lua_createtable(L, 0, 2);
  set_paths(L, "files", done.files);
  set_paths(L, "left_out", done.left_out);
  return 1;
}

}  // namespace orrery::lua
