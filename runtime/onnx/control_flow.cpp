#include "runtime/onnx/control_flow.h"

#include <algorithm>

#include "runtime/core/error.h"
#include "runtime/onnx/importer.h"

namespace orrery {
namespace {

constexpr std::int64_t kMostTurns = 4096;

const OnnxGraph& graph_of(const OnnxCall& call, const std::string& attribute) {
  const auto found = std::ranges::find(call.node().attributes, attribute, &OnnxAttribute::name);
  if (found == call.node().attributes.end() || found->graphs.empty())
    call.refuse(fmt::format("the graph '{}' is missing", attribute));
  return *found->graphs[0];
}

OnnxKnown known_input(OnnxImporter& importer, const OnnxCall& call, int input) {
  if (!call.has(input)) call.refuse(fmt::format("input {} is missing", input));
  return importer.find(call.node().inputs[static_cast<std::size_t>(input)])->known;
}

// The number that decides how the net is built; nothing where it is left out.
std::optional<std::int64_t> decided(const OnnxImporter& importer, const OnnxCall& call, int input,
                                    const std::string& what) {
  if (!call.has(input)) return std::nullopt;
  const OnnxLiteral* literal = call.literal(input);
  if (!literal || literal->symbolic())
    call.refuse(fmt::format("its {} is not known before the net runs", what),
                importer.how_to_know(call.node().inputs[static_cast<std::size_t>(input)]));
  return call.integer(input);
}

Value value_of(const OnnxCall& call, const OnnxKnown& known) {
  if (const Value* value = std::get_if<Value>(&known)) return *value;
  if (const OnnxLiteral* literal = std::get_if<OnnxLiteral>(&known)) return call.constant(*literal);
  call.refuse("its body gives a sequence where a tensor is stacked");
}

// What a loop gave in each turn, one behind the other along a new dimension.
Value stacked(const OnnxCall& call, const std::vector<OnnxKnown>& turns, std::int64_t dim) {
  std::vector<Value> values;
  values.reserve(turns.size());
  for (const OnnxKnown& known : turns) values.push_back(value_of(call, known));
  return call.apply("stack", values, {{"dim", dim}});
}

void require_outputs(const OnnxCall& call, std::size_t given, std::size_t expected) {
  if (given != expected) call.refuse(fmt::format("its body gives {} values, expected {}", given, expected));
}

}  // namespace

void import_onnx_if(OnnxImporter& importer, OnnxCall& call) {
  const bool condition = decided(importer, call, 0, "condition").value_or(0) != 0;
  const OnnxGraph& branch = graph_of(call, condition ? "then_branch" : "else_branch");
  std::vector<OnnxKnown> outputs = importer.import_branch(branch);
  require_outputs(call, outputs.size(), call.node().outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) call.give(static_cast<int>(i), std::move(outputs[i]));
}

void import_onnx_loop(OnnxImporter& importer, OnnxCall& call) {
  const OnnxGraph& body = graph_of(call, "body");
  const std::int64_t trips = decided(importer, call, 0, "number of turns").value_or(kMostTurns + 1);
  bool goes_on = decided(importer, call, 1, "condition").value_or(1) != 0;
  std::vector<OnnxKnown> carried;
  for (int i = 2; i < call.input_count(); ++i) carried.push_back(known_input(importer, call, i));
  std::vector<std::vector<OnnxKnown>> scanned(body.outputs.size() -
                                              std::min(body.outputs.size(), carried.size() + 1));
  for (std::int64_t turn = 0; turn < trips && goes_on; ++turn) {
    if (turn == kMostTurns) call.refuse(fmt::format("it turns more than {} times", kMostTurns));
    std::vector<OnnxKnown> inputs{OnnxLiteral(DType::int64, {}, std::vector<Dim>{turn}),
                                  OnnxLiteral(DType::boolean, {}, std::vector<Dim>{1})};
    inputs.insert(inputs.end(), carried.begin(), carried.end());
    std::vector<OnnxKnown> outputs = importer.import_body(body, std::move(inputs), true);
    require_outputs(call, outputs.size(), 1 + carried.size() + scanned.size());
    const auto* condition = std::get_if<OnnxLiteral>(&outputs[0]);
    if (!condition || condition->symbolic())
      call.refuse("whether it goes on is not known before the net runs");
    goes_on = condition->integers().at(0) != 0;
    for (std::size_t i = 0; i < carried.size(); ++i) carried[i] = outputs[1 + i];
    for (std::size_t i = 0; i < scanned.size(); ++i) scanned[i].push_back(outputs[1 + carried.size() + i]);
  }
  for (std::size_t i = 0; i < carried.size(); ++i) call.give(static_cast<int>(i), carried[i]);
  for (std::size_t i = 0; i < scanned.size(); ++i) {
    const auto output = static_cast<int>(carried.size() + i);
    if (!call.wants(output)) continue;
    if (scanned[i].empty()) call.refuse("it never turns, so that an output has no shape");
    call.give(output, stacked(call, scanned[i], 0));
  }
}

namespace {

using Sizes = std::vector<std::int64_t>;

// How a scan goes: which inputs it carries and scans, along which axes, in which directions.
struct Scan {
  const OnnxGraph& body;
  int first = 0;  ///< the first input that it carries
  std::size_t states = 0, sequences = 0, results = 0;
  Sizes axes = {}, backwards = {}, result_axes = {}, results_backwards = {};

  int sequence(std::size_t i) const { return first + static_cast<int>(states + i); }
};

// What it carries when it ends, and what it gave in each turn, stacked.
struct Scanned {
  std::vector<OnnxKnown> states;
  std::vector<Value> results;
};

// Operator set 8 has the lengths of the sequences in front, and a batch of its own in front of all sizes.
Scan scan_of(const OnnxCall& call) {
  const bool batched = call.opset() < 9;
  Scan scan{graph_of(call, "body"), batched ? 1 : 0};
  scan.sequences = static_cast<std::size_t>(call.integer("num_scan_inputs"));
  const auto inputs = static_cast<std::size_t>(call.input_count() - scan.first);
  if (scan.sequences == 0 || scan.sequences > inputs)
    call.refuse(fmt::format("it scans {} of {} inputs", scan.sequences, inputs));
  scan.states = inputs - scan.sequences;
  if (scan.body.outputs.size() < scan.states) call.refuse("its body gives fewer values than it carries");
  scan.results = scan.body.outputs.size() - scan.states;
  scan.axes = call.integers("scan_input_axes", Sizes(scan.sequences, 0));
  scan.backwards = call.integers(batched ? "directions" : "scan_input_directions", Sizes(scan.sequences, 0));
  scan.result_axes = call.integers("scan_output_axes", Sizes(scan.results, 0));
  scan.results_backwards = call.integers("scan_output_directions", Sizes(scan.results, 0));
  if (scan.axes.size() != scan.sequences || scan.backwards.size() != scan.sequences ||
      scan.result_axes.size() != scan.results || scan.results_backwards.size() != scan.results)
    call.refuse("axes or directions are not one for each sequence");
  return scan;
}

std::int64_t turns_of(const OnnxCall& call, const Value& sequence, std::int64_t axis) {
  const Shape& shape = sequence.shape();
  const Dim length = shape.at(static_cast<std::size_t>(call.axis(axis, static_cast<int>(shape.size()))));
  if (!length.known())
    call.refuse(fmt::format("it scans {} elements, which only the data tell", length.str()));
  if (length.value() > kMostTurns) call.refuse(fmt::format("it turns more than {} times", kMostTurns));
  if (length.value() == 0) call.refuse("it never turns, so that an output has no shape");
  return length.value();
}

Scanned scanned(OnnxImporter& importer, const OnnxCall& call, const Scan& scan, std::vector<OnnxKnown> states,
                const std::vector<Value>& sequences) {
  const std::int64_t turns = turns_of(call, sequences[0], scan.axes[0]);
  std::vector<std::vector<OnnxKnown>> given(scan.results);
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    for (std::size_t i = 0; i < scan.sequences; ++i) {
      const std::int64_t at = scan.backwards[i] != 0 ? turns - 1 - turn : turn;
      const std::int64_t dim = call.axis(scan.axes[i], static_cast<int>(sequences[i].shape().size()));
      states.emplace_back(call.apply("select", {sequences[i]}, {{"dim", dim}, {"index", at}}));
    }
    std::vector<OnnxKnown> outputs = importer.import_body(scan.body, std::move(states), true);
    require_outputs(call, outputs.size(), scan.states + scan.results);
    for (std::size_t i = 0; i < scan.results; ++i) given[i].push_back(outputs[scan.states + i]);
    outputs.resize(scan.states);
    states = std::move(outputs);
  }
  Scanned end{std::move(states), std::vector<Value>(scan.results)};
  for (std::size_t i = 0; i < scan.results; ++i) {
    if (!call.wants(static_cast<int>(scan.states + i))) continue;
    if (scan.results_backwards[i] != 0) std::ranges::reverse(given[i]);
    end.results[i] = stacked(call, given[i], scan.result_axes[i]);
  }
  return end;
}

void import_scan(OnnxImporter& importer, OnnxCall& call, const Scan& scan) {
  std::vector<OnnxKnown> states;
  std::vector<Value> sequences;
  for (std::size_t i = 0; i < scan.states; ++i)
    states.push_back(known_input(importer, call, static_cast<int>(i)));
  for (std::size_t i = 0; i < scan.sequences; ++i) sequences.push_back(call.value(scan.sequence(i)));
  const Scanned end = scanned(importer, call, scan, std::move(states), sequences);
  for (std::size_t i = 0; i < scan.states; ++i) call.give(static_cast<int>(i), end.states[i]);
  for (std::size_t i = 0; i < scan.results; ++i)
    if (end.results[i]) call.give(static_cast<int>(scan.states + i), end.results[i]);
}

// Each sample is scanned for itself; what they give is stacked.
void import_batched_scan(OnnxImporter& importer, OnnxCall& call, const Scan& scan) {
  if (call.has(0)) call.refuse("it scans sequences of several lengths (sequence_lens)");
  const Dim batch = call.type(scan.sequence(0)).shape.at(0);
  if (!batch.known() || batch.value() < 1)
    call.refuse(fmt::format("it scans a batch of {} samples, one after the other", batch.str()),
                "Give the sizes of the inputs: shapes = { x = { 1, 3, 2 } }.");
  const std::size_t outputs = scan.states + scan.results;
  std::vector<std::vector<OnnxKnown>> given(outputs);
  for (std::int64_t sample = 0; sample < batch.value(); ++sample) {
    const auto part = [&](int input) {
      return call.apply("select", {call.value(input)}, {{"dim", std::int64_t{0}}, {"index", sample}});
    };
    std::vector<OnnxKnown> states;
    std::vector<Value> sequences;
    for (std::size_t i = 0; i < scan.states; ++i) states.emplace_back(part(scan.first + static_cast<int>(i)));
    for (std::size_t i = 0; i < scan.sequences; ++i) sequences.push_back(part(scan.sequence(i)));
    const Scanned end = scanned(importer, call, scan, std::move(states), sequences);
    for (std::size_t i = 0; i < outputs; ++i)
      given[i].push_back(i < scan.states ? end.states[i] : OnnxKnown(end.results[i - scan.states]));
  }
  for (std::size_t i = 0; i < outputs; ++i)
    if (call.wants(static_cast<int>(i))) call.give(static_cast<int>(i), stacked(call, given[i], 0));
}

}  // namespace

void import_onnx_scan(OnnxImporter& importer, OnnxCall& call) {
  const Scan scan = scan_of(call);
  if (call.opset() < 9)
    import_batched_scan(importer, call, scan);
  else
    import_scan(importer, call, scan);
}

}  // namespace orrery
