#include "runtime/graph/descriptor.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"

namespace orrery {

std::int64_t bytes_of(const TensorType& type) {
  std::int64_t bytes = element_size(type.dtype);
  bool fits = true;
  for (const Dim& dim : type.shape) {
    if (!dim.known()) continue;
    if (dim.value() == 0) return 0;
    fits = fits && !__builtin_mul_overflow(bytes, dim.value(), &bytes);
  }
  check(fits, Fault::usage, "a tensor of shape {} and dtype {} has more bytes than can be counted",
        str(type.shape), name(type.dtype));
  return bytes;
}

void ShapeContext::expects(int port, std::string expected, std::string got, std::string remedy) {
  throw RuleBroken{"shape-mismatch", port, std::move(expected), std::move(got), std::move(remedy)};
}

void ShapeContext::expects_dtype(int port, std::string expected, std::string remedy) const {
  throw RuleBroken{"dtype-mismatch", port, std::move(expected), std::string(name(input(port).dtype)),
                   std::move(remedy)};
}

void ShapeContext::expects_floats(int port, std::string expected, std::string remedy) const {
  const DType dtype = input(port).dtype;
  throw RuleBroken{is_integral(dtype) ? "integer-input" : "dtype-mismatch", port, std::move(expected),
                   std::string(name(dtype)), std::move(remedy)};
}

void ShapeContext::expects_option(std::string expected, std::string got, std::string remedy) {
  throw RuleBroken{"option-mismatch", -1, std::move(expected), std::move(got), std::move(remedy)};
}

void ShapeContext::expect(Guard guard) {
  const bool exact = guard.relation == Guard::Relation::equal;
  const Known known = exact ? equal(guard.left, guard.right) : at_least(guard.left, guard.right);
  if (known == Known::no) throw std::move(guard.otherwise);
  if (known == Known::undecided) guards_.push_back(std::move(guard));
}

void ShapeContext::expect_equal(int port, const Dim& left, const Dim& right, std::string expected,
                                std::string got, std::string remedy) {
  expect({Guard::Relation::equal,
          left,
          right,
          {"shape-mismatch", port, std::move(expected), std::move(got), std::move(remedy)}});
}

void ShapeContext::expect_at_least(int port, const Dim& left, const Dim& right, std::string expected,
                                   std::string got, std::string remedy) {
  expect({Guard::Relation::at_least,
          left,
          right,
          {"shape-mismatch", port, std::move(expected), std::move(got), std::move(remedy)}});
}

Dim ShapeContext::told_by_data() {
  const size_t count = data_symbols_.size() + 1;
  const auto plain = [&] { return Dim::symbol(count == 1 ? "K" : fmt::format("K_{}", count)); };
  data_symbols_.push_back(next_symbol_ ? next_symbol_() : plain());
  return data_symbols_.back();
}

namespace {

std::string dimensions(int low, int high) {
  if (low == high) return fmt::format("{} dimension{}", low, low == 1 ? "" : "s");
  if (high == low + 1) return fmt::format("{} or {} dimensions", low, high);
  return fmt::format("{} to {} dimensions", low, high);
}

}  // namespace

void ShapeContext::expect_rank(int port, int low, int high, const std::string& layout) const {
  const int given = rank(port);
  if (given >= low && given <= high) return;
  throw RuleBroken{"rank-mismatch", port, fmt::format("an input of {}, {}", dimensions(low, high), layout),
                   fmt::format("{} of shape {}", dimensions(given, given), str(shape(port))), ""};
}

void ShapeContext::expect_floating(int port) const {
  const DType dtype = input(port).dtype;
  if (is_floating(dtype)) return;
  expects_floats(port, "a floating-point input",
                 is_complex(dtype) ? "" : "Convert it first: x:to(\"float32\").");
}

int ShapeContext::wrapped_dim(int port, std::int64_t dim, const std::string& option) const {
  const std::int64_t count = std::max(rank(port), 1);
  if (dim >= -count && dim < count) return static_cast<int>(dim < 0 ? dim + count : dim);
  expects_option(fmt::format("{} between {} and {} for an input of shape {}", option, -count, count - 1,
                             str(shape(port))),
                 fmt::format("{}", dim), "Dimensions count from 0, or from -1 backwards from the last.");
}

std::string_view name(Category category) {
  // Indexed by Category.
  constexpr std::array<std::string_view, kCategoryCount> kNames = {
      "linear",      "sparse",     "convolution", "recurrent", "attention", "normalization", "pooling",
      "padding",     "vision",     "activation",  "dropout",   "distance",  "loss",          "arithmetic",
      "elementwise", "comparison", "matrix",      "linalg",    "spectral",  "shape",         "indexing",
      "reduction",   "sorting",    "creation",    "random",    "own"};
  return kNames[static_cast<size_t>(category)];
}

std::string Descriptor::default_node_name() const { return node_name.empty() ? snake_case(name) : node_name; }

namespace {

bool has_attribute(const Descriptor& descriptor, const std::string& wanted) {
  return std::any_of(descriptor.attributes.begin(), descriptor.attributes.end(),
                     [&](const Attribute& attribute) { return attribute.name == wanted; });
}

}  // namespace

bool Descriptor::from_graph() const {
  if (kind != OperationKind::transform) return false;
  const bool needs_none = std::ranges::all_of(inputs, &Port::takes_number);
  return of_graph || (needs_none && (inputs.empty() || has_attribute(*this, "size")));
}

std::string Descriptor::output_name(int index) const {
  const int named = static_cast<int>(outputs.size());
  return index < named ? outputs[index] : fmt::format("{}_{}", outputs.back(), index - named + 2);
}

namespace {

bool has_port(const Descriptor& descriptor, const std::string& wanted) {
  return std::any_of(descriptor.inputs.begin(), descriptor.inputs.end(),
                     [&](const Port& port) { return port.name == wanted; });
}

// Each gives the first of its faults.

std::string fault_of_form(const Descriptor& d) {
  if (d.name.empty() || d.doc.empty()) return "an operation needs a name and a doc line";
  if (d.torch.empty() && !d.own) return "an operation needs PyTorch's name";
  if (!d.shape) return "an operation needs a shape rule";
  if (d.outputs.empty()) return "an operation needs an output";
  if ((d.kind == OperationKind::layer) != static_cast<bool>(d.parameters))
    return "a layer needs a rule for its parameters, a transform has none";
  if (std::ranges::any_of(d.attributes, &Attribute::told_by_input) != static_cast<bool>(d.complete))
    return "options that the input tells need a rule that completes them, and only they";
  for (const Attribute& attribute : d.attributes)
    if (attribute.name.empty() || attribute.doc.empty()) return "an option needs a name and a doc line";
  return {};
}

std::string fault_of_order(const Descriptor& d) {
  if (d.order.empty()) return {};
  for (const std::string& name : d.order)
    if (!has_port(d, name) && !has_attribute(d, name)) return "the order names what the operation has not";
  for (const Port& port : d.inputs)
    if (std::ranges::find(d.order, port.name) == d.order.end()) return "the order names every port";
  return {};
}

std::string fault_of_ports(const Descriptor& d) {
  for (size_t i = 0; i < d.inputs.size(); ++i) {
    const Port& port = d.inputs[i];
    if (port.kind == Port::Kind::variadic && i + 1 != d.inputs.size())
      return "only the last port takes many values";
    if (port.takes_number() && !has_attribute(d, port.name))
      return "a number port needs an option of its name";
    if (port.kind == Port::Kind::required && i > 0 && d.inputs[i - 1].may_be_empty())
      return "a required port may not follow an optional one";
  }
  if (d.method_port != 0 && d.method_port >= static_cast<int>(d.inputs.size()))
    return "a method stands for a port that does not exist";
  for (const Alias& alias : d.aliases)
    if (alias.output >= static_cast<int>(d.outputs.size()) ||
        alias.input >= static_cast<int>(d.inputs.size()))
      return "an alias names a port that does not exist";
  return {};
}

}  // namespace

std::string Registry::fault_of(const Descriptor& descriptor) {
  for (const auto& fault_of : {fault_of_form, fault_of_ports, fault_of_order})
    if (std::string fault = fault_of(descriptor); !fault.empty()) return fault;
  return {};
}

void Registry::extend(const Registry& other) {
  descriptors_.insert(descriptors_.end(), other.descriptors_.begin(), other.descriptors_.end());
  loop_ends_.insert(loop_ends_.end(), other.loop_ends_.begin(), other.loop_ends_.end());
  parametrizations_.insert(parametrizations_.end(), other.parametrizations_.begin(),
                           other.parametrizations_.end());
  by_name_.insert(other.by_name_.begin(), other.by_name_.end());
  synonyms_.insert(other.synonyms_.begin(), other.synonyms_.end());
}

void Registry::add(Descriptor descriptor) { add(std::make_shared<const Descriptor>(std::move(descriptor))); }

void Registry::add(std::shared_ptr<const Descriptor> descriptor) {
  invariant(fault_of(*descriptor).empty(), fault_of(*descriptor).c_str());
  invariant(!named(descriptor->name), "an operation is registered twice");
  if (const Descriptor* other = find(descriptor->name)) std::erase(synonyms_[other->name], descriptor->name);
  by_name_[descriptor->name] = descriptor.get();
  (descriptor->loop == Descriptor::LoopEnd::none ? descriptors_ : loop_ends_)
      .push_back(std::move(descriptor));
}

void Registry::add_synonym(const std::string& name, const std::string& synonym) {
  invariant(find(name) && !find(synonym), "a synonym is of no operation, or is another operation's name");
  by_name_[synonym] = find(name);
  synonyms_[name].push_back(synonym);
}

const std::vector<std::string>& Registry::synonyms(const std::string& name) const {
  static const std::vector<std::string> kNone;
  const auto found = synonyms_.find(name);
  return found == synonyms_.end() ? kNone : found->second;
}

const Descriptor* Registry::find(const std::string& name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const Descriptor* Registry::named(const std::string& name) const {
  const Descriptor* found = find(name);
  return found && found->name == name ? found : nullptr;
}

const Descriptor& Registry::get(const std::string& name) const {
  if (const Descriptor* found = find(name)) return *found;
  refuse(name);
}

void Registry::refuse(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& descriptor : descriptors_) known.push_back(descriptor->name);
  fail(Fault::usage, "there is no operation '{}'{}", name, did_you_mean(name, known));
}

void Registry::add(ParametrizationKind kind) {
  invariant(!kind.name.empty() && !kind.doc.empty() && kind.parts, "a parametrization is incomplete");
  parametrizations_.push_back(std::make_shared<const ParametrizationKind>(std::move(kind)));
}

const ParametrizationKind& Registry::parametrization(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& kind : parametrizations_) {
    if (kind->name == name) return *kind;
    known.push_back(kind->name);
  }
  fail(Fault::usage, "there is no parametrization '{}'{}", name, did_you_mean(name, known));
}

}  // namespace orrery
