#include "runtime/onnx/export.h"

#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/formats/onnx_file.h"
#include "runtime/formats/safetensors_writer.h"
#include "runtime/onnx/export_size.h"
#include "runtime/onnx/export_table.h"
#include "runtime/onnx/export_weights.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/graph/input_net.h"
#include "tests/onnx/onnx_builder.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = OnnxAttribute::Kind;

std::string value_text(const OnnxAttribute& a) {
  switch (a.kind) {
    case Kind::real: return fmt::format("{:.6g}", a.real);
    case Kind::integer: return std::to_string(a.integer);
    case Kind::text: return a.text;
    case Kind::integers: return fmt::format("[{}]", fmt::join(a.integers, ", "));
    case Kind::texts: return fmt::format("[{}]", fmt::join(a.texts, ", "));
    case Kind::tensor: {
      const OnnxTensor& tensor = a.tensors.at(0);
      std::string text = fmt::format("{}[{}]", onnx_dtype_name(tensor.dtype), fmt::join(tensor.shape, ", "));
      if (tensor.dtype != OnnxDType::int64) return text;
      for (std::size_t i = 0; i < tensor.bytes->size(); i += 8) {
        std::int64_t value = 0;
        std::memcpy(&value, tensor.bytes->data() + i, 8);
        text += fmt::format(" {}", value);
      }
      return text;
    }
    default: return "?";
  }
}

std::string node_text(const OnnxNode& node) {
  std::string text =
      fmt::format("{} = {}({})", fmt::join(node.outputs, ", "), node.name, fmt::join(node.inputs, ", "));
  for (const OnnxAttribute& a : node.attributes) text += fmt::format(" {}={}", a.name, value_text(a));
  return text + "\n";
}

std::string type_text(const OnnxValue& value) {
  std::string text = value.name + " (";
  for (const OnnxDim& dim : *value.type.shape)
    text += fmt::format("{}{}", text.ends_with('(') ? "" : ", ",
                        dim.size >= 0 ? std::to_string(dim.size) : dim.symbol);
  return text + ") " + onnx_dtype_name(value.type.dtype) + "\n";
}

/// A model in words, a line for each thing.
std::string text_of(const OnnxModel& model) {
  std::string text;
  for (const OnnxValue& input : model.graph.inputs) text += "in  " + type_text(input);
  for (const OnnxTensor& tensor : model.graph.initializers)
    text += fmt::format("has {} [{}]\n", tensor.name, fmt::join(tensor.shape, ", "));
  for (const OnnxNode& node : model.graph.nodes) text += node_text(node);
  for (const OnnxValue& output : model.graph.outputs) text += "out " + type_text(output);
  return text;
}

struct ExportedNet : InputNet {
  explicit ExportedNet(Shape shape = {Dim::symbol("N"), 4}, DType dtype = DType::float32)
      : InputNet(std::move(shape), dtype, "x") {}

  OnnxModel model(const Value& result, std::int64_t opset = 18) {
    return export_onnx(giving(result), {.opset = opset}).model;
  }
  /// The operators in their order.
  std::string operators(const Value& result, std::int64_t opset = 18) {
    std::string text;
    for (const OnnxNode& node : model(result, opset).graph.nodes)
      if (node.operation != "Constant") text += (text.empty() ? "" : " ") + node.operation;
    return text;
  }
  std::string fault(const Value& result, std::int64_t opset = 18) {
    return error_of(Fault::check, [&] { model(result, opset); });
  }
};

TEST(OnnxExportTest, AModelIsNamedAsItsBlocksAndWeightsAre) {
  Builder b;
  b.graph.use({Use::Kind::loss, b.digits_net(), "loss"});
  const OnnxModel model = export_onnx(b.graph).model;
  EXPECT_EQ(model.ir_version, 8);
  EXPECT_EQ(model.opsets.at(""), 18);
  EXPECT_EQ(
      text_of(model),
      "in  image (N, 1, 8, 8) float32\n"
      "has features.conv2d.weight [16, 1, 3, 3]\n"
      "has features.conv2d.bias [16]\n"
      "has classifier.linear.weight [10, 256]\n"
      "has classifier.linear.bias [10]\n"
      "/features/conv2d/Conv_output_0 = /features/conv2d/Conv(image, features.conv2d.weight, "
      "features.conv2d.bias) dilations=[1, 1] group=1 kernel_shape=[3, 3] pads=[1, 1, 1, 1] "
      "strides=[1, 1]\n"
      "/features/relu/Relu_output_0 = /features/relu/Relu(/features/conv2d/Conv_output_0)\n"
      "/features/max_pool2d/MaxPool_output_0 = /features/max_pool2d/MaxPool(/features/relu/Relu_output_0) "
      "kernel_shape=[2, 2] pads=[0, 0, 0, 0] strides=[2, 2] dilations=[1, 1]\n"
      "/classifier/flatten/Flatten_output_0 = "
      "/classifier/flatten/Flatten(/features/max_pool2d/MaxPool_output_0) axis=1\n"
      "linear = /classifier/linear/Gemm(/classifier/flatten/Flatten_output_0, classifier.linear.weight, "
      "classifier.linear.bias) transB=1\n"
      "out linear (N, 10) float32\n");
}

TEST(OnnxExportTest, ValuesBetweenAreDeclared) {
  ExportedNet net;
  const OnnxModel model = net.model(net.transform("tanh", {net.transform("relu", {net.x})}));
  ASSERT_EQ(model.graph.values.size(), 1u);
  EXPECT_EQ(type_text(model.graph.values[0]), "/relu/Relu_output_0 (N, 4) float32\n");
}

TEST(OnnxExportTest, ResultsThatNothingComputesAreCopied) {
  ExportedNet net;
  const Value y = net.transform("relu", {net.x});
  net.graph.use({Use::Kind::output, y, "first"});
  net.graph.use({Use::Kind::output, y, "second"});
  net.graph.use({Use::Kind::output, net.x, "x"});
  EXPECT_EQ(text_of(export_onnx(net.graph).model),
            "in  x (N, 4) float32\n"
            "first = /relu/Relu(x)\n"
            "second = /Identity(first)\n"
            "x_2 = /Identity_1(x)\n"
            "out first (N, 4) float32\nout second (N, 4) float32\nout x_2 (N, 4) float32\n");
}

TEST(OnnxExportTest, DropoutAndWhatNobodyReadsAreLeftOut) {
  ExportedNet net;
  const Value dropped = net.apply("Dropout", {}, {net.x});
  net.transform("exp", {dropped});
  EXPECT_EQ(net.operators(net.transform("relu", {dropped})), "Relu");
}

TEST(OnnxExportTest, TiedTensorsAreOneInitializer) {
  ExportedNet net;
  const LayerPtr layer = net.linear(4, 4);
  const OnnxModel model = net.model(net.apply(layer, {net.apply(layer, {net.x})}));
  EXPECT_EQ(model.graph.initializers.size(), 2u);
}

TEST(OnnxExportTest, SizesThatOnlyTheDataTellAreReadFromThem) {
  ExportedNet net({Dim::symbol("N"), Dim::symbol("T"), 4});
  const Dim n = Dim::symbol("N"), t = Dim::symbol("T");
  EXPECT_EQ(net.operators(net.transform("reshape", {net.x}, {{"shape", Shape{n * t, 4}}})), "Reshape");
  ExportedNet lost({n, t, 4});
  EXPECT_THAT(lost.fault(lost.transform("zeros", {}, {{"size", Shape{t * 2 + 1}}})),
              HasSubstr("the size 2*T + 1 is told by no value that is there"));
}

TEST(OnnxExportTest, TheOperatorSetDecidesWhatIsThere) {
  const auto gelu = [](std::int64_t opset) {
    ExportedNet net;
    return net.operators(net.transform("gelu", {net.x}), opset);
  };
  EXPECT_EQ(gelu(19), "Div Erf Add Mul Mul");
  EXPECT_EQ(gelu(20), "Gelu");
  const auto mean = [](std::int64_t opset) {
    ExportedNet net;
    const OnnxModel model =
        net.model(net.transform("mean", {net.x}, {{"dim", std::vector<std::int64_t>{1}}}), opset);
    return text_of(model);
  };
  EXPECT_THAT(mean(17), HasSubstr("ReduceMean(x) axes=[1] keepdims=0"));
  EXPECT_THAT(mean(18), HasSubstr("/Constant_output_0 = /Constant() value=int64[1] 1\n"));
  EXPECT_THAT(mean(18), HasSubstr("ReduceMean(x, /Constant_output_0) keepdims=0"));
}

TEST(OnnxExportTest, OperatorSetsFrom13To22AreWritten) {
  const auto refusal = [](std::int64_t opset) {
    ExportedNet net;
    return error_of(Fault::usage, [&] { net.model(net.transform("relu", {net.x}), opset); });
  };
  EXPECT_THAT(refusal(12), HasSubstr("the operator sets 13 to 22, got 12"));
  EXPECT_THAT(refusal(23), HasSubstr("got 23"));
  for (const auto& [opset, version] :
       std::map<std::int64_t, std::int64_t>{{13, 7}, {15, 8}, {19, 9}, {22, 10}}) {
    ExportedNet net;
    EXPECT_EQ(net.model(net.transform("relu", {net.x}), opset).ir_version, version);
  }
}

TEST(OnnxExportTest, TellsAllThatOnnxCannotSay) {
  ExportedNet net;
  const Value first = net.transform("erfinv", {net.x});
  const Value second = net.transform("dropout", {first});
  const std::string fault = net.fault(net.transform("digamma", {second}));
  EXPECT_THAT(fault, HasSubstr("ONNX with operator set 18 cannot say:\n"));
  EXPECT_THAT(fault, HasSubstr("erfinv (erfinv) (digits.lua:3): ONNX has no operators for it\n"));
  EXPECT_THAT(fault, HasSubstr("dropout (dropout) (digits.lua:4): it draws random numbers at each run"));
  EXPECT_THAT(fault, HasSubstr("digamma (digamma) (digits.lua:5): ONNX has no operators for it"));
}

TEST(OnnxExportTest, OperatorsThatCameLaterAreRefusedByName) {
  ExportedNet net({Dim::symbol("N"), 4, 4});
  EXPECT_THAT(net.fault(net.transform("tril", {net.x}), 13),
              HasSubstr("ONNX's Trilu came with operator set 14"));
}

TEST(OnnxExportTest, LossesOfClassesAreOnnxsOwn) {
  const auto labels = [](Builder& b) {
    auto tensor = std::make_shared<Parameter>();
    tensor->name = "labels";
    tensor->shape = {2};
    tensor->dtype = DType::int64;
    tensor->trainable = false;
    return b.graph.constant(tensor, {}, "labels");
  };
  ExportedNet nll({2, 4}), cross({2, 4}), smooth({2, 4});
  EXPECT_THAT(text_of(nll.model(
                  nll.transform("nll_loss", {nll.x, labels(nll)}, {{"ignore_index", std::int64_t{1}}}))),
              HasSubstr("NegativeLogLikelihoodLoss(x, labels) reduction=mean ignore_index=1"));
  EXPECT_EQ(cross.operators(cross.transform("cross_entropy", {cross.x, labels(cross)})),
            "SoftmaxCrossEntropyLoss");
  EXPECT_THAT(
      smooth.fault(smooth.transform("cross_entropy", {smooth.x, labels(smooth)}, {{"label_smoothing", 0.1}})),
      HasSubstr("it has label_smoothing"));
}

TEST(OnnxExportTest, PlacesThatAreNot0AreRowsOrListsOfDimensions) {
  ExportedNet rows, lists;
  const Value nonzero = rows.transform("nonzero", {rows.x});
  EXPECT_EQ(rows.operators(nonzero), "NonZero Transpose");
  EXPECT_EQ(lists.operators(lists.transform("nonzero", {lists.x}, {{"as_tuple", true}})),
            "NonZero Gather Gather");
}

TEST(OnnxExportTest, SizesOfAnotherValueAreReadWhereOnlyTheDataTellThem) {
  ExportedNet net, fixed({2, 4});
  EXPECT_EQ(net.operators(net.transform("zeros_like", {net.x})), "Shape ConstantOfShape");
  EXPECT_EQ(fixed.operators(fixed.transform("zeros_like", {fixed.x})), "ConstantOfShape");
}

TEST(OnnxExportTest, ASizeOf0IsNoSizeOfTheInput) {
  ExportedNet net({0, 4});
  const Value none = net.transform("reshape", {net.x}, {{"shape", Shape{4, 0}}});
  EXPECT_THAT(net.fault(none, 13), HasSubstr("Reshape to a size of 0 came with operator set 14"));
  ExportedNet later({0, 4});
  EXPECT_THAT(text_of(later.model(later.transform("reshape", {later.x}, {{"shape", Shape{4, 0}}}))),
              HasSubstr("allowzero=1"));
}

TEST(OnnxExportTest, EveryRuleIsOfAnOperationThatThereIs) {
  int written = 0;
  for (const auto& descriptor : operations().all())
    written += onnx_export_table().has(descriptor->name) ? 1 : 0;
  EXPECT_GT(written, 250);
  EXPECT_FALSE(onnx_export_table().has("no such operation"));
}

TEST(OnnxExportTest, GatesOfALstmAreJoinedInOnnxsOrder) {
  ExportedNet net({Dim::symbol("N"), 5, 4});
  const LayerPtr lstm = net.layer(
      "LSTM", {{"input_size", std::int64_t{4}}, {"hidden_size", std::int64_t{3}}, {"batch_first", true}});
  net.graph.use({Use::Kind::output, net.apply(lstm, {net.x}), "y"});
  const OnnxExport exported = export_onnx(net.graph);
  const OnnxWeight& weight = exported.weights.at("lstm.W_l0");
  std::string order;
  for (const OnnxWeight::Rows& rows : weight.rows)
    order += fmt::format("{}:{}-{} ", rows.key, rows.from, rows.to);
  EXPECT_EQ(order,
            "lstm.weight_ih_l0:0-3 lstm.weight_ih_l0:9-12 lstm.weight_ih_l0:3-6 lstm.weight_ih_l0:6-9 ");
}

// ---- sizes -----------------------------------------------------------------------------------------------

TEST(OnnxExportTest, SizesAreWorkedOutAsTheyAreWritten) {
  const OnnxSizeMaking making{[](const Dim& part) { return std::optional(part.str()); },
                              [](const std::string& operation, const std::string& a, const std::string& b) {
                                return operation + "(" + a + "," + b + ")";
                              }};
  const Dim n = Dim::symbol("N"), h = Dim::symbol("H");
  const auto size = [&](const Dim& dim) { return onnx_size(dim.str(), making).value_or("-"); };
  EXPECT_EQ(size(n * 2 + 1), "Add(Mul(2,N),1)");
  EXPECT_EQ(size(floor_div(h - 1, 3) * 2), "Sub(Mul(2,Div(Add(H,2),3)),2)");
  EXPECT_EQ(size(ceil_div(h, 3)), "Div(Add(H,2),3)");
  EXPECT_EQ(size(n * n), "Mul(N,N)");
  EXPECT_EQ(size(max(n, h)), "Max(H,N)");
  EXPECT_EQ(onnx_size("2*", making), std::nullopt);
  EXPECT_EQ(onnx_size("N) + 1", making), std::nullopt);
}

// ---- files -----------------------------------------------------------------------------------------------

/// Elements that tell which parameter they are of.
Bytes counted(const OnnxWeight::Rows& rows) {
  Bytes bytes(static_cast<std::size_t>(rows.parameter->bytes()));
  std::memset(bytes.data(), static_cast<int>(rows.key.size()), bytes.size());
  return bytes;
}

class OnnxExportFileTest : public ::testing::TestWithParam<bool> {};

TEST_P(OnnxExportFileTest, IsReadBackAsTheGraphThatItWas) {
  const TemporaryFolder folder;
  Builder b;
  b.graph.use({Use::Kind::loss, b.digits_net(), "loss"});
  const OnnxExport exported = export_onnx(b.graph);
  write_onnx(folder / "net.onnx", exported.model,
             {.elements = elements_of_export(exported, counted), .beside = GetParam()});
  EXPECT_EQ(std::filesystem::exists(folder / "net.onnx.data"), GetParam());
  const auto file = open_onnx(folder / "net.onnx");
  for (const OnnxTensor& tensor : file->model().graph.initializers) {
    const Bytes elements = file->elements(tensor);
    ASSERT_GT(elements.size(), 0u);
    EXPECT_EQ(static_cast<std::size_t>(elements.data()[elements.size() - 1]), tensor.name.size());
    EXPECT_EQ(tensor.offset % 64, GetParam() ? 0 : tensor.offset % 64);
  }
  Runtime runtime;
  const auto graph = import_onnx(file, operations(), runtime);
  EXPECT_EQ(testing::described(*graph),
            "features/conv2d = Conv2d(image) (N, 16, 8, 8)\n"
            "features/relu = relu(conv2d) (N, 16, 8, 8)\n"
            "features/max_pool2d = max_pool2d(relu) (N, 16, 4, 4)\n"
            "classifier/flatten = flatten(max_pool2d) (N, 256)\n"
            "classifier/linear = Linear(flatten) (N, 10)\n");
}

INSTANTIATE_TEST_SUITE_P(WithWeights, OnnxExportFileTest, ::testing::Bool(),
                         [](const auto& beside) { return beside.param ? "beside" : "inside"; });

TEST(OnnxExportTest, WeightsOfAFileMustBeThoseOfTheGraph) {
  const TemporaryFolder folder;
  ExportedNet net;
  net.graph.use({Use::Kind::output, net.apply(net.linear(4, 1), {net.x}), "y"});
  const OnnxExport exported = export_onnx(net.graph);
  const auto refusal = [&](const std::string& name, std::vector<std::int64_t> shape) {
    const Bytes bytes(16);
    write_safetensors(folder / "w", {{name, safetensors_dtype(DType::float32), std::move(shape),
                                      [&] { return bytes.span(); }}});
    const auto elements = elements_of_export(exported, elements_of_file(open_weights(folder / "w")));
    return error_of(Fault::input_file, [&] { elements(exported.model.graph.initializers.at(0)); });
  };
  EXPECT_THAT(refusal("other", {1, 4}), HasSubstr("has no tensor 'linear.weight'"));
  EXPECT_THAT(refusal("linear.weight", {4, 1}),
              HasSubstr("tensor 'linear.weight' is F32 (4, 1), the graph has float32 (1, 4)"));
}

TEST(OnnxExportTest, ValuesThatStandNowhereAreRefused) {
  ExportedNet net;
  net.graph.use({Use::Kind::output, net.apply(net.linear(4, 1), {net.x}), "y"});
  const OnnxExport exported = export_onnx(net.graph);
  const auto elements = elements_of_export(exported, first_elements());
  EXPECT_THAT(error_of(Fault::usage, [&] { elements(exported.model.graph.initializers.at(0)); }),
              HasSubstr("the values of 'linear.weight' stand in no file"));
}

}  // namespace
}  // namespace orrery
