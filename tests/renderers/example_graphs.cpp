#include "tests/renderers/example_graphs.h"

#include "runtime/ops/operations.h"

namespace orrery::test {
namespace {

using I = std::int64_t;

Attributes options_of(const Descriptor& descriptor, const Sketcher::Options& options) {
  return checked_attributes(descriptor.attributes, options);
}

AttributeValue size(I n) { return std::vector<I>{n}; }

}  // namespace

std::vector<Value> Sketcher::input(const std::vector<std::pair<std::string, std::vector<I>>>& fields) {
  InputSpec spec;
  for (const auto& [name, sizes] : fields) {
    Field field{.name = name};
    field.type.shape = {Dim::symbol("N")};
    for (I extent : sizes) field.type.shape.push_back(extent);
    field.label = name == "label";
    field.type.dtype = field.label ? DType::int64 : DType::float32;
    spec.fields.push_back(field);
  }
  return graph->input(spec);
}

Value Sketcher::layer(const std::string& operation, const Options& options, const std::vector<Value>& inputs,
                      const std::string& name, const std::string& label) {
  const Descriptor& descriptor = operations().get(operation);
  auto made = std::make_shared<Layer>(descriptor, options_of(descriptor, options), Origin{});
  if (!name.empty()) made->name_by_user(name);
  Origin origin;
  origin.label = label;
  return graph->apply(made, inputs, origin)[0];
}

Value Sketcher::apply(const std::string& operation, const std::vector<Value>& inputs, const Options& options,
                      const std::string& name) {
  const Descriptor& descriptor = operations().get(operation);
  return graph->apply(descriptor, options_of(descriptor, options), inputs, {}, name)[0];
}

Value Sketcher::conv(Value x, int in, int out, int kernel, int padding, int stride) {
  return layer("Conv2d",
               {{"in_channels", I{in}},
                {"out_channels", I{out}},
                {"kernel_size", size(kernel)},
                {"stride", size(stride)},
                {"padding", size(padding)}},
               {x});
}

Finding finding(const std::string& code, const std::string& path, Severity severity) {
  Finding result;
  result.code = code;
  result.path = path;
  result.severity = severity;
  return result;
}

std::unique_ptr<Graph> digits() {
  Sketcher s("digits");
  const auto in = s.input({{"image", {1, 8, 8}}, {"label", {}}});
  s.graph->begin_block("features");
  Value x = s.relu(s.conv(in[0], 1, 16, 3, 1));
  x = s.layer("MaxPool2d", {{"kernel_size", size(2)}}, {x});
  s.graph->end_block();
  s.graph->begin_block("classifier");
  x = s.apply("flatten", {x}, {{"start_dim", I{1}}});
  x = s.layer("Linear", {{"in_features", I{256}}, {"out_features", I{10}}}, {x});
  s.graph->end_block();
  s.layer("CrossEntropyLoss", {}, {x, in[1]}, {}, "loss");
  return std::move(s.graph);
}

std::unique_ptr<Graph> resnet18() {
  Sketcher s("resnet18");
  Value x = s.input({{"image", {3, 224, 224}}})[0];
  s.graph->begin_block("stem");
  x = s.relu(s.norm(s.conv(x, 3, 64, 7, 3, 2), 64));
  x = s.layer("MaxPool2d", {{"kernel_size", size(3)}, {"stride", size(2)}, {"padding", size(1)}}, {x});
  s.graph->end_block();
  int channels = 64;
  for (int stage = 0; stage < 4; ++stage) {
    s.graph->begin_block("layer" + std::to_string(stage + 1));
    const int width = 64 << stage;
    for (int block = 0; block < 2; ++block) {
      const int stride = stage > 0 && block == 0 ? 2 : 1;
      s.graph->begin_block(std::to_string(block));
      Value y = s.relu(s.norm(s.conv(x, channels, width, 3, 1, stride), width));
      y = s.norm(s.conv(y, width, width, 3, 1), width);
      if (channels != width) {
        s.graph->begin_block("downsample");
        x = s.norm(s.conv(x, channels, width, 1, 0, stride), width);
        s.graph->end_block();
      }
      x = s.relu(s.apply("add", {y, x}));
      s.graph->end_block();
      channels = width;
    }
    s.graph->end_block();
  }
  x = s.layer("AdaptiveAvgPool2d", {{"output_size", size(1)}}, {x});
  x = s.apply("flatten", {x}, {{"start_dim", I{1}}});
  s.graph->use({Use::Kind::output,
                s.layer("Linear", {{"in_features", I{512}}, {"out_features", I{1000}}}, {x}, "fc"),
                "logits"});
  return std::move(s.graph);
}

std::unique_ptr<Graph> inception() {
  Sketcher s("inception");
  Value x = s.input({{"image", {192, 28, 28}}})[0];
  for (int i = 0; i < 2; ++i) {
    const int in = i == 0 ? 192 : 256;
    s.graph->begin_block(i == 0 ? "inception3a" : "inception3b");
    const Value a = s.relu(s.conv(x, in, 64, 1));
    const Value b = s.relu(s.conv(s.relu(s.conv(x, in, 96, 1)), 96, 128, 3, 1));
    const Value c = s.relu(s.conv(s.relu(s.conv(x, in, 16, 1)), 16, 32, 5, 2));
    Value d =
        s.layer("MaxPool2d", {{"kernel_size", size(3)}, {"stride", size(1)}, {"padding", size(1)}}, {x});
    d = s.relu(s.conv(d, in, 32, 1));
    x = s.apply("cat", {a, b, c, d}, {{"dim", I{1}}});
    s.graph->end_block();
  }
  s.layer("AdaptiveAvgPool2d", {{"output_size", size(1)}}, {x});
  return std::move(s.graph);
}

std::unique_ptr<Graph> unet(int depth) {
  Sketcher s("unet");
  Value x = s.input({{"image", {1, 64, 64}}})[0];
  std::vector<Value> skips;
  const auto twice = [&](Value v, int in, int out) {
    return s.relu(s.conv(s.relu(s.conv(v, in, out, 3, 1)), out, out, 3, 1));
  };
  int channels = 1;
  for (int i = 0; i < depth; ++i) {
    s.graph->begin_block("down" + std::to_string(i + 1));
    x = twice(x, channels, 32 << i);
    channels = 32 << i;
    s.graph->end_block();
    skips.push_back(x);
    x = s.layer("MaxPool2d", {{"kernel_size", size(2)}}, {x});
  }
  s.graph->begin_block("bottom");
  x = twice(x, channels, channels * 2);
  s.graph->end_block();
  // The upward half keeps the picture's size, so that no operation is needed that there is not yet.
  std::vector<Value> reduced;
  for (int i = depth; i-- > 0;) {
    s.graph->begin_block("up" + std::to_string(i + 1));
    Value skip = skips[static_cast<size_t>(i)];
    for (int k = i; k < depth; ++k) skip = s.layer("AvgPool2d", {{"kernel_size", size(2)}}, {skip});
    x = s.apply("cat", {x, skip}, {{"dim", I{1}}});
    const int in = channels * 2 + (32 << i);
    x = twice(x, in, channels * 2);
    s.graph->end_block();
  }
  s.conv(x, channels * 2, 1, 1);
  return std::move(s.graph);
}

std::unique_ptr<Graph> chain(int nodes) {
  Sketcher s("chain");
  Value x = s.input({{"image", {8, 16, 16}}})[0];
  for (int i = 1; i < nodes; ++i) x = i % 2 ? s.conv(x, 8, 8, 3, 1) : s.relu(x);
  return std::move(s.graph);
}

std::unique_ptr<Graph> dense_block(int layers) {
  Sketcher s("dense");
  const Value in = s.input({{"image", {16, 28, 28}}})[0];
  s.graph->begin_block("dense");
  std::vector<Value> all{in};
  for (int i = 0; i < layers; ++i) {
    const Value joined = all.size() == 1 ? in : s.apply("cat", all, {{"dim", I{1}}});
    all.push_back(s.conv(s.relu(s.norm(joined, 16 + 8 * i)), 16 + 8 * i, 8, 3, 1));
  }
  const Value out = s.apply("cat", all, {{"dim", I{1}}});
  s.graph->end_block();
  s.conv(out, 16 + 8 * layers, 8, 1);
  return std::move(s.graph);
}

std::unique_ptr<Graph> attention(int heads) {
  Sketcher s("attention");
  const Value x = s.input({{"tokens", {32, 64}}})[0];
  const auto linear = [&](Value v, int in, int out, const std::string& name) {
    return s.layer("Linear", {{"in_features", I{in}}, {"out_features", I{out}}}, {v}, name);
  };
  std::vector<Value> results;
  for (int i = 0; i < heads; ++i) {
    s.graph->begin_block("head");
    const Value q = linear(x, 64, 16, "q"), k = linear(x, 64, 16, "k"), v = linear(x, 64, 16, "v");
    const Value turned = s.apply("transpose", {k}, {{"dim0", I{1}}, {"dim1", I{2}}});
    const Value scores = s.apply("mul", {s.apply("matmul", {q, turned})}, {{"other", 0.25}});
    results.push_back(s.apply("matmul", {s.layer("Softmax", {{"dim", I{-1}}}, {scores}), v}));
    s.graph->end_block();
  }
  const Value joined = s.apply("cat", results, {{"dim", I{-1}}});
  s.apply("add", {linear(joined, 16 * heads, 64, "out"), x});
  return std::move(s.graph);
}

std::unique_ptr<Graph> entangled() {
  Sketcher s("entangled");
  Value x = s.input({{"image", {4, 8, 8}}})[0];
  const Value a = s.relu(x), b = s.relu(a), c = s.relu(b), d = s.relu(c), e = s.relu(d);
  s.graph->group("odd", {a.node, c.node, e.node});
  s.graph->group("even", {b.node, d.node});
  return std::move(s.graph);
}

std::unique_ptr<Graph> directions() {
  Sketcher s("directions");
  const auto in = s.input({{"image", {4, 8, 8}}, {"other", {4, 8, 8}}});
  std::vector<Value> values{in[0], in[1]};
  for (const char* direction : {"east", "north", "west", "south"}) {
    s.graph->begin_block(direction).cue().direction = direction;
    values = {s.relu(s.conv(values[0], 4, 4, 3, 1)), s.relu(values[1])};
    values.push_back(s.apply("add", {values[0], values[1]}));
    values.erase(values.begin());
    s.graph->end_block();
  }
  s.apply("sub", {values[0], values[1]});
  return std::move(s.graph);
}

std::unique_ptr<Graph> steps(int count, bool lstm) {
  Sketcher s("steps");
  const Value x = s.input({{"x", {count, 8}}})[0];
  const Descriptor& cell = operations().get(lstm ? "LSTMCell" : "RNNCell");
  const auto shared = std::make_shared<Layer>(
      cell, options_of(cell, {{"input_size", I{8}}, {"hidden_size", I{16}}}), Origin{});
  std::vector<Value> state(lstm ? 2 : 1);
  for (int t = 0; t < count; ++t) {
    std::vector<Value> read = {s.apply("select", {x}, {{"dim", I{1}}, {"index", I{t}}})};
    read.insert(read.end(), state.begin(), state.end());
    state = s.graph->apply(shared, read);
    s.graph->root().add_tick(static_cast<int>(s.graph->nodes().size()));
  }
  const Value y = s.layer("Linear", {{"in_features", I{16}}, {"out_features", I{4}}}, {state[0]}, "head");
  s.graph->use({Use::Kind::output, y, "y"});
  return std::move(s.graph);
}

std::unique_ptr<Graph> recurrent(const std::string& operation, int layers, bool bidirectional) {
  Sketcher s("recurrent");
  const Value x = s.input({{"x", {35, 8}}})[0];
  const Value y = s.layer(operation,
                          {{"input_size", I{8}},
                           {"hidden_size", I{16}},
                           {"num_layers", I{layers}},
                           {"batch_first", true},
                           {"bidirectional", bidirectional}},
                          {x}, "reader");
  s.graph->use({Use::Kind::output, y, "y"});
  return std::move(s.graph);
}

}  // namespace orrery::test
