#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/history/database.h"
#include "runtime/history/records.h"

namespace orrery {

/// The rows of one graph's blocks and nodes: finds their ids, and adds those that are not there.
class GraphRows {
 public:
  explicit GraphRows(const Database& db);

  /// Inserts the graph unless an equal one is there. Its nodes are added, too, where an earlier version left
  /// them out.
  void find_or_add(const GraphRecord& graph);
  std::optional<std::int64_t> graph_id() const { return graph_id_; }
  std::int64_t block_id(const std::string& raw_path);
  std::int64_t node_id(const std::string& raw_path);
  /// To be called after a rollback: what the transaction had made is not there.
  void forget();

 private:
  std::int64_t add_graph(const GraphRecord& graph, const std::string& text_hash);
  void add_nodes(const GraphRecord& graph);
  std::int64_t add_block(const BlockRecord& block);
  std::int64_t add_node(const NodeRecord& node);

  const Database& db_;
  std::optional<std::int64_t> graph_id_;
  std::unordered_map<std::string, std::int64_t> blocks_, nodes_;
  Statement find_block_, add_block_, find_node_, add_node_;
};

/// Where a block's or a node's costs go: each epoch's, those that hold until the next, and those of the run.
struct CostTables {
  /// `owner`: `block` or `node`.
  CostTables(const Database& db, const std::string& owner);

  Statement profile, size, total;
};

/// The rows of what a run cost. Inside the caller's transaction; throws DatabaseError when SQLite refuses.
class CostRows {
 public:
  explicit CostRows(const Database& db);

  GraphRows& graph() { return graph_; }
  void begin(std::int64_t run_id) { run_id_ = run_id; }

  /// A row of `block_profiles`, or, of a steady quantity, of `block_sizes`, valid from that epoch on. The
  /// same epoch again is merged into it.
  void write_block(std::int64_t epoch, const BlockProfileRecord& row);
  void write_block_total(const BlockProfileRecord& total);
  void write_node(std::int64_t epoch, const NodeProfileRecord& row);
  void write_node_total(const NodeProfileRecord& total);
  /// Forgets what was measured after an epoch, and sums up the rest anew.
  void forget_after(std::int64_t epoch);
  /// The totals that the run has.
  std::vector<BlockProfileRecord> block_totals() const;
  std::vector<NodeProfileRecord> node_totals() const;
  /// The same part of the same epoch again takes the place of what was written of it here, and is merged with
  /// what the run had before: an epoch's last step goes on when its row is there already.
  void write(std::int64_t epoch, const PartProfileRecord& row);
  void write(std::int64_t epoch, const KernelProfileRecord& row);
  void write(const StepSpanRecord& span);
  void forget();

 private:
  void write_cost(CostTables& tables, std::int64_t owner, std::int64_t epoch, const BlockProfileRecord& row);
  void sum_up_anew(const std::string& owner);
  std::vector<BlockProfileRecord> totals(const std::string& owner) const;
  PartProfileRecord part_before(std::int64_t epoch, StepPart part);
  std::optional<std::int64_t> node_or_none(const std::string& path);
  std::int64_t kernel_id(const std::string& name);

  const Database& db_;
  GraphRows graph_;
  std::int64_t run_id_ = 0;
  CostTables blocks_, nodes_;
  std::unordered_map<std::string, std::int64_t> kernels_;
  std::int64_t parts_epoch_ = -1;  ///< of `parts_before_`
  std::map<StepPart, PartProfileRecord> parts_before_;
  Statement find_part_, part_, kernel_, span_, find_kernel_, add_kernel_;
};

}  // namespace orrery
