// What every reader of files does with special files, failing reads, and files that change while they are
// read.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/csv.h"
#include "runtime/formats/data_listing.h"
#include "runtime/formats/idx.h"
#include "runtime/formats/image.h"
#include "runtime/formats/text_tokens.h"
#include "runtime/formats/weights_file.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/gzipped.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;

std::string all_weights(const std::string& path, const FileSystem& files) {
  const auto file = open_weights(path, "", files);
  std::string values;
  for (const WeightTensor& tensor : file->listing().tensors) values += file->read(tensor).text();
  return values;
}

std::string all_idx(const std::string& path, const FileSystem& files) {
  read_idx_header(path, files);
  return std::string(read_idx(path, 1 << 20, files).values.text());
}

std::string all_cells(const std::string& path, const FileSystem& files) {
  std::string cells;
  for (const double value : read_csv<double>(path, {}, files).values) cells += std::to_string(value) + " ";
  return cells;
}

std::string all_pixels(const std::string& path, const FileSystem& files) {
  read_image_header(path, files);
  return std::string(read_image(path, ImageMode::rgb, files).pixels.text());
}

std::string all_text(const std::string& path, const FileSystem& files) {
  return read_plain_text(path, 1 << 20, files);
}

std::string all_parts(const std::string& path, const FileSystem& files) {
  std::string text;
  if (const auto listing = list_data_file(path, files))
    for (const DataPart& part : listing->parts) text += part.name + part.type + part.remark;
  return text;
}

std::string fixture_bytes(const std::string& name) {
  return content_of(in_source("tests/formats/fixtures/" + name));
}

/// A reader and a sound file for it.
struct ReaderCase {
  std::string name;
  std::function<std::string(const std::string&, const FileSystem&)> read;
  std::string content;
};

std::vector<ReaderCase> reader_cases() {
  const std::string idx("\0\0\x08\x01\0\0\0\x03\x07\x02\x01", 11), table = "a,b\n1,2\n3,4.5\n";
  return {{"safetensors", all_weights, fixture_bytes("reference.safetensors")},
          {"pt", all_weights, fixture_bytes("pt/state.pt")},
          {"pt_deflated", all_weights, fixture_bytes("pt/deflated.pt")},
          {"pt_legacy", all_weights, fixture_bytes("pt/state_legacy.pt")},
          {"pt2", all_weights, content_of(in_source("tests/fixtures/pt2/convnet_core.pt2"))},
          {"onnx", all_weights, content_of(in_source("tests/fuzz/corpus/onnx/weights.onnx"))},
          {"npz", all_weights, fixture_bytes("data/deflated.npz")},
          {"npy", all_weights, fixture_bytes("data/float32.npy")},
          {"idx", all_idx, idx},
          {"idx_gz", all_idx, gzipped(idx)},
          {"csv", all_cells, table},
          {"csv_gz", all_cells, gzipped(table)},
          {"png", all_pixels, fixture_bytes("data/interlaced.png")},
          {"jpeg", all_pixels, fixture_bytes("data/rgb.jpg")},
          {"text", all_text, "a few words\n"},
          {"listed_csv", all_parts, table},
          {"listed_png", all_parts, fixture_bytes("data/deep.png")}};
}

class FileFaultsTest : public ::testing::TestWithParam<ReaderCase> {
 protected:
  std::string put() { return folder_.put("file", GetParam().content); }
  std::string read(const std::string& path, const FileSystem& files = posix_files()) {
    return GetParam().read(path, files);
  }
  std::string refusal(const std::string& path) {
    return error_of(Fault::input_file, [&] { read(path); });
  }
  /// Reads, and tells whether it was refused as a bad input file; another error ends the test.
  bool refuses(const std::string& path, const FileSystem& files) {
    try {
      read(path, files);
      return false;
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::input_file)) << error.what();
      return true;
    }
  }

  /// The first operations one by one, of the many that follow every third.
  static int next(int n) { return n + (n < 8 ? 1 : 3); }

  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Readers, FileFaultsTest, ::testing::ValuesIn(reader_cases()),
                         [](const auto& one) { return one.param.name; });

TEST_P(FileFaultsTest, NamesWhatIsNoRegularFile) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("nowhere", (folder_ / "dangling").c_str()), 0);
  ASSERT_EQ(::symlink("circle", (folder_ / "circle").c_str()), 0);
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("it is a folder, not a file"));
  EXPECT_THAT(refusal(folder_ / "pipe"), HasSubstr("it is a pipe"));
  EXPECT_THAT(refusal("/dev/zero"), HasSubstr("it is a device"));
  EXPECT_THAT(refusal("/dev/full"), HasSubstr("it is a device"));
  EXPECT_THAT(refusal(folder_ / "dangling"), HasSubstr("there is no such file"));
  EXPECT_THAT(refusal(folder_ / "circle"), HasSubstr("its links lead in a circle"));
  EXPECT_THAT(refusal(std::string("a\0b", 3)), HasSubstr("NUL byte"));
}

TEST_P(FileFaultsTest, RefusesASocket) {
  const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder_ / "socket";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(refusal(path), HasSubstr("cannot read '" + path + "'"));
  ::close(server);
}

TEST_P(FileFaultsTest, SaysThatPermissionIsMissing) {
  FaultyFiles files;
  files.fail_at = 1;
  files.reason = EACCES;
  const std::string path = put();
  EXPECT_THAT(error_of(Fault::input_file, [&] { read(path, files); }), HasSubstr("no permission to read it"));
}

TEST_P(FileFaultsTest, EveryFailingOperationIsOneError) {
  const std::string path = put();
  const std::string whole = read(path);
  for (const bool ever_after : {false, true}) {
    for (int n = 1;; ++n) {
      FaultyFiles files;
      files.fail_at = n;
      files.ever_after = ever_after;
      const bool refused = refuses(path, files);
      if (files.struck().empty()) break;
      const bool closing = files.struck()[0] == "close";  // of a file that was only read
      EXPECT_TRUE(refused || closing) << n << ": " << files.struck()[0];
    }
  }
  EXPECT_EQ(read(path), whole);
}

TEST_P(FileFaultsTest, ShortReadsAndSignalsChangeNothing) {
  const std::string path = put();
  const std::string whole = read(path);
  FaultyFiles pieces;
  pieces.most_bytes = 7;
  EXPECT_EQ(read(path, pieces), whole);
  for (int n = 1;; ++n) {
    FaultyFiles files;
    files.fail_at = n;
    files.reason = EINTR;
    try {
      EXPECT_EQ(read(path, files), whole);
    } catch (const Error&) {
      EXPECT_NE(files.struck()[0], "pread") << "a signal during a read is no error";
    }
    if (files.struck().empty()) break;
  }
}

TEST_P(FileFaultsTest, AFileThatIsCutWhileItIsReadIsReadOrRefused) {
  for (const std::size_t left : {std::size_t{0}, GetParam().content.size() / 2}) {
    for (int n = 1;; n = next(n)) {
      const std::string path = put();
      FaultyFiles files;
      int operation = 0;
      files.before = [&](const std::string&) {
        if (++operation == n) std::filesystem::resize_file(path, left);
      };
      refuses(path, files);
      if (operation < n) break;
    }
  }
}

TEST_P(FileFaultsTest, AFileThatGrowsOrIsReplacedWhileItIsReadIsReadOrRefused) {
  for (int n = 1;; n = next(n)) {
    const std::string path = put();
    FaultyFiles files;
    int operation = 0;
    files.before = [&](const std::string&) {
      if (++operation != n) return;
      std::ofstream(path, std::ios::binary | std::ios::app) << std::string(1000, 'x');
    };
    refuses(path, files);
    const std::string other = folder_.put("other", std::string(5000, '\xFF'));
    int again = 0;
    FaultyFiles renaming;
    renaming.before = [&](const std::string&) {
      if (++again == n) std::filesystem::rename(other, path);
    };
    refuses(put(), renaming);
    if (operation < n && again < n) break;
  }
}

TEST_P(FileFaultsTest, ASparseFileOfZerosIsRefused) {
  const std::string path = folder_.put("sparse", "");
  ASSERT_EQ(::truncate(path.c_str(), 10'000'000'000), 0);
  if (GetParam().name.starts_with("listed")) {
    EXPECT_EQ(read(path), "") << "it is none of its kinds";
  } else {
    EXPECT_THAT(refusal(path), HasSubstr("sparse'"));
  }
}

}  // namespace
}  // namespace orrery
