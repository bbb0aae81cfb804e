#include "runtime/history/artifact.h"

#include "tests/history/history_fixture.h"

namespace orrery {

using ArtifactTest = HistoryTest;

TEST_F(ArtifactTest, AFileIsDescribedByItsSizeAndHash) {
  write_file(folder_ / "a.txt", "abc");
  const ArtifactRecord record = artifact_of_file("diagram", folder_ / "a.txt");
  EXPECT_EQ(record.kind, "diagram");
  EXPECT_EQ(record.path, (folder_ / "a.txt").string());
  EXPECT_EQ(record.bytes, 3);
  EXPECT_EQ(record.hash.substr(0, 7), "xxh128:");
  write_file(folder_ / "b.txt", "abd");
  EXPECT_NE(artifact_of_file("diagram", folder_ / "b.txt").hash, record.hash);
  EXPECT_THROW(artifact_of_file("diagram", folder_ / "none"), Error);
  EXPECT_THROW(artifact_of_file("diagram", folder_), Error);
}

TEST_F(ArtifactTest, AFileIsAddedToARunThatHasEnded) {
  std::string name;
  {
    HistoryWriter writer(options(), run_info());
    name = writer.run_name();
    writer.finish(RunStatus::done, "");
  }
  add_artifact(options(), name, {"diagram", "net.pdf", 10, ""});
  add_artifact(options(), name, {"diagram", "net.pdf", 12, "xxh128:ab"});
  EXPECT_EQ(raw().text("SELECT kind || path || bytes || hash FROM artifacts"), "diagramnet.pdf12xxh128:ab");
  EXPECT_EQ(raw().text("SELECT status FROM runs"), "done");
}

TEST_F(ArtifactTest, AFilesSha256IsKeptUnlessItHasChanged) {
  write_file(folder_ / "a.txt", "abc");
  write_file(folder_ / "b.txt", "abc");
  HistoryWriter writer(options(), run_info("mine"));
  writer.artifact(artifact_of_file("table", folder_ / "a.txt"));
  writer.artifact(artifact_of_file("changed", folder_ / "b.txt"));
  write_file(folder_ / "b.txt", "abd");
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(raw().text("SELECT sha256 FROM artifacts WHERE kind = 'table'"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(count("SELECT sha256 IS NULL FROM artifacts WHERE kind = 'changed'"), 1);
  write_file(folder_ / "c.txt", "");
  add_artifact(options(), "mine", artifact_of_file("late", folder_ / "c.txt"));
  EXPECT_EQ(raw().text("SELECT sha256 FROM artifacts WHERE kind = 'late'"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_F(ArtifactTest, AFileIsAddedWhileTheRunGoesOn) {
  HistoryWriter writer(options(), run_info());
  add_artifact(options(), writer.run_name(), {"weights", "net.safetensors", 10, ""});
  write_epoch(writer, 1);
  writer.finish(RunStatus::done, "");
  EXPECT_EQ(count("SELECT count(*) FROM artifacts"), 1);
  EXPECT_EQ(writer.loss(), "");
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(ArtifactTest, ARunThatIsNotThereGetsNoneAndABadHistoryAWarning) {
  { HistoryWriter(options(), run_info()).finish(RunStatus::done, ""); }
  add_artifact(options(), "somebody-else", {"diagram", "net.pdf", 10, ""});
  EXPECT_EQ(count("SELECT count(*) FROM artifacts"), 0);
  EXPECT_TRUE(warnings_.empty());
  path_ = folder_ / "text.db";
  write_file(path_, "this is no database, whatever its name says");
  add_artifact(options(), "somebody-else", {"diagram", "net.pdf", 10, ""});
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_EQ(warnings_[0].substr(0, 9), "'net.pdf'");
}

}  // namespace orrery
