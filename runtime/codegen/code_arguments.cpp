#include "runtime/codegen/code_arguments.h"

#include <algorithm>

namespace orrery {

SharedOptions::SharedOptions(std::vector<Row> rows, std::set<std::string> taken)
    : rows_(std::move(rows)), names_(std::move(taken)) {
  for (std::size_t at = 0; at < rows_[0].size(); ++at) place(at);
  for (CodeParameter& parameter : parameters_)
    parameter.usual = usual_of(static_cast<int>(&parameter - parameters_.data()));
}

CodeArgument SharedOptions::within(std::size_t at) const {
  CodeArgument argument = rows_[0][at];
  if (parameter_of_[at] < 0) return argument;
  argument.text = parameters_[static_cast<std::size_t>(parameter_of_[at])].name;
  argument.is_usual = false;
  return argument;
}

SharedOptions::Row SharedOptions::of(std::size_t piece) const {
  Row all;
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    const std::string& value = rows_[piece][first_of(static_cast<int>(p))].text;
    const CodeParameter& parameter = parameters_[p];
    all.push_back({parameter.name, value, !parameter.usual, value == parameter.usual, false, parameter.type});
  }
  // A person gives what has no default first.
  std::ranges::stable_partition(all, [](const CodeArgument& argument) { return argument.by_place; });
  return all;
}

std::vector<std::string> SharedOptions::column(std::size_t at) const {
  std::vector<std::string> values;
  for (const Row& row : rows_) values.push_back(row[at].text);
  return values;
}

void SharedOptions::place(std::size_t at) {
  const std::vector<std::string> values = column(at);
  parameter_of_.push_back(-1);
  if (std::ranges::count(values, values[0]) == std::ssize(values)) return;
  const auto known = columns_.try_emplace(values, static_cast<int>(parameters_.size()));
  parameter_of_[at] = known.first->second;
  if (known.second) parameters_.push_back({names_.add(rows_[0][at].name), {}, rows_[0][at].type});
}

std::size_t SharedOptions::first_of(int parameter) const {
  return static_cast<std::size_t>(std::ranges::find(parameter_of_, parameter) - parameter_of_.begin());
}

// Where every option that it stands for has one and the same default, which some piece has.
std::optional<std::string> SharedOptions::usual_of(int parameter) const {
  std::optional<std::string> usual;
  for (std::size_t at = 0; at < parameter_of_.size(); ++at) {
    if (parameter_of_[at] != parameter) continue;
    const auto row = std::ranges::find_if(rows_, [&](const Row& each) { return each[at].is_usual; });
    if (row == rows_.end() || (usual && usual != (*row)[at].text)) return std::nullopt;
    usual = (*row)[at].text;
  }
  return usual;
}

}  // namespace orrery
