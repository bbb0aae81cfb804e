#include "runtime/codegen/cpp_calls.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/codegen/shared_layers.h"
#include "runtime/codegen/sizes.h"
#include "runtime/core/error.h"

namespace orrery {
namespace {

// Functions of LibTorch with our operands and options in our order, called as ours but for what stands here.
const std::map<std::string, std::string, std::less<>> kFunctions = {{"abs", ""},
                                                                    {"sign", ""},
                                                                    {"floor", ""},
                                                                    {"ceil", ""},
                                                                    {"trunc", ""},
                                                                    {"frac", ""},
                                                                    {"sqrt", ""},
                                                                    {"rsqrt", ""},
                                                                    {"exp", ""},
                                                                    {"exp2", ""},
                                                                    {"expm1", ""},
                                                                    {"log", ""},
                                                                    {"log2", ""},
                                                                    {"log10", ""},
                                                                    {"log1p", ""},
                                                                    {"sin", ""},
                                                                    {"cos", ""},
                                                                    {"tan", ""},
                                                                    {"asin", ""},
                                                                    {"acos", ""},
                                                                    {"atan", ""},
                                                                    {"sinh", ""},
                                                                    {"cosh", ""},
                                                                    {"tanh", ""},
                                                                    {"asinh", ""},
                                                                    {"acosh", ""},
                                                                    {"atanh", ""},
                                                                    {"sinc", ""},
                                                                    {"deg2rad", ""},
                                                                    {"rad2deg", ""},
                                                                    {"erf", ""},
                                                                    {"erfc", ""},
                                                                    {"erfinv", ""},
                                                                    {"lgamma", ""},
                                                                    {"digamma", ""},
                                                                    {"square", ""},
                                                                    {"reciprocal", ""},
                                                                    {"neg", ""},
                                                                    {"isnan", ""},
                                                                    {"isinf", ""},
                                                                    {"isfinite", ""},
                                                                    {"logical_not", ""},
                                                                    {"bitwise_not", ""},
                                                                    {"relu", ""},
                                                                    {"relu6", ""},
                                                                    {"sigmoid", ""},
                                                                    {"silu", ""},
                                                                    {"selu", ""},
                                                                    {"mish", ""},
                                                                    {"hardswish", ""},
                                                                    {"hardsigmoid", ""},
                                                                    {"logsigmoid", "log_sigmoid"},
                                                                    {"softplus", ""},
                                                                    {"elu", ""},
                                                                    {"celu", ""},
                                                                    {"leaky_relu", ""},
                                                                    {"hardtanh", ""},
                                                                    {"hardshrink", ""},
                                                                    {"softshrink", ""},
                                                                    {"threshold", ""},
                                                                    {"glu", ""},
                                                                    {"softmax", ""},
                                                                    {"log_softmax", ""},
                                                                    {"maximum", ""},
                                                                    {"minimum", ""},
                                                                    {"fmax", ""},
                                                                    {"fmin", ""},
                                                                    {"atan2", ""},
                                                                    {"fmod", ""},
                                                                    {"remainder", ""},
                                                                    {"hypot", ""},
                                                                    {"logaddexp", ""},
                                                                    {"heaviside", ""},
                                                                    {"logical_and", ""},
                                                                    {"logical_or", ""},
                                                                    {"logical_xor", ""},
                                                                    {"where", ""},
                                                                    {"matmul", ""},
                                                                    {"mm", ""},
                                                                    {"bmm", ""},
                                                                    {"mv", ""},
                                                                    {"dot", ""},
                                                                    {"outer", ""},
                                                                    {"pow", ""},
                                                                    {"logsumexp", ""},
                                                                    {"cumsum", ""},
                                                                    {"cumprod", ""},
                                                                    {"amax", ""},
                                                                    {"amin", ""},
                                                                    {"argmax", ""},
                                                                    {"argmin", ""},
                                                                    {"sum", ""},
                                                                    {"mean", ""},
                                                                    {"topk", ""},
                                                                    {"flip", ""},
                                                                    {"roll", ""},
                                                                    {"tril", ""},
                                                                    {"triu", ""},
                                                                    {"diagonal", ""},
                                                                    {"gather", ""},
                                                                    {"index_select", ""},
                                                                    {"pixel_shuffle", ""},
                                                                    {"pixel_unshuffle", ""},
                                                                    {"channel_shuffle", ""},
                                                                    {"max_pool1d", ""},
                                                                    {"max_pool2d", ""},
                                                                    {"max_pool3d", ""},
                                                                    {"avg_pool1d", ""},
                                                                    {"avg_pool2d", ""},
                                                                    {"avg_pool3d", ""},
                                                                    {"adaptive_avg_pool1d", ""},
                                                                    {"adaptive_avg_pool2d", ""},
                                                                    {"adaptive_avg_pool3d", ""},
                                                                    {"masked_fill", ""},
                                                                    {"one_hot", ""},
                                                                    {"linspace", ""}};

// Layers without weights, by the transform that does the same.
const std::map<std::string, std::string, std::less<>> kSameAs = {
    {"AdaptiveAvgPool1d", "adaptive_avg_pool1d"},
    {"AdaptiveAvgPool2d", "adaptive_avg_pool2d"},
    {"AdaptiveAvgPool3d", "adaptive_avg_pool3d"},
    {"AvgPool1d", "avg_pool1d"},
    {"AvgPool2d", "avg_pool2d"},
    {"AvgPool3d", "avg_pool3d"},
    {"CELU", "celu"},
    {"ChannelShuffle", "channel_shuffle"},
    {"Dropout", "clone"},
    {"Dropout1d", "clone"},
    {"Dropout2d", "clone"},
    {"Dropout3d", "clone"},
    {"ELU", "elu"},
    {"Flatten", "flatten"},
    {"GELU", "gelu"},
    {"GLU", "glu"},
    {"Hardshrink", "hardshrink"},
    {"Hardsigmoid", "hardsigmoid"},
    {"Hardswish", "hardswish"},
    {"Hardtanh", "hardtanh"},
    {"Identity", "clone"},
    {"LeakyReLU", "leaky_relu"},
    {"LogSigmoid", "logsigmoid"},
    {"LogSoftmax", "log_softmax"},
    {"MaxPool1d", "max_pool1d"},
    {"MaxPool2d", "max_pool2d"},
    {"MaxPool3d", "max_pool3d"},
    {"Mish", "mish"},
    {"PixelShuffle", "pixel_shuffle"},
    {"PixelUnshuffle", "pixel_unshuffle"},
    {"ReLU", "relu"},
    {"ReLU6", "relu6"},
    {"SELU", "selu"},
    {"ScaledDotProductAttention", "scaled_dot_product_attention"},
    {"SiLU", "silu"},
    {"Sigmoid", "sigmoid"},
    {"Softmax", "softmax"},
    {"Softplus", "softplus"},
    {"Softshrink", "softshrink"},
    {"Tanh", "tanh"},
    {"Threshold", "threshold"},
    {"Unflatten", "unflatten"},
    {"dropout", "clone"},
    {"dropout1d", "clone"},
    {"dropout2d", "clone"},
    {"dropout3d", "clone"}};

const std::map<std::string, std::string, std::less<>> kCppOperators = {
    {"add", "+"}, {"sub", "-"}, {"mul", "*"}, {"div", "/"}, {"true_divide", "/"}, {"eq", "=="},
    {"ne", "!="}, {"lt", "<"},  {"le", "<="}, {"gt", ">"},  {"ge", ">="}};

struct NotInCpp {
  std::string reason;
};

[[noreturn]] void refuse(std::string reason) { throw NotInCpp{std::move(reason)}; }

std::string number(double value) {
  if (std::isnan(value)) return "std::nan(\"\")";
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  std::string text = fmt::format("{}", value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string list(const std::vector<std::string>& words) {
  return fmt::format("{{{}}}", fmt::join(words, ", "));
}

std::string dtype_name(DType dtype) {
  static const std::map<DType, const char*> names = {
      {DType::float32, "torch::kFloat32"}, {DType::float64, "torch::kFloat64"},
      {DType::float16, "torch::kFloat16"}, {DType::bfloat16, "torch::kBFloat16"},
      {DType::int64, "torch::kInt64"},     {DType::int32, "torch::kInt32"},
      {DType::boolean, "torch::kBool"}};
  const auto found = names.find(dtype);
  if (found == names.end()) refuse(fmt::format("elements of {}", name(dtype)));
  return found->second;
}

struct CppWords {
  std::string operator()(std::monostate) const { return "std::nullopt"; }
  std::string operator()(bool is) const { return is ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return number(value); }
  std::string operator()(const std::string& text) const { return cpp_quoted(text); }
  std::string operator()(const std::vector<std::int64_t>& all) const {
    std::vector<std::string> words;
    for (const std::int64_t value : all) words.push_back(std::to_string(value));
    return list(words);
  }
  std::string operator()(const std::vector<double>& all) const {
    std::vector<std::string> words;
    for (const double value : all) words.push_back(number(value));
    return list(words);
  }
  std::string operator()(const Shape&) const { refuse("a shape as an option"); }
  std::string operator()(DType dtype) const { return dtype_name(dtype); }
};

class CppNode {
 public:
  CppNode(const Node& node, const CallScope& scope) : node_(node), scope_(scope) {}

  CodeCall write() const {
    if (node_.kind() == Node::Kind::constant) return {"w[" + scope_.layer_name + "]"};
    const std::string& own = node_.descriptor()->name;
    if (node_.layer() && !node_.layer()->parameters().empty()) return layer(own);
    const auto other = kSameAs.find(own);
    const std::string name = other == kSameAs.end() ? own : other->second;
    if (const auto sign = kCppOperators.find(name); sign != kCppOperators.end())
      return operation(sign->second);
    if (auto shaped = shape_of(name)) return *shaped;
    if (auto special = special_of(name)) return *special;
    if (const auto known = kFunctions.find(name); known != kFunctions.end())
      return function(known->second.empty() ? name : known->second);
    refuse("no words for it in C++");
  }

 private:
  const Attributes& options() const { return node_.attributes(); }
  const Shape& given() const { return node_.outputs()[0].shape; }
  bool linked(std::size_t port) const {
    return port < node_.inputs().size() && static_cast<bool>(node_.inputs()[port]);
  }

  std::string in(std::size_t port = 0) const {
    if (linked(port)) return scope_.name(node_.inputs()[port]);
    const Port& declared = node_.descriptor()->inputs[port];
    if (!declared.takes_number()) return {};
    const AttributeValue& value = options().at(declared.name);
    return std::holds_alternative<std::monostate>(value) ? std::string() : std::visit(CppWords(), value);
  }

  bool is_port(const std::string& option) const {
    const auto& ports = node_.descriptor()->inputs;
    return std::ranges::find(ports, option, &Port::name) != ports.end();
  }

  bool is_given(const Attribute& option) const {
    const AttributeValue& value = options().at(option.name);
    return !std::holds_alternative<std::monostate>(value) && value != option.value;
  }

  void takes_only(const std::set<std::string>& known) const {
    for (const Attribute& option : node_.descriptor()->attributes)
      if (is_given(option) && !option.hint && !is_port(option.name) && !known.contains(option.name))
        refuse(fmt::format("{} = {}", option.name, str(options().at(option.name))));
  }

  CodeCall operation(const std::string& sign) const {
    takes_only({});
    return {fmt::format("{} {} {}", in(0), sign, in(1))};
  }

  // Ports, then options up to the last that is given.
  CodeCall function(const std::string& name) const {
    CodeCall call{"torch::" + name + "("};
    for (std::size_t port = 0; port < node_.descriptor()->inputs.size(); ++port)
      if (const std::string value = in(port); !value.empty()) call.arguments.push_back({{}, value, true});
    for (const Attribute& option : node_.descriptor()->attributes) {
      if (is_port(option.name) || option.name == "inplace" || option.name == "return_indices") continue;
      const AttributeValue& value = options().at(option.name);
      if (option.type == AttributeType::dtype && is_given(option)) refuse("a dtype");
      if (option.name == "stride" && std::holds_alternative<std::monostate>(value))
        call.arguments.push_back({{}, std::visit(CppWords(), options().at("kernel_size")), true, false});
      else
        call.arguments.push_back(
            {{}, std::visit(CppWords(), value), true, !is_given(option) && !option.required});
    }
    for (const Attribute& option : node_.descriptor()->attributes)
      if (option.name == "return_indices" && is_given(option)) refuse("indices of the largest");
    call.tail = ")";
    return call;
  }

  std::string size(const Dim& dim) const {
    if (dim.known()) return std::to_string(dim.value());
    const auto read = [&](const Value& value, int at) {
      return fmt::format("{}.size({})", scope_.name(value), at);
    };
    const auto text = size_text(dim, scope_.known, read);
    if (!text) refuse("a size that no value has");
    return *text;
  }

  std::string sizes(const Shape& shape) const {
    std::vector<std::string> words;
    for (const Dim& dim : shape) words.push_back(size(dim));
    return list(words);
  }

  // A size may be left open where the others are known.
  std::string open_sizes(const Shape& shape) const {
    const auto unknown = std::ranges::count_if(shape, [](const Dim& dim) { return !dim.known(); });
    if (unknown != 1) return sizes(shape);
    std::vector<std::string> words;
    for (const Dim& dim : shape) words.push_back(dim.known() ? std::to_string(dim.value()) : "-1");
    return list(words);
  }

  std::string integer(const char* option) const { return std::to_string(options().integer(option)); }

  std::string listed() const {
    std::vector<std::string> names;
    for (const Value& value : node_.inputs()) names.push_back(scope_.name(value));
    return list(names);
  }

  std::string slice() const {
    const auto end = [&](const char* option) {
      return options().has(option) ? integer(option) : std::string("std::nullopt");
    };
    return fmt::format("{}.slice({}, {}, {}, {})", in(), integer("dim"), end("start"), end("end"),
                       integer("step"));
  }

  std::optional<CodeCall> shape_of(const std::string& name) const {
    const std::string x = node_.inputs().empty() || !linked(0) ? std::string() : in();
    if (name == "contiguous" || name == "clone" || name == "detach" || name == "positive") return CodeCall{x};
    if (name == "reshape" || name == "view" || name == "flatten" || name == "unflatten" || name == "ravel" ||
        name == "reshape_as" || name == "view_as")
      return CodeCall{fmt::format("{}.reshape({})", x, open_sizes(given()))};
    if (name == "expand" || name == "broadcast_to" || name == "expand_as")
      return CodeCall{fmt::format("{}.expand({})", x, sizes(given()))};
    if (name == "permute")
      return CodeCall{fmt::format("{}.permute({})", x, std::visit(CppWords(), options().at("dims")))};
    if (name == "transpose" || name == "swapdims")
      return CodeCall{fmt::format("{}.transpose({}, {})", x, integer("dim0"), integer("dim1"))};
    if (name == "t") return CodeCall{x + ".t()"};
    if (name == "unsqueeze") return CodeCall{fmt::format("{}.unsqueeze({})", x, integer("dim"))};
    if (name == "squeeze")
      return CodeCall{options().has("dim")
                          ? fmt::format("{}.squeeze({})", x, std::visit(CppWords(), options().at("dim")))
                          : x + ".squeeze()"};
    if (name == "select")
      return CodeCall{fmt::format("{}.select({}, {})", x, integer("dim"), integer("index"))};
    if (name == "narrow")
      return CodeCall{
          fmt::format("{}.narrow({}, {}, {})", x, integer("dim"), integer("start"), integer("length"))};
    if (name == "slice") return CodeCall{slice()};
    if (name == "cat" || name == "stack")
      return CodeCall{fmt::format("torch::{}({}, {})", name, listed(), integer("dim"))};
    if (name == "repeat") return CodeCall{fmt::format("{}.repeat({})", x, sizes(options().shape("repeats")))};
    if (name == "to" || name == "type_as" || name == "float" || name == "long" || name == "int" ||
        name == "bool" || name == "double")
      return CodeCall{fmt::format("{}.to({})", x, dtype_name(node_.outputs()[0].dtype))};
    if (name == "zeros" || name == "ones")
      return CodeCall{fmt::format("torch::{}({}, {})", name, sizes(given()), made_as())};
    if (name == "arange") {
      std::vector<std::string> ends;
      for (const Dim& dim : options().shape("range")) ends.push_back(size(dim));
      return CodeCall{fmt::format("torch::arange({}, {})", fmt::join(ends, ", "), made_as())};
    }
    if (name == "split" || name == "chunk" || name == "unbind") return CodeCall{parts(name)};
    return std::nullopt;
  }

  // What makes a tensor makes it where the data are.
  std::string made_as() const {
    const std::string dtype = fmt::format("torch::dtype({})", dtype_name(node_.outputs()[0].dtype));
    return scope_.known.empty()
               ? dtype
               : fmt::format("{}.device({}.device())", dtype, scope_.name(scope_.known.front()));
  }

  std::string parts(const std::string& name) const {
    const std::int64_t rank = std::ssize(node_.inputs()[0].shape());
    const auto dim = static_cast<std::size_t>((options().integer("dim") + rank) % rank);
    if (name == "unbind") return fmt::format("unpack<{}>({}.unbind({}))", node_.outputs().size(), in(), dim);
    std::vector<std::string> words;
    for (const TensorType& part : node_.outputs()) words.push_back(size(part.shape[dim]));
    return fmt::format("unpack<{}>({}.split_with_sizes({}, {}))", words.size(), in(), list(words), dim);
  }

  std::string attention() const {
    takes_only({"dropout_p", "is_causal", "scale", "enable_gqa"});
    const bool causal = options().boolean("is_causal");
    const bool groups = options().has("enable_gqa") && options().boolean("enable_gqa");
    const std::string scale = options().has("scale") ? number(options().real("scale")) : "std::nullopt";
    return fmt::format("torch::scaled_dot_product_attention({}, {}, {}, {}, 0.0, {}, {}, {})", in(0), in(1),
                       in(2), linked(3) ? in(3) : "{}", causal, scale, groups);
  }

  std::optional<CodeCall> special_of(const std::string& name) const {
    if (name == "gelu")
      return CodeCall{options().text("approximate") == "tanh" ? fmt::format("torch::gelu({}, \"tanh\")", in())
                                                              : fmt::format("torch::gelu({})", in())};
    if (name == "rsub") return takes_only({}), CodeCall{fmt::format("{} - {}", in(1), in(0))};
    if (name == "einsum")
      return CodeCall{fmt::format("torch::einsum({}, {})", cpp_quoted(options().text("equation")), listed())};
    if (name == "clamp")
      return CodeCall{fmt::format("torch::clamp({}, {}, {})", in(), in(1).empty() ? "std::nullopt" : in(1),
                                  in(2).empty() ? "std::nullopt" : in(2))};
    if (name == "scaled_dot_product_attention") return CodeCall{attention()};
    return std::nullopt;
  }

  // Where the layer's weights are: a part of the block's, or what was named before.
  std::string weights() const { return scope_.made.empty() ? "w / " + scope_.layer_name : scope_.made; }

  CodeCall helper(const std::string& name, std::vector<CodeArgument> behind) const {
    if (scope_.helpers) scope_.helpers->insert(name);
    CodeCall call{name + "("};
    for (std::size_t port = 0; port < node_.inputs().size(); ++port)
      if (linked(port)) call.arguments.push_back({{}, in(port), true});
    call.arguments.push_back({{}, weights(), true});
    std::ranges::move(behind, std::back_inserter(call.arguments));
    call.tail = ")";
    return call;
  }

  CodeArgument option(const char* name, const char* type, const std::string& usual = {}) const {
    const std::string text = std::visit(CppWords(), options().at(name));
    return {name, text, true, text == usual, true, type};
  }

  std::string ones(std::size_t count, const char* value) const {
    return list(std::vector<std::string>(count, value));
  }

  CodeCall convolution(const std::string& helper_name, bool transposed) const {
    if (options().text("padding_mode") != "zeros") refuse("padding_mode");
    if (options().is_text("padding")) refuse("padding by a word");
    const std::size_t rank = options().integers("kernel_size").size();
    const std::string one = ones(rank, "1"), none = ones(rank, "0");
    std::vector<CodeArgument> behind{option("stride", "at::IntArrayRef", one),
                                     option("padding", "at::IntArrayRef", none)};
    if (transposed) {
      if (options().has("output_size")) refuse("output_size");
      behind.push_back(option("output_padding", "at::IntArrayRef", none));
      behind.push_back(option("groups", "int64_t", "1"));
      behind.push_back(option("dilation", "at::IntArrayRef", one));
    } else {
      behind.push_back(option("dilation", "at::IntArrayRef", one));
      behind.push_back(option("groups", "int64_t", "1"));
    }
    return helper(helper_name, std::move(behind));
  }

  CodeCall recurrent(const std::string& name) const {
    if (options().has("proj_size") && options().integer("proj_size") > 0) refuse("proj_size");
    return helper(name, {option("num_layers", "int64_t"), option("bidirectional", "bool", "false"),
                         option("batch_first", "bool", "false")});
  }

  CodeCall layer(const std::string& name) const {
    if (tied_embedding(node_)) return {fmt::format("torch::linear({}, {}[\"weight\"])", in(), scope_.tied)};
    if (name == "Linear") return helper("linear", {});
    if (name == "Embedding") {
      if (options().has("max_norm")) refuse("max_norm");
      return helper("embedding", {});
    }
    if (name.starts_with("ConvTranspose")) return convolution("conv_transpose" + name.substr(13), true);
    if (name.starts_with("Conv")) return convolution("conv" + name.substr(4), false);
    if (name.starts_with("BatchNorm") || name == "SyncBatchNorm") {
      if (!options().boolean("track_running_stats")) refuse("track_running_stats = false");
      return helper("batch_norm", {option("eps", "double", "1e-05")});
    }
    if (name == "LayerNorm")
      return helper("layer_norm",
                    {option("normalized_shape", "at::IntArrayRef"), option("eps", "double", "1e-05")});
    if (name == "RMSNorm")
      return helper("rms_norm", {option("normalized_shape", "at::IntArrayRef"),
                                 option("eps", "std::optional<double>", "std::nullopt")});
    if (name == "GroupNorm")
      return helper("group_norm", {option("num_groups", "int64_t"), option("eps", "double", "1e-05")});
    if (name == "PReLU") return helper("prelu", {});
    if (name == "LSTM" || name == "GRU") return recurrent(name == "LSTM" ? "lstm" : "gru");
    if (name == "MultiheadAttention") {
      takes_only({"embed_dim", "num_heads", "dropout", "bias", "batch_first", "need_weights",
                  "average_attn_weights"});
      if (!options().boolean("batch_first") || linked(3) || linked(4)) refuse("masks, or the batch behind");
      return helper("attention", {option("num_heads", "int64_t")});
    }
    refuse("no words for it in C++");
  }

  const Node& node_;
  const CallScope& scope_;
};

bool is_tied_otherwise(const Node& node) {
  for (const ParameterPtr& tensor : node.layer()->parameters())
    for (const LayerPtr& other : node.graph().layers())
      if (other != node.layer() && !tied_embedding(node) && !may_share_table(*node.layer(), *other) &&
          std::ranges::find(other->parameters(), tensor) != other->parameters().end())
        return true;
  return false;
}

}  // namespace

std::string cpp_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (byte < 0x20 || byte == 0x7f)
      quoted += fmt::format("\\{:03o}", byte);
    else
      quoted += c;
  }
  return quoted + '"';
}

std::string cpp_text(const CodeCall& call) {
  std::size_t count = call.arguments.size();
  while (count > 0 && call.arguments[count - 1].is_usual) --count;
  std::vector<std::string> words;
  for (std::size_t at = 0; at < count; ++at) words.push_back(call.arguments[at].text);
  return fmt::format("{}{}{}", call.head, fmt::join(words, ", "), call.tail);
}

std::optional<std::string> without_cpp(const Node& node) {
  if (node.state()) return "a state that is carried from step to step";
  if (node.kind() == Node::Kind::input || node.kind() == Node::Kind::constant) return std::nullopt;
  if (node.descriptor()->loop != Descriptor::LoopEnd::none) return "a loop (orrery.scan)";
  if (node.layer() && !node.layer()->parametrizations().empty()) return "a computed weight";
  if (node.layer() && is_tied_otherwise(node)) return "a weight that it shares with another layer";
  CallScope scope{[](const Value&) { return std::string("x"); }, {}, "\"\"", {}, "x", nullptr};
  for (int id = 0; id < node.id(); ++id) {
    Node& before = *node.graph().nodes()[static_cast<std::size_t>(id)];
    for (int i = 0; i < static_cast<int>(before.outputs().size()); ++i) scope.known.push_back({&before, i});
  }
  try {
    CppNode(node, scope).write();
  } catch (const NotInCpp& fault) {
    return fault.reason;
  }
  return std::nullopt;
}

CodeCall cpp_call(const Node& node, const CallScope& scope) {
  try {
    return CppNode(node, scope).write();
  } catch (const NotInCpp& fault) {
    throw Error(Fault::check,
                fmt::format("{} cannot be said in C++ within its block: {}", node.path(), fault.reason));
  }
}

int cpp_results(const Node& node) {
  if (node.kind() == Node::Kind::constant) return 1;
  if (node.descriptor()->name == "MultiheadAttention") return 1;
  return static_cast<int>(node.outputs().size());
}

std::vector<std::string> cpp_operations() {
  std::vector<std::string> names;
  for (const auto& [ours, theirs] : kFunctions) names.push_back(ours);
  for (const auto& [layer, transform] : kSameAs) names.push_back(layer), names.push_back(transform);
  for (const auto& [ours, sign] : kCppOperators) names.push_back(ours);
  return names;
}

}  // namespace orrery
