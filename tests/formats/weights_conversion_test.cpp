#include "runtime/formats/weights_conversion.h"

#include <cmath>
#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/element_values.h"
#include "runtime/formats/npz_writer.h"
#include "runtime/formats/pickle_globals.h"
#include "runtime/formats/pt_writer.h"
#include "runtime/formats/weights_difference.h"
#include "runtime/formats/zip.h"
#include "runtime/formats/zip_writer.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFixturesOfTorch = in_source("tests/formats/fixtures/pt/");

SafetensorsItem item(const std::string& name, const SafetensorsDType& dtype,
                     const std::vector<std::int64_t>& shape, const std::string& bytes) {
  return {name, dtype, shape, [held = std::make_shared<std::string>(bytes)] { return as_bytes(*held); }};
}

std::string counted_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i);
  return bytes;
}

std::string text_of_tensor(const WeightsFile& file, const std::string& name) {
  for (const WeightTensor& tensor : file.listing().tensors)
    if (tensor.name == name) return std::string(file.read(tensor).text());
  return "not there";
}

std::vector<WeightDifference> differences(const std::string& a, const std::string& b,
                                          const std::string& part = "") {
  return compare_weights(*open_weights(a, part), *open_weights(b));
}

void expect_same(const std::string& a, const std::string& b, const std::string& part = "") {
  for (const WeightDifference& found : differences(a, b, part))
    EXPECT_EQ(found.how, WeightDifference::How::same) << found.name;
}

TEST(PtWriterTest, WritesEveryDtypeSoThatItIsReadAgain) {
  const TemporaryFolder folder;
  const std::string path = folder / "all.pt";
  std::vector<SafetensorsItem> items;
  for (const SafetensorsDType& dtype : safetensors_dtypes())
    if (torch_dtype_name(dtype) != dtype.name)
      items.push_back(item(std::string(dtype.name), dtype, {2, 1, 3},
                           counted_bytes(6 * static_cast<std::size_t>(dtype.bits) / 8)));
  items.push_back(item("C128", element_type(DType::complex128), {1}, counted_bytes(16)));
  items.push_back(item("scalar", *safetensors_dtype("F32"), {}, counted_bytes(4)));
  items.push_back(item("empty", *safetensors_dtype("F32"), {0, 300, 70000}, ""));
  items.push_back(item("größe \n'\"", *safetensors_dtype("U8"), {1}, "x"));
  write_pt(path, items, {{"tied", "scalar"}});
  const auto file = open_weights(path);
  ASSERT_EQ(file->listing().tensors.size(), items.size() + 1);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const WeightTensor& tensor = file->listing().tensors[i];
    EXPECT_EQ(tensor.name, items[i].name);
    EXPECT_EQ(tensor.dtype.name, items[i].dtype.name);
    EXPECT_EQ(tensor.shape, items[i].shape);
    const auto bytes = items[i].bytes();
    EXPECT_EQ(text_of_tensor(*file, tensor.name),
              std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  EXPECT_EQ(file->listing().tensors.back().alias_of, "scalar");
}

TEST(PtWriterTest, PutsStoragesAtMultiplesOf64BytesAndGivesTheSameBytesAgain) {
  const TemporaryFolder folder;
  const std::vector<SafetensorsItem> items{item("a", *safetensors_dtype("F32"), {3}, counted_bytes(12)),
                                           item("b", *safetensors_dtype("U8"), {5}, counted_bytes(5))};
  write_pt(folder / "a.pt", items);
  write_pt(folder / "b.pt", items);
  EXPECT_EQ(content_of(folder / "a.pt"), content_of(folder / "b.pt"));
  const ZipReader zip(folder / "a.pt");
  for (const ZipEntry& entry : zip.entries()) {
    EXPECT_EQ(entry.data_start % 64, 0u) << entry.name;
    zip.read(entry);
  }
}

TEST(PtWriterTest, RefusesWhatPyTorchCannotHold) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pt";
  const auto dtype = *safetensors_dtype("U8");
  EXPECT_THAT(
      error_of(Fault::usage, [&] { write_pt(path, {item("a", *safetensors_dtype("F4"), {2}, "x")}); }),
      HasSubstr("PyTorch has no F4 (tensor 'a'): write safetensors"));
  EXPECT_THAT(error_of(Fault::write,
                       [&] {
                         write_pt(path, {item("a", dtype, {1}, "x"), item("a", dtype, {1}, "x")});
                       }),
              HasSubstr("two tensors are called 'a'"));
  EXPECT_THAT(error_of(Fault::write,
                       [&] {
                         write_pt(path, {item("a", dtype, {1}, "x")}, {{"b", "c"}});
                       }),
              HasSubstr("'b' stands for 'c', which is not there"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ZipWriterTest, WritesMoreMembersThan16BitsCount) {
  const TemporaryFolder folder;
  ZipWriter writer(folder / "many.zip");
  for (int i = 0; i < 65'536; ++i) writer.add(std::to_string(i), as_bytes("x"));
  writer.commit();
  const ZipReader zip(folder / "many.zip");
  ASSERT_EQ(zip.entries().size(), 65'536u);
  EXPECT_EQ(zip.read(zip.entries().back()).text(), "x");
}

TEST(NpzWriterTest, RefusesWhatNumPyHasNoNameFor) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      error_of(Fault::usage,
               [&] { write_npz(folder / "a.npz", {item("a", *safetensors_dtype("F8_E5M2"), {1}, "x")}); }),
      HasSubstr("NumPy has no float8_e5m2 (tensor 'a')"));
  EXPECT_THAT(
      error_of(Fault::usage,
               [&] { write_npz(folder / "a.npz", {item("a", *safetensors_dtype("BF16"), {1}, "xy")}); }),
      HasSubstr("NumPy has no bfloat16"));
}

TEST(WeightsConversionTest, GoesThroughEveryFormatWithoutChangingAValue) {
  const TemporaryFolder folder;
  const std::string first = kFixturesOfTorch + "state.pt";
  std::string from = first;
  for (const char* name : {"a.safetensors", "b.npz", "c.pth", "d.safetensors", "e.pt"}) {
    const ConversionReport report = convert_weights(from, folder / name);
    EXPECT_EQ(report.tensors, 7u);
    EXPECT_THAT(report.files, ElementsAre(folder / name));
    from = folder / name;
  }
  expect_same(first, from);
}

TEST(WeightsConversionTest, KeepsTiedTensorsTiedAndViewsAsTheirElements) {
  const TemporaryFolder folder;
  const std::string shared = kFixturesOfTorch + "shared.pt";
  EXPECT_THAT(convert_weights(shared, folder / "a.safetensors").aliases, ElementsAre("tied"));
  EXPECT_THAT(convert_weights(folder / "a.safetensors", folder / "b.pt").aliases, ElementsAre("tied"));
  expect_same(shared, folder / "a.safetensors");
  expect_same(shared, folder / "b.pt");
  EXPECT_EQ(convert_weights(shared, folder / "c.npz").aliases.size(), 0u) << "NumPy has no other names";
  expect_same(shared, folder / "c.npz");
}

TEST(WeightsConversionTest, TakesAPartAndTellsWhatIsLeftOut) {
  const TemporaryFolder folder;
  const std::string checkpoint = kFixturesOfTorch + "checkpoint.pt";
  EXPECT_TRUE(convert_weights(checkpoint, folder / "model.safetensors", {.part = "model"}).left_out.empty());
  expect_same(checkpoint, folder / "model.safetensors", "model");
  EXPECT_THAT(convert_weights(checkpoint, folder / "all.pt").left_out, ::testing::Contains("epoch"));
}

TEST(WeightsConversionTest, WritesASetWithAnIndexThatIsReadAgain) {
  const TemporaryFolder folder;
  const std::string shared = kFixturesOfTorch + "shared.pt";
  const ConversionReport report = convert_weights(shared, folder / "net.safetensors", {.bytes_a_file = 130});
  EXPECT_GT(report.files.size(), 2u);
  EXPECT_EQ(report.files.back(), folder / "net.safetensors.index.json");
  expect_same(shared, report.files.back());
}

TEST(WeightsConversionTest, RefusesBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  const auto refusal = [&](Fault fault, const std::string& from, const std::string& to,
                           const ConversionOptions& options = {}) {
    return error_of(fault, [&] { convert_weights(kFixturesOfTorch + from, folder / to, options); });
  };
  EXPECT_THAT(refusal(Fault::usage, "state.pt", "a.onnx"), HasSubstr("cannot tell from its ending"));
  EXPECT_THAT(refusal(Fault::usage, "state.pt", "a.pt", {.bytes_a_file = 10}), HasSubstr("is one file"));
  EXPECT_THAT(refusal(Fault::input_file, "sparse.pt", "a.pt"), HasSubstr("'edges' is a sparse tensor"));
  EXPECT_THAT(refusal(Fault::usage, "dtypes.pt", "a.npz"), HasSubstr("NumPy has no bfloat16"));
  EXPECT_THAT(refusal(Fault::usage, "dtypes.pt", "a.safetensors"),
              HasSubstr("safetensors has no complex128 (tensor 'complex128')"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(WeightsDifferenceTest, MeasuresValuesAndNamesWhatIsInOneFileOnly) {
  const TemporaryFolder folder;
  const auto floats = [](const std::vector<float>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  };
  const auto f32 = *safetensors_dtype("F32");
  write_safetensors(folder / "a.safetensors",
                    {item("same", f32, {2}, floats({1, NAN})), item("moved", f32, {4}, floats({1, 2, 3, 4})),
                     item("turned", f32, {1, 2}, floats({1, 2})), item("gone", f32, {1}, floats({1}))});
  write_safetensors(
      folder / "b.safetensors",
      {item("same", f32, {2}, floats({1, NAN})), item("moved", f32, {4}, floats({1, 2.5f, 3, 3})),
       item("turned", f32, {2, 1}, floats({1, 2})), item("new", f32, {1}, floats({1}))});
  const auto first = open_weights(folder / "a.safetensors"), second = open_weights(folder / "b.safetensors");
  std::map<std::string, WeightDifference> found;
  for (const WeightDifference& difference : compare_weights(*first, *second))
    found[difference.name] = difference;
  EXPECT_EQ(found.size(), 5u);
  EXPECT_EQ(found["same"].how, WeightDifference::How::same);
  EXPECT_EQ(found["moved"].how, WeightDifference::How::values);
  EXPECT_EQ(found["moved"].largest, 1.0);
  EXPECT_EQ(found["moved"].mean, 1.5 / 4);
  EXPECT_EQ(found["moved"].differing, 2u);
  EXPECT_EQ(found["turned"].how, WeightDifference::How::shape);
  EXPECT_FALSE(found["turned"].largest.has_value());
  EXPECT_EQ(found["gone"].how, WeightDifference::How::first_only);
  EXPECT_EQ(found["new"].how, WeightDifference::How::second_only);
}

TEST(WeightsDifferenceTest, ComparesValuesAcrossDtypesAndTellsInfinitiesAndNaN) {
  const TemporaryFolder folder;
  const auto written = [&](const char* name, const char* dtype, const std::string& bytes,
                           std::int64_t count) {
    write_safetensors(folder / name, {item("x", *safetensors_dtype(dtype), {count}, bytes)});
    return folder / name;
  };
  const std::string half = written("h.safetensors", "F16", std::string("\0\x3C\0\x7C", 4), 2);
  const std::string brain = written("b.safetensors", "BF16", std::string("\x80\x3F\x80\x7F", 4), 2);
  expect_same(half, brain);
  const std::string spoilt = written("n.safetensors", "BF16", std::string("\x80\x3F\xC0\x7F", 4), 2);
  EXPECT_TRUE(std::isinf(*differences(half, spoilt)[0].largest));
  const std::string narrow = written("f.safetensors", "F4", "x", 2),
                    other = written("g.safetensors", "F4", "y", 2);
  EXPECT_EQ(differences(narrow, narrow)[0].how, WeightDifference::How::same);
  EXPECT_EQ(differences(narrow, other)[0].how, WeightDifference::How::values);
  EXPECT_FALSE(differences(narrow, other)[0].largest.has_value())
      << "its elements have no values of their own";
}

double value_of_element(const char* dtype, const std::string& bytes) {
  return values_of_elements(*safetensors_dtype(dtype), as_bytes(bytes))[0];
}

// torch.tensor([b], dtype=torch.uint8).view(dtype).float() of PyTorch 2.11
TEST(ElementValuesTest, ReadsSmallFloatsAsPyTorchDoes) {
  EXPECT_EQ(value_of_element("F8_E4M3", "\x7E"), 448);
  EXPECT_EQ(value_of_element("F8_E4M3", "\x01"), std::ldexp(1, -9));
  EXPECT_TRUE(std::isnan(value_of_element("F8_E4M3", "\xFF")));
  EXPECT_EQ(value_of_element("F8_E5M2", "\x7B"), 57344);
  EXPECT_EQ(value_of_element("F8_E5M2", "\xFC"), -INFINITY);
  EXPECT_EQ(value_of_element("F8_E5M2", "\x01"), std::ldexp(1, -16));
  EXPECT_EQ(value_of_element("F8_E4M3FNUZ", "\x7F"), 240);
  EXPECT_TRUE(std::isnan(value_of_element("F8_E4M3FNUZ", "\x80")));
  EXPECT_EQ(value_of_element("F8_E5M2FNUZ", "\x7F"), 57344);
  EXPECT_EQ(value_of_element("F8_E8M0", "\x7F"), 1);
  EXPECT_EQ(value_of_element("F16", std::string("\x01\0", 2)), std::ldexp(1, -24));
  EXPECT_EQ(value_of_element("F16", std::string("\xFF\xFB", 2)), -65504);
  EXPECT_EQ(value_of_element("BF16", std::string("\x40\xC0", 2)), -3);
  EXPECT_EQ(value_of_element("I64", std::string(8, '\xFF')), -1);
}

TEST(ElementValuesTest, EveryDtypeOfAByteOrMoreHasValues) {
  for (const SafetensorsDType& dtype : safetensors_dtypes())
    EXPECT_EQ(has_values(dtype), dtype.bits >= 8) << dtype.name;
  EXPECT_EQ(values_of_elements(*safetensors_dtype("C64"), as_bytes(std::string(8, '\0'))).size(), 2u);
}

}  // namespace
}  // namespace orrery
