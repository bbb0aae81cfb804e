#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/formats/pt2_net.h"

namespace orrery {
namespace {

// Arguments that say where and how, not what is computed.
const std::set<std::string> kHow = {"layout",        "device",    "pin_memory",   "non_blocking",
                                    "memory_format", "generator", "copy",         "implicit",
                                    "sparse_grad",   "path",      "half_to_float"};

// Operators that are another operation of Orrery, argument for argument.
const std::map<std::string, std::string> kOtherWords = {
    {"_softmax", "softmax"},
    {"_log_softmax", "log_softmax"},
    {"_unsafe_view", "reshape"},
    {"constant_pad_nd", "pad"},
    {"log_sigmoid", "logsigmoid"},
    {"split_with_sizes", "split"},
    {"__and__", "bitwise_and"},
    {"__or__", "bitwise_or"},
    {"__xor__", "bitwise_xor"},
    {"cross_entropy_loss", "cross_entropy"},
    {"nll_loss_nd", "nll_loss"},
    {"max_pool2d_with_indices", "max_pool2d"},
    {"_unsafe_index", "index"},
    {"max_pool3d_with_indices", "max_pool3d"},
    {"_to_copy", "to"},
};

// Arguments that Orrery's options call otherwise: of an operation, or (empty) of any.
const std::map<std::pair<std::string, std::string>, std::string> kOtherArguments = {
    {{"view", "size"}, "shape"},
    {{"reshape", "size"}, "shape"},
    {{"split", "split_size"}, "split_size_or_sections"},
    {{"split", "split_sizes"}, "split_size_or_sections"},
    {{"tensor_split", "sections"}, "indices_or_sections"},
    {{"tensor_split", "indices"}, "indices_or_sections"},
    {{"scatter", "value"}, "src"},
    {{"heaviside", "values"}, "other"},
    {{"einsum", "tensors"}, "operands"},
};

std::string word_of(const Pt2Node& node) {
  const std::string word = node.operation();
  const auto other = kOtherWords.find(word);
  return other == kOtherWords.end() ? word : other->second;
}

// What a descriptor calls an argument of ATen's.
std::string own_name(const Descriptor& descriptor, const std::string& argument) {
  const auto other = kOtherArguments.find({descriptor.name, argument});
  if (other != kOtherArguments.end()) return other->second;
  const bool first = argument == "self" || argument == "input";
  if (!first || descriptor.inputs.empty()) return argument;
  const bool named = std::ranges::find(descriptor.inputs, "input", &Port::name) != descriptor.inputs.end();
  return named ? "input" : descriptor.inputs[0].name;
}

// PyTorch's numbers for how a loss puts its elements together.
std::string reduction_of(const Pt2Call& call, const std::string& argument) {
  static const char* const kReductions[] = {"none", "mean", "sum"};
  const std::int64_t number = call.integer(argument, 1);
  if (number < 0 || number > 2) call.refuse(fmt::format("its reduction is {}", number));
  return kReductions[number];
}

// ---- argument for argument ----

class Translation {
 public:
  Translation(const Pt2Call& call, const Descriptor& descriptor) : call_(call), descriptor_(descriptor) {
    for (const auto& [argument, told] : call.node().arguments)
      if (!told.contains("as_none")) take(argument, told);
  }

  std::vector<Value> apply() {
    std::vector<Value> inputs;
    for (const Port& port : descriptor_.inputs) {
      const auto given = values_.find(port.name);
      if (port.kind == Port::Kind::variadic) {
        if (given != values_.end()) inputs.insert(inputs.end(), given->second.begin(), given->second.end());
      } else {
        inputs.push_back(given == values_.end() ? Value{} : given->second.at(0));
      }
    }
    return call_.apply(descriptor_.name, inputs, options_);
  }

 private:
  const Attribute* option_named(const std::string& name) const {
    const auto found = std::ranges::find(descriptor_.attributes, name, &Attribute::name);
    return found == descriptor_.attributes.end() ? nullptr : &*found;
  }

  void take(const std::string& argument, const nlohmann::json& told) {
    const std::string name = own_name(descriptor_, argument);
    const bool tensors = told.contains("as_tensor") || told.contains("as_tensors");
    const bool port = std::ranges::find(descriptor_.inputs, name, &Port::name) != descriptor_.inputs.end();
    if (tensors && port) {
      values_[name] = call_.values(argument);
      return;
    }
    const Attribute* option = tensors ? nullptr : option_named(name);
    if (option) return take_option(argument, told, *option);
    if (kHow.contains(argument)) return;
    const bool one = (argument == "scale" || argument == "input_scale") && descriptor_.name == "elu" &&
                     call_.real(argument, 1) == 1;
    if (!one)
      call_.refuse(fmt::format("its argument '{}' has no counterpart in {}", argument, descriptor_.name));
  }

  void take_option(const std::string& argument, const nlohmann::json& told, const Attribute& option) {
    const bool empty = told.contains("as_ints") && told.at("as_ints").empty() &&
                       option.type == AttributeType::sizes;  // a stride that is the kernel's size
    if (empty) return;
    if (option.type == AttributeType::text && told.contains("as_int")) {
      options_.push_back({option.name, reduction_of(call_, argument)});
      return;
    }
    const auto value = call_.option(argument, option.type);
    if (!value) call_.refuse(fmt::format("its argument '{}' is {}", argument, told.dump()));
    options_.push_back({option.name, *value});
  }

  const Pt2Call& call_;
  const Descriptor& descriptor_;
  std::map<std::string, std::vector<Value>> values_;
  Pt2Net::Options options_;
};

void write_as_it_is(Pt2Call& call) {
  const Descriptor& descriptor = *call.net().registry().named(word_of(call.node()));
  call.give(Translation(call, descriptor).apply());
}

// ---- those of their own ----

void write_same(Pt2Call& call) { call.give({call.value("self")}); }

void write_to(Pt2Call& call) {
  const auto dtype = call.dtype("dtype");
  if (!dtype) return write_same(call);
  call.give(call.apply("to", {call.value("self")}, {{"dtype", *dtype}}));
}

// Python writes what goes to the end with the largest number; a slice of everything is nothing.
void write_slice(Pt2Call& call) {
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  Pt2Net::Options options = {{"dim", call.integer("dim", 0)}};
  const Shape start = call.has("start") ? call.sizes("start") : Shape{0};
  const Shape end = call.has("end") ? call.sizes("end") : Shape{kEnd};
  const std::int64_t step = call.integer("step", 1);
  if (!start[0].known() || !end[0].known()) call.refuse("where it begins or ends depends on the data's size");
  if (start[0].value() != 0) options.push_back({"start", start[0].value()});
  if (end[0].value() != kEnd) options.push_back({"end", end[0].value()});
  if (step != 1) options.push_back({"step", step});
  if (options.size() == 1) return write_same(call);
  call.give(call.apply("slice", {call.value("self")}, options));
}

// Indices of the dimensions that have one.
void write_index(Pt2Call& call) {
  std::vector<Value> inputs = {call.value("self")};
  std::vector<std::int64_t> dims;
  const nlohmann::json& told = *call.node().argument("indices");
  const nlohmann::json& list =
      told.contains("as_tensors") ? told.at("as_tensors") : told.at("as_optional_tensors");
  for (std::size_t at = 0; at < list.size(); ++at) {
    const nlohmann::json& index = list[at].contains("as_tensor") ? list[at].at("as_tensor") : list[at];
    if (!index.contains("name")) continue;
    inputs.push_back(call.net().value(index.at("name").get<std::string>()));
    dims.push_back(static_cast<std::int64_t>(at));
  }
  call.give(call.apply("index", inputs, {{"dims", dims}}));
}

void write_arange(Pt2Call& call) {
  Shape range;
  for (const char* argument : {"start", "end", "step"}) {
    if (!call.has(argument)) continue;
    if (call.node().argument(argument)->contains("as_float")) call.refuse("it counts in real numbers");
    range.push_back(call.sizes(argument).at(0));
  }
  call.give(
      call.apply("arange", {}, {{"range", range}, {"dtype", call.dtype("dtype").value_or(DType::int64)}}));
}

// The dtype of a number that stands for itself.
DType dtype_of_number(const Pt2Call& call, const char* argument) {
  const nlohmann::json& told = *call.node().argument(argument);
  return told.contains("as_bool") ? DType::boolean : told.contains("as_int") ? DType::int64 : DType::float32;
}

void give_full(Pt2Call& call, const Shape& size, const char* number) {
  const auto value = call.has(number) ? call.option(number, AttributeType::number) : std::nullopt;
  if (!value) call.refuse("what it is filled with is no number");
  call.give(call.apply("full", {},
                       {{"size", size},
                        {"fill_value", *value},
                        {"dtype", call.dtype("dtype").value_or(dtype_of_number(call, number))}}));
}

void write_full(Pt2Call& call) { give_full(call, call.sizes("size"), "fill_value"); }
void write_number(Pt2Call& call) { give_full(call, {}, "s"); }

// upsample_bilinear2d → bilinear.
std::string mode_of(const std::string& operation) {
  static const std::map<std::string, std::string> kModes = {
      {"nearest1d", "nearest"}, {"nearest2d", "nearest"},     {"nearest3d", "nearest"},
      {"linear1d", "linear"},   {"bilinear2d", "bilinear"},   {"trilinear3d", "trilinear"},
      {"bicubic2d", "bicubic"}, {"_exact1d", "nearest-exact"}};
  const auto found = kModes.find(operation.substr(operation.find('_') + 1));
  return found == kModes.end() ? "nearest" : found->second;
}

void write_interpolate(Pt2Call& call) {
  const std::string mode = mode_of(call.node().operation());
  Pt2Net::Options options = {{"mode", mode}};
  if (call.has("output_size"))
    options.push_back({"size", call.sizes("output_size")});
  else
    options.push_back({"scale_factor", *call.option("scale_factors", AttributeType::reals)});
  if (mode != "nearest") options.push_back({"align_corners", call.boolean("align_corners", false)});
  call.give(call.apply("interpolate", {call.value(call.has("input") ? "input" : "self")}, options));
}

// ---- sizes ----

void write_size(Pt2Call& call) {
  const Shape& shape = call.value("self").shape();
  std::int64_t dim = call.integer("dim", 0);
  if (dim < 0) dim += std::ssize(shape);
  if (dim < 0 || dim >= std::ssize(shape)) call.refuse(fmt::format("dimension {} of {}", dim, str(shape)));
  call.net().define(call.node().outputs.at(0), shape[static_cast<std::size_t>(dim)]);
}

void write_count(Pt2Call& call) {
  call.net().define(call.node().outputs.at(0), numel(call.value("self").shape()));
}

void write_size_arithmetic(Pt2Call& call) {
  const Dim a = call.sizes("a").at(0), b = call.sizes("b").at(0);
  const std::string& target = call.node().target;
  const bool divides = target == "_operator.floordiv";
  if (divides && b.known() && b.value() == 0) call.refuse("a size is divided by 0");
  call.net().define(call.node().outputs.at(0), target == "_operator.add"   ? a + b
                                               : target == "_operator.sub" ? a - b
                                               : target == "_operator.mul" ? a * b
                                                                           : floor_div(a, b));
}

}  // namespace

const std::map<std::string, Pt2Writer>& pt2_transforms() {
  static const std::map<std::string, Pt2Writer> writers = {
      {"alias", write_same},
      {"lift_fresh", write_same},
      {"lift_fresh_copy", write_same},
      {"detach_", write_same},
      {"to", write_to},
      {"_to_copy", write_to},
      {"slice", write_slice},
      {"index", write_index},
      {"_unsafe_index", write_index},
      {"arange", write_arange},
      {"full", write_full},
      {"scalar_tensor", write_number},
      {"upsample_nearest1d", write_interpolate},
      {"upsample_nearest2d", write_interpolate},
      {"upsample_nearest3d", write_interpolate},
      {"upsample_linear1d", write_interpolate},
      {"upsample_bilinear2d", write_interpolate},
      {"upsample_trilinear3d", write_interpolate},
      {"upsample_bicubic2d", write_interpolate},
      {"sym_size", write_size},
      {"sym_numel", write_count},
      {"_operator.add", write_size_arithmetic},
      {"_operator.sub", write_size_arithmetic},
      {"_operator.mul", write_size_arithmetic},
      {"_operator.floordiv", write_size_arithmetic},
  };
  return writers;
}

Pt2Writer pt2_writer(const Pt2Node& node, const Registry& registry) {
  for (const auto* table : {&pt2_layers(), &pt2_transforms()})
    if (const auto found = table->find(node.operation()); found != table->end()) return found->second;
  const Descriptor* known = node.target.starts_with("aten.") ? registry.named(word_of(node)) : nullptr;
  return known && known->kind == OperationKind::transform ? write_as_it_is : nullptr;
}

}  // namespace orrery
