#include "runtime/engine/execution/symbols.h"

#include <algorithm>

#include "runtime/core/names.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/graph/graph.h"

namespace orrery {
namespace {

[[noreturn]] void refuse(const Node& input, const Field& field, const std::string& got) {
  throw Error(Fault::run,
              fmt::format("{} (Input) expects field '{}' of shape {} and dtype {}, got {}", input.path(),
                          field.name, str(field.type.shape), name(field.type.dtype), got),
              input.origin().site);
}

// The symbol's name when the dimension is nothing but a symbol.
std::optional<std::string> plain_symbol(const Dim& dim) {
  std::vector<std::string> names;
  dim.collect_symbols(names);
  if (names.size() != 1 || !(dim == Dim::symbol(names[0]))) return std::nullopt;
  return names[0];
}

std::string describe(const TensorType& type) {
  return fmt::format("shape {} and dtype {}", str(type.shape), name(type.dtype));
}

void bind_field(const Node& input, const Field& field, const TensorType& given, Symbols& symbols) {
  const bool in_dtype = given.dtype == field.type.dtype || given.dtype == field.fed;
  if (!in_dtype || given.shape.size() != field.type.shape.size()) refuse(input, field, describe(given));
  for (size_t i = 0; i < given.shape.size(); ++i) {
    if (const auto symbol = plain_symbol(field.type.shape[i]))
      symbols.try_emplace(*symbol, given.shape[i].value());
  }
}

void check_field(const Node& input, const Field& field, const TensorType& given, const Symbols& symbols) {
  for (size_t i = 0; i < given.shape.size(); ++i) {
    const auto promised = field.type.shape[i].evaluate(symbols);
    if (promised && *promised == given.shape[i].value()) continue;
    std::string got = describe(given);
    if (const auto symbol = plain_symbol(field.type.shape[i]))
      got += fmt::format(", while another field has {} = {}", *symbol, symbols.at(*symbol));
    refuse(input, field, got);
  }
}

void check_names(const Node& input, const std::vector<Field>& fields, const Batch& batch) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  for (const auto& [name, tensor] : batch) {
    if (std::ranges::find(names, name) == names.end())
      throw Error(
          Fault::run,
          fmt::format("{} (Input) has no field '{}'{}", input.path(), name, did_you_mean(name, names)),
          input.origin().site);
  }
}

// The fields that the batch has, with their types.
std::vector<std::pair<const Field*, TensorType>> given_fields(const Node& input, const Batch& batch,
                                                              const std::vector<bool>& needed) {
  const std::vector<Field>& fields = input.input_spec()->fields;
  check_names(input, fields, batch);
  std::vector<std::pair<const Field*, TensorType>> given;
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto found = batch.find(fields[i].name);
    const bool there = found != batch.end() && found->second.defined();
    if (!there && needed[i]) refuse(input, fields[i], "nothing");
    if (there) given.emplace_back(&fields[i], type_of(found->second));
  }
  return given;
}

bool holds(const Guard& guard, const Symbols& symbols) {
  const auto left = guard.left.evaluate(symbols);
  const auto right = guard.right.evaluate(symbols);
  if (!left || !right) return true;
  return guard.relation == Guard::Relation::equal ? *left == *right : *left >= *right;
}

std::string values_of(const Guard& guard, const Symbols& symbols) {
  std::vector<std::string> names;
  guard.left.collect_symbols(names);
  guard.right.collect_symbols(names);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::string text;
  for (const std::string& name : names) {
    const auto found = symbols.find(name);
    if (found != symbols.end())
      text += fmt::format("{}{} = {}", text.empty() ? " with " : ", ", name, found->second);
  }
  return text;
}

}  // namespace

Symbols bind_symbols(const Node& input, const Batch& batch, const std::vector<bool>& needed) {
  const auto given = given_fields(input, batch, needed);
  Symbols symbols;
  for (const auto& [field, type] : given) bind_field(input, *field, type, symbols);
  for (const auto& [field, type] : given) check_field(input, *field, type, symbols);
  return symbols;
}

void bind_data_symbols(const Node& node, const std::vector<at::Tensor>& outputs, Symbols& symbols) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Shape& shape = node.outputs()[i].shape;
    for (size_t d = 0; d < shape.size(); ++d) {
      if (std::ranges::find(node.data_symbols(), shape[d]) != node.data_symbols().end())
        symbols[*plain_symbol(shape[d])] = outputs[i].size(static_cast<std::int64_t>(d));
    }
  }
}

void check_guards(const Node& node, const Symbols& symbols) {
  for (const Guard& guard : node.guards()) {
    if (holds(guard, symbols)) continue;
    Finding finding = finding_of(guard.otherwise, node);
    finding.message += values_of(guard, symbols);
    throw CheckError({std::move(finding)});
  }
}

}  // namespace orrery
