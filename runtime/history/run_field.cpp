#include "runtime/history/run_field.h"

#include <array>
#include <optional>

#include <fmt/ranges.h>

#include "runtime/core/names.h"
#include "runtime/history/metric_direction.h"
#include "runtime/history/text.h"

namespace orrery {

const char* const kSeenStatus =
    "CASE WHEN s.run_id IN (SELECT run_id FROM temp.ended) THEN 'interrupted' ELSE s.status END";

namespace {

using Kind = RunField::Kind;

struct Column {
  const char* name;
  const char* also;
  Kind kind;
  const char* sql;
};

const Column kColumns[] = {
    {"id", "run_id", Kind::number, "s.run_id"},
    {"run", "name", Kind::text, "s.run"},
    {"status", "", Kind::text, kSeenStatus},
    {"started", "", Kind::text, "s.started"},
    {"ended", "", Kind::text, "s.ended"},
    {"seconds", "took", Kind::seconds, "s.seconds"},
    {"epochs", "", Kind::number, "s.epochs"},
    {"device", "", Kind::text, "s.device"},
    {"threads", "thread_count", Kind::number, "s.thread_count"},
    {"seed", "", Kind::number, "s.seed"},
    {"host", "", Kind::text, "s.host"},
    {"parameters", "parameter_count", Kind::number, "s.parameter_count"},
    {"hash", "structural_hash", Kind::text, "s.structural_hash"},
    {"commit", "git_commit", Kind::text, "s.git_commit"},
    {"dirty", "git_dirty", Kind::number, "s.git_dirty"},
    {"script", "script_path", Kind::text, "s.script_path"},
    {"reason", "exit_reason", Kind::text, "s.exit_reason"},
    {"version", "orrery_version", Kind::text, "r.orrery_version"},
    {"project", "", Kind::text, "s.project"},
    {"tags", "", Kind::text, "s.tags"},
    {"tag", "", Kind::several,
     "EXISTS (SELECT 1 FROM (SELECT tag AS value FROM tags WHERE run_id = s.run_id) WHERE {})"},
    {"note", "", Kind::several,
     "EXISTS (SELECT 1 FROM (SELECT text AS value FROM notes WHERE run_id = s.run_id) WHERE {})"},
};

std::optional<RunField> column_of(std::string_view name) {
  for (const Column& each : kColumns) {
    if (name == each.name || (*each.also && name == each.also))
      return RunField{std::string(name), each.kind, each.sql, {}, {}};
  }
  return std::nullopt;
}

bool holds(const Database& db, const std::string& sql, const std::vector<Cell>& values) {
  Statement query = db.prepare(sql);
  for (std::size_t at = 0; at < values.size(); ++at) query.bind(static_cast<int>(at) + 1, values[at]);
  return query.step();
}

struct Prefix {
  std::string_view word;
  const char* split;
};
constexpr std::array<Prefix, 4> kSplits{
    {{"train_", "train"}, {"val_", "validation"}, {"validation_", "validation"}, {"test_", "test"}}};

// A metric's own name comes first: a script may log `val_reward` in training.
std::optional<MetricName> known_metric(const Database& db, std::string_view name) {
  if (holds(db, "SELECT 1 FROM metrics WHERE name = ? LIMIT 1", {std::string(name)}))
    return MetricName{"", std::string(name)};
  for (const Prefix& prefix : kSplits) {
    if (!name.starts_with(prefix.word)) continue;
    const std::string metric(name.substr(prefix.word.size()));
    if (holds(db, "SELECT 1 FROM metrics WHERE name = ? AND split = ? LIMIT 1",
              {metric, std::string(prefix.split)}))
      return MetricName{prefix.split, metric};
  }
  return std::nullopt;
}

enum class Which { last, best, lowest, highest };

Which taken_prefix(std::string_view& name) {
  constexpr std::array<std::pair<std::string_view, Which>, 4> kWords{
      {{"last:", Which::last}, {"best:", Which::best}, {"min:", Which::lowest}, {"max:", Which::highest}}};
  for (const auto& [word, which] : kWords) {
    if (!name.starts_with(word)) continue;
    name.remove_prefix(word.size());
    return which;
  }
  return Which::last;
}

// One number of a run's metric; of an extreme, NaN is no candidate.
std::string value_sql(const char* what, Which which, const std::string& split) {
  constexpr const char* kFrom = "FROM metrics m WHERE m.run_id = s.run_id AND m.split = {} AND m.name = ?";
  const std::string from = fmt::format(kFrom, split);
  if (which == Which::last) return fmt::format("(SELECT {} {} ORDER BY m.epoch DESC LIMIT 1)", what, from);
  return fmt::format("(SELECT {}(m.value) {})", which == Which::lowest ? "min" : "max", from);
}

std::string over_splits(const char* what, Which which, const std::string& split) {
  if (!split.empty()) return value_sql(what, which, "'" + split + "'");
  return fmt::format("coalesce({}, {}, {})", value_sql(what, which, "'validation'"),
                     value_sql(what, which, "'train'"), value_sql(what, which, "'test'"));
}

std::optional<RunField> metric_of(const Database& db, std::string_view name) {
  std::string_view rest = name;
  Which which = taken_prefix(rest);
  const auto known = known_metric(db, rest);
  if (!known) return std::nullopt;
  if (which == Which::best) which = larger_is_better(db, known->metric) ? Which::highest : Which::lowest;
  RunField field{std::string(name), Kind::metric, over_splits("m.value", which, known->split), {}, {}};
  field.values.assign(known->split.empty() ? 3 : 1, Cell(known->metric));
  if (which == Which::last) field.nan_sql = over_splits("m.is_nan", which, known->split);
  return field;
}

// `optimizer.lr` is a key of that name, or `lr` in the object `optimizer`.
std::vector<std::string> json_paths(std::string_view key) {
  std::string whole = "$.\"", nested = "$.\"";
  for (const char letter : key) {
    whole += letter;
    nested += letter == '.' ? "\".\"" : std::string(1, letter);
  }
  std::vector<std::string> paths{whole + "\""};
  if (nested != whole) paths.push_back(nested + "\"");
  return paths;
}

std::optional<RunField> setting_of(const Database& db, std::string_view name, std::string_view key) {
  if (key.empty() || key.find('"') != std::string_view::npos) return std::nullopt;
  for (const std::string& path : json_paths(key)) {
    if (!holds(db, "SELECT 1 FROM runs r WHERE json_type(r.config_json, ?) IS NOT NULL LIMIT 1", {path}))
      continue;
    return RunField{std::string(name), Kind::setting, "json_extract(r.config_json, ?)", {path}, {}};
  }
  return std::nullopt;
}

// All names of metrics, by one step in the index each, and all first keys of the configs.
std::vector<std::string> known_names(const Database& db) {
  std::vector<std::string> names;
  for (const Column& each : kColumns) names.emplace_back(each.name);
  const std::vector<std::pair<std::string_view, std::vector<std::string>>> spellings{
      {"train", {"train_"}}, {"validation", {"val_", "validation_"}}, {"test", {"test_"}}};
  Statement next = db.prepare("SELECT name FROM metrics WHERE name > ? ORDER BY name LIMIT 1");
  Statement has = db.prepare("SELECT 1 FROM metrics WHERE name = ? AND split = ? LIMIT 1");
  std::string metric;
  for (next.bind_all(metric); next.step(); next.reset(), next.bind_all(metric)) {
    metric = next.text(0);
    names.push_back(metric);
    for (const auto& [split, prefixes] : spellings) {
      has.bind_all(metric, split);
      if (has.step())
        for (const std::string& prefix : prefixes) names.push_back(prefix + metric);
      has.reset();
    }
  }
  constexpr const char* kKeys =
      "SELECT DISTINCT j.key FROM (SELECT config_json FROM runs ORDER BY run_id DESC LIMIT 1000) r, "
      "json_each(r.config_json) j LIMIT 1000";
  Statement keys = db.prepare(kKeys);
  while (keys.step()) names.push_back(keys.text(0));
  return names;
}

[[noreturn]] void unknown(const Database& db, std::string_view name) {
  throw Error(Fault::usage,
              fmt::format("no run has a column, metric or setting '{}'{}", storable_text(name),
                          did_you_mean(name, known_names(db))),
              {}, "Such names are status, epochs, val_loss, best:val_accuracy, lr, config.epochs.");
}

}  // namespace

RunField run_field(const Database& db, std::string_view name) {
  constexpr std::string_view kConfig = "config.";
  if (name.starts_with(kConfig)) {
    if (auto setting = setting_of(db, name, name.substr(kConfig.size()))) return *setting;
    unknown(db, name);
  }
  if (auto column = column_of(name)) return *column;
  if (auto metric = metric_of(db, name)) return *metric;
  if (auto setting = setting_of(db, name, name)) return *setting;
  unknown(db, name);
}

bool more_is_better(const Database& db, std::string_view name) {
  if (run_field(db, name).kind != Kind::metric) return false;
  taken_prefix(name);
  return larger_is_better(db, known_metric(db, name)->metric);
}

MetricName metric_name(const Database& db, std::string_view name) {
  const auto known = known_metric(db, name);
  if (known) return *known;
  std::vector<std::string> names;
  for (const std::string& each : known_names(db)) {
    if (known_metric(db, each)) names.push_back(each);
  }
  throw Error(Fault::usage,
              fmt::format("no run has a metric '{}'{}", storable_text(name), did_you_mean(name, names)), {},
              names.empty() ? "" : fmt::format("There are {}.", fmt::join(names, ", ")));
}

}  // namespace orrery
