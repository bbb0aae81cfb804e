#include <filesystem>
#include <sys/stat.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/onnx_file.h"
#include "runtime/formats/weights_file.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"
#include "tests/formats/onnx_messages.h"

namespace orrery {
namespace {

using namespace onnx_messages;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::string_view_literals::operator""sv;
using std::string_literals::operator""s;
using Kind = OnnxAttribute::Kind;
using Place = OnnxTensor::Place;

OnnxModel read(const std::string& bytes) { return onnx_from_text(bytes, "net.onnx")->model(); }

std::string refusal(const std::string& bytes) {
  return error_of(Fault::input_file, [&] { read(bytes); });
}

/// The elements of the one initializer.
std::string elements(const std::string& initializer) {
  const auto file = onnx_from_text(model_of(initializer), "net.onnx");
  return std::string(file->elements(file->model().graph.initializers.at(0)).text());
}

std::string tensor_refusal(const std::string& initializer) { return refusal(model_of(initializer)); }

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

// ---- what is read ----------------------------------------------------------------------------------------

TEST(OnnxReaderTest, ReadsWhatAModelTells) {
  const std::string bytes = model(message([](Writer& w) { w.add_string(2, "net"); }), [](Writer& w) {
    w.add_string(3, "1.2");
    w.add_string(4, "org.example");
    w.add_string(6, "a comment");
    w.add_message(8, opset("ai.onnx.ml", 3));
    w.add_message(14, message([](Writer& entry) {
                    entry.add_string(1, "licence");
                    entry.add_string(2, "MIT");
                  }));
  });
  const OnnxModel net = read(bytes);
  EXPECT_EQ(net.ir_version, 8);
  EXPECT_EQ(net.producer, "tests");
  EXPECT_EQ(net.producer_version, "1.2");
  EXPECT_EQ(net.domain, "org.example");
  EXPECT_EQ(net.doc, "a comment");
  EXPECT_EQ(net.opsets, (std::map<std::string, std::int64_t>{{"", 17}, {"ai.onnx.ml", 3}}));
  EXPECT_EQ(net.metadata.at("licence"), "MIT");
  EXPECT_EQ(net.graph.name, "net");
}

TEST(OnnxReaderTest, ReadsNodesWithAttributesOfEveryKind) {
  const std::string small = raw_tensor(OnnxDType::uint8, {2}, "ab");
  const std::vector<std::string> attributes{
      attribute("f", Kind::real, [](Writer& w) { w.add_float(2, 0.5f); }),
      attribute("i", Kind::integer, [](Writer& w) { w.add_int64(3, -7); }),
      attribute("s", Kind::text, [](Writer& w) { w.add_string(4, "SAME_UPPER"); }),
      attribute("t", Kind::tensor, [&](Writer& w) { w.add_message(5, small); }),
      attribute("fs", Kind::reals,
                [](Writer& w) {
                  const std::vector<float> packed{2.5f, 3.5f};
                  w.add_float(7, 1.5f);
                  w.add_packed_float(7, packed.begin(), packed.end());
                }),
      attribute("is", Kind::integers,
                [](Writer& w) {
                  const std::vector<std::int64_t> packed{-1, 1LL << 40};
                  w.add_packed_int64(8, packed.begin(), packed.end());
                  w.add_int64(8, 3);
                }),
      attribute("ss", Kind::texts, [](Writer& w) { w.add_string(9, "a"), w.add_string(9, ""); }),
      attribute("untold", Kind::undefined, [](Writer& w) { w.add_int64(3, 2); }),
      attribute("given", Kind::integer, [](Writer& w) { w.add_string(21, "axis"); })};
  const std::string graph = message([&](Writer& w) {
    w.add_message(1, node("Op", {"x", "", "z"}, {"y"}, attributes));
  });
  const OnnxNode read_node = read(model(graph)).graph.nodes.at(0);
  EXPECT_EQ(read_node.operation, "Op");
  EXPECT_THAT(read_node.inputs, ElementsAre("x", "", "z"));
  EXPECT_THAT(read_node.outputs, ElementsAre("y"));
  const auto& a = read_node.attributes;
  EXPECT_EQ(a[0].real, 0.5);
  EXPECT_EQ(a[1].integer, -7);
  EXPECT_EQ(a[2].text, "SAME_UPPER");
  EXPECT_EQ(a[3].tensors.at(0).length, 2u);
  EXPECT_THAT(a[4].reals, ElementsAre(1.5, 2.5, 3.5)) << "packed and one by one in one list";
  EXPECT_THAT(a[5].integers, ElementsAre(-1, 1LL << 40, 3));
  EXPECT_THAT(a[6].texts, ElementsAre("a", ""));
  EXPECT_EQ(a[7].kind, Kind::integer) << "files of the first version do not tell types";
  EXPECT_EQ(a[8].reference, "axis");
}

TEST(OnnxReaderTest, ReadsDeclaredTypes) {
  const auto value = [](const std::string& name, const std::string& type) {
    return message([&](Writer& w) {
      w.add_string(1, name);
      w.add_message(2, type);
    });
  };
  const std::string shape = message([](Writer& w) {
    w.add_message(1, message([](Writer& dim) { dim.add_string(2, "N"); }));
    w.add_message(1, message([](Writer& dim) { dim.add_int64(1, 3); }));
    w.add_message(1, message([](Writer& dim) { dim.add_int64(1, -1); }));
    w.add_message(1, std::string());
  });
  const std::string image = message([&](Writer& w) {
    w.add_message(1, message([&](Writer& t) {
                    t.add_int32(1, static_cast<std::int32_t>(OnnxDType::float16));
                    t.add_message(2, shape);
                  }));
  });
  const std::string unranked =
      message([](Writer& w) { w.add_message(1, message([](Writer& t) { t.add_int32(1, 1); })); });
  const std::string sequence = message([](Writer& w) { w.add_message(4, std::string()); });
  const OnnxGraph graph = read(model(message([&](Writer& w) {
                            w.add_message(11, value("x", image));
                            w.add_message(12, value("y", unranked));
                            w.add_message(13, value("z", sequence));
                          }))).graph;
  const OnnxType x = graph.inputs.at(0).type;
  EXPECT_EQ(x.kind, OnnxType::Kind::tensor);
  EXPECT_EQ(x.dtype, OnnxDType::float16);
  ASSERT_EQ(x.shape->size(), 4u);
  EXPECT_EQ((*x.shape)[0].symbol, "N");
  EXPECT_EQ((*x.shape)[1].size, 3);
  EXPECT_EQ((*x.shape)[2].size, -1);
  EXPECT_EQ((*x.shape)[3].size, -1);
  EXPECT_FALSE(graph.outputs.at(0).type.shape) << "not even the rank is told";
  EXPECT_EQ(graph.values.at(0).type.kind, OnnxType::Kind::sequence);
}

TEST(OnnxReaderTest, ReadsFunctionsWithTheirOwnOperatorSets) {
  const std::string function = message([](Writer& w) {
    w.add_string(1, "Gelu");
    w.add_string(4, "x");
    w.add_string(5, "y");
    w.add_string(6, "alpha");
    w.add_message(7, node("Erf", {"x"}, {"y"}));
    w.add_message(9, opset("ai.onnx", 18));
    w.add_string(10, "local");
    w.add_string(13, "half");
  });
  const std::string call = message([](Writer& w) {
    w.add_string(4, "Gelu");
    w.add_string(7, "local");
    w.add_string(8, "half");
  });
  const OnnxModel net = read(model(message([&](Writer& w) { w.add_message(1, call); }),
                                   [&](Writer& w) { w.add_message(25, function); }));
  const OnnxFunction& read_function = net.functions.at(0);
  EXPECT_EQ(read_function.name, net.graph.nodes.at(0).operation) << "an overload is part of both names";
  EXPECT_EQ(read_function.domain, "local");
  EXPECT_THAT(read_function.attributes, ElementsAre("alpha"));
  EXPECT_EQ(read_function.nodes.at(0).operation, "Erf");
  EXPECT_EQ(read_function.opsets.at(""), 18);
}

TEST(OnnxReaderTest, PassesOverFieldsThatItDoesNotKnow) {
  const std::string bytes = model(nested_graph(0), [](Writer& w) {
    w.add_int64(500, -1);
    w.add_fixed64(501, 1);
    w.add_fixed32(502, 1);
    w.add_string(503, "later");
  });
  EXPECT_EQ(read(bytes).graph.name, "innermost");
}

// ---- elements --------------------------------------------------------------------------------------------

TEST(OnnxReaderTest, ReadsElementsOfEveryTypeFromTheirOwnField) {
  struct Case {
    OnnxDType dtype;
    int field;
    std::vector<std::int64_t> numbers;
    std::string expected;
  };
  const std::vector<Case> cases{
      {OnnxDType::int32, 5, {1, -2}, bytes_of<std::int32_t>({1, -2})},
      {OnnxDType::int16, 5, {1, -2}, bytes_of<std::int16_t>({1, -2})},
      {OnnxDType::int8, 5, {127, -128}, bytes_of<std::int8_t>({127, -128})},
      {OnnxDType::uint8, 5, {255, 0}, "\xFF\0"s},
      {OnnxDType::uint16, 5, {65535, 1}, bytes_of<std::uint16_t>({65535, 1})},
      {OnnxDType::boolean, 5, {1, 0}, "\1\0"s},
      {OnnxDType::float16, 5, {0x3C00, 0xC000}, bytes_of<std::uint16_t>({0x3C00, 0xC000})},
      {OnnxDType::bfloat16, 5, {0x3F80, 0xBF80}, bytes_of<std::uint16_t>({0x3F80, 0xBF80})},
      {OnnxDType::float8_e4m3fn, 5, {0x38, 0xB8}, "\x38\xB8"},
      {OnnxDType::int64, 7, {1LL << 40, -1}, bytes_of<std::int64_t>({1LL << 40, -1})},
      {OnnxDType::uint32, 11, {4'000'000'000, 1}, bytes_of<std::uint32_t>({4'000'000'000u, 1u})},
      {OnnxDType::uint64, 11, {-1, 1}, bytes_of<std::uint64_t>({~0ull, 1ull})}};
  for (const Case& c : cases) {
    const auto tag = static_cast<protozero::pbf_tag_type>(c.field);
    const std::string packed =
        tensor(c.dtype, {2}, [&](Writer& w) { w.add_packed_int64(tag, c.numbers.begin(), c.numbers.end()); });
    const std::string single = tensor(c.dtype, {2}, [&](Writer& w) {
      for (const std::int64_t number : c.numbers) w.add_int64(tag, number);
    });
    EXPECT_EQ(elements(packed), c.expected) << onnx_dtype_name(c.dtype);
    EXPECT_EQ(elements(single), c.expected) << onnx_dtype_name(c.dtype) << ", not packed";
    EXPECT_EQ(elements(raw_tensor(c.dtype, {2}, c.expected)), c.expected) << onnx_dtype_name(c.dtype);
  }
}

TEST(OnnxReaderTest, ReadsRealAndComplexElements) {
  const std::vector<float> floats{1.5f, -2.0f};
  const std::vector<double> doubles{1.5, -2.0};
  const auto in_floats = [&](Writer& w) { w.add_packed_float(4, floats.begin(), floats.end()); };
  const auto in_doubles = [&](Writer& w) { w.add_packed_double(10, doubles.begin(), doubles.end()); };
  EXPECT_EQ(elements(tensor(OnnxDType::float32, {2}, in_floats)), bytes_of({1.5f, -2.0f}));
  EXPECT_EQ(elements(tensor(OnnxDType::complex64, {1}, in_floats)), bytes_of({1.5f, -2.0f}));
  EXPECT_EQ(elements(tensor(OnnxDType::float64, {2, 1}, in_doubles)), bytes_of({1.5, -2.0}));
  EXPECT_EQ(elements(tensor(OnnxDType::complex128, {}, in_doubles)), bytes_of({1.5, -2.0}));
  const auto one_by_one = [](Writer& w) { w.add_float(4, 1.5f), w.add_float(4, -2.0f); };
  EXPECT_EQ(elements(tensor(OnnxDType::float32, {2}, one_by_one)), bytes_of({1.5f, -2.0f}));
}

TEST(OnnxReaderTest, ReadsFourBitElementsTwoToAByte) {
  const std::vector<std::int64_t> numbers{0x21, 0x03};
  const auto fill = [&](Writer& w) { w.add_packed_int64(5, numbers.begin(), numbers.end()); };
  for (const OnnxDType dtype : {OnnxDType::int4, OnnxDType::uint4, OnnxDType::float4_e2m1}) {
    EXPECT_EQ(elements(tensor(dtype, {3}, fill)), "\x21\x03");
    EXPECT_EQ(elements(raw_tensor(dtype, {3}, "\x21\x03")), "\x21\x03");
  }
}

TEST(OnnxReaderTest, KeepsTexts) {
  const auto texts = [](Writer& w) { w.add_bytes(6, "a"), w.add_bytes(6, "\xFF"); };
  const OnnxTensor read_tensor = read(model_of(tensor(OnnxDType::text, {2}, texts))).graph.initializers.at(0);
  EXPECT_EQ(read_tensor.place, Place::texts);
  EXPECT_THAT(read_tensor.texts, ElementsAre("a", "\xFF"));
}

TEST(OnnxReaderTest, ReadsEmptyTensorsAndScalars) {
  for (const std::vector<std::int64_t>& dims :
       {std::vector<std::int64_t>{0}, {3, 0}, {std::int64_t{1} << 62, 0, std::int64_t{1} << 62}}) {
    const OnnxTensor empty = read(model_of(tensor(OnnxDType::float32, dims))).graph.initializers.at(0);
    EXPECT_EQ(empty.place, Place::none);
    EXPECT_EQ(empty.shape, dims);
  }
  EXPECT_EQ(elements(tensor(OnnxDType::float32, {0})), "");
  EXPECT_EQ(elements(raw_tensor(OnnxDType::float32, {}, "1234")), "1234");
}

TEST(OnnxReaderTest, RefusesTensorsWhoseShapeAndElementsDiffer) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 32;
  const auto numbers = [](std::size_t count) {
    return [count](Writer& w) {
      const std::vector<std::int64_t> ones(count, 1);
      w.add_packed_int64(5, ones.begin(), ones.end());
    };
  };
  const std::vector<std::pair<std::string, std::string>> cases{
      {raw_tensor(OnnxDType::float32, {2}, "1234567"),
       "tensor 'w': [2] of float32 take 8 bytes, but raw_data has 7"},
      {raw_tensor(OnnxDType::float32, {2}, "123456789"), "take 8 bytes, but raw_data has 9"},
      {raw_tensor(OnnxDType::float32, {0}, "1"), "take 0 bytes, but raw_data has 1"},
      {raw_tensor(OnnxDType::int4, {3}, "1"), "take 2 bytes, but raw_data has 1"},
      {tensor(OnnxDType::float32, {2}), "it has no elements: [2] of float32"},
      {raw_tensor(OnnxDType::float32, {-1}, ""), "the shape [-1] of float32 is not possible"},
      {raw_tensor(OnnxDType::uint8, {kHuge, kHuge}, ""), "is not possible"},
      {raw_tensor(OnnxDType::float64, {kHuge, kHuge / 8}, ""), "is not possible"},
      {raw_tensor(OnnxDType::uint8, std::vector<std::int64_t>(65, 1), "1"), "65 dimensions, more than 64"},
      {raw_tensor(static_cast<OnnxDType>(99), {1}, "1"), "its dtype 99 is none of ONNX's"},
      {raw_tensor(OnnxDType::undefined, {1}, "1"), "its dtype 0 is none of ONNX's"},
      {tensor(OnnxDType::int32, {2}, numbers(1)), "[2] of int32 takes 2 numbers, but int32_data has 1"},
      {tensor(OnnxDType::int32, {2}, numbers(3)), "takes 2 numbers, but int32_data has 3"},
      {tensor(OnnxDType::int64, {2}, numbers(2)),
       "elements of int64 belong into int64_data, not into int32_data"},
      {tensor(OnnxDType::text, {1}, numbers(1)), "its texts do not stand in string_data"},
      {tensor(OnnxDType::text, {2}, [](Writer& w) { w.add_bytes(6, "a"); }), "has 2 texts, not 1"},
      {tensor(OnnxDType::uint8, {1}, [](Writer& w) { w.add_bytes(6, "a"); }),
       "elements of uint8 are not texts"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_int32(5, 1), w.add_bytes(9, "1234"); }),
       "it has elements both in raw_data and in int32_data"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_int32(5, 1), w.add_int64(7, 1); }),
       "it has elements both in int32_data and in int64_data"},
      {tensor(OnnxDType::uint8, {1}, [](Writer& w) { w.add_int32(5, 256); }),
       "256 does not fit into an element of uint8"},
      {tensor(OnnxDType::int8, {1}, [](Writer& w) { w.add_int32(5, -129); }),
       "-129 does not fit into an element of int8"},
      {tensor(OnnxDType::float32, {1}, [](Writer& w) { w.add_bytes(4, "12345"); }),
       "field 4 of a tensor ends within a number"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_bytes(5, "\x80"); }),
       "takes 1 numbers, but int32_data has 0"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_bytes(5, "\x01\x80"); }), "has no end"},
      {tensor(OnnxDType::float32, {1}, [](Writer& w) { w.add_message(3, std::string()); }),
       "in segments is not read"}};
  for (const auto& [bytes, expected] : cases) {
    const std::string message = tensor_refusal(bytes);
    EXPECT_THAT(message, HasSubstr(expected));
    EXPECT_THAT(message, HasSubstr("(at byte ")) << "the place is told";
  }
}

// ---- external data ---------------------------------------------------------------------------------------

class OnnxExternalDataTest : public ::testing::Test {
 protected:
  std::string read_from(const std::string& location, const std::string& offset = "0") {
    const std::string bytes = model_of(external_tensor({4}, {{"location", location}, {"offset", offset}}));
    const auto file = open_onnx(folder_.put("net.onnx", bytes));
    return std::string(file->elements(file->model().graph.initializers.at(0)).text());
  }
  std::string refusal_of(const std::string& location, const std::string& offset = "0") {
    return error_of(Fault::input_file, [&] { read_from(location, offset); });
  }

  TemporaryFolder folder_;
};

TEST_F(OnnxExternalDataTest, IsReadFromAFileBesideTheModel) {
  folder_.put("net.data", "01234567");
  std::filesystem::create_directories(folder_ / "deep/er");
  folder_.put("deep/er/net.data", "abcdefgh");
  EXPECT_EQ(read_from("net.data"), "0123");
  EXPECT_EQ(read_from("net.data", "4"), "4567") << "several tensors share a file";
  EXPECT_EQ(read_from("./deep/./er/net.data"), "abcd");
  EXPECT_EQ(read_from("net.data", "4"), "4567");
}

TEST_F(OnnxExternalDataTest, IsNotNeededUntilElementsAre) {
  const std::string bytes = model_of(external_tensor({4}, {{"location", "gone"}}));
  const auto file = open_onnx(folder_.put("net.onnx", bytes));
  EXPECT_EQ(file->model().graph.initializers.at(0).place, Place::external);
  EXPECT_THAT(refusal_of("gone"),
              HasSubstr("the elements of tensor 'w' are said to be in 'gone', which is not there"));
}

TEST_F(OnnxExternalDataTest, HasToLieInTheModelsFolder) {
  std::filesystem::create_directories(folder_ / "inner");
  folder_.put("secret", "0123");
  for (const std::string& location : {"../secret"s, "/etc/passwd"s, "inner/../secret"s, "inner//x"s, ""s,
                                      "."s, ".."s, "inner/"s, "inner/.."s, "a\0b"s}) {
    EXPECT_THAT(refusal_of(location), HasSubstr("which is no file in the model's folder")) << location;
  }
}

TEST_F(OnnxExternalDataTest, MustNotBeALink) {
  const TemporaryFolder elsewhere;
  elsewhere.put("secret", "0123");
  std::filesystem::create_symlink(elsewhere / "secret", folder_ / "link");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder_ / "parent");
  folder_.put("two", "0123");
  std::filesystem::create_hard_link(folder_ / "two", folder_ / "names");
  EXPECT_THAT(refusal_of("link"),
              HasSubstr("where 'link' is a link\n  Put the model and its data into one folder"));
  EXPECT_THAT(refusal_of("parent/secret"), HasSubstr("where 'parent' is a link"));
  EXPECT_THAT(refusal_of("names"), HasSubstr("which has other names, too (hard links)"));
}

TEST_F(OnnxExternalDataTest, MustBeAFile) {
  std::filesystem::create_directories(folder_ / "inner");
  folder_.put("file", "0123");
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of("inner"), HasSubstr("it is a folder, not a file"));
  EXPECT_THAT(refusal_of("pipe"), HasSubstr("it is a pipe, not a regular file"));
  EXPECT_THAT(refusal_of("file/inner"), HasSubstr("which cannot be read: not a directory"));
}

TEST_F(OnnxExternalDataTest, MustHaveTheTensorsBytes) {
  folder_.put("net.data", "01234567");
  EXPECT_THAT(
      refusal_of("net.data", "5"),
      HasSubstr("the elements of tensor 'w' would be 4 bytes from byte 5 of 'net.data', which has only 8"));
  EXPECT_THAT(refusal_of("net.data", "9"), HasSubstr("which has only 8"));
  EXPECT_THAT(refusal_of("net.data", "18446744073709551615"), HasSubstr("which has only 8"));
  for (const std::string offset : {"-1", "x", "", "1.5", "18446744073709551616", "0x10", " 1"})
    EXPECT_THAT(refusal_of("net.data", offset), HasSubstr("the offset of its external data, ")) << offset;
}

TEST_F(OnnxExternalDataTest, HasKnownKeysAndOneLength) {
  const auto refused = [](const std::vector<std::pair<std::string, std::string>>& keys) {
    return tensor_refusal(external_tensor({4}, keys));
  };
  EXPECT_THAT(refused({{"location", "d"}, {"length", "1152921504606846976"}}),
              HasSubstr("[4] of uint8 take 4 bytes, but its external data have 1152921504606846976"));
  EXPECT_THAT(refused({{"location", "d"}, {"lenght", "4"}}), HasSubstr("the unknown key 'lenght'"));
  EXPECT_THAT(refused({{"offset", "0"}}), HasSubstr("are said to be in ''"));
  EXPECT_EQ(read(model_of(external_tensor(
                     {4}, {{"location", "d"}, {"length", "4"}, {"checksum", "0"}, {"basepath", "/"}})))
                .graph.initializers.at(0)
                .location,
            "d");
  EXPECT_THAT(tensor_refusal(external_tensor({4}, {{"location", "d"}}) +
                             message([](Writer& w) { w.add_bytes(9, "1234"); })),
              HasSubstr("both inside and in external data"));
}

TEST_F(OnnxExternalDataTest, IsRefusedOfATextInMemory) {
  const auto file = onnx_from_text(model_of(external_tensor({4}, {{"location", "d"}})), "net.onnx");
  EXPECT_THAT(error_of(Fault::input_file, [&] { file->elements(file->model().graph.initializers.at(0)); }),
              HasSubstr("a text has none beside it"));
}

// ---- damage ----------------------------------------------------------------------------------------------

TEST(OnnxReaderTest, RefusesDamagedEncodings) {
  const std::string start = model(nested_graph(0));
  const auto place = fmt::format("(at byte {})", start.size());
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\x28" + std::string(10, '\x80') + "\1", "a number in the model has more than 10 bytes"},
      {"\x28\x80", "the model ends within a number"},
      {"\x28", "the model ends within a number"},
      {"\x02\x01", "0 cannot be the number of a field of the model"},
      {"\xFF\xFF\xFF\xFF\xFF\xFF\x01", "cannot be the number of a field"},
      {"\x2B", "field 5 of the model has the wire type 3, which is not read"},
      {"\x2C", "the wire type 4"},
      {"\x2E", "the wire type 6"},
      {"\x2F", "the wire type 7"},
      {"\xA2\x01\x7Fxy", "field 20 of the model would have 127 bytes, but only 2 follow"},
      {"\xA2\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "would have 18446744073709551615 bytes"},
      {"\x0D\1\2\3\4", "field 1 of the model has the wire type 5 in place of 0"},
      {"\x10\x01", "field 2 of the model has the wire type 0 in place of 2"},
      {"\x12\x01\xFF", "the text in field 2 of the model is not UTF-8"},
      {"\xA5\x1F\1\2\3", "the model ends within a number"}};
  for (const auto& [bytes, expected] : cases) {
    const std::string message = refusal(start + bytes);
    EXPECT_THAT(message, HasSubstr("'net.onnx' is damaged: "));
    EXPECT_THAT(message, HasSubstr(expected));
    EXPECT_THAT(message, HasSubstr(place));
  }
}

TEST(OnnxReaderTest, ReadsGraphsInGraphsToALimit) {
  EXPECT_EQ(read(model(nested_graph(64))).graph.nodes.size(), 1u);
  EXPECT_THAT(refusal(model(nested_graph(70))), HasSubstr("messages nest more than 200 deep"));
  EXPECT_THAT(refusal(model(nested_graph(1000))), HasSubstr("messages nest more than 200 deep"));
}

TEST(OnnxReaderTest, HoldsModelsToTheirVersions) {
  const auto versions = [](std::int64_t ir, const std::vector<std::string>& opsets) {
    return message([&](Writer& w) {
      if (ir != 0) w.add_int64(1, ir);
      w.add_message(7, nested_graph(0));
      for (const std::string& set : opsets) w.add_message(8, set);
    });
  };
  EXPECT_EQ(read(versions(13, {opset("", 22)})).ir_version, 13);
  EXPECT_TRUE(read(versions(2, {})).opsets.empty()) << "which the first versions did not tell";
  EXPECT_EQ(read(versions(8, {opset("", 17), opset("ai.onnx", 17)})).opsets.at(""), 17);
  EXPECT_THAT(refusal(versions(14, {opset("", 22)})), HasSubstr("IR version 14; versions 1 to 13 are read"));
  EXPECT_THAT(refusal(versions(999, {opset("", 22)})), HasSubstr("IR version 999"));
  EXPECT_THAT(refusal(versions(-1, {opset("", 22)})), HasSubstr("IR version -1"));
  EXPECT_THAT(refusal(versions(0, {opset("", 22)})), HasSubstr("it does not tell the version of its form"));
  EXPECT_THAT(refusal(versions(3, {})), HasSubstr("which operator set it uses"));
  EXPECT_THAT(refusal(versions(8, {opset("", 17), opset("ai.onnx", 18)})),
              HasSubstr("operator set 'ai.onnx' is wanted in the versions 17 and 18"));
  EXPECT_THAT(refusal(versions(8, {opset("", 0)})), HasSubstr("cannot have the version 0"));
  EXPECT_THAT(refusal(message([](Writer& w) {
                w.add_int64(1, 8);
                w.add_message(8, opset("", 17));
              })),
              HasSubstr("it has no graph"));
}

TEST(OnnxReaderTest, RefusesNodesWithoutOperatorAndAttributesWithoutValue) {
  const auto net = [](const std::vector<std::string>& attributes, const std::string& operation = "Op") {
    return model(message([&](Writer& w) { w.add_message(1, node(operation, {}, {"y"}, attributes)); }));
  };
  EXPECT_THAT(refusal(net({}, "")), HasSubstr("node '' has no operator"));
  EXPECT_THAT(refusal(net({attribute("t", Kind::tensor, [](Writer&) {})})),
              HasSubstr("attribute 't' should hold one tensor"));
  EXPECT_THAT(refusal(net({attribute("g", Kind::graph, [](Writer&) {})})),
              HasSubstr("should hold one graph"));
  EXPECT_THAT(refusal(net({attribute("x", static_cast<Kind>(15), [](Writer&) {})})),
              HasSubstr("attribute 'x' has the unknown type 15"));
}

TEST(OnnxReaderTest, SaysWhatAFileIsThatIsNoModel) {
  const std::string good = model(nested_graph(0));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "is not an ONNX model but an empty file"},
      {"<!DOCTYPE html><html>", "but a web page"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
       "but a Git LFS pointer\n  Fetch the real file with `git lfs pull`."},
      {"PK\3\4....", "but a zip archive"},
      {"\x10\0\0\0\0\0\0\0{}              "s, "but a safetensors file"},
      {"hello", "is damaged"},
      {good + good, "there is a second graph"}};
  for (const auto& [bytes, expected] : cases) EXPECT_THAT(refusal(bytes), HasSubstr(expected));
  EXPECT_THAT(refusal("\x22\x01x"), HasSubstr("is no ONNX model: it has neither a graph nor"));
}

std::string seed() {
  const std::string weight = raw_tensor(OnnxDType::float32, {2}, "12345678");
  const std::string counts = tensor(OnnxDType::int64, {2}, [](Writer& w) {
    const std::vector<std::int64_t> numbers{1, -1};
    w.add_packed_int64(7, numbers.begin(), numbers.end());
    w.add_string(8, "counts");
  });
  const std::string axis = attribute("axis", Kind::integer, [](Writer& w) { w.add_int64(3, 1); });
  return model(message([&](Writer& w) {
    w.add_message(1, node("Concat", {"w", "x"}, {"y"}, {axis}));
    w.add_message(5, weight);
    w.add_message(5, counts);
  }));
}

TEST(OnnxReaderTest, ReadsOrRefusesEveryDamageToAFile) {
  const TemporaryFolder folder;
  const auto read_all = [&](const std::string& bytes) {
    const auto file = open_onnx(folder.put("net.onnx", bytes));
    for (const OnnxTensor& tensor : file->model().graph.initializers) file->elements(tensor);
  };
  const int count = static_cast<int>(mutations_of(seed()).size());
  const int accepted = accepted_mutations(seed(), read_all);
  EXPECT_GT(accepted, 0) << "values of elements and letters of names may be anything";
  EXPECT_LT(accepted, count / 2);
}

TEST(OnnxReaderTest, ReadsAFileWithoutTheElementsOfItsTensors) {
  const TemporaryFolder folder;
  // Sparse: gigabytes that are not there, and would take seconds to read.
  constexpr std::uint64_t kElements = std::uint64_t{1} << 30;
  const std::string path = folder.put("net.onnx", "");
  const std::string head = message([](Writer& w) {
    w.add_int64(1, 2);
    w.add_string(2, "tests");
  });
  const std::string fields = message([](Writer& w) {
    w.add_int64(1, static_cast<std::int64_t>(kElements));
    w.add_int32(2, static_cast<std::int32_t>(OnnxDType::uint8));
    w.add_string(8, "w");
  });
  const auto with_length = [](std::uint32_t tag, std::uint64_t length) {
    std::string bytes;
    protozero::write_varint(std::back_inserter(bytes), tag << 3 | 2);
    protozero::write_varint(std::back_inserter(bytes), length);
    return bytes;
  };
  const std::string raw = with_length(9, kElements);
  const std::string initializer = with_length(5, fields.size() + raw.size() + kElements);
  const std::string graph = with_length(7, initializer.size() + fields.size() + raw.size() + kElements);
  folder.put("net.onnx", head + graph + initializer + fields + raw);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + kElements);
  const OnnxTensor tensor = open_onnx(path)->model().graph.initializers.at(0);
  EXPECT_EQ(tensor.length, kElements);
  EXPECT_EQ(tensor.offset + kElements, std::filesystem::file_size(path));
}

TEST(OnnxReaderTest, RefusesFilesThatProtobufCannotHold) {
  const TemporaryFolder folder;
  const std::string path = folder.put("net.onnx", model(nested_graph(0)));
  std::filesystem::resize_file(path, (std::uint64_t{1} << 31));
  EXPECT_THAT(error_of(Fault::input_file, [&] { open_onnx(path); }),
              HasSubstr("more than a protobuf file can have"));
  std::filesystem::resize_file(path, (std::uint64_t{1} << 31) - 1);
  EXPECT_THAT(error_of(Fault::input_file, [&] { open_onnx(path); }),
              HasSubstr("0 cannot be the number of a field of the model"));
}

TEST(OnnxReaderTest, ReadsAFileOfOneTensor) {
  const TemporaryFolder folder;
  const auto file = open_onnx_tensor(folder.put("input_0.pb", raw_tensor(OnnxDType::uint8, {3}, "abc")));
  EXPECT_EQ(file->elements(file->model().graph.initializers.at(0)).text(), "abc");
  EXPECT_THAT(error_of(Fault::input_file, [&] { open_onnx_tensor(folder.put("x.pb", "\x2B")); }),
              HasSubstr("field 5 of the tensor has the wire type 3"));
}

TEST(OnnxReaderTest, NamesElementTypes) {
  EXPECT_EQ(onnx_dtype_name(OnnxDType::bfloat16), "bfloat16");
  EXPECT_EQ(onnx_dtype_name(OnnxDType::text), "string");
  EXPECT_EQ(onnx_dtype_name(static_cast<OnnxDType>(99)), "dtype 99");
}

// ---- as weights ------------------------------------------------------------------------------------------

TEST(OnnxWeightsTest, ListsAndReadsInitializers) {
  const TemporaryFolder folder;
  const auto weights = open_weights(folder.put("net.onnx", seed()));
  EXPECT_EQ(weights->listing().kind, "ONNX");
  EXPECT_EQ(weights->listing().metadata.at("opset"), "17");
  const auto& tensors = weights->listing().tensors;
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].name, "w");
  EXPECT_EQ(tensors[0].dtype.name, "F32");
  EXPECT_EQ(weights->read(tensors[0]).text(), "12345678");
  EXPECT_EQ(tensors[1].name, "counts");
  EXPECT_EQ(weights->read(tensors[1]).text(), bytes_of<std::int64_t>({1, -1}));
}

TEST(OnnxWeightsTest, RefusesTwoTensorsOfOneName) {
  const TemporaryFolder folder;
  const std::string tensor = raw_tensor(OnnxDType::uint8, {1}, "a");
  const std::string path = folder.put("net.onnx", model(graph_of(tensor) + graph_of(tensor)));
  EXPECT_THAT(error_of(Fault::input_file, [&] { open_weights(path); }),
              HasSubstr("has two tensors called 'w'"));
}

TEST(OnnxWeightsTest, NamesTensorsThatFilesOfWeightsCannotHold) {
  const TemporaryFolder folder;
  const auto weights =
      open_weights(folder.put("net.onnx", model_of(raw_tensor(OnnxDType::int4, {2}, "\x21"))));
  EXPECT_TRUE(weights->listing().tensors.empty());
  EXPECT_THAT(error_of(Fault::input_file, [&] { check_all_read(*weights); }),
              HasSubstr("'w' is a tensor of int4 elements"));
}

}  // namespace
}  // namespace orrery
