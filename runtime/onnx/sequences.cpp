#include "runtime/onnx/sequences.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "runtime/onnx/importer.h"

namespace orrery {
namespace {

using Elements = std::vector<OnnxList::Element>;

OnnxKnown known_of_input(OnnxImporter& importer, const OnnxCall& call, int input) {
  if (!call.has(input)) call.refuse(fmt::format("input {} is missing", input));
  return importer.find(call.node().inputs[static_cast<std::size_t>(input)])->known;
}

OnnxList::Element kept_element(OnnxKnown known) {
  return [known = std::move(known)](const OnnxCall&) { return known; };
}

OnnxSequence sequence_of(Elements elements) {
  return std::make_shared<const OnnxList>(OnnxList{false, std::move(elements)});
}

const Elements& elements_of(OnnxImporter& importer, const OnnxCall& call, int input) {
  if (!call.has(input)) call.refuse(fmt::format("input {} is missing", input));
  const OnnxScope::Entry& entry = *importer.find(call.node().inputs[static_cast<std::size_t>(input)]);
  const auto* list = std::get_if<OnnxSequence>(&entry.known);
  if (!list || (*list)->optional) call.refuse(fmt::format("input {} is no sequence", input));
  return (*list)->elements;
}

// A position, which may count from the end. `most`: how many there are to choose from.
std::size_t position_of(const OnnxCall& call, int input, std::size_t length, std::size_t most) {
  const std::int64_t given = call.integer(input), size = static_cast<std::int64_t>(length);
  const std::int64_t at = given < 0 ? given + size : given;
  if (at < 0 || at >= static_cast<std::int64_t>(most))
    call.refuse(fmt::format("position {} is outside a sequence of {} tensors", given, length));
  return static_cast<std::size_t>(at);
}

Value tensor_of_element(const OnnxCall& call, const OnnxKnown& known) {
  if (const Value* value = std::get_if<Value>(&known)) return *value;
  if (const OnnxLiteral* literal = std::get_if<OnnxLiteral>(&known)) return call.constant(*literal);
  call.refuse("an element of the sequence is no tensor");
}

const OnnxGraph& body_of_map(const OnnxCall& call) {
  const auto body = std::ranges::find(call.node().attributes, "body", &OnnxAttribute::name);
  if (body == call.node().attributes.end() || body->graphs.empty())
    call.refuse("the graph 'body' is missing");
  return *body->graphs[0];
}

void import_sequence_empty(OnnxImporter&, OnnxCall& call) { call.give(sequence_of({})); }

void import_sequence_construct(OnnxImporter& importer, OnnxCall& call) {
  Elements elements;
  for (int i = 0; i < call.input_count(); ++i)
    elements.push_back(kept_element(known_of_input(importer, call, i)));
  call.give(sequence_of(std::move(elements)));
}

void import_sequence_insert(OnnxImporter& importer, OnnxCall& call) {
  Elements elements = elements_of(importer, call, 0);
  const std::size_t length = elements.size();
  const std::size_t at = call.has(2) ? position_of(call, 2, length, length + 1) : length;
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(at),
                  kept_element(known_of_input(importer, call, 1)));
  call.give(sequence_of(std::move(elements)));
}

void import_sequence_erase(OnnxImporter& importer, OnnxCall& call) {
  Elements elements = elements_of(importer, call, 0);
  const std::size_t length = elements.size();
  if (length == 0) call.refuse("the sequence is empty");
  const std::size_t at = call.has(1) ? position_of(call, 1, length, length) : length - 1;
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(at));
  call.give(sequence_of(std::move(elements)));
}

void import_sequence_at(OnnxImporter& importer, OnnxCall& call) {
  const Elements& elements = elements_of(importer, call, 0);
  call.give(elements[position_of(call, 1, elements.size(), elements.size())](call));
}

void import_sequence_length(OnnxImporter& importer, OnnxCall& call) {
  const auto length = static_cast<std::int64_t>(elements_of(importer, call, 0).size());
  call.give(OnnxLiteral(DType::int64, {}, std::vector<Dim>{length}));
}

// One size for each part. They add up to the axis, if its length is known.
std::vector<std::int64_t> listed_sizes(const OnnxCall& call, const Dim& length) {
  const std::vector<std::int64_t> sizes = call.integers(1);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t left = length.known() ? length.value() : kMost;
  for (const std::int64_t size : sizes) left = left < 0 || size < 0 || size > left ? -1 : left - size;
  if (left < 0 || (length.known() && left != 0))
    call.refuse(fmt::format("its parts do not add up to the {} of the axis", length.str()));
  return sizes;
}

// How long the parts are: one number for all, of which the last may be shorter, or one for each; nothing
// given: 1 each.
std::vector<std::int64_t> sizes_of_parts(const OnnxCall& call, const Dim& length) {
  if (call.has(1) && call.rank(1) > 0) return listed_sizes(call, length);
  if (!length.known())
    call.refuse(fmt::format("it splits {} elements, which only the data tell", length.str()));
  const std::int64_t each = call.has(1) ? call.integer(1) : 1;
  if (each < 1) call.refuse("its parts have no elements");
  std::vector<std::int64_t> sizes;
  for (std::int64_t start = 0; start < length.value(); start += each)
    sizes.push_back(std::min(each, length.value() - start));
  return sizes;
}

// A part of a tensor, made once, at the first reading.
OnnxList::Element part_of(const Value& whole, std::int64_t dim, std::int64_t start, std::int64_t size,
                          bool keeps) {
  const auto made = std::make_shared<Value>();
  return [=](const OnnxCall& call) -> OnnxKnown {
    if (*made) return *made;
    *made = keeps ? call.apply("slice", {whole}, {{"dim", dim}, {"start", start}, {"end", start + size}})
                  : call.apply("select", {whole}, {{"dim", dim}, {"index", start}});
    return *made;
  };
}

void import_split_to_sequence(OnnxImporter&, OnnxCall& call) {
  const Value whole = call.value(0);
  if (whole.shape().empty()) call.refuse("its input is a scalar");
  const std::int64_t dim = call.axis(call.integer("axis", 0), call.rank(0));
  const Dim& length = whole.shape()[static_cast<std::size_t>(dim)];
  const bool keeps = call.has(1) || call.integer("keepdims", 1) != 0;
  Elements parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes_of_parts(call, length)) {
    parts.push_back(part_of(whole, dim, start, size, keeps));
    start += size;
  }
  call.give(sequence_of(std::move(parts)));
}

void import_concat_from_sequence(OnnxImporter& importer, OnnxCall& call) {
  std::vector<Value> values;
  for (const OnnxList::Element& element : elements_of(importer, call, 0))
    values.push_back(tensor_of_element(call, element(call)));
  if (values.empty()) call.refuse("the sequence is empty");
  const bool stacks = call.integer("new_axis", 0) != 0;
  const int rank = static_cast<int>(values[0].shape().size()) + (stacks ? 1 : 0);
  const std::int64_t dim = call.axis(call.integer("axis"), rank);
  if (values.size() == 1 && !stacks) return call.give(values[0]);
  call.give(call.apply(stacks ? "stack" : "cat", std::move(values), {{"dim", dim}}));
}

// The body once for each element of the first sequence, with as many of the others beside it.
void import_sequence_map(OnnxImporter& importer, OnnxCall& call) {
  const OnnxGraph& body = body_of_map(call);
  const std::size_t length = elements_of(importer, call, 0).size();
  std::vector<Elements> outputs(body.outputs.size());
  for (std::size_t turn = 0; turn < length; ++turn) {
    std::vector<OnnxKnown> inputs;
    for (int i = 0; i < call.input_count(); ++i) {
      const OnnxKnown known = known_of_input(importer, call, i);
      const auto* list = std::get_if<OnnxSequence>(&known);
      if (list && (*list)->elements.size() != length)
        call.refuse(
            fmt::format("input {} has {} tensors, the first has {}", i, (*list)->elements.size(), length));
      inputs.push_back(list ? (*list)->elements[turn](call) : known);
    }
    const std::vector<OnnxKnown> given = importer.import_body(body, std::move(inputs), true);
    for (std::size_t i = 0; i < given.size(); ++i) outputs[i].push_back(kept_element(given[i]));
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    call.give(static_cast<int>(i), sequence_of(std::move(outputs[i])));
}

void import_optional(OnnxImporter& importer, OnnxCall& call) {
  OnnxList list{.optional = true};
  if (call.has(0)) list.elements.push_back(kept_element(known_of_input(importer, call, 0)));
  call.give(std::make_shared<const OnnxList>(std::move(list)));
}

// Later operator sets ask tensors and sequences, too: they are there.
void import_optional_has_element(OnnxImporter& importer, OnnxCall& call) {
  bool has = call.has(0);
  if (has) {
    const OnnxKnown known = known_of_input(importer, call, 0);
    const auto* list = std::get_if<OnnxSequence>(&known);
    has = !list || !(*list)->optional || !(*list)->elements.empty();
  }
  call.give(OnnxLiteral(DType::boolean, {}, std::vector<Dim>{has ? 1 : 0}));
}

void import_optional_get_element(OnnxImporter& importer, OnnxCall& call) {
  const OnnxKnown known = known_of_input(importer, call, 0);
  const auto* list = std::get_if<OnnxSequence>(&known);
  if (!list || !(*list)->optional) return call.give(known);
  if ((*list)->elements.empty()) call.refuse("the optional is empty");
  call.give((*list)->elements[0](call));
}

}  // namespace

const std::map<std::string, OnnxSequenceImporter>& onnx_sequence_importers() {
  static const std::map<std::string, OnnxSequenceImporter> kImporters = {
      {"SequenceEmpty", import_sequence_empty},
      {"SequenceConstruct", import_sequence_construct},
      {"SequenceInsert", import_sequence_insert},
      {"SequenceErase", import_sequence_erase},
      {"SequenceAt", import_sequence_at},
      {"SequenceLength", import_sequence_length},
      {"SequenceMap", import_sequence_map},
      {"SplitToSequence", import_split_to_sequence},
      {"ConcatFromSequence", import_concat_from_sequence},
      {"Optional", import_optional},
      {"OptionalHasElement", import_optional_has_element},
      {"OptionalGetElement", import_optional_get_element}};
  return kImporters;
}

}  // namespace orrery
