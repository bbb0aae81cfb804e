#include <fmt/format.h>

#include "runtime/codegen/cpp_form.h"

// Operators, functions of LibTorch, dropout, attention.

namespace orrery {
namespace {

// LibTorch calls them as we do, with our operands and options in our order.
const std::set<std::string> kCppFunctions = {"abs",
                                             "acos",
                                             "acosh",
                                             "adaptive_avg_pool1d",
                                             "adaptive_avg_pool2d",
                                             "adaptive_avg_pool3d",
                                             "amax",
                                             "amin",
                                             "argmax",
                                             "argmin",
                                             "asin",
                                             "asinh",
                                             "atan",
                                             "atan2",
                                             "atanh",
                                             "avg_pool1d",
                                             "avg_pool2d",
                                             "avg_pool3d",
                                             "bitwise_not",
                                             "bmm",
                                             "ceil",
                                             "celu",
                                             "channel_shuffle",
                                             "cos",
                                             "cosh",
                                             "cumprod",
                                             "cumsum",
                                             "deg2rad",
                                             "diagonal",
                                             "digamma",
                                             "dot",
                                             "elu",
                                             "erf",
                                             "erfc",
                                             "erfinv",
                                             "exp",
                                             "exp2",
                                             "expm1",
                                             "flip",
                                             "floor",
                                             "fmax",
                                             "fmin",
                                             "fmod",
                                             "frac",
                                             "gather",
                                             "glu",
                                             "hardshrink",
                                             "hardsigmoid",
                                             "hardswish",
                                             "hardtanh",
                                             "heaviside",
                                             "hypot",
                                             "index_select",
                                             "isfinite",
                                             "isinf",
                                             "isnan",
                                             "leaky_relu",
                                             "lgamma",
                                             "linspace",
                                             "log",
                                             "log10",
                                             "log1p",
                                             "log2",
                                             "log_softmax",
                                             "logaddexp",
                                             "logical_and",
                                             "logical_not",
                                             "logical_or",
                                             "logical_xor",
                                             "logsumexp",
                                             "masked_fill",
                                             "matmul",
                                             "max_pool1d",
                                             "max_pool2d",
                                             "max_pool3d",
                                             "maximum",
                                             "mean",
                                             "minimum",
                                             "mish",
                                             "mm",
                                             "mv",
                                             "neg",
                                             "one_hot",
                                             "outer",
                                             "pixel_shuffle",
                                             "pixel_unshuffle",
                                             "pow",
                                             "rad2deg",
                                             "reciprocal",
                                             "relu",
                                             "relu6",
                                             "remainder",
                                             "roll",
                                             "rrelu",
                                             "rsqrt",
                                             "selu",
                                             "sigmoid",
                                             "sign",
                                             "silu",
                                             "sin",
                                             "sinc",
                                             "sinh",
                                             "softmax",
                                             "softplus",
                                             "softshrink",
                                             "sqrt",
                                             "square",
                                             "sum",
                                             "tan",
                                             "tanh",
                                             "threshold",
                                             "topk",
                                             "tril",
                                             "triu",
                                             "trunc",
                                             "where"};

const std::map<std::string, std::string> kCppSigns = {
    {"add", "+"}, {"sub", "-"}, {"mul", "*"}, {"div", "/"}, {"true_divide", "/"}, {"eq", "=="},
    {"ne", "!="}, {"lt", "<"},  {"le", "<="}, {"gt", ">"},  {"ge", ">="}};

CppForm cpp_operator(std::string sign) {
  return [sign = std::move(sign)](const CppNode& it) {
    it.takes_only({});
    return CodeCall{fmt::format("{} {} {}", it.in(0), sign, it.in(1))};
  };
}

// An option of a function; of a window that has no stride its size.
CodeArgument cpp_option(const CppNode& it, const Attribute& option) {
  const AttributeValue& value = it.options().at(option.name);
  if (option.type == AttributeType::dtype && it.is_given(option)) cpp_refuse("a dtype");
  if (option.name == "stride" && std::holds_alternative<std::monostate>(value))
    return {{}, it.text("kernel_size"), true, false};
  return {{}, cpp_value(value), true, !it.is_given(option) && !option.required};
}

// Ports, then options up to the last that is given.
CppForm cpp_function_called(std::string name) {
  return [name = std::move(name)](const CppNode& it) {
    CodeCall call{"torch::" + name + "("};
    for (std::size_t port = 0; port < it.node().descriptor()->inputs.size(); ++port)
      if (const std::string value = it.in(port); !value.empty()) call.arguments.push_back({{}, value, true});
    for (const Attribute& option : it.node().descriptor()->attributes) {
      if (option.name == "return_indices" && it.is_given(option)) cpp_refuse("indices of the largest");
      if (!it.is_port(option.name) && option.name != "inplace" && option.name != "return_indices")
        call.arguments.push_back(cpp_option(it, option));
    }
    call.tail = ")";
    return call;
  };
}

/// An expression of the inputs' names: `{0} + {1}`; no options.
CppForm cpp_expression(std::string pattern) {
  return [pattern = std::move(pattern)](const CppNode& it) {
    it.takes_only({});
    std::string text = pattern;
    for (std::size_t port = 0; port < it.node().descriptor()->inputs.size(); ++port) {
      const std::string place = fmt::format("{{{}}}", port);
      for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at))
        text.replace(at, place.size(), it.in(port));
    }
    return CodeCall{text};
  };
}

CodeCall cpp_gelu(const CppNode& it) {
  const bool by_tanh = it.options().text("approximate") == "tanh";
  return {fmt::format("torch::gelu({}{})", it.in(), by_tanh ? ", \"tanh\"" : "")};
}

CodeCall cpp_softmin(const CppNode& it) {
  it.takes_only({"dim"});
  return {fmt::format("torch::softmax(-{}, {})", it.in(), it.integer("dim"))};
}

CodeCall cpp_clamp(const CppNode& it) {
  const auto end = [&](std::size_t port) { return it.in(port).empty() ? "std::nullopt" : it.in(port); };
  return {fmt::format("torch::clamp({}, {}, {})", it.in(), end(1), end(2))};
}

CodeCall cpp_einsum(const CppNode& it) {
  return {fmt::format("torch::einsum({}, {})", it.text("equation"), it.listed())};
}

// A layer drops nothing in evaluation; a function does as it is told.
CodeCall cpp_dropped(const CppNode& it) {
  const bool drops = !it.node().layer() && it.options().boolean("training") && it.options().real("p") > 0;
  if (drops) cpp_refuse("it drops elements in evaluation, too");
  return {it.in()};
}

CodeCall cpp_attention(const CppNode& it) {
  it.takes_only({"dropout_p", "is_causal", "scale", "enable_gqa"});
  const Attributes& options = it.options();
  if (!it.node().layer() && options.real("dropout_p") > 0) cpp_refuse("it drops weights in evaluation, too");
  const bool groups = options.has("enable_gqa") && options.boolean("enable_gqa");
  const std::string scale = options.has("scale") ? cpp_number(options.real("scale")) : "std::nullopt";
  return {fmt::format("torch::scaled_dot_product_attention({}, {}, {}, {}, 0.0, {}, {}, {})", it.in(0),
                      it.in(1), it.in(2), it.linked(3) ? it.in(3) : "{}", options.boolean("is_causal"), scale,
                      groups)};
}

CppForms named_otherwise() {
  return {{"logsigmoid", cpp_function_called("log_sigmoid")},
          {"rsub", cpp_expression("{1} - {0}")},
          {"softsign", cpp_expression("{0} / (1 + {0}.abs())")},
          {"tanhshrink", cpp_expression("{0} - {0}.tanh()")},
          {"softmin", cpp_softmin},
          {"gelu", cpp_gelu},
          {"clamp", cpp_clamp},
          {"einsum", cpp_einsum},
          {"scaled_dot_product_attention", cpp_attention}};
}

}  // namespace

const CppForms& cpp_transforms() {
  static const CppForms forms = [] {
    CppForms all = named_otherwise();
    for (const std::string& name : kCppFunctions) all.emplace(name, cpp_function_called(name));
    for (const auto& [name, sign] : kCppSigns) all.emplace(name, cpp_operator(sign));
    for (const char* name :
         {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"})
      all.emplace(name, cpp_dropped);
    return all;
  }();
  return forms;
}

}  // namespace orrery
