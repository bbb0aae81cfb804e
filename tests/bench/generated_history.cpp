#include "tests/bench/generated_history.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "runtime/history/schema.h"
#include "runtime/history/writer.h"

namespace orrery::bench {
namespace {

constexpr int kArchitectures = 3, kEpochs = 50, kStages = 5, kBlocksOfAStage = 5;
constexpr std::chrono::milliseconds kPatience{5000};

// Five stages of five blocks, each block of two layers and their activations: 30 blocks.
GraphRecord graph_of(int architecture) {
  nlohmann::json blocks = nlohmann::json::array(), layers = blocks, nodes = blocks;
  GraphRecord graph{.structural_hash = fmt::format("{:032x}", architecture + 1),
                    .canonical_json = {},
                    .parameters = 1'000'000 + architecture,
                    .blocks = {{"", "", 1}}};
  nodes.push_back({{"op", "input"}, {"name", "input"}, {"block", ""}});
  const auto add_block = [&](const std::string& path, int own) {
    blocks.push_back({{"path", path}});
    graph.blocks.push_back({path, "", own});
  };
  const auto add_node = [&](const std::string& block, const char* name, const char* op, int width) {
    nlohmann::json node{{"op", op}, {"name", name}, {"block", block}};
    node["inputs"] = {{nodes.size() - 1, 0}};
    if (width > 0) {
      node["layer"] = layers.size();
      layers.push_back({{"op", op}, {"name", name}, {"attributes", {{"out_channels", width}}}});
    }
    nodes.push_back(node);
  };
  for (int stage = 1; stage <= kStages; ++stage) {
    const std::string outer = fmt::format("stage{}", stage);
    add_block(outer, 0);
    for (int at = 1; at <= kBlocksOfAStage; ++at) {
      const std::string block = fmt::format("{}/block{}", outer, at);
      add_block(block, 4);
      add_node(block, "conv1", "Conv2d", 16 * stage + architecture);
      add_node(block, "act1", architecture == 0 ? "relu" : "gelu", 0);
      add_node(block, "conv2", "Conv2d", 16 * stage);
      add_node(block, "act2", "relu", 0);
    }
  }
  graph.canonical_json =
      nlohmann::json{
          {"blocks", blocks}, {"layers", layers}, {"nodes", nodes}, {"uses", nlohmann::json::array()}}
          .dump();
  return graph;
}

RunInfo run_of(int architecture) {
  RunInfo run;
  run.name = fmt::format("first-{}", architecture + 1);
  run.device = "cpu";
  run.threads = 2;
  run.seed = 7;
  run.orrery_version = ORRERY_VERSION;
  run.libtorch_version = "2.11.0";
  run.working_folder = "/work";
  run.command = {"orrery", "run", "train.lua"};
  run.config_json = R"({"batch":64,"epochs":50,"lr":0.01,"optimizer":{"name":"adamw","weight_decay":0.1}})";
  run.script_path = "train.lua";
  run.script_text = "local orrery = require 'orrery'\n";
  run.graph = graph_of(architecture);
  run.tags = {architecture == 0 ? "baseline" : "variant"};
  run.rising_metrics = {"accuracy"};
  return run;
}

// What a run on the CPU has that asks for nothing more.
bool usual(Quantity quantity) {
  return quantity != Quantity::device_seconds && quantity != Quantity::grad_norm &&
         quantity != Quantity::update_ratio;
}

std::vector<BlockProfileRecord> costs_of(const GraphRecord& graph, int epoch) {
  std::vector<BlockProfileRecord> rows;
  for (std::size_t at = 0; at < graph.blocks.size(); ++at) {
    for (const QuantityInfo& quantity : quantities()) {
      if (!usual(quantity.quantity)) continue;
      const double drift = quantity.steady ? 0 : 0.001 * epoch;
      const double each = (quantity.is_time() ? 1e-4 : 4096.0) * (1.0 + static_cast<double>(at) + drift);
      rows.push_back({graph.blocks[at].path, quantity.quantity, 100, each, each, each, 100 * each});
      if (quantity.is_time()) rows.back().p50 = rows.back().p95 = each;
    }
  }
  return rows;
}

void write_first(const std::string& path, int architecture) {
  HistoryOptions options;
  options.path = path;
  const RunInfo run = run_of(architecture);
  HistoryWriter writer(options, run);
  for (int epoch = 1; epoch <= kEpochs; ++epoch) {
    const double loss = 2.0 / std::sqrt(epoch);
    writer.metric({epoch, Split::train, "loss", loss});
    writer.metric({epoch, Split::validation, "loss", loss * 1.1});
    writer.metric({epoch, Split::validation, "accuracy", 1.0 - loss / 4});
    writer.profile(epoch, costs_of(*run.graph, epoch));
    writer.end_epoch({epoch, 1.5, 100, 6400});
  }
  writer.note("made by the benchmark");
  writer.finish(RunStatus::done, "");
  check(writer.loss().empty(), Fault::run, "{}", writer.loss());
}

// The columns of a table that can be written, but those given, by commas; each behind a prefix.
std::string columns_of(const Database& db, const std::string& table, const std::vector<std::string>& without,
                       const std::string& prefix = "") {
  std::vector<std::string> columns;
  Statement query = db.prepare(fmt::format("PRAGMA table_info({})", table));
  while (query.step()) {
    const std::string name = query.text(1);
    if (std::find(without.begin(), without.end(), name) == without.end()) columns.push_back(prefix + name);
  }
  return fmt::format("{}", fmt::join(columns, ", "));
}

void copy_runs(Database& db, int runs) {
  const std::vector<std::string> own{"run_id", "uid", "name", "config_json", "started_unix_ms"};
  db.execute(fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT {0} + 1 UNION ALL SELECT i + 1 FROM n WHERE i < {1}) "
      "INSERT INTO runs (run_id, uid, name, config_json, started_unix_ms, {2}) "
      "SELECT i, printf('%032x', i), 'run-' || i, "
      "json_set(r.config_json, '$.lr', 0.0001 * (i % 97 + 1), '$.batch', 16 << (i % 4)), "
      "r.started_unix_ms - ({1} - i) * 60000, {3} FROM n JOIN runs r ON r.run_id = 1 + i % {0} ORDER BY i",
      kArchitectures, runs, columns_of(db, "runs", own), columns_of(db, "runs", own, "r.")));
}

void copy_rows(Database& db, const std::string& table, const std::string& changed = "",
               const std::string& to = "") {
  std::vector<std::string> without{"run_id", "note_id"};
  if (!changed.empty()) without.push_back(changed);
  const std::string more = changed.empty() ? "" : ", " + changed, value = to.empty() ? "" : ", " + to;
  db.execute(
      fmt::format("INSERT INTO {0} (run_id, {1}{2}) SELECT n.run_id, {3}{4} FROM runs n "
                  "CROSS JOIN {0} t ON t.run_id = 1 + n.run_id % {5} WHERE n.run_id > {5}",
                  table, columns_of(db, table, without), more, columns_of(db, table, without, "t."), value,
                  kArchitectures));
}

}  // namespace

void generate_history(const std::string& path, int runs) {
  for (int architecture = 0; architecture < kArchitectures; ++architecture) write_first(path, architecture);
  Database db = open_history(path, Access::write, kPatience);
  // Nobody minds losing this file: what would make it safe is left out.
  db.execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
  Transaction transaction(db);
  copy_runs(db, runs);
  copy_rows(db, "metrics", "value", "t.value * (1.0 + 0.0001 * (n.run_id * 7919 % 1000))");
  for (const char* table :
       {"epochs", "rising_metrics", "block_profiles", "block_sizes", "block_totals", "tags", "notes"})
    copy_rows(db, table);
  transaction.commit();
  db.execute("PRAGMA journal_mode = WAL");
}

}  // namespace orrery::bench
