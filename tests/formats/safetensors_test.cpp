#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "runtime/formats/safetensors_reader.h"
#include "runtime/formats/safetensors_writer.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SafetensorsItem item(std::string name, const char* dtype, std::vector<std::int64_t> shape,
                     const std::string& bytes) {
  return {std::move(name), *safetensors_dtype(dtype), std::move(shape), [bytes] { return as_bytes(bytes); }};
}

std::vector<SafetensorsItem> items_of(const SafetensorsReader& reader, std::vector<Bytes>& room) {
  std::vector<SafetensorsItem> items;
  for (const SafetensorsTensor& tensor : reader.header().tensors) {
    room.push_back(reader.read(tensor));
    items.push_back({tensor.name, tensor.dtype, tensor.shape,
                     [bytes = std::as_const(room.back()).span()] { return bytes; }});
  }
  return items;
}

TEST(SafetensorsTest, ReadsWhatTheReferenceWroteAndWritesItByteForByte) {
  const std::string reference = in_source("tests/formats/fixtures/reference.safetensors");
  const TemporaryFolder folder;
  const SafetensorsReader reader(reference);
  EXPECT_EQ(reader.header().tensors.size(), 25u);
  EXPECT_EQ(reader.header().metadata.at("format"), "ptü\t\x01");
  EXPECT_TRUE(reader.at("scalar").shape.empty());
  EXPECT_THAT(reader.at("empty").shape, ElementsAre(0, 5));
  EXPECT_EQ(reader.at("1.float64").dtype.dtype, DType::float64);
  EXPECT_EQ(reader.at("2.float8_e8m0fnu").dtype.dtype, std::nullopt);
  std::vector<Bytes> room;
  auto items = items_of(reader, room);
  std::reverse(items.begin(), items.end());
  write_safetensors(folder / "again", items, reader.header().metadata);
  EXPECT_EQ(content_of(folder / "again"), content_of(reference));
}

TEST(SafetensorsTest, WritesAnEmptyFileAndReadsIt) {
  const TemporaryFolder folder;
  write_safetensors(folder / "none", {});
  EXPECT_EQ(content_of(folder / "none"), std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
  EXPECT_TRUE(SafetensorsReader(folder / "none").header().tensors.empty());
}

TEST(SafetensorsTest, SavesOverTheFileThatIsBeingRead) {
  const TemporaryFolder folder;
  const std::string path = folder / "model";
  write_safetensors(path, {item("a", "U8", {3}, "old")});
  const SafetensorsReader reader(path);
  Bytes room;
  const auto fetch = [&] {
    room = reader.read(reader.at("a"));
    return std::as_const(room).span();
  };
  write_safetensors(
      path, {item("longer", "F64", {2}, std::string(16, 'n')), {"a", *safetensors_dtype("U8"), {3}, fetch}});
  EXPECT_TRUE(content_of(path).ends_with("nold"));
  EXPECT_EQ(reader.read(reader.at("a")).text(), "old");
}

TEST(SafetensorsTest, HoldsTensorsOneAtATime) {
  const TemporaryFolder folder;
  std::string room;
  std::vector<SafetensorsItem> items;
  for (const char* name : {"c", "a", "b"}) {
    items.push_back({name, *safetensors_dtype("U8"), {1}, [&room, name] {
                       room = name;
                       return as_bytes(room);
                     }});
  }
  write_safetensors(folder / "model", items);
  EXPECT_TRUE(content_of(folder / "model").ends_with("abc"));
}

TEST(SafetensorsTest, NamesATensorThatIsNotThere) {
  const TemporaryFolder folder;
  write_safetensors(folder / "model", {item("a", "U8", {0}, "")});
  const SafetensorsReader reader(folder / "model");
  EXPECT_EQ(reader.header().find("b"), nullptr);
  EXPECT_THAT(error_of(Fault::input_file, [&] { reader.at("b"); }), HasSubstr("model' has no tensor 'b'"));
}

TEST(SafetensorsTest, RefusesNamesThatTheFormatCannotHold) {
  const TemporaryFolder folder;
  const auto refusal = [&](std::vector<SafetensorsItem> items,
                           const std::map<std::string, std::string>& metadata = {}) {
    return error_of(Fault::write, [&] { write_safetensors(folder / "model", std::move(items), metadata); });
  };
  EXPECT_THAT(refusal({item("a", "U8", {0}, ""), item("a", "F32", {0}, "")}),
              HasSubstr("two tensors are called 'a'"));
  EXPECT_THAT(refusal({item("__metadata__", "U8", {0}, "")}), HasSubstr("__metadata__"));
  EXPECT_THAT(refusal({item("\xFF", "U8", {0}, "")}), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal({}, {{"key", "\xC3"}}), HasSubstr("not UTF-8"));
  EXPECT_FALSE(std::filesystem::exists(folder / "model"));
}

TEST(SafetensorsTest, BlamesItselfForBytesThatDoNotFitTheShape) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_safetensors(folder / "model", {item("a", "F32", {1}, "abc")}), InvariantFailure);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SafetensorsTest, HoldsBothSidesOfTheHeaderLimit) {
  const TemporaryFolder folder;
  const std::size_t around = std::string("{\"__metadata__\":{\"k\":\"\"}}").size();
  const std::string longest(kSafetensorsMaxHeaderBytes - around, 'x');
  write_safetensors(folder / "model", {}, {{"k", longest}});
  EXPECT_EQ(std::filesystem::file_size(folder / "model"), 8 + kSafetensorsMaxHeaderBytes);
  EXPECT_EQ(SafetensorsReader(folder / "model").header().metadata.at("k"), longest);
  EXPECT_THAT(error_of(Fault::write,
                       [&] {
                         write_safetensors(folder / "model", {}, {{"k", longest + "x"}});
                       }),
              HasSubstr("take 100000008 bytes, more than the 100000000"));
}

TEST(SafetensorsTest, LeavesTheOldFileWhereverWritingFails) {
  for (int n = 1;; ++n) {
    const TemporaryFolder folder;
    folder.put("model", "old");
    FaultyFiles files;
    files.fail_at = n;
    bool threw = false;
    try {
      write_safetensors(folder / "model", {item("a", "U8", {3}, "new")}, {}, files);
    } catch (const Error& error) {
      threw = true;
      EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::write));
    }
    const std::string content = content_of(folder / "model");
    EXPECT_TRUE(content.ends_with("new") || (threw && content == "old")) << n;
    if (files.struck().empty()) break;
  }
}

TEST(SafetensorsTest, EveryFailingOperationOfReadingIsOneError) {
  const TemporaryFolder folder;
  write_safetensors(folder / "model", {item("a", "U8", {3}, "abc")});
  for (int n = 1;; ++n) {
    FaultyFiles files;
    files.fail_at = n;
    try {
      const SafetensorsReader reader(folder / "model", files);
      reader.read(reader.at("a"));
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::input_file));
    }
    if (files.struck().empty()) break;
  }
}

TEST(SafetensorsTest, AFileThatIsCutWhileItIsOpenIsAnError) {
  const TemporaryFolder folder;
  write_safetensors(folder / "model", {item("a", "U8", {3}, "abc")});
  const SafetensorsReader reader(folder / "model");
  std::filesystem::resize_file(folder / "model", 10);
  EXPECT_THAT(error_of(Fault::input_file, [&] { reader.read(reader.at("a")); }), HasSubstr("became shorter"));
}

RC_GTEST_PROP(SafetensorsTest, GivesBackWhatWasWritten, ()) {
  const auto names = *rc::gen::unique<std::vector<std::string>>(rc::gen::string<std::string>());
  const auto text = rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
  const auto metadata = *rc::gen::container<std::map<std::string, std::string>>(text, text);
  std::map<std::string, std::pair<std::vector<std::int64_t>, std::string>> expected;
  std::vector<SafetensorsItem> items;
  for (const std::string& name : names) {
    if (std::any_of(name.begin(), name.end(), [](char c) { return c < 0; })) continue;
    const auto& dtype = *rc::gen::elementOf(
        std::vector<SafetensorsDType>(safetensors_dtypes().begin(), safetensors_dtypes().end()));
    auto shape = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 4));
    if (shape.size() > 5) shape.resize(5);
    const auto bytes = safetensors_bytes(dtype, shape);
    if (!bytes) continue;
    const auto content = *rc::gen::container<std::string>(*bytes, rc::gen::arbitrary<char>());
    expected[name] = {shape, content};
    items.push_back({name, dtype, shape, [content] { return as_bytes(content); }});
  }
  const TemporaryFolder folder;
  write_safetensors(folder / "model", items, metadata);
  const SafetensorsReader reader(folder / "model");
  RC_ASSERT(reader.header().metadata == metadata);
  RC_ASSERT(reader.header().tensors.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    RC_ASSERT(reader.at(name).shape == tensor.first);
    RC_ASSERT(reader.read(reader.at(name)).text() == tensor.second);
  }
}

TEST(SafetensorsDTypeTest, NamesEveryDTypeOfOrrery) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::complex128) continue;
    EXPECT_EQ(safetensors_dtype(dtype).dtype, dtype);
    EXPECT_EQ(safetensors_dtype(dtype).bits, 8 * element_size(dtype));
  }
  EXPECT_EQ(safetensors_dtype("F32")->dtype, DType::float32);
  EXPECT_EQ(safetensors_dtype("f32"), std::nullopt);
  EXPECT_THROW(safetensors_dtype(DType::complex128), Error);
}

}  // namespace
}  // namespace orrery
