#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/history/queries.h"
#include "runtime/history/schema.h"
#include "runtime/history/writer.h"

namespace orrery {

/// A folder of its own for each test, a clock that only the test moves, and a small run.
class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "orrery-history-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "orrery.db";
  }
  ~HistoryTest() override { std::filesystem::remove_all(folder_); }

  WallClock clock() {
    return [this] { return now_; };
  }

  HistoryOptions options() {
    return {.path = path_,
            .clock = clock(),
            .warn = [this](const std::string& message) { warnings_.push_back(message); },
            .patience = std::chrono::milliseconds(2000)};
  }

  static GraphRecord graph() {
    return {.structural_hash = "5eed",
            .canonical_json = R"({"nodes":[]})",
            .parameters = 1234,
            .blocks = {
                {"", "digits", 1}, {"encoder", "Encoder", 0}, {"encoder/attn", "", 3}, {"encoder2", "", 2}}};
  }

  static RunInfo run_info(const std::string& name = "") {
    RunInfo run;
    run.name = name;
    run.device = "cpu";
    run.threads = 2;
    run.seed = 7;
    run.orrery_version = "0.1.0";
    run.working_folder = "/work";
    run.command = {"orrery", "run", "digits.lua", "lr=0.01"};
    run.config_json = R"({"lr":0.01,"epochs":3,"nested":{"a":[1,2]},"name":"x","on":true})";
    run.script_path = "digits.lua";
    run.script_text = "local orrery = require 'orrery'\n";
    run.graph = graph();
    run.tags = {"first"};
    return run;
  }

  static BlockProfileRecord cost(const std::string& path, Quantity quantity, double each,
                                 std::int64_t count = 10) {
    return {path, quantity, count, each, each, each, each * static_cast<double>(count)};
  }

  /// One epoch with a loss and a few profile rows, in the file when this returns.
  static void write_epoch(HistoryWriter& writer, std::int64_t epoch) {
    hand_over_epoch(writer, epoch);
    writer.wait();
  }
  /// The same, without waiting for the file.
  static void hand_over_epoch(HistoryWriter& writer, std::int64_t epoch) {
    writer.metric({epoch, Split::train, "loss", 1.0 / static_cast<double>(epoch)});
    writer.metric({epoch, Split::validation, "loss", 2.0 / static_cast<double>(epoch)});
    const std::vector<BlockProfileRecord> rows{cost("encoder/attn", Quantity::forward_seconds, 0.25),
                                               cost("encoder2", Quantity::forward_seconds, 0.5),
                                               cost("encoder/attn", Quantity::tmu_bytes, 4096)};
    writer.profile(epoch, rows);
    writer.end_epoch({epoch, 1.5, 10, 640});
  }

  Database raw(Access access = Access::write) const { return Database(path_, access); }
  std::int64_t count(const std::string& sql) const { return raw().integer(sql); }

  /// The files of runs that did not get into their history.
  static std::vector<std::filesystem::path> side_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().native().ends_with(".lost.db")) found.push_back(entry.path());
    return found;
  }

  void write_file(const std::filesystem::path& path, const std::string& bytes) const {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
  UnixMilliseconds now_ = 1'700'000'000'000;
  std::vector<std::string> warnings_;
};

/// The position of a column; fails the test when it is not there.
inline std::size_t column(const Table& table, const std::string& name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i] == name) return i;
  }
  ADD_FAILURE() << "no column " << name;
  return 0;
}

inline Cell at(const Table& table, std::size_t row, const std::string& name) {
  if (row >= table.rows.size()) {
    ADD_FAILURE() << "only " << table.rows.size() << " rows";
    return {};
  }
  return table.rows[row][column(table, name)];
}

/// The message of the Error that the call throws; fails the test when it throws none.
template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

}  // namespace orrery
