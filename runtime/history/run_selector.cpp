#include "runtime/history/run_selector.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include <fmt/ranges.h>

#include "runtime/core/names.h"
#include "runtime/history/metric_direction.h"
#include "runtime/history/run_field.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr std::int64_t kCandidates = 1000;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> first(Statement& query) {
  return query.step() ? std::optional(query.integer(0)) : std::nullopt;
}

/// `last~2` apart: what stands before, and the number behind the last tilde; 0 without one.
struct Counted {
  std::string_view word;
  std::int64_t back = 0;
};

std::optional<Counted> counted(std::string_view text) {
  const std::size_t tilde = text.rfind('~');
  if (tilde == std::string_view::npos) return Counted{text, 0};
  const auto back = whole_number(text.substr(tilde + 1));
  if (!back) return std::nullopt;
  return Counted{text.substr(0, tilde), *back};
}

std::int64_t nth_newest(const Database& db, std::int64_t back) {
  Statement query = db.prepare("SELECT run_id FROM kept_runs ORDER BY run_id DESC LIMIT 1 OFFSET ?");
  query.bind(1, back);
  if (const auto run = first(query)) return *run;
  const std::int64_t runs = db.integer("SELECT count(*) FROM kept_runs");
  fail(Fault::usage, "there {} only {} run{} in {}", runs == 1 ? "is" : "are", runs, runs == 1 ? "" : "s",
       storable_text(db.path().native()));
}

// The split that is asked for; else validation, training, test: the first that has numbers of it.
std::string split_of(const Database& db, const MetricName& asked) {
  if (!asked.split.empty()) return asked.split;
  Statement query = db.prepare("SELECT 1 FROM metrics WHERE name = ? AND split = ? LIMIT 1");
  for (const char* split : {"validation", "train"}) {
    query.bind_all(asked.metric, split);
    if (query.step()) return split;
    query.reset();
  }
  return "test";
}

std::int64_t nth_best(const Database& db, std::string_view name, std::int64_t back) {
  const MetricName asked = metric_name(db, name);
  const bool rises = larger_is_better(db, asked.metric);
  Statement query =
      db.prepare(fmt::format("SELECT run_id FROM metrics WHERE name = ? AND split = ? AND value BETWEEN "
                             "-1.7976931348623157e308 AND 1.7976931348623157e308 AND run_id IN "
                             "(SELECT run_id FROM kept_runs) GROUP BY run_id "
                             "ORDER BY {}, run_id DESC",
                             rises ? "max(value) DESC" : "min(value)"));
  query.bind_all(asked.metric, split_of(db, asked));
  std::int64_t runs = 0;
  while (query.step()) {
    if (runs++ == back) return query.integer(0);
  }
  throw Error(Fault::usage,
              fmt::format("only {} run{} a finite {} in {}", runs, runs == 1 ? " has" : "s have",
                          storable_text(name), storable_text(db.path().native())));
}

std::optional<std::int64_t> by_place(const Database& db, std::string_view text) {
  constexpr std::string_view kBest = "best:";
  const auto parts = counted(text);
  if (!parts) return std::nullopt;
  if (parts->word == "last") return nth_newest(db, parts->back);
  if (!parts->word.starts_with(kBest)) return std::nullopt;
  return nth_best(db, parts->word.substr(kBest.size()), parts->back);
}

std::optional<std::int64_t> by_id(const Database& db, std::string_view text) {
  const auto id = whole_number(text);
  if (!id) return std::nullopt;
  Statement query = db.prepare("SELECT run_id FROM kept_runs WHERE run_id = ?");
  query.bind(1, *id);
  return first(query);
}

std::optional<std::int64_t> by_name(const Database& db, std::string_view text) {
  Statement query = db.prepare("SELECT run_id FROM kept_runs WHERE name = ?");
  query.bind(1, text);
  return first(query);
}

// The one run whose name or uid (`column`) begins so. U+10FFFF sorts behind every character, so the
// range is exactly the prefix and uses the index.
std::optional<std::int64_t> by_prefix(const Database& db, const char* column, std::string_view text) {
  constexpr std::size_t kShown = 5;
  Statement query = db.prepare(
      fmt::format("SELECT run_id, name FROM kept_runs WHERE {0} >= ?1 AND {0} < ?1 || char(1114111) "
                  "ORDER BY run_id DESC LIMIT {1}",
                  column, kShown + 1));
  query.bind(1, text);
  std::vector<std::string> names;
  std::int64_t run = 0;
  while (query.step()) {
    run = query.integer(0);
    names.push_back(names.size() < kShown ? query.text(1) : "…");
  }
  if (names.empty()) return std::nullopt;
  if (names.size() == 1) return run;
  throw Error(Fault::usage,
              fmt::format("'{}' fits several runs: {}", storable_text(text), fmt::join(names, ", ")), {},
              "Give more letters of the name, or the run's number.");
}

// A run that is only out of sight.
void refuse_what_is_in_the_trash(const Database& db, std::string_view text) {
  Statement query = db.prepare(
      "SELECT run_id, name FROM runs WHERE trashed_unix_ms IS NOT NULL AND (name = ?1 OR"
      " (run_id = CAST(?1 AS INTEGER) AND CAST(CAST(?1 AS INTEGER) AS TEXT) = ?1))");
  query.bind(1, text);
  if (!query.step()) return;
  throw Error(Fault::usage, fmt::format("run {}, '{}', is in the trash", query.integer(0), query.text(1)), {},
              fmt::format("'orrery history restore {}' brings it back.", query.integer(0)));
}

[[noreturn]] void unknown_run(const Database& db, std::string_view text) {
  Statement query = db.prepare("SELECT name FROM kept_runs ORDER BY run_id DESC LIMIT ?");
  query.bind(1, kCandidates);
  std::vector<std::string> names;
  while (query.step()) names.push_back(query.text(0));
  constexpr std::size_t kShown = 5;
  const std::string hint = did_you_mean(text, names);
  const bool more = names.size() > kShown;
  names.resize(std::min(names.size(), kShown));
  throw Error(Fault::usage,
              fmt::format("there is no run '{}' in {}{}", storable_text(text),
                          storable_text(db.path().native()), hint),
              {},
              fmt::format("{} {}. A run is given by its number, its name or the beginning of it, or as last, "
                          "last~2, best:val_loss.",
                          more ? "The newest are" : "There are", fmt::join(names, ", ")));
}

}  // namespace

std::int64_t resolve_run(const Database& db, std::string_view text) {
  if (db.integer("SELECT NOT EXISTS (SELECT 1 FROM kept_runs)") == 1) {
    throw Error(Fault::usage, fmt::format("there are no runs in {}", storable_text(db.path().native())), {},
                "Run a script first.");
  }
  if (text.empty()) unknown_run(db, text);
  if (const auto run = by_place(db, text)) return *run;
  if (const auto run = by_id(db, text)) return *run;
  if (const auto run = by_name(db, text)) return *run;
  if (const auto run = by_prefix(db, "name", text)) return *run;
  constexpr std::size_t kShortestUid = 4;
  if (text.size() >= kShortestUid) {
    if (const auto run = by_prefix(db, "uid", text)) return *run;
  }
  refuse_what_is_in_the_trash(db, text);
  unknown_run(db, text);
}

}  // namespace orrery
