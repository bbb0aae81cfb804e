#include "runtime/history/database.h"

#include <limits>

#include "tests/history/history_fixture.h"

namespace orrery {

class DatabaseTest : public HistoryTest {};

TEST_F(DatabaseTest, ReturnsEveryKindOfCellAsItWasBound) {
  Database db(path_, Access::create);
  Statement echo = db.prepare("SELECT ?1");
  const auto round_trip = [&](const Cell& cell) {
    echo.bind(1, cell);
    echo.step();
    Cell back = echo.cell(0);
    echo.reset();
    return back;
  };
  for (const Cell& cell :
       {Cell(), Cell(std::numeric_limits<std::int64_t>::min()), Cell(0.1), Cell(std::string("naïve")),
        Cell(std::string()), Cell(Blob{std::string("a\0b", 3)}),
        Cell(std::numeric_limits<double>::infinity())}) {
    EXPECT_EQ(round_trip(cell), cell);
  }
  EXPECT_EQ(round_trip(std::numeric_limits<double>::quiet_NaN()), Cell());
}

TEST_F(DatabaseTest, AnErrorNamesTheFileAndARemedy) {
  const std::string message = message_of([&] { Database(folder_ / "missing" / "x.db", Access::create); });
  EXPECT_NE(message.find("x.db"), std::string::npos) << message;
  EXPECT_NE(message.find("Check that the file and its folder exist"), std::string::npos) << message;
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedLeavesNothing) {
  Database db(path_, Access::create);
  db.execute("CREATE TABLE t (x)");
  {
    Transaction transaction(db);
    db.execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(db.integer("SELECT count(*) FROM t"), 0);
  Transaction transaction(db);
  db.execute("INSERT INTO t VALUES (1)");
  transaction.commit();
  EXPECT_EQ(db.integer("SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, NamesThatSqliteReadsSpeciallyAreOrdinaryFiles) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  for (const char* name : {":memory:", "file:x.db?mode=memory", "-x.db", "a b'\".db", "caf\xe9.db"}) {
    Database(name, Access::create).execute("CREATE TABLE t (x)");
    EXPECT_TRUE(std::filesystem::exists(folder_ / name)) << name;
    EXPECT_EQ(Database(name, Access::frozen).integer("SELECT count(*) FROM t"), 0) << name;
  }
  std::filesystem::current_path(before);
}

TEST_F(DatabaseTest, ExtensionsCannotBeLoaded) {
  Database db(path_, Access::create);
  EXPECT_THROW(db.integer("SELECT load_extension('x')"), DatabaseError);
}

}  // namespace orrery
