#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/onnx_file.h"
#include "runtime/formats/weights_file.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/onnx_readings.h"

namespace orrery {
namespace {

using namespace onnx_messages;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::string_literals::operator""s;
using Kind = OnnxAttribute::Kind;

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

TEST(OnnxWeightsTest, ListsAndReadsInitializers) {
  const TemporaryFolder folder;
  const auto weights = open_weights(folder.put("net.onnx", small_model()));
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
