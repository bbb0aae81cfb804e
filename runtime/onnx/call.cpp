#include "runtime/onnx/call.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/onnx/decimal.h"
#include "runtime/onnx/importer.h"

namespace orrery {
namespace {

std::string_view name_of(OnnxAttribute::Kind kind) {
  switch (kind) {
    case OnnxAttribute::Kind::real: return "a number";
    case OnnxAttribute::Kind::integer: return "an integer";
    case OnnxAttribute::Kind::text: return "a text";
    case OnnxAttribute::Kind::tensor: return "a tensor";
    case OnnxAttribute::Kind::graph: return "a graph";
    case OnnxAttribute::Kind::reals: return "numbers";
    case OnnxAttribute::Kind::integers: return "integers";
    case OnnxAttribute::Kind::texts: return "texts";
    default: return "something else";
  }
}

Attributes options_of(const std::vector<Attribute>& schema, const OnnxOptions& options) {
  std::vector<Attributes::Entry> given;
  given.reserve(options.size());
  for (const auto& [name, value] : options) given.push_back({name, value});
  return checked_attributes(schema, given);
}

// Parameters get the literal's dtype, as they will get its values.
void begin_with(Layer& layer, const std::string& slot, const OnnxLiteral& literal, OnnxImporter& importer) {
  const ParameterPtr own = layer.parameter(slot);
  invariant(own != nullptr, "an ONNX importer names a parameter that its layer lacks");
  check(own->shape == shape_of(literal.shape()), Fault::input_file, "its {} is {}, expected {}", slot,
        str(shape_of(literal.shape())), str(own->shape));
  own->dtype = literal.dtype();
  own->made_in.reset();
  if (const ParameterPtr other = importer.shared(literal)) return layer.tie(slot, other);
  own->first = literal.values();
  importer.share(literal, own);
}

}  // namespace

const OnnxKnown& OnnxCall::known(int input) const {
  if (!has(input)) refuse(fmt::format("input {} is missing", input));
  return importer_.find(node_.inputs[static_cast<std::size_t>(input)])->known;
}

bool OnnxCall::has(int input) const {
  return input < input_count() && !node_.inputs[static_cast<std::size_t>(input)].empty();
}

Value OnnxCall::value(int input) const {
  const OnnxKnown& known = this->known(input);
  if (const Value* value = std::get_if<Value>(&known)) return *value;
  require_tensor(input);
  OnnxScope::Entry& entry = *importer_.find(node_.inputs[static_cast<std::size_t>(input)]);
  if (!entry.made) entry.made = constant(std::get<OnnxLiteral>(known));
  return entry.made;
}

std::vector<Value> OnnxCall::values() const {
  std::vector<Value> values;
  for (int i = 0; i < input_count(); ++i) values.push_back(value(i));
  return values;
}

const OnnxLiteral* OnnxCall::literal(int input) const {
  return has(input) ? std::get_if<OnnxLiteral>(&known(input)) : nullptr;
}

const OnnxLiteral& OnnxCall::known_literal(int input) const {
  const auto* literal = std::get_if<OnnxLiteral>(&known(input));
  invariant(literal, "an input that is no literal");
  return *literal;
}

const OnnxNode* OnnxCall::next(const std::string& operation) const {
  const OnnxNode* reader = importer_.only_reader(node_.outputs[0]);
  return reader && reader->domain.empty() && reader->operation == operation ? reader : nullptr;
}

const OnnxLiteral* OnnxCall::literal_named(const std::string& name) const {
  const OnnxScope::Entry* entry = importer_.find(name);
  return entry ? std::get_if<OnnxLiteral>(&entry->known) : nullptr;
}

void OnnxCall::absorb(const OnnxNode& next) const { importer_.absorb(next, node_.outputs[0]); }

TensorType OnnxCall::type(int input) const {
  const OnnxKnown& known = this->known(input);
  const Value* value = std::get_if<Value>(&known);
  if (!value) require_tensor(input);
  return value ? value->type() : std::get<OnnxLiteral>(known).type();
}

void OnnxCall::require_tensor(int input) const {
  if (std::holds_alternative<OnnxSequence>(known(input)))
    refuse(fmt::format("input {} is a sequence or an optional, expected a tensor", input));
}

std::vector<Dim> OnnxCall::dims(int input) const {
  const OnnxLiteral* literal = this->literal(input);
  if (!literal) {
    known(input);  // one that is missing is told as such
    const std::string& name = node_.inputs[static_cast<std::size_t>(input)];
    refuse(fmt::format("a shape comes from the value '{}', which is not known before the net runs", name),
           importer_.how_to_know(name));
  }
  if (!literal->small()) refuse(fmt::format("input {} has {} elements", input, literal->numel()));
  return literal->dims();
}

std::vector<std::int64_t> OnnxCall::integers(int input) const {
  std::vector<std::int64_t> integers;
  for (const Dim& dim : dims(input)) {
    if (!dim.known())
      refuse(fmt::format("input {} holds the size {}, which only the data tell", input, dim.str()));
    integers.push_back(dim.value());
  }
  return integers;
}

std::vector<double> OnnxCall::reals(int input) const {
  known(input);
  const OnnxLiteral* literal = this->literal(input);
  if (!literal || literal->symbolic() || !literal->small())
    refuse(fmt::format("input {} ('{}') is not known before the net runs", input,
                       node_.inputs[static_cast<std::size_t>(input)]),
           importer_.how_to_know(node_.inputs[static_cast<std::size_t>(input)]));
  return literal->reals();
}

double OnnxCall::real(int input) const {
  const std::vector<double> reals = this->reals(input);
  if (reals.size() != 1) refuse(fmt::format("input {} has {} elements, expected one", input, reals.size()));
  return reals[0];
}

std::int64_t OnnxCall::integer(int input) const {
  const std::vector<std::int64_t> integers = this->integers(input);
  if (integers.size() != 1)
    refuse(fmt::format("input {} has {} elements, expected one", input, integers.size()));
  return integers[0];
}

const OnnxAttribute* OnnxCall::find(const std::string& attribute) const {
  const auto found = std::ranges::find(node_.attributes, attribute, &OnnxAttribute::name);
  return found == node_.attributes.end() ? nullptr : &*found;
}

const OnnxAttribute& OnnxCall::find(const std::string& attribute, OnnxAttribute::Kind kind) const {
  const OnnxAttribute* found = find(attribute);
  if (!found) refuse(fmt::format("the attribute '{}' is missing", attribute));
  // A list without elements may be of any kind.
  if (found->kind != kind)
    refuse(
        fmt::format("the attribute '{}' is {}, expected {}", attribute, name_of(found->kind), name_of(kind)));
  return *found;
}

std::int64_t OnnxCall::integer(const std::string& attribute) const {
  return find(attribute, OnnxAttribute::Kind::integer).integer;
}
std::int64_t OnnxCall::integer(const std::string& attribute, std::int64_t fallback) const {
  return given(attribute) ? integer(attribute) : fallback;
}
double OnnxCall::real(const std::string& attribute) const {
  return decimal_of(static_cast<float>(find(attribute, OnnxAttribute::Kind::real).real));
}
double OnnxCall::real(const std::string& attribute, double fallback) const {
  return given(attribute) ? real(attribute) : fallback;
}
std::string OnnxCall::text(const std::string& attribute, const std::string& fallback) const {
  return given(attribute) ? find(attribute, OnnxAttribute::Kind::text).text : fallback;
}
std::vector<std::int64_t> OnnxCall::integers(const std::string& attribute) const {
  return find(attribute, OnnxAttribute::Kind::integers).integers;
}
std::vector<std::int64_t> OnnxCall::integers(const std::string& attribute,
                                             std::vector<std::int64_t> fallback) const {
  return given(attribute) ? integers(attribute) : std::move(fallback);
}
std::vector<double> OnnxCall::reals(const std::string& attribute, std::vector<double> fallback) const {
  return given(attribute) ? find(attribute, OnnxAttribute::Kind::reals).reals : std::move(fallback);
}
std::vector<std::string> OnnxCall::texts(const std::string& attribute) const {
  return given(attribute) ? find(attribute, OnnxAttribute::Kind::texts).texts : std::vector<std::string>{};
}
OnnxLiteral OnnxCall::tensor(const std::string& attribute) const {
  OnnxLiteral literal(importer_.file(), find(attribute, OnnxAttribute::Kind::tensor).tensors.at(0));
  literal.set_name(node_.outputs.empty() ? "" : node_.outputs[0]);
  return literal;
}

std::optional<std::vector<std::int64_t>> OnnxCall::integers(const std::string& attribute, int input) const {
  if (given(attribute)) return integers(attribute);
  if (has(input)) return integers(input);
  return std::nullopt;
}

std::int64_t OnnxCall::axis(std::int64_t axis, int rank) const {
  if (axis < -rank || axis >= std::max(rank, 1))
    refuse(fmt::format("axis {} is outside a tensor of rank {}", axis, rank));
  return axis < 0 ? axis + rank : axis;
}

Value OnnxCall::apply(const std::string& operation, std::vector<Value> inputs, OnnxOptions options) const {
  return apply_all(operation, std::move(inputs), std::move(options))[0];
}

std::vector<Value> OnnxCall::apply_all(const std::string& operation, std::vector<Value> inputs,
                                       OnnxOptions options) const {
  const Descriptor& descriptor = importer_.registry().get(operation);
  return importer_.graph().apply(descriptor, options_of(descriptor.attributes, options), std::move(inputs),
                                 {}, importer_.name_for(node_, descriptor));
}

Value OnnxCall::layer(const std::string& operation, OnnxOptions options, std::vector<Value> inputs,
                      std::vector<std::pair<std::string, OnnxLiteral>> tensors) const {
  return layer_all(operation, std::move(options), std::move(inputs), std::move(tensors))[0];
}

std::vector<Value> OnnxCall::layer_all(const std::string& operation, OnnxOptions options,
                                       std::vector<Value> inputs,
                                       std::vector<std::pair<std::string, OnnxLiteral>> tensors) const {
  const Descriptor& descriptor = importer_.registry().get(operation);
  Runtime& runtime = importer_.runtime();
  runtime.draws.mute(true);  // the file tells the values
  LayerPtr layer;
  try {
    layer = runtime.make_layer(descriptor, options_of(descriptor.attributes, options), {});
  } catch (...) {
    runtime.draws.mute(false);
    throw;
  }
  runtime.draws.mute(false);
  if (!tensors.empty()) layer->convert(tensors[0].second.dtype());
  for (const auto& [slot, literal] : tensors) begin_with(*layer, slot, literal, importer_);
  const std::string name = importer_.name_for(node_, descriptor, tensors);
  std::vector<Value> outputs = importer_.graph().apply(layer, std::move(inputs), {}, name);
  return outputs;
}

Value OnnxCall::constant(const OnnxLiteral& literal) const { return importer_.constant(literal); }

// What is named but not read is not made, as nothing would read it in the graph, either.
bool OnnxCall::wants(int output) const {
  return names(output) && importer_.readers(node_.outputs[static_cast<std::size_t>(output)]) > 0;
}

bool OnnxCall::names(int output) const {
  return output < static_cast<int>(node_.outputs.size()) &&
         !node_.outputs[static_cast<std::size_t>(output)].empty();
}

void OnnxCall::give(int output, OnnxKnown result) {
  if (names(output))
    importer_.define(node_.outputs[static_cast<std::size_t>(output)], std::move(result), node_);
}

void OnnxCall::refuse(const std::string& reason, const std::string& remedy) const {
  importer_.refuse(node_, reason, remedy);
}

}  // namespace orrery
