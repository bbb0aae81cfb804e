#include "runtime/history/run_listing.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/history/run_condition.h"
#include "runtime/history/run_field.h"
#include "runtime/history/run_selector.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// SQL with what its parameters take, grown from left to right.
struct Query {
  std::string sql;
  std::vector<Cell> values;

  void add(const std::string& more, const std::vector<Cell>& its_values = {}) {
    sql += more;
    values.insert(values.end(), its_values.begin(), its_values.end());
  }
};

std::string hash_of(const Database& db, const std::string& run) {
  Statement query =
      db.prepare("SELECT g.structural_hash FROM runs r JOIN graphs g USING (graph_id) WHERE r.run_id = ?");
  query.bind(1, resolve_run(db, run));
  check(query.step(), Fault::usage, "run '{}' has no graph that others could be like", storable_text(run));
  return query.text(0);
}

void add_conditions(const Database& db, const RunFilter& filter, Query& query) {
  query.add(" WHERE 1");
  if (filter.status) query.add(fmt::format(" AND {} = ?", kSeenStatus), {std::string(name(*filter.status))});
  if (!filter.tag.empty())
    query.add(" AND s.run_id IN (SELECT run_id FROM tags WHERE tag = ?)", {filter.tag});
  if (!filter.name_part.empty()) query.add(" AND instr(lower(s.run), lower(?)) > 0", {filter.name_part});
  if (!filter.structural_hash.empty()) query.add(" AND s.structural_hash = ?", {filter.structural_hash});
  if (!filter.like.empty()) query.add(" AND s.structural_hash = ?", {hash_of(db, filter.like)});
  if (filter.where.empty()) return;
  const RunCondition condition = run_condition(db, filter.where);
  query.add(" AND " + condition.sql, condition.values);
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts(1);
  for (const char letter : list) {
    if (letter == ',')
      parts.emplace_back();
    else
      parts.back() += letter;
  }
  return parts;
}

void add_order(const Database& db, const RunFilter& filter, Query& query) {
  query.add(" ORDER BY ");
  if (!filter.sort.empty()) {
    for (const std::string& part : parts_of(filter.sort)) {
      const bool falls = part.starts_with('-');
      const RunField field = run_field(db, std::string_view(part).substr(falls ? 1 : 0));
      check(field.kind != RunField::Kind::several, Fault::usage, "runs cannot be sorted by '{}'", field.name);
      query.add(fmt::format("{} {} NULLS LAST, ", field.sql, falls ? "DESC" : "ASC"), field.values);
    }
  }
  query.add("s.run_id DESC LIMIT ?", {filter.limit > 0 ? filter.limit : std::int64_t{-1}});
}

Statement prepared(const Database& db, const Query& query) {
  Statement statement = db.prepare(query.sql);
  for (std::size_t at = 0; at < query.values.size(); ++at)
    statement.bind(static_cast<int>(at) + 1, query.values[at]);
  return statement;
}

constexpr const char* kFrom = " FROM run_summary s JOIN runs r USING (run_id)";

// A metric takes two places in the query: its value, and whether that is NaN.
Table chosen_columns(const Database& db, const RunFilter& filter) {
  Table table;
  Query query{"SELECT ", {}};
  std::vector<bool> may_be_nan;
  for (const std::string& each : parts_of(filter.columns)) {
    const RunField field = run_field(db, each);
    check(field.kind != RunField::Kind::several, Fault::usage, "'{}' is no column; 'tags' is", field.name);
    may_be_nan.push_back(!field.nan_sql.empty());
    if (!table.columns.empty()) query.add(", ");
    query.add(field.sql, field.values);
    if (may_be_nan.back()) query.add(", " + field.nan_sql, field.values);
    table.columns.push_back(each);
  }
  query.add(kFrom);
  add_conditions(db, filter, query);
  add_order(db, filter, query);
  Statement statement = prepared(db, query);
  while (statement.step()) {
    Row& row = table.rows.emplace_back();
    int at = 0;
    for (const bool nan : may_be_nan) {
      row.push_back(statement.cell(at++));
      if (nan && statement.integer(at++) == 1) row.back() = kNaN;
    }
  }
  return table;
}

/// The last value of each metric of a run, as `split_name`: what a split has in the last epoch that has
/// something of it. Statistics of gradients and weights are none.
class LastMetrics {
 public:
  explicit LastMetrics(const Database& db)
      : newest_(db.prepare("SELECT split, name, value, is_nan FROM metrics WHERE run_id = ?1 AND epoch = "
                           "(SELECT epoch FROM metrics WHERE run_id = ?1 ORDER BY epoch DESC LIMIT 1)")),
        of_split_(db.prepare(
            "SELECT split, name, value, is_nan FROM metrics WHERE run_id = ?1 AND split = ?2 AND epoch = "
            "(SELECT epoch FROM metrics WHERE run_id = ?1 AND split = ?2 ORDER BY epoch DESC LIMIT 1)")),
        splits_(splits_of(db)) {}

  std::map<std::string, Cell> of(const Cell& run_id) {
    std::map<std::string, Cell> values;
    std::set<std::string> seen;
    newest_.bind_all(run_id);
    take(newest_, values, seen);
    for (const std::string& split : splits_) {
      if (seen.contains(split)) continue;
      of_split_.bind_all(run_id, split);
      take(of_split_, values, seen);
    }
    return values;
  }

 private:
  // A split that no run has need not be looked for in all epochs of each.
  static std::vector<std::string> splits_of(const Database& db) {
    Statement next = db.prepare("SELECT name FROM metrics WHERE name > ? ORDER BY name LIMIT 1");
    Statement has = db.prepare("SELECT 1 FROM metrics WHERE name = ? AND split = ? LIMIT 1");
    std::set<std::string> found;
    std::string metric;
    for (next.bind_all(metric); next.step(); next.reset(), next.bind_all(metric)) {
      metric = next.text(0);
      for (const Split split : {Split::train, Split::validation, Split::test}) {
        has.bind_all(metric, name(split));
        if (has.step()) found.insert(std::string(name(split)));
        has.reset();
      }
    }
    return {found.begin(), found.end()};
  }

  static void take(Statement& query, std::map<std::string, Cell>& values, std::set<std::string>& seen) {
    while (query.step()) {
      const std::string split = query.text(0), metric = query.text(1);
      seen.insert(split);
      if (metric.starts_with("gradients/") || metric.starts_with("weights/")) continue;
      values[split + "_" + metric] = query.integer(3) == 1 ? Cell(kNaN) : query.cell(2);
    }
    query.reset();
  }

  Statement newest_, of_split_;
  std::vector<std::string> splits_;
};

/// Columns of which each run has some, by name; put into the table at one place.
struct Extra {
  std::vector<std::map<std::string, Cell>> rows;

  void insert(Table& runs, std::ptrdiff_t place) const {
    std::map<std::string, int> names;
    for (const auto& row : rows)
      for (const auto& [name, value] : row) names.emplace(name, 0);
    for (const auto& [name, none] : names) {
      runs.columns.insert(runs.columns.begin() + place, name);
      for (std::size_t i = 0; i < runs.rows.size(); ++i) {
        const auto found = rows[i].find(name);
        runs.rows[i].insert(runs.rows[i].begin() + place, found == rows[i].end() ? Cell() : found->second);
      }
      ++place;
    }
  }
};

Cell cell_of(const nlohmann::json& value) {
  if (value.is_boolean()) return std::string(value.get<bool>() ? "true" : "false");
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  return Cell();
}

// Settings of one value each that are not the same in all runs that have them.
Extra differing_settings(const std::vector<std::string>& configs) {
  Extra extra;
  std::map<std::string, Cell> first;
  std::map<std::string, bool> differs;
  for (const std::string& text : configs) {
    auto& row = extra.rows.emplace_back();
    const auto config = nlohmann::json::parse(text, nullptr, false);
    if (!config.is_object()) continue;
    for (const auto& [key, value] : config.items()) {
      if (!value.is_primitive() || value.is_null()) continue;
      const std::string column = "config." + key;
      row[column] = cell_of(value);
      const auto [known, added] = first.emplace(column, row[column]);
      if (!added && known->second != row[column]) differs[column] = true;
    }
  }
  for (auto& row : extra.rows) std::erase_if(row, [&](const auto& each) { return !differs[each.first]; });
  return extra;
}

Table usual_columns(const Database& db, const RunFilter& filter) {
  constexpr std::ptrdiff_t kBehindEpochs = 6;
  Query query{fmt::format("SELECT s.run_id, s.run, {} AS status, s.started, s.seconds, s.epochs, s.device, "
                          "s.parameter_count, s.tags, s.exit_reason, r.config_json",
                          kSeenStatus),
              {}};
  query.add(kFrom);
  add_conditions(db, filter, query);
  add_order(db, filter, query);
  Statement statement = prepared(db, query);
  Table runs;
  const int columns = statement.columns() - 1;
  for (int at = 0; at < columns; ++at) runs.columns.push_back(statement.column_name(at));
  std::vector<std::string> configs;
  while (statement.step()) {
    Row& row = runs.rows.emplace_back();
    for (int at = 0; at < columns; ++at) row.push_back(statement.cell(at));
    if (filter.settings) configs.push_back(statement.text(columns));
  }
  LastMetrics metrics(db);
  Extra last;
  for (const Row& row : runs.rows) last.rows.push_back(metrics.of(row[0]));
  last.insert(runs, kBehindEpochs);
  if (filter.settings) differing_settings(configs).insert(runs, kBehindEpochs);
  return runs;
}

}  // namespace

Table list_runs(const Database& db, const RunFilter& filter) {
  return filter.columns.empty() ? usual_columns(db, filter) : chosen_columns(db, filter);
}

}  // namespace orrery
