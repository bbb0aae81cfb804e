#include "runtime/onnx/importer.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/onnx/operators.h"
#include "runtime/onnx/order.h"
#include "runtime/onnx/requirements.h"
#include "runtime/onnx/weight_moves.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

std::string words_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const CheckError& error) {
    return error.findings().front().message;
  } catch (const Error& error) {
    return error.message();
  } catch (const RuleBroken& broken) {
    return fmt::format("expected {}, got {}", broken.expected, broken.got);
  }
}

Value pass_on(Graph& graph, const Registry& registry, Runtime& runtime, Value value) {
  const Descriptor& identity = registry.get("Identity");
  return graph.apply(runtime.make_layer(identity, Attributes(identity.attributes), {}), {value})[0];
}

// One number, or a few in a row: sizes, scales.
bool is_short_list(const Shape& shape) {
  constexpr std::int64_t kMost = 64;
  return shape.empty() || (shape.size() == 1 && shape[0].known() && shape[0].value() <= kMost);
}

// A parameter's key inside a block: the file's name without the block's.
std::string within(const Block& block, const std::string& name) {
  std::string above = block.path();
  std::ranges::replace(above, '/', '.');
  if (above.empty()) return onnx_word(name);
  if (name == above) return {};  // the block is called so
  if (name.starts_with(above + ".")) return onnx_word(name.substr(above.size() + 1));
  // Models that were put into others have prefixes without a separator: `If_0__Inline_0__encoder.0.weight`.
  const std::string first = above.substr(0, above.find('.')), rest = above.substr(first.size());
  const std::string inlined = first + (rest.empty() ? "" : rest.substr(1) + ".");
  const bool is_inlined = first.ends_with("__");
  if (is_inlined && name + "." == inlined) return {};
  const bool below = is_inlined && name.starts_with(inlined);
  return onnx_word(below ? name.substr(inlined.size()) : name);
}

// The ends of a tensor's name that tell its layer's: those of the cells that PyTorch has beside its LSTM,
// too.
std::vector<std::string> keys_of(const std::string& slot) {
  if (slot.ends_with("_l0")) return {slot, slot.substr(0, slot.size() - 3)};
  return {slot};
}

// Every node of a graph and of the branches and bodies in it, by what it gives.
void add_makers(const OnnxGraph& graph, std::unordered_map<std::string, const OnnxNode*>& makers) {
  for (const OnnxNode& node : graph.nodes) {
    for (const std::string& output : node.outputs) makers.emplace(output, &node);
    for (const OnnxAttribute& attribute : node.attributes)
      for (const auto& inner : attribute.graphs) add_makers(*inner, makers);
  }
}

}  // namespace

OnnxScope::Entry* OnnxScope::find(const std::string& name) {
  for (OnnxScope* scope = this; scope; scope = scope->outer) {
    const auto found = scope->entries.find(name);
    if (found != scope->entries.end()) return &found->second;
  }
  return nullptr;
}

OnnxImporter::OnnxImporter(std::shared_ptr<const OnnxFile> file, const Registry& registry, Runtime& runtime,
                           const OnnxImportOptions& options)
    : file_(std::move(file)),
      model_(file_->model()),
      registry_(registry),
      runtime_(runtime),
      options_(options),
      places_(model_.graph) {
  const std::string wanted = options.name.empty() ? onnx_word(model_.graph.name) : options.name;
  graph_ = std::make_unique<Graph>(wanted.empty() ? "onnx" : wanted);
}

std::unique_ptr<Graph> OnnxImporter::import() {
  require_onnx_operators(model_, quote_path(file_->path()));
  const std::vector<const OnnxNode*> order = onnx_order(model_.graph);
  count_readers(model_.graph, order);
  for (const OnnxValue& value : model_.graph.values) declared_[value.name] = &value.type;
  for (const OnnxValue& value : model_.graph.outputs) declared_[value.name] = &value.type;
  OnnxScope scope;
  scope_ = &scope;
  bind_inputs();
  define_initializers(model_.graph);
  for (const OnnxNode* node : order) import_node(*node);
  give_outputs();
  scope_ = nullptr;
  return std::move(graph_);
}

void OnnxImporter::define(const std::string& name, OnnxKnown known, const OnnxNode& by) {
  if (auto* literal = std::get_if<OnnxLiteral>(&known); literal && literal->name().empty())
    literal->set_name(name);
  check(scope_->entries.emplace(name, OnnxScope::Entry{std::move(known)}).second, Fault::input_file,
        "{}: the name '{}' is given twice, the second time by {}", quote_path(file_->path()), name,
        by.operation);
}

std::string OnnxImporter::how_to_know(const std::string& name) const {
  std::unordered_map<std::string, const OnnxNode*> makers;
  add_makers(model_.graph, makers);
  std::unordered_set<std::string> behind{name};
  std::vector<std::string> open{name};
  while (!open.empty()) {
    const auto maker = makers.find(open.back());
    open.pop_back();
    if (maker == makers.end()) continue;
    for (const std::string& read : onnx_reads(*maker->second))
      if (behind.insert(read).second) open.push_back(read);
  }
  std::vector<std::string> values, shapes, settings;
  for (const OnnxValue& input : model_.graph.inputs) {
    const OnnxScope::Entry* entry = scope_->find(input.name);
    const Value* value = entry ? std::get_if<Value>(&entry->known) : nullptr;
    if (!value || !behind.contains(input.name)) continue;
    const bool decides = is_short_list(value->shape());
    if (!decides && orrery::known(value->shape())) continue;
    (decides ? values : shapes).push_back(fmt::format("['{}'] = {{…}}", input.name));
    settings.push_back(decides ? input.name + "=…"
                               : fmt::format("{}=… for {}", input.name, str(value->shape())));
  }
  std::vector<std::string> ways;
  if (!values.empty()) ways.push_back(fmt::format("values = {{ {} }}", fmt::join(values, ", ")));
  if (!shapes.empty()) ways.push_back(fmt::format("shapes = {{ {} }}", fmt::join(shapes, ", ")));
  if (ways.empty()) return "";
  return fmt::format("Give the inputs that decide it: {}; on the command line {}.", fmt::join(ways, " or "),
                     fmt::join(settings, " or "));
}

void OnnxImporter::count_readers(const OnnxGraph& graph, const std::vector<const OnnxNode*>& order) {
  for (const OnnxNode* node : order) {
    for (const std::string& name : onnx_reads(*node)) {
      ++readers_[name];
      last_reader_[name] = node;
    }
  }
  for (const OnnxValue& output : graph.outputs) ++readers_[output.name];
  for (const OnnxNode* node : onnx_weight_moves(graph)) weight_moves_.insert(node);
}

const OnnxNode* OnnxImporter::only_reader(const std::string& name) const {
  const auto found = last_reader_.find(name);
  return bodies_ == 0 && readers(name) == 1 && found != last_reader_.end() ? found->second : nullptr;
}

int OnnxImporter::readers(const std::string& name) const {
  const auto found = readers_.find(name);
  return found == readers_.end() ? 0 : found->second;
}

ParameterPtr OnnxImporter::shared(const OnnxLiteral& literal) const {
  const auto found = shared_.find(literal.identity());
  const bool same =
      literal.identity() && found != shared_.end() && found->second->shape == shape_of(literal.shape());
  return same ? found->second : nullptr;
}

void OnnxImporter::share(const OnnxLiteral& literal, const ParameterPtr& parameter) {
  if (literal.identity()) shared_.emplace(literal.identity(), parameter);
}

Value OnnxImporter::constant(const OnnxLiteral& literal) {
  if (literal.symbolic()) return sizes_as_value(literal);
  const void* identity = literal.identity();
  const std::pair key{identity, literal.shape()};
  if (const auto made = constants_.find(key); identity && made != constants_.end()) return made->second;
  ParameterPtr parameter = shared(literal);
  if (!parameter) {
    parameter = std::make_shared<Parameter>();
    parameter->shape = shape_of(literal.shape());
    parameter->dtype = literal.dtype();
    parameter->first = literal.values();
    parameter->trainable = identity && !literal.shape().empty() && is_floating(literal.dtype());
    share(literal, parameter);
  }
  const std::string wanted = within(graph_->current_block(), literal.name());
  const std::string name = places_.free_name(*graph_, wanted.empty() ? "constant" : wanted);
  if (parameter->name.empty()) parameter->name = name;
  const Value value = graph_->constant(parameter, {}, name);
  if (identity) constants_[key] = value;
  return value;
}

// Sizes that only the data tell, as a tensor: each is the one number from itself to the next.
Value OnnxImporter::sizes_as_value(const OnnxLiteral& literal) {
  const auto made = [&](const std::string& operation, std::vector<Value> inputs, const OnnxOptions& options) {
    const Descriptor& descriptor = registry_.get(operation);
    std::vector<Attributes::Entry> entries;
    for (const auto& [name, value] : options) entries.push_back({name, value});
    return graph_->apply(descriptor, checked_attributes(descriptor.attributes, entries), std::move(inputs),
                         {}, places_.free_name(*graph_, descriptor.default_node_name()))[0];
  };
  std::vector<Value> sizes;
  for (const Dim& dim : literal.dims()) sizes.push_back(made("arange", {}, {{"range", Shape{dim, dim + 1}}}));
  Value all = sizes.size() == 1 ? sizes[0] : made("cat", sizes, {});
  if (literal.shape().size() != 1) all = made("reshape", {all}, {{"shape", shape_of(literal.shape())}});
  return literal.dtype() == DType::int64 ? all : made("to", {all}, {{"dtype", literal.dtype()}});
}

std::string OnnxImporter::name_for(const OnnxNode& node, const Descriptor& descriptor,
                                   const std::vector<std::pair<std::string, OnnxLiteral>>& tensors) {
  std::string wanted;
  for (const auto& [slot, literal] : tensors) {
    const std::string& name = literal.name();
    for (const std::string& key : keys_of(slot))
      if (wanted.empty() && name.ends_with("." + key))
        wanted = within(graph_->current_block(), name.substr(0, name.size() - key.size() - 1));
  }
  if (wanted.empty()) wanted = places_.label(node);
  return places_.free_name(*graph_, wanted.empty() ? descriptor.default_node_name() : wanted);
}

void OnnxImporter::refuse(const OnnxNode& node, const std::string& reason, const std::string& remedy) const {
  const std::string& name = !node.name.empty() || node.outputs.empty() ? node.name : node.outputs.front();
  throw Error(Fault::input_file,
              fmt::format("{}: node '{}' ({}): {}", quote_path(file_->path()), name, node.operation, reason),
              {}, remedy);
}

std::int64_t OnnxImporter::opset_of(const OnnxNode& node) const {
  const auto& opsets = inside_.empty() ? model_.opsets : inside_.back()->opsets;
  const auto found = opsets.find(node.domain);
  return found == opsets.end() ? 1 : found->second;
}

// Loops in loops, each of few turns, are more nodes than any net has.
constexpr int kMostImported = 1 << 20;

void OnnxImporter::import_node(const OnnxNode& node) {
  if (++imported_ > kMostImported)
    refuse(node, fmt::format("with its loops the model has more than {} nodes", kMostImported));
  for (const std::string& name : onnx_reads(node))
    if (!find(name)) refuse(node, fmt::format("it reads '{}', which nothing gives", name));
  const bool placed = has_place(node);
  if (placed) places_.enter(*graph_, node);
  try {
    import_operator(node);
  } catch (const CheckError&) {
    refuse(node, words_of(std::current_exception()));
  } catch (const Error& error) {
    if (error.message().starts_with(quote_path(file_->path()))) throw;
    refuse(node, error.message(), error.remedy());
  }
  if (placed) OnnxPlaces::leave(*graph_);
  compare(node);
}

// A function, and what a loop repeats, stand where they are called.
bool OnnxImporter::has_place(const OnnxNode& node) const {
  return inside_.empty() && bodies_ == 0 && (branches_ == 0 || OnnxPlaces::tells_blocks(node));
}

void OnnxImporter::import_operator(const OnnxNode& node) {
  if (const OnnxFunction* function = function_of(node)) return import_function(*function, node);
  OnnxCall call(*this, node, opset_of(node));
  if (const auto done = absorbed_.find(&node); done != absorbed_.end())
    return call.give(find(done->second)->known);
  if (import_own_operator(*this, call) || fold_onnx(*this, call)) return;
  const OnnxOperators::Importer* importer = onnx_operators().find(node.operation);
  if (!importer || !node.domain.empty()) refuse(node, "the operator is not imported");
  (*importer)(call);
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    if (!node.outputs[i].empty() && !scope_->entries.contains(node.outputs[i]) &&
        readers(node.outputs[i]) > 0)
      refuse(node, fmt::format("its output {} ('{}') is not imported", i, node.outputs[i]));
}

// What the file says about a value is held against what follows from the operators.
void OnnxImporter::compare(const OnnxNode& node) {
  for (const std::string& name : node.outputs) {
    const auto declared = declared_.find(name);
    if (bodies_ + branches_ > 0 || declared == declared_.end() || !declared->second->shape) continue;
    const OnnxScope::Entry* entry = find(name);
    const Value* value = entry ? std::get_if<Value>(&entry->known) : nullptr;
    if (!value) continue;
    const std::vector<OnnxDim>& told = *declared->second->shape;
    bool same = told.size() == value->shape().size();
    for (std::size_t i = 0; same && i < told.size(); ++i)
      same = told[i].size <= 0 || !value->shape()[i].known() || value->shape()[i].value() == told[i].size;
    if (same) continue;
    std::vector<std::string> sizes;
    for (const OnnxDim& dim : told)
      sizes.push_back(dim.size > 0 ? std::to_string(dim.size) : dim.symbol.empty() ? "?" : dim.symbol);
    runtime_.log.warning(fmt::format("{}: '{}' is {}, the file says ({})", quote_path(file_->path()), name,
                                     str(value->shape()), fmt::join(sizes, ", ")));
  }
}

const OnnxFunction* OnnxImporter::function_of(const OnnxNode& node) const {
  const auto found = std::ranges::find_if(model_.functions, [&](const OnnxFunction& function) {
    return function.name == node.operation && function.domain == node.domain;
  });
  return found == model_.functions.end() ? nullptr : &*found;
}

void OnnxImporter::import_function(const OnnxFunction& function, const OnnxNode& node) {
  if (std::ranges::find(inside_, &function) != inside_.end()) refuse(node, "the function calls itself");
  std::vector<OnnxKnown> inputs;
  for (const std::string& name : node.inputs)
    inputs.push_back(name.empty() ? OnnxKnown(Value{}) : find(name)->known);
  const OnnxGraph body = body_of(function, node);  // its nodes live while they are imported
  const std::string word = onnx_word(node.name);
  graph_->begin_block(places_.free_name(*graph_, word.empty() ? onnx_word(function.name) : word));
  inside_.push_back(&function);
  std::vector<OnnxKnown> outputs = import_body(body, std::move(inputs), false);
  inside_.pop_back();
  graph_->end_block();
  OnnxCall call(*this, node, 0);
  for (std::size_t i = 0; i < outputs.size(); ++i) call.give(static_cast<int>(i), std::move(outputs[i]));
}

std::vector<OnnxKnown> OnnxImporter::import_body(const OnnxGraph& body, std::vector<OnnxKnown> inputs,
                                                 bool sees_outer) {
  OnnxScope scope{sees_outer ? scope_ : nullptr};
  for (std::size_t i = 0; i < body.inputs.size() && i < inputs.size(); ++i) {
    const Value* value = std::get_if<Value>(&inputs[i]);
    if (!value || *value) scope.entries[body.inputs[i].name] = {std::move(inputs[i])};
  }
  ++bodies_;
  std::vector<OnnxKnown> outputs = import_inside(body, scope);
  --bodies_;
  return outputs;
}

std::vector<OnnxKnown> OnnxImporter::import_branch(const OnnxGraph& branch) {
  OnnxScope scope{scope_};
  ++branches_;
  std::vector<OnnxKnown> outputs = import_inside(branch, scope);
  --branches_;
  return outputs;
}

std::vector<OnnxKnown> OnnxImporter::import_inside(const OnnxGraph& body, OnnxScope& scope) {
  OnnxScope* const outer = std::exchange(scope_, &scope);
  define_initializers(body);
  const std::vector<const OnnxNode*> order = onnx_order(body);
  count_readers(body, order);
  for (const OnnxNode* node : order) import_node(*node);
  std::vector<OnnxKnown> outputs;
  for (const OnnxValue& output : body.outputs) {
    const OnnxScope::Entry* entry = find(output.name);
    check(entry != nullptr, Fault::input_file, "nothing gives the output '{}' of '{}'", output.name,
          body.name);
    outputs.push_back(entry->known);
  }
  scope_ = outer;
  return outputs;
}

void OnnxImporter::give_outputs() {
  check(!model_.graph.outputs.empty(), Fault::input_file, "{}: the graph has no output",
        quote_path(file_->path()));
  for (const OnnxValue& output : model_.graph.outputs) {
    OnnxScope::Entry* entry = find(output.name);
    check(entry != nullptr, Fault::input_file, "{}: nothing gives the output '{}'", quote_path(file_->path()),
          output.name);
    check(!std::holds_alternative<OnnxSequence>(entry->known), Fault::input_file,
          "{}: the output '{}' is a sequence or an optional, and no tensor", quote_path(file_->path()),
          output.name);
    if (const auto* literal = std::get_if<OnnxLiteral>(&entry->known); literal && !entry->made)
      entry->made = constant(*literal);
    const Value* value = std::get_if<Value>(&entry->known);
    graph_->use({Use::Kind::output, passed_on(value ? *value : entry->made), output.name});
  }
}

// A graph has an operation; that of a file may have none.
Value OnnxImporter::passed_on(Value value) {
  const bool computed =
      value.node->kind() == Node::Kind::layer || value.node->kind() == Node::Kind::transform;
  if (computed || graph_->nodes().back()->kind() == Node::Kind::layer ||
      graph_->nodes().back()->kind() == Node::Kind::transform)
    return value;
  return pass_on(*graph_, registry_, runtime_, value);
}

std::unique_ptr<Graph> import_onnx(const std::shared_ptr<const OnnxFile>& file, const Registry& registry,
                                   Runtime& runtime, const OnnxImportOptions& options) {
  const std::string source = quote_path(file->path());
  try {
    return OnnxImporter(file, registry, runtime, options).import();
  } catch (const CheckError&) {
    throw;
  } catch (const Error& error) {
    if (error.message().starts_with(source)) throw;
    throw Error(error.fault(), source + ": " + error.message(), error.site(), error.remedy());
  }
}

std::unique_ptr<Graph> graph_of_onnx_tensor(const std::shared_ptr<const OnnxFile>& file, Runtime& runtime) {
  const OnnxLiteral literal(file, file->model().graph.initializers.at(0));
  auto parameter = std::make_shared<Parameter>();
  parameter->shape = shape_of(literal.shape());
  parameter->dtype = literal.dtype();
  parameter->first = literal.values();
  parameter->trainable = false;
  auto graph = std::make_unique<Graph>("tensor");
  const Value passed = pass_on(*graph, operations(runtime), runtime, graph->constant(parameter));
  graph->use({Use::Kind::output, passed, "tensor"});
  return graph;
}

}  // namespace orrery
