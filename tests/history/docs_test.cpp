#include <map>
#include <set>
#include <sstream>

#include "tests/files/places.h"
#include "tests/history/history_fixture.h"

namespace orrery {

/// docs/history.md against the file that it explains.
class HistoryDocsTest : public HistoryTest {
 protected:
  using Columns = std::vector<std::string>;

  static std::string document() { return read_file(in_source("docs/history.md")); }

  static std::string between_ticks(const std::string& line) {
    const std::size_t first = line.find('`');
    return line.substr(first + 1, line.find('`', first + 1) - first - 1);
  }

  /// Below each heading "### `name`", the first word of each line of its table.
  static std::map<std::string, Columns> documented() {
    std::map<std::string, Columns> tables;
    std::istringstream lines(document());
    std::string line, table;
    while (std::getline(lines, line)) {
      if (line.starts_with("#")) table = line.starts_with("### `") ? between_ticks(line) : "";
      if (!table.empty() && line.starts_with("#")) tables[table] = {};
      if (!table.empty() && line.starts_with("| `")) tables[table].push_back(between_ticks(line));
    }
    return tables;
  }

  static std::map<std::string, Columns> present(const Database& db) {
    std::map<std::string, Columns> tables;
    Statement rows = db.prepare(
        "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_xinfo(s.name) c "
        "WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite_%' ORDER BY s.name, c.cid");
    while (rows.step()) tables[rows.text(0)].push_back(rows.text(1));
    return tables;
  }

  static std::vector<std::string> queries() {
    std::vector<std::string> all;
    const std::string text = document();
    for (std::size_t at = text.find("```sql\n"); at != text.npos; at = text.find("```sql\n", at)) {
      at += 7;
      all.push_back(text.substr(at, text.find("```", at) - at));
    }
    return all;
  }
};

TEST_F(HistoryDocsTest, EveryTableViewAndColumnIsExplainedInOrder) {
  const auto explained = documented();
  for (const auto& [table, columns] :
       present(open_history(path_, Access::create, std::chrono::milliseconds(100)))) {
    ASSERT_TRUE(explained.contains(table)) << table;
    // The same rows, fewer of them.
    EXPECT_EQ(explained.at(table == "kept_runs" ? "runs" : table), columns) << table;
  }
}

TEST_F(HistoryDocsTest, NothingIsExplainedThatIsNotThere) {
  const auto there = present(open_history(path_, Access::create, std::chrono::milliseconds(100)));
  for (const auto& [table, columns] : documented()) EXPECT_TRUE(there.contains(table)) << table;
}

TEST_F(HistoryDocsTest, TheVersionAndTheMarkAreThoseOfTheFile) {
  EXPECT_NE(
      document().find(fmt::format("`PRAGMA user_version` is the\n  version (now {})", schema_version())),
      std::string::npos);
  EXPECT_NE(document().find(fmt::format("`PRAGMA application_id` is {}", kApplicationId)), std::string::npos);
}

TEST_F(HistoryDocsTest, EveryQuantityIsListedWithItsUnit) {
  for (const QuantityInfo& quantity : quantities()) {
    const std::string line = fmt::format("| `{}` | {} | {} | {} |", quantity.name, quantity.unit,
                                         quantity.steady ? "on change" : "each epoch", quantity.meaning);
    EXPECT_NE(document().find(line), std::string::npos) << line;
  }
}

TEST_F(HistoryDocsTest, EveryPartOfAStepIsListed) {
  for (const PartInfo& part : parts()) {
    const std::string line = fmt::format("| `{}` | {} |", part.name, part.meaning);
    EXPECT_NE(document().find(line), std::string::npos) << line;
  }
}

TEST_F(HistoryDocsTest, TheQueriesAnswer) {
  for (int i = 0; i < 2; ++i) {
    HistoryWriter writer(options(), run_info());
    write_epoch(writer, 1);
    writer.finish(RunStatus::done, "");
  }
  ASSERT_GE(queries().size(), 3u);
  for (const std::string& query : queries()) {
    int rows = 0;
    HistoryReader(path_, clock()).sql(query, {}, {.row = [&](const Row&) { return ++rows < 100; }});
    EXPECT_GT(rows, 0) << query;
  }
}

}  // namespace orrery
