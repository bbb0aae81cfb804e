#include "runtime/history/cost_rows.h"

#include <algorithm>

#include "runtime/core/content_hash.h"
#include "runtime/history/text.h"

namespace orrery {
namespace {

// What an epoch that is measured in several parts does to its row; the percentiles are those of the longest.
constexpr const char* kMergeAggregates =
    "ON CONFLICT DO UPDATE SET count = count + excluded.count, min = min(min, excluded.min),"
    " max = max(max, excluded.max), sum = sum + excluded.sum";
constexpr const char* kMergePercentiles =
    ", p50 = CASE WHEN excluded.count > count THEN excluded.p50 ELSE p50 END,"
    " p95 = CASE WHEN excluded.count > count THEN excluded.p95 ELSE p95 END";

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

int id(Quantity quantity) { return static_cast<int>(quantity); }
int id(StepPart part) { return static_cast<int>(part); }

}  // namespace

GraphRows::GraphRows(const Database& db)
    : db_(db),
      find_block_(db.prepare("SELECT block_id FROM blocks WHERE graph_id = ? AND path = ?")),
      add_block_(db.prepare("INSERT INTO blocks (graph_id, path, title, parent_id, node_count) "
                            "VALUES (?, ?, ?, ?, ?)")),
      find_node_(db.prepare("SELECT node_id FROM nodes WHERE graph_id = ? AND path = ?")),
      add_node_(db.prepare("INSERT INTO nodes (graph_id, block_id, path, operation, position) "
                           "VALUES (?, ?, ?, ?, ?)")) {}

void GraphRows::find_or_add(const GraphRecord& graph) {
  const std::string text_hash = content_hash(graph.canonical_json);
  Statement find = db_.prepare(
      "SELECT graph_id, EXISTS (SELECT 1 FROM nodes n WHERE n.graph_id = g.graph_id) FROM graphs g "
      "WHERE structural_hash = ? AND text_hash = ?");
  find.bind_all(graph.structural_hash, text_hash);
  if (!find.step()) {
    graph_id_ = add_graph(graph, text_hash);
    return add_nodes(graph);
  }
  graph_id_ = find.integer(0);
  if (find.integer(1) == 0) add_nodes(graph);
}

std::int64_t GraphRows::add_graph(const GraphRecord& graph, const std::string& text_hash) {
  Statement add = db_.prepare(
      "INSERT INTO graphs (structural_hash, text_hash, canonical_json, parameter_count) VALUES (?, ?, ?, ?)");
  add.run(graph.structural_hash, text_hash, graph.canonical_json, graph.parameters);
  graph_id_ = db_.last_row_id();
  // Parents before children: a shorter path cannot lie inside a longer one.
  std::vector<BlockRecord> blocks = graph.blocks;
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const auto& a, const auto& b) { return a.path.size() < b.path.size(); });
  for (BlockRecord& block : blocks) {
    block.path = storable_text(block.path);
    if (!blocks_.contains(block.path)) add_block(block);
  }
  return *graph_id_;
}

void GraphRows::add_nodes(const GraphRecord& graph) {
  for (NodeRecord node : graph.nodes) {
    node.path = storable_text(node.path);
    if (!nodes_.contains(node.path)) add_node(node);
  }
}

std::int64_t GraphRows::block_id(const std::string& raw_path) {
  const std::string path = storable_text(raw_path);
  if (const auto found = blocks_.find(path); found != blocks_.end()) return found->second;
  find_block_.bind_all(graph_id_, path);
  const bool known = find_block_.step();
  const std::int64_t id = known ? find_block_.integer(0) : 0;
  find_block_.reset();
  if (!known) return add_block({.path = path, .title = {}});
  blocks_.emplace(path, id);
  return id;
}

std::int64_t GraphRows::add_block(const BlockRecord& block) {
  std::optional<std::int64_t> parent;
  if (!block.path.empty()) parent = block_id(parent_of(block.path));
  add_block_.run(graph_id_, block.path, block.title, parent, block.nodes);
  return blocks_[block.path] = db_.last_row_id();
}

std::int64_t GraphRows::node_id(const std::string& raw_path) {
  const std::string path = storable_text(raw_path);
  if (const auto found = nodes_.find(path); found != nodes_.end()) return found->second;
  find_node_.bind_all(graph_id_, path);
  const bool known = find_node_.step();
  const std::int64_t id = known ? find_node_.integer(0) : 0;
  find_node_.reset();
  if (!known) return add_node({.path = path, .block = parent_of(path), .operation = {}});
  nodes_.emplace(path, id);
  return id;
}

std::int64_t GraphRows::add_node(const NodeRecord& node) {
  add_node_.run(graph_id_, block_id(node.block), node.path, node.operation, node.position);
  return nodes_[node.path] = db_.last_row_id();
}

void GraphRows::forget() {
  blocks_.clear();
  nodes_.clear();
}

CostTables::CostTables(const Database& db, const std::string& owner)
    : profile(db.prepare(fmt::format("INSERT INTO {0}_profiles (run_id, epoch, {0}_id, quantity_id, count, "
                                     "min, max, sum, p50, p95) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {1}{2}",
                                     owner, kMergeAggregates, kMergePercentiles))),
      size(
          db.prepare(fmt::format("INSERT OR REPLACE INTO {0}_sizes (run_id, {0}_id, quantity_id, from_epoch, "
                                 "min, max, mean) VALUES (?, ?, ?, ?, ?, ?, ?)",
                                 owner))),
      total(db.prepare(
          fmt::format("INSERT OR REPLACE INTO {0}_totals (run_id, {0}_id, quantity_id, count, min, "
                      "max, sum) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      owner))) {}

CostRows::CostRows(const Database& db)
    : db_(db),
      graph_(db),
      blocks_(db, "block"),
      nodes_(db, "node"),
      find_part_(db.prepare("SELECT count, min, max, sum, p50, p95 FROM part_profiles "
                            "WHERE run_id = ? AND epoch = ? AND part_id = ?")),
      part_(db.prepare("INSERT OR REPLACE INTO part_profiles (run_id, epoch, part_id, count, min, max, sum, "
                       "p50, p95) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      kernel_(
          db.prepare(fmt::format("INSERT INTO kernel_profiles (run_id, epoch, node_id, part_id, kernel_id, "
                                 "device, count, min, max, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {}",
                                 kMergeAggregates))),
      span_(db.prepare("INSERT OR REPLACE INTO step_profiles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      find_kernel_(db.prepare("SELECT kernel_id FROM kernels WHERE name = ?")),
      add_kernel_(db.prepare("INSERT INTO kernels (name) VALUES (?)")) {}

void CostRows::write_cost(CostTables& tables, std::int64_t owner, std::int64_t epoch,
                          const BlockProfileRecord& row) {
  if (info(row.quantity).steady) {
    tables.size.run(run_id_, owner, id(row.quantity), epoch, row.min, row.max, row.mean);
  } else {
    tables.profile.run(run_id_, epoch, owner, id(row.quantity), row.count, row.min, row.max, row.sum, row.p50,
                       row.p95);
  }
}

void CostRows::write_block(std::int64_t epoch, const BlockProfileRecord& row) {
  write_cost(blocks_, graph_.block_id(row.path), epoch, row);
}

void CostRows::write_node(std::int64_t epoch, const NodeProfileRecord& row) {
  write_cost(nodes_, graph_.node_id(row.path), epoch, row);
}

void CostRows::write_block_total(const BlockProfileRecord& total) {
  blocks_.total.run(run_id_, graph_.block_id(total.path), id(total.quantity), total.count, total.min,
                    total.max, total.sum);
}

void CostRows::write_node_total(const NodeProfileRecord& total) {
  nodes_.total.run(run_id_, graph_.node_id(total.path), id(total.quantity), total.count, total.min, total.max,
                   total.sum);
}

void CostRows::forget_after(std::int64_t epoch) {
  for (const char* table : {"block_profiles", "node_profiles", "part_profiles", "kernel_profiles"})
    db_.prepare(fmt::format("DELETE FROM {} WHERE run_id = ? AND epoch > ?", table)).run(run_id_, epoch);
  for (const char* table : {"block_sizes", "node_sizes"})
    db_.prepare(fmt::format("DELETE FROM {} WHERE run_id = ? AND from_epoch > ?", table)).run(run_id_, epoch);
  for (const char* owner : {"block", "node"}) sum_up_anew(owner);
}

// Sizes were measured in each step of the epochs in which they held.
void CostRows::sum_up_anew(const std::string& owner) {
  db_.prepare(fmt::format("DELETE FROM {}_totals WHERE run_id = ?", owner)).run(run_id_);
  db_.prepare(
         fmt::format("INSERT INTO {0}_totals (run_id, {0}_id, quantity_id, count, min, max, sum) "
                     "SELECT p.run_id, p.{0}_id, p.quantity_id, sum(p.count), min(p.min), max(p.max), "
                     "sum(p.sum) FROM {0}_profiles p WHERE p.run_id = ? GROUP BY p.{0}_id, p.quantity_id",
                     owner))
      .run(run_id_);
  db_.prepare(fmt::format("INSERT INTO {0}_totals (run_id, {0}_id, quantity_id, count, min, max, sum) "
                          "SELECT s.run_id, s.{0}_id, s.quantity_id, sum(e.steps), min(s.min), max(s.max), "
                          "sum(e.steps * s.mean) FROM epochs e JOIN {0}_sizes s ON s.run_id = e.run_id "
                          "AND s.from_epoch = (SELECT max(l.from_epoch) FROM {0}_sizes l "
                          "WHERE l.run_id = s.run_id AND l.{0}_id = s.{0}_id "
                          "AND l.quantity_id = s.quantity_id AND l.from_epoch <= e.epoch) "
                          "WHERE e.run_id = ? AND e.steps > 0 GROUP BY s.{0}_id, s.quantity_id",
                          owner))
      .run(run_id_);
}

std::vector<BlockProfileRecord> CostRows::totals(const std::string& owner) const {
  std::vector<BlockProfileRecord> all;
  Statement rows = db_.prepare(
      fmt::format("SELECT o.path, t.quantity_id, t.count, t.min, t.max, t.mean, t.sum FROM {0}_totals t "
                  "JOIN {0}s o ON o.{0}_id = t.{0}_id WHERE t.run_id = ?",
                  owner));
  rows.bind_all(run_id_);
  while (rows.step())
    all.push_back({rows.text(0), static_cast<Quantity>(rows.integer(1)), rows.integer(2), rows.real(3),
                   rows.real(4), rows.real(5), rows.real(6)});
  return all;
}

std::vector<BlockProfileRecord> CostRows::block_totals() const { return totals("block"); }
std::vector<NodeProfileRecord> CostRows::node_totals() const { return totals("node"); }

// Asked before the first row of an epoch is written, so that a transaction that is taken back changes
// nothing.
PartProfileRecord CostRows::part_before(std::int64_t epoch, StepPart part) {
  if (std::exchange(parts_epoch_, epoch) != epoch) parts_before_.clear();
  const auto [known, is_new] = parts_before_.try_emplace(part, PartProfileRecord{.part = part});
  if (!is_new) return known->second;
  find_part_.bind_all(run_id_, epoch, id(part));
  if (find_part_.step()) {
    const auto real_or_none = [&](int column) {
      return find_part_.is_null(column) ? std::nullopt : std::optional(find_part_.real(column));
    };
    known->second = {part,
                     find_part_.integer(0),
                     find_part_.real(1),
                     find_part_.real(2),
                     find_part_.real(3),
                     real_or_none(4),
                     real_or_none(5)};
  }
  find_part_.reset();
  return known->second;
}

void CostRows::write(std::int64_t epoch, const PartProfileRecord& row) {
  const PartProfileRecord before = part_before(epoch, row.part);
  PartProfileRecord whole = before.count > row.count ? before : row;
  if (before.count > 0) {
    whole.count = before.count + row.count;
    whole.min = std::min(before.min, row.min);
    whole.max = std::max(before.max, row.max);
    whole.sum = before.sum + row.sum;
  }
  part_.run(run_id_, epoch, id(whole.part), whole.count, whole.min, whole.max, whole.sum, whole.p50,
            whole.p95);
}

void CostRows::write(std::int64_t epoch, const KernelProfileRecord& row) {
  kernel_.run(run_id_, epoch, node_or_none(row.node), id(row.part), kernel_id(row.kernel), row.device,
              row.count, row.min, row.max, row.sum);
}

void CostRows::write(const StepSpanRecord& span) {
  span_.run(run_id_, span.step, span.position, node_or_none(span.node), id(span.part), span.begin_ns,
            span.duration_ns, span.bytes, span.thread);
}

std::optional<std::int64_t> CostRows::node_or_none(const std::string& path) {
  if (path.empty()) return std::nullopt;
  return graph_.node_id(path);
}

std::int64_t CostRows::kernel_id(const std::string& name) {
  if (const auto found = kernels_.find(name); found != kernels_.end()) return found->second;
  find_kernel_.bind_all(name);
  const bool known = find_kernel_.step();
  std::int64_t id = known ? find_kernel_.integer(0) : 0;
  find_kernel_.reset();
  if (!known) {
    add_kernel_.run(name);
    id = db_.last_row_id();
  }
  return kernels_[name] = id;
}

void CostRows::forget() {
  graph_.forget();
  kernels_.clear();
}

}  // namespace orrery
